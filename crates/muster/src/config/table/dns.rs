//! The DNS interface.

use super::super::key::{absent, harmless, works};
use super::super::{Key, Kind};

const CURRENT: &str = "answers are always current: there is one server, and no cache before it";

pub const KEYS: &[Key] = &[
    works("alt_domain", Kind::Text, "a second domain that DNS answers for").flag("alt-domain"),
    works("dns_config.a_record_limit", Kind::Int, "the most addresses in one answer; 0 (the default): all").reloads(),
    harmless("dns_config.allow_stale", Kind::Bool, CURRENT),
    harmless("dns_config.cache_max_age", Kind::Duration, CURRENT),
    works("dns_config.disable_compression", Kind::Bool, "names are written in full each time").reloads(),
    works(
        "dns_config.enable_additional_node_meta_txt",
        Kind::Bool,
        "a node's meta goes along as TXT with answers about its address; default true",
    )
    .reloads(),
    works(
        "dns_config.enable_truncate",
        Kind::Bool,
        "an answer that was cut says so (TC); default true, Consul's is false (N1)",
    )
    .reloads(),
    harmless("dns_config.max_stale", Kind::Duration, CURRENT),
    works("dns_config.node_ttl", Kind::Duration, "how long answers about nodes may be kept; default 0s").reloads(),
    works("dns_config.only_passing", Kind::Bool, "instances with a warning are left out too").reloads(),
    absent("dns_config.prefer_namespace", Kind::Bool, ""),
    works("dns_config.recursor_strategy", Kind::Text, "`sequential` (the default) or `random`").reloads(),
    works("dns_config.recursor_timeout", Kind::Duration, "how long one recursor may take; default 2s").reloads(),
    works(
        "dns_config.service_ttl",
        Kind::Map,
        "how long answers about services may be kept, by name, `beginning*` or `*`",
    )
    .reloads(),
    works("dns_config.soa.expire", Kind::Int, "seconds in the SOA record; default 86400").reloads(),
    works("dns_config.soa.min_ttl", Kind::Int, "the same, and how long \"no such name\" may be kept; default 0")
        .reloads(),
    works("dns_config.soa.refresh", Kind::Int, "the same; default 3600").reloads(),
    works("dns_config.soa.retry", Kind::Int, "the same; default 600").reloads(),
    works(
        "dns_config.udp_answer_limit",
        Kind::Int,
        "the most records over UDP to who does not speak EDNS; default 3, never above 8",
    )
    .reloads(),
    harmless("dns_config.use_cache", Kind::Bool, CURRENT),
    works("domain", Kind::Text, "domain that DNS answers for; default consul").flag("domain"),
    works("recursors", Kind::List, "DNS servers that are asked what is outside the domain").flag("recursor").reloads(),
];
