//! Stored forms of checks and of how they are run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_model::{
    Check, CheckDefinition, CheckId, CheckStatus, Described, DescribedValue, HttpProbe, NodeName, Probe, ServiceId,
    Thresholds, Tls,
};
use serde::{Deserialize, Serialize};

use super::StoredError;
use super::parts::{Text, invalid};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredCheck<'a> {
    id: Text<'a>,
    name: Arc<str>,
    status: Text<'a>,
    notes: Arc<str>,
    output: Arc<str>,
    service_id: Option<Text<'a>>,
    kind: Arc<str>,
    definition: Option<StoredDefinition>,
}

impl<'a> From<&'a Check> for StoredCheck<'a> {
    fn from(check: &'a Check) -> Self {
        Self {
            id: check.id.as_str().into(),
            name: Arc::clone(&check.name),
            status: check.status.as_str().into(),
            notes: Arc::clone(&check.notes),
            output: Arc::clone(&check.output),
            service_id: check.service_id.as_ref().map(|id| id.as_str().into()),
            kind: Arc::clone(&check.kind),
            definition: check.definition.as_ref().map(|definition| (&**definition).into()),
        }
    }
}

impl TryFrom<StoredCheck<'_>> for Check {
    type Error = StoredError;

    fn try_from(stored: StoredCheck<'_>) -> Result<Self, StoredError> {
        Ok(Self {
            id: CheckId::new(stored.id).map_err(invalid)?,
            name: stored.name,
            status: CheckStatus::lenient(&stored.status),
            notes: stored.notes,
            output: stored.output,
            service_id: stored.service_id.map(ServiceId::new).transpose().map_err(invalid)?,
            kind: stored.kind,
            definition: stored.definition.map(CheckDefinition::try_from).transpose()?.map(Arc::new),
        })
    }
}

/// How a check is run. Variants are only ever added, at the end.
#[derive(Serialize, Deserialize)]
enum StoredDefinition {
    /// With nothing else said.
    Ttl(Duration),
    Run(Box<StoredRun>),
}

#[derive(Serialize, Deserialize)]
struct StoredRun {
    probe: StoredProbe,
    interval: Duration,
    timeout: Duration,
    /// Before passing, warning, critical.
    thresholds: (u32, u32, u32),
    output_max_bytes: u32,
    deregister_after: Duration,
    alone: bool,
}

#[derive(Serialize, Deserialize)]
enum StoredProbe {
    Ttl(Duration),
    Http {
        url: Arc<str>,
        method: Arc<str>,
        header: BTreeMap<Arc<str>, Vec<Arc<str>>>,
        body: Arc<str>,
        tls: StoredTls,
        disable_redirects: bool,
    },
    Tcp(Arc<str>, Option<StoredTls>),
    Udp(Arc<str>),
    Grpc(Arc<str>, Option<StoredTls>),
    H2Ping(Arc<str>, Option<StoredTls>),
    Script(Vec<Arc<str>>),
    /// Container, shell, program with arguments.
    Docker(Arc<str>, Arc<str>, Vec<Arc<str>>),
    /// Service, node.
    Alias(Option<String>, Option<String>),
    /// Interval, timeout, fields.
    Described(Arc<str>, Arc<str>, BTreeMap<Arc<str>, StoredValue>),
}

#[derive(Serialize, Deserialize)]
enum StoredValue {
    Flag,
    Number(i64),
    Text(Arc<str>),
    Texts(Vec<Arc<str>>),
    Lists(BTreeMap<Arc<str>, Vec<Arc<str>>>),
}

fn stored_value((name, value): (&Arc<str>, &DescribedValue)) -> (Arc<str>, StoredValue) {
    let value = match value {
        DescribedValue::Flag => StoredValue::Flag,
        DescribedValue::Number(number) => StoredValue::Number(*number),
        DescribedValue::Text(text) => StoredValue::Text(Arc::clone(text)),
        DescribedValue::Texts(texts) => StoredValue::Texts(texts.clone()),
        DescribedValue::Lists(lists) => StoredValue::Lists(lists.clone()),
    };
    (Arc::clone(name), value)
}

fn value((name, stored): (Arc<str>, StoredValue)) -> (Arc<str>, DescribedValue) {
    let value = match stored {
        StoredValue::Flag => DescribedValue::Flag,
        StoredValue::Number(number) => DescribedValue::Number(number),
        StoredValue::Text(text) => DescribedValue::Text(text),
        StoredValue::Texts(texts) => DescribedValue::Texts(texts),
        StoredValue::Lists(lists) => DescribedValue::Lists(lists),
    };
    (name, value)
}

/// Any certificate will do; the name that it must be for.
type StoredTls = (bool, Arc<str>);

fn stored_tls(tls: &Tls) -> StoredTls {
    (tls.skip_verify, Arc::clone(&tls.server_name))
}

fn tls((skip_verify, server_name): StoredTls) -> Tls {
    Tls { skip_verify, server_name }
}

impl From<&CheckDefinition> for StoredDefinition {
    fn from(definition: &CheckDefinition) -> Self {
        match &definition.probe {
            // As it was stored before there were others.
            Probe::Ttl { ttl } if *definition == CheckDefinition::ttl(*ttl) => Self::Ttl(*ttl),
            probe => {
                let thresholds = definition.thresholds;
                Self::Run(Box::new(StoredRun {
                    probe: probe.into(),
                    interval: definition.interval,
                    timeout: definition.timeout,
                    thresholds: (
                        thresholds.success_before_passing,
                        thresholds.failures_before_warning,
                        thresholds.failures_before_critical,
                    ),
                    output_max_bytes: definition.output_max_bytes,
                    deregister_after: definition.deregister_after,
                    alone: definition.alone,
                }))
            }
        }
    }
}

impl TryFrom<StoredDefinition> for CheckDefinition {
    type Error = StoredError;

    fn try_from(stored: StoredDefinition) -> Result<Self, StoredError> {
        let run = match stored {
            StoredDefinition::Ttl(ttl) => return Ok(Self::ttl(ttl)),
            StoredDefinition::Run(run) => *run,
        };
        let (success_before_passing, failures_before_warning, failures_before_critical) = run.thresholds;
        Ok(Self {
            probe: run.probe.try_into()?,
            interval: run.interval,
            timeout: run.timeout,
            thresholds: Thresholds { success_before_passing, failures_before_warning, failures_before_critical },
            output_max_bytes: run.output_max_bytes,
            deregister_after: run.deregister_after,
            alone: run.alone,
        })
    }
}

impl From<&Probe> for StoredProbe {
    fn from(probe: &Probe) -> Self {
        let secured = |tls: &Option<Tls>| tls.as_ref().map(stored_tls);
        match probe {
            Probe::Ttl { ttl } => Self::Ttl(*ttl),
            Probe::Http(probe) => Self::Http {
                url: Arc::clone(&probe.url),
                method: Arc::clone(&probe.method),
                header: probe.header.clone(),
                body: Arc::clone(&probe.body),
                tls: stored_tls(&probe.tls),
                disable_redirects: probe.disable_redirects,
            },
            Probe::Tcp { address, tls } => Self::Tcp(Arc::clone(address), secured(tls)),
            Probe::Udp { address } => Self::Udp(Arc::clone(address)),
            Probe::Grpc { target, tls } => Self::Grpc(Arc::clone(target), secured(tls)),
            Probe::H2Ping { address, tls } => Self::H2Ping(Arc::clone(address), secured(tls)),
            Probe::Script { args } => Self::Script(args.clone()),
            Probe::Docker { container, shell, args } => {
                Self::Docker(Arc::clone(container), Arc::clone(shell), args.clone())
            }
            Probe::Described(described) => Self::Described(
                Arc::clone(&described.interval),
                Arc::clone(&described.timeout),
                described.fields.iter().map(stored_value).collect(),
            ),
            Probe::Alias { service, node } => {
                Self::Alias(service.as_ref().map(ToString::to_string), node.as_ref().map(ToString::to_string))
            }
        }
    }
}

impl TryFrom<StoredProbe> for Probe {
    type Error = StoredError;

    fn try_from(stored: StoredProbe) -> Result<Self, StoredError> {
        Ok(match stored {
            StoredProbe::Ttl(ttl) => Self::Ttl { ttl },
            StoredProbe::Http { url, method, header, body, tls: secured, disable_redirects } => {
                Self::Http(HttpProbe { url, method, header, body, tls: tls(secured), disable_redirects })
            }
            StoredProbe::Tcp(address, secured) => Self::Tcp { address, tls: secured.map(tls) },
            StoredProbe::Udp(address) => Self::Udp { address },
            StoredProbe::Grpc(target, secured) => Self::Grpc { target, tls: secured.map(tls) },
            StoredProbe::H2Ping(address, secured) => Self::H2Ping { address, tls: secured.map(tls) },
            StoredProbe::Script(args) => Self::Script { args },
            StoredProbe::Docker(container, shell, args) => Self::Docker { container, shell, args },
            StoredProbe::Described(interval, timeout, fields) => {
                Self::Described(Described { interval, timeout, fields: fields.into_iter().map(value).collect() })
            }
            StoredProbe::Alias(service, node) => Self::Alias {
                service: service.map(ServiceId::new).transpose().map_err(invalid)?,
                node: node.map(NodeName::new).transpose().map_err(invalid)?,
            },
        })
    }
}
