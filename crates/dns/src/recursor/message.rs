//! A recursor's answer: checked, kept as it came, and handed on with the client's own ID, case and size.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Ask;
use crate::external::{ExternalData, ExternalRecord};
use crate::name;
use crate::question::{
    HEADER, Question, RECURSION_AVAILABLE, RECURSION_DESIRED, RESPONSE, TRUNCATED, code, kind, number,
};

/// The longest that anything is kept, whatever a server says.
const LONGEST_KEPT: u32 = 86_400;

/// An answer that fits its question.
#[derive(Debug)]
pub struct Message {
    packet: Vec<u8>,
    /// Where the question ends.
    question_end: usize,
    records: Vec<Raw>,
}

/// Where a record's parts stand in the packet.
#[derive(Debug, Clone, Copy)]
struct Raw {
    /// 0: answers, 1: authorities, 2: additional.
    section: usize,
    owner: usize,
    kind: u16,
    ttl_at: usize,
    ttl: u32,
    data: usize,
    length: usize,
}

impl Message {
    /// None: it is no answer to `ask` with this ID, or damaged.
    pub fn read(packet: Vec<u8>, ask: &Ask, id: u16) -> Option<Self> {
        let (own_id, flags) = (number(&packet, 0)?, number(&packet, 2)?);
        let end = name::end_of_name(&packet, HEADER)?;
        let same = own_id == id
            && flags & RESPONSE != 0
            && number(&packet, 4)? == 1
            && packet[HEADER..end].eq_ignore_ascii_case(&ask.name)
            && number(&packet, end)? == ask.kind
            && number(&packet, end + 2)? == ask.class;
        if !same {
            return None;
        }
        let question_end = end + 4;
        let mut records = Vec::new();
        let mut at = question_end;
        for (section, count_at) in [6, 8, 10].into_iter().enumerate() {
            for _ in 0..number(&packet, count_at)? {
                let record = Raw::read(&packet, at, section)?;
                at = record.data + record.length;
                records.push(record);
            }
        }
        Some(Self { packet, question_end, records })
    }

    pub fn code(&self) -> u8 {
        self.packet[3] & 15
    }

    /// Records were left out.
    pub fn is_truncated(&self) -> bool {
        self.flags() & TRUNCATED != 0
    }

    /// How long it is, for a bound on memory.
    pub fn length(&self) -> usize {
        self.packet.len()
    }

    /// For how many seconds it may be kept; none: not at all (RFC 2308 for answers without records).
    pub fn time_to_live(&self) -> Option<u32> {
        let answers = || self.records.iter().filter(|record| record.section == 0);
        let found = if self.code() == code::NO_ERROR && answers().next().is_some() {
            self.timed().map(|record| record.ttl).min()
        } else {
            let authority = self.records.iter().find(|record| record.section == 1 && record.kind == kind::SOA)?;
            let end = authority.data + authority.length;
            let minimum = self.packet.get(end.checked_sub(4)?..end)?;
            Some(u32::from_be_bytes(minimum.try_into().ok()?).min(authority.ttl))
        };
        found.map(|seconds| seconds.min(LONGEST_KEPT)).filter(|seconds| *seconds > 0)
    }

    /// The records whose time to live is one: OPT keeps flags there.
    fn timed(&self) -> impl Iterator<Item = &Raw> {
        self.records.iter().filter(|record| record.kind != kind::OPT)
    }

    /// The packet for a client, `age` seconds later and up to `longest` bytes.
    pub fn for_client(&self, question: &Question<'_>, age: u32, longest: usize) -> Vec<u8> {
        let mut packet = self.packet.clone();
        for record in self.timed() {
            let ttl = record.ttl.saturating_sub(age);
            packet[record.ttl_at..record.ttl_at + 4].copy_from_slice(&ttl.to_be_bytes());
        }
        packet[..2].copy_from_slice(&question.id.to_be_bytes());
        let mut flags = self.flags() & !RECURSION_DESIRED | question.flags & RECURSION_DESIRED | RECURSION_AVAILABLE;
        if packet.len() > longest {
            flags |= TRUNCATED;
            packet.truncate(self.question_end);
            packet[6..HEADER].fill(0);
            self.keep_options(&mut packet);
        }
        packet[2..4].copy_from_slice(&flags.to_be_bytes());
        // Clients compare the case of their question with that of the answer's.
        packet[HEADER..HEADER + question.name.len()].copy_from_slice(question.name);
        packet
    }

    /// EDNS stands in every answer to who speaks it, so in a shortened one too.
    fn keep_options(&self, packet: &mut Vec<u8>) {
        if let Some(options) = self.records.iter().find(|record| record.kind == kind::OPT) {
            packet.push(0);
            packet.extend_from_slice(&self.packet[options.ttl_at - 4..options.ttl_at + 4]);
            packet.extend_from_slice(&[0, 0]);
            packet[11] = 1;
        }
    }

    fn flags(&self) -> u16 {
        u16::from_be_bytes([self.packet[2], self.packet[3]])
    }

    /// The addresses and aliases among the answers.
    pub fn addresses(&self) -> Vec<ExternalRecord> {
        let answers = self.records.iter().filter(|record| record.section == 0);
        answers.filter_map(|record| self.external(record)).collect()
    }

    fn external(&self, record: &Raw) -> Option<ExternalRecord> {
        let data = &self.packet[record.data..record.data + record.length];
        let data = match record.kind {
            kind::A => ExternalData::Address(IpAddr::V4(Ipv4Addr::from(<[u8; 4]>::try_from(data).ok()?))),
            kind::AAAA => ExternalData::Address(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(data).ok()?))),
            kind::CNAME => ExternalData::Alias(name::expanded(&self.packet, record.data)?.into()),
            _ => return None,
        };
        Some(ExternalRecord { owner: name::expanded(&self.packet, record.owner)?.into(), data })
    }
}

impl Raw {
    fn read(packet: &[u8], owner: usize, section: usize) -> Option<Self> {
        let end = name::skip_name(packet, owner)?;
        let ttl = u32::from_be_bytes(packet.get(end + 4..end + 8)?.try_into().ok()?);
        let length = usize::from(number(packet, end + 8)?);
        let data = end + 10;
        packet.get(data..data + length)?;
        // RFC 2181 §8: a number with the highest bit means 0.
        let ttl = if ttl > i32::MAX as u32 { 0 } else { ttl };
        Some(Self { section, owner, kind: number(packet, end)?, ttl_at: end + 4, ttl, data, length })
    }
}
