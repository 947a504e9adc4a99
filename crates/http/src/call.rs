//! A request, taken apart.

use bytes::Bytes;
use hyper::HeaderMap;
use hyper::body::Incoming;
use muster_catalog::Wait;
use muster_model::Index;
use muster_registry::{Answer, Consistency, ReadOptions};
use muster_wire::filter::BadFilter;
use muster_wire::query::{self, Params, QueryOptions, Scope};

use crate::Api;
use crate::api_error::ApiError;

/// A request that found its route.
pub(crate) struct Call {
    pub(crate) method: hyper::Method,
    /// What follows a route's pattern that ends in `/`, decoded.
    pub(crate) argument: String,
    /// The raw query string.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    /// The body, where the route reads it as it comes.
    pub(crate) incoming: Option<Incoming>,
}

impl Call {
    pub(crate) fn params(&self) -> Result<Params<'_>, ApiError> {
        Ok(Params::parse(&self.query)?)
    }

    /// The options that every read takes.
    pub(crate) fn options(&self, params: &Params<'_>) -> Result<QueryOptions, ApiError> {
        self.options_in(Scope::Namespace, params)
    }

    /// The same where less is refused.
    pub(crate) fn options_in(&self, scope: Scope, params: &Params<'_>) -> Result<QueryOptions, ApiError> {
        Ok(QueryOptions::read(params, scope, |name| self.header(name))?)
    }

    /// Refuses namespaces and partitions, where no other option is looked at.
    pub(crate) fn refuse_enterprise(&self, params: &Params<'_>) -> Result<(), ApiError> {
        Ok(Scope::Namespace.check(params, |name| self.header(name))?)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body's JSON; what is missing altogether reads as Go reads it.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }
}

/// Options of a read, with the refusals that depend on this server.
pub(crate) struct Read {
    pub(crate) options: QueryOptions,
}

impl Read {
    /// For catalog and health.
    pub(crate) fn of(api: &Api, call: &Call, params: &Params<'_>) -> Result<Self, ApiError> {
        let cacheable = Self::cacheable(api, call, params)?;
        Ok(Self { options: QueryOptions { cached: false, ..cacheable.options } })
    }

    /// For those reads that Consul's agent has a cache for: they say so when they are asked for a cached answer.
    pub(crate) fn cacheable(api: &Api, call: &Call, params: &Params<'_>) -> Result<Self, ApiError> {
        let options = call.options(params)?;
        own_datacenter(api, &options, true)?;
        Ok(Self { options: QueryOptions { cached: options.cached && api.settings.use_cache, ..options } })
    }

    /// As [`Self::of`], where namespaces are not looked at.
    pub(crate) fn in_any_namespace(api: &Api, call: &Call, params: &Params<'_>) -> Result<Self, ApiError> {
        let options = call.options_in(Scope::Partition, params)?;
        own_datacenter(api, &options, true)?;
        Ok(Self { options: QueryOptions { cached: false, ..options } })
    }

    pub(crate) fn registry(&self) -> ReadOptions {
        ReadOptions {
            consistency: match self.options.consistency {
                query::Consistency::Leader => Consistency::Default,
                query::Consistency::Stale => Consistency::Stale,
                query::Consistency::Consistent => Consistency::Consistent,
            },
            wait: (self.options.index > 0)
                .then(|| Wait { after: Index(self.options.index), at_most: self.options.wait.unwrap_or_default() }),
        }
    }

    /// The filter that is asked for. Read before anything waits, so that a wrong one is told at once.
    pub(crate) fn filter<F>(&self, new: fn(&str) -> Result<F, BadFilter>) -> Result<Option<F>, ApiError> {
        filter(self.options.filter.as_deref(), new).map_err(|error| ApiError { as_query: true, ..error })
    }

    /// Until which index an answer is good for whoever asks the same: one that did not wait.
    pub(crate) fn good_at<T>(&self, answer: &Answer<T>) -> Option<Index> {
        (self.options.index == 0).then_some(answer.at)
    }

    /// What an answer's body depends on besides the question and its answer, with what the endpoint adds.
    pub(crate) fn shape(&self, endpoint: &str) -> String {
        let QueryOptions { near, node_meta, filter, tags, .. } = &self.options;
        let mut shape = endpoint.to_owned();
        if near.is_some() || filter.is_some() || !node_meta.is_empty() || !tags.is_empty() {
            // Quoted, so no two of them look the same.
            shape.push_str(&format!("{near:?}{node_meta:?}{filter:?}{tags:?}"));
        }
        shape
    }

    /// Whether a node has the pairs asked for.
    pub(crate) fn takes_node(&self, node: &muster_model::Node) -> bool {
        self.options.node_meta.iter().all(|(key, value)| node.meta.get(key) == Some(value))
    }

    /// Whether an instance has the tags asked for, compared without case.
    pub(crate) fn takes_tags(&self, service: &muster_model::Service) -> bool {
        let has = |wanted: &str| service.tags.iter().any(|tag| tag.to_lowercase() == wanted.to_lowercase());
        self.options.tags.iter().all(|wanted| has(wanted))
    }

    /// The node that is nearest, if `?near` asks for an order. Only this node has a network coordinate: seen from
    /// it, it is nearest itself, and all others are as far; seen from others, no distance is known.
    pub(crate) fn nearest<'a>(&self, api: &'a Api) -> Option<&'a str> {
        let own = api.agent.node();
        let near = self.options.near.as_deref()?;
        (near == "_agent" || own.as_str().eq_ignore_ascii_case(near)).then_some(own.as_str())
    }
}

/// There is one datacenter here; another one has no path to it.
pub(crate) fn own_datacenter(api: &Api, options: &QueryOptions, as_query: bool) -> Result<(), ApiError> {
    match &options.datacenter {
        Some(other) if other != api.registry.datacenter() => {
            Err(ApiError { as_query, ..ApiError::internal("No path to datacenter") })
        }
        _ => Ok(()),
    }
}

/// The filter that is asked for, over the rows that `new` reads filters for.
pub(crate) fn filter<F>(text: Option<&str>, new: fn(&str) -> Result<F, BadFilter>) -> Result<Option<F>, ApiError> {
    Ok(text.map(new).transpose()?)
}
