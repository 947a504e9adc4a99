//! A packet that asks: header, question, EDNS (RFC 1035 §4.1, RFC 6891, RFC 7871).

use crate::name;

/// The types that are treated in some way of their own.
pub mod kind {
    pub const A: u16 = 1;
    pub const NS: u16 = 2;
    pub const CNAME: u16 = 5;
    pub const SOA: u16 = 6;
    pub const PTR: u16 = 12;
    pub const TXT: u16 = 16;
    pub const AAAA: u16 = 28;
    pub const SRV: u16 = 33;
    pub const OPT: u16 = 41;
    pub const AXFR: u16 = 252;
    pub const ANY: u16 = 255;
}

/// The codes that answers carry.
pub mod code {
    pub const NO_ERROR: u8 = 0;
    pub const FORMAT_ERROR: u8 = 1;
    pub const SERVER_FAILURE: u8 = 2;
    pub const NAME_ERROR: u8 = 3;
    pub const NOT_IMPLEMENTED: u8 = 4;
    pub const REFUSED: u8 = 5;
}

pub const HEADER: usize = 12;
/// The flags in the header's third and fourth byte, as one number.
pub const RESPONSE: u16 = 0x8000;
pub const OPCODE: u16 = 0x7800;
pub const AUTHORITATIVE: u16 = 0x0400;
pub const TRUNCATED: u16 = 0x0200;
pub const RECURSION_DESIRED: u16 = 0x0100;
pub const RECURSION_AVAILABLE: u16 = 0x0080;
pub const CHECKING_DISABLED: u16 = 0x0010;
const CLIENT_SUBNET: u16 = 8;

/// What a packet is.
#[derive(Debug)]
pub enum Received<'a> {
    /// A question.
    Question(Question<'a>),
    /// Not one that can be answered; who sent it is told with this code and these flags, and the question as it came if
    /// only what stands behind it is broken.
    Unanswerable { id: u16, flags: u16, code: u8, question: Option<&'a [u8]> },
    /// An answer, or too short to be anything: nobody is told anything, or two servers could talk for ever.
    Noise,
}

/// A question as it was sent.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub id: u16,
    pub flags: u16,
    /// In wire form, with its case.
    pub name: &'a [u8],
    /// What record is wanted.
    pub kind: u16,
    pub class: u16,
    pub edns: Option<Edns<'a>>,
}

/// What EDNS says.
#[derive(Debug, Clone, Copy)]
pub struct Edns<'a> {
    /// What the client takes over UDP.
    pub udp_size: u16,
    /// It wants DNSSEC's records.
    pub dnssec: bool,
    pub subnet: Option<Subnet<'a>>,
}

/// The network that the client says it asks for.
#[derive(Debug, Clone, Copy)]
pub struct Subnet<'a> {
    pub family: u16,
    pub source: u8,
    pub address: &'a [u8],
}

/// A number of two bytes.
pub fn number(packet: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(packet.get(at..at + 2)?.try_into().ok()?))
}

/// Reads a packet. What Consul's DNS library refuses is refused here, with the same code.
pub fn read(packet: &[u8]) -> Received<'_> {
    let (Some(id), Some(flags)) = (number(packet, 0), number(packet, 2)) else { return Received::Noise };
    if packet.len() < HEADER || flags & RESPONSE != 0 {
        return Received::Noise;
    }
    if flags & OPCODE != 0 {
        return Received::Unanswerable { id, flags, code: code::NOT_IMPLEMENTED, question: None };
    }
    let broken = |question| Received::Unanswerable { id, flags, code: code::FORMAT_ERROR, question };
    let counts = [4, 6, 8, 10].map(|at| number(packet, at).unwrap_or_default());
    let [1, answers @ 0..=1, authorities @ 0..=1, additional @ 0..=2] = counts else { return broken(None) };
    let Some(mut question) = asked(packet, id, flags) else { return broken(None) };
    let mut at = HEADER + question.name.len() + 4;
    let asked = &packet[HEADER..at];
    for _ in 0..answers + authorities + additional {
        match record(packet, at, &mut question) {
            Some(next) => at = next,
            None => return broken(Some(asked)),
        }
    }
    Received::Question(question)
}

/// The question alone.
fn asked(packet: &[u8], id: u16, flags: u16) -> Option<Question<'_>> {
    let end = name::end_of_name(packet, HEADER)?;
    let (kind, class) = (number(packet, end)?, number(packet, end + 2)?);
    Some(Question { id, flags, name: &packet[HEADER..end], kind, class, edns: None })
}

/// Reads one record of a question's other sections; of interest is only OPT.
fn record<'a>(packet: &'a [u8], start: usize, question: &mut Question<'a>) -> Option<usize> {
    let end = name::skip_name(packet, start)?;
    let length = usize::from(number(packet, end + 8)?);
    let data = packet.get(end + 10..end + 10 + length)?;
    if number(packet, end)? == kind::OPT {
        // The root, and only once.
        if packet[start] != 0 || question.edns.is_some() {
            return None;
        }
        let dnssec = packet[end + 6] & 0x80 != 0;
        question.edns = Some(Edns { udp_size: number(packet, end + 2)?, dnssec, subnet: options(data)? });
    }
    Some(end + 10 + length)
}

/// The client's subnet among EDNS options; none if one of them is not sound.
fn options(data: &[u8]) -> Option<Option<Subnet<'_>>> {
    let (mut at, mut found) = (0, None);
    while at < data.len() {
        let (option, length) = (number(data, at)?, usize::from(number(data, at + 2)?));
        let value = data.get(at + 4..at + 4 + length)?;
        if option == CLIENT_SUBNET {
            found = Some(subnet(value)?);
        }
        at += 4 + length;
    }
    Some(found)
}

fn subnet(value: &[u8]) -> Option<Subnet<'_>> {
    let (family, source, address) = (number(value, 0)?, *value.get(2)?, value.get(4..)?);
    let (bits, bytes) = match family {
        0 => (0, 0),
        1 => (32, 4),
        2 => (128, 16),
        _ => return None,
    };
    let fits = source <= bits && address.len() <= bytes && address.len() == usize::from(source).div_ceil(8);
    fits.then_some(Subnet { family, source, address })
}
