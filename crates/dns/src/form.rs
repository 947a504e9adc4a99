//! What a name asks for (Consul's name forms), from its labels alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::answer::address_of_digits;
use crate::name::MAX_NAME;
use crate::question::kind;

/// The most labels that a name has.
const MAX_LABELS: usize = 128;

/// A name's labels in lower case.
pub struct Labels {
    bytes: [u8; MAX_NAME],
    length: u8,
    starts: [u8; MAX_LABELS],
    count: u8,
}

impl Labels {
    /// Of a name in wire form, at most [`MAX_NAME`] long.
    pub fn of(name: &[u8]) -> Self {
        let mut labels = Self { bytes: [0; MAX_NAME], length: 0, starts: [0; MAX_LABELS], count: 0 };
        let name = &name[..name.len().min(MAX_NAME)];
        labels.bytes[..name.len()].copy_from_slice(name);
        // Lengths are below 64, which is below every letter.
        labels.bytes[..name.len()].make_ascii_lowercase();
        labels.length = name.len() as u8;
        let mut at = 0;
        while name.get(at).is_some_and(|length| *length != 0) && usize::from(labels.count) < MAX_LABELS {
            labels.starts[usize::from(labels.count)] = at as u8;
            labels.count += 1;
            at += 1 + usize::from(name[at]);
        }
        labels
    }

    pub fn wire(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }

    fn count(&self) -> usize {
        usize::from(self.count)
    }

    /// What follows after `at` labels, in wire form.
    fn after(&self, at: usize) -> &[u8] {
        self.starts[..self.count()].get(at).map_or(&[0], |start| &self.wire()[usize::from(*start)..])
    }

    /// How many labels stand before `domain`, if the name ends in it.
    pub fn before(&self, domain: &[u8]) -> Option<usize> {
        (0..self.count()).find(|at| self.after(*at) == domain)
    }

    /// The label as text. None: it holds what no name in a registry that DNS can name has.
    fn text(&self, at: usize) -> Option<&str> {
        let start = usize::from(self.starts[at]);
        let label = self.bytes.get(start + 1..start + 1 + usize::from(self.bytes[start]))?;
        // These are escaped in DNS's text form, so Consul finds nothing by them.
        let plain = |byte: &u8| byte.is_ascii_graphic() && !b".'@;()\"\\".contains(byte);
        if label.iter().all(plain) { std::str::from_utf8(label).ok() } else { None }
    }

    /// The labels from `from` to `to` with dots between them.
    fn joined(&self, from: usize, to: usize) -> Option<String> {
        let mut text = String::new();
        for at in from..to {
            if at > from {
                text.push('.');
            }
            text.push_str(self.text(at)?);
        }
        Some(text)
    }
}

/// What a name under the domain asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Form<'a> {
    /// Instances of a service; with a tag, of those that have it.
    Service { name: &'a str, tag: Option<String>, place: Place<'a> },
    /// A node.
    Node { name: String, place: Place<'a> },
    /// The address that stands in the name.
    Address(IpAddr),
    /// The virtual address of a service, whichever.
    Virtual(Place<'a>),
    /// Nothing there is: prepared queries and proxies are not there, and other forms are none.
    Nothing,
}

/// Where what is asked for is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place<'a> {
    /// Not said.
    Here,
    /// In a datacenter.
    Datacenter(&'a str),
    /// With a peer.
    Peer,
}

/// What the first `count` labels ask for.
pub fn form(labels: &Labels, count: usize, wanted: u16) -> Form<'_> {
    for at in (0..count).rev() {
        let Some(text) = labels.text(at) else { continue };
        match text {
            "service" => return service(labels, at, at + 1, count),
            "node" => return node(labels, at, count),
            "addr" => return literal(labels, at, count),
            "virtual" => return virtual_address(labels, at, count),
            "query" | "connect" | "ingress" => return Form::Nothing,
            // RFC 2782's form does not need the label.
            _ if wanted == kind::SRV && text.starts_with('_') => return service(labels, at + 1, at + 1, count),
            _ => {}
        }
    }
    Form::Nothing
}

/// `tag.name.service`, or `_name._tag.service` (RFC 2782).
fn service(labels: &Labels, end: usize, rest: usize, count: usize) -> Form<'_> {
    let Some(place) = place(labels, rest, count) else { return Form::Nothing };
    if end == 2
        && let (Some(name), Some(tag)) = (labels.text(0), labels.text(1))
        && let (Some(name), Some(tag)) = (name.strip_prefix('_'), tag.strip_prefix('_'))
    {
        let tag = (tag != "tcp" && !tag.is_empty()).then(|| tag.to_owned());
        return Form::Service { name, tag, place };
    }
    let Some(name) = end.checked_sub(1).and_then(|at| labels.text(at)) else { return Form::Nothing };
    if end == 1 {
        return Form::Service { name, tag: None, place };
    }
    labels.joined(0, end - 1).map_or(Form::Nothing, |tag| Form::Service { name, tag: Some(tag), place })
}

/// `name.node`; the name may have dots.
fn node(labels: &Labels, end: usize, count: usize) -> Form<'_> {
    match (place(labels, end + 1, count), labels.joined(0, end)) {
        (Some(place), Some(name)) if !name.is_empty() => Form::Node { name, place },
        _ => Form::Nothing,
    }
}

fn literal(labels: &Labels, end: usize, count: usize) -> Form<'_> {
    let digits = if end == 1 { labels.text(0) } else { None };
    match (place(labels, end + 1, count), digits.and_then(address_of_digits)) {
        (Some(_), Some(address)) => Form::Address(address),
        _ => Form::Nothing,
    }
}

fn virtual_address(labels: &Labels, end: usize, count: usize) -> Form<'_> {
    match place(labels, end + 1, count) {
        Some(place) if end > 0 => Form::Virtual(place),
        _ => Form::Nothing,
    }
}

/// `dc`, `dc.dc` or `peer.peer`, or nothing.
fn place(labels: &Labels, from: usize, count: usize) -> Option<Place<'_>> {
    match count - from {
        0 => Some(Place::Here),
        1 => labels.text(from).map(Place::Datacenter),
        2 => match labels.text(from + 1)? {
            "dc" => labels.text(from).map(Place::Datacenter),
            "peer" => Some(Place::Peer),
            _ => None,
        },
        _ => None,
    }
}

/// The suffix of names that ask backwards.
pub const REVERSE: &[u8] = b"\x04arpa\0";

/// The address that a name under [`REVERSE`] asks for.
pub fn reversed(labels: &Labels) -> Option<IpAddr> {
    let count = labels.count();
    match labels.text(count.checked_sub(2)?)? {
        "in-addr" if count == 6 => {
            let mut octets = [0; 4];
            for (at, octet) in octets.iter_mut().enumerate() {
                // A number has one form: what has zeros in front is no address.
                let text = labels.text(3 - at)?;
                *octet = text.parse().ok().filter(|octet: &u8| octet.to_string() == text)?;
            }
            Some(IpAddr::V4(Ipv4Addr::from(octets)))
        }
        "ip6" if count == 34 => {
            let mut bits = 0u128;
            for at in (0..32).rev() {
                let digit = labels.text(at).filter(|digit| digit.len() == 1)?;
                bits = bits << 4 | u128::from(u8::from_str_radix(digit, 16).ok()?);
            }
            Some(IpAddr::V6(Ipv6Addr::from(bits)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::push_labels;

    fn labels(text: &str) -> Labels {
        let mut wire = Vec::new();
        assert!(push_labels(text, &mut wire));
        wire.push(0);
        Labels::of(&wire)
    }

    fn asked(text: &str, wanted: u16) -> String {
        let labels = labels(&format!("{text}.consul"));
        let count = labels.before(b"\x06consul\0").unwrap();
        match form(&labels, count, wanted) {
            Form::Service { name, tag, place } => format!("service {name} {tag:?} {place:?}"),
            Form::Node { name, place } => format!("node {name} {place:?}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn services() {
        assert_eq!(asked("Web.Service", kind::A), "service web None Here");
        assert_eq!(asked("a.b.web.service", kind::A), "service web Some(\"a.b\") Here");
        assert_eq!(asked("web.service.dc2", kind::A), "service web None Datacenter(\"dc2\")");
        assert_eq!(asked("web.service.dc2.dc", kind::A), "service web None Datacenter(\"dc2\")");
        assert_eq!(asked("web.service.cloud.peer", kind::A), "service web None Peer");
        assert_eq!(asked("service.service", kind::A), "service service None Here");
        assert_eq!(asked("web.service.default.ns", kind::A), "Nothing");
        assert_eq!(asked("web.service.a.b.c", kind::A), "Nothing");
        assert_eq!(asked("service", kind::A), "Nothing");
    }

    #[test]
    fn rfc_2782() {
        assert_eq!(asked("_web._tcp.service", kind::A), "service web None Here");
        assert_eq!(asked("_web._v1.service", kind::SRV), "service web Some(\"v1\") Here");
        assert_eq!(asked("_web._tcp", kind::SRV), "service web None Here");
        assert_eq!(asked("_web._tcp.dc2", kind::SRV), "service web None Datacenter(\"dc2\")");
        assert_eq!(asked("_web._tcp", kind::A), "Nothing");
    }

    #[test]
    fn nodes_and_addresses() {
        assert_eq!(asked("n.dot.node", kind::A), "node n.dot Here");
        assert_eq!(asked("n.node.dc1", kind::A), "node n Datacenter(\"dc1\")");
        assert_eq!(asked("node", kind::A), "Nothing");
        assert_eq!(asked("0a010001.addr", kind::A), "Address(10.1.0.1)");
        assert_eq!(asked("0A010001.addr.dc1", kind::A), "Address(10.1.0.1)");
        assert_eq!(asked("fd000000000000000000000000000006.addr", kind::A), "Address(fd00::6)");
        for wrong in ["zz.addr", "+a010001.addr", "a.0a010001.addr", "addr", "0a0100.addr"] {
            assert_eq!(asked(wrong, kind::A), "Nothing", "{wrong}");
        }
    }

    #[test]
    fn backwards() {
        assert_eq!(reversed(&labels("1.0.1.10.in-addr.arpa")), Some("10.1.0.1".parse().unwrap()));
        let six = format!("6.{}d.f.ip6.arpa", "0.".repeat(29));
        assert_eq!(reversed(&labels(&six)), Some("fd00::6".parse().unwrap()));
        for wrong in [
            "1.0.10.in-addr.arpa",
            "a.0.1.10.in-addr.arpa",
            "256.0.1.10.in-addr.arpa",
            "01.0.1.10.in-addr.arpa",
            "arpa",
            "ip6.arpa",
        ] {
            assert_eq!(reversed(&labels(wrong)), None, "{wrong}");
        }
    }
}
