//! Checks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::CheckRegistration;
use muster_docker::Container;
use muster_model::duration_text::GoDuration;
use muster_model::{CheckDefinition, CheckStatus, HttpProbe, Probe, Tls};

use super::Remark;
use super::address::Place;
use super::metadata::{Entry, Metadata};
use crate::Settings;

/// The kinds in Registrator's order: the first that is set counts.
const KINDS: [&str; 7] =
    ["check_http", "check_https", "check_cmd", "check_script", "check_ttl", "check_tcp", "check_grpc"];
/// Registrator's interval where none is given.
const INTERVAL: Duration = Duration::from_secs(10);
/// How much of a container's ID goes into a command.
const SHORT_ID: usize = 12;

/// What a container says of checks, on its way to one.
struct Reading<'a> {
    container: &'a Container,
    metadata: &'a Metadata,
    place: &'a Place,
    settings: &'a Settings,
    remarks: &'a mut BTreeSet<Remark>,
}

/// The check that a container asks for, if any.
pub(super) fn read(
    container: &Container,
    metadata: &Metadata,
    place: &Place,
    settings: &Settings,
    remarks: &mut BTreeSet<Remark>,
) -> Option<CheckRegistration> {
    Reading { container, metadata, place, settings, remarks }.check()
}

impl Reading<'_> {
    fn check(&mut self) -> Option<CheckRegistration> {
        let metadata = self.metadata;
        let (kind, entry) = KINDS.into_iter().find_map(|key| Some((key, metadata.entry(key)?)))?;
        let probe = self.probe(kind, entry)?;
        let is_ttl = matches!(probe, Probe::Ttl { .. });
        let mut definition = CheckDefinition::new(probe);
        if !is_ttl {
            definition.interval = self.duration("check_interval").unwrap_or(INTERVAL);
        }
        if matches!(definition.probe, Probe::Http(_) | Probe::Tcp { .. } | Probe::Grpc { .. }) {
            definition.timeout = self.duration("check_timeout").unwrap_or_default();
        }
        definition.deregister_after = self.duration("check_deregister_after").unwrap_or_default();
        let mut status = None;
        if let Some(entry) = metadata.entry("check_initial_status") {
            status = CheckStatus::strict(&entry.value);
            if status.is_none() {
                self.remark_bad(entry, "one of passing, warning and critical");
            }
        }
        Some(CheckRegistration { id: None, name: None, notes: Arc::from(""), status, definition })
    }

    fn probe(&mut self, kind: &str, entry: &Entry) -> Option<Probe> {
        let (ip, port, value) = (&self.place.address, self.place.number, &entry.value);
        let address = || Arc::from(format!("{ip}:{port}"));
        Some(match kind {
            "check_http" => self.http(format!("http://{ip}:{port}{value}"), "check_http_method"),
            "check_https" => self.http(format!("https://{ip}:{port}{value}"), "check_https_method"),
            "check_cmd" => {
                let id = self.container.id.get(..SHORT_ID).unwrap_or(&self.container.id);
                self.command(entry, &["check-cmd", id, &self.place.port.number.to_string(), value])?
            }
            "check_script" => {
                let script = value.replace("$SERVICE_IP", ip).replace("$SERVICE_PORT", &port.to_string());
                // Registrator hands over one word, which no Consul since 1.0 can run if it has a space.
                let shell: &[&str] = if self.settings.compat { &[] } else { &["/bin/sh", "-c"] };
                self.command(entry, &[shell, &[script.as_str()]].concat())?
            }
            "check_ttl" => Probe::Ttl { ttl: self.positive(entry)? },
            "check_tcp" => Probe::Tcp { address: address(), tls: None },
            _ => {
                let says = |key| self.metadata.get(key).is_some();
                let tls = Tls { skip_verify: says("check_tls_skip_verify"), ..Tls::default() };
                Probe::Grpc { target: address(), tls: says("check_grpc_use_tls").then_some(tls) }
            }
        })
    }

    fn http(&self, url: String, method: &str) -> Probe {
        let method = Arc::from(self.metadata.get(method).unwrap_or_default());
        Probe::Http(HttpProbe { method, ..HttpProbe::get(url) })
    }

    /// A command on the agent's host, if that is allowed here.
    fn command(&mut self, entry: &Entry, args: &[&str]) -> Option<Probe> {
        if !self.settings.script_checks {
            let (container, label) = (self.container.name.clone(), entry.source.clone());
            self.remarks.insert(Remark::ScriptsOff { container, label });
            return None;
        }
        Some(Probe::Script { args: args.iter().map(|arg| Arc::from(*arg)).collect() })
    }

    /// A time that is set; one that means nothing counts as not set.
    fn duration(&mut self, key: &str) -> Option<Duration> {
        let metadata = self.metadata;
        self.positive(metadata.entry(key)?)
    }

    fn positive(&mut self, entry: &Entry) -> Option<Duration> {
        let time = GoDuration::parse(&entry.value).map_or(Duration::ZERO, GoDuration::or_zero);
        if time.is_zero() {
            self.remark_bad(entry, "a duration above zero, such as 30s or 1m30s");
            return None;
        }
        Some(time)
    }

    fn remark_bad(&mut self, entry: &Entry, expected: &'static str) {
        let container = self.container.name.clone();
        let (label, value) = (entry.source.clone(), entry.value.clone());
        self.remarks.insert(Remark::BadValue { container, label, value, expected });
    }
}
