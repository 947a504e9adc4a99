//! A check's `Definition` in the body of `/v1/catalog/register`: how somebody else is to run it.

use std::collections::BTreeMap;
use std::sync::Arc;

use muster_model::{CheckDefinition, Described, DescribedValue, Probe};

use super::check_fields::HeaderFields;
use super::fields::{self, DecodeError, Fields, Fill};
use super::go_list::GoList;
use crate::duration_text::GoDuration;
use crate::json::Value;

const TEXTS: &[&str] = &[
    "HTTP",
    "TLSServerName",
    "Method",
    "Body",
    "TCP",
    "UDP",
    "H2PING",
    "OSService",
    "GRPC",
    "DockerContainerID",
    "Shell",
    "AliasNode",
    "AliasService",
];
const FLAGS: &[&str] = &["TLSSkipVerify", "DisableRedirects", "TCPUseTLS", "H2PingUseTLS", "GRPCUseTLS"];
const DURATIONS: &[&str] = &["Interval", "Timeout", "DeregisterCriticalServiceAfter", "TTL"];

/// What Consul's client does not have, so that a transaction passes over it.
const NOT_IN_TRANSACTIONS: &[&str] = &[
    "h2ping",
    "dockercontainerid",
    "shell",
    "aliasnode",
    "aliasservice",
    "disableredirects",
    "h2pingusetls",
    "ttl",
    "outputmaxsize",
    "scriptargs",
];

/// The fields that say something, by Go's names.
#[derive(Default)]
pub(super) struct DescriptionFields {
    said: BTreeMap<Arc<str>, DescribedValue>,
    script_args: GoList<Arc<str>>,
    /// Read once all else is.
    durations: BTreeMap<&'static str, Value>,
    /// The same by the names that Consul's client gives them besides; these count.
    overriding: BTreeMap<&'static str, Value>,
}

impl Fill for DescriptionFields {
    fn fill(&mut self, fields: &mut Fields, folded: &str, _: &str, value: &Value) -> Result<(), DecodeError> {
        if fields.go(false, true) {
            if let Some(field) = folded.strip_suffix("duration").and_then(|name| listed(DURATIONS, name)) {
                self.take_overriding(field, value);
                return Ok(());
            }
            if NOT_IN_TRANSACTIONS.contains(&folded) {
                return Ok(());
            }
        }
        if let Some(field) = listed(DURATIONS, folded) {
            return self.take_duration(fields, field, value);
        }
        match folded {
            "scriptargs" => {
                fields.strings("ScriptArgs", value, &mut self.script_args);
                let args = self.script_args.as_slice().to_vec();
                self.put("ScriptArgs", DescribedValue::Texts(args), self.script_args.is_empty());
                Ok(())
            }
            "header" => self.take_header(fields, value),
            // Leaves what is there.
            _ if *value == Value::Null => Ok(()),
            _ => {
                self.take_plain(fields, folded, value);
                Ok(())
            }
        }
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        let mut durations = std::mem::take(&mut self.durations);
        durations.append(&mut self.overriding);
        for field in DURATIONS {
            let Some(value) = durations.remove(field) else { continue };
            let Some(time) = fields::duration(&value)? else { continue };
            // Consul shows this one as a number.
            let shown = match *field {
                "TTL" => DescribedValue::Number(time.nanos()),
                _ => DescribedValue::Text(Arc::from(time.to_string())),
            };
            self.put(field, shown, time.nanos() == 0);
        }
        Ok(())
    }
}

fn listed(names: &[&'static str], folded: &str) -> Option<&'static str> {
    names.iter().find(|name| name.to_lowercase() == folded).copied()
}

impl DescriptionFields {
    fn take_overriding(&mut self, field: &'static str, value: &Value) {
        match value {
            Value::Null => self.overriding.remove(field),
            value => self.overriding.insert(field, value.clone()),
        };
    }

    fn take_header(&mut self, fields: &mut Fields, value: &Value) -> Result<(), DecodeError> {
        let mut header = match self.said.remove("Header") {
            Some(DescribedValue::Lists(header)) if *value != Value::Null => HeaderFields(header),
            _ => HeaderFields::default(),
        };
        fields.nested("Header", ("", "map[string][]string"), value, &mut header)?;
        let is_empty = header.0.is_empty();
        self.put("Header", DescribedValue::Lists(header.0), is_empty);
        Ok(())
    }

    /// A text, a number or a truth value. What it does not know here Consul passes over.
    fn take_plain(&mut self, fields: &mut Fields, folded: &str, value: &Value) {
        if folded == "outputmaxsize" {
            let mut number = 0;
            fields.machine_uint("OutputMaxSize", value, &mut number);
            self.put("OutputMaxSize", DescribedValue::Number(number), number == 0);
        } else if let Some(field) = listed(TEXTS, folded) {
            let mut text = String::new();
            fields.string(field, value, &mut text);
            // Read by a transaction, and not taken over.
            let is_dropped = field == "UDP" && fields.go(false, true);
            self.put(field, DescribedValue::Text(Arc::from(&*text)), text.is_empty() || is_dropped);
        } else if let Some(field) = listed(FLAGS, folded) {
            let mut flag = false;
            fields.bool(field, value, &mut flag);
            self.put(field, DescribedValue::Flag, !flag);
        }
    }

    fn take_duration(&mut self, fields: &Fields, field: &'static str, value: &Value) -> Result<(), DecodeError> {
        if fields.go(false, true) {
            match value {
                Value::String(text) => {
                    GoDuration::parse(text)?;
                }
                Value::Number(_) => {}
                other => return Err(DecodeError::NoNumber(other.to_string())),
            }
        }
        self.durations.insert(field, value.clone());
        Ok(())
    }

    /// What comes later counts, be it that nothing is said.
    fn put(&mut self, name: &'static str, value: DescribedValue, is_empty: bool) {
        if is_empty {
            self.said.remove(name);
        } else {
            self.said.insert(Arc::from(name), value);
        }
    }

    fn has(&self, name: &str) -> bool {
        self.said.contains_key(name)
    }

    /// Whether it is said, and not negative.
    fn lasts(&self, name: &str) -> bool {
        match self.said.get(name) {
            Some(DescribedValue::Number(nanos)) => *nanos > 0,
            Some(DescribedValue::Text(time)) => !time.starts_with('-'),
            _ => false,
        }
    }

    /// The kind of check that they make, for one that does not name its own: by Consul's order of looking. It takes most
    /// kinds to be none without an interval.
    pub fn kind(&self) -> &'static str {
        let timed = |name| self.has(name) && self.lasts("Interval");
        match () {
            () if timed("GRPC") => "grpc",
            () if timed("HTTP") => "http",
            () if self.lasts("TTL") => "ttl",
            () if timed("TCP") => "tcp",
            () if timed("UDP") => "udp",
            () if self.has("AliasNode") || self.has("AliasService") => "alias",
            () if self.has("ScriptArgs") && timed("DockerContainerID") => "docker",
            () if self.has("ScriptArgs") => "script",
            () if timed("H2PING") => "h2ping",
            () if timed("OSService") => "os_service",
            () => "",
        }
    }

    /// With what stands beside them; none: nothing is said at all.
    pub fn described(self, interval: String, timeout: String) -> Option<Arc<CheckDefinition>> {
        let described = Described { interval: interval.into(), timeout: timeout.into(), fields: self.said };
        (described != Described::default()).then(|| Arc::new(CheckDefinition::new(Probe::Described(described))))
    }
}
