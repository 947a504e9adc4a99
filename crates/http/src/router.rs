//! Which path and method goes where. docs/compatibility.md's table of endpoints is made from this one.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;
use crate::{Api, agent, agent_check, agent_maintenance, catalog, health, kv, session, status, transaction};

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
    route!("/v1/agent/check/deregister/", ["PUT"], agent_check::deregister),
    route!("/v1/agent/check/fail/", ["PUT"], agent_check::fail),
    route!("/v1/agent/check/pass/", ["PUT"], agent_check::pass),
    route!("/v1/agent/check/register", ["PUT"], agent_check::register),
    route!("/v1/agent/check/update/", ["PUT"], agent_check::update),
    route!("/v1/agent/check/warn/", ["PUT"], agent_check::warn),
    route!("/v1/agent/checks", ["GET"], agent_check::list),
    route!("/v1/agent/maintenance", ["PUT"], agent_maintenance::node),
    route!("/v1/agent/service/", ["GET"], agent::service),
    route!("/v1/agent/service/deregister/", ["PUT"], agent::deregister),
    route!("/v1/agent/service/maintenance/", ["PUT"], agent_maintenance::service),
    route!("/v1/agent/service/register", ["PUT"], agent::register),
    route!("/v1/agent/services", ["GET"], agent::services),
    route!("/v1/catalog/datacenters", ["GET"], catalog::datacenters),
    route!("/v1/catalog/deregister", ["PUT"], catalog::deregister),
    route!("/v1/catalog/node-services/", ["GET"], catalog::node_services),
    route!("/v1/catalog/node/", ["GET"], catalog::node),
    route!("/v1/catalog/nodes", ["GET"], catalog::nodes),
    route!("/v1/catalog/register", ["PUT"], catalog::register),
    route!("/v1/catalog/service/", ["GET"], catalog::service),
    route!("/v1/catalog/services", ["GET"], catalog::services),
    route!("/v1/health/checks/", ["GET"], health::checks),
    route!("/v1/health/node/", ["GET"], health::node),
    route!("/v1/health/service/", ["GET"], health::service),
    route!("/v1/health/state/", ["GET"], health::state),
    route!("/v1/kv/", ["GET", "PUT", "DELETE"], kv::handle),
    route!("/v1/session/create", ["PUT"], session::create),
    route!("/v1/session/destroy/", ["PUT"], session::destroy),
    route!("/v1/session/info/", ["GET"], session::info),
    route!("/v1/session/list", ["GET"], session::list),
    route!("/v1/session/node/", ["GET"], session::node),
    route!("/v1/session/renew/", ["PUT"], session::renew),
    route!("/v1/status/leader", ["GET"], status::leader),
    route!("/v1/status/peers", ["GET"], status::peers),
    route!("/v1/txn", ["PUT"], transaction::handle),
];

/// The route of a path, with what follows its pattern. The longest pattern wins, as in Go's ServeMux.
pub(crate) fn find(path: &str) -> Option<(&'static Route, &str)> {
    let matching = ROUTES.iter().filter_map(|route| {
        let rest = path.strip_prefix(route.pattern)?;
        (rest.is_empty() || route.pattern.ends_with('/')).then_some((route, rest))
    });
    matching.max_by_key(|(route, _)| route.pattern.len())
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
