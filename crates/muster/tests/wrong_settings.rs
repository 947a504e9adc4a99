//! Wrong configurations, key by key over the whole table: exit code 1, one line that names the key, nothing made.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::net::TcpListener;
use std::path::PathBuf;

use agent::muster;
use tempfile::TempDir;

/// What becomes of each key; a test of the binary's own holds it to its tables.
const DOCS: &str = include_str!("../../../docs/compatibility.md");

/// The keys with what becomes of them.
fn keys() -> Vec<(&'static str, &'static str)> {
    let start = DOCS.find("<!-- generated: agent keys -->").unwrap();
    let rows = DOCS[start..].lines().skip(3).take_while(|line| line.starts_with('|'));
    let keys: Vec<_> = rows
        .map(|row| {
            let mut cells = row.split('|').skip(1).map(str::trim);
            (cells.next().unwrap().trim_matches('`'), cells.next().unwrap())
        })
        .collect();
    assert!(keys.len() > 250, "{} keys", keys.len());
    keys
}

/// `value` at the key's place.
fn file_with(path: &str, value: &str) -> String {
    let open: String = path.split('.').map(|name| format!("{{\"{name}\":")).collect();
    format!("{open}{value}{}", "}".repeat(path.split('.').count()))
}

/// An agent that cannot get up: the port that it is given is taken.
struct Ground {
    directory: TempDir,
    taken: TcpListener,
}

impl Ground {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap(), taken: TcpListener::bind("127.0.0.1:0").unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The line that it says about a file; none: it has nothing against it, and tells that the port is taken.
    fn refusal(&self, name: &str, text: &[u8]) -> Option<String> {
        self.refusal_at(name, text, true)
    }

    /// The same; the port is named by a flag, or by the file.
    fn refusal_at(&self, name: &str, text: &[u8], by_flag: bool) -> Option<String> {
        let (file, data) = (self.path(name), self.path("data"));
        std::fs::write(&file, text).unwrap();
        let port = self.taken.local_addr().unwrap().port().to_string();
        let (file, data_dir) = (file.to_str().unwrap(), data.to_str().unwrap());
        let port: &[&str] = if by_flag { &["-http-port", &port] } else { &[] };
        let output = muster(&["agent", "-bootstrap", "-data-dir", data_dir, "-config-file", file])
            .args(port)
            .current_dir(self.directory.path())
            .output()
            .unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(output.stdout.is_empty());
        std::fs::remove_file(self.path(name)).unwrap();
        assert_eq!(std::fs::read_dir(self.directory.path()).unwrap().count(), 0, "something was made: {told}");
        let lines: Vec<_> = told.lines().filter(|line| !line.contains(" WARN ")).collect();
        if lines.len() == 1 && lines[0].starts_with("cannot listen on ") {
            return None;
        }
        assert!(lines.len() == 2 && lines[1] == "Try: muster agent --help", "{told}");
        assert!(lines[0].len() < 3000, "{} bytes", lines[0].len());
        Some(lines[0].to_owned())
    }
}

#[test]
fn each_key_is_named_when_it_is_of_the_wrong_type() {
    let ground = Ground::new();
    for (key, here) in keys() {
        let refusal = |value: &&str| ground.refusal("f.json", file_with(key, value).as_bytes());
        // The first is wrong for all but blocks, the second for those.
        let line = [r#"{"a":{"b":[1]}}"#, "[[1]]"].iter().find_map(refusal);
        let line = line.unwrap_or_else(|| panic!("{key} ({here}): nothing wrong was found"));
        assert!(line.starts_with(&format!("{}:1:", ground.path("f.json").display())), "{key}: {line}");
        let names = [format!("key \"{key}"), format!("key {key}"), format!(": {key}: ")];
        assert!(names.iter().any(|name| line.contains(name)), "{key}: {line}");
    }
}

#[test]
fn texts_that_are_no_configuration_are_told_with_their_place() {
    let ground = Ground::new();
    let deep = |open: &str, close: &str| format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
    let cases: [(&str, Vec<u8>, &str); 10] = [
        ("f.json", b"{\"node_name\":\"\xff\"}".to_vec(), "1:15: the text is not UTF-8"),
        ("f.hcl", b"node_name = \"\xff\"".to_vec(), "1:14: the text is not UTF-8"),
        ("f.json", deep("{\"a\":", "}").into_bytes(), "more than 64 objects or lists in each other"),
        ("f.json", deep("{\"a\":[", "]}").into_bytes(), "more than 64 objects or lists in each other"),
        ("f.hcl", deep("a { ", "}").into_bytes(), "more than 64 objects or lists in each other"),
        ("f.hcl", format!("a = {}", deep("[", "]")).into_bytes(), "more than 64 objects or lists in each other"),
        ("f.json", b"{\"ports\":{\"http\":1".to_vec(), "the end of the text where a comma or } should be"),
        ("f.json", b"[]".to_vec(), "1:1: '[' where { should be"),
        ("f.json", b"{} {}".to_vec(), "1:4: the object has ended, and more follows"),
        ("f.hcl", b"node_name".to_vec(), "key \"node_name\" needs a = with a value, or a block in braces"),
    ];
    for (name, text, expected) in cases {
        let line = ground.refusal(name, &text).unwrap();
        let start = format!("{}:", ground.path(name).display());
        assert!(line.starts_with(&start) && line.contains(expected), "{line}\n{expected}");
    }
}

#[test]
fn what_is_too_long_is_told_in_a_line_that_people_can_read() {
    let ground = Ground::new();
    let long = "x".repeat(1 << 20);
    for key in ["node_name", "datacenter", "log_level", "client_addr", "bind_addr", "node_id", "syslog_facility"] {
        let line = ground.refusal("f.json", file_with(key, &format!("\"{long}\"")).as_bytes());
        assert!(line.is_some_and(|line| line.contains(key)), "{key}");
    }
    let meta = file_with("node_meta", &format!("{{\"{long}\":\"{long}\"}}"));
    assert!(
        ground.refusal("f.json", meta.as_bytes()).unwrap().contains("key \"node_meta\" has a string of 1048576 bytes")
    );
    for key in ["ports.http", "ports.dns", "limits.kv_max_value_size", "dns_config.soa.refresh"] {
        let line = ground.refusal("f.json", file_with(key, &"9".repeat(400)).as_bytes());
        assert!(line.is_some_and(|line| line.contains("9 is not a number that can be read")), "{key}");
    }
}

#[test]
fn of_a_key_that_stands_twice_the_last_one_counts() {
    let ground = Ground::new();
    let last_is_wrong = r#"{"node_name":"n","node_name":5}"#;
    let line = ground.refusal("f.json", last_is_wrong.as_bytes()).unwrap();
    assert!(line.contains(":1:30: key \"node_name\" is a number: a string in quotes would be right"), "{line}");
    assert_eq!(ground.refusal("f.json", br#"{"node_name":5,"node_name":"n"}"#), None);
    assert_eq!(ground.refusal("f.hcl", b"node_name = \"m\"\nnode_name = \"n\""), None);
    let line = ground.refusal("f.hcl", b"node_name = 5\nnode_name = \"n\"").unwrap();
    assert!(line.contains(":2:1: key \"node_name\" is a string here and was something else before"), "{line}");
    let line = ground.refusal("f.hcl", b"node_name = \"m\"\nNode_Name = \"n\"").unwrap();
    assert!(line.ends_with(":2:1: invalid config key Node_Name: node_name stands there too"), "{line}");
}

#[test]
fn a_file_that_is_too_long_is_told_by_its_name() {
    let ground = Ground::new();
    let line = ground.refusal("f.hcl", &vec![b' '; (16 << 20) + 1]).unwrap();
    assert!(line.ends_with("f.hcl is longer than 16777216 bytes: several files would be right"), "{line}");
}

#[test]
fn a_definition_that_the_registry_would_refuse_is_told_before_anything_is_made() {
    let ground = Ground::new();
    let long = "x".repeat(1020);
    let many = "{ ttl = \"1s\" },".repeat(257);
    let tags = format!("\"{}\",", "t".repeat(60_000)).repeat(20);
    let cases = [
        (
            "service { id = \"consul\" name = \"x\" }".to_owned(),
            "service \"consul\": Service ID consul is the server's own",
        ),
        ("check { id = \"serfHealth\" name = \"x\" ttl = \"1s\" }".to_owned(), "serfHealth is the node's own check"),
        (
            "service { name = \"x\" check { id = \"SERFHEALTH\" ttl = \"1s\" } }".to_owned(),
            "SERFHEALTH is the node's own check",
        ),
        (
            "check { id = \"c\" name = \"c\" args = [\"true\"] interval = \"10s\" }".to_owned(),
            "check \"c\": Scripts are disabled on this agent; to enable",
        ),
        (
            "service { name = \"x\" check { args = [\"true\"] interval = \"10s\" } }".to_owned(),
            "service \"x\": Scripts are disabled on this agent; to enable",
        ),
        (
            "service { name = \"x\" }\ncheck { name = \"c\" ttl = \"1s\" service_id = \"no\" }".to_owned(),
            "check \"c\": ServiceID \"no\" does not exist",
        ),
        (format!("service {{ name = \"{long}\" check {{ ttl = \"1s\" }} }}"), "Invalid check: "),
        (format!("service {{ name = \"x\" checks = [{many}] }}"), "has 257 entries: at most 256 would be right"),
        (format!("service {{ name = \"x\" tags = [{tags}] }}"), "bytes: at most 1048576 would be right"),
        (
            format!("service {{ name = \"x\" address = \"{}\" }}", "x".repeat(70_000)),
            "key \"service.address\" has a string of 70000 bytes",
        ),
        (
            "ports { http = -1 }\nwatches = [{ type = \"nodes\" args = [\"x\"] }]".to_owned(),
            "it asks the HTTP API, which is served nowhere",
        ),
    ];
    for (text, expected) in cases {
        // The port may be said by the file: its flag is another's.
        let line = ground.refusal_at("f.hcl", text.as_bytes(), !text.contains("ports")).unwrap();
        assert!(line.contains(expected), "{line}\n{expected}");
        assert!(line.starts_with(&format!("{}:", ground.path("f.hcl").display())), "{line}");
    }
}
