//! docker-machine's way with flags: a short name beside the long one, and flags after names too.

use anyhow::Result;

use crate::flags::{FlagTable, Kind, Parsed};

/// Where flags may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Before the first word that is none.
    FlagsFirst,
    /// Anywhere.
    Anywhere,
}

/// Reads a command line. `aliases` are pairs of short and long names; a pair whose long name the table lacks is none.
pub fn read(table: &FlagTable, aliases: &[(&str, &str)], arguments: &[String], order: Order) -> Result<Parsed> {
    let arguments: Vec<String> = arguments.to_vec();
    let mut flags = Vec::new();
    let mut words = Vec::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            words.extend(rest.by_ref().cloned());
            break;
        }
        let Some(body) = argument.strip_prefix('-').filter(|body| !body.is_empty()) else {
            words.push(argument.clone());
            if order == Order::FlagsFirst {
                words.extend(rest.by_ref().cloned());
            }
            continue;
        };
        let body = body.strip_prefix('-').unwrap_or(body);
        let (name, value) = body.split_once('=').map_or((body, None), |(name, value)| (name, Some(value)));
        let long = aliases.iter().find(|(short, long)| *short == name && table.flags.iter().any(|f| f.name == *long));
        let name = long.map_or(name, |(_, long)| long);
        flags.push(value.map_or_else(|| format!("--{name}"), |value| format!("--{name}={value}")));
        let takes_value = table.flags.iter().any(|flag| flag.name == name && flag.kind != Kind::Bool);
        if value.is_none() && takes_value {
            flags.extend(rest.next().cloned());
        }
    }
    flags.push("--".to_owned());
    flags.extend(words);
    Ok(table.parse(&flags)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flags::Flag;

    const TABLE: FlagTable = FlagTable {
        usage: "",
        about: "",
        flags: &[
            Flag::works("force", Kind::Bool, "", ""),
            Flag::works("driver", Kind::Text, "NAME", ""),
            Flag::works("y", Kind::Bool, "", ""),
        ],
    };
    const ALIASES: &[(&str, &str)] = &[("f", "force"), ("d", "driver"), ("q", "quiet")];

    fn read(line: &str, order: Order) -> Result<Parsed> {
        let arguments: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        super::read(&TABLE, ALIASES, &arguments, order)
    }

    #[test]
    fn flags_stand_before_and_after_names() {
        let parsed = read("m1 -d container m2 -y", Order::Anywhere).unwrap();
        assert_eq!((parsed.text("driver"), parsed.bool("y")), (Some("container"), true));
        assert_eq!(parsed.rest, ["m1", "m2"]);
        let parsed = read("m1 -- -y", Order::Anywhere).unwrap();
        assert_eq!((parsed.bool("y"), parsed.rest), (false, vec!["m1".to_owned(), "-y".to_owned()]));
    }

    #[test]
    fn short_names_stand_for_long_ones_with_either_form_of_value() {
        for line in ["-d x", "-d=x", "--driver x", "-driver=x"] {
            assert_eq!(read(line, Order::Anywhere).unwrap().text("driver"), Some("x"), "{line}");
        }
        assert!(read("-f", Order::Anywhere).unwrap().bool("force"));
        assert!(read("-q", Order::Anywhere).unwrap_err().to_string().contains("not defined: -q"));
    }

    #[test]
    fn global_flags_end_at_the_command() {
        let parsed = read("-f rm -y", Order::FlagsFirst).unwrap();
        assert_eq!((parsed.bool("force"), parsed.bool("y")), (true, false));
        assert_eq!(parsed.rest, ["rm", "-y"]);
    }
}
