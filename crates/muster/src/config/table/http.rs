//! The HTTP API and its limits.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_RPC: &str = "there are no calls between servers";

pub const KEYS: &[Key] = &[
    harmless("cache", Kind::Any, "there is no cache between agent and server"),
    absent("default_query_time", Kind::Duration, "").flag("default-query-time"),
    absent_unless("disable_http_unprintable_char_filter", Kind::Bool, &[Fine::Bool(false)], ""),
    harmless("discovery_max_stale", Kind::Duration, "the one server's answers are never stale"),
    harmless("enable_debug", Kind::Bool, "muster serves no profiles of itself"),
    absent("http_config.allow_write_http_from", Kind::List, "").flag("allow-write-http-from"),
    absent("http_config.block_endpoints", Kind::List, ""),
    absent("http_config.max_header_bytes", Kind::Int, ""),
    absent("http_config.response_headers", Kind::Map, ""),
    harmless("http_config.use_cache", Kind::Bool, "there is no cache: every answer is fresh"),
    absent("limits.http_max_conns_per_client", Kind::Int, ""),
    harmless("limits.https_handshake_timeout", Kind::Duration, "there is no TLS yet"),
    absent("limits.kv_max_value_size", Kind::Int, ""),
    absent("limits.request_limits", Kind::Any, "there is no limit on the rate of requests"),
    harmless("limits.rpc_client_timeout", Kind::Duration, NO_RPC),
    harmless("limits.rpc_handshake_timeout", Kind::Duration, NO_RPC),
    harmless("limits.rpc_max_burst", Kind::Int, NO_RPC),
    harmless("limits.rpc_max_conns_per_client", Kind::Int, NO_RPC),
    harmless("limits.rpc_rate", Kind::Number, NO_RPC),
    absent("limits.txn_max_req_len", Kind::Int, ""),
    absent("max_query_time", Kind::Duration, "").flag("max-query-time"),
    harmless("rpc.enable_streaming", Kind::Bool, NO_RPC),
    harmless("use_streaming_backend", Kind::Bool, NO_RPC),
];
