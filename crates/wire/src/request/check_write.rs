//! Checks in bodies as the client sends them to an agent.

use std::time::Duration;

use muster_model::{CheckDefinition, CheckStatus, HttpProbe, Probe, Tls};

use super::CheckRequest;
use super::write::optional;
use crate::duration_text::GoDuration;
use crate::json::{ArrayWriter, ObjectWriter, push_string};

/// One check of a registration.
pub(super) fn check_request(out: &mut Vec<u8>, check: &CheckRequest) {
    let mut object = ObjectWriter::new(out);
    let texts = [
        ("CheckID", check.id.as_ref().map(|id| id.as_str())),
        ("Name", check.name.as_deref()),
        ("Notes", Some(&*check.notes)),
        ("Status", check.status.as_ref().map(CheckStatus::as_str)),
    ];
    for (name, text) in texts {
        optional(&mut object, name, text.unwrap_or_default());
    }
    definition(&mut object, &check.definition);
    object.end();
}

/// All that is not as when nothing is said.
fn definition(object: &mut ObjectWriter<'_>, definition: &CheckDefinition) {
    probe(object, &definition.probe);
    duration(object, "Interval", definition.interval);
    duration(object, "Timeout", definition.timeout);
    let thresholds = definition.thresholds;
    for (name, number) in [
        ("SuccessBeforePassing", thresholds.success_before_passing),
        ("FailuresBeforeWarning", thresholds.failures_before_warning),
        ("FailuresBeforeCritical", thresholds.failures_before_critical),
        ("OutputMaxSize", definition.output_max_bytes),
    ] {
        if number > 0 {
            object.uint(name, number.into());
        }
    }
    duration(object, "DeregisterCriticalServiceAfter", definition.deregister_after);
}

fn probe(object: &mut ObjectWriter<'_>, probe: &Probe) {
    match probe {
        Probe::Ttl { ttl } => duration(object, "TTL", *ttl),
        Probe::Http(probe) => http(object, probe),
        Probe::Tcp { address, tls } => {
            object.string("TCP", address);
            secured(object, "TCPUseTLS", tls.as_ref());
        }
        Probe::Udp { address } => object.string("UDP", address),
        Probe::Grpc { target, tls } => {
            object.string("GRPC", target);
            secured(object, "GRPCUseTLS", tls.as_ref());
        }
        Probe::H2Ping { address, tls } => {
            object.string("H2PING", address);
            if tls.is_none() {
                // On unless it is said.
                object.bool("H2PingUseTLS", false);
            }
            secured(object, "H2PingUseTLS", tls.as_ref());
        }
        Probe::Script { args } => object.strings("ScriptArgs", args.iter().map(|arg| &**arg)),
        Probe::Docker { container, shell, args } => {
            object.string("DockerContainerID", container);
            optional(object, "Shell", shell);
            object.strings("ScriptArgs", args.iter().map(|arg| &**arg));
        }
        // Of the catalog, not of an agent.
        Probe::Described(_) => {}
        Probe::Alias { service, node } => {
            optional(object, "AliasService", service.as_ref().map_or("", |id| id.as_str()));
            optional(object, "AliasNode", node.as_ref().map_or("", |name| name.as_str()));
        }
    }
}

fn http(object: &mut ObjectWriter<'_>, probe: &HttpProbe) {
    object.string("HTTP", &probe.url);
    optional(object, "Method", &probe.method);
    if !probe.header.is_empty() {
        let mut header = ObjectWriter::new(object.member("Header"));
        for (name, values) in &probe.header {
            let mut list = ArrayWriter::new(header.entry(name));
            for value in values {
                push_string(list.item(), value);
            }
            list.end();
        }
        header.end();
    }
    optional(object, "Body", &probe.body);
    tls_settings(object, &probe.tls);
    if probe.disable_redirects {
        object.bool("DisableRedirects", true);
    }
}

fn secured(object: &mut ObjectWriter<'_>, flag: &str, tls: Option<&Tls>) {
    if let Some(tls) = tls {
        object.bool(flag, true);
        tls_settings(object, tls);
    }
}

fn tls_settings(object: &mut ObjectWriter<'_>, tls: &Tls) {
    if tls.skip_verify {
        object.bool("TLSSkipVerify", true);
    }
    optional(object, "TLSServerName", &tls.server_name);
}

fn duration(object: &mut ObjectWriter<'_>, name: &str, time: Duration) {
    if !time.is_zero() {
        object.string(name, &GoDuration::from(time).to_string());
    }
}
