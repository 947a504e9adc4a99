//! What the real Registrator registered for 50 containers under 7 sets of flags, against what we would.

#![allow(clippy::unwrap_used, reason = "clippy knows only functions marked #[test] as tests")]

use std::collections::BTreeMap;
use std::time::Duration;

use muster_catalog::Registration;
use muster_docker::{Binding, Container, Endpoint, Port};
use muster_model::duration_text::GoDuration;
use muster_model::{CheckDefinition, ENGINE_META_KEY, Probe};
use muster_registrar::{Config, Flags, Host, Settings, map};
use serde_json::{Map, Value, json};

const RECORD: &str = include_str!("data/registrator-recorded.json");

/// The record files registrations with an ID of the container's own choice under `?`.
const OWN_IDS: [(&str, &str); 2] = [("fixed-id", "id-plain"), ("id-80", "id-per-port")];

/// Flags that the record was made with.
fn settings(flags: &str) -> Settings {
    let mut parsed = Flags::default();
    let mut words = flags.split(' ').filter(|word| !word.is_empty());
    while let Some(flag) = words.next() {
        let mut value = || words.next().unwrap().to_owned();
        match flag {
            "-ip" => parsed.ip = value(),
            "-internal" => parsed.internal = true,
            "-explicit" => parsed.explicit = true,
            "-tags" => parsed.tags = value(),
            "-ttl" => parsed.ttl = value().parse().unwrap(),
            "-ttl-refresh" => parsed.ttl_refresh = value().parse().unwrap(),
            "-useIpFromLabel" => parsed.use_ip_from_label = value(),
            other => panic!("the record has a flag that this test does not know: {other}"),
        }
    }
    // The machine of the record resolved its own name to this.
    let host = Host { name: "HOST".into(), address: Some("127.0.0.1".into()) };
    Config::new(parsed, host, true, Duration::from_secs(60)).unwrap().settings
}

/// What inspecting a container says that was started with `docker run OPTIONS rec/app:2.1`.
fn inspected(name: &str, options: &str) -> Container {
    let mut container = Container {
        id: "CID".into(),
        name: name.into(),
        image: "rec/app:2.1".into(),
        hostname: format!("h-{name}"),
        network_mode: "default".into(),
        ..Container::default()
    };
    let mut bindings: BTreeMap<Port, Option<Binding>> = BTreeMap::new();
    for (option, value) in split_options(options) {
        match option {
            "-e" => container.env.push(value.into()),
            "-l" => insert_label(&mut container, value),
            "-p" => {
                let (port, binding) = published(value);
                // Engine 20.10 lists the last of several first.
                bindings.insert(port, Some(binding));
            }
            "--expose" => drop(bindings.insert(value.parse().unwrap(), None)),
            "--network" => container.network_mode = value.into(),
            other => panic!("the record has an option that this test does not know: {other}"),
        }
    }
    if ["one-port", "udp", "own-network"].contains(&name) {
        insert_label(&mut container, "rec.ip=198.51.100.7");
    }
    container.exposed_ports = bindings.keys().copied().collect();
    let (network, address) = match container.network_mode.as_str() {
        "default" => ("bridge", "NET"),
        "rec-net" => ("rec-net", "OWN"),
        bare => (bare, ""),
    };
    if !address.is_empty() {
        container.ports = bindings;
    }
    let endpoint = Endpoint { network_id: "n".into(), ip_address: address.into() };
    container.networks.insert(network.into(), endpoint);
    container
}

/// Splits only where an option of `docker run` begins: values hold spaces and dashes.
fn split_options(options: &str) -> Vec<(&str, &str)> {
    const OPTIONS: [&str; 5] = ["-e ", "-l ", "-p ", "--expose ", "--network "];
    let begins = |at: usize| {
        let is_word = at == 0 || options[..at].ends_with(' ');
        is_word && OPTIONS.iter().any(|option| options[at..].starts_with(option))
    };
    let starts: Vec<usize> = (0..options.len()).filter(|at| begins(*at)).collect();
    let ends = starts.iter().skip(1).map(|next| next - 1).chain([options.len()]);
    starts.iter().zip(ends).map(|(start, end)| options[*start..end].split_once(' ').unwrap()).collect()
}

fn insert_label(container: &mut Container, pair: &str) {
    let (key, value) = pair.split_once('=').unwrap();
    container.labels.insert(key.into(), value.into());
}

fn published(text: &str) -> (Port, Binding) {
    let (host, port) = text.rsplit_once(':').unwrap();
    let (host_ip, host_port) = host.rsplit_once(':').unwrap_or(("0.0.0.0", host));
    (port.parse().unwrap(), Binding { host_ip: host_ip.into(), host_port: host_port.parse().unwrap() })
}

/// The body that the record would hold for this registration, but for the mark.
fn body(registration: Registration) -> Value {
    let service = registration.service;
    let mut body = Map::new();
    body.insert("Address".into(), json!(&*service.address));
    body.insert("ID".into(), json!(service.id.as_str()));
    body.insert("Name".into(), json!(service.name.as_str()));
    body.insert("Port".into(), json!(service.port));
    let mut meta = service.meta;
    assert!(meta.remove(ENGINE_META_KEY).is_some(), "{} carries no mark", service.id);
    if !meta.is_empty() {
        let pairs = meta.iter().map(|(key, value)| (key.to_string(), json!(&**value)));
        body.insert("Meta".into(), Value::Object(pairs.collect()));
    }
    if !service.tags.is_empty() {
        body.insert("Tags".into(), json!(service.tags.iter().map(|tag| &**tag).collect::<Vec<_>>()));
    }
    for check in registration.checks {
        let mut value = check_body(&check.definition);
        if let Some(status) = check.status {
            value.insert("Status".into(), json!(status.as_str()));
        }
        assert!(body.insert("Check".into(), Value::Object(value)).is_none(), "Registrator has one check at most");
    }
    Value::Object(body)
}

/// A check's fields as Registrator writes them.
fn check_body(definition: &CheckDefinition) -> Map<String, Value> {
    let mut body = Map::new();
    let mut put = |name: &str, value: Value| drop(body.insert(name.into(), value));
    match &definition.probe {
        Probe::Ttl { ttl } => put("TTL", json!(GoDuration::from(*ttl).to_string())),
        Probe::Http(probe) => {
            put("HTTP", json!(&*probe.url));
            if !probe.method.is_empty() {
                put("Method", json!(&*probe.method));
            }
        }
        Probe::Tcp { address, tls: None } => put("TCP", json!(&**address)),
        Probe::Grpc { target, tls } => {
            put("GRPC", json!(&**target));
            if tls.is_some() {
                put("GRPCUseTLS", json!(true));
            }
        }
        Probe::Script { args } => put("ScriptArgs", json!(args.iter().map(|arg| &**arg).collect::<Vec<_>>())),
        other => panic!("Registrator has no {}", other.kind()),
    }
    for (name, time) in [
        ("Interval", definition.interval),
        ("Timeout", definition.timeout),
        ("DeregisterCriticalServiceAfter", definition.deregister_after),
    ] {
        if !time.is_zero() {
            put(name, json!(GoDuration::from(time).to_string()));
        }
    }
    body
}

/// The record has durations as they were given, ours go through a value: `10m` is `10m0s`.
/// Inside of commands it has a container's address as it was, and everywhere else `NET`.
fn with_plain_durations(mut body: Value) -> Value {
    for word in body.pointer_mut("/Check/ScriptArgs").and_then(Value::as_array_mut).into_iter().flatten() {
        if let Value::String(text) = word {
            *text = text.replace("172.17.0.35", "NET");
        }
    }
    for name in ["TTL", "Interval", "Timeout", "DeregisterCriticalServiceAfter"] {
        if let Some(Value::String(text)) = body.get_mut("Check").and_then(|check| check.get_mut(name)) {
            *text = GoDuration::parse(text).unwrap().to_string();
        }
    }
    body
}

/// What a run registered for `container`, by ID.
fn expected(run: &Value, container: &str) -> Vec<Value> {
    let registered = run["registered"].as_object().unwrap();
    let chosen = registered.get("?").and_then(Value::as_array).into_iter().flatten();
    let chosen = chosen.filter(|body| OWN_IDS.iter().any(|(id, owner)| body["ID"] == *id && *owner == container));
    let plain = registered.get(container).and_then(Value::as_array).into_iter().flatten();
    let mut bodies: Vec<Value> = plain.chain(chosen).cloned().map(with_plain_durations).collect();
    bodies.sort_by_key(|body| body["ID"].as_str().unwrap().to_owned());
    bodies
}

#[test]
fn every_container_is_registered_as_registrator_did_under_every_set_of_flags() {
    let record: Value = serde_json::from_str(RECORD).unwrap();
    let containers = record["containers"].as_object().unwrap();
    let mut compared = 0;
    for run in record["runs"].as_array().unwrap() {
        let flags = run["flags"].as_str().unwrap();
        let settings = settings(flags);
        let mut rows = 0;
        for (name, options) in containers {
            let mapped = map(&inspected(name, options.as_str().unwrap()), None, &settings, "E");
            let ours: Vec<Value> = mapped.registrations.into_values().map(body).collect();
            let theirs = expected(run, name);
            rows += theirs.len();
            assert_eq!(ours, theirs, "{name} under {flags:?}");
            compared += 1;
        }
        let recorded = run["registered"].as_object().unwrap().values().map(|bodies| bodies.as_array().unwrap().len());
        assert_eq!(rows, recorded.sum::<usize>(), "a registration under {flags:?} was compared with nothing");
    }
    assert_eq!(compared, 7 * containers.len());
}
