//! `registrator`, `template` and `up` as their users run them, as far as no Docker engine is needed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

fn muster() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_muster"))
}

/// A link to muster by an old tool's name.
fn named(directory: &Path, name: &str) -> PathBuf {
    let link = directory.join(name);
    std::os::unix::fs::symlink(muster(), &link).unwrap();
    link
}

/// Runs to its end; exit code, stdout, first line of stderr.
fn run(program: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_remove("MUSTER_LOG")
        .env_remove("CONSUL_HTTP_ADDR")
        .env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!stderr.contains("panicked"), "{stderr}");
    let line = stderr.lines().next().unwrap_or_default().to_owned();
    (status.code().unwrap_or(-1), String::from_utf8(stdout).unwrap(), line)
}

/// A process with its lines of stdout; killed when dropped.
struct Running {
    process: Child,
    lines: BufReader<std::process::ChildStdout>,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let mut process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    fn terminate(&mut self) -> std::process::ExitStatus {
        self.signal("TERM");
        self.process.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn registry() -> (Running, String) {
    let mut running = Running::start(Command::new(muster()).args(["agent", "-dev", "-http-port", "0"]));
    let line = running.line();
    let address = line.split("http://").nth(1).unwrap().split([' ', ',']).next().unwrap().to_owned();
    (running, address)
}

fn put(address: &str, path: &str, body: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let length = body.len();
    write!(stream, "PUT {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

/// So long may what has to come take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until the agent has a service whose registration has this in it.
fn until_registered(address: &str, part: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = get(address, "/v1/agent/services");
        if found.contains(part) {
            return;
        }
        assert!(Instant::now() < deadline, "{found}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Waits until `path` holds `text`; what it holds instead if it never does.
fn until_file_holds(path: &Path, text: &str) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = std::fs::read_to_string(path).unwrap_or_default();
        if found == text {
            return;
        }
        assert!(Instant::now() < deadline, "{} holds {found:?}", path.display());
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_hangup_has_templates_read_anew_and_a_bad_one_leaves_those_from_before() {
    let directory = tempfile::tempdir().unwrap();
    let (_registry, address) = registry();
    let (source, out) = (directory.path().join("in.ctmpl"), directory.path().join("out"));
    std::fs::write(&source, "one").unwrap();
    let consul_template = named(directory.path(), "consul-template");
    let mut command = Command::new(&consul_template);
    command.arg(format!("-consul={address}")).arg(format!("-template={}:{}", source.display(), out.display()));
    let mut rendering = Running::start(command.stderr(Stdio::piped()));
    until_file_holds(&out, "one");
    std::fs::write(&source, "two{{range service \"web\"}} {{.Port}}{{end}}").unwrap();
    rendering.signal("HUP");
    until_file_holds(&out, "two");

    std::fs::write(&source, "three\n{{range}}").unwrap();
    rendering.signal("HUP");
    let mut errors = BufReader::new(rendering.process.stderr.take().unwrap()).lines();
    let refusal = errors.find(|line| line.as_ref().unwrap().contains("those from before stay")).unwrap().unwrap();
    assert!(refusal.contains(&format!("{}:2:", source.display())), "{refusal}");
    put(&address, "/v1/agent/service/register", r#"{"Name":"web","Address":"10.0.0.1","Port":80}"#);
    until_file_holds(&out, "two 80");
    assert!(rendering.terminate().success());
}

#[test]
fn a_hangup_ends_neither_registrator_nor_up() {
    let directory = tempfile::tempdir().unwrap();
    let (_registry, address) = registry();
    let registrator = named(directory.path(), "registrator");
    let mut command = Command::new(&registrator);
    command.arg(format!("consul://{address}")).env("DOCKER_HOST", "unix:///nowhere/docker.sock");
    let mut registering = Running::start(command.stderr(Stdio::piped()));
    // It listens for signals before it looks for the engine.
    let mut said = BufReader::new(registering.process.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    assert!(line.contains("/nowhere/docker.sock"), "{line}");
    registering.signal("HUP");
    assert!(registering.terminate().success());

    let mut command = Command::new(muster());
    command.args(["up", "-http-port", "0", "--data-dir"]).arg(directory.path().join("data"));
    let mut up = Running::start(command.env("DOCKER_HOST", "unix:///nowhere/docker.sock"));
    up.line();
    up.line();
    up.line();
    assert!(up.line().contains("picked up when it appears"));
    up.signal("HUP");
    assert!(up.terminate().success());
}

/// An engine with one container, as Docker 20.10 told it, on this socket; hands out what it is asked.
fn engine(socket: &Path) -> mpsc::Receiver<String> {
    macro_rules! recorded {
        ($name:literal) => {
            include_str!(concat!("../../docker/src/engine/recorded/", $name, "-20.10.json"))
        };
    }
    let answers = [
        ("/version", recorded!("version")),
        ("/info", recorded!("info")),
        ("/containers/json", recorded!("list")),
        ("/json", recorded!("container")),
    ];
    let listener = UnixListener::bind(socket).unwrap();
    let (tell, asked) = mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let tell = tell.clone();
            // A client may hold one open besides that it does not use yet.
            std::thread::spawn(move || {
                let mut stream = BufReader::new(stream.unwrap());
                let lines = stream.by_ref().lines().map_while(Result::ok);
                let head: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
                // One that ended between its connection and its request has asked nothing.
                let Some(request) = head.first() else { return };
                let path = request.split([' ', '?']).nth(1).unwrap().to_owned();
                let body = answers.iter().find(|(end, _)| path.ends_with(end)).map(|(_, body)| body);
                let head = "HTTP/1.1 200 X\r\nContent-Type: application/json\r\n";
                let _ = match body {
                    Some(body) => write!(stream.get_mut(), "{head}Connection: close\r\n\r\n{body}"),
                    None => write!(stream.get_mut(), "{head}\r\n"),
                };
                let _ = tell.send(path);
                if body.is_none() {
                    // Of events it has none to tell, and keeps whoever listens until they go.
                    let _ = stream.read_to_end(&mut Vec::new());
                }
            });
        }
    });
    asked
}

#[test]
fn every_way_to_stop_registrator_is_no_failure_and_leaves_what_it_registered() {
    let directory = tempfile::tempdir().unwrap();
    let (_registry, address) = registry();
    let socket = directory.path().join("docker.sock");
    let asked = engine(&socket);
    let registrator = named(directory.path(), "registrator");
    for signal in ["TERM", "INT", "QUIT"] {
        let mut command = Command::new(&registrator);
        command.arg(format!("consul://{address}")).env("DOCKER_HOST", format!("unix://{}", socket.display()));
        let mut registering = Running::start(&mut command);
        // It listens for signals before it asks the engine.
        while !asked.recv_timeout(PATIENCE).unwrap().ends_with("/events") {}
        until_registered(&address, ":web.1:80\"");
        registering.signal(signal);
        assert_eq!(registering.process.wait().unwrap().code(), Some(0), "{signal}");
        let services = get(&address, "/v1/agent/services");
        assert!(services.contains(":web.1:80\""), "{signal}: {services}");
    }
}

#[test]
fn a_template_follows_the_registry_and_runs_its_command_only_on_change() {
    let directory = tempfile::tempdir().unwrap();
    let (_registry, address) = registry();
    let (source, out, runs) =
        (directory.path().join("in.ctmpl"), directory.path().join("out"), directory.path().join("runs"));
    std::fs::write(&source, "{{range service \"web\"}}{{.Address}}:{{.Port}} {{else}}nobody{{end}}").unwrap();
    let spec = format!("{}:{}:echo run >> {}", source.display(), out.display(), runs.display());
    let consul_template = named(directory.path(), "consul-template");
    let mut rendering = Running::start(
        Command::new(&consul_template).arg(format!("-consul={address}")).arg(format!("-template={spec}")),
    );
    until_file_holds(&out, "nobody");
    until_file_holds(&runs, "run\n");
    put(&address, "/v1/agent/service/register", r#"{"Name":"web","Address":"10.0.0.1","Port":80}"#);
    until_file_holds(&out, "10.0.0.1:80 ");
    until_file_holds(&runs, "run\nrun\n");
    put(&address, "/v1/agent/service/register", r#"{"Name":"other","Port":1}"#);
    put(&address, "/v1/agent/service/deregister/web", "");
    until_file_holds(&out, "nobody");
    until_file_holds(&runs, "run\nrun\nrun\n");
    assert!(rendering.terminate().success(), "SIGTERM stops it");
}

#[test]
fn a_failing_command_never_ends_consul_template() {
    let directory = tempfile::tempdir().unwrap();
    let (_registry, address) = registry();
    let (source, out, gate) =
        (directory.path().join("in.ctmpl"), directory.path().join("out"), directory.path().join("gate"));
    std::fs::write(&source, "{{range services}}{{.Name}} {{end}}").unwrap();
    let spec =
        format!("{}:{}:test -e {} && echo ok > {}.ok", source.display(), out.display(), gate.display(), gate.display());
    let consul_template = named(directory.path(), "consul-template");
    let mut rendering = Running::start(
        Command::new(&consul_template)
            .arg(format!("-consul-addr={address}"))
            .arg(format!("-template={spec}"))
            .stderr(Stdio::null()),
    );
    until_file_holds(&out, "consul ");
    put(&address, "/v1/agent/service/register", r#"{"Name":"web","Port":80}"#);
    until_file_holds(&out, "consul web ");
    assert_eq!(rendering.process.try_wait().unwrap(), None, "it goes on");
    std::fs::write(&gate, "").unwrap();
    until_file_holds(&gate.with_extension("ok"), "ok\n");
    assert!(rendering.terminate().success());
}

#[test]
fn consul_templates_exit_codes_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let consul_template = named(directory.path(), "consul-template");
    let source = directory.path().join("in.ctmpl");
    let refused = |arguments: &[&str]| {
        let (code, _, line) = run(&consul_template, arguments);
        (code, line)
    };
    assert_eq!(refused(&["-zzz"]), (13, "flag provided but not defined: -zzz".into()));
    assert_eq!(refused(&["-template"]), (13, "flag needs an argument: -template".into()));
    assert_eq!(refused(&["-once", "true"]).0, 13);
    assert_eq!(refused(&["-once", "-template", ""]).0, 13);
    let (code, line) = refused(&["-once", "-template", "in.ctmpl"]);
    assert!(code == 14 && line.starts_with("template \"in.ctmpl\" has no destination: "), "{code} {line}");
    for flags in [&["-once"][..], &[]] {
        let (code, line) = refused(flags);
        assert!(code == 13 && line.starts_with("no template is named: "), "{code} {line}");
    }
    let (code, line) = refused(&["-wait", "5s"]);
    assert_eq!((code, line.contains("flag -wait is not supported by this version of muster")), (13, true));
    let spec = format!("{}:{}", source.display(), directory.path().join("out").display());
    let (_registry, address) = registry();
    std::fs::write(&source, "one\n{{nofunc}}").unwrap();
    let (code, line) = refused(&["-once", "-consul-addr", &address, "-template", &spec]);
    assert_eq!(code, 14, "{line}");
    assert!(
        line.contains(&format!("{}:2", source.display())) && line.contains("function \"nofunc\" not defined"),
        "{line}"
    );
    assert!(!directory.path().join("out").exists());
    let (code, out, _) = run(&consul_template, &["-version"]);
    assert_eq!((code, out.starts_with("consul-template v0.42.1")), (0, true));
    let (code, out, _) = run(&consul_template, &["--help"]);
    assert!(code == 0 && out.contains("-consul-addr") && !out.contains("-vault-addr"), "{out}");
}

#[test]
fn registrators_wrong_command_lines_are_told_in_its_words() {
    let directory = tempfile::tempdir().unwrap();
    let registrator = named(directory.path(), "registrator");
    let refused = |arguments: &[&str]| {
        let (code, _, line) = run(&registrator, arguments);
        (code, line)
    };
    assert_eq!(refused(&[]), (2, "Missing required argument for registry URI.".into()));
    let (code, line) = refused(&["consul://127.0.0.1:1", "-ip", "1.2.3.4"]);
    assert_eq!((code, line.starts_with("Extra unparsed arguments: -ip 1.2.3.4")), (2, true), "{line}");
    assert_eq!(refused(&["-nonsense", "consul://x:1"]).0, 2);
    let (code, line) = refused(&["-ttl", "30", "consul://x:1"]);
    assert_eq!((code, line.contains("-ttl")), (1, true), "{line}");
    let (code, line) = refused(&["-deregister", "never", "consul://x:1"]);
    assert_eq!((code, line.as_str()), (1, "-deregister must be \"always\" or \"on-success\""));
    let (code, line) = refused(&["etcd://127.0.0.1:2379"]);
    assert_eq!((code, line.contains("etcd://")), (1, true), "{line}");
    let (code, line) = refused(&["consul://127.0.0.1:1"]);
    assert_eq!((code, line.contains("127.0.0.1:1")), (1, true), "a registry that is not there: {line}");
}

#[test]
fn up_says_what_it_uses_and_goes_on_without_an_engine() {
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data").join("muster");
    let mut up = Running::start(
        Command::new(muster())
            .args(["up", "--http-port", "0", "-ip", "10.9.8.7", "-node", "n1"])
            .env("XDG_DATA_HOME", directory.path().join("data"))
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .stderr(Stdio::null()),
    );
    assert_eq!(up.line(), "muster up: this host is 10.9.8.7 (-ip), node n1\n");
    let line = up.line();
    assert!(line.contains("registry   http://127.0.0.1:") && line.contains(&data.display().to_string()), "{line}");
    let address = line.split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let line = up.line();
    assert!(line.contains("names      DNS on 127.0.0.1:"), "{line}");
    let line = up.line();
    assert!(
        line.contains("engine") && line.contains("/nowhere/docker.sock") && line.contains("picked up when it appears"),
        "{line}"
    );
    put(&address, "/v1/kv/a", "1");
    assert!(up.terminate().success());
    assert!(data.join("journal.redb").exists());
}

#[test]
fn a_variable_without_effect_is_refused_by_name() {
    let cases =
        [("CONSUL_HTTP_SSL", "true"), ("CONSUL_HTTP_AUTH", "user:password"), ("CONSUL_HTTP_TOKEN_FILE", "/token")];
    for (name, value) in cases {
        for (arguments, code) in
            [(&["registrator", "consul://127.0.0.1:1"][..], 1), (&["template", "-template", "in:out"], 15)]
        {
            let output = Command::new(muster()).args(arguments).env(name, value).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(code), "{arguments:?}: {stderr}");
            assert!(stderr.starts_with(&format!("environment variable {name} is ")), "{stderr}");
            assert!(!stderr.contains("password"), "no secret is repeated: {stderr}");
        }
    }
    for name in ["CONSUL_BIND_INTERFACE", "CONSUL_CLIENT_INTERFACE", "CONSUL_LOCAL_CONFIG"] {
        let output = Command::new(muster()).args(["entrypoint", "consul", "agent"]).env(name, "x").output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.starts_with(&format!("environment variable {name} is not read by this version")), "{stderr}");
    }
}

/// Such a token would be taken for none.
#[test]
fn a_variable_that_is_no_text_is_told_without_its_value() {
    use std::os::unix::ffi::OsStrExt;
    let token = std::ffi::OsStr::from_bytes(b"secret\xff");
    let output = Command::new(muster()).args(["kv", "get", "a"]).env("CONSUL_HTTP_TOKEN", token).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert_eq!(stderr, "environment variable CONSUL_HTTP_TOKEN is not UTF-8: set it anew, or unset it\n");
}
