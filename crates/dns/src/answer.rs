//! An answer before it is written: records in three sections, their names in one run of bytes.
//!
//! One value is used for packet after packet, so that a question costs no allocation once the first ones
//! have been answered.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::config::StartOfAuthority;
use crate::name;
use crate::question::{code, kind};

/// A stretch of an answer's bytes: a name in wire form, or a TXT record's data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }
}

/// A record; its class is IN.
#[derive(Debug, Clone, Copy)]
pub struct Record {
    pub owner: Span,
    pub ttl: u32,
    pub data: Data,
    /// In the additional section: the answer (its place in that section) that it belongs to.
    pub belongs_to: u32,
}

/// What a record says.
#[derive(Debug, Clone, Copy)]
pub enum Data {
    Address(IpAddr),
    Alias(Span),
    Pointer(Span),
    NameServer(Span),
    Service {
        weight: u16,
        port: u16,
        target: Span,
    },
    Authority {
        server: Span,
        mailbox: Span,
        serial: u32,
        numbers: StartOfAuthority,
    },
    /// Strings, each behind its length.
    Text(Span),
}

impl Data {
    pub fn kind(&self) -> u16 {
        match self {
            Self::Address(IpAddr::V4(_)) => kind::A,
            Self::Address(IpAddr::V6(_)) => kind::AAAA,
            Self::Alias(_) => kind::CNAME,
            Self::Pointer(_) => kind::PTR,
            Self::NameServer(_) => kind::NS,
            Self::Service { .. } => kind::SRV,
            Self::Authority { .. } => kind::SOA,
            Self::Text(_) => kind::TXT,
        }
    }

    /// Its length with all names in full.
    fn full_length(&self) -> usize {
        match self {
            Self::Address(IpAddr::V4(_)) => 4,
            Self::Address(IpAddr::V6(_)) => 16,
            Self::Alias(name) | Self::Pointer(name) | Self::NameServer(name) | Self::Text(name) => name.len(),
            Self::Service { target, .. } => 6 + target.len(),
            Self::Authority { server, mailbox, .. } => 20 + server.len() + mailbox.len(),
        }
    }
}

impl Record {
    /// Its length with all names in full.
    pub fn full_length(&self) -> usize {
        self.owner.len() + 10 + self.data.full_length()
    }
}

/// An answer.
#[derive(Debug, Default)]
pub struct Answer {
    pub code: u8,
    pub authoritative: bool,
    pub answers: Vec<Record>,
    pub authorities: Vec<Record>,
    pub additional: Vec<Record>,
    bytes: Vec<u8>,
}

impl Answer {
    /// Empties it; the bytes begin with the question's name then.
    pub fn begin(&mut self, question: &[u8]) -> Span {
        (self.code, self.authoritative) = (code::NO_ERROR, true);
        self.answers.clear();
        self.authorities.clear();
        self.additional.clear();
        self.bytes.clear();
        self.name(question)
    }

    pub fn bytes(&self, span: Span) -> &[u8] {
        &self.bytes[span.start as usize..span.end as usize]
    }

    /// The last `length` bytes of a name that is there.
    pub fn tail(span: Span, length: usize) -> Span {
        Span { start: span.end - length as u32, end: span.end }
    }

    /// Takes a name in wire form in.
    pub fn name(&mut self, wire: &[u8]) -> Span {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(wire);
        self.since(start)
    }

    /// A name of some labels in wire form (without a last zero) before one that is there. None: too long.
    pub fn name_under(&mut self, labels: &[u8], parent: Span) -> Option<Span> {
        let start = self.bytes.len();
        if labels.len() + parent.len() > name::MAX_NAME {
            return None;
        }
        self.bytes.extend_from_slice(labels);
        self.bytes.extend_from_within(parent.start as usize..parent.end as usize);
        Some(self.since(start))
    }

    /// The name that stands for an address: its bytes in hexadecimal, before `parent`.
    pub fn name_of_address(&mut self, address: IpAddr, parent: Span) -> Option<Span> {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut label = [0; 33];
        let mut write = |octets: &[u8]| {
            label[0] = octets.len() as u8 * 2;
            for (at, octet) in octets.iter().enumerate() {
                label[1 + 2 * at] = DIGITS[usize::from(octet >> 4)];
                label[2 + 2 * at] = DIGITS[usize::from(octet & 15)];
            }
            1 + 2 * octets.len()
        };
        let length = match address {
            IpAddr::V4(address) => write(&address.octets()),
            IpAddr::V6(address) => write(&address.octets()),
        };
        self.name_under(&label[..length], parent)
    }

    /// A TXT record's data: the text in strings of up to 255 bytes.
    pub fn text(&mut self, text: &[u8]) -> Span {
        let start = self.bytes.len();
        for chunk in text.chunks(255) {
            self.bytes.push(chunk.len() as u8);
            self.bytes.extend_from_slice(chunk);
        }
        if text.is_empty() {
            self.bytes.push(0);
        }
        self.since(start)
    }

    fn since(&self, start: usize) -> Span {
        Span { start: start as u32, end: self.bytes.len() as u32 }
    }

    /// Adds to the answer section.
    pub fn answer(&mut self, owner: Span, ttl: u32, data: Data) {
        self.answers.push(Record { owner, ttl, data, belongs_to: 0 });
    }

    /// Adds to the additional section, beside the latest answer.
    pub fn beside(&mut self, owner: Span, ttl: u32, data: Data) {
        let belongs_to = self.answers.len().saturating_sub(1) as u32;
        self.additional.push(Record { owner, ttl, data, belongs_to });
    }

    pub fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.additional.is_empty()
    }
}

/// The address that a text is; one of IPv4 in IPv6's clothes is IPv4's.
pub fn address(text: &str) -> Option<IpAddr> {
    text.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

/// The address that 8 or 32 hexadecimal digits stand for.
pub fn address_of_digits(digits: &str) -> Option<IpAddr> {
    if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    match digits.len() {
        8 => u32::from_str_radix(digits, 16).ok().map(|bits| IpAddr::V4(Ipv4Addr::from(bits))),
        32 => u128::from_str_radix(digits, 16).ok().map(|bits| IpAddr::V6(Ipv6Addr::from(bits)).to_canonical()),
        _ => None,
    }
}
