//! Consul's commands, and which of them are here.

use std::fmt::Write;

use crate::command::consuls;

/// The commands of Consul 1.21.4.
const CONSULS: &[&str] = &[
    "acl",
    "agent",
    "catalog datacenters",
    "catalog nodes",
    "catalog services",
    "config",
    "connect",
    "debug",
    "event",
    "exec",
    "force-leave",
    "info",
    "intention",
    "join",
    "keygen",
    "keyring",
    "kv delete",
    "kv export",
    "kv get",
    "kv import",
    "kv put",
    "leave",
    "lock",
    "login",
    "logout",
    "maint",
    "members",
    "monitor",
    "operator",
    "peering",
    "reload",
    "resource",
    "rtt",
    "services deregister",
    "services export",
    "services register",
    "snapshot decode",
    "snapshot inspect",
    "snapshot restore",
    "snapshot save",
    "tls",
    "troubleshoot",
    "validate",
    "version",
    "watch",
];

pub fn markdown() -> String {
    let here = consuls();
    let mut text = String::from("| command | here |\n|---|---|\n");
    for name in CONSULS {
        let state = if here.iter().any(|own| own == name) { "yes" } else { "absent: an error that names it" };
        let _ = writeln!(text, "| `{name}` | {state} |");
    }
    text
}

#[test]
fn commands_are_consuls() {
    assert!(consuls().iter().all(|name| CONSULS.contains(&name.as_str())), "{:?}", consuls());
    assert!(CONSULS.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
}
