use std::sync::Arc;

use muster_docker::Container;
use muster_model::{ServiceAddress, ServiceName, Weights};

use super::*;
use crate::{Config, Flags, Host, claims};

fn service(id: &str, name: &str, engine: Option<&str>) -> Service {
    Service {
        id: ServiceId::new(id).unwrap(),
        name: ServiceName::new(name).unwrap(),
        tags: vec![Arc::from("a")],
        address: Arc::from("10.0.0.1"),
        tagged_addresses: BTreeMap::new(),
        meta: engine.map(|engine| (Arc::from(ENGINE_META_KEY), Arc::from(engine))).into_iter().collect(),
        port: 80,
        socket_path: Arc::from(""),
        weights: Weights::default(),
        enable_tag_override: false,
    }
}

fn registration(id: &str, name: &str) -> Registration {
    Registration { service: service(id, name, Some("E")), checks: Vec::new() }
}

fn table(services: impl IntoIterator<Item = Service>) -> BTreeMap<ServiceId, Service> {
    services.into_iter().map(|service| (service.id.clone(), service)).collect()
}

fn desired<'a>(wanted: &'a [(&'a str, Registration)]) -> Desired<'a> {
    let wanted =
        wanted.iter().map(|(container, registration)| (&registration.service.id, Wanted { container, registration }));
    Desired { wanted: wanted.collect(), kept: Vec::new() }
}

/// `+ID` for a registration, `-ID` for a removal.
fn run(desired: &Desired<'_>, registered: &BTreeMap<ServiceId, Service>, cleanup_host: Option<&str>) -> Vec<String> {
    let commands = reconcile(desired, registered, None, Ownership { engine: "E", cleanup_host });
    let describe = |command| match command {
        Command::Register(registration) => format!("+{}", registration.service.id),
        Command::Deregister(id) => format!("-{id}"),
    };
    commands.into_iter().map(describe).collect()
}

#[test]
fn what_stands_equally_gets_no_command_although_the_agent_adds_addresses() {
    let wanted = [("web", registration("H:web:80", "web"))];
    let mut there = wanted[0].1.service.clone();
    there.tagged_addresses.insert("lan_ipv4".into(), ServiceAddress { address: "10.0.0.1".into(), port: 80 });
    assert_eq!(run(&desired(&wanted), &table([there]), None), Vec::<String>::new());
}

#[test]
fn new_and_changed_ones_are_registered_before_gone_ones_go() {
    let wanted = [("new", registration("H:new:80", "web")), ("changed", registration("H:changed:80", "web"))];
    let mut changed = wanted[1].1.service.clone();
    changed.port = 81;
    let registered = table([changed, service("H:gone:80", "web", Some("E"))]);
    assert_eq!(run(&desired(&wanted), &registered, None), ["+H:changed:80", "+H:new:80", "-H:gone:80"]);
}

#[test]
fn every_field_that_is_registered_counts() {
    let wanted = [("web", registration("H:web:80", "web"))];
    let changes: [fn(&mut Service); 5] = [
        |service| service.name = ServiceName::new("other").unwrap(),
        |service| service.tags.clear(),
        |service| service.address = Arc::from("10.0.0.2"),
        |service| drop(service.meta.insert("region".into(), "eu".into())),
        |service| service.enable_tag_override = true,
    ];
    for change in changes {
        let mut there = wanted[0].1.service.clone();
        change(&mut there);
        assert_eq!(run(&desired(&wanted), &table([there]), None), ["+H:web:80"]);
    }
}

#[test]
fn entries_without_our_mark_stay() {
    let foreign = table([
        service("db", "db", None),
        service("H:web:80", "web", None),
        service("H:web:81", "web", Some("another engine")),
    ]);
    assert_eq!(run(&Desired::default(), &foreign, None), Vec::<String>::new());
}

#[test]
fn a_predecessors_entry_for_a_wanted_container_is_taken_over() {
    let wanted = [("web", registration("H:web:80", "web"))];
    assert_eq!(run(&desired(&wanted), &table([service("H:web:80", "web", None)]), None), ["+H:web:80"]);
}

#[test]
fn cleanup_also_removes_dangling_ones_of_our_host() {
    let wanted = [("web", registration("H:web:80", "web"))];
    let unmarked = |id| service(id, "web", None);
    let registered = table([
        wanted[0].1.service.clone(),
        unmarked("H:gone:80"),
        unmarked("H:gone:53:udp"),
        unmarked("a:H:gone:80"),
        unmarked("G:gone:80"),
        unmarked("H:x:80"),
        unmarked("H:gone:http"),
        unmarked("gone:80"),
        unmarked("chosen"),
        // Another port of a container that serves: left alone, as Registrator does.
        unmarked("H:web:81"),
    ]);
    assert_eq!(run(&desired(&wanted), &registered, Some("H")), ["-H:gone:53:udp", "-H:gone:80"]);
}

#[test]
fn what_a_badly_ended_container_registered_is_kept() {
    let container = Container { name: "web".into(), env: vec!["SERVICE_443_ID=tls".into()], ..Container::default() };
    let host = Host { name: "H".into(), address: None };
    let settings = Config::new(Flags::default(), host, true, std::time::Duration::from_secs(1)).unwrap().settings;
    let claims = claims(&container, &settings);
    let desired = Desired { wanted: BTreeMap::new(), kept: vec![&claims] };
    let ours = |id| service(id, "web", Some("E"));
    let registered = table([ours("H:web:80"), ours("tls"), ours("H:other:80")]);
    assert_eq!(run(&desired, &registered, Some("H")), ["-H:other:80"]);
}
