//! muster's images on a real Docker engine: built without a registry, found by name, stopped at once.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Once;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(120);
const REGISTRY: &str = "consul:latest";
const REGISTRATOR: &str = "gliderlabs/registrator:latest";
const TEMPLATE: &str = "hashicorp/consul-template:latest";
const WEB: &str = "hanzel/tutum-nodejs-redis";

fn build(arguments: &[&str]) -> Output {
    muster_testbed::engine::required();
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let binaries = PathBuf::from(std::env::var_os("MUSTER_TEST_BINARIES").unwrap());
    let mut command = Command::new(repository.join("scripts/images"));
    command.args(arguments).env("MUSTER_BINARIES", binaries).output().unwrap()
}

fn images() {
    static BUILT: Once = Once::new();
    BUILT.call_once(|| {
        let output = build(&["consul", "registrator", "consul-template", "web"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    });
}

fn try_docker(arguments: &[&str]) -> Output {
    Command::new("docker").args(arguments).output().unwrap()
}

fn docker(arguments: &[&str]) -> String {
    let output = try_docker(arguments);
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Containers and networks of one test; removed when dropped.
#[derive(Default)]
struct Made(Vec<[String; 2]>);

impl Made {
    fn network(&mut self, name: &str) {
        docker(&["network", "create", name]);
        self.0.insert(0, ["network".to_owned(), name.to_owned()]);
    }

    fn run(&mut self, name: &str, arguments: &[&str]) {
        images();
        docker(&[&["run", "--detach", "--name", name], arguments].concat());
        self.0.push(["container".to_owned(), name.to_owned()]);
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        for [kind, name] in self.0.iter().rev() {
            match kind.as_str() {
                "container" => try_docker(&["rm", "--force", "--volumes", name]),
                _ => try_docker(&["network", "rm", name]),
            };
        }
    }
}

/// Its exit code and its one line.
fn health(container: &str) -> (i32, String) {
    let output = try_docker(&["exec", container, "/bin/muster", "healthcheck"]);
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap().trim().to_owned())
}

fn until_healthy(container: &str) -> String {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match health(container) {
            (0, line) => return line,
            (code, line) => assert!(Instant::now() < deadline, "{container}: {code} {line}"),
        }
    }
}

/// What Docker's own record says of how it ended after `docker stop`.
fn stopped(container: &str) -> String {
    docker(&["stop", "--time", "20", container]);
    docker(&["inspect", "--format", "{{.State.ExitCode}}", container])
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn names_on_a_user_network_are_found_from_scratch() {
    let mut made = Made::default();
    made.network("names");
    made.run("registry", &["--network", "names", REGISTRY, "-bootstrap"]);
    until_healthy("registry");
    let socket = format!("{}:/tmp/docker.sock", docker_socket());
    made.run("registrator", &["--network", "names", "--volume", &socket, REGISTRATOR, "consul://registry:8500"]);
    assert!(until_healthy("registrator").contains("the registry at registry:8500"));
    made.run("app", &["--publish", "4000", WEB]);
    let port = docker(&["port", "app", "4000/tcp"]);
    let port = port.lines().next().unwrap().rsplit_once(':').unwrap().1.to_owned();

    // With -once it waits for nothing but the first answer, so it is asked until the container is in it.
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("in"), "{{range service \"tutum-nodejs-redis\"}}{{.Port}}\n{{end}}").unwrap();
    let volume = format!("{}:/templates", directory.path().display());
    let deadline = Instant::now() + PATIENCE;
    loop {
        let run = ["run", "--rm", "--network", "names", "--volume", &volume, TEMPLATE, "-once"];
        docker(&[&run[..], &["-consul=registry:8500", "-template=/templates/in:/templates/out"]].concat());
        let rendered = std::fs::read_to_string(directory.path().join("out")).unwrap();
        if rendered.trim() == port {
            break;
        }
        assert!(Instant::now() < deadline, "port {port} runs, {rendered:?} is rendered");
    }
}

fn docker_socket() -> String {
    std::env::var("DOCKER_HOST").unwrap().strip_prefix("unix://").unwrap().to_owned()
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn the_registry_is_no_root_keeps_its_volume_and_stops_by_sigterm() {
    let mut made = Made::default();
    made.run("kept", &["--hostname", "manager1", REGISTRY, "-bootstrap"]);
    let line = until_healthy("kept");
    assert_eq!(line, "the registry at 127.0.0.1:8500 answers and takes writes");
    assert_eq!(docker(&["inspect", "--format", "{{.Config.User}}", "kept"]), "100:1000");
    let processes = docker(&["top", "kept", "-o", "pid,uid"]);
    assert!(processes.lines().skip(1).all(|line| line.split_whitespace().nth(1) == Some("100")), "{processes}");
    assert_eq!(stopped("kept"), "0", "137 would be a SIGKILL after the grace");
    docker(&["start", "kept"]);
    until_healthy("kept");
    let volume = docker(&["inspect", "--format", "{{range .Mounts}}{{.Destination}}{{end}}", "kept"]);
    assert_eq!(volume, "/consul/data");
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn a_registrator_is_healthy_only_while_both_its_ends_answer() {
    let mut made = Made::default();
    made.network("ends");
    made.run("end", &["--network", "ends", REGISTRY, "-bootstrap"]);
    until_healthy("end");
    let socket = format!("{}:/tmp/docker.sock", docker_socket());
    made.run("between", &["--network", "ends", "--volume", &socket, REGISTRATOR, "consul://end:8500"]);
    until_healthy("between");
    docker(&["stop", "end"]);
    let (code, line) = health("between");
    assert_eq!((code, line.lines().count()), (1, 1), "{line}");
    assert!(line.starts_with("the registry at end:8500"), "{line}");
    assert_eq!(stopped("between"), "0");
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn an_image_of_somebody_else_is_left_alone() {
    images();
    // What is imported has no label of ours.
    let archive = tempfile::NamedTempFile::new().unwrap();
    assert!(
        Command::new("tar").args(["-cf"]).arg(archive.path()).args(["-T", "/dev/null"]).status().unwrap().success()
    );
    docker(&["import", archive.path().to_str().unwrap(), "redis:latest"]);
    let before = docker(&["image", "inspect", "--format", "{{.Id}}", "redis:latest"]);
    let output = build(&["redis"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said.trim(), "images: redis:latest is there and was not built here; --force puts this one in its place");
    assert_eq!(docker(&["image", "inspect", "--format", "{{.Id}}", "redis:latest"]), before);
}
