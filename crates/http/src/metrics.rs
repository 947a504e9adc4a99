//! `/v1/agent/metrics`: what is measured here, under Consul's names where they mean the same.

use std::sync::Arc;

use muster_wire::answer::{self, Gauge};
use muster_wire::header;
use time::OffsetDateTime;

use crate::Api;
use crate::api_error::ApiError;
use crate::call::Call;
use crate::reply::Reply;

/// How metrics are named and who may have them (`telemetry`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telemetry {
    /// What names begin with (`metrics_prefix`).
    pub prefix: String,
    /// What follows it in the names of gauges; none: nothing (`disable_hostname`).
    pub host: Option<String>,
    /// Prometheus may ask (`prometheus_retention_time` is above zero).
    pub prometheus: bool,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { prefix: "consul".to_owned(), host: None, prometheus: false }
    }
}

const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(crate) async fn metrics(api: Arc<Api>, call: Call) -> Result<Reply, ApiError> {
    let params = call.params()?;
    if params.get("format") == "prometheus" || wants_prometheus(&call) {
        if !api.settings.telemetry.prometheus {
            let reason = "Prometheus is not enabled since its retention time is not positive";
            return Ok(Reply::empty().with_header(header::REASON, reason));
        }
        return Ok(Reply::typed(PROMETHEUS, answer::prometheus(&gauges(&api))));
    }
    let now = OffsetDateTime::now_utc();
    let (hour, minute, second) = now.to_hms();
    let (date, month) = (now.date(), u8::from(now.month()));
    let timestamp =
        format!("{:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} +0000 UTC", date.year(), date.day());
    let mut body = Vec::new();
    answer::metrics(&mut body, &timestamp, &gauges(&api));
    Ok(Reply::json(body))
}

/// Prometheus says what it reads instead of asking for a format.
fn wants_prometheus(call: &Call) -> bool {
    let accepted = call.headers.get("accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
    accepted.split(',').any(|kind| {
        let mut parts = kind.split(';').map(str::trim);
        match parts.next() {
            Some("application/openmetrics-text") => true,
            Some("text/plain") => parts.any(|part| part == "version=0.4.0"),
            _ => false,
        }
    })
}

/// In the order of their names.
fn gauges(api: &Api) -> Vec<Gauge> {
    let state = api.registry.state();
    let census = state.census();
    let datacenter = || vec![("datacenter", api.registry.datacenter().to_string())];
    let version = vec![("pre_release", String::new()), ("version", api.about.version.to_string())];
    let telemetry = &api.settings.telemetry;
    let begin: Vec<String> = [telemetry.prefix.clone()].into_iter().chain(telemetry.host.clone()).collect();
    let gauge = |name: &str, value: usize, labels| Gauge {
        name: begin.iter().cloned().chain(name.split('.').map(str::to_owned)).collect(),
        value: value as u64,
        labels,
    };
    vec![
        gauge("members.clients", 0, datacenter()),
        gauge("members.servers", 1, datacenter()),
        gauge("server.isLeader", usize::from(api.registry.stopped().is_none()), Vec::new()),
        gauge("session_ttl.active", census.expiring_sessions, Vec::new()),
        gauge("state.kv_entries", census.keys, datacenter()),
        gauge("state.nodes", census.nodes, datacenter()),
        gauge("state.service_instances", census.instances, datacenter()),
        gauge("state.services", census.services, datacenter()),
        gauge("version", 1, version),
    ]
}
