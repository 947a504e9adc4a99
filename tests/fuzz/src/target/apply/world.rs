//! The small world that commands are drawn from, and everything that can be asked about it.

use std::fmt::Debug;

use muster_model::Index;
use muster_registry::{Answer, State};

/// The level of rules since which another spelling of a node's name is a change of its checks. Before, their rows showed
/// it without an index of theirs (docs/reliability.md).
pub(super) const SPELLINGS_SINCE: u32 = 3;
/// Drawn before that level.
pub(super) const NODES: [&str; 3] = ["n1", "n1", "n2"];
/// Drawn from it on.
pub(super) const SPELLINGS: [&str; 6] = ["n1", "N1", "n2", "N2", "n\u{e9}", "N\u{c9}"];
pub(super) const NAMES: [&str; 3] = ["a", "A", "b"];
pub(super) const INSTANCES: [&str; 4] = ["i1", "I1", "i2", "i3"];
pub(super) const CHECKS: [&str; 3] = ["c1", "C1", "serfHealth"];
pub(super) const KEYS: [&str; 6] = ["p/x", "p/y", "p", "q/z", "p/x/y", "é"];
pub(super) const PREFIXES: [&str; 5] = ["", "p", "p/", "p/x", "r"];
pub(super) const SESSIONS: [&str; 3] = ["s1", "s2", "s3"];
pub(super) const STATUSES: [&str; 4] = ["passing", "warning", "critical", "odd"];

/// An answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Asked {
    /// What was asked.
    pub(super) what: String,
    pub(super) index: Index,
    pub(super) body: String,
}

/// Every answer.
pub(super) fn answers(state: &State) -> Vec<Asked> {
    let mut all = Vec::new();
    add(&mut all, "nodes", "", state.all_nodes());
    add(&mut all, "services", "", state.all_services());
    add(&mut all, "sessions", "", state.all_sessions());
    for status in ["any", "passing", "warning", "critical"] {
        add(&mut all, "in state", status, state.checks_in(status));
    }
    for name in NAMES {
        add(&mut all, "instances", name, state.instances(name));
        add(&mut all, "health", name, state.healthy_or_not(name));
        add(&mut all, "checks of service", name, state.checks_of_service(name));
    }
    for node in SPELLINGS {
        add(&mut all, "services of node", node, state.node_services(node));
        add(&mut all, "checks of node", node, state.checks_of_node(node));
        add(&mut all, "sessions on", node, state.sessions_on(node));
    }
    for id in SESSIONS {
        add(&mut all, "session", id, state.session(id));
    }
    for key in KEYS {
        add(&mut all, "key", key, state.key(key));
    }
    for prefix in PREFIXES {
        add(&mut all, "keys under", prefix, state.keys_under(prefix));
        add(&mut all, "names under", prefix, state.key_names_under(prefix, "/"));
    }
    all
}

fn add<T: Debug>(all: &mut Vec<Asked>, what: &str, of: &str, answer: Answer<T>) {
    all.push(Asked { what: format!("{what} {of}"), index: answer.index, body: format!("{:?}", answer.value) });
}
