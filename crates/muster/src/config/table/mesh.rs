//! The service mesh, cluster peering and what sets agents up from afar. None of it is here.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_MESH: &str = "there is no service mesh";
const OFF: &[Fine] = &[Fine::Bool(false)];

pub const KEYS: &[Key] = &[
    absent_unless("auto_config.enabled", Kind::Bool, OFF, "an agent's configuration is its own"),
    harmless("auto_config.authorization", Kind::Group, "only with auto_config.enabled"),
    harmless("auto_config.dns_sans", Kind::List, "only with auto_config.enabled"),
    harmless("auto_config.intro_token", Kind::Text, "only with auto_config.enabled"),
    harmless("auto_config.intro_token_file", Kind::Text, "only with auto_config.enabled"),
    harmless("auto_config.ip_sans", Kind::List, "only with auto_config.enabled"),
    harmless("auto_config.server_addresses", Kind::List, "only with auto_config.enabled"),
    absent_unless("auto_encrypt.allow_tls", Kind::Bool, OFF, "there is no TLS yet"),
    harmless("auto_encrypt.dns_san", Kind::List, "only with auto_encrypt.tls"),
    harmless("auto_encrypt.ip_san", Kind::List, "only with auto_encrypt.tls"),
    absent_unless("auto_encrypt.tls", Kind::Bool, OFF, "there is no TLS yet"),
    harmless("connect", Kind::Group, NO_MESH),
    harmless("default_intention_policy", Kind::Text, NO_MESH),
    harmless("peering", Kind::Group, "there is one cluster"),
    harmless("xds", Kind::Group, NO_MESH),
    absent("namespace", Kind::Text, "namespaces are a Consul Enterprise feature"),
];
