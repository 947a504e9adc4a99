//! Command-line flags as Go's `flag` package reads them, from a table that also makes help and docs.
//!
//! The old tools' users write `-x v`, `-x=v`, `--x v` and `--x=v`, and a boolean takes a value only after
//! `=`. A flag of an old tool whose effect is not there yet stands in the table too: using it is an error
//! that names it, never silence.

mod help;
mod value;

use std::collections::BTreeMap;

pub use value::go_bool;
use value::{go_int, go_uint};

/// One flag.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// Without dashes.
    pub name: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// What the value stands for in help; empty for booleans.
    pub value: &'static str,
    /// One sentence.
    pub help: &'static str,
    /// Whether it works.
    pub effect: Effect,
}

/// What a flag takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, or `=true` and the like.
    Bool,
    /// Any text.
    Text,
    /// Any text, and it may be given several times.
    List,
    /// An integer.
    Int,
    /// A number that is not negative.
    Uint,
}

/// Whether a flag works.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It does what its help says.
    Works,
    /// It is the old tool's and not there yet: an error that names it.
    Absent,
    /// It says the same as a configuration key of the agent, whose row says what becomes of it.
    Keyed,
}

/// A command's flags with what its help says around them.
#[derive(Debug, Clone, Copy)]
pub struct FlagTable {
    /// The command line's form.
    pub usage: &'static str,
    /// What the command does, with examples.
    pub about: &'static str,
    /// The flags.
    pub flags: &'static [Flag],
}

/// A command line that was read.
#[derive(Debug, Default)]
pub struct Parsed {
    values: BTreeMap<&'static str, Vec<String>>,
    order: Vec<(&'static str, String)>,
    /// What is not a flag.
    pub rest: Vec<String>,
    /// `-h`, `-help` or `--help` was there.
    pub help: bool,
}

/// A command line that cannot be read. Displays are Go's texts, which wrappers match.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FlagError {
    /// No such flag.
    #[error("flag provided but not defined: -{0}")]
    Unknown(String),
    /// It takes a value.
    #[error("flag needs an argument: -{0}")]
    NeedsValue(&'static str),
    /// `-` or `--` followed by nothing that could be a name.
    #[error("bad flag syntax: {0}")]
    Syntax(String),
    /// Not a truth value.
    #[error("invalid boolean value {value:?} for -{name}: parse error")]
    Bool {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// Not what the flag takes.
    #[error("invalid value {value:?} for flag -{name}: {reason}")]
    Value {
        /// The flag.
        name: &'static str,
        /// What was given.
        value: String,
        /// What would be right.
        reason: String,
    },
    /// An old tool's flag that this muster does not have yet.
    #[error("flag -{0} is not supported by this version of muster; see docs/compatibility.md")]
    Absent(&'static str),
}

impl FlagTable {
    /// Reads `arguments` (without the program's name). Flags end at `--` or at the first word that is none.
    pub fn parse(&self, arguments: &[String]) -> Result<Parsed, FlagError> {
        let mut parsed = Parsed::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let Some(body) = argument.strip_prefix('-').filter(|body| !body.is_empty()) else {
                parsed.rest.push(argument.clone());
                break;
            };
            let body = body.strip_prefix('-').unwrap_or(body);
            if body.is_empty() {
                break;
            }
            if body.starts_with(['-', '=']) {
                return Err(FlagError::Syntax(argument.clone()));
            }
            let (name, value) = body.split_once('=').map_or((body, None), |(name, value)| (name, Some(value)));
            let Some(flag) = self.flags.iter().find(|flag| flag.name == name) else {
                if matches!(name, "h" | "help") {
                    parsed.help = true;
                    return Ok(parsed);
                }
                return Err(FlagError::Unknown(name.to_owned()));
            };
            if flag.effect == Effect::Absent {
                return Err(FlagError::Absent(flag.name));
            }
            let value = match (flag.kind, value) {
                (Kind::Bool, value) => value.unwrap_or("true").to_owned(),
                (_, Some(value)) => value.to_owned(),
                (_, None) => arguments.next().ok_or(FlagError::NeedsValue(flag.name))?.clone(),
            };
            flag.check(&value)?;
            parsed.order.push((flag.name, value.clone()));
            parsed.values.entry(flag.name).or_default().push(value);
        }
        parsed.rest.extend(arguments.cloned());
        Ok(parsed)
    }
}

impl Flag {
    /// A flag that does what `help` says.
    pub const fn works(name: &'static str, kind: Kind, value: &'static str, help: &'static str) -> Self {
        Self { name, kind, value, help, effect: Effect::Works }
    }

    /// An old tool's flag that is not there yet.
    pub const fn absent(name: &'static str) -> Self {
        Self { name, kind: Kind::Text, value: "", help: "", effect: Effect::Absent }
    }

    /// A flag that says the same as a configuration key.
    pub const fn keyed(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, value: "", help: "", effect: Effect::Keyed }
    }

    fn check(&self, value: &str) -> Result<(), FlagError> {
        let wrong =
            |reason: &str| FlagError::Value { name: self.name, value: value.to_owned(), reason: reason.to_owned() };
        match self.kind {
            Kind::Text | Kind::List => Ok(()),
            Kind::Bool if go_bool(value).is_some() => Ok(()),
            Kind::Bool => Err(FlagError::Bool { name: self.name, value: value.to_owned() }),
            Kind::Int if go_int(value).is_some() => Ok(()),
            Kind::Uint if go_uint(value).is_some() => Ok(()),
            Kind::Int | Kind::Uint => Err(wrong("parse error")),
        }
    }
}

impl Parsed {
    /// The last value given.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.last()).map(String::as_str)
    }

    /// All values, in order.
    pub fn list(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// The values of these flags with their names, in the order of the command line.
    pub fn in_order(&self, names: &[&str]) -> impl Iterator<Item = (&'static str, &str)> {
        self.order.iter().filter(|(name, _)| names.contains(name)).map(|(name, value)| (*name, value.as_str()))
    }

    /// A boolean; false if not given.
    pub fn bool(&self, name: &str) -> bool {
        self.text(name).and_then(go_bool).unwrap_or(false)
    }

    /// An integer, checked when it was read.
    pub fn int(&self, name: &str) -> Option<i64> {
        self.text(name).and_then(go_int)
    }

    /// A number that is not negative, checked when it was read.
    pub fn uint(&self, name: &str) -> Option<u64> {
        self.text(name).and_then(go_uint)
    }

    /// Whether the flag was given at all.
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: FlagTable = FlagTable {
        usage: "x",
        about: "",
        flags: &[
            Flag { name: "once", kind: Kind::Bool, value: "", help: "", effect: Effect::Works },
            Flag { name: "consul", kind: Kind::Text, value: "ADDR", help: "", effect: Effect::Works },
            Flag { name: "template", kind: Kind::List, value: "SPEC", help: "", effect: Effect::Works },
            Flag { name: "n", kind: Kind::Int, value: "N", help: "", effect: Effect::Works },
            Flag { name: "wait", kind: Kind::Text, value: "DUR", help: "", effect: Effect::Absent },
        ],
    };

    fn parse(arguments: &[&str]) -> Result<Parsed, FlagError> {
        TABLE.parse(&arguments.iter().map(|argument| (*argument).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn reads_all_four_forms() {
        for form in [&["-consul", "a:1"][..], &["-consul=a:1"], &["--consul", "a:1"], &["--consul=a:1"]] {
            assert_eq!(parse(form).unwrap().text("consul"), Some("a:1"));
        }
    }

    #[test]
    fn a_boolean_takes_no_separate_value() {
        let parsed = parse(&["-once", "true"]).unwrap();
        assert!(parsed.bool("once"));
        assert_eq!(parsed.rest, ["true"]);
        assert!(!parse(&["-once=F"]).unwrap().bool("once"));
    }

    #[test]
    fn refusals_are_gos() {
        let refused = |arguments: &[&str]| parse(arguments).unwrap_err().to_string();
        assert_eq!(refused(&["-zzz"]), "flag provided but not defined: -zzz");
        assert_eq!(refused(&["-consul"]), "flag needs an argument: -consul");
        assert_eq!(refused(&["-once=maybe"]), "invalid boolean value \"maybe\" for -once: parse error");
        assert_eq!(refused(&["-n=x"]), "invalid value \"x\" for flag -n: parse error");
        assert_eq!(refused(&["---x"]), "bad flag syntax: ---x");
    }

    #[test]
    fn an_absent_flag_is_named() {
        assert_eq!(parse(&["-wait", "5s"]).unwrap_err(), FlagError::Absent("wait"));
    }

    #[test]
    fn flags_end_at_the_first_word() {
        let parsed = parse(&["-template", "a", "word", "-once"]).unwrap();
        assert_eq!((parsed.list("template"), parsed.bool("once")), (&["a".to_owned()][..], false));
        assert_eq!(parsed.rest, ["word", "-once"]);
    }
}
