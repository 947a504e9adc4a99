mod wrong_input;

use std::path::Path;
use std::sync::Arc;

use muster_hcl::{parse_hcl, parse_json};

use super::*;
use crate::command;
use crate::flags::{Effect as FlagEffect, Kind as FlagKind};

fn layer_of(text: &str) -> Result<Vec<(&'static Key, Entry)>> {
    layer::read(&Source { name: Arc::from("F"), root: parse_json(text.as_bytes()).unwrap() })
}

fn settings_of(layers: &[&str]) -> Settings {
    let mut settings = Settings::default();
    for text in layers {
        settings.lay(layer::read(&Source { name: Arc::from("F"), root: parse_hcl(text.as_bytes()).unwrap() }).unwrap());
    }
    settings
}

/// `value` at the key's place; it stands on the second line.
fn file_with(path: &str, value: &str) -> String {
    let names: Vec<_> = path.split('.').collect();
    let open: Vec<_> = names.iter().map(|name| format!("{{\"{name}\":")).collect();
    format!("{}\n{value}{}", open.join(""), "}".repeat(names.len()))
}

fn refused(path: &str, value: &str) -> String {
    layer_of(&file_with(path, value)).expect_err(path).to_string()
}

fn wrong_values(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::Bool => &["\"true\"", "1", "[]", "{}"],
        Kind::Int => &["\"1\"", "1.5", "true", "{}", "99999999999999999999"],
        Kind::Number => &["\"1\"", "true", "[1]"],
        Kind::Text => &["1", "true", "[\"a\"]", "{}"],
        Kind::Duration => &["10", "\"soon\"", "\"10\"", "\"9999999999h\"", "true", "[]"],
        Kind::List => &["\"a\"", "1", "[1]", "[\"a\",[]]", "{}"],
        Kind::Map => &["\"a\"", "1", "[1]", "{\"a\":1}"],
        Kind::Blocks => &["\"a\"", "1", "[1]"],
        Kind::Free => &["\"a\"", "1", "true", "[\"a\"]"],
        Kind::Items(_) => &["\"a\"", "1", "{}"],
        Kind::Any => &[],
    }
}

fn right_value(kind: Kind) -> &'static str {
    match kind {
        Kind::Bool => "true",
        Kind::Int => "7",
        Kind::Number => "1.5",
        Kind::Text => "\"x\"",
        Kind::Duration => "\"10s\"",
        Kind::List => "[\"x\"]",
        Kind::Map => "{\"x\":\"y\"}",
        Kind::Blocks => "[{\"x\":1}]",
        Kind::Items(_) => "[]",
        Kind::Free | Kind::Any => "{\"x\":1}",
    }
}

#[test]
fn every_key_says_what_it_is_and_what_would_be_right() {
    for key in keys() {
        for value in wrong_values(key.kind) {
            let line = refused(key.path, value);
            assert!(line.starts_with("F:2:"), "{} = {value}: {line}", key.path);
            assert!(line.contains(&format!("key \"{}", key.path)), "{} = {value}: {line}", key.path);
            assert!(
                line.ends_with(&format!("{} would be right", key.kind.wanted())) || key.kind == Kind::Map,
                "{line}"
            );
            assert!(!line.contains('\n'), "{line}");
        }
    }
}

#[test]
fn every_key_has_a_value_that_is_taken_or_a_line_that_names_it() {
    for key in keys() {
        let taken = layer_of(&file_with(key.path, right_value(key.kind)));
        match key.effect {
            Effect::Works | Effect::Harmless => assert_eq!(taken.unwrap().len(), 1, "{}", key.path),
            // `true` may be what asks for nothing: then the other is refused.
            Effect::Absent([Fine::Bool(true)]) => {
                assert!(refused(key.path, "false").contains(&format!("key \"{}\" is not supported", key.path)));
            }
            Effect::Absent(_) => {
                let line = taken.expect_err(key.path).to_string();
                let start = format!("F:1:{}: key \"{}\" is not supported", last_key_column(key.path), key.path);
                assert!(line.starts_with(&start), "{line}");
            }
        }
    }
}

fn last_key_column(path: &str) -> usize {
    file_with(path, "").lines().next().unwrap().rfind("{\"").unwrap() + 2
}

#[test]
fn null_and_empty_ask_for_nothing() {
    for key in keys() {
        assert!(layer_of(&file_with(key.path, "null")).unwrap().is_empty(), "{}", key.path);
        let empty = match key.kind {
            Kind::Text => "\"\"",
            Kind::List | Kind::Blocks => "[]",
            Kind::Map => "{}",
            _ => continue,
        };
        assert_eq!(layer_of(&file_with(key.path, empty)).unwrap().len(), 1, "{}", key.path);
    }
}

#[test]
fn what_asks_for_what_is_so_anyway_is_taken() {
    for key in keys() {
        let Effect::Absent(fine) = key.effect else { continue };
        for fine in fine {
            let value = match fine {
                Fine::Bool(value) => value.to_string(),
                Fine::Int(value) => value.to_string(),
                Fine::Text(value) => format!("{value:?}"),
            };
            assert!(layer_of(&file_with(key.path, &value)).is_ok(), "{} = {value}", key.path);
        }
    }
}

#[test]
fn unknown_keys_are_refused_in_every_group() {
    let groups = keys().filter_map(|key| key.path.rsplit_once('.').map(|(group, _)| group));
    for group in groups.chain([""]) {
        let path = if group.is_empty() { "nonsense".to_owned() } else { format!("{group}.nonsense") };
        for value in ["1", "null", "{}"] {
            let line = refused(&path, value);
            assert_eq!(line, format!("F:1:{}: invalid config key {path}", last_key_column(&path)));
        }
    }
    assert_eq!(refused("ports", "5"), "F:2:1: key \"ports\" is a number: an object would be right");
    let twice = layer::read(&Source {
        name: Arc::from("F"),
        root: parse_hcl(b"ports { http = 1 }\nports { server = 2 }").unwrap(),
    });
    assert_eq!(twice.unwrap_err().to_string(), "F:1:7: key \"ports\" is a list of 2: an object would be right");
}

#[test]
fn keys_have_no_case_and_blocks_are_objects() {
    let settings = settings_of(&["Node_Name = \"n\"\nports { HTTP = 1 }\n"]);
    assert_eq!((settings.text("node_name"), settings.int("ports.http")), (Some("n"), Some(1)));
}

#[test]
fn later_wins_maps_join_and_objects_merge() {
    let settings = settings_of(&[
        "node_name = \"a\"\nports { http = 1 server = 2 }\nnode_meta { x = \"1\" y = \"1\" }\nserf_lan_allowed_cidrs = [\"a\"]",
        "node_name = \"b\"\nports { http = 3 }\nnode_meta { y = \"2\" }\nserf_lan_allowed_cidrs = [\"b\"]",
    ]);
    assert_eq!(settings.text("node_name"), Some("b"));
    assert_eq!((settings.int("ports.http"), settings.int("ports.server")), (Some(3), Some(2)));
    let meta: Vec<_> = settings.map("node_meta").into_iter().collect();
    assert_eq!(meta, [("x".to_owned(), "1".to_owned()), ("y".to_owned(), "2".to_owned())]);
    assert_eq!(settings.list("serf_lan_allowed_cidrs"), ["a", "b"]);
    assert_eq!(settings.harmless(), ["serf_lan_allowed_cidrs"]);
    assert_eq!(settings.origin("node_name").unwrap().to_string(), "F:1:1");
}

fn read_flags(arguments: &[&str]) -> Result<Settings> {
    let arguments: Vec<_> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    read(&command::table("agent").parse(&arguments)?)
}

#[test]
fn fragments_win_over_flags_and_those_over_files_but_lists_of_flags_come_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let one = file(
        "one.json",
        r#"{"node_name":"file","datacenter":"file","domain":"file","log_level":"warn","serf_lan_allowed_cidrs":["file"]}"#,
    );
    let arguments = [
        "-node",
        "flag",
        "-domain",
        "flag",
        "-serf-lan-allowed-cidrs",
        "flag",
        "-config-file",
        &one,
        "-hcl",
        "node_name = \"hcl\"\ndatacenter = \"hcl\"\nserf_lan_allowed_cidrs = [\"hcl\"]",
    ];
    let settings = read_flags(&arguments).unwrap();
    let texts = ["node_name", "datacenter", "domain", "log_level"].map(|path| settings.text(path).unwrap());
    assert_eq!(texts, ["hcl", "hcl", "flag", "warn"]);
    assert_eq!(settings.list("serf_lan_allowed_cidrs"), ["flag", "file", "hcl"]);
}

#[test]
fn a_directory_is_read_in_alphabetical_order_and_others_are_skipped() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("b.hcl", "node_name = \"b\"");
    write("a.json", r#"{"node_name":"a","datacenter":"a"}"#);
    write("z.txt", "not configuration");
    std::fs::create_dir(directory.path().join("c.hcl")).unwrap();
    let path = directory.path().to_str().unwrap();
    for flag in ["-config-dir", "-config-file"] {
        let settings = read_flags(&[flag, path]).unwrap();
        assert_eq!((settings.text("node_name"), settings.text("datacenter")), (Some("b"), Some("a")));
        assert_eq!(settings.skipped.len(), 1);
        assert!(settings.skipped[0].contains("z.txt, extension must be .hcl or .json"), "{:?}", settings.skipped);
    }
    let refused = read_flags(&["-config-format", "json", "-config-dir", path]).unwrap_err().to_string();
    assert!(refused.contains("b.hcl:1:1: "), "with a format, all files are of it: {refused}");
}

#[test]
fn what_names_no_configuration_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("conf");
    std::fs::write(&file, "node_name = \"n\"").unwrap();
    let path = file.to_str().unwrap();
    let line = |arguments: &[&str]| format!("{:#}", read_flags(arguments).unwrap_err());
    assert!(line(&["-config-file", path]).contains("name ends in .hcl or .json"));
    assert_eq!(read_flags(&["-config-format=hcl", "-config-file", path]).unwrap().text("node_name"), Some("n"));
    assert!(line(&["-config-dir", path]).contains("name ends in .hcl or .json"));
    assert_eq!(read_flags(&["-config-format=hcl", "-config-dir", path]).unwrap().text("node_name"), Some("n"));
    assert!(line(&["-config-file", "/nowhere.hcl"]).starts_with("cannot read configuration /nowhere.hcl: "));
    assert_eq!(read_flags(&["-hcl", "{\"node_name\":\"json\"}"]).unwrap().text("node_name"), Some("json"));
    assert_eq!(line(&["-config-format", "toml"]), "-config-format is \"toml\": hcl or json would be right");
    assert_eq!(
        line(&["-hcl", "a = "]),
        "-hcl 1:1:5: the end of the text where a value should be: a string needs quotes"
    );
}

#[test]
fn flags_that_are_not_there_say_why() {
    let line = |arguments: &[&str]| read_flags(arguments).unwrap_err().to_string();
    let join = line(&["-retry-join", "10.0.0.1"]);
    assert!(join.starts_with("flag -retry-join is not supported by this version of muster: one server is"), "{join}");
    assert!(read_flags(&["-ui=false"]).is_ok() && read_flags(&["-rejoin"]).is_ok());
}

#[test]
fn every_key_stands_once_and_none_is_a_group_too() {
    let mut paths: Vec<_> = keys().map(|key| key.path).collect();
    paths.sort_unstable();
    for pair in paths.windows(2) {
        assert!(pair[0] != pair[1], "{} stands twice", pair[0]);
        assert!(!pair[1].starts_with(&format!("{}.", pair[0])), "{} is key and group", pair[0]);
    }
    assert!(paths.iter().all(|path| path.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_' | '.'))));
    assert!(keys().all(|key| key.effect != Effect::Harmless || !key.help.is_empty()), "harmless has a reason");
}

#[test]
fn flags_and_keys_agree() {
    let flags = command::table("agent").flags;
    for key in keys() {
        let Some(name) = key.flag else { continue };
        let flag = flags.iter().find(|flag| flag.name == name).unwrap_or_else(|| panic!("-{name} is in no table"));
        let kind = match key.kind {
            Kind::Bool => FlagKind::Bool,
            Kind::Int => FlagKind::Int,
            Kind::List | Kind::Map => FlagKind::List,
            _ => FlagKind::Text,
        };
        assert_eq!(flag.kind, kind, "-{name}");
        let effect = if key.effect == Effect::Works { FlagEffect::Works } else { FlagEffect::Keyed };
        assert_eq!(flag.effect, effect, "-{name}");
    }
    for flag in flags.iter().filter(|flag| flag.effect == FlagEffect::Keyed) {
        assert!(keys().any(|key| key.flag == Some(flag.name)), "-{} has no key", flag.name);
    }
}

#[test]
fn every_working_key_is_asked_for() {
    let mut sources = String::new();
    collect(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")), &mut sources);
    for key in keys().filter(|key| key.effect == Effect::Works) {
        assert!(sources.contains(&format!("\"{}\"", key.path)), "nobody asks for {}", key.path);
    }
}

/// All sources but the tables and tests.
fn collect(directory: &Path, sources: &mut String) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("config/table") && !path.ends_with("tests") {
            collect(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            sources.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}
