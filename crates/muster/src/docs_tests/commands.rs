//! Consul's commands, and which of them are here.

use std::fmt::Write;

use crate::command::consul::COMMANDS;
use crate::command::{client_tables, consuls};
use crate::flags::Effect;

pub fn markdown() -> String {
    let here = consuls();
    let mut text = String::from("| command | here |\n|---|---|\n");
    for name in COMMANDS {
        let state = if here.iter().any(|own| own == name) { "yes" } else { "absent: an error that names it" };
        let _ = writeln!(text, "| `{name}` | {state} |");
    }
    text
}

/// The flags of Consul's client commands that are not there yet.
pub fn absent_flags() -> String {
    let mut text = String::from("| command | flags that are absent: an error that names each |\n|---|---|\n");
    for (name, table) in client_tables() {
        let absent = table.flags.iter().filter(|flag| flag.effect == Effect::Absent);
        let names: Vec<_> = absent.map(|flag| format!("`-{}`", flag.name)).collect();
        let _ = writeln!(text, "| `{name}` | {} |", names.join(", "));
    }
    text
}

#[test]
fn commands_are_consuls() {
    assert!(consuls().iter().all(|name| COMMANDS.contains(&name.as_str())), "{:?}", consuls());
    assert!(COMMANDS.windows(2).all(|pair| pair[0] < pair[1]), "in order, each once");
}
