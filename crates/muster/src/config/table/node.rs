//! The node, its mode and where its data is.

use super::super::key::{absent, absent_unless, harmless, works};
use super::super::{Fine, Key, Kind};

const ENTERPRISE: &str = "of Consul Enterprise";

pub const KEYS: &[Key] = &[
    works("bootstrap", Kind::Bool, "be the one server").flag("bootstrap"),
    works("bootstrap_expect", Kind::Int, "1 is `bootstrap`; more is an error, since there is one server")
        .flag("bootstrap-expect"),
    works("data_dir", Kind::Text, "where the registry is kept").flag("data-dir"),
    works("datacenter", Kind::Text, "name of the datacenter; default dc1").flag("datacenter"),
    absent_unless(
        "disable_host_node_id",
        Kind::Bool,
        &[Fine::Bool(true)],
        "the node's ID is random and kept in the data directory; node_id would set it",
    )
    .flag("disable-host-node-id"),
    harmless("build_date", Kind::Text, "muster says its own"),
    works("node_id", Kind::Text, "a UUID; default: a random one, kept in the data directory").flag("node-id"),
    works("node_meta", Kind::Map, "names with values that stand at the node").flag("node-meta").reloads(),
    works("node_name", Kind::Text, "name of the node; default: the host's").flag("node"),
    absent_unless("non_voting_server", Kind::Bool, &[Fine::Bool(false)], "there is one server"),
    absent("partition", Kind::Text, "partitions are a Consul Enterprise feature"),
    works("pid_file", Kind::Text, "holds the process's number while it runs").flag("pid-file"),
    works("primary_datacenter", Kind::Text, "must be the datacenter, since there is one"),
    absent_unless("read_replica", Kind::Bool, &[Fine::Bool(false)], "there is one server"),
    harmless("revision", Kind::Text, "muster says its own"),
    works("server", Kind::Bool, "be a server; the only mode there is").flag("server"),
    works("version", Kind::Text, "the version that the node and the service consul say they have"),
    harmless("version_metadata", Kind::Text, "muster says its own"),
    harmless("version_prerelease", Kind::Text, "muster says its own"),
    works("auto_reload_config", Kind::Bool, "the files are read again as soon as they change")
        .flag("auto-reload-config"),
    harmless("leave_on_terminate", Kind::Bool, "to leave and to stop are the same for the one server"),
    harmless("skip_leave_on_interrupt", Kind::Bool, "to leave and to stop are the same for the one server"),
    harmless("license_path", Kind::Text, ENTERPRISE),
    harmless("license_poll_base_time", Kind::Text, ENTERPRISE),
    harmless("license_poll_max_time", Kind::Text, ENTERPRISE),
    harmless("license_update_base_time", Kind::Text, ENTERPRISE),
    harmless("license_update_max_time", Kind::Text, ENTERPRISE),
    harmless("locality.region", Kind::Text, "nothing here reads it"),
    harmless("locality.zone", Kind::Text, "nothing here reads it"),
    harmless("reporting.license.enabled", Kind::Bool, "nothing is reported to anybody"),
    harmless("snapshot_agent", Kind::Free, ENTERPRISE),
    harmless("disable_update_check", Kind::Bool, "nobody is asked for updates"),
    harmless("disable_anonymous_signature", Kind::Bool, "nobody is asked for updates"),
    absent("audit", Kind::Any, "of Consul Enterprise"),
    absent("cloud", Kind::Any, "muster reports to no cloud"),
    absent("experiments", Kind::List, "there are none"),
    absent("config_entries", Kind::Any, "configuration entries are of the service mesh"),
    works(
        "watches",
        Kind::Blocks,
        "whom changes of keys, services, nodes, checks and events are told: a command or a URL",
    )
    .reloads(),
    works("session_ttl_min", Kind::Duration, "the shortest TTL that a session may have; default 10s"),
];
