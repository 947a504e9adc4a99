//! muster on a real Docker engine that belongs to the test alone.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use muster_testbed::registry::Registry;
use serde_json::{Value, json};

const PATIENCE: Duration = Duration::from_secs(120);

fn binary(name: &str) -> PathBuf {
    muster_testbed::engine::required();
    PathBuf::from(std::env::var_os("MUSTER_TEST_BINARIES").unwrap()).join(name)
}

fn demo(arguments: &[&str]) -> std::process::Output {
    let cache = std::env::var_os("MUSTER_TEST_CACHE").unwrap();
    Command::new(binary("muster-demo")).arg("--cache").arg(cache).args(arguments).stdin(Stdio::null()).output().unwrap()
}

fn docker(arguments: &[&str]) -> String {
    let output = Command::new("docker").args(arguments).output().unwrap();
    assert!(output.status.success(), "docker {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A muster process; killed when dropped.
struct Process(Child);

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(binary("muster"));
        Self(command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A container; removed when dropped.
struct Container(String);

impl Container {
    fn web(name: &str) -> Self {
        Self::run(name, &[])
    }

    fn run(name: &str, arguments: &[&str]) -> Self {
        static IMAGES: std::sync::Once = std::sync::Once::new();
        IMAGES.call_once(|| assert!(demo(&["--images"]).status.success(), "the images cannot be built"));
        docker(&[&["run", "-d", "--name", name, "-p", "4000"], arguments, &["muster-demo/web"]].concat());
        Self(name.to_owned())
    }

    /// The port on the host that Docker chose.
    fn port(&self) -> String {
        let text = docker(&["port", &self.0, "4000/tcp"]);
        text.lines().next().unwrap().rsplit_once(':').unwrap().1.to_owned()
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        let _ = Command::new("docker").args(["rm", "-f", &self.0]).stdout(Stdio::null()).status();
    }
}

/// The ports of service `web` as the registry at `port` lists them.
fn registered(port: &str) -> Result<Vec<String>, String> {
    let registry = Registry::at(format!("127.0.0.1:{port}").parse().unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let instances = runtime.block_on(registry.instances("web")).map_err(|error| error.to_string())?;
    Ok(instances.list.iter().map(|instance| instance.port.to_string()).collect())
}

fn assert_nothing_of_the_demo_is_left() {
    for list in [&["ps", "-aq"][..], &["volume", "ls", "-q"], &["network", "ls", "-q"]] {
        let filtered = [list, &["--filter", "label=muster.demo=1"]].concat();
        assert_eq!(docker(&filtered), "", "{list:?}");
    }
    // This engine's processes are the only ones seen here: its namespace has its own /proc.
    let own = [binary("muster"), binary("muster-demo")];
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let left: Vec<_> = processes.filter_map(|entry| std::fs::read_link(entry.path().join("exe")).ok()).collect();
    assert!(left.iter().all(|program| !own.contains(program)), "{left:?}");
}

fn until(what: &str, mut holds: impl FnMut() -> Result<(), String>) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(found) = holds() {
        assert!(Instant::now() < deadline, "{what}: {found}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn until_registered(registry: &str, wanted: &[String]) {
    until("the registry lists what runs", || {
        let mut found = registered(registry)?;
        let mut wanted = wanted.to_vec();
        found.sort();
        wanted.sort();
        if found == wanted { Ok(()) } else { Err(format!("{found:?} instead of {wanted:?}")) }
    });
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn a_the_demo_proves_itself_and_leaves_nothing() {
    let output = demo(&["--exit"]);
    let text = String::from_utf8_lossy(&output.stdout);
    println!("{text}");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(text.contains("| up-registry-empty |"), "every step was played");
    assert_nothing_of_the_demo_is_left();
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn b_a_restarted_container_is_registered_on_its_new_port_and_no_ghost_stays() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let _up =
        Process::start(&["up", "--data-dir", directory.to_str().unwrap(), "--http-port", "18610", "--dns-port", "0"]);
    let web = Container::web("restarted");
    until_registered("18610", &[web.port()]);
    for _ in 0..5 {
        docker(&["restart", "-t", "0", "restarted"]);
        until_registered("18610", &[web.port()]);
    }
    docker(&["kill", "restarted"]);
    until_registered("18610", &[]);
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn c_a_registrator_waits_for_its_registry_and_its_restart_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let web = Container::web("early");
    let arguments = ["registrator", "-retry-attempts", "-1", "-retry-interval", "100", "consul://127.0.0.1:18611"];
    let registrator = Process::start(&arguments);
    let directory = directory.to_str().unwrap();
    let _registry =
        Process::start(&["agent", "-bootstrap", "-data-dir", directory, "-http-port", "18611", "-dns-port", "0"]);
    until_registered("18611", &[web.port()]);
    drop(registrator);
    docker(&["rm", "-f", "early"]);
    let late = Container::web("late");
    let _again = Process::start(&arguments);
    until_registered("18611", &[late.port()]);
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn d_an_interrupted_demo_leaves_nothing() {
    let cache = std::env::var_os("MUSTER_TEST_CACHE").unwrap();
    let mut command = Command::new(binary("muster-demo"));
    command.arg("--cache").arg(cache).args(["--steps", "first-start,scale-5"]);
    let mut demo = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    // Compose is in the middle of making four containers then.
    let scaling = lines.by_ref().map(Result::unwrap).any(|line| line.starts_with("[ 2/2]"));
    assert!(scaling, "the demo ended before its second step");
    let pid = demo.id().to_string();
    assert!(Command::new("sh").args(["-c", "kill -TERM $0", &pid]).status().unwrap().success());
    let rest: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(demo.wait().unwrap().code(), Some(143), "{rest:?}");
    assert_nothing_of_the_demo_is_left();
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn e_a_template_that_does_not_parse_leaves_the_old_file_and_is_named_with_its_line() {
    let directory = tempfile::tempdir().unwrap();
    let (template, output) = (directory.path().join("lb.ctmpl"), directory.path().join("lb.conf"));
    let render = || {
        let argument = format!("-template={}:{}", template.display(), output.display());
        let mut command = Command::new(binary("muster"));
        command.arg0("consul-template").args(["-once", "-consul=127.0.0.1:18613", &argument]).output().unwrap()
    };
    let data = directory.path().join("data");
    let data = data.to_str().unwrap();
    let _registry =
        Process::start(&["agent", "-bootstrap", "-data-dir", data, "-http-port", "18613", "-dns-port", "0"]);
    std::fs::write(&template, "{{range service \"none\"}}{{.Port}}{{end}}served\n").unwrap();
    let good = render();
    assert!(good.status.success(), "{good:?}");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "served\n");

    std::fs::write(&template, "served\nby {{range service \"none\"}}\n{{.Port}\n").unwrap();
    let bad = render();
    assert_eq!(bad.status.code(), Some(14));
    let errors = String::from_utf8_lossy(&bad.stderr).into_owned();
    assert!(errors.contains(&format!("{}:3: ", template.display())), "{errors}");
    assert_eq!(std::fs::read_to_string(&output).unwrap(), "served\n");
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn f_up_runs_for_a_user_of_the_group_docker_and_picks_up_an_engine_that_appears() {
    let engine = muster_testbed::engine::required();
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    // A user's own files, and a way to the engine's socket, which stands in a directory of root's.
    for (path, mode) in [(engine.as_path(), 0o711), (directory, 0o777)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let program = directory.join("muster");
    std::fs::copy(binary("muster"), &program).unwrap();
    let socket = directory.join("docker.sock");
    let group = std::fs::metadata(engine.join("docker.sock")).unwrap().gid().to_string();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", "65534", "--regid", "65534", "--groups", &group]).arg(&program);
    command.args(["up", "--http-port", "18614"]).env("HOME", directory).env_remove("XDG_DATA_HOME");
    command.env("DOCKER_HOST", format!("unix://{}", socket.display()));
    let mut up = Process(command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap());
    let mut lines = BufReader::new(up.0.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("muster up: this host is 10.231.0.2 (default route"));
    let registry = lines.next().unwrap();
    assert!(registry.ends_with(&format!("{}/.local/share/muster", directory.display())), "{registry}");
    assert!(lines.next().unwrap().trim_start().starts_with("names"));
    assert!(lines.next().unwrap().ends_with("picked up when it appears"));
    let web = Container::web("of-a-user");
    std::os::unix::fs::symlink(engine.join("docker.sock"), &socket).unwrap();
    until_registered("18614", &[web.port()]);
    assert!(lines.next().unwrap().ends_with(": 1 service registered"));
    let owner = std::fs::metadata(directory.join(".local/share/muster/journal.redb")).unwrap().uid();
    assert_eq!(owner, 65534);
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
#[allow(clippy::zombie_processes, reason = "the engine's first process waits for it")]
fn g_a_restarted_engine_leaves_no_ghost_and_no_duplicate() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let _up = Process::start(&["up", "--data-dir", directory.to_str().unwrap(), "--http-port", "18615"]);
    let comes_back = Container::run("comes-back", &["--restart", "always"]);
    let stays_away = Container::web("stays-away");
    until_registered("18615", &[comes_back.port(), stays_away.port()]);
    let pid = std::fs::read_to_string("/run/docker.pid").unwrap();
    let process = format!("/proc/{}", pid.trim());
    let words = std::fs::read(format!("{process}/cmdline")).unwrap();
    let words: Vec<_> = words.split(|byte| *byte == 0).filter(|word| !word.is_empty()).map(OsStr::from_bytes).collect();
    assert!(Command::new("kill").args(["-s", "TERM", pid.trim()]).status().unwrap().success());
    until("dockerd is gone", || match std::fs::exists(&process) {
        Ok(false) => Ok(()),
        other => Err(format!("{other:?}")),
    });
    until_registered("18615", &[]);
    // It stays for the tests after this one; all in here ends together.
    let mut dockerd = Command::new(words[0]);
    dockerd.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("dockerd answers", || {
        let output = Command::new("docker").arg("version").output().unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    });
    until_registered("18615", &[comes_back.port()]);
}

/// What a registry answers; the body is JSON or nothing.
fn ask(port: &str, method: &str, target: &str, body: &str) -> Result<Value, String> {
    let told = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).map_err(told)?;
    let length = body.len();
    let head =
        format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(format!("{head}{body}").as_bytes()).map_err(told)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).map_err(told)?;
    let (head, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
    if !head.starts_with("HTTP/1.1 200") {
        return Err(answer);
    }
    Ok(if body.is_empty() { Value::Null } else { serde_json::from_str(body).map_err(|error| error.to_string())? })
}

/// Waits until a check has this status and output.
fn until_check(port: &str, id: &str, status: &str, output: &str) {
    until(&format!("{id} is {status}"), || {
        let checks = ask(port, "GET", "/v1/agent/checks", "")?;
        let check = &checks[id];
        let found = (check["Status"].as_str().unwrap_or("none"), check["Output"].as_str().unwrap_or("none"));
        if found.0 == status && found.1.contains(output) { Ok(()) } else { Err(format!("{found:?}")) }
    });
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn h_checks_of_containers_are_run_from_outside_and_inside() {
    let data = tempfile::tempdir().unwrap();
    let directory = data.path().join("data");
    let directory = directory.to_str().unwrap();
    let _up = Process::start(&["up", "--data-dir", directory, "--http-port", "18616", "--enable-script-checks"]);
    let checked = ["-e", "SERVICE_CHECK_HTTP=/health", "-e", "SERVICE_CHECK_INTERVAL=1s"];
    let web = Container::run("checked", &checked);
    until_registered("18616", &[web.port()]);
    let services = ask("18616", "GET", "/v1/health/service/web", "").unwrap();
    let id = services[0]["Service"]["ID"].as_str().unwrap().to_owned();
    until_check("18616", &format!("service:{id}"), "passing", "200 OK");
    until_check("18616", &format!("muster-owner:{id}"), "passing", "");

    // The application's image has no shell.
    let shell = Container("shell".to_owned());
    let container = docker(&["run", "-d", "--name", "shell", "muster-demo/base", "/bin/sleep", "1000"]);
    let inside = json!({
        "Name": "inside", "DockerContainerID": container, "Interval": "1s",
        "Args": ["/bin/sh", "-c", "cat /tmp/state; test ! -e /tmp/state"],
    });
    ask("18616", "PUT", "/v1/agent/check/register", &inside.to_string()).unwrap();
    until_check("18616", "inside", "passing", "No such file");
    docker(&["exec", "shell", "/bin/sh", "-c", "echo worn > /tmp/state"]);
    until_check("18616", "inside", "warning", "worn\n");
    drop(shell);
    until_check("18616", "inside", "critical", "");
    drop(web);
    until_registered("18616", &[]);
}

/// A registry of the test's own, in memory: muster's, or the real Consul that MUSTER_PEER_CONSUL names.
fn registry_on(port: &str, peer: Option<&OsStr>) -> Process {
    let Some(peer) = peer else {
        return Process::start(&["agent", "-dev", "-node", "n1", "-http-port", port, "-dns-port", "0"]);
    };
    let mut command = Command::new(peer);
    command.args(["agent", "-dev", "-node", "n1", "-http-port", port, "-dns-port", "-1", "-grpc-port", "-1"]);
    command.args(["-grpc-tls-port", "-1", "-bind", "127.0.0.1", "-log-level", "err"]);
    Process(command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap())
}

/// What service `web`'s checks say, by ID.
fn statuses(port: &str) -> Result<Vec<(String, String)>, String> {
    let checks = ask(port, "GET", "/v1/health/checks/web", "")?;
    let text = |check: &Value, name: &str| check[name].as_str().unwrap_or_default().to_owned();
    let rows = checks.as_array().ok_or("no list")?;
    Ok(rows.iter().map(|check| (text(check, "CheckID"), text(check, "Status"))).collect())
}

fn until_followed(port: &str, status: &str) -> String {
    let mut instance = String::new();
    until(&format!("the instance is {status}"), || {
        let found = statuses(port)?;
        let [(id, told)] = &found[..] else { return Err(format!("{found:?}")) };
        instance.clone_from(id);
        if id.starts_with("muster-owner:") && told == status { Ok(()) } else { Err(format!("{found:?}")) }
    });
    instance
}

#[test]
#[ignore = "needs the test engine: make test runs it"]
fn i_instances_of_a_killed_registrar_are_critical_until_it_is_back() {
    let peer = std::env::var_os("MUSTER_PEER_CONSUL");
    for (port, peer) in [("18617", None), ("18618", peer.as_deref())] {
        if port == "18618" && peer.is_none() {
            continue;
        }
        let _registry = registry_on(port, peer);
        let web = Container::web("followed");
        let target = format!("consul://127.0.0.1:{port}");
        let arguments = ["registrator", "-retry-attempts", "-1", "-retry-interval", "100", &target];
        let registrar = Process::start(&arguments);
        until_registered(port, &[web.port()]);
        let instance = until_followed(port, "passing");
        // Dropping it is SIGKILL: it takes nothing out.
        drop(registrar);
        until_followed(port, "critical");
        assert_eq!(registered(port).unwrap(), [web.port()], "critical, not gone");
        let _again = Process::start(&arguments);
        assert_eq!(until_followed(port, "passing"), instance, "the same instance");
        assert_eq!(registered(port).unwrap(), [web.port()]);
        println!("e2e: {instance} followed its registrar in {}", peer.map_or("muster".into(), OsStr::to_string_lossy));
    }
}
