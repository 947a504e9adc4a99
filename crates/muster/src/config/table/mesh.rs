//! The service mesh, cluster peering and what sets agents up from afar. None of it is here.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const NO_MESH: &str = "there is no service mesh";
const ONLY_AUTO_CONFIG: &str = "only with auto_config.enabled";
const ONE_CLUSTER: &str = "there is one cluster";
const OFF: &[Fine] = &[Fine::Bool(false)];

pub const KEYS: &[Key] = &[
    absent_unless("auto_config.enabled", Kind::Bool, OFF, "an agent's configuration is its own"),
    harmless("auto_config.authorization.enabled", Kind::Bool, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.allow_reuse", Kind::Bool, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.bound_audiences", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.bound_issuer", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.claim_assertions", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.claim_mappings", Kind::Map, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.clock_skew_leeway", Kind::Duration, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.expiration_leeway", Kind::Duration, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.jwks_ca_cert", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.jwks_url", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.jwt_supported_algs", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.jwt_validation_pub_keys", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.list_claim_mappings", Kind::Map, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.not_before_leeway", Kind::Duration, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.oidc_discovery_ca_cert", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.authorization.static.oidc_discovery_url", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.dns_sans", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.intro_token", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.intro_token_file", Kind::Text, ONLY_AUTO_CONFIG),
    harmless("auto_config.ip_sans", Kind::List, ONLY_AUTO_CONFIG),
    harmless("auto_config.server_addresses", Kind::List, ONLY_AUTO_CONFIG),
    absent_unless("auto_encrypt.allow_tls", Kind::Bool, OFF, "there is no TLS yet"),
    harmless("auto_encrypt.dns_san", Kind::List, "only with auto_encrypt.tls"),
    harmless("auto_encrypt.ip_san", Kind::List, "only with auto_encrypt.tls"),
    absent_unless("auto_encrypt.tls", Kind::Bool, OFF, "there is no TLS yet"),
    harmless("connect.ca_config", Kind::Free, NO_MESH),
    harmless("connect.ca_provider", Kind::Text, NO_MESH),
    harmless("connect.enable_mesh_gateway_wan_federation", Kind::Bool, NO_MESH),
    harmless("connect.enabled", Kind::Bool, NO_MESH),
    harmless("connect.test_ca_leaf_root_change_spread", Kind::Text, NO_MESH),
    harmless("default_intention_policy", Kind::Text, NO_MESH),
    harmless("peering.enabled", Kind::Bool, ONE_CLUSTER),
    harmless("peering.test_allow_peer_registrations", Kind::Bool, ONE_CLUSTER),
    harmless("xds.update_max_per_second", Kind::Number, NO_MESH),
    absent("namespace", Kind::Text, "namespaces are a Consul Enterprise feature"),
];
