//! Checks in bodies for `/v1/agent`: in a service's registration, on their own, and their updates.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_model::{CheckId, CheckStatus, ServiceId};

use super::fields::{self, DecodeError, Fields, Fill};
use super::{AgentRequestError, CheckProblem, go_types};
use crate::duration_text::GoDuration;
use crate::json::Value;

/// A check as it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRequest {
    /// None: to be made up from the service's ID, or from the name.
    pub id: Option<CheckId>,
    /// None: to be made up from the service's name.
    pub name: Option<Arc<str>>,
    /// A remark.
    pub notes: Arc<str>,
    /// The status until the first result.
    pub status: Option<CheckStatus>,
    /// How it is checked.
    pub kind: CheckKind,
    /// Between two runs.
    pub interval: GoDuration,
    /// For one run.
    pub timeout: GoDuration,
    /// The instance is removed when it is critical for so long; zero: never.
    pub deregister_critical_service_after: Duration,
}

/// How a check finds its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CheckKind {
    /// Somebody reports within this time again and again.
    Ttl(Duration),
    /// A kind that muster does not run yet, by Consul's `Type` of it (`http`, `tcp`, `alias` …).
    Unsupported(&'static str),
}

/// The body of `/v1/agent/check/register`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCheckRequest {
    /// Its ID and name are always there.
    pub check: CheckRequest,
    /// The ID: as given, else the name.
    pub id: CheckId,
    /// The instance that it is about; none: the node.
    pub service_id: Option<ServiceId>,
}

/// The body of `/v1/agent/check/update/ID`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckUpdate {
    /// The result.
    pub status: CheckStatus,
    /// What the reporter says.
    pub output: String,
}

/// Reads the body of `/v1/agent/check/register`.
pub fn register_check(body: &[u8]) -> Result<NodeCheckRequest, AgentRequestError> {
    let mut fields = CheckFields { alone: true, ..CheckFields::default() };
    fields::body(body, go_types::CHECK, "", &["Alias"], &mut fields)?;
    if fields.name.is_empty() {
        return Err(AgentRequestError::MissingCheckName);
    }
    if !fields.status.is_empty() && CheckStatus::strict(&fields.status).is_none() {
        return Err(AgentRequestError::CheckStatus);
    }
    let kind = fields.kind()?;
    let id = CheckId::new(if fields.id.is_empty() { &fields.name } else { &fields.id })?;
    let service_id = Some(&fields.service_id).filter(|id| !id.is_empty()).map(ServiceId::new).transpose()?;
    let check = fields.into_request(kind, || AgentRequestError::CheckStatus)?;
    Ok(NodeCheckRequest { check, id, service_id })
}

/// Reads the body of `/v1/agent/check/update/ID`.
pub fn update_check(body: &[u8]) -> Result<CheckUpdate, AgentRequestError> {
    let mut fields = UpdateFields::default();
    fields::body(body, "agent.checkUpdate", "checkUpdate", &[], &mut fields)?;
    let status =
        CheckStatus::strict(&fields.status).ok_or_else(|| AgentRequestError::UpdateStatus(fields.status.clone()))?;
    Ok(CheckUpdate { status, output: fields.output })
}

#[derive(Default)]
struct UpdateFields {
    status: String,
    output: String,
}

impl Fill for UpdateFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, name: &str, value: &Value) -> Result<(), DecodeError> {
        match folded {
            "status" => fields.string("Status", value, &mut self.status),
            "output" => fields.string("Output", value, &mut self.output),
            _ => fields.unknown(name),
        }
        Ok(())
    }
}

/// A check's fields as they stand in the body.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct CheckFields {
    /// Registered on its own: has `ID` and `Token`.
    alone: bool,
    id: String,
    name: String,
    notes: String,
    status: String,
    service_id: String,
    texts: BTreeMap<&'static str, String>,
    lists: BTreeMap<&'static str, Vec<Arc<str>>>,
    flags: BTreeMap<&'static str, bool>,
    numbers: BTreeMap<&'static str, i32>,
    durations: BTreeMap<&'static str, Value>,
    interval: GoDuration,
    timeout: GoDuration,
    ttl: GoDuration,
    deregister_after: GoDuration,
}

const DEREGISTER: &str = "DeregisterCriticalServiceAfter";

/// Fields by type: the folded name, Go's name, and which of them the alias stands for.
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
    ("docker_container_id", "DockerContainerIDSnake", "DockerContainerID"),
    ("shell", "Shell", "Shell"),
    ("grpc", "GRPC", "GRPC"),
    ("osservice", "OSService", "OSService"),
    ("tlsservername", "TLSServerName", "TLSServerName"),
    ("tls_server_name", "TLSServerNameSnake", "TLSServerName"),
    ("proxyhttp", "ProxyHTTP", "ProxyHTTP"),
    ("proxygrpc", "ProxyGRPC", "ProxyGRPC"),
    ("token", "Token", "Token"),
];
const LISTS: &[(&str, &str, &str)] = &[
    ("scriptargs", "ScriptArgs", "ScriptArgs"),
    ("args", "Args", "ScriptArgs"),
    ("script_args", "ScriptArgsSnake", "ScriptArgs"),
];
const FLAGS: &[(&str, &str, &str)] = &[
    ("h2pingusetls", "H2PingUseTLS", "H2PingUseTLS"),
    ("h2ping_use_tls", "H2PingUseTLSSnake", "H2PingUseTLS"),
    ("disableredirects", "DisableRedirects", "DisableRedirects"),
    ("disable_redirects", "DisableRedirectsSnake", "DisableRedirects"),
    ("tcpusetls", "TCPUseTLS", "TCPUseTLS"),
    ("tcp_use_tls", "TCPUseTLSSnake", "TCPUseTLS"),
    ("grpcusetls", "GRPCUseTLS", "GRPCUseTLS"),
    ("grpc_use_tls", "GRPCUseTLSSnake", "GRPCUseTLS"),
    ("tlsskipverify", "TLSSkipVerify", "TLSSkipVerify"),
    ("tls_skip_verify", "TLSSkipVerifySnake", "TLSSkipVerify"),
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
            "id" if self.alone => fields.string("ID", value, &mut self.id),
            "checkid" => fields.string("CheckID", value, &mut self.id),
            "name" => fields.string("Name", value, &mut self.name),
            "notes" => fields.string("Notes", value, &mut self.notes),
            "status" => fields.string("Status", value, &mut self.status),
            "serviceid" | "service_id" => fields.string("ServiceID", value, &mut self.service_id),
            "header" => {
                let mut header = HeaderFields;
                fields.nested("Header", ("", "map[string][]string"), value, &mut header)?;
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
            if let Some(value) = self.durations.get(field) {
                *slot = fields::duration(value)?.unwrap_or_default();
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
    fn take_listed(&mut self, fields: &mut Fields, folded: &str, value: &Value) -> bool {
        if let Some((go, field)) = listed(TEXTS, folded).filter(|(go, _)| self.alone || *go != "Token") {
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
            && self.lists.values().all(Vec::is_empty)
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

    /// What kind of check the fields make, by Consul's order of looking.
    pub fn kind(&self) -> Result<CheckKind, CheckProblem> {
        let (interval, ttl) = (self.interval.nanos() > 0, self.ttl.nanos() > 0);
        let script = self.lists.get("ScriptArgs").is_some_and(|args| !args.is_empty());
        let active = [
            ("grpc", self.has("GRPC")),
            ("http", self.has("HTTP")),
            ("tcp", self.has("TCP")),
            ("udp", self.has("UDP")),
            ("docker", script && self.has("DockerContainerID")),
            ("script", script),
            ("h2ping", self.has("H2PING")),
            ("os_service", self.has("OSService")),
        ];
        let active = active.into_iter().find(|(_, is)| *is).map(|(kind, _)| kind);
        let alias = self.has("AliasNode") || self.has("AliasService");
        match (active, alias) {
            _ if interval && ttl => Err(CheckProblem::IntervalAndTtl),
            (Some(_), _) if !interval => Err(CheckProblem::MissingInterval),
            (Some(_), true) => Err(CheckProblem::AliasInterval),
            (_, true) if ttl => Err(CheckProblem::AliasTtl),
            (None, false) if !ttl => Err(CheckProblem::MissingTtl),
            _ if self.number("OutputMaxSize") < 0 => Err(CheckProblem::OutputMaxSize),
            _ if self.number("FailuresBeforeWarning") > self.number("FailuresBeforeCritical") => {
                Err(CheckProblem::FailuresBeforeWarning)
            }
            (Some(kind), false) => Ok(CheckKind::Unsupported(kind)),
            (None, true) => Ok(CheckKind::Unsupported("alias")),
            (None, false) => Ok(CheckKind::Ttl(self.ttl.or_zero())),
        }
    }

    pub fn into_request(
        self,
        kind: CheckKind,
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
            kind,
            interval: self.interval,
            timeout: self.timeout,
            deregister_critical_service_after: self.deregister_after.or_zero(),
        })
    }
}

/// HTTP headers of a check that muster does not run yet: read for their types only.
struct HeaderFields;

impl Fill for HeaderFields {
    fn fill(&mut self, fields: &mut Fields, _: &str, _: &str, value: &Value) -> Result<(), DecodeError> {
        fields.strings("", value, &mut Vec::new());
        Ok(())
    }
}
