//! A running agent, for tests that are its users.

#![allow(dead_code, reason = "not every test that includes this file uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

/// A running agent; killed when dropped.
pub struct Agent {
    pub process: Child,
    pub address: String,
    /// What it said when it was ready.
    pub line: String,
}

impl Agent {
    pub fn start(arguments: &[&str]) -> Self {
        Self::of(muster(arguments).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap())
    }

    /// One that was started; waits until it is ready.
    pub fn of(mut process: Child) -> Self {
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).unwrap_or_else(|| panic!("not ready: {line:?}"));
        let address = address.split([' ', ',']).next().unwrap().to_owned();
        Self { process, address, line }
    }

    pub fn durable(directory: &Path) -> Self {
        let directory = directory.to_str().unwrap();
        Self::start(&["agent", "-bootstrap", "-data-dir", directory, "-http-port", "0", "-node", "n1"])
    }

    /// Status line, headers and body of one request.
    pub fn ask(&self, method: &str, path: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    pub fn body(&self, method: &str, path: &str, body: &str) -> String {
        let answer = self.ask(method, path, body);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 200"), "{method} {path}: {answer}");
        body.to_owned()
    }

    pub fn signal(&self, name: &str) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    pub fn ends_after(mut self, signal: &str) -> std::process::ExitStatus {
        self.signal(signal);
        self.process.wait().unwrap()
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

pub fn muster(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster"));
    command.args(arguments).env_remove("MUSTER_LOG").env_remove("DOCKER_HOST").stdin(Stdio::null());
    command
}

/// Runs to its end, which must be a failure; the one line that it said.
pub fn refused(arguments: &[&str]) -> (i32, String) {
    let Output { status, stderr, .. } = muster(arguments).output().unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{arguments:?} went well");
    assert!(!stderr.contains("panicked") && !stderr.contains("RUST_BACKTRACE"), "{stderr}");
    (status.code().unwrap(), stderr.lines().next().unwrap_or_default().to_owned())
}
