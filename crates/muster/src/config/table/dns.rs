//! The DNS interface.

use super::super::key::absent;
use super::super::{Key, Kind};

const NO_DNS: &str = "there is no DNS yet";

pub const KEYS: &[Key] = &[
    absent("alt_domain", Kind::Text, NO_DNS).flag("alt-domain"),
    absent("dns_config.a_record_limit", Kind::Int, NO_DNS),
    absent("dns_config.allow_stale", Kind::Bool, NO_DNS),
    absent("dns_config.cache_max_age", Kind::Duration, NO_DNS),
    absent("dns_config.disable_compression", Kind::Bool, NO_DNS),
    absent("dns_config.enable_additional_node_meta_txt", Kind::Bool, NO_DNS),
    absent("dns_config.enable_truncate", Kind::Bool, NO_DNS),
    absent("dns_config.max_stale", Kind::Duration, NO_DNS),
    absent("dns_config.node_ttl", Kind::Duration, NO_DNS),
    absent("dns_config.only_passing", Kind::Bool, NO_DNS),
    absent("dns_config.prefer_namespace", Kind::Bool, NO_DNS),
    absent("dns_config.recursor_strategy", Kind::Text, NO_DNS),
    absent("dns_config.recursor_timeout", Kind::Duration, NO_DNS),
    absent("dns_config.service_ttl", Kind::Map, NO_DNS),
    absent("dns_config.soa.expire", Kind::Int, NO_DNS),
    absent("dns_config.soa.min_ttl", Kind::Int, NO_DNS),
    absent("dns_config.soa.refresh", Kind::Int, NO_DNS),
    absent("dns_config.soa.retry", Kind::Int, NO_DNS),
    absent("dns_config.udp_answer_limit", Kind::Int, NO_DNS),
    absent("dns_config.use_cache", Kind::Bool, NO_DNS),
    absent("domain", Kind::Text, NO_DNS).flag("domain"),
    absent("recursors", Kind::List, NO_DNS).flag("recursor"),
];
