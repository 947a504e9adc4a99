//! `muster agent` as its users run it: a process, its port, its data directory, and what it says when something is wrong.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use agent::{Agent, muster, refused};

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let agent = Agent::durable(&directory.path().join("data"));
    for number in 0..20 {
        assert_eq!(agent.body("PUT", &format!("/v1/kv/k/{number}"), "value"), "true");
    }
    agent.body(
        "PUT",
        "/v1/agent/service/register",
        r#"{"Name":"web","Port":80,"Check":{"TTL":"1h","Status":"passing"}}"#,
    );
    let read = |agent: &Agent| {
        let paths = ["/v1/kv/k?recurse", "/v1/health/service/web", "/v1/catalog/nodes", "/v1/agent/checks"];
        paths.map(|path| agent.body("GET", path, ""))
    };
    let before = read(&agent);
    assert!(!agent.ends_after("KILL").success());
    let agent = Agent::durable(&directory.path().join("data"));
    assert_eq!(read(&agent), before, "the same entries with the same indexes");
    assert!(agent.ends_after("TERM").success());
    let agent = Agent::durable(&directory.path().join("data"));
    assert_eq!(read(&agent), before);
    assert!(agent.ends_after("INT").success());
}

#[test]
fn a_node_under_another_name_is_the_same_node_with_its_services() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let line = |name| ["agent", "-bootstrap", "-data-dir", data.to_str().unwrap(), "-http-port", "0", "-node", name];
    let service = r#"{"Name":"web","Port":80,"Check":{"TTL":"1h","Status":"passing"}}"#;
    let agent = Agent::start(&line("a1"));
    agent.body("PUT", "/v1/agent/service/register", service);
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"gone","Port":81}"#);
    let node_id = std::fs::read_to_string(data.join("node-id")).unwrap();
    assert!(!agent.ends_after("KILL").success());
    // Its file is no more than a note: the registry knows the ID.
    std::fs::write(data.join("node-id"), "").unwrap();
    let agent = Agent::start(&line("a2"));
    assert_eq!(std::fs::read_to_string(data.join("node-id")).unwrap(), node_id);
    let nodes = agent.body("GET", "/v1/catalog/nodes", "");
    assert!(nodes.contains(r#""Node":"a2""#) && !nodes.contains(r#""Node":"a1""#), "{nodes}");
    let health = agent.body("GET", "/v1/health/service/web?passing", "");
    assert!(health.contains(r#""Node":"a2""#) && !health.contains(r#""Node":"a1""#), "{health}");
    agent.body("PUT", "/v1/agent/service/deregister/gone", "");
    let services = agent.body("GET", "/v1/agent/services", "");
    assert!(services.contains("web") && !services.contains("gone"), "{services}");
}

#[test]
fn another_id_for_a_nodes_data_is_refused_and_the_node_starts_as_before() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    drop(Agent::durable(&data));
    let kept = std::fs::read_to_string(data.join("node-id")).unwrap();
    let other = "bbbbbbbb-0000-0000-0000-000000000000";
    let data_dir = data.to_str().unwrap();
    let line = ["agent", "-bootstrap", "-data-dir", data_dir, "-http-port", "0", "-node", "n1", "-node-id", other];
    let output = muster(&line).output().unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.lines().last().unwrap().contains("leave -node-id out, or choose another -data-dir or -node"),
        "{text}"
    );
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(std::fs::read_to_string(data.join("node-id")).unwrap(), kept);
    drop(Agent::durable(&data));
}

#[test]
fn a_stop_does_not_wait_for_blocked_queries() {
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0"]);
    let index = agent.ask("GET", "/v1/catalog/nodes", "");
    let index = index.lines().find_map(|line| line.strip_prefix("x-consul-index: ")).unwrap().to_owned();
    let mut blocked = TcpStream::connect(&agent.address).unwrap();
    write!(blocked, "GET /v1/catalog/nodes?index={index}&wait=10m HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    assert!(agent.ends_after("TERM").success());
}

/// Go's programs, as the old tools are, outlive them; runbooks send the first to have Consul write its metrics.
#[test]
fn signals_that_mean_nothing_here_end_nothing() {
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0"]);
    for signal in ["USR1", "USR2", "ALRM", "PIPE"] {
        agent.signal(signal);
        agent.body("GET", "/v1/status/leader", "");
    }
    assert!(agent.ends_after("TERM").success());
}

/// Consul's server answers 1 to the first three: it calls a stop without leaving a failure.
#[test]
fn a_stop_is_no_failure_whatever_is_said_about_leaving() {
    let directory = tempfile::tempdir().unwrap();
    let pid_file = directory.path().join("pid");
    let stopped = |signal: &str, more: &[&str]| {
        let usual = ["agent", "-dev", "-http-port", "0", "-dns-port", "-1", "-pid-file", pid_file.to_str().unwrap()];
        let agent = Agent::start(&[&usual, more].concat());
        assert_eq!(std::fs::read_to_string(&pid_file).unwrap().trim(), agent.process.id().to_string());
        let status = agent.ends_after(signal);
        assert!(!pid_file.exists(), "the file goes with the process");
        status.code()
    };
    for signal in ["INT", "TERM", "QUIT"] {
        assert_eq!(stopped(signal, &[]), Some(0), "{signal}");
    }
    for key in ["leave_on_terminate = true", "skip_leave_on_interrupt = false"] {
        for signal in ["INT", "TERM"] {
            assert_eq!(stopped(signal, &["-hcl", key]), Some(0), "{signal} {key}");
        }
    }
}

#[test]
fn a_taken_port_is_named_with_its_holder() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = holder.local_addr().unwrap().port().to_string();
    let (code, line) = refused(&["agent", "-dev", "-http-port", &port, "-dns-port", "0"]);
    assert_eq!(code, 1);
    let own = std::process::id();
    assert!(line.starts_with(&format!("cannot listen on 127.0.0.1:{port} (the HTTP port): process {own} (")), "{line}");
    assert!(line.ends_with("choose another port with -http-port"), "{line}");
}

#[test]
fn a_taken_dns_port_is_named_whichever_transport_has_it() {
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    for port in [tcp.local_addr().unwrap().port(), udp.local_addr().unwrap().port()] {
        let port = port.to_string();
        let (code, line) = refused(&["agent", "-dev", "-http-port", "0", "-dns-port", &port]);
        assert_eq!(code, 1);
        assert!(line.starts_with(&format!("cannot listen on 127.0.0.1:{port} (the DNS port)")), "{line}");
        assert!(line.ends_with("choose another port with -dns-port"), "{line}");
        let recursor = format!("127.0.0.1:{port}");
        let arguments = ["agent", "-dev", "-http-port", "0", "-dns-port", &port, "-recursor", &recursor];
        assert!(refused(&arguments).1.contains("(the DNS port)"));
    }
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0", "-dns-port", "-1"]);
    assert!(agent.ends_after("TERM").success(), "a registry without DNS");
}

/// An address of this process's own, and a port that is free there for both: it is taken for TCP and UDP at once, then
/// let go. Whoever is given any port meanwhile is given it on the usual address.
fn free_port() -> (String, String) {
    let [_, high, middle, low] = std::process::id().to_be_bytes();
    let own = format!("127.{}.{middle}.{low}", 128 | high);
    loop {
        let tcp = TcpListener::bind((own.as_str(), 0)).unwrap();
        if std::net::UdpSocket::bind(tcp.local_addr().unwrap()).is_ok() {
            return (own, tcp.local_addr().unwrap().port().to_string());
        }
    }
}

#[test]
fn one_port_that_is_given_twice_is_told() {
    let (own, port) = free_port();
    let (code, line) = refused(&["agent", "-dev", "-client", &own, "-http-port", &port, "-dns-port", &port]);
    let expected = format!(
        "cannot listen on {own}:{port} (the DNS port): it is given to another part of this agent; choose another \
         with -dns-port"
    );
    assert_eq!((code, line), (1, expected));
}

#[test]
fn a_recursor_that_would_be_this_agent_is_refused() {
    let (own, port) = free_port();
    let recursor = format!("{own}:{port}");
    let line = ["agent", "-dev", "-client", &own, "-http-port", "0", "-dns-port", &port, "-recursor", &recursor];
    let (_, line) = refused(&line);
    assert_eq!(line, format!("recursor {recursor} is the address that DNS is served on here: it would ask itself"));
}

#[test]
fn a_data_directory_in_use_is_named_with_its_holder() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let agent = Agent::durable(&data);
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", data.to_str().unwrap(), "-http-port", "0"]);
    assert_eq!(line, format!("data directory {} is in use by process {}", data.display(), agent.process.id()));
}

#[test]
fn a_data_directory_of_a_newer_muster_or_of_consul_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let newer = directory.path().join("newer");
    std::fs::create_dir(&newer).unwrap();
    std::fs::write(newer.join("FORMAT"), "muster-journal 99\n").unwrap();
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", newer.to_str().unwrap(), "-http-port", "0"]);
    assert!(line.contains("has format 99") && line.contains("use a newer muster"), "{line}");
    let consuls = directory.path().join("consul");
    std::fs::create_dir_all(consuls.join("raft")).unwrap();
    let (_, line) = refused(&["agent", "-bootstrap", "-data-dir", consuls.to_str().unwrap(), "-http-port", "0"]);
    assert!(line.contains("holds the data of a Consul server"), "{line}");
    assert!(line.contains("choose another directory with -data-dir"), "{line}");
    assert_eq!(std::fs::read_dir(&consuls).unwrap().count(), 1, "nothing was added");
}

#[test]
fn a_journal_whose_pages_are_damaged_is_refused_with_one_line() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let agent = Agent::durable(&data);
    for number in 0..20 {
        agent.body("PUT", &format!("/v1/kv/{number}"), &"v".repeat(100 << 10));
    }
    assert!(agent.ends_after("TERM").success());
    let path = data.join("journal.redb");
    let mut bytes = std::fs::read(&path).unwrap();
    for start in (4 << 10..bytes.len() - 512).step_by(64 << 10) {
        bytes[start..start + 512].fill(0xff);
    }
    std::fs::write(&path, bytes).unwrap();
    let (code, line) = refused(&["agent", "-bootstrap", "-data-dir", data.to_str().unwrap(), "-http-port", "0"]);
    assert!(code == 1 && line.starts_with(&format!("{} is damaged: ", path.display())), "{line}");
}

#[test]
fn a_word_that_is_no_text_is_told() {
    use std::os::unix::ffi::OsStrExt;
    for before in [["agent", "-dev", "-node"], ["kv", "put", "key"]] {
        let output = muster(&before).arg(std::ffi::OsStr::from_bytes(b"a\xff")).output().unwrap();
        let line = String::from_utf8(output.stderr).unwrap();
        let told = "argument 4 is \"a\\xFF\": UTF-8 would be right\n";
        assert_eq!((output.status.code(), line.as_str()), (Some(1), told), "{before:?}");
    }
}

/// With all of this Consul starts, and so do we.
#[test]
fn what_consul_starts_with_is_no_mistake() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let line = "agent -server -bootstrap -bootstrap-expect 1 -http-port 0 -dns-port -2 -node-meta rack -node= -pid-file= \
                -config-format= -data-dir";
    let hcl = r#"{"limits":{"http_max_conns_per_client":-1}}"#;
    let agent = Agent::start(&line.split_whitespace().chain([data.to_str().unwrap(), "-hcl", hcl]).collect::<Vec<_>>());
    assert!(agent.line.contains("no DNS"), "{}", agent.line);
    let nodes = agent.body("GET", "/v1/catalog/nodes", "");
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert!(nodes.contains(&format!("\"Node\":\"{}\"", host.trim())) && nodes.contains(r#""rack":"""#), "{nodes}");
}

#[test]
fn data_under_another_datacenter_are_that_ones() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let line = |name| {
        let data = data.to_str().unwrap();
        Agent::start(&["agent", "-bootstrap", "-data-dir", data, "-http-port", "0", "-node", "n1", "-datacenter", name])
    };
    let agent = line("dc1");
    agent.body("PUT", "/v1/kv/a", "1");
    agent.body("PUT", "/v1/catalog/register", r#"{"Node":"outside","Address":"10.0.0.1"}"#);
    assert!(agent.ends_after("TERM").success());
    let agent = line("dc9");
    assert_eq!(agent.body("GET", "/v1/catalog/datacenters", "").trim(), r#"["dc9"]"#);
    let nodes = agent.body("GET", "/v1/catalog/nodes", "");
    assert_eq!((nodes.matches("\"dc9\"").count(), nodes.matches("\"dc1\"").count()), (2, 0), "{nodes}");
    assert!(agent.body("GET", "/v1/kv/a?dc=dc9", "").contains("\"a\""));
}

#[test]
fn wrong_command_lines_get_one_line_each() {
    let cases: [(&[&str], &str); 21] = [
        (&["agent", "-dev", "-server=false"], "flag -server asks for a client agent, which is not there yet"),
        (&["agent", "-dev", "-advertise-wan", "0.0.0.0"], "flag -advertise-wan is 0.0.0.0: others cannot reach that"),
        (&["agent", "-dev", "-bind="], "flag -bind is empty: an IP address would be right"),
        (&["agent", "-dev", "-client="], "flag -client names no address: 127.0.0.1 would be right"),
        (&["agent", "-dev", "-server-port", "0"], "flag -server-port is 0: 1 to 65535 would be right"),
        (&["agent", "-dev", "-serf-lan-port", "-1"], "flag -serf-lan-port is -1: 1 to 65535 would be right"),
        (&["agent"], "a client agent is not there yet"),
        (&["agent", "-server", "-data-dir", "/nowhere"], "a server that waits for others is not there yet"),
        (&["agent", "-bootstrap"], "data_dir cannot be empty"),
        (&["agent", "-dev", "-retry-join", "x"], "flag -retry-join is not supported by this version of muster: one"),
        (&["agent", "-server", "-bootstrap-expect", "3"], "flag -bootstrap-expect is 3: several servers are not there"),
        (&["agent", "-server=false"], "flag -server asks for a client agent, which is not there yet"),
        (&["agent", "-bootstrap-expect=1"], "'bootstrap_expect > 0' requires 'server = true'"),
        (&["agent", "-dev", "-nonsense"], "flag provided but not defined: -nonsense"),
        (&["agent", "-dev", "-client", "0.0.0.0"], "-client 0.0.0.0 lets everybody who reaches that address"),
        (&["agent", "-dev", "-client", "here"], "flag -client is \"here\": an IP address"),
        (&["agent", "-dev", "-http-port", "99999"], "flag -http-port is 99999: 1 to 65535"),
        (&["agent", "-dev", "-node-id", "x"], "flag -node-id is \"x\": a UUID"),
        (&["agent", "-dev", "-node-meta", "consul-x:1"], "flag -node-meta is refused: Couldn't load metadata pair"),
        (&["agent", "-dev", "-datacenter", "a b"], "flag -datacenter is \"a b\": letters, digits"),
        (&["serve"], "muster has no command \"serve\""),
    ];
    for (arguments, expected) in cases {
        let (code, line) = refused(arguments);
        assert_eq!(code, 1, "{arguments:?}");
        assert!(line.starts_with(expected), "{arguments:?}: {line}");
    }
}

#[test]
fn a_wrong_file_is_named_with_line_column_and_key() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("agent.hcl");
    let refused_file = |text: &str| {
        std::fs::write(&path, text).unwrap();
        refused(&["agent", "-dev", "-http-port", "0", "-config-file", path.to_str().unwrap()]).1
    };
    let name = path.display().to_string();
    let acl = refused_file("acl {\n  enabled = true\n}");
    assert!(acl.starts_with(&format!("{name}:2:3: key \"acl.enabled\" is not supported by this version")), "{acl}");
    assert_eq!(
        refused_file("node_name =\n 5"),
        format!("{name}:2:2: key \"node_name\" is a number: a string in quotes would be right")
    );
    assert_eq!(refused_file("nodename = 5"), format!("{name}:1:1: invalid config key nodename"));
    assert_eq!(refused_file("server = true\n}"), format!("{name}:2:1: }} where a key should be"));
    let joins = refused_file("server = true\nretry_join = [\"10.0.0.1\"]");
    assert!(joins.starts_with(&format!("{name}:2:1: key \"retry_join\" is not supported")), "{joins}");
    let (_, line) = refused(&["agent", "-dev", "-config-file", "/nowhere/agent.json"]);
    assert!(line.starts_with("cannot read configuration /nowhere/agent.json: "), "{line}");
}

#[test]
fn files_say_who_the_node_is_and_the_id_is_kept() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    let data = directory.path().join("data");
    let pid = directory.path().join("run/muster.pid");
    write("a.hcl", &format!("bootstrap = true\ndata_dir = {:?}\npid_file = {:?}\nports {{ http = 0 }}\n", data, pid));
    write(
        "b.json",
        r#"{"node_name":"n9","datacenter":"DC9","node_meta":{"rack":"r1"},"advertise_addr":"10.9.9.9",
            "node_id":"8F3C6C9E-52FB-4B56-9B1F-0D7A6F1C0B1E","version":"1.9.9","disable_update_check":true}"#,
    );
    let config = directory.path().to_str().unwrap().to_owned();
    let agent = Agent::start(&["agent", "-config-dir", &config]);
    let nodes = agent.body("GET", "/v1/catalog/nodes", "");
    for part in [
        r#""Node":"n9""#,
        r#""Datacenter":"dc9""#,
        r#""rack":"r1""#,
        r#""Address":"10.9.9.9""#,
        r#""lan":"10.9.9.9""#,
        r#""ID":"8f3c6c9e-52fb-4b56-9b1f-0d7a6f1c0b1e""#,
        r#""consul-version":"1.9.9""#,
    ] {
        assert!(nodes.contains(part), "{part} in {nodes}");
    }
    assert_eq!(std::fs::read_to_string(&pid).unwrap(), agent.process.id().to_string());
    assert!(agent.ends_after("INT").success());
    assert!(!pid.exists());
    write("b.json", r#"{"node_name":"n9"}"#);
    let agent = Agent::start(&["agent", "-config-dir", &config]);
    let nodes = agent.body("GET", "/v1/catalog/nodes", "");
    assert!(nodes.contains(r#""ID":"8f3c6c9e-52fb-4b56-9b1f-0d7a6f1c0b1e""#), "{nodes}");
}

/// What `sdk/testutil` of Consul's Go module writes, with ports that are free.
const HARNESS: &str = r#"{"node_name":"node-1","node_id":"3f3d0c8e-6b1f-4c55-8f6e-7f5a0f0e9c11",
    "performance":{"raft_multiplier":1},"bootstrap":true,"server":true,"data_dir":"DATA","segments":null,
    "disable_update_check":true,"log_level":"debug","bind_addr":"127.0.0.1","addresses":{},
    "ports":{"dns":0,"http":0,"https":20003,"serf_lan":20004,"serf_wan":20005,"server":20006,"grpc":20007,"grpc_tls":20008},
    "acl":{"tokens":{}},"connect":{"enabled":true,"ca_config":{"cluster_id":"11111111-2222-3333-4444-555555555555"}},
    "skip_leave_on_interrupt":true,"peering":{"enabled":true},"version":"1.21.4"}"#;

#[test]
fn the_configuration_of_gos_test_harness_starts_and_stops() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("config.json");
    let data = directory.path().join("data");
    std::fs::write(&path, HARNESS.replace("DATA", data.to_str().unwrap())).unwrap();
    let agent = Agent::start(&["agent", "-config-file", path.to_str().unwrap()]);
    assert_eq!(agent.body("GET", "/v1/status/leader", ""), "\"127.0.0.1:20006\"");
    assert!(
        agent.body("GET", "/v1/agent/members", "").contains("\"Port\":20004"),
        "nobody listens there, but it is named"
    );
    assert!(agent.ends_after("INT").success());
}

#[test]
fn addresses_may_be_several_and_templates() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.hcl");
    std::fs::write(&path, "client_addr = \"{{ GetInterfaceIP \\\"lo\\\" }} 127.0.0.2\"\nports { http = 0 }").unwrap();
    let agent = Agent::start(&["agent", "-dev", "-config-file", path.to_str().unwrap()]);
    assert!(agent.address.starts_with("127.0.0.1:"), "{}", agent.address);
    for (text, expected) in [
        ("{{ GetInterfaceIP \\\"none0\\\" }}", "which GetInterfaceIP: there is no interface \"none0\""),
        ("{{ GetNothing }}", "which uses GetNothing, which muster does not have"),
        ("unix:///run/x.sock", "only addresses.http may be a socket"),
    ] {
        std::fs::write(&path, format!("node_name = \"n\"\nclient_addr = \"{text}\"")).unwrap();
        let (code, line) = refused(&["agent", "-dev", "-config-file", path.to_str().unwrap()]);
        assert!(code == 1 && line.contains(":2:1: key \"client_addr\" is ") && line.contains(expected), "{line}");
    }
}

#[test]
fn files_say_how_requests_are_taken() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.hcl");
    let start = "-dev -http-port 0 -config-file".split(' ');
    let arguments: Vec<_> = ["agent"].into_iter().chain(start).chain([path.to_str().unwrap()]).collect();
    let text = "http_config { response_headers { X-Own = \"yes\" } block_endpoints = [\"/v1/kv\"] \
                max_header_bytes = 5000 }\n\
                limits { kv_max_value_size = 3 request_limits { mode = \"enforcing\" write_rate = 0 } }";
    std::fs::write(&path, text).unwrap();
    let agent = Agent::start(&arguments);
    let answer = agent.ask("GET", "/v1/status/leader", "");
    assert!(answer.to_lowercase().contains("x-own: yes"), "{answer}");
    let answer = agent.ask("GET", "/v1/kv/a", "");
    assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    let answer = agent.ask("PUT", "/v1/session/create", "");
    assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
    assert!(agent.ask("GET", "/v1/session/list", "").starts_with("HTTP/1.1 200"));
    let answer = agent.ask("GET", &format!("/v1/status/leader?{}", "x".repeat(10_000)), "");
    assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
    for (text, expected) in [
        (
            "http_config { allow_write_http_from = [\"here\"] }",
            "1:15: key \"http_config.allow_write_http_from\" has \"here\"",
        ),
        (
            "http_config { response_headers { \"a b\" = \"x\" } }",
            "1:15: key \"http_config.response_headers\" has \"a b\"",
        ),
        (
            "http_config { max_header_bytes = 8388609 }",
            "1:15: key \"http_config.max_header_bytes\" is 8388609: 0 to 8388608 would be right",
        ),
        ("limits { kv_max_value_size = -1 }", "1:10: key \"limits.kv_max_value_size\" is -1"),
        (
            "limits { request_limits { mode = \"on\" } }",
            "1:27: key \"limits.request_limits.mode\" is \"on\": enforcing, permissive or disabled would be right",
        ),
        ("session_ttl_min = \"-1s\"", "1:1: key \"session_ttl_min\" is -1s: no time is below 0s"),
        ("default_query_time = \"-1s\"", "1:1: key \"default_query_time\" is -1s: no time is below 0s"),
        ("max_query_time = \"-1s\"", "1:1: key \"max_query_time\" is -1s: no time is below 0s"),
        ("check_update_interval = \"-1s\"", "1:1: key \"check_update_interval\" is -1s: no time is below 0s"),
        ("check_deregister_interval_min = \"-1s\"", "is -1s: no time is below 0s"),
        ("telemetry { prometheus_retention_time = \"-1s\" }", "is -1s: no time is below 0s"),
        ("syslog_facility = \"x\"", "1:1: key \"syslog_facility\" is \"x\": LOCAL0 to LOCAL7,"),
        (
            "advertise_addr_wan_ipv6 = \"10.0.0.1\"",
            "1:1: key \"advertise_addr_wan_ipv6\" is 10.0.0.1, which is not of IPv6",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        let (_, line) = refused(&arguments);
        assert!(line.contains(expected), "{line}");
    }
}

/// The number of the status that is answered.
fn status(agent: &Agent, method: &str, path: &str, body: &str) -> String {
    agent.ask(method, path, body)[9..12].to_owned()
}

#[test]
fn a_transaction_counts_as_a_write_and_neither_dns_nor_the_agents_own_count() {
    let start = |limits: &str| {
        let limits = format!("limits {{ request_limits {{ mode = \"enforcing\" {limits} }} }}");
        Agent::start(&["agent", "-dev", "-http-port", "0", "-dns-port", "0", "-hcl", &limits])
    };
    let reads_only = r#"[{"KV":{"Verb":"get-or-empty","Key":"a"}}]"#;
    let no_reads = start("read_rate = 0");
    assert_eq!(status(&no_reads, "GET", "/v1/kv/a?keys", ""), "429");
    assert_eq!(status(&no_reads, "PUT", "/v1/txn", reads_only), "200");
    let no_writes = start("write_rate = 0");
    assert_eq!(status(&no_writes, "GET", "/v1/catalog/nodes", ""), "200");
    assert_eq!(status(&no_writes, "PUT", "/v1/txn", reads_only), "503");
    assert_eq!(status(&no_writes, "POST", "/v1/txn", reads_only), "405", "what is refused before counts for nothing");

    let nothing = start("read_rate = 0 write_rate = 0");
    let service = r#"{"Name":"web","Address":"10.1.2.3","Port":80}"#;
    assert_eq!(status(&nothing, "PUT", "/v1/agent/service/register", service), "200");
    assert_eq!(status(&nothing, "GET", "/v1/agent/services", ""), "200");
    // That it is found there also says that the agent's services reached the registry.
    let dns = nothing.line.split("DNS on ").nth(1).unwrap_or_else(|| panic!("{}", nothing.line));
    let dns = dns.split([' ', ',', '\n']).next().unwrap();
    let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let name = b"\x03web\x07service\x06consul\0";
    let question = [&b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0"[..], name, b"\0\x01\0\x01"].concat();
    let mut answer = [0; 512];
    let patience = Duration::from_secs(120);
    socket.set_read_timeout(Some(patience)).unwrap();
    let deadline = Instant::now() + patience;
    loop {
        socket.send_to(&question, dns).unwrap();
        let length = socket.recv(&mut answer).unwrap();
        if answer[..length].ends_with(&[10, 1, 2, 3]) {
            break;
        }
        assert!(Instant::now() < deadline, "{:?}", &answer[..length]);
    }
}

#[test]
fn logs_go_to_a_file_besides() {
    let directory = tempfile::tempdir().unwrap();
    let logs = directory.path().join("logs/own.log");
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0", "-rejoin", "-log-file", logs.to_str().unwrap()]);
    let file = std::fs::read_dir(directory.path().join("logs")).unwrap().next().unwrap().unwrap().path();
    assert!(std::fs::read_to_string(file).unwrap().contains("rejoin_after_leave"), "written before the agent was up");
    assert!(agent.ends_after("INT").success());
    let (code, line) = refused(&["agent", "-dev", "-log-file", "/proc/nowhere/own.log"]);
    assert!(code == 1 && line.starts_with("cannot write log file /proc/nowhere/own.log: "), "{line}");
}

#[test]
fn validate_says_what_agent_would() {
    let directory = tempfile::tempdir().unwrap();
    let good = directory.path().join("good.hcl");
    std::fs::write(&good, "server = true\nbootstrap = true\ndata_dir = \"/nowhere\"\n").unwrap();
    let validate = |arguments: &[&str]| {
        let output = muster(&[&["validate"], arguments].concat()).output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    };
    let good = good.to_str().unwrap();
    assert_eq!(validate(&[good]), (0, "Configuration is valid!\n".to_owned(), String::new()));
    assert_eq!(validate(&["-quiet", directory.path().to_str().unwrap()]), (0, String::new(), String::new()));
    std::fs::write(directory.path().join("more.json"), r#"{"ports":{"http":"x"}}"#).unwrap();
    let (code, _, told) = validate(&[directory.path().to_str().unwrap()]);
    assert!(
        code == 1
            && told.starts_with("Config validation failed: ")
            && told.contains("more.json:1:18: key \"ports.http\""),
        "{told}"
    );
    let alone = directory.path().join("alone.json");
    for (text, expected) in [
        (r#"{"log_level":"loud"}"#, "key \"log_level\" is \"loud\": "),
        (r#"{"node_id":"x"}"#, "key \"node_id\" is \"x\": "),
        (r#"{"recursors":["x"]}"#, "key \"recursors\" has \"x\": "),
        (r#"{"services":[null]}"#, "key \"services\" is null: "),
    ] {
        std::fs::write(&alone, text).unwrap();
        let (code, _, told) = validate(&[good, alone.to_str().unwrap()]);
        assert!(code == 1 && told.contains(expected), "{told}");
    }
    let (code, _, told) = validate(&[]);
    assert!(code == 1 && told.starts_with("Must specify at least one config file or directory"), "{told}");
}

#[test]
fn logs_are_json_when_asked_for() {
    let mut process = muster(&["agent", "-dev", "-http-port", "0", "-log-json", "-rejoin"])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stderr.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(line.starts_with(r#"{"@timestamp":"20"#) && line.contains(r#""@level":"warn""#), "{line}");
    assert!(line.contains("rejoin_after_leave") && line.ends_with("}\n"), "{line}");
}

#[test]
fn under_the_name_consul_an_open_address_works() {
    let directory = tempfile::tempdir().unwrap();
    let consul = directory.path().join("consul");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_muster"), &consul).unwrap();
    let mut process = Command::new(&consul)
        .args(["agent", "-dev", "-client", "0.0.0.0", "-http-port", "0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
    process.kill().unwrap();
    process.wait().unwrap();
    assert!(line.contains("http://0.0.0.0:"), "{line}");
    let version = Command::new(&consul).args(["version", "-format=json"]).output().unwrap();
    assert!(String::from_utf8(version.stdout).unwrap().contains("\"Version\":\"1.21.4\""));
}
