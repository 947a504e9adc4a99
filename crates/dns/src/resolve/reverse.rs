//! From an address to the first node, else the first instance, that has it.

use std::net::IpAddr;

use super::{Answerer, Asked, Resolver};
use crate::answer::{Answer, Data, Span, address};
use crate::form::{Labels, reversed};
use crate::name;
use crate::question::code;

impl Resolver<'_> {
    pub(super) fn reverse(&mut self, labels: &Labels, asked: Asked, answer: &mut Answer) -> Answerer {
        match reversed(labels).and_then(|address| self.holder(address, asked.domain, answer)) {
            // Whatever type was asked for, as Consul.
            Some(name) => answer.answer(asked.name, 0, Data::Pointer(name)),
            None if !self.config.recursors.is_empty() => return Answerer::Recursor,
            None => self.nothing(code::NAME_ERROR, asked, answer),
        }
        Answerer::Registry
    }

    fn holder(&self, wanted: IpAddr, domain: Span, answer: &mut Answer) -> Option<Span> {
        let text = wanted.to_string();
        // Only IPv6 has several texts for one address.
        let is_it = |own: &str| own == text || (wanted.is_ipv6() && address(own) == Some(wanted));
        let (name, middle) = if let Some(node) = self.state.find_node(|node| is_it(&node.address)) {
            (node.name.as_str(), &self.middles.node)
        } else {
            let service = self.state.find_instance(|service| is_it(&service.address))?;
            (service.name.as_str(), &self.middles.service)
        };
        let mut wire = Vec::new();
        if !name::push_labels(name, &mut wire) {
            return None;
        }
        let parent = answer.name_under(middle, domain)?;
        answer.name_under(&wire, parent)
    }
}
