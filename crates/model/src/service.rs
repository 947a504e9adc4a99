//! Instances of services.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::{Meta, ServiceId, ServiceName};

/// One instance of a service on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Unique on its node.
    pub id: ServiceId,
    /// What it is an instance of.
    pub name: ServiceName,
    /// In the order they were given.
    pub tags: Vec<Arc<str>>,
    /// Empty: the node's address.
    pub address: Arc<str>,
    /// Other addresses by kind.
    pub tagged_addresses: BTreeMap<Arc<str>, ServiceAddress>,
    /// The user's pairs.
    pub meta: Meta,
    /// 0: none. Consul takes any integer here, so 16 bits are not enough.
    pub port: i32,
    /// A Unix socket instead of address and port.
    pub socket_path: Arc<str>,
    /// Its share of DNS SRV answers.
    pub weights: Weights,
    /// Tags may be changed in the catalog without its agent putting them back.
    pub enable_tag_override: bool,
}

/// An address with its port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceAddress {
    /// IP address or name.
    pub address: Arc<str>,
    /// Port.
    pub port: i32,
}

/// Weights of an instance by its state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weights {
    /// While all its checks pass.
    pub passing: i32,
    /// While one of them warns.
    pub warning: i32,
}

impl Default for Weights {
    fn default() -> Self {
        Self { passing: 1, warning: 1 }
    }
}
