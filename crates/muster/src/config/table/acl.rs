//! Access control. It is off here, and Consul ignores these too while it is off.

use super::super::key::{absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const OFF: &str = "access control is off";
const NO_ACL: &str = "there is no access control yet: leave it out, and let only those reach the registry who may \
     steer your services";

pub const KEYS: &[Key] = &[
    harmless("acl.default_policy", Kind::Text, OFF),
    harmless("acl.down_policy", Kind::Text, OFF),
    harmless("acl.enable_key_list_policy", Kind::Bool, OFF),
    harmless("acl.enable_token_persistence", Kind::Bool, OFF),
    harmless("acl.enable_token_replication", Kind::Bool, OFF),
    absent_unless("acl.enabled", Kind::Bool, &[Fine::Bool(false)], NO_ACL),
    harmless("acl.msp_disable_bootstrap", Kind::Bool, OFF),
    harmless("acl.policy_ttl", Kind::Duration, OFF),
    harmless("acl.role_ttl", Kind::Duration, OFF),
    harmless("acl.token_ttl", Kind::Duration, OFF),
    harmless("acl.tokens.agent", Kind::Text, OFF),
    harmless("acl.tokens.agent_master", Kind::Text, OFF),
    harmless("acl.tokens.agent_recovery", Kind::Text, OFF),
    harmless("acl.tokens.config_file_service_registration", Kind::Text, OFF),
    harmless("acl.tokens.default", Kind::Text, OFF),
    harmless("acl.tokens.dns", Kind::Text, OFF),
    harmless("acl.tokens.initial_management", Kind::Text, OFF),
    harmless("acl.tokens.managed_service_provider", Kind::Items(&["accessor_id", "secret_id"]), OFF),
    harmless("acl.tokens.master", Kind::Text, OFF),
    harmless("acl.tokens.replication", Kind::Text, OFF),
    harmless("acl_agent_master_token", Kind::Text, OFF),
    harmless("acl_agent_token", Kind::Text, OFF),
    harmless("acl_datacenter", Kind::Text, OFF),
    absent_unless("acl_default_policy", Kind::Text, &[Fine::Text("allow")], NO_ACL),
    harmless("acl_down_policy", Kind::Text, OFF),
    harmless("acl_enable_key_list_policy", Kind::Bool, OFF),
    harmless("acl_enforce_version_8", Kind::Bool, OFF),
    absent_unless("acl_master_token", Kind::Text, &[], NO_ACL),
    harmless("acl_replication_token", Kind::Text, OFF),
    harmless("acl_token", Kind::Text, OFF),
    harmless("acl_ttl", Kind::Duration, OFF),
    harmless("enable_acl_replication", Kind::Bool, OFF),
];
