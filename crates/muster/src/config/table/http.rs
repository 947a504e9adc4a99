//! The HTTP API and its limits.

use super::super::key::{harmless, works};
use super::super::{Key, Kind};

const NO_CACHE: &str = "there is no cache between agent and server";
const NO_RPC: &str = "there are no calls between servers";

pub const KEYS: &[Key] = &[
    harmless("cache.entry_fetch_max_burst", Kind::Int, NO_CACHE),
    harmless("cache.entry_fetch_rate", Kind::Number, NO_CACHE),
    works("default_query_time", Kind::Duration, "how long a blocking query waits that does not say; default 5m")
        .flag("default-query-time"),
    works(
        "disable_http_unprintable_char_filter",
        Kind::Bool,
        "paths of requests may have characters that cannot be seen",
    ),
    harmless("discovery_max_stale", Kind::Duration, "the one server's answers are never stale"),
    harmless("enable_debug", Kind::Bool, "muster serves no profiles of itself"),
    works("http_config.allow_write_http_from", Kind::List, "networks that may write; none: everybody")
        .flag("allow-write-http-from"),
    works("http_config.block_endpoints", Kind::List, "requests whose path begins so are refused"),
    works("http_config.max_header_bytes", Kind::Int, "bytes of a request's head; default 1048576, at most 8 MiB"),
    works("http_config.response_headers", Kind::Map, "headers that every answer has besides"),
    works("http_config.use_cache", Kind::Bool, "whether answers to ?cached say X-Cache; every answer is fresh"),
    works("limits.http_max_conns_per_client", Kind::Int, "connections of one address at a time; default 200").reloads(),
    harmless("limits.https_handshake_timeout", Kind::Duration, "there is no TLS yet"),
    works("limits.kv_max_value_size", Kind::Int, "bytes of a value; default 524288, at most 8 MiB"),
    works(
        "limits.request_limits.mode",
        Kind::Text,
        "`enforcing`, `permissive` (the log says so, at debug) or `disabled` (the default)",
    )
    .reloads(),
    works(
        "limits.request_limits.read_rate",
        Kind::Number,
        "reads of the registry a second; below 0 (the default): any number",
    )
    .reloads(),
    works("limits.request_limits.write_rate", Kind::Number, "the same of writes").reloads(),
    harmless("limits.rpc_client_timeout", Kind::Duration, NO_RPC),
    harmless("limits.rpc_handshake_timeout", Kind::Duration, NO_RPC),
    harmless("limits.rpc_max_burst", Kind::Int, NO_RPC),
    harmless("limits.rpc_max_conns_per_client", Kind::Int, NO_RPC),
    harmless("limits.rpc_rate", Kind::Number, NO_RPC),
    works("limits.txn_max_req_len", Kind::Int, "bytes of a transaction; default 524288, at most 8 MiB"),
    works("max_query_time", Kind::Duration, "how long a blocking query may wait; default 10m").flag("max-query-time"),
    harmless("rpc.enable_streaming", Kind::Bool, NO_RPC),
    harmless("use_streaming_backend", Kind::Bool, NO_RPC),
];
