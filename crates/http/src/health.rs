//! `/v1/health`.

use std::sync::Arc;

use muster_catalog::Instance;
use muster_model::{Indexed, NodeName};
use muster_registry::{Answer, CheckRow, Topic, all_pass};
use muster_wire::answer::{self, InstanceRow, Stored};
use muster_wire::filter::{CheckFilter, InstanceFilter};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read};
use crate::reply::Reply;

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    // Consul answers this one from a stream: a query that fails has no headers of its own.
    let bare = |error: ApiError| ApiError { as_query: false, ..error };
    let read = Read::cacheable(&api, &call, &params).map_err(bare)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing service name"));
    }
    if ["sg", "sameness-group"].iter().any(|name| params.non_empty(name).is_some()) {
        return Err(ApiError::internal("sameness groups are not supported in consul CE"));
    }
    let filter = read.filter(InstanceFilter::new).map_err(bare)?;
    let of_peer = params.non_empty("peer").is_some();
    let passing = muster_wire::query::passing(&params)?;
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::Health(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.healthy_or_not(&name)).await?;
    let dc = api.registry.datacenter();
    let passes = |instance: &Instance| {
        let (node, service) = (&instance.node.value, &instance.service.value);
        filter.as_ref().is_none_or(|filter| filter.takes(node, service, &instance.checks, dc))
    };
    let mut list: Vec<&Instance> = answer
        .value
        .iter()
        // There are no peers, so nothing of theirs.
        .filter(|instance| {
            !of_peer && read.takes_node(&instance.node.value) && read.takes_tags(&instance.service.value)
        })
        .filter(|instance| (!passing || all_pass(&instance.checks)) && passes(instance))
        .collect();
    if let Some(near) = read.nearest(&api) {
        list.sort_by_key(|instance| !is_node(&instance.node.value.name, near));
    }
    let mut body = Vec::new();
    let rows = list.into_iter().map(|instance| InstanceRow {
        node: stored(&instance.node),
        service: stored(&instance.service),
        checks: instance.checks.iter().map(stored),
    });
    answer::health_service(&mut body, dc, rows);
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn checks(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing service name"));
    }
    let filter = read.filter(CheckFilter::new)?;
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::ServiceChecks(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.checks_of_service(&name)).await?;
    Ok(check_list(&api, &answer, &read, filter.as_ref()))
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let mut read = Read::of(&api, &call, &call.params()?)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing node name"));
    }
    // The node is named: what it has in its Meta is not looked at.
    read.options.node_meta.clear();
    let filter = read.filter(CheckFilter::new)?;
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::NodeChecks(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.checks_of_node(&name)).await?;
    Ok(check_list(&api, &answer, &read, filter.as_ref()))
}

pub(crate) async fn state(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    // States are compared without case, but for the word that means all of them.
    let wanted = match call.argument.as_str() {
        "" => return Err(ApiError::bad_request("Missing check state")),
        "any" => "any".to_owned(),
        state => Some(state.to_lowercase()).filter(|state| state != "any").unwrap_or_default(),
    };
    let topic = match wanted.as_str() {
        "passing" => Topic::ChecksIn("passing"),
        "warning" => Topic::ChecksIn("warning"),
        "critical" => Topic::ChecksIn("critical"),
        _ => Topic::Checks,
    };
    let filter = read.filter(CheckFilter::new)?;
    let answer = api.registry.read(&[topic], read.registry(), |state| state.checks_in(&wanted)).await?;
    Ok(check_list(&api, &answer, &read, filter.as_ref()))
}

fn check_list(api: &Api, answer: &Answer<Vec<CheckRow>>, read: &Read, filter: Option<&CheckFilter>) -> Reply {
    let state = api.registry.state();
    let on_node = |name: &NodeName| {
        let node = state.node_services(name.as_str()).value;
        node.is_some_and(|entry| read.takes_node(&entry.node.value))
    };
    let takes = |row: &CheckRow| {
        let passes = |filter: &CheckFilter| filter.takes(&row.node, &row.check.value, row.service.as_deref());
        (read.options.node_meta.is_empty() || on_node(&row.node)) && filter.is_none_or(passes)
    };
    let mut rows: Vec<&CheckRow> = answer.value.iter().filter(|row| takes(row)).collect();
    if let Some(near) = read.nearest(api) {
        rows.sort_by_key(|row| !is_node(&row.node, near));
    }
    let mut body = Vec::new();
    let rows = rows.into_iter().map(|row| answer::CheckRow {
        node: &row.node,
        check: stored(&row.check),
        service: row.service.as_deref(),
    });
    answer::health_checks(&mut body, rows);
    finish(body, answer, read)
}

pub(crate) fn stored<T>(value: &Indexed<Arc<T>>) -> Stored<'_, T> {
    Stored { value: &value.value, created: value.created, modified: value.modified }
}

pub(crate) fn is_node(name: &NodeName, wanted: &str) -> bool {
    name.as_str().eq_ignore_ascii_case(wanted)
}

pub(crate) fn finish<T>(body: Vec<u8>, answer: &Answer<T>, read: &Read) -> Reply {
    Reply::json(body).with_query(answer.index, true).with_consistency(read.options.consistency, read.options.cached)
}
