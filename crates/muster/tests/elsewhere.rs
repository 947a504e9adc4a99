//! `muster up` at a registry that runs already.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use agent::{Agent, muster, refused};

#[test]
fn a_port_that_a_registry_has_is_named_with_the_way_out() {
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0"]);
    let port = agent.address.rsplit(':').next().unwrap().to_owned();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let (code, line) = refused(&["up", "-http-port", &port, "-data-dir", data.to_str().unwrap()]);
    assert_eq!(code, 1);
    let expected = format!(
        "cannot listen on 127.0.0.1:{port} (the HTTP port): process {} (muster) has it; end that one, or choose another \
         port with -http-port; a registry with Consul's API answers there: muster up --registry consul://127.0.0.1:{port} \
         works at it",
        agent.process.id()
    );
    assert_eq!(line, expected);
    assert!(!data.exists(), "nothing was written");
}

#[test]
fn templates_are_rendered_from_the_registry_that_is_named() {
    let agent = Agent::start(&["agent", "-dev", "-http-port", "0"]);
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"web","Port":81}"#);
    let directory = tempfile::tempdir().unwrap();
    let (source, out) = (directory.path().join("in.ctmpl"), directory.path().join("out"));
    std::fs::write(&source, "{{ range service \"web\" }}{{ .Port }}{{ end }} {{ env \"CONSUL_HTTP_ADDR\" }}").unwrap();
    let spec = format!("{}:{}:echo rendered", source.display(), out.display());
    let uri = format!("consul://{}", agent.address);
    let mut process = muster(&["up", "-registry", &uri, "-template", &spec])
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let told = lines.find(|line| line == "rendered" || line.is_empty());
    process.kill().unwrap();
    process.wait().unwrap();
    assert_eq!(told.as_deref(), Some("rendered"));
    assert_eq!(std::fs::read_to_string(&out).unwrap(), format!("81 http://{}", agent.address));
}

#[test]
fn flags_about_a_registry_of_ones_own_are_refused_beside_another() {
    for (flag, value) in [("-data-dir", "/nowhere"), ("-http-port", "1"), ("-node", "n"), ("-expose-to", "bridge")] {
        let (code, line) = refused(&["up", "-registry", "consul://127.0.0.1:1", flag, value]);
        assert!(code == 1 && line.starts_with(&format!("{flag} is about a registry of muster's own")), "{line}");
    }
    let (_, line) = refused(&["up", "-registry", "etcd://127.0.0.1"]);
    assert!(line.contains("registry backend etcd:// is not there yet"), "{line}");
}
