//! What is taken up while it runs, on SIGHUP and on request, and what waits for the next start.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::Stdio;

use agent::{Agent, muster};

/// A directory with the settings that every start needs, and `more`.
fn write(directory: &Path, more: &str) {
    let data = directory.join("data");
    let text = format!(
        "bootstrap = true\ndata_dir = {data:?}\nports {{ http = 0 dns = 0 }}\nnode_name = \"n1\"\nbind_addr = \"127.0.0.1\"\n{more}"
    );
    std::fs::create_dir_all(directory.join("files")).unwrap();
    std::fs::write(directory.join("files/a.hcl"), text).unwrap();
}

/// The port that it serves DNS on, which is any that was free.
fn dns_port(agent: &Agent) -> u16 {
    let address = agent.line.split("DNS on 127.0.0.1:").nth(1).unwrap();
    address.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// The time to live of the node's address, over DNS.
fn node_ttl(port: u16) -> u32 {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut packet = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in ["n1", "node", "consul", ""] {
        packet.push(label.len() as u8);
        packet.extend_from_slice(label.as_bytes());
    }
    packet.extend_from_slice(&[0, 1, 0, 1]);
    let question = packet.len();
    socket.send_to(&packet, ("127.0.0.1", port)).unwrap();
    let mut answer = [0; 512];
    let length = socket.recv(&mut answer).unwrap();
    assert!(length > question + 12, "an answer");
    // After the name, which is a pointer, its type and its class.
    u32::from_be_bytes(answer[question + 6..question + 10].try_into().unwrap())
}

#[test]
fn what_consul_takes_up_again_is_taken_up_and_the_rest_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    write(directory, "dns_config { node_ttl = \"7s\" }");
    let files = directory.join("files");
    let mut process = muster(&["agent", "-config-dir", files.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(process.stderr.take().unwrap()).lines();
    let agent = Agent::of(process);
    let port = dns_port(&agent);
    assert_eq!(node_ttl(port), 7);
    write(
        directory,
        r#"
        dns_config { node_ttl = "70s" }
        node_meta { rack = "b" }
        limits { http_max_conns_per_client = 300 request_limits { mode = "enforcing" write_rate = 0 } }
        discard_check_output = true
        session_ttl_min = "2s"
        domain = "other"
        raft_protocol = 3
        "#,
    );
    agent.signal("HUP");
    let line = |part: &str, told: &mut dyn Iterator<Item = std::io::Result<String>>| {
        told.map(Result::unwrap).find(|line| line.contains(part)).unwrap()
    };
    let ignored = line("no effect here", &mut told);
    assert!(ignored.ends_with("says why of each: raft_protocol"), "{ignored}");
    let later = line("take effect at the next start", &mut told);
    assert!(later.ends_with("at the next start: domain, session_ttl_min"), "{later}");
    line("configuration read again", &mut told);
    assert_eq!(node_ttl(port), 70);
    assert!(agent.body("GET", "/v1/catalog/node/n1", "").contains(r#""rack":"b""#));
    assert!(agent.body("GET", "/v1/agent/self", "").contains(r#""HTTPMaxConnsPerClient":300"#));
    let refused = agent.ask("PUT", "/v1/kv/a", "x");
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    agent.body("PUT", "/v1/agent/check/register", r#"{"Name":"quiet","TTL":"1h"}"#);
    agent.body("PUT", "/v1/agent/check/pass/quiet?note=secret", "");
    assert!(!agent.body("GET", "/v1/agent/checks", "").contains("secret"));
    write(directory, &format!("recursors = [\"127.0.0.1:{port}\"]"));
    let answer = agent.ask("PUT", "/v1/agent/reload", "");
    assert!(answer.contains("it would ask itself"), "{answer}");
    assert_eq!(node_ttl(port), 70, "what is wrong changes nothing");
    write(directory, "session_ttl_min = \"2s\"\ndomain = \"other\"");
    agent.body("PUT", "/v1/agent/reload", "");
    assert_eq!(node_ttl(port), 0, "what is said no more is as if it had never been");
    let short = agent.ask("PUT", "/v1/session/create", r#"{"TTL":"5s"}"#);
    assert!(short.contains("must be between [10s=24h0m0s]"), "{short}");
    assert!(!agent.body("GET", "/v1/catalog/node/n1", "").contains("rack"));
}

#[test]
fn times_of_blocking_queries_and_sessions_are_settings() {
    let agent = Agent::start(&[
        "agent",
        "-dev",
        "-http-port",
        "0",
        "-dns-port",
        "-1",
        "-default-query-time",
        "1ms",
        "-hcl",
        "session_ttl_min = \"2s\"",
    ]);
    let answer = agent.ask("GET", "/v1/catalog/nodes", "");
    let index = answer.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned();
    // It comes back by itself: with Consul's default it would take five minutes.
    agent.body("GET", &format!("/v1/catalog/nodes?index={index}"), "");
    agent.body("PUT", "/v1/session/create", r#"{"TTL":"2s"}"#);
    let short = agent.ask("PUT", "/v1/session/create", r#"{"TTL":"1s"}"#);
    assert!(short.contains("must be between [2s=24h0m0s]"), "{short}");
}

/// The value of a header that every query has.
fn index(agent: &Agent) -> String {
    let answer = agent.ask("GET", "/v1/health/service/web", "");
    answer.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned()
}

/// Each check's ID with its status, in order.
fn statuses(agent: &Agent) -> Vec<String> {
    let body = agent.body("GET", "/v1/agent/checks", "");
    let field = |part: &str, name: &str| {
        let rest = part.split(&format!("\"{name}\":\"")).nth(1).unwrap();
        rest.split('"').next().unwrap().to_owned()
    };
    let checks = body.split("\"CheckID\":").skip(1).map(|rest| format!("\"CheckID\":{rest}"));
    checks.map(|part| format!("{} {}", field(&part, "CheckID"), field(&part, "Status"))).collect()
}

#[test]
fn a_reload_and_a_restart_leave_what_did_not_change_and_what_the_api_added() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let top = "check { id = \"top\" name = \"top\" service_id = \"web\" ttl = \"1h\" }";
    let web = |port: u16, within: &str| {
        write(directory, &format!("service {{ name = \"web\" port = {port} {within} }} {top}"));
    };
    let within = "check { id = \"within\" name = \"within\" ttl = \"1h\" }";
    web(80, within);
    let files = directory.join("files");
    let start = || Agent::start(&["agent", "-config-dir", files.to_str().unwrap()]);
    let agent = start();
    let own = r#"{"ID":"own","Name":"own","ServiceID":"web","TTL":"1h"}"#;
    agent.body("PUT", "/v1/agent/check/register", own);
    for check in ["within", "top", "own"] {
        agent.body("PUT", &format!("/v1/agent/check/pass/{check}"), "");
    }
    agent.body("PUT", "/v1/agent/service/maintenance/web?enable=true&reason=why", "");
    let all = ["_service_maintenance:web critical", "own passing", "top passing", "within passing"];
    assert_eq!(statuses(&agent), all);
    let before = index(&agent);
    agent.body("PUT", "/v1/agent/reload", "");
    assert_eq!(statuses(&agent), all);
    assert_eq!(index(&agent), before, "nothing changed");
    assert!(agent.ends_after("TERM").success());
    let agent = start();
    assert_eq!(statuses(&agent), all);
    assert_eq!(index(&agent), before, "nothing changed");
    web(81, within);
    agent.body("PUT", "/v1/agent/reload", "");
    assert!(agent.body("GET", "/v1/catalog/service/web", "").contains("\"ServicePort\":81"));
    assert_eq!(statuses(&agent), all, "another port is none of the checks' business");
    web(81, "");
    agent.body("PUT", "/v1/agent/reload", "");
    assert_eq!(statuses(&agent), all[..3], "a check that left its service's definition");
    write(directory, "");
    agent.body("PUT", "/v1/agent/reload", "");
    assert_eq!(statuses(&agent), [""; 0], "a service takes its checks along");
}
