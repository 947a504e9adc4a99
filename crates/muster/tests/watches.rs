//! Watches in configuration files: a command and a URL are told of changes.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use agent::{Agent, refused};

fn start(directory: &Path, watches: &str) -> Agent {
    let path = directory.join("w.hcl");
    std::fs::write(&path, watches).unwrap();
    let arguments = ["agent", "-dev", "-http-port", "0", "-dns-port", "-1", "-node", "n1", "-config-file"];
    Agent::start(&[&arguments[..], &[path.to_str().unwrap()]].concat())
}

#[test]
fn a_command_is_told_of_each_change_of_a_key_and_reload_changes_what_is_watched() {
    let directory = tempfile::tempdir().unwrap();
    let pipe = directory.path().join("told");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let watch = |key: &str| {
        let command = format!("(echo $CONSUL_INDEX; cat) > {}", pipe.display());
        format!("watches = [{{ type = \"key\" key = \"{key}\" args = [\"sh\", \"-c\", \"{command}\"] }}]")
    };
    // Each time somebody writes into it, and waits until it is read.
    let told = || {
        let text = std::fs::read_to_string(&pipe).unwrap();
        let (index, json) = text.split_once('\n').unwrap();
        assert!(index.parse::<u64>().unwrap() > 0);
        json.trim().to_owned()
    };
    let agent = start(directory.path(), &watch("a/b"));
    assert_eq!(told(), "null", "what is so at the start is told too");
    agent.body("PUT", "/v1/kv/a/other", "x");
    agent.body("PUT", "/v1/kv/a/b?flags=7", "hi");
    let json = told();
    assert!(json.starts_with(r#"{"Key":"a/b","CreateIndex":"#), "{json}");
    assert!(json.ends_with(r#""LockIndex":0,"Flags":7,"Value":"aGk=","Session":""}"#), "{json}");
    agent.body("DELETE", "/v1/kv/a/b", "");
    assert_eq!(told(), "null");
    agent.body("PUT", "/v1/kv/new", "1");
    std::fs::write(directory.path().join("w.hcl"), watch("new")).unwrap();
    agent.body("PUT", "/v1/agent/reload", "");
    assert!(told().starts_with(r#"{"Key":"new","#));
    std::fs::write(directory.path().join("w.hcl"), "watches = [{ type = \"key\" }]").unwrap();
    let answer = agent.ask("PUT", "/v1/agent/reload", "");
    assert!(answer.starts_with("HTTP/1.1 500") && answer.contains("w.hcl:1:12: watches: key is missing"), "{answer}");
    agent.body("PUT", "/v1/kv/new", "2");
    assert!(told().contains("\"Value\":\"Mg==\""), "what was watched before still is");
    assert!(agent.ends_after("TERM").success());
}

#[test]
fn a_url_is_told_of_each_change_of_a_service() {
    let directory = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let told = || {
        let (stream, mut line) = loop {
            let (stream, _) = listener.accept().unwrap();
            let mut line = String::new();
            let mut reader = BufReader::with_capacity(1, &stream);
            // One that is closed before it says anything tells nothing.
            if reader.read_line(&mut line).is_ok_and(|count| count > 0) {
                break (stream, line);
            }
        };
        let mut reader = BufReader::new(&stream);
        let (mut head, mut length) = (String::new(), 0);
        while !line.trim().is_empty() {
            let lower = line.to_lowercase();
            length = lower.strip_prefix("content-length:").map_or(length, |text| text.trim().parse().unwrap());
            head.push_str(&lower);
            line.clear();
            reader.read_line(&mut line).unwrap();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        (head, String::from_utf8(body).unwrap())
    };
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let agent = start(
        directory.path(),
        &format!(
            "watches = [{{ type = \"service\" service = \"web\" passingonly = true handler_type = \"http\"\n\
             http_handler_config {{ path = \"{url}\" header {{ x-foo = [\"bar\"] }} }} }}]"
        ),
    );
    assert_eq!(told().1, "[]\n");
    agent.body("PUT", "/v1/agent/service/register", r#"{"Name":"web","Port":80}"#);
    let (head, body) = told();
    assert!(head.starts_with("post /hook http/1.1"), "{head}");
    for header in ["content-type: application/json", "x-consul-index: ", "x-foo: bar"] {
        assert!(head.contains(header), "{header} in {head}");
    }
    assert!(body.starts_with("[{\"Node\":") && body.contains("\"Service\":\"web\""), "{body}");
}

#[test]
fn watches_need_an_api_to_ask() {
    let settings = "watches = [{ type = \"nodes\" args = [\"true\"] }]";
    let (code, line) = refused(&["agent", "-dev", "-http-port", "-1", "-dns-port", "-1", "-hcl", settings]);
    assert!(code == 1 && line.contains("it asks the HTTP API, which is served nowhere"), "{line}");
}
