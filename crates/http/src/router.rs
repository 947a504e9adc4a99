//! Which path and method goes where. docs/compatibility.md's table of endpoints is made from this one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;
use crate::{
    Api, agent, agent_check, agent_control, agent_health, agent_maintenance, agent_self, catalog, connect, event,
    health, host, kv, metrics, operator, session, snapshot, status, transaction,
};

/// What a handler returns.
pub(crate) type Handled = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>>;

/// An endpoint.
pub struct Route {
    /// The path; one that ends in `/` takes the rest of a request's path as its argument.
    pub pattern: &'static str,
    /// The methods that are there, as Consul lists them.
    pub methods: &'static [&'static str],
    pub(crate) handler: fn(Arc<Api>, Call) -> Handled,
}

impl Route {
    /// The methods as the `Allow` header lists them.
    pub(crate) fn allowed(&self) -> String {
        std::iter::once("OPTIONS").chain(self.methods.iter().copied()).collect::<Vec<_>>().join(",")
    }
}

macro_rules! route {
    ($pattern:literal, [$($method:literal),+], $handler:path) => {
        Route { pattern: $pattern, methods: &[$($method),+], handler: |api, call| Box::pin($handler(api, call)) }
    };
}

/// All endpoints, by pattern.
pub static ROUTES: &[Route] = &[
    route!("/v1/acl/auth-method", ["PUT"], operator::acl),
    route!("/v1/acl/auth-method/", ["GET", "PUT", "DELETE"], operator::acl),
    route!("/v1/acl/auth-methods", ["GET"], operator::acl),
    route!("/v1/acl/binding-rule", ["PUT"], operator::acl),
    route!("/v1/acl/binding-rule/", ["GET", "PUT", "DELETE"], operator::acl),
    route!("/v1/acl/binding-rules", ["GET"], operator::acl),
    route!("/v1/acl/bootstrap", ["PUT"], operator::acl),
    route!("/v1/acl/login", ["POST"], operator::acl),
    route!("/v1/acl/logout", ["POST"], operator::acl),
    route!("/v1/acl/policies", ["GET"], operator::acl),
    route!("/v1/acl/policy", ["PUT"], operator::acl),
    route!("/v1/acl/policy/", ["GET", "PUT", "DELETE"], operator::acl),
    route!("/v1/acl/policy/name/", ["GET"], operator::acl),
    route!("/v1/acl/replication", ["GET"], operator::acl_replication),
    route!("/v1/acl/role", ["PUT"], operator::acl),
    route!("/v1/acl/role/", ["GET", "PUT", "DELETE"], operator::acl),
    route!("/v1/acl/role/name/", ["GET"], operator::acl),
    route!("/v1/acl/roles", ["GET"], operator::acl),
    route!("/v1/acl/templated-policies", ["GET"], operator::acl),
    route!("/v1/acl/templated-policy/name/", ["GET"], operator::acl),
    route!("/v1/acl/templated-policy/preview/", ["POST"], operator::acl),
    route!("/v1/acl/token", ["PUT"], operator::acl),
    route!("/v1/acl/token/", ["GET", "PUT", "DELETE"], operator::acl),
    route!("/v1/acl/token/self", ["GET"], operator::acl),
    route!("/v1/acl/tokens", ["GET"], operator::acl),
    route!("/v1/agent/check/deregister/", ["PUT"], agent_check::deregister),
    route!("/v1/agent/check/fail/", ["PUT"], agent_check::fail),
    route!("/v1/agent/check/pass/", ["PUT"], agent_check::pass),
    route!("/v1/agent/check/register", ["PUT"], agent_check::register),
    route!("/v1/agent/check/update/", ["PUT"], agent_check::update),
    route!("/v1/agent/check/warn/", ["PUT"], agent_check::warn),
    route!("/v1/agent/checks", ["GET"], agent_check::list),
    route!("/v1/agent/connect/ca/roots", ["GET"], connect::agent_roots),
    route!("/v1/agent/force-leave/", ["PUT"], agent_control::force_leave),
    route!("/v1/agent/health/service/id/", ["GET"], agent_health::by_id),
    route!("/v1/agent/health/service/name/", ["GET"], agent_health::by_name),
    route!("/v1/agent/host", ["GET"], host::about),
    route!("/v1/agent/join/", ["PUT"], agent_control::join),
    route!("/v1/agent/leave", ["PUT"], agent_control::leave),
    route!("/v1/agent/maintenance", ["PUT"], agent_maintenance::node),
    route!("/v1/agent/members", ["GET"], agent_self::members),
    route!("/v1/agent/metrics", ["GET"], metrics::metrics),
    route!("/v1/agent/reload", ["PUT"], agent_control::reload),
    route!("/v1/agent/self", ["GET"], agent_self::about),
    route!("/v1/agent/service/", ["GET"], agent::service),
    route!("/v1/agent/service/deregister/", ["PUT"], agent::deregister),
    route!("/v1/agent/service/maintenance/", ["PUT"], agent_maintenance::service),
    route!("/v1/agent/service/register", ["PUT"], agent::register),
    route!("/v1/agent/services", ["GET"], agent::services),
    route!("/v1/agent/token/", ["PUT"], operator::acl),
    route!("/v1/agent/version", ["GET"], agent_self::version),
    route!("/v1/catalog/connect/", ["GET"], connect::catalogued),
    route!("/v1/catalog/datacenters", ["GET"], catalog::datacenters),
    route!("/v1/catalog/deregister", ["PUT"], catalog::deregister),
    route!("/v1/catalog/gateway-services/", ["GET"], connect::behind),
    route!("/v1/catalog/node-services/", ["GET"], catalog::node_services),
    route!("/v1/catalog/node/", ["GET"], catalog::node),
    route!("/v1/catalog/nodes", ["GET"], catalog::nodes),
    route!("/v1/catalog/register", ["PUT"], catalog::register),
    route!("/v1/catalog/service/", ["GET"], catalog::service),
    route!("/v1/catalog/services", ["GET"], catalog::services),
    route!("/v1/connect/ca/roots", ["GET"], connect::roots),
    route!("/v1/connect/intentions", ["GET", "POST"], connect::intentions),
    route!("/v1/coordinate/datacenters", ["GET"], operator::coordinate_datacenters),
    route!("/v1/coordinate/node/", ["GET"], operator::coordinate_node),
    route!("/v1/coordinate/nodes", ["GET"], operator::coordinate_nodes),
    route!("/v1/event/fire/", ["PUT"], event::fire),
    route!("/v1/event/list", ["GET"], event::list),
    route!("/v1/health/checks/", ["GET"], health::checks),
    route!("/v1/health/connect/", ["GET"], connect::instances),
    route!("/v1/health/ingress/", ["GET"], connect::instances),
    route!("/v1/health/node/", ["GET"], health::node),
    route!("/v1/health/service/", ["GET"], health::service),
    route!("/v1/health/state/", ["GET"], health::state),
    route!("/v1/kv/", ["GET", "PUT", "DELETE"], kv::handle),
    route!("/v1/operator/raft/configuration", ["GET"], operator::raft_configuration),
    route!("/v1/query", ["GET", "POST"], operator::queries),
    route!("/v1/session/create", ["PUT"], session::create),
    route!("/v1/session/destroy/", ["PUT"], session::destroy),
    route!("/v1/session/info/", ["GET"], session::info),
    route!("/v1/session/list", ["GET"], session::list),
    route!("/v1/session/node/", ["GET"], session::node),
    route!("/v1/session/renew/", ["PUT"], session::renew),
    route!("/v1/snapshot", ["GET", "PUT"], snapshot::handle),
    route!("/v1/status/leader", ["GET"], status::leader),
    route!("/v1/status/peers", ["GET"], status::peers),
    route!("/v1/txn", ["PUT"], transaction::handle),
];

/// The route of a path, with what follows its pattern. The longest pattern wins, as in Go's ServeMux.
pub(crate) fn find(path: &str) -> Option<(&'static Route, &str)> {
    // In order, so what begins the path stands before it, the longest last.
    let before = ROUTES.partition_point(|route| route.pattern <= path);
    ROUTES[..before].iter().rev().find_map(|route| {
        let rest = path.strip_prefix(route.pattern)?;
        (rest.is_empty() || route.pattern.ends_with('/')).then_some((route, rest))
    })
}

/// The path as Go's ServeMux cleans it, if that differs: doubled slashes and dot segments go.
pub(crate) fn cleaned(path: &str) -> Option<String> {
    if !path.contains("//") && !path.split('/').any(|segment| segment == "." || segment == "..") {
        return None;
    }
    let mut segments: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => drop(segments.pop()),
            segment => segments.push(segment),
        }
    }
    let mut clean = format!("/{}", segments.join("/"));
    if path.ends_with('/') && clean != "/" {
        clean.push('/');
    }
    Some(clean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_pattern_wins() {
        let found = |path: &'static str| find(path).map(|(route, rest)| (route.pattern, rest));
        assert_eq!(found("/v1/agent/service/register"), Some(("/v1/agent/service/register", "")));
        assert_eq!(found("/v1/agent/service/web/1"), Some(("/v1/agent/service/", "web/1")));
        assert_eq!(found("/v1/kv/a/b"), Some(("/v1/kv/", "a/b")));
        assert_eq!(found("/v1/catalog/servicesx"), None);
        assert_eq!(found("/v1/nope"), None);
    }

    #[test]
    fn paths_are_cleaned_as_go_does() {
        assert_eq!(cleaned("/v1/kv/a/b"), None);
        assert_eq!(cleaned("/v1/kv/open//dd").as_deref(), Some("/v1/kv/open/dd"));
        assert_eq!(cleaned("/v1/kv/../status/./leader").as_deref(), Some("/v1/status/leader"));
        assert_eq!(cleaned("/v1/kv//").as_deref(), Some("/v1/kv/"));
    }

    #[test]
    fn routes_are_in_order() {
        assert!(ROUTES.windows(2).all(|pair| pair[0].pattern < pair[1].pattern));
    }
}
