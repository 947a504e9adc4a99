//! The fields of a check in bodies for `/v1/agent`, and what they have checked.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{CheckDefinition, CheckId, CheckStatus, HttpProbe, NodeName, Probe, ServiceId, Thresholds, Tls};

use super::agent_check::CheckRequest;
use super::fields::{self, DecodeError, Fields, Fill};
use super::go_list::GoList;
use super::{AgentRequestError, CheckProblem};
use crate::duration_text::GoDuration;
use crate::json::Value;

/// A check's fields as they stand in the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CheckFields {
    /// Registered on its own: has `ID` and `Token`.
    alone: bool,
    pub id: String,
    pub name: String,
    notes: String,
    pub status: String,
    pub service_id: String,
    header: HeaderFields,
    texts: BTreeMap<&'static str, String>,
    lists: BTreeMap<&'static str, GoList<Arc<str>>>,
    flags: BTreeMap<&'static str, bool>,
    numbers: BTreeMap<&'static str, i32>,
    durations: BTreeMap<&'static str, Value>,
    interval: GoDuration,
    timeout: GoDuration,
    ttl: GoDuration,
    deregister_after: GoDuration,
}

const DEREGISTER: &str = "DeregisterCriticalServiceAfter";

/// Fields by type: the folded name, Go's name, and which of them the alias stands for. What Go names in small letters
/// stands beside the type that Consul's structure embeds.
const TEXTS: &[(&str, &str, &str)] = &[
    ("http", "HTTP", "HTTP"),
    ("h2ping", "H2PING", "H2PING"),
    ("method", "Method", "Method"),
    ("body", "Body", "Body"),
    ("tcp", "TCP", "TCP"),
    ("udp", "UDP", "UDP"),
    ("aliasnode", "AliasNode", "AliasNode"),
    ("aliasservice", "AliasService", "AliasService"),
    ("dockercontainerid", "DockerContainerID", "DockerContainerID"),
    ("docker_container_id", "docker_container_id", "DockerContainerID"),
    ("shell", "Shell", "Shell"),
    ("grpc", "GRPC", "GRPC"),
    ("osservice", "OSService", "OSService"),
    ("tlsservername", "TLSServerName", "TLSServerName"),
    ("tls_server_name", "tls_server_name", "TLSServerName"),
    ("proxyhttp", "ProxyHTTP", "ProxyHTTP"),
    ("proxygrpc", "ProxyGRPC", "ProxyGRPC"),
    ("token", "Token", "Token"),
];
const LISTS: &[(&str, &str, &str)] = &[
    ("scriptargs", "ScriptArgs", "ScriptArgs"),
    ("args", "args", "ScriptArgs"),
    ("script_args", "script_args", "ScriptArgs"),
];
const FLAGS: &[(&str, &str, &str)] = &[
    ("h2pingusetls", "H2PingUseTLS", "H2PingUseTLS"),
    ("h2ping_use_tls", "h2ping_use_tls", "H2PingUseTLS"),
    ("disableredirects", "DisableRedirects", "DisableRedirects"),
    ("disable_redirects", "disable_redirects", "DisableRedirects"),
    ("tcpusetls", "TCPUseTLS", "TCPUseTLS"),
    ("tcp_use_tls", "tcp_use_tls", "TCPUseTLS"),
    ("grpcusetls", "GRPCUseTLS", "GRPCUseTLS"),
    ("grpc_use_tls", "grpc_use_tls", "GRPCUseTLS"),
    ("tlsskipverify", "TLSSkipVerify", "TLSSkipVerify"),
    ("tls_skip_verify", "tls_skip_verify", "TLSSkipVerify"),
];
const NUMBERS: &[(&str, &str, &str)] = &[
    ("successbeforepassing", "SuccessBeforePassing", "SuccessBeforePassing"),
    ("failuresbeforewarning", "FailuresBeforeWarning", "FailuresBeforeWarning"),
    ("failuresbeforecritical", "FailuresBeforeCritical", "FailuresBeforeCritical"),
    ("outputmaxsize", "OutputMaxSize", "OutputMaxSize"),
];
const DURATIONS: &[(&str, &str, &str)] = &[
    ("interval", "Interval", "Interval"),
    ("timeout", "Timeout", "Timeout"),
    ("ttl", "TTL", "TTL"),
    ("deregistercriticalserviceafter", DEREGISTER, DEREGISTER),
    ("deregister_critical_service_after", DEREGISTER, DEREGISTER),
];

fn listed(table: &[(&str, &'static str, &'static str)], folded: &str) -> Option<(&'static str, &'static str)> {
    table.iter().find(|(name, ..)| *name == folded).map(|(_, go, field)| (*go, *field))
}

impl Fill for CheckFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "id" if self.alone => fields.text("ID", "types.CheckID", value, &mut self.id),
            "checkid" if !self.alone => fields.text("CheckID", "types.CheckID", value, &mut self.id),
            "name" => fields.string("Name", value, &mut self.name),
            "notes" => fields.string("Notes", value, &mut self.notes),
            "status" => fields.string("Status", value, &mut self.status),
            "serviceid" if self.alone => fields.string("ServiceID", value, &mut self.service_id),
            "serviceid" => fields.beside(|fields| fields.string("ServiceID", value, &mut self.service_id)),
            "service_id" => fields.beside(|fields| fields.string("service_id", value, &mut self.service_id)),
            "header" => {
                fields.nested("Header", ("", "map[string][]string"), value, &mut self.header)?;
            }
            _ => {
                if !self.take_listed(fields, folded, value) {
                    fields.unknown(name);
                }
            }
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        for (field, slot) in [
            ("Interval", &mut self.interval),
            ("Timeout", &mut self.timeout),
            ("TTL", &mut self.ttl),
            (DEREGISTER, &mut self.deregister_after),
        ] {
            // One that says none leaves what another body for the same check said.
            if let Some(time) = self.durations.get(field).map(fields::duration).transpose()?.flatten() {
                *slot = time;
            }
        }
        self.durations.clear();
        // Ignored in a service's registration, where it can only be that service.
        if !self.alone {
            self.service_id.clear();
        }
        Ok(())
    }
}

impl CheckFields {
    /// The fields of a check that is registered on its own.
    pub fn alone() -> Self {
        Self { alone: true, ..Self::default() }
    }

    fn take_listed(&mut self, fields: &mut Fields, folded: &str, value: &Value) -> bool {
        // Consul's structure of a check within a service does not have it.
        let known = self.alone || folded != "disable_redirects";
        if folded.contains('_') || folded == "args" {
            return known && fields.beside(|fields| self.take_by_type(fields, folded, value));
        }
        self.take_by_type(fields, folded, value)
    }

    /// Whether Consul's structure has the field: those of the two kinds of bodies differ.
    fn has_text(&self, go: &str) -> bool {
        match go {
            "Token" => self.alone,
            "ProxyHTTP" | "ProxyGRPC" => !self.alone,
            _ => true,
        }
    }

    fn take_by_type(&mut self, fields: &mut Fields, folded: &str, value: &Value) -> bool {
        if let Some((go, field)) = listed(TEXTS, folded).filter(|(go, _)| self.has_text(go)) {
            fields.string(go, value, self.texts.entry(field).or_default());
        } else if let Some((go, field)) = listed(LISTS, folded) {
            fields.strings(go, value, self.lists.entry(field).or_default());
        } else if let Some((go, field)) = listed(FLAGS, folded) {
            fields.bool(go, value, self.flags.entry(field).or_default());
        } else if let Some((go, field)) = listed(NUMBERS, folded) {
            fields.int(go, value, self.numbers.entry(field).or_default());
        } else if let Some((_, field)) = listed(DURATIONS, folded) {
            self.durations.insert(field, value.clone());
        } else {
            return false;
        }
        true
    }

    /// Whether nothing is said at all: such a `Check` counts as not given.
    pub fn is_empty(&self) -> bool {
        [&self.id, &self.name, &self.notes, &self.status].iter().all(|text| text.is_empty())
            && self.texts.values().all(String::is_empty)
            && self.lists.values().all(GoList::is_empty)
            && self.flags.values().all(|flag| !flag)
            && self.numbers.values().all(|number| *number == 0)
            && [self.interval, self.timeout, self.ttl, self.deregister_after].iter().all(|time| time.nanos() == 0)
    }

    fn has(&self, field: &str) -> bool {
        self.texts.get(field).is_some_and(|text| !text.is_empty())
    }

    fn number(&self, field: &str) -> i32 {
        self.numbers.get(field).copied().unwrap_or_default()
    }

    /// How the fields have it checked, by Consul's order of looking.
    pub fn definition(&self) -> Result<CheckDefinition, AgentRequestError> {
        let active = self.active_probe();
        let alias = self.has("AliasNode") || self.has("AliasService");
        self.fit(active.is_some(), alias)?;
        let probe = match active {
            Some(probe) => probe?,
            None if alias => self.alias()?,
            None => Probe::Ttl { ttl: self.ttl.or_zero() },
        };
        let number = |field| u32::try_from(self.number(field)).unwrap_or(0);
        Ok(CheckDefinition {
            probe,
            interval: self.interval.or_zero(),
            timeout: self.timeout.or_zero(),
            thresholds: Thresholds {
                success_before_passing: number("SuccessBeforePassing"),
                failures_before_warning: number("FailuresBeforeWarning"),
                failures_before_critical: number("FailuresBeforeCritical"),
            },
            output_max_bytes: number("OutputMaxSize"),
            deregister_after: self.deregister_after.or_zero(),
            alone: self.alone,
        })
    }

    /// Whether the fields go together.
    fn fit(&self, active: bool, alias: bool) -> Result<(), CheckProblem> {
        let (interval, ttl) = (self.interval.nanos() > 0, self.ttl.nanos() > 0);
        match (active, alias) {
            _ if interval && ttl => Err(CheckProblem::IntervalAndTtl),
            (true, _) if !interval => Err(CheckProblem::MissingInterval),
            (true, true) => Err(CheckProblem::AliasInterval),
            (_, true) if ttl => Err(CheckProblem::AliasTtl),
            (false, false) if !ttl => Err(CheckProblem::MissingTtl),
            _ if self.number("OutputMaxSize") < 0 => Err(CheckProblem::OutputMaxSize),
            _ if self.number("FailuresBeforeWarning") > self.number("FailuresBeforeCritical") => {
                Err(CheckProblem::FailuresBeforeWarning)
            }
            _ => Ok(()),
        }
    }

    /// What the first field says that stands for a probe that is run.
    fn active_probe(&self) -> Option<Result<Probe, AgentRequestError>> {
        let args = self.lists.get("ScriptArgs").filter(|args| !args.is_empty());
        let probe = if self.has("GRPC") {
            Probe::Grpc { target: self.text("GRPC"), tls: self.tls("GRPCUseTLS", false) }
        } else if self.has("HTTP") {
            Probe::Http(self.http())
        } else if self.has("TCP") {
            Probe::Tcp { address: self.text("TCP"), tls: self.tls("TCPUseTLS", false) }
        } else if self.has("UDP") {
            Probe::Udp { address: self.text("UDP") }
        } else if let Some(args) = args {
            let args = args.as_slice().to_vec();
            match self.text("DockerContainerID") {
                container if container.is_empty() => Probe::Script { args },
                container => Probe::Docker { container, shell: self.text("Shell"), args },
            }
        } else if self.has("H2PING") {
            Probe::H2Ping { address: self.text("H2PING"), tls: self.tls("H2PingUseTLS", true) }
        } else if self.has("OSService") {
            return Some(Err(AgentRequestError::CheckKind("os_service")));
        } else {
            return None;
        };
        Some(Ok(probe))
    }

    fn http(&self) -> HttpProbe {
        HttpProbe {
            url: self.text("HTTP"),
            method: self.text("Method"),
            header: self.header.0.clone(),
            body: self.text("Body"),
            tls: self.tls_settings(),
            disable_redirects: self.flags.get("DisableRedirects").copied().unwrap_or(false),
        }
    }

    fn alias(&self) -> Result<Probe, AgentRequestError> {
        let (service, node) = (self.text("AliasService"), self.text("AliasNode"));
        Ok(Probe::Alias {
            service: (!service.is_empty()).then(|| ServiceId::new(service)).transpose()?,
            node: (!node.is_empty()).then(|| NodeName::new(node)).transpose()?,
        })
    }

    fn text(&self, field: &str) -> Arc<str> {
        Arc::from(self.texts.get(field).map(String::as_str).unwrap_or_default())
    }

    fn tls(&self, flag: &str, default: bool) -> Option<Tls> {
        self.flags.get(flag).copied().unwrap_or(default).then(|| self.tls_settings())
    }

    fn tls_settings(&self) -> Tls {
        let skip_verify = self.flags.get("TLSSkipVerify").copied().unwrap_or(false);
        Tls { skip_verify, server_name: self.text("TLSServerName") }
    }

    pub fn into_request(
        self,
        definition: CheckDefinition,
        bad_status: impl FnOnce() -> AgentRequestError,
    ) -> Result<CheckRequest, AgentRequestError> {
        let status = match &*self.status {
            "" => None,
            text => Some(CheckStatus::strict(text).ok_or_else(bad_status)?),
        };
        Ok(CheckRequest {
            id: Some(&self.id).filter(|id| !id.is_empty()).map(CheckId::new).transpose()?,
            name: Some(self.name).filter(|name| !name.is_empty()).map(Arc::from),
            notes: Arc::from(self.notes),
            status,
            definition,
        })
    }
}

/// HTTP headers: lists of values by name.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct HeaderFields(pub BTreeMap<Arc<str>, Vec<Arc<str>>>);

impl Fill for HeaderFields {
    fn fill(&mut self, fields: &mut Fields, _: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        let mut values = GoList::default();
        fields.strings("", value, &mut values);
        self.0.insert(Arc::from(name), values.into_vec());
        Ok(())
    }
}
