//! Instances of a service: as addresses, or as SRV records with their addresses beside.

use std::collections::HashSet;

use super::{Asked, Resolver, addresses};
use crate::answer::{Answer, Data, Span};
use crate::pool::{Endpoint, Place};
use crate::question::{code, kind};

impl Resolver<'_> {
    /// In an order that is drawn anew each time. `name` is folded.
    pub(super) fn service(&mut self, name: &str, tag: Option<&str>, asked: Asked, answer: &mut Answer) {
        let pool = self.pools.get(self.state, name, self.config.only_passing);
        let endpoints = pool.as_ref().map_or(&[][..], |pool| &pool.endpoints);
        let mut order = std::mem::take(self.order);
        order.clear();
        let fits = |endpoint: &Endpoint| tag.is_none_or(|tag| endpoint.has_tag(tag));
        order.extend((0..endpoints.len() as u32).filter(|at| fits(&endpoints[*at as usize])));
        if order.is_empty() {
            self.nothing(code::NAME_ERROR, asked, answer);
        } else {
            let ttl = self.config.service_ttl.of(name);
            let repeats = pool.as_ref().is_some_and(|pool| pool.repeats);
            let chosen = Shuffled { order: &mut order, next: 0, endpoints };
            match asked.kind {
                kind::SRV => self.service_records(chosen, repeats, ttl, asked, answer),
                _ => self.service_addresses(chosen, repeats, ttl, asked, answer),
            }
            if answer.is_empty() {
                self.nothing(code::NO_ERROR, asked, answer);
            }
        }
        *self.order = order;
    }

    fn service_addresses(&mut self, chosen: Shuffled<'_>, repeats: bool, ttl: u32, asked: Asked, answer: &mut Answer) {
        let mut seen = HashSet::new();
        let mut added = 0;
        for endpoint in chosen {
            if (repeats && !seen.insert(&endpoint.place)) || !fits(&endpoint.place, asked.kind) {
                continue;
            }
            match &endpoint.place {
                Place::Ip(address) => answer.answer(asked.name, ttl, Data::Address(*address)),
                Place::Name(name) => self.alias(name, ttl, asked, answer),
            }
            added += 1;
            if added == self.config.a_record_limit || answer.answers.len() > asked.room {
                break;
            }
        }
    }

    fn service_records(&mut self, chosen: Shuffled<'_>, repeats: bool, ttl: u32, asked: Asked, answer: &mut Answer) {
        let mut seen = HashSet::new();
        let parents = [&self.middles.node, &self.middles.address];
        let [Some(nodes), Some(addresses)] = parents.map(|labels| answer.name_under(labels, asked.domain)) else {
            return;
        };
        for endpoint in chosen {
            if repeats && !seen.insert((endpoint.node.name.as_str(), &endpoint.place, endpoint.port)) {
                continue;
            }
            let Endpoint { weight, port, .. } = *endpoint;
            let node = endpoint.node_labels.as_ref().and_then(|labels| answer.name_under(labels, nodes));
            match &endpoint.place {
                Place::Name(name) => self.alias_record(name, weight, port, ttl, asked, answer),
                Place::Ip(address) => {
                    let own = if endpoint.own_place { None } else { node };
                    let Some(target) = own.or_else(|| answer.name_of_address(*address, addresses)) else { continue };
                    answer.answer(asked.name, ttl, Data::Service { weight, port, target });
                    // Once for each, though several may share it, as Consul: who reads them one by one finds each whole.
                    answer.beside(target, ttl, Data::Address(*address));
                }
            }
            if let Some(node) = node {
                self.texts(&endpoint.node, node, ttl, asked, answer);
            }
            if answer.answers.len() > asked.room {
                break;
            }
        }
    }

    /// `<node>.node.<dc>.<zone>`.
    pub(super) fn node_name(&self, endpoint: &Endpoint, asked: Asked, answer: &mut Answer) -> Option<Span> {
        let parent = answer.name_under(&self.middles.node, asked.zone)?;
        answer.name_under(endpoint.node_labels.as_ref()?, parent)
    }
}

fn fits(place: &Place, kind: u16) -> bool {
    match place {
        Place::Ip(address) => addresses::is_wanted(*address, kind),
        Place::Name(_) => true,
    }
}

/// Endpoints drawn one by one, so that who wants three of a thousand pays for three.
struct Shuffled<'a> {
    order: &'a mut [u32],
    next: usize,
    endpoints: &'a [Endpoint],
}

impl<'a> Iterator for Shuffled<'a> {
    type Item = &'a Endpoint;

    fn next(&mut self) -> Option<&'a Endpoint> {
        if self.next == self.order.len() {
            return None;
        }
        self.order.swap(self.next, fastrand::usize(self.next..self.order.len()));
        self.next += 1;
        self.endpoints.get(self.order[self.next - 1] as usize)
    }
}
