//! `/v1/agent/metrics`: as JSON, and as Prometheus reads it.

use std::fmt::Write;

use crate::json::{ArrayWriter, ObjectWriter};

/// Something that is measured when it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gauge {
    /// Its name in parts.
    pub name: Vec<String>,
    /// A count.
    pub value: u64,
    /// Names with values.
    pub labels: Vec<(&'static str, String)>,
}

/// As JSON. `timestamp` is Go's `2006-01-02 15:04:05 +0000 UTC`.
pub fn metrics(out: &mut Vec<u8>, timestamp: &str, gauges: &[Gauge]) {
    let mut object = ObjectWriter::new(out);
    object.string("Timestamp", timestamp);
    let mut list = ArrayWriter::new(object.member("Gauges"));
    for gauge in gauges {
        let mut row = ObjectWriter::new(list.item());
        row.string("Name", &gauge.name.join("."));
        row.uint("Value", gauge.value);
        let mut labels = ObjectWriter::new(row.member("Labels"));
        for (name, value) in &gauge.labels {
            labels.string(name, value);
        }
        labels.end();
        row.end();
    }
    list.end();
    for empty in ["Points", "Counters", "Samples"] {
        ArrayWriter::new(object.member(empty)).end();
    }
    object.end();
}

/// As Prometheus's text, version 0.0.4.
pub fn prometheus(gauges: &[Gauge]) -> String {
    let mut text = String::new();
    for gauge in gauges {
        let name = gauge.name.join("_").replace(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'), "_");
        let _ = write!(text, "# HELP {name} {name}\n# TYPE {name} gauge\n{name}");
        if !gauge.labels.is_empty() {
            let labels: Vec<_> = gauge.labels.iter().map(|(name, value)| format!("{name}={}", quoted(value))).collect();
            let _ = write!(text, "{{{}}}", labels.join(","));
        }
        let _ = writeln!(text, " {}", gauge.value);
    }
    text
}

/// Prometheus's quotes are JSON's but for characters that stand here as they are.
fn quoted(value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gauges_are_written_in_both_forms() {
        let gauges = [
            Gauge {
                name: vec!["consul".into(), "my-host".into(), "server".into(), "isLeader".into()],
                value: 1,
                labels: vec![],
            },
            Gauge {
                name: vec!["consul".into(), "state".into(), "nodes".into()],
                value: 3,
                labels: vec![("datacenter", "d\"1".into())],
            },
        ];
        let mut out = Vec::new();
        metrics(&mut out, "2026-01-02 03:04:05 +0000 UTC", &gauges);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            r#"{"Timestamp":"2026-01-02 03:04:05 +0000 UTC","Gauges":[{"Name":"consul.my-host.server.isLeader","Value":1,"Labels":{}},{"Name":"consul.state.nodes","Value":3,"Labels":{"datacenter":"d\"1"}}],"Points":[],"Counters":[],"Samples":[]}"#
        );
        assert_eq!(
            prometheus(&gauges),
            "# HELP consul_my_host_server_isLeader consul_my_host_server_isLeader\n\
             # TYPE consul_my_host_server_isLeader gauge\nconsul_my_host_server_isLeader 1\n\
             # HELP consul_state_nodes consul_state_nodes\n# TYPE consul_state_nodes gauge\n\
             consul_state_nodes{datacenter=\"d\\\"1\"} 3\n"
        );
    }
}
