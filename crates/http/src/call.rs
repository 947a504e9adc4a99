//! A request, taken apart.

use bytes::Bytes;
use hyper::HeaderMap;
use muster_catalog::Wait;
use muster_model::Index;
use muster_registry::{Answer, Consistency, ReadOptions};
use muster_wire::filter::BadFilter;
use muster_wire::query::{self, Params, QueryOptions, Scope};

use crate::Api;
use crate::api_error::ApiError;
use crate::upload::Upload;

/// A request that found its route.
pub(crate) struct Call {
    pub(crate) method: hyper::Method,
    /// What follows a route's pattern that ends in `/`, decoded.
    pub(crate) argument: String,
    /// The raw query string.
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    /// The body, before anybody read it.
    pub(crate) upload: Upload,
}

impl Call {
    pub(crate) fn params(&self) -> Result<Params<'_>, ApiError> {
        Ok(Params::parse(&self.query)?)
    }

    /// The options that most reads take.
    pub(crate) fn options(&self, params: &Params<'_>) -> Result<QueryOptions, ApiError> {
        Ok(QueryOptions::read(params, |name| self.header(name))?)
    }

    /// How fresh the answer must be, where nothing else is looked at.
    pub(crate) fn freshness(&self, params: &Params<'_>) -> Result<QueryOptions, ApiError> {
        Ok(QueryOptions::freshness(params, |name| self.header(name))?)
    }

    /// Refuses namespaces and partitions.
    pub(crate) fn refuse_enterprise(&self, params: &Params<'_>) -> Result<(), ApiError> {
        self.refuse(Scope::Namespace, params)
    }

    /// Refuses partitions, where namespaces are not looked at.
    pub(crate) fn refuse_partition(&self, params: &Params<'_>) -> Result<(), ApiError> {
        self.refuse(Scope::Partition, params)
    }

    fn refuse(&self, scope: Scope, params: &Params<'_>) -> Result<(), ApiError> {
        Ok(scope.check(params, |name| self.header(name))?)
    }

    /// What follows the route's pattern; `missing` is said if nothing does.
    pub(crate) fn named(&self, missing: &str) -> Result<&str, ApiError> {
        if self.argument.is_empty() { Err(ApiError::bad_request(missing)) } else { Ok(&self.argument) }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body. What is wrong with the rest of the request is told before it is read.
    pub(crate) async fn body(&self) -> Result<Bytes, ApiError> {
        self.upload.read().await
    }
}

/// When a read refuses namespaces or partitions: Consul's handlers look at them before their options, or after.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refuses {
    First(Scope),
    Last(Scope),
    /// Never, or when the handler says so.
    Nothing,
}

/// A read, as it is asked for.
pub(crate) struct Read<'a> {
    pub(crate) params: Params<'a>,
    pub(crate) options: QueryOptions,
}

impl<'a> Read<'a> {
    /// For catalog and health.
    pub(crate) fn of(call: &'a Call, refuses: Refuses) -> Result<Self, ApiError> {
        let mut read = Self::asked(call, refuses)?;
        read.options.cached = false;
        Ok(read)
    }

    /// For those reads that Consul's agent has a cache for: they say so when they are asked for a cached answer.
    pub(crate) fn cacheable(api: &Api, call: &'a Call, refuses: Refuses) -> Result<Self, ApiError> {
        let mut read = Self::asked(call, refuses)?;
        read.options.cached &= api.settings.use_cache;
        Ok(read)
    }

    fn asked(call: &'a Call, refuses: Refuses) -> Result<Self, ApiError> {
        let params = call.params()?;
        if let Refuses::First(scope) = refuses {
            call.refuse(scope, &params)?;
        }
        let options = call.options(&params)?;
        if let Refuses::Last(scope) = refuses {
            call.refuse(scope, &params)?;
        }
        Ok(Self { params, options })
    }

    /// Refuses another datacenter, as late as Consul's servers see it.
    pub(crate) fn at_home(&self, api: &Api) -> Result<(), ApiError> {
        own_datacenter(api, self.options.datacenter.as_deref(), true)
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

    /// The filter that is asked for, after another datacenter is refused. Read before anything waits, so that a wrong one
    /// is told at once.
    pub(crate) fn filter_at_home<F>(
        &self,
        api: &Api,
        new: fn(&str) -> Result<F, BadFilter>,
    ) -> Result<Option<F>, ApiError> {
        self.at_home(api)?;
        self.filter(new)
    }

    fn filter<F>(&self, new: fn(&str) -> Result<F, BadFilter>) -> Result<Option<F>, ApiError> {
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
    pub(crate) fn nearest<'n>(&self, api: &'n Api) -> Option<&'n str> {
        let own = api.agent.node();
        let near = self.options.near.as_deref()?;
        (near == "_agent" || own.as_str().eq_ignore_ascii_case(near)).then_some(own.as_str())
    }
}

/// There is one datacenter here; another one has no path to it.
pub(crate) fn own_datacenter(api: &Api, asked: Option<&str>, as_query: bool) -> Result<(), ApiError> {
    match asked {
        Some(other) if other != &**api.registry.datacenter() => {
            Err(ApiError { as_query, ..ApiError::internal("No path to datacenter") })
        }
        _ => Ok(()),
    }
}

/// The filter that is asked for, over the rows that `new` reads filters for.
pub(crate) fn filter<F>(text: Option<&str>, new: fn(&str) -> Result<F, BadFilter>) -> Result<Option<F>, ApiError> {
    Ok(text.map(new).transpose()?)
}
