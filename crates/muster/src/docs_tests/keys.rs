//! Consul's configuration keys, and what becomes of them here.

use std::fmt::Write;

use crate::config::{Effect, Fine, Key, keys};

pub fn markdown() -> String {
    let mut rows: Vec<&Key> = keys().collect();
    rows.sort_by_key(|key| key.path);
    let mut text = String::from("| key | here | effect |\n|---|---|---|\n");
    for key in rows {
        let flag = key.flag.map(|flag| format!("`-{flag}`; ")).unwrap_or_default();
        let _ = writeln!(text, "| `{}` | {} | {flag}{} |", key.path, here(key), key.help);
    }
    text
}

fn here(key: &Key) -> String {
    match key.effect {
        Effect::Works if key.reloads => "yes; also on a reload".to_owned(),
        Effect::Works => "yes".to_owned(),
        Effect::Harmless => "ignored with a warning".to_owned(),
        Effect::Absent([]) => "absent: an error that names it".to_owned(),
        Effect::Absent(fine) => {
            let fine: Vec<_> = fine
                .iter()
                .map(|fine| match fine {
                    Fine::Bool(value) => format!("`{value}`"),
                    Fine::Int(value) => format!("`{value}`"),
                    Fine::Text(value) => format!("`{value}`"),
                })
                .collect();
            format!("absent: an error that names it, but for {}", fine.join(", "))
        }
    }
}

/// What becomes of a flag that says the same as a key.
pub fn of_flag(flag: &str) -> (&'static str, &'static str) {
    let key = keys().find(|key| key.flag == Some(flag)).unwrap_or_else(|| panic!("-{flag} has no key"));
    let here = match key.effect {
        Effect::Works => "yes",
        Effect::Harmless => "ignored with a warning",
        Effect::Absent(_) => "absent: an error that names it",
    };
    (here, key.help)
}
