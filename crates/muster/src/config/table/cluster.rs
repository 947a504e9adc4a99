//! Several servers: joining, gossip, Raft. There is one server here.

use super::super::key::{absent, absent_unless, harmless};
use super::super::{Fine, Key, Kind};

const ONE_SERVER: &str = "one server is the whole registry here and joins nobody; leave it out, or point this host's \
     tools at that server by CONSUL_HTTP_ADDR";
const NO_JOIN: &str = "it joins nobody";
const NO_GOSSIP: &str = "there is no gossip";
const NO_RAFT: &str = "there is no Raft: the journal is muster's own";

pub const KEYS: &[Key] = &[
    harmless("advertise_reconnect_timeout", Kind::Duration, NO_GOSSIP),
    harmless("autopilot", Kind::Group, "there is one server"),
    harmless("disable_coordinates", Kind::Bool, "there are no network coordinates"),
    harmless("disable_keyring_file", Kind::Bool, NO_GOSSIP).flag("disable-keyring-file"),
    absent_unless("disable_remote_exec", Kind::Bool, &[Fine::Bool(true)], "there is no remote execution"),
    harmless("encrypt", Kind::Text, "there is no gossip to encrypt").flag("encrypt"),
    harmless("encrypt_verify_incoming", Kind::Bool, NO_GOSSIP),
    harmless("encrypt_verify_outgoing", Kind::Bool, NO_GOSSIP),
    harmless("gossip_lan", Kind::Group, NO_GOSSIP),
    harmless("gossip_wan", Kind::Group, NO_GOSSIP),
    harmless("performance", Kind::Group, "there is one server and no Raft"),
    absent("primary_gateways", Kind::List, "there is one datacenter").flag("primary-gateway"),
    harmless("primary_gateways_interval", Kind::Duration, NO_JOIN),
    harmless("protocol", Kind::Int, NO_GOSSIP).flag("protocol"),
    harmless("raft_logstore", Kind::Group, NO_RAFT),
    harmless("raft_protocol", Kind::Int, NO_RAFT).flag("raft-protocol"),
    harmless("raft_snapshot_interval", Kind::Duration, NO_RAFT),
    harmless("raft_snapshot_threshold", Kind::Int, NO_RAFT),
    harmless("raft_trailing_logs", Kind::Int, NO_RAFT),
    harmless("reconnect_timeout", Kind::Duration, NO_GOSSIP),
    harmless("reconnect_timeout_wan", Kind::Duration, NO_GOSSIP),
    harmless("rejoin_after_leave", Kind::Bool, NO_JOIN).flag("rejoin"),
    harmless("retry_interval", Kind::Duration, NO_JOIN).flag("retry-interval"),
    harmless("retry_interval_wan", Kind::Duration, NO_JOIN).flag("retry-interval-wan"),
    absent("retry_join", Kind::List, ONE_SERVER).flag("retry-join"),
    absent("retry_join_wan", Kind::List, ONE_SERVER).flag("retry-join-wan"),
    harmless("retry_max", Kind::Int, NO_JOIN).flag("retry-max"),
    harmless("retry_max_wan", Kind::Int, NO_JOIN).flag("retry-max-wan"),
    absent("segment", Kind::Text, "network segments are a Consul Enterprise feature").flag("segment"),
    absent("segment_limit", Kind::Int, "network segments are a Consul Enterprise feature"),
    absent("segment_name_limit", Kind::Int, "network segments are a Consul Enterprise feature"),
    absent("segments", Kind::Blocks, "network segments are a Consul Enterprise feature"),
    harmless("server_rejoin_age_max", Kind::Duration, NO_JOIN),
    absent("start_join", Kind::List, ONE_SERVER).flag("join"),
    absent("start_join_wan", Kind::List, ONE_SERVER).flag("join-wan"),
    harmless("sync_coordinate_interval_min", Kind::Duration, "there are no network coordinates"),
    harmless("sync_coordinate_rate_target", Kind::Number, "there are no network coordinates"),
];
