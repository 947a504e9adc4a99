//! The options that every read takes: index, wait, consistency, datacenter and the like.

use std::sync::Arc;
use std::time::Duration;

use muster_model::quoted;

use crate::Status;
use crate::duration_text::GoDuration;
use crate::header;
use crate::json::{parse_bool, parse_uint};
use crate::query::Params;

/// What a read is asked for besides its subject.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct QueryOptions {
    /// Block until the answer's index is above this; 0: do not block.
    pub index: u64,
    /// The longest time to block; none or zero: the server's default.
    pub wait: Option<Duration>,
    /// `?hash=`, for the one endpoint that blocks on content.
    pub hash: Option<String>,
    /// How fresh the answer must be.
    pub consistency: Consistency,
    /// The client takes a cached answer.
    pub cached: bool,
    /// Another datacenter, if it is named.
    pub datacenter: Option<Arc<str>>,
    /// Nearest to this node first.
    pub near: Option<Arc<str>>,
    /// Pairs that a node's Meta must have.
    pub node_meta: Vec<(Arc<str>, Arc<str>)>,
    /// A filter expression.
    pub filter: Option<String>,
    /// Tags that an instance must all have.
    pub tags: Vec<Arc<str>>,
    /// Indented output.
    pub pretty: bool,
}

/// How fresh an answer must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Consistency {
    /// The leader's view.
    #[default]
    Leader,
    /// Any server's view.
    Stale,
    /// The leader's view, after it made sure that it still leads.
    Consistent,
}

impl Consistency {
    /// The value of `X-Consul-Effective-Consistency`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Stale => "stale",
            Self::Consistent => "consistent",
        }
    }
}

/// An option that Consul refuses. Displays as Consul's answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadOption {
    /// No number of 64 bits.
    #[error("Invalid index")]
    Index,
    /// No duration.
    #[error("Invalid wait time")]
    Wait,
    /// No duration.
    #[error("Invalid max_stale value {}", quoted(.0))]
    MaxStale(String),
    /// Stale and consistent at once.
    #[error("Cannot specify ?stale with ?consistent, conflicting semantics.")]
    StaleAndConsistent,
    /// Cached and consistent at once.
    #[error("Cannot specify ?cached with ?consistent, conflicting semantics.")]
    CachedAndConsistent,
    /// A number in `Cache-Control` that is none.
    #[error("Invalid Cache-Control header.")]
    CacheControl,
    /// A namespace or partition in the query.
    #[error("Invalid query parameter: {name:?} - {feature} are a Consul Enterprise feature")]
    EnterpriseParameter {
        /// The parameter.
        name: &'static str,
        /// `Namespaces` or `Partitions`.
        feature: &'static str,
    },
    /// A namespace or partition in a header.
    #[error("Invalid header: {name:?} - {feature} are a Consul Enterprise feature")]
    EnterpriseHeader {
        /// The header.
        name: &'static str,
        /// `Namespaces` or `Partitions`.
        feature: &'static str,
    },
    /// No truth value.
    #[error("Invalid value for ?passing")]
    Passing,
}

impl BadOption {
    /// The answer's status.
    pub fn status(&self) -> Status {
        Status::BadRequest
    }
}

impl QueryOptions {
    /// Reads the options out of a request; `header` returns the first value of a header by its name. Of several wrong
    /// ones Consul tells the same first.
    pub fn read<'h>(params: &Params<'_>, header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, BadOption> {
        let Self { consistency, cached, .. } = Self::freshness(params, header)?;
        let Self { index, wait, hash, .. } = Self::waiting(params)?;
        let shared = |name: &str| params.non_empty(name).map(Arc::from);
        Ok(Self {
            index,
            wait,
            hash,
            consistency,
            cached,
            datacenter: datacenter(params),
            near: shared("near"),
            node_meta: params.all("node-meta").map(meta_pair).collect(),
            filter: params.non_empty("filter").map(str::to_owned),
            tags: params.all("tag").map(Arc::from).collect(),
            pretty: params.has("pretty"),
        })
    }

    /// Reads how long to wait and for what, where no other option is looked at.
    pub fn waiting(params: &Params<'_>) -> Result<Self, BadOption> {
        let wait = wait(params)?;
        let index = match params.get("index") {
            "" => 0,
            text => parse_uint(text).map_err(|_| BadOption::Index)?,
        };
        Ok(Self { index, wait, hash: params.non_empty("hash").map(str::to_owned), ..Self::default() })
    }

    /// Reads how fresh the answer must be, where no other option is looked at.
    pub fn freshness<'h>(params: &Params<'_>, header: impl Fn(&str) -> Option<&'h str>) -> Result<Self, BadOption> {
        let consistency = consistency(params)?;
        check_cache_control(header(header::CACHE_CONTROL).unwrap_or_default())?;
        Ok(Self { consistency, cached: params.has("cached"), ..Self::default() })
    }
}

/// The datacenter that is named, if one is.
pub fn datacenter(params: &Params<'_>) -> Option<Arc<str>> {
    params.non_empty("datacenter").or_else(|| params.non_empty("dc")).map(Arc::from)
}

/// Reads `?passing` of `/v1/health/service/NAME`: bare means true.
pub fn passing(params: &Params<'_>) -> Result<bool, BadOption> {
    if !params.has("passing") {
        return Ok(false);
    }
    match params.get("passing") {
        "" => Ok(true),
        text => parse_bool(text).ok_or(BadOption::Passing),
    }
}

/// Which of Enterprise's divisions an endpoint refuses when they are named; the others it does not look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Namespaces and partitions.
    Namespace,
    /// Partitions.
    Partition,
}

impl Scope {
    /// Refuses what is named.
    ///
    /// # Errors
    /// [`BadOption`] with Consul's text.
    pub fn check<'h>(self, params: &Params<'_>, header: impl Fn(&str) -> Option<&'h str>) -> Result<(), BadOption> {
        let all = [("ns", header::NAMESPACE, "Namespaces"), ("partition", header::PARTITION, "Partitions")];
        let refused = match self {
            Self::Namespace => &all[..],
            Self::Partition => &all[1..],
        };
        for (parameter, name, feature) in refused {
            if header(name).is_some_and(|value| !value.is_empty()) {
                return Err(BadOption::EnterpriseHeader { name, feature });
            }
            if !params.get(parameter).is_empty() {
                return Err(BadOption::EnterpriseParameter { name: parameter, feature });
            }
        }
        Ok(())
    }
}

fn wait(params: &Params<'_>) -> Result<Option<Duration>, BadOption> {
    match params.get("wait") {
        "" => Ok(None),
        text => GoDuration::parse(text).map(|wait| Some(wait.or_zero())).map_err(|_| BadOption::Wait),
    }
}

fn consistency(params: &Params<'_>) -> Result<Consistency, BadOption> {
    let max_stale = match params.get("max_stale") {
        "" => 0,
        text => GoDuration::parse(text).map_err(|_| BadOption::MaxStale(text.to_owned()))?.nanos(),
    };
    let stale = params.has("stale") || max_stale > 0;
    match (stale, params.has("consistent")) {
        (true, true) => Err(BadOption::StaleAndConsistent),
        (false, true) if params.has("cached") => Err(BadOption::CachedAndConsistent),
        (false, true) => Ok(Consistency::Consistent),
        (true, false) => Ok(Consistency::Stale),
        (false, false) => Ok(Consistency::Leader),
    }
}

/// The directives that Consul reads must have whole seconds; their values change nothing here, where
/// an answer is never older than the state.
fn check_cache_control(value: &str) -> Result<(), BadOption> {
    for directive in value.split(',') {
        // One without a value is not looked at.
        let Some((name, seconds)) = directive.split_once('=') else { continue };
        if matches!(name.trim(), "max-age" | "stale-if-error") && seconds.trim().parse::<i64>().is_err() {
            return Err(BadOption::CacheControl);
        }
    }
    Ok(())
}

/// `key:value`; without a colon the value is empty.
fn meta_pair(text: &str) -> (Arc<str>, Arc<str>) {
    let (key, value) = text.split_once(':').unwrap_or((text, ""));
    (Arc::from(key), Arc::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(query: &str) -> Result<QueryOptions, BadOption> {
        QueryOptions::read(&Params::parse(query).unwrap(), |_| None)
    }

    #[test]
    fn reads_what_a_watcher_sends() {
        let query = "index=17&wait=55s&stale=false&dc=dc2&datacenter=dc3&tag=a&tag=b&node-meta=rack:a:b&node-meta=x&near=_agent&pretty";
        let options = read(query).unwrap();
        assert_eq!((options.index, options.wait), (17, Some(Duration::from_secs(55))));
        assert_eq!(options.consistency, Consistency::Stale);
        assert_eq!(options.datacenter.as_deref(), Some("dc3"));
        assert_eq!(options.tags, [Arc::from("a"), Arc::from("b")]);
        assert_eq!(options.node_meta[0], (Arc::from("rack"), Arc::from("a:b")));
        assert_eq!(options.node_meta[1], (Arc::from("x"), Arc::from("")));
        assert!(options.pretty && !options.cached);
        assert_eq!(read("index=&wait=&ns=&dc=").unwrap(), QueryOptions::default());
        assert_eq!(read("max_stale=5s").unwrap().consistency, Consistency::Stale);
        assert_eq!(read("max_stale=0s&consistent").unwrap().consistency, Consistency::Consistent);
    }

    #[test]
    fn refuses_in_consuls_words() {
        let text = |query: &str| read(query).unwrap_err().to_string();
        assert_eq!(text("index=-1"), "Invalid index");
        assert_eq!(text("index=+1"), "Invalid index");
        assert_eq!(text("wait=10"), "Invalid wait time");
        assert_eq!(text("max_stale=x&stale"), "Invalid max_stale value \"x\"");
        assert_eq!(text("stale&consistent"), "Cannot specify ?stale with ?consistent, conflicting semantics.");
        assert_eq!(text("cached&consistent"), "Cannot specify ?cached with ?consistent, conflicting semantics.");
        let with = |name: &'static str, value: &'static str| {
            let options = QueryOptions::read(&Params::default(), move |asked| (asked == name).then_some(value));
            options.unwrap_err().to_string()
        };
        assert_eq!(with("Cache-Control", "must-revalidate, max-age=x"), "Invalid Cache-Control header.");
    }

    #[test]
    fn of_several_mistakes_the_same_as_consuls_is_told() {
        let text = |query: &str, cache: Option<&'static str>| {
            let params = Params::parse(query).unwrap();
            let options = QueryOptions::read(&params, |name| cache.filter(|_| name == header::CACHE_CONTROL));
            options.unwrap_err().to_string()
        };
        let query = "index=x&wait=x&stale&consistent&max_stale=x";
        let cache = Some("max-age=x");
        assert_eq!(text(query, cache), "Invalid max_stale value \"x\"");
        let conflict = text(&query.replace("max_stale", "x"), cache);
        assert_eq!(conflict.split(',').next(), Some("Cannot specify ?stale with ?consistent"));
        assert_eq!(text("index=x&wait=x", cache), "Invalid Cache-Control header.");
        assert_eq!(text("index=x&wait=x", None), "Invalid wait time");
        let scope = |query: &str, sent: &[&'static str]| {
            let params = Params::parse(query).unwrap();
            let refused = Scope::Namespace.check(&params, |name| sent.contains(&name).then_some("x"));
            refused.map_err(|error| error.to_string()).unwrap_err()
        };
        let both = "partition=x&ns=x";
        let partition = "Invalid header: \"X-Consul-Partition\" - Partitions are a Consul Enterprise feature";
        assert_eq!(scope("partition=x", &[header::PARTITION]), partition);
        let ns = "Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature";
        assert_eq!(scope(both, &[header::PARTITION]), ns);
        let ns = "Invalid header: \"X-Consul-Namespace\" - Namespaces are a Consul Enterprise feature";
        assert_eq!(scope(both, &[header::PARTITION, header::NAMESPACE]), ns);
    }

    #[test]
    fn passing_is_true_when_bare() {
        let read = |query| passing(&Params::parse(query).unwrap());
        assert_eq!(read(""), Ok(false));
        assert_eq!(read("passing"), Ok(true));
        assert_eq!(read("passing=f"), Ok(false));
        assert_eq!(read("passing=x"), Err(BadOption::Passing));
    }
}
