//! Help texts and the docs' tables, made from the flag tables.

use std::fmt::Write;

use super::{Effect, FlagTable};

impl FlagTable {
    /// What `--help` prints: only what works.
    pub fn help(&self) -> String {
        self.help_as("muster")
    }

    /// The command line's form for who called the program by this name.
    pub fn usage_as(&self, name: &str) -> String {
        // Two of the old tools are one of our commands each.
        let ours = match name {
            "registrator" => "muster registrator ",
            "consul-template" => "muster template ",
            _ => "muster ",
        };
        match self.usage.strip_prefix(ours) {
            Some(rest) => format!("{name} {rest}"),
            None => self.usage.to_owned(),
        }
    }

    /// What `--help` prints for who called the program by this name.
    pub fn help_as(&self, name: &str) -> String {
        let mut text = format!("Usage: {}\n\n{}\n", self.usage_as(name), self.about.trim_end());
        let working: Vec<_> = self.flags.iter().filter(|flag| flag.effect == Effect::Works).collect();
        if !working.is_empty() {
            text.push_str("\nFlags (one dash or two):\n");
        }
        for flag in working {
            let form =
                if flag.value.is_empty() { flag.name.to_owned() } else { format!("{} {}", flag.name, flag.value) };
            let _ = writeln!(text, "  -{form:<27} {}", flag.help);
        }
        text
    }

    /// The table's rows in docs/compatibility.md; `keyed` says what becomes of a flag whose key says so.
    #[cfg(test)]
    pub fn markdown(&self, keyed: impl Fn(&str) -> (&'static str, &'static str)) -> String {
        let mut text = String::from("| flag | here | effect |\n|---|---|---|\n");
        for flag in self.flags {
            let form = if flag.value.is_empty() {
                format!("-{}", flag.name)
            } else {
                format!("-{} {}", flag.name, flag.value)
            };
            let (here, help) = match flag.effect {
                Effect::Works => ("yes", flag.help),
                Effect::Absent => ("absent: an error that names it", flag.help),
                Effect::Keyed => keyed(flag.name),
            };
            let _ = writeln!(text, "| `{form}` | {here} | {} |", help.replace('|', "\\|"));
        }
        text
    }
}
