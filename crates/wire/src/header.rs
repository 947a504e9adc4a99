//! The headers that Consul's clients read and send.

/// The answer's index, never 0.
pub const INDEX: &str = "X-Consul-Index";
/// `true` or `false`.
pub const KNOWN_LEADER: &str = "X-Consul-KnownLeader";
/// Milliseconds since the server heard from the leader; Go's client gives up if it is missing.
pub const LAST_CONTACT: &str = "X-Consul-LastContact";
/// `leader`, `stale` or `consistent`; on catalog and health, not on KV.
pub const EFFECTIVE_CONSISTENCY: &str = "X-Consul-Effective-Consistency";
/// `blocking-query`.
pub const QUERY_BACKEND: &str = "X-Consul-Query-Backend";
/// `allow` or `deny`; on every endpoint's answer.
pub const DEFAULT_ACL_POLICY: &str = "X-Consul-Default-ACL-Policy";
/// Hash of `/v1/agent/service/ID`.
pub const CONTENT_HASH: &str = "X-Consul-ContentHash";
/// The state in words, on agent/health.
pub const REASON: &str = "X-Consul-Reason";
/// `HIT` or `MISS`, when a cached answer was asked for.
pub const CACHE: &str = "X-Cache";
/// Seconds, on a cache hit.
pub const AGE: &str = "Age";
/// The client's token.
pub const TOKEN: &str = "X-Consul-Token";
/// Refused unless empty: Enterprise.
pub const NAMESPACE: &str = "X-Consul-Namespace";
/// Refused unless empty: Enterprise.
pub const PARTITION: &str = "X-Consul-Partition";
/// `max-age=N` and the like, with `?cached`.
pub const CACHE_CONTROL: &str = "Cache-Control";
/// Content type of JSON answers.
pub const JSON: &str = "application/json";
/// Content type of errors.
pub const ERROR_TEXT: &str = "text/plain; charset=utf-8";
/// Content type of `/v1/kv/KEY?raw` and of `?format=text`.
pub const PLAIN_TEXT: &str = "text/plain";
