//! A data directory on a disk that is full, or that cannot be written.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// A small disk of its own, in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// None: this is not root, or mounts are not allowed here.
    fn new(size: &str) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let options = format!("size={size}");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(directory.path()).stderr(Stdio::null());
        let mounted = mount.status().is_ok_and(|status| status.success());
        if !mounted {
            // Past the harness, which keeps what passing tests print.
            let _ = writeln!(std::io::stderr(), "SKIPPED: a disk of its own needs root");
            assert!(std::env::var_os("CI").is_none(), "root is needed");
        }
        mounted.then_some(Self(directory))
    }

    fn again(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options]).arg(self.0.path()).status().unwrap().success());
    }

    fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

struct Agent {
    process: Child,
    address: String,
}

impl Agent {
    fn on(data: &Path) -> Self {
        let mut process = command(data).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("not ready: {line:?}"));
        let address = address.split([' ', ',']).next().unwrap().to_owned();
        Self { process, address }
    }

    /// Status and body.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: x\r\nContent-Length: {length}\r\n\r\n").unwrap();
        stream.write_all(body).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n").unwrap();
        let status = std::str::from_utf8(&answer[9..12]).unwrap().parse().unwrap();
        (status, answer.split_off(end + 4))
    }

    fn text(&self, method: &str, path: &str, body: &[u8]) -> (u16, String) {
        let (status, body) = self.ask(method, path, body);
        (status, String::from_utf8(body).unwrap())
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn command(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(["agent", "-bootstrap", "-http-port", "0", "-node", "n1", "-data-dir"]).arg(data);
    command.env_remove("MUSTER_LOG").env_remove("DOCKER_HOST").stdin(Stdio::null());
    command
}

/// The first line that it says when it does not start.
fn refused(data: &Path) -> String {
    let output = command(data).output().unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap().lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_full_disk_loses_nothing_that_was_acknowledged() {
    let Some(disk) = Disk::new("8m") else { return };
    let agent = Agent::on(&disk.data());
    assert_eq!(agent.ask("PUT", "/v1/kv/first", b"1").0, 200);
    let (_, small) = agent.ask("GET", "/v1/snapshot", b"");
    let value = vec![b'v'; 200 << 10];
    let acknowledged = (0..200).take_while(|number| agent.ask("PUT", &format!("/v1/kv/{number}"), &value).0 == 200);
    let acknowledged = acknowledged.count();
    assert!(acknowledged < 200, "the disk is never full");
    for (path, body) in [("/v1/kv/more", &b"1"[..]), ("/v1/snapshot", &small)] {
        let (status, text) = agent.text("PUT", path, body);
        assert!(status == 500 && text.contains("takes no writes") && !text.contains('\n'), "{path}: {status} {text}");
    }
    let read = |agent: &Agent| {
        let (status, keys) = agent.text("GET", "/v1/kv/?keys", b"");
        assert_eq!(status, 200, "reads go on");
        keys.split(',').count()
    };
    let before = read(&agent);
    assert_eq!(before, acknowledged + 1);
    drop(agent);
    disk.again("size=64m");
    let agent = Agent::on(&disk.data());
    let after = read(&agent);
    assert!(after == before || after == before + 1, "{after} keys, {before} were acknowledged");
    assert_eq!(agent.ask("PUT", "/v1/kv/more", b"1").0, 200);
    assert_eq!(agent.ask("PUT", "/v1/snapshot", &small).0, 200);
    assert_eq!(agent.text("GET", "/v1/kv/?keys", b"").1, r#"["first"]"#);
}

#[test]
fn a_directory_that_cannot_be_written_is_refused_with_one_line_and_left_alone() {
    let Some(disk) = Disk::new("8m") else { return };
    disk.again("ro");
    let line = refused(&disk.data());
    assert!(line.contains(disk.0.path().to_str().unwrap()) && line.contains("Read-only file system"), "{line}");
    disk.again("rw");
    drop(Agent::on(&disk.data()));
    disk.again("ro");
    let line = refused(&disk.data());
    assert!(line.contains(disk.0.path().to_str().unwrap()) && line.contains("Read-only file system"), "{line}");
    disk.again("rw");
    let agent = Agent::on(&disk.data());
    assert_eq!(agent.ask("PUT", "/v1/kv/a", b"1").0, 200);
}
