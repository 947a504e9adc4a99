//! `/v1/catalog`.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, Instance, NodeUpdate, Owner};
use muster_model::{Node, Service};
use muster_registry::{Command, Topic};
use muster_wire::answer::{self, CatalogServiceRow};
use muster_wire::filter::{NodeFilter, ServiceFilter, ServiceRowFilter};
use muster_wire::query::Scope;
use muster_wire::request::{self, DeregisterTarget};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read};
use crate::health::{finish, is_node, stored};
use crate::reply::Reply;

pub(crate) async fn datacenters(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    // No index is looked at here, and no namespace; what is wrong otherwise is.
    let options = call.options_in(Scope::None, &params.without("index"))?;
    let mut body = Vec::new();
    answer::datacenters(&mut body, [&**api.registry.datacenter()]);
    Ok(Reply::json(body).with_cache(options.cached && api.settings.use_cache))
}

pub(crate) async fn nodes(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::in_any_namespace(&api, &call, &call.params()?)?;
    let filter = read.filter(NodeFilter::new)?;
    let answer = api.registry.read(&[Topic::Nodes], read.registry(), |state| state.all_nodes()).await?;
    let dc = api.registry.datacenter();
    let passes = |node: &Node| filter.as_ref().is_none_or(|filter| filter.takes(node, dc));
    let takes = |node: &Node| read.takes_node(node) && passes(node);
    let mut list: Vec<_> = answer.value.iter().filter(|entry| takes(&entry.value)).collect();
    if let Some(near) = read.nearest(&api) {
        list.sort_by_key(|entry| !is_node(&entry.value.name, near));
    }
    let mut body = Vec::new();
    answer::catalog_nodes(&mut body, dc, list.into_iter().map(stored));
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::cacheable(&api, &call, &call.params()?)?;
    let filter = read.filter(ServiceRowFilter::new)?;
    let answer = if read.options.node_meta.is_empty() && filter.is_none() {
        api.registry.read(&[Topic::Services], read.registry(), |state| state.all_services()).await?
    } else {
        let dc = api.registry.datacenter();
        let passes =
            |node: &Node, service: &Service| filter.as_ref().is_none_or(|filter| filter.takes(node, service, dc));
        let takes = |node: &Node, service: &Service| read.takes_node(node) && passes(node, service);
        let topics = api.registry.state().services_with_topics();
        api.registry.read(&topics, read.registry(), |state| state.services_with(takes)).await?
    };
    let mut body = Vec::new();
    answer::catalog_services(&mut body, answer.value.iter().map(|entry| (entry.name.as_str(), &entry.tags)));
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let read = Read::cacheable(&api, &call, &params)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing service name"));
    }
    let filter = read.filter(ServiceRowFilter::new)?;
    let of_peer = params.non_empty("peer").is_some();
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::Service(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.instances(&name)).await?;
    let dc = api.registry.datacenter();
    let takes = |instance: &&Instance| {
        let (node, service) = (&instance.node.value, &instance.service.value);
        let passes = || filter.as_ref().is_none_or(|filter| filter.takes(node, service, dc));
        // There are no peers, so nothing of theirs.
        !of_peer && read.takes_node(node) && read.takes_tags(service) && passes()
    };
    let mut list: Vec<_> = answer.value.iter().filter(takes).collect();
    if let Some(near) = read.nearest(&api) {
        list.sort_by_key(|instance| !is_node(&instance.node.value.name, near));
    }
    let mut body = Vec::new();
    let rows = list
        .into_iter()
        .map(|instance| CatalogServiceRow { node: &instance.node.value, service: stored(&instance.service) });
    answer::catalog_service(&mut body, dc, rows);
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    of_node(api, call, Form::Map).await
}

pub(crate) async fn node_services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    of_node(api, call, Form::List).await
}

/// How the services of a node are answered.
enum Form {
    /// By ID.
    Map,
    /// In a row.
    List,
}

async fn of_node(api: Arc<Api>, call: Call, form: Form) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing node name"));
    }
    let filter = read.filter(ServiceFilter::new)?;
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::Node(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.node_services(&name)).await?;
    let node = answer.value.as_ref().map(|entry| stored(&entry.node));
    let passes = |service: &Service| filter.as_ref().is_none_or(|filter| filter.takes(service));
    let services = answer.value.iter().flat_map(|entry| entry.services.iter());
    let services = services.filter(|entry| passes(&entry.value)).map(stored);
    let mut body = Vec::new();
    match form {
        Form::Map => answer::catalog_node(&mut body, api.registry.datacenter(), node, services),
        Form::List => answer::node_services(&mut body, api.registry.datacenter(), node, services),
    }
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn register(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    let asked = request::register(call.body()).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    own_datacenter(&api, asked.datacenter.as_ref())?;
    let check = |check| CatalogCheck { check, keep_result: false };
    let registration = CatalogRegistration {
        node: if asked.skip_node_update { NodeUpdate::Keep(asked.node.name) } else { NodeUpdate::Put(asked.node) },
        service: asked.service,
        checks: asked.checks.into_iter().map(check).collect(),
        replace_checks: false,
        owner: Owner::Catalog,
    };
    api.registry.submit(Command::Register(Box::new(registration))).await?;
    Ok(Reply::json(answer::boolean(true)))
}

pub(crate) async fn deregister(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    let asked = request::deregister(call.body()).map_err(|e| ApiError::new(e.status().code(), e.to_string()))?;
    own_datacenter(&api, asked.datacenter.as_ref())?;
    let target = match asked.target {
        DeregisterTarget::Node => CatalogDeregistration::Node(asked.node),
        DeregisterTarget::Service(id) => CatalogDeregistration::Service(asked.node, id),
        DeregisterTarget::Check(id) => CatalogDeregistration::Check(asked.node, id),
    };
    api.registry.submit(Command::Deregister(target)).await?;
    Ok(Reply::json(answer::boolean(true)))
}

/// A write that names a datacenter goes there, and there is only one.
fn own_datacenter(api: &Api, asked: Option<&Arc<str>>) -> Result<(), ApiError> {
    match asked {
        Some(other) if other != api.registry.datacenter() => Err(ApiError::internal("No path to datacenter")),
        _ => Ok(()),
    }
}
