//! `/v1/health`.

use std::sync::Arc;

use muster_catalog::Instance;
use muster_model::{Indexed, NodeName};
use muster_registry::{Answer, CheckRow, Question, all_pass};
use muster_wire::answer::{self, InstanceRow, Stored};
use muster_wire::filter::{CheckFilter, InstanceFilter};
use muster_wire::query::{self, Scope};

use crate::Api;
use crate::api_error::ApiError;
use crate::call::{Call, Read, Refuses};
use crate::reply::Reply;

pub(crate) async fn service(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let Instances { read, name, of_peer, filter, passing } = asked_instances(&api, &call)?;
    let question = Question::health(name);
    let answer = api.registry.ask(&question, read.registry()).await?;
    // There are no peers, so nothing of theirs.
    let all = if of_peer { &[][..] } else { &answer.value[..] };
    let shape = read.shape(match (of_peer, passing) {
        (true, _) => "peer",
        (false, true) => "passing",
        (false, false) => "",
    });
    let write = || Reply::json(instances(&api, all, &read, filter.as_ref(), passing));
    Ok(finish(api.bodies.reply(&question, &shape, &answer, write), &answer, &read))
}

/// What a read of instances is asked for.
pub(crate) struct Instances<'a> {
    pub(crate) read: Read<'a>,
    name: &'a str,
    of_peer: bool,
    filter: Option<InstanceFilter>,
    passing: bool,
}

/// Reads it in Consul's order.
pub(crate) fn asked_instances<'a>(api: &Api, call: &'a Call) -> Result<Instances<'a>, ApiError> {
    // Consul answers these from a stream: a query that fails has no headers of its own.
    let bare = |error: ApiError| ApiError { as_query: false, ..error };
    let read = Read::cacheable(api, call, Refuses::First(Scope::Namespace))?;
    let says = |name: &str| read.params.non_empty(name).is_some();
    let (of_peer, of_group) = (says("peer"), says("sg") || says("sameness-group"));
    if of_peer && of_group {
        return Err(ApiError::bad_request("peer-name and sameness-group are mutually exclusive"));
    }
    let name = call.named("Missing service name")?;
    let passing = query::passing(&read.params)?;
    let filter = read.filter_at_home(api, InstanceFilter::new).map_err(bare)?;
    if of_group {
        return Err(ApiError::internal("sameness groups are not supported in consul CE"));
    }
    Ok(Instances { read, name, of_peer, filter, passing })
}

fn instances(api: &Api, all: &[Instance], read: &Read<'_>, filter: Option<&InstanceFilter>, passing: bool) -> Vec<u8> {
    let dc = api.registry.datacenter();
    let passes = |instance: &Instance| {
        let (node, service) = (&instance.node.value, &instance.service.value);
        filter.is_none_or(|filter| filter.takes(node, service, &instance.checks, dc))
    };
    let mut list: Vec<&Instance> = all
        .iter()
        .filter(|instance| read.takes_node(&instance.node.value) && read.takes_tags(&instance.service.value))
        .filter(|instance| (!passing || all_pass(&instance.checks)) && passes(instance))
        .collect();
    if let Some(near) = read.nearest(api) {
        list.sort_by_key(|instance| !is_node(&instance.node.value.name, near));
    }
    let mut body = Vec::new();
    let rows = list.into_iter().map(|instance| InstanceRow {
        node: stored(&instance.node),
        service: stored(&instance.service),
        checks: instance.checks.iter().map(stored),
    });
    answer::health_service(&mut body, dc, rows);
    body
}

pub(crate) async fn checks(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::First(Scope::Namespace))?;
    let name = call.named("Missing service name")?;
    let filter = read.filter_at_home(&api, CheckFilter::new)?;
    check_list(&api, &Question::checks_of_service(name), &read, filter.as_ref()).await
}

pub(crate) async fn node(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let mut read = Read::of(&call, Refuses::First(Scope::Namespace))?;
    let name = call.named("Missing node name")?;
    // The node is named: what it has in its Meta is not looked at.
    read.options.node_meta.clear();
    let filter = read.filter_at_home(&api, CheckFilter::new)?;
    check_list(&api, &Question::checks_of_node(name), &read, filter.as_ref()).await
}

pub(crate) async fn state(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let read = Read::of(&call, Refuses::First(Scope::Namespace))?;
    // States are compared without case, but for the word that means all of them.
    let wanted = match call.named("Missing check state")? {
        "any" => "any".to_owned(),
        state => Some(state.to_lowercase()).filter(|state| state != "any").unwrap_or_default(),
    };
    let filter = read.filter_at_home(&api, CheckFilter::new)?;
    check_list(&api, &Question::checks_in(&wanted), &read, filter.as_ref()).await
}

async fn check_list(
    api: &Api,
    question: &Question<Vec<CheckRow>>,
    read: &Read<'_>,
    filter: Option<&CheckFilter>,
) -> Result<Reply, ApiError> {
    let answer = api.registry.ask(question, read.registry()).await?;
    let write = || Reply::json(check_rows(api, &answer.value, read, filter));
    let reply = if read.options.node_meta.is_empty() {
        api.bodies.reply(question, &read.shape(""), &answer, write)
    } else {
        // A node's Meta is no part of the answer, so its index does not speak for it.
        write()
    };
    Ok(finish(reply, &answer, read))
}

fn check_rows(api: &Api, all: &[CheckRow], read: &Read<'_>, filter: Option<&CheckFilter>) -> Vec<u8> {
    let state = api.registry.state();
    let on_node = |name: &NodeName| {
        let node = state.node_services(name.as_str()).value;
        node.is_some_and(|entry| read.takes_node(&entry.node.value))
    };
    let takes = |row: &CheckRow| {
        let passes = |filter: &CheckFilter| filter.takes(&row.node, &row.check.value, row.service.as_deref());
        (read.options.node_meta.is_empty() || on_node(&row.node)) && filter.is_none_or(passes)
    };
    let mut rows: Vec<&CheckRow> = all.iter().filter(|row| takes(row)).collect();
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
    body
}

pub(crate) fn stored<T>(value: &Indexed<Arc<T>>) -> Stored<'_, T> {
    Stored { value: &value.value, created: value.created, modified: value.modified }
}

pub(crate) fn is_node(name: &NodeName, wanted: &str) -> bool {
    name.as_str().eq_ignore_ascii_case(wanted)
}

pub(crate) fn finish<T>(reply: Reply, answer: &Answer<T>, read: &Read<'_>) -> Reply {
    let reply = reply.with_query(answer.index, true).good_at(read.good_at(answer));
    reply.with_consistency(read.options.consistency, read.options.cached)
}
