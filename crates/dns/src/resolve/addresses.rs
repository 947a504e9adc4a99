//! Addresses as answers.

use std::net::IpAddr;

use super::{Asked, Resolver};
use crate::answer::{Answer, Data};
use crate::question::kind;

/// Whether a question for `kind` is answered with this address. Consul gives a service's to TXT as well.
pub fn is_wanted(address: IpAddr, kind: u16) -> bool {
    match kind {
        kind::A => address.is_ipv4(),
        kind::AAAA => address.is_ipv6(),
        kind::ANY | kind::TXT => true,
        _ => false,
    }
}

impl Resolver<'_> {
    /// The address that stands in the question's own name. Where another type is asked for it goes beside.
    pub(super) fn literal(&self, address: IpAddr, asked: Asked, answer: &mut Answer) {
        let data = Data::Address(address);
        if is_wanted(address, asked.kind) && asked.kind != kind::TXT {
            answer.answer(asked.name, self.config.node_ttl, data);
        } else {
            answer.beside(asked.name, self.config.node_ttl, data);
        }
    }
}
