use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::*;
use crate::{Binding, Cause, EventKind, Health, Port};

const VERSION: &str = include_str!("recorded/version-20.10.json");
const INFO: &str = include_str!("recorded/info-20.10.json");
const CONTAINER: &str = include_str!("recorded/container-20.10.json");
const LIST: &str = include_str!("recorded/list-20.10.json");
const NETWORK: &str = include_str!("recorded/network-20.10.json");
const EVENTS: &str = include_str!("recorded/events-20.10.jsonl");
const EVENTS_29: &str = include_str!("recorded/events-29.jsonl");

/// An engine that answers requests by their path's end, and notes what it was asked.
struct FakeEngine {
    directory: tempfile::TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeEngine {
    fn start(answers: Answers) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(directory.path().join("docker.sock")).unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A client may hold one open besides that it does not use.
                tokio::spawn(answer(stream, answers, Arc::clone(&log)));
            }
        });
        Self { directory, asked }
    }

    fn engine(&self) -> Engine {
        Engine::at(EngineAddress::Unix(self.directory.path().join("docker.sock")))
    }
}

type Answers = &'static [(&'static str, u16, &'static str)];

async fn answer(mut stream: UnixStream, answers: Answers, log: Arc<Mutex<Vec<String>>>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else { return };
        head.push(byte);
    }
    let target = String::from_utf8(head).unwrap().split(' ').nth(1).unwrap().to_owned();
    let path = target.split('?').next().unwrap();
    let found = answers.iter().find(|(end, ..)| path.ends_with(end));
    let (status, body) = found.map_or((404, r#"{"message":"no such thing"}"#), |(_, s, b)| (*s, *b));
    let answer = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{body}");
    log.lock().unwrap().push(target);
    // Whoever asked may have gone.
    let _ = stream.write_all(answer.as_bytes()).await;
}

fn port(text: &str) -> Port {
    text.parse().unwrap()
}

#[tokio::test]
async fn speaks_the_negotiated_version_and_reads_a_recorded_container() {
    let fake = FakeEngine::start(&[("/version", 200, VERSION), ("/info", 200, INFO), ("/web.1/json", 200, CONTAINER)]);
    let engine = fake.engine();
    let info = engine.info().await.unwrap();
    assert_eq!((info.version.as_str(), info.api_version.as_str()), ("20.10.24+dfsg1", "1.41"));
    assert_eq!(info.id.len(), 59);

    let container = engine.inspect("web.1").await.unwrap().unwrap();
    assert_eq!(fake.asked.lock().unwrap().last().unwrap(), "/v1.41/containers/web.1/json");
    assert_eq!((container.name.as_str(), container.hostname.as_str()), ("web.1", "h-web"));
    assert_eq!(container.image, "rec/app:2.1");
    assert_eq!(container.env, ["SERVICE_NAME=x", "PATH=/bin"]);
    assert_eq!(container.labels["a"], "b");
    assert_eq!(container.exposed_ports.into_iter().collect::<Vec<_>>(), [port("9/tcp"), port("53/udp"), port("80")]);
    let all = |host_port| Some(Binding { host_ip: "0.0.0.0".into(), host_port });
    let ports = BTreeMap::from([(port("9/tcp"), None), (port("53/udp"), all(5353)), (port("80/tcp"), all(10000))]);
    assert_eq!(container.ports, ports);
    assert_eq!(container.network_mode, "rec-net");
    let addresses: Vec<_> = container.networks.iter().map(|(n, e)| (n.as_str(), e.ip_address.as_str())).collect();
    assert_eq!(addresses, [("bridge", "172.17.0.2"), ("rec-net", "172.18.0.2")]);
    assert!(container.state.running && !container.state.paused && !container.state.restarting);
    assert_eq!(container.state.health, Some(Health::Healthy));
}

#[tokio::test]
async fn an_api_that_is_newer_than_ours_is_spoken_to_in_ours() {
    let fake = FakeEngine::start(&[("/version", 200, r#"{"ApiVersion":"9.99"}"#), ("/containers/json", 200, "[]")]);
    assert_eq!(fake.engine().list(Scope::All).await.unwrap(), Vec::new());
    let asked = fake.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 2);
    assert!(asked[1].starts_with(&format!("/v{API_DEFAULT_VERSION}/containers/json?all=true")), "{asked:?}");
}

#[tokio::test]
async fn a_listed_container_tells_what_can_change() {
    let fake = FakeEngine::start(&[("/version", 200, VERSION), ("/containers/json", 200, LIST)]);
    let summaries = fake.engine().list(Scope::Running).await.unwrap();
    assert_eq!(summaries.len(), 1);
    let summary = &summaries[0];
    assert_eq!((summary.id.len(), summary.name.as_str(), summary.state.as_str()), (64, "web.1", "running"));
    let ports: Vec<_> = summary.ports.iter().map(String::as_str).collect();
    assert_eq!(
        ports,
        ["0.0.0.0:10000->80/tcp", "0.0.0.0:5353->53/udp", ":->9/tcp", ":::10000->80/tcp", ":::5353->53/udp"]
    );
    let addresses: Vec<_> = summary.addresses.iter().map(|(n, a)| (n.as_str(), a.as_str())).collect();
    assert_eq!(addresses, [("rec-net", "172.18.0.2")]);
}

#[tokio::test]
async fn what_is_not_there_is_none_and_names_cannot_leave_their_place() {
    let fake = FakeEngine::start(&[("/version", 200, VERSION), ("/networks/rec-net", 200, NETWORK)]);
    let engine = fake.engine();
    assert_eq!(engine.inspect("gone").await.unwrap(), None);
    assert_eq!(engine.inspect_network("gone").await.unwrap(), None);
    let asked = fake.asked.lock().unwrap().len();
    for name in ["", "../info", "a/b", "a?b", ".."] {
        assert_eq!(engine.inspect(name).await.unwrap(), None);
        assert_eq!(engine.inspect_network(name).await.unwrap(), None);
    }
    assert_eq!(fake.asked.lock().unwrap().len(), asked);

    let network = engine.inspect_network("rec-net").await.unwrap().unwrap();
    assert_eq!((network.name.as_str(), network.driver.as_str()), ("rec-net", "bridge"));
    assert_eq!(network.gateways, ["172.18.0.1"]);
}

#[tokio::test]
async fn old_and_new_events_read_the_same() {
    let old = FakeEngine::start(&[("/version", 200, VERSION), ("/info", 200, INFO), ("/events", 200, EVENTS)]);
    let new = FakeEngine::start(&[("/version", 200, VERSION), ("/info", 200, INFO), ("/events", 200, EVENTS_29)]);
    let mut seen = Vec::new();
    for fake in [&old, &new] {
        let subscription = fake.engine().events().await.unwrap();
        assert_eq!(subscription.engine.id.len(), 59);
        seen.push(subscription.events.map(Result::unwrap).collect::<Vec<_>>().await);
    }
    assert_eq!(seen[0], seen[1]);
    let words: Vec<_> = seen[0].iter().map(|event| (event.kind, event.action.as_str())).collect();
    let (container, network) = (EventKind::Container, EventKind::Network);
    let expected = [
        (container, "die"),
        (network, "disconnect"),
        (network, "connect"),
        (container, "start"),
        (container, "rename"),
        (container, "health_status: healthy"),
    ];
    assert_eq!(words, expected);
    let exit_codes: Vec<_> = seen[0].iter().map(|event| event.exit_code).collect();
    assert_eq!(exit_codes, [Some(137), None, None, None, None, None]);
    assert!(seen[0].iter().all(|event| event.container == seen[0][0].container && event.container.len() == 64));
}

#[tokio::test]
async fn the_engine_filters_events_and_replays_those_since_its_own_time() {
    let fake = FakeEngine::start(&[("/version", 200, VERSION), ("/info", 200, INFO), ("/events", 200, "")]);
    assert_eq!(fake.engine().events().await.unwrap().events.count().await, 0);
    let asked = fake.asked.lock().unwrap().last().unwrap().clone();
    let seconds =
        unix_seconds(serde_json::from_str::<serde_json::Value>(INFO).unwrap()["SystemTime"].as_str().unwrap());
    assert!(asked.starts_with("/v1.41/events?"), "{asked}");
    assert!(asked.contains(&format!("since={}", seconds.unwrap())), "{asked}");
    for word in ["health_status", "die", "disconnect", "container", "network"] {
        assert!(asked.contains(&format!("%22{word}%22")), "{asked}");
    }
    assert!(!asked.contains("exec") && !asked.contains("kill"), "{asked}");
}

#[tokio::test]
async fn each_way_of_not_reaching_an_engine_has_its_own_words() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("docker.sock");
    let failure = |path: &Path| {
        let address = format!("unix://{}", path.display());
        async move { (Engine::connect(Some(&address)).await.unwrap_err(), address) }
    };
    let (error, address) = failure(&path).await;
    let expected =
        format!("docker engine at {address} cannot be reached: there is no such socket; is the engine running?");
    assert_eq!(error.to_string(), expected);

    drop(UnixListener::bind(&path).unwrap());
    let (error, address) = failure(&path).await;
    let expected =
        format!("docker engine at {address} cannot be reached: nobody listens there; is the engine running?");
    assert_eq!(error.to_string(), expected);
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "Connection refused (os error 111)", "the system's words and no layer's in between");

    let denied = std::io::Error::from(std::io::ErrorKind::PermissionDenied);
    let error = EngineError::new(&EngineAddress::Unix(path), "x", denied.into());
    assert!(matches!(error, EngineError::Unreachable { cause: Cause::NoPermission, .. }));
    assert!(error.to_string().ends_with("permission denied; is this user in the docker group?"), "{error}");

    let error = Engine::connect(Some("ssh://host")).await.unwrap_err();
    assert!(error.to_string().contains("\"ssh://host\""), "{error}");
}

#[tokio::test]
async fn an_engine_that_refuses_or_babbles_is_quoted_with_its_address() {
    let refusing = FakeEngine::start(&[("/version", 500, r#"{"message":"shutting down"}"#)]);
    let error = refusing.engine().list(Scope::Running).await.unwrap_err();
    assert!(
        error.to_string().contains("docker.sock refused to negotiate the API version: shutting down (status 500)"),
        "{error}"
    );
    let babbling = FakeEngine::start(&[("/version", 200, VERSION), ("/containers/json", 200, "<html>")]);
    let error = babbling.engine().list(Scope::Running).await.unwrap_err();
    assert!(matches!(error, EngineError::BadAnswer { call: "list containers", .. }), "{error:?}");
}
