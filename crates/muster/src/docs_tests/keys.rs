//! Consul's configuration keys, and which of them are here.

use std::fmt::Write;

use crate::command::is_read;

/// The top-level keys of Consul 1.21.4's agent that people and tools use, and those of `ports`.
const CONSULS: &[&str] = &[
    "acl",
    "addresses",
    "advertise_addr",
    "alt_domain",
    "autopilot",
    "bind_addr",
    "bootstrap",
    "bootstrap_expect",
    "ca_file",
    "cert_file",
    "check",
    "check_update_interval",
    "checks",
    "client_addr",
    "connect",
    "data_dir",
    "datacenter",
    "disable_update_check",
    "discovery_max_stale",
    "dns_config",
    "domain",
    "enable_debug",
    "enable_local_script_checks",
    "enable_script_checks",
    "encrypt",
    "experiments",
    "http_config",
    "key_file",
    "leave_on_terminate",
    "limits",
    "log_level",
    "node_id",
    "node_meta",
    "node_name",
    "peering",
    "performance",
    "ports",
    "primary_datacenter",
    "raft_protocol",
    "reconnect_timeout",
    "recursors",
    "rejoin_after_leave",
    "retry_join",
    "segments",
    "server",
    "service",
    "services",
    "session_ttl_min",
    "skip_leave_on_interrupt",
    "telemetry",
    "tls",
    "translate_wan_addrs",
    "ui_config",
    "unix_sockets",
    "use_streaming_backend",
    "verify_incoming",
    "verify_outgoing",
    "version",
    "watches",
];

/// What those that are here do.
const EFFECTS: &[(&str, &str)] = &[
    ("bind_addr", "`-bind`"),
    ("bootstrap", "`-bootstrap`"),
    ("client_addr", "`-client`"),
    ("data_dir", "`-data-dir`"),
    ("datacenter", "`-datacenter`"),
    ("log_level", "`-log-level`"),
    ("node_name", "`-node`"),
    ("ports", "`http` is `-http-port`; each other port must be -1, which is off"),
    ("server", "`-server`"),
];

pub fn markdown() -> String {
    let mut text = String::from("| key | here | effect |\n|---|---|---|\n");
    for key in CONSULS {
        let effect = EFFECTS.iter().find(|(own, _)| own == key).map_or("", |(_, effect)| effect);
        let here = if is_read(key) { "yes" } else { "absent: an error that names it" };
        let _ = writeln!(text, "| `{key}` | {here} | {effect} |");
    }
    text
}

#[test]
fn keys_are_consuls_and_their_effects_are_told() {
    for key in CONSULS {
        assert_eq!(is_read(key), EFFECTS.iter().any(|(own, _)| own == key), "{key}");
    }
    assert!(EFFECTS.iter().all(|(key, _)| CONSULS.contains(key)));
    assert!(CONSULS.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
}
