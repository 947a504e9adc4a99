//! Hosts.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::NodeName;

/// Key-value pairs that a user attaches, in key order.
pub type Meta = BTreeMap<Arc<str>, Arc<str>>;

/// A host in the catalog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its name; unique, compared without case.
    pub name: NodeName,
    /// Its UUID; empty for nodes that were registered from outside without one.
    pub id: Arc<str>,
    /// The address that its services have unless they name their own.
    pub address: Arc<str>,
    /// Other addresses by kind (`lan`, `wan`, `lan_ipv4`).
    pub tagged_addresses: BTreeMap<Arc<str>, Arc<str>>,
    /// The user's pairs.
    pub meta: Meta,
}
