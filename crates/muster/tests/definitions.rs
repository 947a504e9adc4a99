//! Services and checks that configuration files define: at the start, on a reload, and after they left the files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader};
use std::path::Path;

use agent::{Agent, muster, refused};

fn write(directory: &Path, name: &str, text: &str) {
    std::fs::write(directory.join(name), text).unwrap();
}

fn base(directory: &Path) {
    let data = directory.join("data");
    write(
        directory,
        "a.hcl",
        &format!("bootstrap = true\ndata_dir = {data:?}\nports {{ http = 0 dns = -1 }}\nnode_name = \"n1\""),
    );
}

fn start(directory: &Path) -> Agent {
    Agent::start(&["agent", "-config-dir", directory.to_str().unwrap()])
}

/// The IDs of the node's services, as the agent lists them.
fn services(agent: &Agent) -> Vec<String> {
    let body = agent.body("GET", "/v1/agent/services", "");
    body.split("\"ID\":\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

const WEB: &str = r#"
    service {
      name = "web"
      tags = ["v1"]
      port = 80
      meta { team = "blue" }
      check { ttl = "1h" status = "passing" }
    }
    check { name = "disk" ttl = "1h" }
"#;

#[test]
fn files_define_services_and_checks_and_a_reload_follows_them() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    write(directory, "web.hcl", WEB);
    let agent = start(directory);
    let health = agent.body("GET", "/v1/health/service/web", "");
    for part in [r#""team":"blue""#, r#""Tags":["v1"]"#, r#""CheckID":"service:web""#, r#""Status":"passing""#] {
        assert!(health.contains(part), "{part} in {health}");
    }
    assert!(agent.body("GET", "/v1/agent/checks", "").contains("\"disk\""));
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"api"}"#);
    write(directory, "web.hcl", "services = [{ name = \"db\" port = 5432 }, { id = \"db2\" name = \"db\" }]");
    assert_eq!(services(&agent), ["api", "web"], "nothing is read before it is asked for");
    agent.body("PUT", "/v1/agent/reload", "");
    assert_eq!(services(&agent), ["api", "db", "db2"]);
    assert!(!agent.body("GET", "/v1/agent/checks", "").contains("\"disk\""));
}

#[test]
fn a_hangup_reads_the_files_again() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    let agent = start(directory);
    let answer = agent.ask("GET", "/v1/catalog/service/web", "");
    let index = answer.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned();
    write(directory, "web.hcl", WEB);
    agent.signal("HUP");
    let body = agent.body("GET", &format!("/v1/catalog/service/web?index={index}&wait=60s"), "");
    assert!(body.contains("\"ServiceName\":\"web\""), "{body}");
    assert!(agent.ends_after("INT").success());
}

#[test]
fn what_left_the_files_while_nothing_ran_is_taken_out() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    write(directory, "web.hcl", WEB);
    let agent = start(directory);
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"api"}"#);
    assert!(agent.ends_after("TERM").success());
    std::fs::remove_file(directory.join("web.hcl")).unwrap();
    let agent = start(directory);
    assert_eq!(services(&agent), ["api"]);
    assert!(!agent.body("GET", "/v1/agent/checks", "").contains("\"disk\""));
}

#[test]
fn a_wrong_configuration_changes_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    write(directory, "web.hcl", WEB);
    let agent = start(directory);
    let path = directory.join("web.hcl");
    for (text, expected) in [
        ("service { nam = \"x\" }", "1:11: invalid config key service.nam"),
        ("service { name = \"x\"", "1:21: the end of the text where } should be"),
        (
            "service { name = \"x\" port = 1 check { ttl = \"1s\" interval = \"1s\" } }",
            "1:9: service \"x\": Invalid check: ",
        ),
    ] {
        write(directory, "web.hcl", text);
        let answer = agent.ask("PUT", "/v1/agent/reload", "");
        assert!(
            answer.starts_with("HTTP/1.1 500") && answer.contains(&format!("{}:{expected}", path.display())),
            "{answer}"
        );
        assert_eq!(services(&agent), ["web"]);
    }
}

#[test]
fn a_definition_that_is_refused_ends_the_start_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("web.hcl");
    let refused = |text: &str| {
        std::fs::write(&path, text).unwrap();
        refused(&["agent", "-dev", "-http-port", "0", "-config-file", path.to_str().unwrap()])
    };
    let name = path.display();
    let cases = [
        ("service { port = 80 }", format!("{name}:1:9: service has no name")),
        ("service { name = \"x\" weights { passing = 0 } }", format!("{name}:1:9: service \"x\": Invalid Weights: ")),
        (
            "service { name = \"x\" check { ttl = \"1s\" status = \"odd\" } }",
            format!("{name}:1:9: service \"x\": Status for checks must 'passing', 'warning', 'critical'"),
        ),
        ("check {\n name = \"c\"\n}", format!("{name}:1:7: check \"c\": Invalid check: ")),
        (
            "check { name = \"c\" ttl = \"1s\" service_id = \"no\" }",
            format!("{name}:1:7: check \"c\": ServiceID \"no\" does not exist"),
        ),
    ];
    for (text, expected) in cases {
        let (code, line) = refused(text);
        assert!(code == 1 && line.starts_with(&expected), "{line}\n{expected}");
    }
    std::fs::write(&path, "service { name = \"x\" prt = 1 }").unwrap();
    let output = muster(&["validate", path.to_str().unwrap()]).output().unwrap();
    assert!(String::from_utf8(output.stderr).unwrap().contains("invalid config key service.prt"));
}

#[test]
fn one_definition_that_is_refused_leaves_all_others_as_they_were() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    write(directory, "web.hcl", WEB);
    let path = directory.to_str().unwrap();
    let mut process = muster(&["agent", "-config-dir", path])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
    let agent = Agent::of(process);
    let before = agent.body("GET", "/v1/agent/services", "");
    let others = "service { name = \"web\" port = 81 }\nservice { name = \"new\" }\n";
    for (refused, expected) in [
        ("check { name = \"c\" ttl = \"1s\" service_id = \"no\" }", "ServiceID \"no\" does not exist"),
        ("check { name = \"c\" args = [\"true\"] interval = \"1s\" }", "Scripts are disabled on this agent"),
        // What the files had and have no more goes, and a check on it with it.
        ("service { id = \"consul\" name = \"y\" }", "is the server's own"),
    ] {
        write(directory, "web.hcl", &format!("{others}{refused}"));
        agent.signal("HUP");
        let mut lines = told.by_ref().map(Result::unwrap);
        let line = lines.find(|line| line.contains("configuration")).unwrap();
        assert!(line.contains("not read again, what was before stays") && line.contains("web.hcl:3:"), "{line}");
        assert!(line.contains(expected), "{line}");
        assert_eq!(agent.body("GET", "/v1/agent/services", ""), before);
    }
    write(directory, "web.hcl", "check { name = \"c\" ttl = \"1s\" service_id = \"web\" }");
    let answer = agent.ask("PUT", "/v1/agent/reload", "");
    assert!(answer.contains("ServiceID \"web\" does not exist"), "it is about to leave: {answer}");
    assert_eq!(agent.body("GET", "/v1/agent/services", ""), before);
}

#[test]
fn a_check_may_be_about_what_clients_registered_before_and_about_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    base(directory);
    let agent = start(directory);
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"api"}"#);
    assert!(agent.ends_after("TERM").success());
    let check = |service: &str| format!("check {{ name = \"c\" ttl = \"1h\" service_id = \"{service}\" }}");
    write(directory, "c.hcl", &check("no"));
    let output = muster(&["agent", "-config-dir", directory.to_str().unwrap()]).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    let expected = "c.hcl:1:7: check \"c\": ServiceID \"no\" does not exist";
    assert!(output.status.code() == Some(1) && told.trim_end().ends_with(expected), "{told}");
    write(directory, "c.hcl", &check("api"));
    // Under another name the node takes along what it has.
    write(directory, "d.hcl", "node_name = \"renamed\"");
    let agent = start(directory);
    assert!(agent.body("GET", "/v1/agent/checks", "").contains("\"ServiceID\":\"api\""));
}

#[test]
fn checks_in_files_may_run_commands_when_files_may_say_so() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.hcl");
    let check = "check { id = \"c\" name = \"c\" args = [\"true\"] interval = \"10s\" }\n";
    std::fs::write(&path, check).unwrap();
    let arguments = ["agent", "-dev", "-http-port", "0", "-config-file", path.to_str().unwrap()];
    let (_, line) = refused(&arguments);
    assert!(line.contains("a.hcl:1:7: check \"c\": Scripts are disabled on this agent; to enable"), "{line}");
    std::fs::write(&path, format!("{check}enable_local_script_checks = true")).unwrap();
    let agent = Agent::start(&arguments);
    assert!(agent.body("GET", "/v1/agent/checks", "").contains("\"c\""));
    let body = r#"{"Name":"remote","Args":["true"],"Interval":"10s"}"#;
    let answer = agent.ask("PUT", "/v1/agent/check/register", body);
    assert!(answer.contains("Scripts are disabled on this agent from remote calls"), "{answer}");
}
