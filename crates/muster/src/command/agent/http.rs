//! How requests are taken: `http_config` and `limits`.

use std::time::Duration;

use anyhow::Result;
use muster_http::{RateMode, RequestLimits, Settings as HttpSettings, Telemetry};
use muster_model::duration_text::GoDuration;
use muster_registry::WaitTimes;

use crate::address;
use crate::config::Settings;

/// The longest value or transaction that can be allowed: one must fit into a batch of the journal.
const MOST_BYTES: i64 = 8 << 20;

/// What the configuration says of HTTP, over Consul's defaults.
pub fn settings(settings: &Settings) -> Result<HttpSettings> {
    let default = HttpSettings::default();
    let path = "http_config.allow_write_http_from";
    let network = |text: &String| {
        let wrong = || settings.wrong(path, format!("has {text:?}: a network such as 10.0.0.0/8 would be right"));
        text.parse().map_err(|_| wrong())
    };
    let allow_write_from = settings.list(path).iter().map(network).collect::<Result<_>>()?;
    let path = "http_config.response_headers";
    let header = |(name, value): (String, String)| {
        let wrong = || settings.wrong(path, format!("has {name:?} = {value:?}, which is no header of HTTP"));
        Ok((name.parse().map_err(|_| wrong())?, value.parse().map_err(|_| wrong())?))
    };
    Ok(HttpSettings {
        response_headers: settings.map(path).into_iter().map(header).collect::<Result<_>>()?,
        block_endpoints: settings.list("http_config.block_endpoints").to_vec(),
        allow_write_from,
        use_cache: settings.bool("http_config.use_cache").unwrap_or(default.use_cache),
        unprintable_paths: settings.bool("disable_http_unprintable_char_filter").unwrap_or(default.unprintable_paths),
        max_value_bytes: number(settings, "limits.kv_max_value_size", default.max_value_bytes, MOST_BYTES)?,
        max_transaction_bytes: number(settings, "limits.txn_max_req_len", default.max_transaction_bytes, MOST_BYTES)?,
        max_head_bytes: match settings.int("http_config.max_header_bytes") {
            // As Go's servers take it.
            Some(..=0) => default.max_head_bytes,
            _ => number(settings, "http_config.max_header_bytes", default.max_head_bytes, MOST_BYTES)?,
        },
        min_session_ttl: duration(settings, "session_ttl_min")?
            // None, as for Consul.
            .filter(|least| !least.is_zero())
            .unwrap_or(default.min_session_ttl),
        telemetry: telemetry(settings)?,
    })
}

/// How metrics are named, and whether Prometheus may ask for them.
fn telemetry(settings: &Settings) -> Result<Telemetry> {
    let usual = Telemetry::default();
    let host = match settings.bool("telemetry.disable_hostname") {
        Some(true) => None,
        // A host that does not say its name has none in front of its metrics.
        _ => address::host_name().ok(),
    };
    let retention = duration(settings, "telemetry.prometheus_retention_time")?;
    Ok(Telemetry {
        prefix: settings.text("telemetry.metrics_prefix").map_or(usual.prefix, str::to_owned),
        host,
        prometheus: retention.is_some_and(|time| !time.is_zero()),
    })
}

/// How many requests a second the registry takes.
pub fn request_limits(settings: &Settings) -> Result<RequestLimits> {
    let path = "limits.request_limits.mode";
    let mode = match settings.text(path) {
        None | Some("disabled") => RateMode::Disabled,
        Some("permissive") => RateMode::Permissive,
        Some("enforcing") => RateMode::Enforcing,
        Some(other) => {
            let right = "enforcing, permissive or disabled would be right";
            return Err(settings.wrong(path, format!("is {other:?}: {right}")));
        }
    };
    let rate = |path| settings.number(path).filter(|rate| *rate >= 0.0);
    let (reads, writes) = (rate("limits.request_limits.read_rate"), rate("limits.request_limits.write_rate"));
    Ok(RequestLimits { mode, reads, writes })
}

/// How many connections one client may have; 0: any number.
pub fn connections_per_client(settings: &Settings) -> Result<usize> {
    let path = "limits.http_max_conns_per_client";
    // Below zero is none too, as in Consul.
    if settings.int(path).is_some_and(|most| most < 0) {
        return Ok(0);
    }
    number(settings, path, 200, i64::from(i32::MAX))
}

/// How long blocking queries wait.
pub fn waits(settings: &Settings) -> Result<WaitTimes> {
    let usual = WaitTimes::default();
    Ok(WaitTimes {
        default: duration(settings, "default_query_time")?.filter(|time| !time.is_zero()).unwrap_or(usual.default),
        most: duration(settings, "max_query_time")?.filter(|time| !time.is_zero()).unwrap_or(usual.most),
    })
}

/// A duration that is not below zero.
pub fn duration(settings: &Settings, path: &str) -> Result<Option<Duration>> {
    match settings.duration(path) {
        Some(time) if time.nanos() < 0 => Err(settings.wrong(path, format!("is {time}: no time is below 0s"))),
        time => Ok(time.map(GoDuration::or_zero)),
    }
}

fn number(settings: &Settings, path: &str, default: usize, most: i64) -> Result<usize> {
    match settings.int(path) {
        None => Ok(default),
        Some(number) => match usize::try_from(number) {
            Ok(size) if number <= most => Ok(size),
            _ => Err(settings.wrong(path, format!("is {number}: 0 to {most} would be right"))),
        },
    }
}
