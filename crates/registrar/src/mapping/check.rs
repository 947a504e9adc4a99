//! Checks.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::CheckRegistration;
use muster_docker::Container;
use muster_model::duration_text::GoDuration;
use muster_model::{CheckDefinition, CheckStatus};

use super::Remark;
use super::metadata::{Entry, Metadata};

/// The kinds in Registrator's order: the first that is set counts.
const KINDS: [(&str, &str); 7] = [
    ("check_http", "http"),
    ("check_https", "https"),
    ("check_cmd", "cmd"),
    ("check_script", "script"),
    ("check_ttl", "ttl"),
    ("check_tcp", "tcp"),
    ("check_grpc", "grpc"),
];

/// The check that a container asks for, if any.
pub(super) fn read(
    container: &Container,
    metadata: &Metadata,
    remarks: &mut BTreeSet<Remark>,
) -> Option<CheckRegistration> {
    let (entry, kind) = KINDS.into_iter().find_map(|(key, kind)| Some((metadata.entry(key)?, kind)))?;
    if kind != "ttl" {
        let (container, label) = (container.name.clone(), entry.source.clone());
        remarks.insert(Remark::CheckNotThereYet { container, label, kind });
        return None;
    }
    let bad = |entry: &Entry, expected| Remark::BadValue {
        container: container.name.clone(),
        label: entry.source.clone(),
        value: entry.value.clone(),
        expected,
    };
    let ttl = GoDuration::parse(&entry.value).map_or(Duration::ZERO, GoDuration::or_zero);
    if ttl.is_zero() {
        remarks.insert(bad(entry, "a duration above zero, such as 30s or 1m30s"));
        return None;
    }
    let mut status = None;
    if let Some(entry) = metadata.entry("check_initial_status") {
        status = CheckStatus::strict(&entry.value);
        if status.is_none() {
            remarks.insert(bad(entry, "one of passing, warning and critical"));
        }
    }
    if let Some(entry) = metadata.entry("check_deregister_after") {
        let (container, label) = (container.name.clone(), entry.source.clone());
        remarks.insert(Remark::CheckSettingNotThereYet { container, label });
    }
    let definition = CheckDefinition::Ttl { ttl };
    Some(CheckRegistration { id: None, name: None, notes: Arc::from(""), status, definition })
}
