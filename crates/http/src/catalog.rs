//! `/v1/catalog`.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, CatalogDeregistration, CatalogRegistration, Instance, NodeUpdate, Owner};
use muster_model::{Indexed, Node, Service};
use muster_registry::{Command, NodeServices, Question, Rejection, ServiceNames, SubmitError};
use muster_wire::answer::{self, CatalogServiceRow};
use muster_wire::filter::{NodeFilter, ServiceFilter, ServiceRowFilter};
use muster_wire::query::Scope;
use muster_wire::request::{self, DeregisterTarget};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses};
use crate::health::{finish, is_node, stored};
use crate::reply::Reply;

pub(crate) async fn datacenters(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    // Nothing else is looked at here.
    let options = call.freshness(&call.params()?)?;
    let mut body = Vec::new();
    answer::datacenters(&mut body, [&**api.registry.datacenter()]);
    Ok(Reply::json(body).with_cache(options.cached && api.settings.use_cache))
}

pub(crate) async fn nodes(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::First(Scope::Partition))?;
    let filter = read.filter_at_home(&api, NodeFilter::new)?;
    let question = Question::nodes();
    let answer = api.registry.ask(&question, read.registry()).await?;
    let write = || Reply::json(node_list(&api, &answer.value, &read, filter.as_ref()));
    Ok(finish(api.bodies.reply(&question, &read.shape(""), &answer, write), &answer, &read))
}

fn node_list(api: &Api, all: &[Indexed<Arc<Node>>], read: &Read<'_>, filter: Option<&NodeFilter>) -> Vec<u8> {
    let dc = api.registry.datacenter();
    let passes = |node: &Node| filter.is_none_or(|filter| filter.takes(node, dc));
    let takes = |node: &Node| read.takes_node(node) && passes(node);
    let mut list: Vec<_> = all.iter().filter(|entry| takes(&entry.value)).collect();
    if let Some(near) = read.nearest(api) {
        list.sort_by_key(|entry| !is_node(&entry.value.name, near));
    }
    let mut body = Vec::new();
    answer::catalog_nodes(&mut body, dc, list.into_iter().map(stored));
    body
}

pub(crate) async fn services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::cacheable(&api, &call, Refuses::First(Scope::Namespace))?;
    let filter = read.filter_at_home(&api, ServiceRowFilter::new)?;
    if read.options.node_meta.is_empty() && filter.is_none() {
        let question = Question::services();
        let answer = api.registry.ask(&question, read.registry()).await?;
        let write = || Reply::json(service_list(&answer.value));
        return Ok(finish(api.bodies.reply(&question, "", &answer, write), &answer, &read));
    }
    let dc = api.registry.datacenter();
    let passes = |node: &Node, service: &Service| filter.as_ref().is_none_or(|filter| filter.takes(node, service, dc));
    let takes = |node: &Node, service: &Service| read.takes_node(node) && passes(node, service);
    let topics = api.registry.state().services_with_topics();
    let answer = api.registry.read(&topics, read.registry(), |state| state.services_with(takes)).await?;
    Ok(finish(Reply::json(service_list(&answer.value)), &answer, &read))
}

fn service_list(all: &ServiceNames) -> Vec<u8> {
    let mut body = Vec::new();
    answer::catalog_services(&mut body, all.iter().map(|entry| (entry.name.as_str(), &entry.tags)));
    body
}

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::cacheable(&api, &call, Refuses::First(Scope::Namespace))?;
    let name = call.named("Missing service name")?;
    let filter = read.filter_at_home(&api, ServiceRowFilter::new)?;
    let of_peer = read.params.non_empty("peer").is_some();
    let question = Question::instances(name);
    let answer = api.registry.ask(&question, read.registry()).await?;
    // There are no peers, so nothing of theirs.
    let all = if of_peer { &[][..] } else { &answer.value[..] };
    let shape = read.shape(if of_peer { "peer" } else { "" });
    let write = || Reply::json(instance_list(&api, all, &read, filter.as_ref()));
    Ok(finish(api.bodies.reply(&question, &shape, &answer, write), &answer, &read))
}

fn instance_list(api: &Api, all: &[Instance], read: &Read<'_>, filter: Option<&ServiceRowFilter>) -> Vec<u8> {
    let dc = api.registry.datacenter();
    let takes = |instance: &&Instance| {
        let (node, service) = (&instance.node.value, &instance.service.value);
        let passes = || filter.is_none_or(|filter| filter.takes(node, service, dc));
        read.takes_node(node) && read.takes_tags(service) && passes()
    };
    let mut list: Vec<_> = all.iter().filter(takes).collect();
    if let Some(near) = read.nearest(api) {
        list.sort_by_key(|instance| !is_node(&instance.node.value.name, near));
    }
    let mut body = Vec::new();
    let rows = list
        .into_iter()
        .map(|instance| CatalogServiceRow { node: &instance.node.value, service: stored(&instance.service) });
    answer::catalog_service(&mut body, dc, rows);
    body
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    of_node(api, call, Form::Map).await
}

pub(crate) async fn node_services(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    of_node(api, call, Form::List).await
}

/// How the services of a node are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// By ID.
    Map,
    /// In a row.
    List,
}

async fn of_node(api: Arc<Api>, call: Call, form: Form) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::First(Scope::Namespace))?;
    let name = call.named("Missing node name")?;
    let filter = read.filter_at_home(&api, ServiceFilter::new)?;
    let question = Question::node(name);
    let answer = api.registry.ask(&question, read.registry()).await?;
    let shape = read.shape(if form == Form::Map { "map" } else { "list" });
    let write = || Reply::json(node_with_services(&api, answer.value.as_ref(), filter.as_ref(), form));
    Ok(finish(api.bodies.reply(&question, &shape, &answer, write), &answer, &read))
}

fn node_with_services(api: &Api, entry: Option<&NodeServices>, filter: Option<&ServiceFilter>, form: Form) -> Vec<u8> {
    let node = entry.map(|entry| stored(&entry.node));
    let passes = |service: &Service| filter.is_none_or(|filter| filter.takes(service));
    let services = entry.iter().flat_map(|entry| entry.services.iter());
    let services = services.filter(|entry| passes(&entry.value)).map(stored);
    let mut body = Vec::new();
    match form {
        Form::Map => answer::catalog_node(&mut body, api.registry.datacenter(), node, services),
        Form::List => {
            // A node without any has no list; one that is empty by a filter has one.
            let some = filter.is_some() || entry.is_some_and(|entry| !entry.services.is_empty());
            answer::node_services(&mut body, api.registry.datacenter(), node, some.then_some(services));
        }
    }
    body
}

pub(crate) async fn register(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    let asked = request::register_in(api.registry.datacenter(), &call.body().await?);
    let asked = asked.map_err(|error| ApiError::new(error.status().code(), error.to_string()))?;
    let check = |check| CatalogCheck { check, keep_result: false };
    let registration = CatalogRegistration {
        node: if asked.skip_node_update { NodeUpdate::Keep(asked.node.name) } else { NodeUpdate::Put(asked.node) },
        service: asked.service,
        checks: asked.checks.into_iter().map(check).collect(),
        replace_checks: false,
        owner: Owner::Catalog,
    };
    let written = api.registry.submit(Command::Register(Box::new(registration))).await;
    written.map_err(|error| match error {
        SubmitError::Rejected(Rejection::NodeNameReserved { .. } | Rejection::NodeHasAgent { .. }) => {
            ApiError::internal(format!("failed inserting node: {error}"))
        }
        error => error.into(),
    })?;
    Ok(Reply::json(answer::boolean(true)))
}

pub(crate) async fn deregister(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    call.refuse_enterprise(&call.params()?)?;
    let asked = request::deregister_in(api.registry.datacenter(), &call.body().await?);
    let asked = asked.map_err(|error| ApiError::new(error.status().code(), error.to_string()))?;
    let target = match asked.target {
        DeregisterTarget::Node => CatalogDeregistration::Node(asked.node),
        DeregisterTarget::Service(id) => CatalogDeregistration::Service(asked.node, id),
        DeregisterTarget::Check(id) => CatalogDeregistration::Check(asked.node, id),
        // There are no peers, so nothing to remove.
        DeregisterTarget::OfPeer(_) => return Ok(Reply::json(answer::boolean(true))),
    };
    api.registry.submit(Command::CatalogDeregister(target)).await?;
    Ok(Reply::json(answer::boolean(true)))
}
