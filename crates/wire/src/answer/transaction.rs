//! `/v1/txn`.

use std::fmt::Display;

use muster_model::{KvEntry, Node, Service};

use super::entity::{self, Empty};
use super::kv::kv_entry;
use super::{CheckRow, Stored};
use crate::json::{ArrayWriter, ObjectWriter};

/// What one operation answers.
#[derive(Debug)]
pub enum TransactionRow<'a> {
    /// A key.
    Kv {
        /// Its entry.
        entry: &'a KvEntry,
        /// Whether its value is told.
        with_value: bool,
    },
    /// A node.
    Node(Stored<'a, Node>),
    /// An instance.
    Service(Stored<'a, Service>),
    /// A check.
    Check(CheckRow<'a>),
}

/// What the answer of a transaction that only reads carries besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionRead {
    /// Whether it came as far as reading: otherwise Consul says that it knows no leader.
    pub was_read: bool,
}

/// A transaction that is done. `read`: it only reads.
pub fn transaction_done<'a>(
    out: &mut Vec<u8>,
    datacenter: &str,
    rows: impl IntoIterator<Item = TransactionRow<'a>>,
    read: Option<TransactionRead>,
) {
    let mut object = ObjectWriter::new(out);
    let mut list = ArrayWriter::new(object.member("Results"));
    for row in rows {
        write_row(list.item(), datacenter, row);
    }
    list.end();
    object.raw("Errors", "null");
    meta(&mut object, read);
    object.end();
}

/// A transaction that is not: positions of operations with the reasons.
pub fn transaction_failed<E: Display>(
    out: &mut Vec<u8>,
    errors: impl IntoIterator<Item = (usize, E)>,
    read: Option<TransactionRead>,
) {
    let mut object = ObjectWriter::new(out);
    object.raw("Results", "null");
    let mut list = ArrayWriter::new(object.member("Errors"));
    for (at, error) in errors {
        let mut inner = ObjectWriter::new(list.item());
        inner.uint("OpIndex", at as u64);
        inner.string("What", &error.to_string());
        inner.end();
    }
    list.end();
    meta(&mut object, read);
    object.end();
}

fn write_row(out: &mut Vec<u8>, datacenter: &str, row: TransactionRow<'_>) {
    let mut object = ObjectWriter::new(out);
    match row {
        TransactionRow::Kv { entry, with_value } => kv_entry(object.member("KV"), entry, with_value),
        TransactionRow::Node(node) => entity::node(object.member("Node"), datacenter, node),
        TransactionRow::Service(service) => entity::service_with(object.member("Service"), service, Empty::Null),
        TransactionRow::Check(row) => {
            let out = object.member("Check");
            entity::check_with(out, row.node, row.service, row.check, Empty::Null);
        }
    }
    object.end();
}

fn meta(object: &mut ObjectWriter<'_>, read: Option<TransactionRead>) {
    let Some(TransactionRead { was_read }) = read else { return };
    // Consul has no index for transactions, and says 1 for none.
    object.uint("Index", u64::from(was_read));
    object.uint("LastContact", 0);
    object.bool("KnownLeader", was_read);
    object.string("ConsistencyLevel", "");
    object.bool("NotModified", false);
    object.uint("Backend", 0);
    object.bool("ResultsFilteredByACLs", false);
}
