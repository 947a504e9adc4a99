//! Names outside the domain that instances and nodes have as their address, with what they resolved to.

use std::collections::HashMap;
use std::net::IpAddr;

/// A record that belongs to a resolved name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalRecord {
    /// In wire form.
    pub owner: Box<[u8]>,
    pub data: ExternalData,
}

/// What such a record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExternalData {
    Address(IpAddr),
    /// In wire form.
    Alias(Box<[u8]>),
}

/// What is known of names while one question is answered.
#[derive(Debug, Default)]
pub struct Externals {
    /// By name in wire form. A name that nobody could resolve has no records.
    pub resolved: HashMap<Box<[u8]>, Vec<ExternalRecord>>,
    /// Names that have to be resolved before the answer is whole.
    pub wanted: Vec<Box<[u8]>>,
}

impl Externals {
    /// The records of a name; none yet: it is noted as wanted.
    pub fn records(&mut self, name: &[u8]) -> Option<&[ExternalRecord]> {
        if !self.resolved.contains_key(name) {
            if !self.wanted.iter().any(|wanted| **wanted == *name) {
                self.wanted.push(name.into());
            }
            return None;
        }
        self.resolved.get(name).map(Vec::as_slice)
    }
}
