//! `/v1/health`.

use std::sync::Arc;

use muster_catalog::Instance;
use muster_model::{Indexed, NodeName};
use muster_registry::{Answer, CheckRow, Topic, all_pass};
use muster_wire::answer::{self, InstanceRow, Stored};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read};
use crate::reply::Reply;

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    let read = Read::of(&api, &call, &params)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing service name"));
    }
    let passing = muster_wire::query::passing(&params)?;
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::Health(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.healthy_or_not(&name)).await?;
    let mut list: Vec<&Instance> = answer
        .value
        .iter()
        .filter(|instance| read.takes_node(&instance.node.value) && read.takes_tags(&instance.service.value))
        .filter(|instance| !passing || all_pass(&instance.checks))
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
    answer::health_service(&mut body, api.registry.datacenter(), rows);
    Ok(finish(body, &answer, &read))
}

pub(crate) async fn checks(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing service name"));
    }
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::ServiceChecks(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.checks_of_service(&name)).await?;
    Ok(check_list(&api, &answer, &read))
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    if call.argument.is_empty() {
        return Err(ApiError::bad_request("Missing node name"));
    }
    let name: Arc<str> = Arc::from(call.argument.to_lowercase());
    let topics = [Topic::NodeChecks(Arc::clone(&name))];
    let answer = api.registry.read(&topics, read.registry(), |state| state.checks_of_node(&name)).await?;
    Ok(check_list(&api, &answer, &read))
}

pub(crate) async fn state(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&api, &call, &call.params()?)?;
    let wanted = call.argument.as_str();
    let topic = match wanted {
        "" => return Err(ApiError::bad_request("Missing check state")),
        "passing" => Topic::ChecksIn("passing"),
        "warning" => Topic::ChecksIn("warning"),
        "critical" => Topic::ChecksIn("critical"),
        _ => Topic::Checks,
    };
    let answer = api.registry.read(&[topic], read.registry(), |state| state.checks_in(wanted)).await?;
    Ok(check_list(&api, &answer, &read))
}

fn check_list(api: &Api, answer: &Answer<Vec<CheckRow>>, read: &Read) -> Reply {
    let state = api.registry.state();
    let takes = |name: &NodeName| {
        let node = state.node_services(name.as_str()).value;
        node.is_some_and(|entry| read.takes_node(&entry.node.value))
    };
    let mut rows: Vec<&CheckRow> =
        answer.value.iter().filter(|row| read.options.node_meta.is_empty() || takes(&row.node)).collect();
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
