//! From a question and a snapshot of the registry to an answer. No I/O: names that somebody outside has to
//! resolve are noted as wanted, and the question is asked again once they are known.

mod addresses;
mod alias;
mod reverse;
mod servers;
mod services;

use muster_model::Node;
use muster_registry::State;

use crate::answer::{Answer, Data, Span};
use crate::config::Config;
use crate::external::Externals;
use crate::form::{Form, Labels, Place, REVERSE, form};
use crate::pool::{Place as Where, Pools};
use crate::question::{Question, code, kind};

/// How far names of the own domain that lead to others of it are followed.
const DEPTH: u8 = 3;

/// The labels between a node's, service's or address' own name and the domain.
#[derive(Debug)]
pub struct Middles {
    node: Vec<u8>,
    service: Vec<u8>,
    address: Vec<u8>,
}

impl Middles {
    pub fn new(datacenter: &str) -> Self {
        let labels = |form: &str| {
            let mut wire = Vec::new();
            // A datacenter that is no label is left out: Consul takes names without it.
            if !crate::name::push_labels(&format!("{form}.{datacenter}"), &mut wire) {
                crate::name::push_labels(form, &mut wire);
            }
            wire
        };
        Self { node: labels("node"), service: labels("service"), address: labels("addr") }
    }
}

/// Who answers a question.
#[derive(Debug, PartialEq, Eq)]
pub enum Answerer {
    /// The registry has.
    Registry,
    /// A recursor has to.
    Recursor,
}

/// What questions are answered from.
pub struct Resolver<'a> {
    pub config: &'a Config,
    pub state: &'a State,
    pub datacenter: &'a str,
    pub middles: &'a Middles,
    pub pools: &'a mut Pools,
    pub externals: &'a mut Externals,
    /// Room for shuffling.
    pub order: &'a mut Vec<u32>,
}

/// One question on its way.
#[derive(Clone, Copy)]
struct Asked {
    /// The question's name.
    name: Span,
    /// The domain as it was asked for, with its case.
    domain: Span,
    /// The same in lower case, as Consul has it in records of the domain itself.
    zone: Span,
    kind: u16,
    edns: bool,
    /// No more answers than this can be sent.
    room: usize,
    depth: u8,
}

impl Resolver<'_> {
    /// Puts the answer to `question` into `answer`; `room`: no more answers than this can be sent.
    pub fn answer(&mut self, question: &Question<'_>, room: usize, answer: &mut Answer) -> Answerer {
        self.at_depth(question, room, DEPTH, answer)
    }

    fn at_depth(&mut self, question: &Question<'_>, room: usize, depth: u8, answer: &mut Answer) -> Answerer {
        let name = answer.begin(question.name);
        let labels = Labels::of(question.name);
        let edns = question.edns.is_some();
        let asked = |domain, zone| Asked { name, domain, zone, kind: question.kind, edns, room, depth };
        if labels.before(REVERSE).is_some() {
            let domain = answer.name(self.config.domain.wire());
            return self.reverse(&labels, asked(domain, domain), answer);
        }
        let Some((count, domain)) = self.domain_of(&labels) else {
            if !self.config.recursors.is_empty() {
                return Answerer::Recursor;
            }
            (answer.code, answer.authoritative) = (code::REFUSED, false);
            return Answerer::Registry;
        };
        let zone = answer.name(&labels.wire()[labels.wire().len() - domain..]);
        let asked = asked(Answer::tail(name, domain), zone);
        match question.kind {
            kind::AXFR => answer.code = code::NOT_IMPLEMENTED,
            kind::SOA => self.start_of_authority(asked, answer),
            kind::NS => self.name_servers(asked, answer),
            _ => self.by_form(form(&labels, count, question.kind), asked, answer),
        }
        Answerer::Registry
    }

    /// How many labels stand before the domain that the name is under, and the domain's length.
    fn domain_of(&self, labels: &Labels) -> Option<(usize, usize)> {
        let domains = [Some(&self.config.domain), self.config.alt_domain.as_ref()];
        let found = domains.into_iter().flatten().filter_map(|domain| {
            let wire = domain.wire();
            labels.before(wire).map(|count| (count, wire.len()))
        });
        found.min()
    }

    fn by_form(&mut self, form: Form<'_>, asked: Asked, answer: &mut Answer) {
        match form {
            Form::Service { name, tag, place } if self.is_here(place) => {
                self.service(name, tag.as_deref(), asked, answer);
            }
            Form::Node { name, place } if self.is_here(place) => match self.state.node(&name) {
                Some(node) => self.node(&node.clone(), asked, answer),
                None => self.nothing(code::NAME_ERROR, asked, answer),
            },
            Form::Address(address) => self.literal(address, asked, answer),
            // Virtual addresses come with the mesh; without one the name is there, and nothing under it.
            Form::Virtual(place) if self.is_here(place) => {}
            _ => self.nothing(code::NAME_ERROR, asked, answer),
        }
    }

    fn is_here(&self, place: Place<'_>) -> bool {
        match place {
            Place::Here => true,
            Place::Datacenter(name) => name == self.datacenter,
            Place::Peer => false,
        }
    }

    /// No records: an answer with `code`, and how long it may be kept.
    fn nothing(&self, code: u8, asked: Asked, answer: &mut Answer) {
        answer.code = code;
        let record = self.authority_record(asked.zone, answer);
        answer.authorities.push(record);
    }

    fn node(&mut self, node: &Node, asked: Asked, answer: &mut Answer) {
        let ttl = self.config.node_ttl;
        match Where::of(&node.address) {
            Some(Where::Ip(address)) if addresses::is_wanted(address, asked.kind) && asked.kind != kind::TXT => {
                answer.answer(asked.name, ttl, Data::Address(address));
            }
            Some(Where::Name(name)) if asked.kind != kind::TXT => self.alias(&name, ttl, asked, answer),
            _ => {}
        }
        if matches!(asked.kind, kind::A | kind::AAAA | kind::TXT | kind::ANY) {
            self.texts(node, asked.name, ttl, asked, answer);
        }
    }

    /// A node's Meta: as answers where it was asked for, else beside them.
    fn texts(&self, node: &Node, owner: Span, ttl: u32, asked: Asked, answer: &mut Answer) {
        let wanted = matches!(asked.kind, kind::TXT | kind::ANY);
        if !wanted && !self.config.node_meta_txt {
            return;
        }
        for (key, value) in &node.meta {
            let span = match key.get(..8) {
                Some(start) if start.eq_ignore_ascii_case("rfc1035-") => answer.text(value.as_bytes()),
                _ => answer.text(&pair(key, value)),
            };
            if wanted {
                answer.answer(owner, ttl, Data::Text(span));
            } else {
                answer.beside(owner, ttl, Data::Text(span));
            }
        }
    }
}

/// `key=value` with what would be mistaken in the key quoted (RFC 1464).
fn pair(key: &str, value: &str) -> Vec<u8> {
    let inner = key.trim_matches([' ', '\t']);
    let inner_start = key.len() - key.trim_start_matches([' ', '\t']).len();
    let inner = inner_start..inner_start + inner.len();
    let mut text = Vec::with_capacity(key.len() + value.len() + 1);
    for (at, byte) in key.bytes().enumerate() {
        if matches!(byte, b'`' | b'=') || !inner.contains(&at) {
            text.push(b'`');
        }
        text.push(byte);
    }
    text.push(b'=');
    text.extend_from_slice(value.as_bytes());
    text
}

#[cfg(test)]
mod tests {
    use super::pair;

    #[test]
    fn keys_are_quoted_as_rfc_1464_says() {
        for (key, text) in [("k", "k=v"), ("a=b", "a`=b=v"), ("a`b", "a``b=v"), (" a b ", "` a b` =v")] {
            assert_eq!(String::from_utf8(pair(key, "v")).unwrap(), text);
        }
    }
}
