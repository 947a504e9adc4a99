use std::time::Duration;

use muster_catalog::CheckRegistration;
use muster_docker::{Binding, Endpoint, Port};
use muster_model::{CheckDefinition, CheckStatus, HttpProbe, Probe};

use super::*;
use crate::{Config, Flags, Host};

/// The worked cases of Registrator's documentation: host H with address A.
fn settings(change: impl FnOnce(&mut Flags)) -> Settings {
    let mut flags = Flags::default();
    change(&mut flags);
    let host = Host { name: "H".into(), address: Some("A".into()) };
    Config::new(flags, host, true, std::time::Duration::from_secs(60)).unwrap().settings
}

fn container(name: &str, image: &str, ports: &[(&str, &str, u16)]) -> Container {
    let ports: BTreeMap<Port, Option<Binding>> = ports
        .iter()
        .map(|(port, ip, host_port)| {
            let binding = Binding { host_ip: (*ip).to_owned(), host_port: *host_port };
            (port.parse().unwrap(), (*host_port != 0).then_some(binding))
        })
        .collect();
    let endpoint = Endpoint { network_id: "n".into(), ip_address: "172.17.0.2".into() };
    Container {
        id: "c".repeat(64),
        name: name.into(),
        image: image.into(),
        exposed_ports: ports.keys().copied().collect(),
        ports,
        network_mode: "default".into(),
        networks: BTreeMap::from([("bridge".to_owned(), endpoint)]),
        ..Container::default()
    }
}

fn on_network(mut container: Container, mode: &str, network: &str, address: &str) -> Container {
    container.network_mode = mode.into();
    let endpoint = Endpoint { network_id: "n".into(), ip_address: address.into() };
    container.networks = BTreeMap::from([(network.to_owned(), endpoint)]);
    container
}

fn env(mut container: Container, pairs: &[&str]) -> Container {
    container.env.extend(pairs.iter().map(|pair| (*pair).to_owned()));
    container
}

/// `name id address:port [tags] {meta}` per registration, without the mark.
fn lines(container: &Container, settings: &Settings) -> Vec<String> {
    let describe = |registration: Registration| {
        let service = registration.service;
        let meta: Vec<_> = service.meta.iter().filter(|(key, _)| &***key != ENGINE_META_KEY).collect();
        let meta: Vec<_> = meta.iter().map(|(key, value)| format!("{key}={value}")).collect();
        let (tags, meta) = (service.tags.join(","), meta.join(","));
        format!("{} {} {}:{} [{tags}] {{{meta}}}", service.name, service.id, service.address, service.port)
    };
    map(container, None, settings, "E").registrations.into_values().map(describe).collect()
}

fn redis() -> Container {
    container("redis.0", "progrium/redis", &[("6379/tcp", "0.0.0.0", 10000)])
}

fn nginx() -> Container {
    container("nginx.0", "progrium/nginx", &[("443/tcp", "0.0.0.0", 4443), ("80/tcp", "0.0.0.0", 8000)])
}

fn remarks(container: &Container) -> Vec<String> {
    map(container, None, &settings(|_| ()), "E").remarks.iter().map(ToString::to_string).collect()
}

#[test]
fn name_comes_from_the_image_and_metadata_from_the_environment() {
    let plain = settings(|_| ());
    assert_eq!(lines(&redis(), &plain), ["redis H:redis.0:6379 A:10000 [] {}"]);
    let named = env(redis(), &["SERVICE_NAME=db", "SERVICE_TAGS=master,backups", "SERVICE_REGION=us2"]);
    assert_eq!(lines(&named, &plain), ["db H:redis.0:6379 A:10000 [backups,master] {region=us2}"]);
    for (image, name) in
        [("localhost:5000/team/app:1.2", "app"), ("b@sha256:0123", "b@sha256"), ("registry:5000/a/b", "b")]
    {
        assert_eq!(image_base_name(image), name);
    }
}

#[test]
fn several_ports_are_told_apart_by_a_suffix_unless_named_each() {
    let plain = settings(|_| ());
    let two = ["nginx-443 H:nginx.0:443 A:4443 [] {}", "nginx-80 H:nginx.0:80 A:8000 [] {}"];
    assert_eq!(lines(&nginx(), &plain), two);
    let each = [
        "SERVICE_443_NAME=https",
        "SERVICE_443_ID=https.12345",
        "SERVICE_443_SNI=enabled",
        "SERVICE_80_NAME=http",
        "SERVICE_TAGS=www",
    ];
    let named = ["http H:nginx.0:80 A:8000 [www] {}", "https https.12345 A:4443 [www] {sni=enabled}"];
    assert_eq!(lines(&env(nginx(), &each), &plain), named);
    let general = ["web-443 H:nginx.0:443 A:4443 [] {}", "web-80 H:nginx.0:80 A:8000 [] {}"];
    assert_eq!(lines(&env(nginx(), &["SERVICE_NAME=web"]), &plain), general);
    assert_eq!(lines(&env(nginx(), &["SERVICE_80_IGNORE=1"]), &plain), two[..1]);
}

#[test]
fn labels_win_over_environment_and_ports_over_both() {
    let plain = settings(|_| ());
    let mut both = env(redis(), &["SERVICE_NAME=b"]);
    both.labels.insert("SERVICE_NAME".into(), "a".into());
    assert_eq!(lines(&both, &plain), ["a H:redis.0:6379 A:10000 [] {}"]);
    both.env.push("SERVICE_6379_NAME=x".into());
    assert_eq!(lines(&both, &plain), ["x H:redis.0:6379 A:10000 [] {}"]);
}

#[test]
fn any_value_ignores_but_an_empty_one_does_not() {
    let plain = settings(|_| ());
    assert!(lines(&env(redis(), &["SERVICE_IGNORE=false"]), &plain).is_empty());
    assert_eq!(lines(&env(redis(), &["SERVICE_IGNORE="]), &plain), ["redis H:redis.0:6379 A:10000 [] {ignore=}"]);
    let overruled = env(redis(), &["SERVICE_IGNORE=1", "SERVICE_6379_IGNORE="]);
    assert_eq!(lines(&overruled, &plain).len(), 1);
}

#[test]
fn unpublished_ports_count_with_internal_or_host_networking_only() {
    let unpublished = container("web", "web", &[("8080/tcp", "", 0)]);
    assert!(lines(&unpublished, &settings(|_| ())).is_empty());
    assert_eq!(lines(&unpublished, &settings(|flags| flags.internal = true)), ["web H:web:8080 172.17.0.2:8080 [] {}"]);
    let mut host = on_network(unpublished, "host", "host", "");
    host.ports.clear();
    assert_eq!(lines(&host, &settings(|_| ())), ["web H:web:8080 A:8080 [] {}"]);
}

#[test]
fn compat_pairs_the_containers_address_with_the_hosts_port_and_we_do_not() {
    let web = on_network(container("web", "web", &[("80/tcp", "0.0.0.0", 9000)]), "mynet", "mynet", "10.5.0.2");
    let mut ours = settings(|_| ());
    assert_eq!(lines(&web, &ours), ["web H:web:80 10.5.0.2:9000 [] {}"]);
    assert_eq!(lines(&web, &settings(|flags| flags.ip = "10.0.0.9".into())), ["web H:web:80 10.0.0.9:9000 [] {}"]);
    ours.compat = false;
    assert_eq!(lines(&web, &ours), ["web H:web:80 A:9000 [] {}"]);
    let v6 = container("web", "web", &[("80/tcp", "::", 9000)]);
    assert_eq!(lines(&v6, &ours), ["web H:web:80 A:9000 [] {}"]);
    // Nothing is published with macvlan: there the container's own address is the right one.
    let mut macvlan = web;
    macvlan.ports.clear();
    assert_eq!(lines(&macvlan, &ours), ["web H:web:80 10.5.0.2:80 [] {}"]);
}

#[test]
fn internal_prefers_the_bridge_then_the_own_network_whatever_the_order() {
    let internal = settings(|flags| flags.internal = true);
    let mut web = on_network(container("web", "web", &[("80/tcp", "", 0)]), "m", "m", "10.5.0.2");
    for (network, address) in [("a", "10.6.0.2"), ("z", "10.7.0.2")] {
        web.networks.insert(network.into(), Endpoint { network_id: "n".into(), ip_address: address.into() });
    }
    assert_eq!(lines(&web, &internal), ["web H:web:80 10.5.0.2:80 [] {}"]);
    web.networks.insert("bridge".into(), Endpoint { network_id: "n".into(), ip_address: "172.17.0.9".into() });
    assert_eq!(lines(&web, &internal), ["web H:web:80 172.17.0.9:80 [] {}"]);
}

#[test]
fn a_shared_network_has_its_owners_address_over_everything() {
    let owner = container("pause", "pause", &[]);
    let mut web = on_network(container("web", "web", &[("80/tcp", "", 0)]), "container:0123", "x", "");
    web.ports.clear();
    let ip = settings(|flags| flags.ip = "10.0.0.9".into());
    let mapped = map(&web, Some(&owner), &ip, "E");
    let addresses: Vec<_> = mapped.registrations.values().map(|r| (&*r.service.address, r.service.port)).collect();
    assert_eq!(addresses, [("172.17.0.2", 80)]);
}

#[test]
fn without_a_host_name_the_hosts_address_takes_its_place() {
    let mut nameless = settings(|_| ());
    nameless.host = Host::default();
    let bound = container("web", "web", &[("80/tcp", "127.0.0.1", 8080)]);
    assert_eq!(lines(&bound, &nameless), ["web 127.0.0.1:web:80 127.0.0.1:8080 [] {}"]);
}

#[test]
fn a_ttl_check_has_its_time_and_first_status() {
    let checked = env(redis(), &["SERVICE_CHECK_TTL=1m30s", "SERVICE_CHECK_INITIAL_STATUS=passing"]);
    let mapped = map(&checked, None, &settings(|_| ()), "E");
    assert!(mapped.remarks.is_empty());
    let definition = CheckDefinition::ttl(std::time::Duration::from_secs(90));
    let status = Some(CheckStatus::Passing);
    let expected = CheckRegistration { id: None, name: None, notes: "".into(), status, definition };
    assert_eq!(mapped.registrations.into_values().next().unwrap().checks, [expected]);
}

#[test]
fn every_registration_carries_the_engines_mark() {
    let mapped = map(&nginx(), None, &settings(|_| ()), "E");
    assert_eq!(mapped.registrations.len(), 2);
    assert!(
        mapped.registrations.values().all(|r| &*r.service.meta[ENGINE_META_KEY] == "E" && r.service.meta.len() == 1)
    );
    let forged = env(redis(), &["SERVICE_MUSTER-ENGINE=other"]);
    let mapped = map(&forged, None, &settings(|_| ()), "E");
    assert_eq!(&*mapped.registrations.values().next().unwrap().service.meta[ENGINE_META_KEY], "E");
}

#[test]
fn bad_values_cost_one_line_and_only_what_they_are_about() {
    let bad = env(redis(), &["SERVICE_CHECK_TTL=soon", "SERVICE_80_NAME=x", "SERVICE_A.B=1", "SERVICE_C=x\ny"]);
    let mapped = map(&bad, None, &settings(|_| ()), "E");
    let expected = [
        "container redis.0: SERVICE_CHECK_TTL=\"soon\" is not a duration above zero, such as 30s or 1m30s; registered without it",
        "container redis.0: SERVICE_80_NAME is for port 80, which the container does not have",
    ];
    let texts = remarks(&bad);
    assert_eq!(texts[..2], expected);
    assert!(texts[2].starts_with("container redis.0: SERVICE_A.B cannot be kept as Meta"), "{texts:?}");
    assert!(texts[3].starts_with("container redis.0: SERVICE_C cannot be kept as Meta"), "{texts:?}");
    assert_eq!(texts.len(), 4);
    let registration = mapped.registrations.into_values().next().unwrap();
    assert!(registration.checks.is_empty());
    assert_eq!(&*registration.service.meta["check_ttl"], "soon");
}

#[test]
fn http_wins_over_ttl_and_each_port_is_checked_at_its_own() {
    let checked = env(nginx(), &["SERVICE_CHECK_TTL=30s", "SERVICE_CHECK_HTTP=/health", "SERVICE_80_CHECK_TIMEOUT=2s"]);
    let mapped = map(&checked, None, &settings(|_| ()), "E");
    assert!(mapped.remarks.is_empty());
    let checks: Vec<_> = mapped.registrations.into_values().map(|mut r| r.checks.remove(0).definition).collect();
    let http = |url: &str| CheckDefinition::every(Probe::Http(HttpProbe::get(url)), Duration::from_secs(10));
    let timed = CheckDefinition { timeout: Duration::from_secs(2), ..http("http://A:8000/health") };
    assert_eq!(checks, [http("http://A:4443/health"), timed]);
}

#[test]
fn bad_times_of_a_check_are_left_out_with_a_line() {
    let bad = env(
        redis(),
        &[
            "SERVICE_CHECK_TCP=1",
            "SERVICE_CHECK_INTERVAL=0s",
            "SERVICE_CHECK_TIMEOUT=-1s",
            "SERVICE_CHECK_DEREGISTER_AFTER=1 minute",
            "SERVICE_CHECK_INITIAL_STATUS=up",
        ],
    );
    let texts = remarks(&bad);
    assert_eq!(texts.len(), 4, "{texts:?}");
    assert!(texts[0].starts_with("container redis.0: SERVICE_CHECK_DEREGISTER_AFTER=\"1 minute\" is not a duration"));
    let mapped = map(&bad, None, &settings(|_| ()), "E");
    let check = mapped.registrations.into_values().next().unwrap().checks.remove(0);
    let probe = Probe::Tcp { address: "A:10000".into(), tls: None };
    assert_eq!((check.definition, check.status), (CheckDefinition::every(probe, Duration::from_secs(10)), None));
}

#[test]
fn commands_are_off_until_they_are_enabled() {
    let script = env(redis(), &["SERVICE_CHECK_SCRIPT=nc $SERVICE_IP $SERVICE_PORT"]);
    let off = map(&script, None, &Settings { script_checks: false, ..settings(|_| ()) }, "E");
    let texts: Vec<_> = off.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "container redis.0: SERVICE_CHECK_SCRIPT asks for a command to be run, which is off; -enable-script-checks allows it; registered without the check"
        ]
    );
    assert!(off.registrations.into_values().all(|r| r.checks.is_empty()));
    let on = Settings { script_checks: true, compat: false, ..settings(|_| ()) };
    let on = map(&script, None, &on, "E").registrations.into_values().next().unwrap();
    let args = ["/bin/sh", "-c", "nc A 10000"].map(Arc::from).to_vec();
    assert_eq!(on.checks[0].definition.probe, Probe::Script { args });
}

#[test]
fn a_name_that_cannot_be_one_leaves_the_other_port_registered() {
    let bad = env(nginx(), &["SERVICE_80_NAME=a\nb"]);
    assert_eq!(lines(&bad, &settings(|_| ())), ["nginx-443 H:nginx.0:443 A:4443 [] {}"]);
    let texts = remarks(&bad);
    assert_eq!(
        texts,
        ["container nginx.0: port 80 is not registered: service name \"a\\nb\" holds a control character"]
    );
}

#[test]
fn one_id_for_two_ports_registers_the_last_and_says_so() {
    let one = env(nginx(), &["SERVICE_ID=x"]);
    assert_eq!(lines(&one, &settings(|_| ())), ["nginx-443 x A:4443 [] {}"]);
    assert_eq!(
        remarks(&one),
        ["container nginx.0: two of its ports have the service ID \"x\"; only the last one is registered"]
    );
}

#[test]
fn claims_cover_what_a_container_can_have_registered() {
    let claims = claims(&env(nginx(), &["SERVICE_443_ID=https.1"]), &settings(|_| ()));
    let cover = |id: &str| claims.cover(&ServiceId::new(id).unwrap());
    assert!(cover("H:nginx.0:80") && cover("H:nginx.0:53:udp") && cover("https.1"));
    assert!(!cover("H:nginx.0:x") && !cover("H:nginx.01:80") && !cover("G:nginx.0:80") && !cover("https"));
}

#[test]
fn tags_and_label_addresses_carry_no_control_characters() {
    let label = settings(|flags| flags.use_ip_from_label = "ip".into());
    let mut bad = env(redis(), &["SERVICE_TAGS=a,b\n}"]);
    bad.labels.insert("ip".into(), "1.2.3.4;\n}/24".into());
    assert_eq!(lines(&bad, &label), ["redis H:redis.0:6379 A:10000 [a] {}"]);
    let texts: Vec<_> = map(&bad, None, &label, "E").remarks.iter().map(ToString::to_string).collect();
    let end = "with a control character; registered without it";
    let expected = [
        format!("container redis.0: SERVICE_TAGS holds a tag {end}"),
        format!("container redis.0: ip holds an address {end}"),
    ];
    assert_eq!(texts, expected);
    bad.labels.insert("ip".into(), "1.2.3.4/24".into());
    assert_eq!(lines(&bad, &label), ["redis H:redis.0:6379 1.2.3.4:10000 [a] {}"]);
}
