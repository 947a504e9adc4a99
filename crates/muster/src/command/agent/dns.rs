//! DNS of `agent`, out of the merged configuration.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Result, anyhow};
use muster_dns::{Config, Domain, RecursorStrategy, ServiceTimes};
use muster_model::duration_text::GoDuration;

use super::network;
use crate::config::Settings;
use crate::dns_server::{DNS_PORT, DnsConfig};

/// The port of recursors that do not say which.
const RECURSOR_PORT: u16 = 53;
/// What names begin with that are asked for under a domain; a second domain must not.
const FORMS: [&str; 5] = ["service", "connect", "node", "query", "addr"];

/// How DNS is to be served; none: not at all.
pub fn settings(settings: &Settings, http_port: u16, datacenter: &str) -> Result<Option<DnsConfig>> {
    let answers = answers(settings, datacenter)?;
    let listen = network::listen(settings, "addresses.dns", "ports.dns")?;
    let port = port(settings.int("ports.dns"), http_port).map_err(|_| {
        let number = settings.int("ports.dns").unwrap_or_default();
        settings.wrong("ports.dns", format!("is {number}: 1 to 65535 would be right, 0 for any, or -1 for none"))
    })?;
    Ok(port.map(|port| DnsConfig { listen, port, answers }))
}

/// The port; none: off. With any port for HTTP (0) DNS's is any too unless it is named: who wants several
/// registries on one host does not have to name two ports.
pub fn port(named: Option<i64>, http_port: u16) -> Result<Option<u16>> {
    match named {
        None if http_port == 0 => Ok(Some(0)),
        None => Ok(Some(DNS_PORT)),
        // Any number below zero is none, as in Consul.
        Some(..0) => Ok(None),
        Some(number) => u16::try_from(number)
            .map(Some)
            .map_err(|_| anyhow!("DNS port is {number}: 1 to 65535 would be right, 0 for any, or -1 for none")),
    }
}

fn answers(settings: &Settings, datacenter: &str) -> Result<Config> {
    let default = Config::default();
    let bool = |name: &str, default| settings.bool(name).unwrap_or(default);
    let mut config = Config {
        domain: domain(settings, "domain")?.unwrap_or(default.domain),
        alt_domain: alt_domain(settings, datacenter)?,
        node_ttl: seconds(settings, "dns_config.node_ttl")?,
        service_ttl: service_ttl(settings)?,
        only_passing: bool("dns_config.only_passing", default.only_passing),
        a_record_limit: count(settings, "dns_config.a_record_limit", default.a_record_limit)?,
        udp_answer_limit: count(settings, "dns_config.udp_answer_limit", default.udp_answer_limit)?,
        truncation_flag: bool("dns_config.enable_truncate", default.truncation_flag),
        disable_compression: bool("dns_config.disable_compression", default.disable_compression),
        node_meta_txt: bool("dns_config.enable_additional_node_meta_txt", default.node_meta_txt),
        soa: default.soa,
        recursors: settings.list("recursors").iter().map(|text| recursor(settings, text)).collect::<Result<_>>()?,
        recursor_strategy: strategy(settings)?,
        recursor_timeout: timeout(settings, default.recursor_timeout)?,
    };
    let soa = &mut config.soa;
    soa.expire = number(settings, "dns_config.soa.expire", soa.expire)?;
    soa.min_ttl = number(settings, "dns_config.soa.min_ttl", soa.min_ttl)?;
    soa.refresh = number(settings, "dns_config.soa.refresh", soa.refresh)?;
    soa.retry = number(settings, "dns_config.soa.retry", soa.retry)?;
    Ok(config)
}

/// None: not said, or nothing said.
fn domain(settings: &Settings, path: &str) -> Result<Option<Domain>> {
    match settings.text(path) {
        None | Some("") => Ok(None),
        Some(text) => Domain::new(text).map(Some).map_err(|_| {
            settings.wrong(
                path,
                format!(
                    "is {text:?}: letters, digits and hyphens with dots between them, such as consul, would be right"
                ),
            )
        }),
    }
}

fn alt_domain(settings: &Settings, datacenter: &str) -> Result<Option<Domain>> {
    let domain = domain(settings, "alt_domain")?;
    if let Some(domain) = &domain {
        let first = domain.first_label();
        if FORMS.contains(&first) || first == datacenter {
            let what = format!("cannot start with {first:?}, as names under a domain do: another name would be right");
            return Err(settings.wrong("alt_domain", what));
        }
    }
    Ok(domain)
}

/// `IP` or `IP:port`.
fn recursor(settings: &Settings, text: &str) -> Result<SocketAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().map(|ip| SocketAddr::new(ip, RECURSOR_PORT)).or_else(|_| text.parse());
    match address {
        Ok(address) if address.ip().is_unspecified() || address.port() == 0 => {
            Err(settings.wrong("recursors", format!("has {text:?}, nobody's address: 192.168.1.1 would be right")))
        }
        Ok(address) => Ok(address),
        Err(_) => Err(settings.wrong(
            "recursors",
            format!("has {text:?}: an IP address, with or without port, such as 192.168.1.1:53 would be right"),
        )),
    }
}

fn strategy(settings: &Settings) -> Result<RecursorStrategy> {
    let path = "dns_config.recursor_strategy";
    match settings.text(path) {
        None | Some("" | "sequential") => Ok(RecursorStrategy::Sequential),
        Some("random") => Ok(RecursorStrategy::Random),
        Some(text) => Err(settings.wrong(path, format!("is {text:?}: sequential or random would be right"))),
    }
}

fn timeout(settings: &Settings, default: Duration) -> Result<Duration> {
    let path = "dns_config.recursor_timeout";
    match settings.duration(path) {
        None => Ok(default),
        Some(duration) if duration.nanos() > 0 => Ok(duration.or_zero()),
        Some(_) => Err(settings.wrong(path, "is not above zero: 2s would be right")),
    }
}

fn service_ttl(settings: &Settings) -> Result<ServiceTimes> {
    let path = "dns_config.service_ttl";
    let mut pairs = Vec::new();
    for (service, text) in settings.map(path) {
        if service.strip_suffix('*').unwrap_or(&service).contains('*') {
            return Err(settings.wrong(path, format!("has {service:?}: a star may stand at the end only")));
        }
        let duration = GoDuration::parse(&text).ok().and_then(whole_seconds);
        let Some(seconds) = duration else {
            let what = format!("has {text:?} for {service:?}: a duration such as 10s would be right");
            return Err(settings.wrong(path, what));
        };
        pairs.push((service, seconds));
    }
    Ok(ServiceTimes::new(pairs))
}

fn seconds(settings: &Settings, path: &str) -> Result<u32> {
    let Some(duration) = settings.duration(path) else { return Ok(0) };
    whole_seconds(duration).ok_or_else(|| settings.wrong(path, "is no time to keep anything: 10s would be right"))
}

/// None: below zero, or beyond what a record can say.
fn whole_seconds(duration: GoDuration) -> Option<u32> {
    (duration.nanos() >= 0).then(|| u32::try_from(duration.or_zero().as_secs()).ok()).flatten()
}

fn count(settings: &Settings, path: &str, default: usize) -> Result<usize> {
    let Some(number) = settings.int(path) else { return Ok(default) };
    usize::try_from(number).map_err(|_| settings.wrong(path, format!("is {number}: 0 or more would be right")))
}

fn number(settings: &Settings, path: &str, default: u32) -> Result<u32> {
    let Some(number) = settings.int(path) else { return Ok(default) };
    u32::try_from(number).map_err(|_| settings.wrong(path, format!("is {number}: 0 or more seconds would be right")))
}

#[cfg(test)]
mod tests {
    use super::super::table::TABLE;
    use super::*;
    use crate::config;

    /// From flags and HCL.
    fn read(arguments: &[&str], hcl: &str) -> Result<Option<DnsConfig>> {
        let all = arguments.iter().copied().chain(["-hcl", hcl]).map(str::to_owned).collect::<Vec<_>>();
        settings(&config::read(&TABLE.parse(&all)?)?, 8500, "dc1")
    }

    #[test]
    fn the_default_is_consuls() {
        let config = read(&[], "").unwrap().unwrap();
        assert_eq!((config.port, config.listen.len()), (8600, 1));
        assert_eq!(config.answers.domain.to_string(), "consul.");
        assert!(read(&["-dns-port", "-1"], "").unwrap().is_none());
        assert!(read(&["-dns-port", "-2"], "").unwrap().is_none());
        assert_eq!(port(None, 0).unwrap(), Some(0), "any, if HTTP's is any");
    }

    #[test]
    fn keys_and_flags_take_effect() {
        let hcl = r#"
            domain = "sd.example."
            alt_domain = "old."
            recursors = ["10.0.0.1", "[fd00::1]:5353"]
            addresses { dns = "127.0.0.2 127.0.0.3" }
            dns_config {
                node_ttl = "5s"
                service_ttl {
                    "*" = "1m"
                    web = "2s"
                }
                only_passing = true
                a_record_limit = 2
                udp_answer_limit = 5
                enable_truncate = false
                disable_compression = true
                enable_additional_node_meta_txt = false
                recursor_strategy = "random"
                recursor_timeout = "500ms"
                soa {
                    refresh = 1
                    retry = 2
                    expire = 3
                    min_ttl = 4
                }
                allow_stale = true
                max_stale = "10s"
                use_cache = true
                cache_max_age = "0s"
            }"#;
        let config = read(&["-recursor", "10.0.0.2:54", "-dns-port", "53"], hcl).unwrap().unwrap();
        let answers = &config.answers;
        assert_eq!((config.port, config.listen.len()), (53, 2));
        assert_eq!(answers.domain.to_string(), "sd.example.");
        assert_eq!(answers.alt_domain.as_ref().unwrap().to_string(), "old.");
        let recursors: Vec<_> = answers.recursors.iter().map(ToString::to_string).collect();
        assert_eq!(recursors, ["10.0.0.2:54", "10.0.0.1:53", "[fd00::1]:5353"]);
        assert_eq!((answers.node_ttl, answers.a_record_limit, answers.udp_answer_limit), (5, 2, 5));
        assert!(answers.only_passing && answers.disable_compression);
        assert!(!answers.truncation_flag && !answers.node_meta_txt);
        assert_eq!(answers.recursor_timeout.as_millis(), 500);
        assert_eq!((answers.soa.refresh, answers.soa.min_ttl), (1, 4));
    }

    #[test]
    fn wrong_values_get_one_line_each() {
        let in_file = [
            ("ports { dns = 70000 }", "\"ports.dns\" is 70000: 1 to 65535"),
            ("domain = \"a b\"", "\"domain\" is \"a b\": letters, digits"),
            ("alt_domain = \"dc1.\"", "\"alt_domain\" cannot start with \"dc1\""),
            ("recursors = [\"dns.example.com\"]", "\"recursors\" has \"dns.example.com\": an IP address"),
            ("recursors = [\"0.0.0.0\"]", "\"recursors\" has \"0.0.0.0\", nobody's address"),
            ("addresses { dns = \"here\" }", "\"addresses.dns\" is \"here\": an IP address"),
            ("dns_config { node_ttl = \"-5s\" }", "\"dns_config.node_ttl\" is no time to keep"),
            ("dns_config { a_record_limit = -1 }", "\"dns_config.a_record_limit\" is -1: 0 or more"),
            ("dns_config { recursor_strategy = \"best\" }", "\"dns_config.recursor_strategy\" is \"best\""),
            ("dns_config { recursor_timeout = \"0s\" }", "\"dns_config.recursor_timeout\" is not above zero"),
            ("dns_config { service_ttl { web = \"x\" } }", "\"dns_config.service_ttl\" has \"x\" for \"web\""),
            ("dns_config { service_ttl { \"w*b\" = \"1s\" } }", "\"dns_config.service_ttl\" has \"w*b\": a star"),
            ("dns_config { soa { min_ttl = -1 } }", "\"dns_config.soa.min_ttl\" is -1: 0 or more"),
        ];
        for (hcl, expected) in in_file {
            let line = format!("{:#}", read(&[], hcl).unwrap_err());
            assert!(line.contains(&format!(": key {expected}")) && !line.contains('\n'), "{line}\n{expected}");
        }
        let flags = [
            (["-dns-port", "70000"], "flag -dns-port is 70000: 1 to 65535"),
            (["-alt-domain", "service.x"], "flag -alt-domain cannot start with \"service\""),
            (["-recursor", "x"], "flag -recursor has \"x\": an IP address"),
        ];
        for (arguments, expected) in flags {
            let line = format!("{:#}", read(&arguments, "").unwrap_err());
            assert!(line.starts_with(expected), "{line}");
        }
    }
}
