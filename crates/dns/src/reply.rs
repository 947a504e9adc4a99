//! Answers as packets: what fits the transport, written with compressed names.

mod compression;

use std::net::IpAddr;

use crate::answer::{Answer, Data, Record, Span};
use crate::config::Config;
use crate::question::{
    AUTHORITATIVE, CHECKING_DISABLED, Edns, HEADER, OPCODE, Question, RECURSION_AVAILABLE, RECURSION_DESIRED, RESPONSE,
    TRUNCATED, kind,
};
use compression::Compression;

/// What a client without EDNS takes over UDP (RFC 1035 §2.3.4).
pub const PLAIN_SIZE: usize = 512;
/// The longest UDP answer, whatever the client says: what IP and UDP leave of 64 KiB.
const LONGEST_UDP: usize = 65_467;
/// The longest TCP answer, as Consul counts.
const LONGEST_TCP: usize = 65_523;
/// Left free in each UDP answer, as Consul does.
const UDP_MARGIN: usize = 8;
/// The most records over UDP without EDNS, whatever is configured.
const MOST_PLAIN: usize = 8;
/// No record with a compressed owner is shorter.
const SHORTEST_RECORD: usize = 16;
/// The last of the three sections.
const ADDITIONAL: usize = 2;

/// How a question came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// Answers are as long as the client takes.
    Udp,
    /// Answers are up to 64 KiB long.
    Tcp,
}

/// What may be sent in answer to one question.
#[derive(Debug, Clone, Copy)]
pub struct Limit {
    /// How many records the answer section may have.
    pub answers: usize,
    /// How long the packet may be, without EDNS.
    bytes: usize,
    /// UDP without EDNS.
    plain: bool,
}

impl Limit {
    /// By Consul's rules, which also hold for how much is left free.
    pub fn of(question: &Question<'_>, transport: Transport, config: &Config) -> Self {
        let options = question.edns.as_ref().map_or(0, options_length);
        if transport == Transport::Tcp {
            let answers = if question.kind == kind::SRV { 1024 } else { 4096 };
            return Self { answers, bytes: LONGEST_TCP.min(usize::from(u16::MAX) - options), plain: false };
        }
        let size = udp_size(question);
        let bytes = size - options.max(UDP_MARGIN);
        match size == PLAIN_SIZE {
            true => Self { answers: config.udp_answer_limit.min(MOST_PLAIN), bytes, plain: true },
            false => Self { answers: bytes / SHORTEST_RECORD, bytes, plain: false },
        }
    }
}

/// What the client takes over UDP.
pub fn udp_size(question: &Question<'_>) -> usize {
    let asked = question.edns.as_ref().map_or(PLAIN_SIZE, |edns| usize::from(edns.udp_size));
    asked.clamp(PLAIN_SIZE, LONGEST_UDP)
}

/// Which records of the additional section go along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Beside {
    All,
    /// What targets resolve to; no TXT. Consul's choice as soon as answers had to be left out.
    Addresses,
    Nothing,
}

/// A packet in the making; one is used for many.
#[derive(Debug, Default)]
pub struct Writer {
    pub packet: Vec<u8>,
    compression: Compression,
}

impl Writer {
    /// Writes as much of the answer as may be sent.
    pub fn write(&mut self, question: &Question<'_>, answer: &Answer, transport: Transport, config: &Config) {
        let limit = Limit::of(question, transport, config);
        let compress = !config.disable_compression;
        let total = answer.answers.len();
        let most = total.min(limit.answers);
        let mut draft = Draft { question, answer, kept: most, beside: Beside::All, authorities: true, compress };
        if most < total {
            draft.beside = Beside::Addresses;
        }
        // Consul judges by the length without compression as soon as the number was too high.
        let in_full = limit.plain && total > limit.answers;
        let fits = self.length(&draft, in_full) <= limit.bytes;
        if !fits {
            self.shorten(&mut draft, limit.bytes, in_full);
        }
        if !fits || in_full {
            self.draft(&draft);
        }
        let mut cut = draft.kept < total && (transport == Transport::Udp || draft.kept < most);
        if self.packet.len() > limit.bytes {
            // Not even one record: the client has to come by TCP.
            (draft.kept, draft.beside, cut) = (0, Beside::Nothing, true);
            self.draft(&draft);
        }
        if cut && config.truncation_flag {
            self.packet[2] |= (TRUNCATED >> 8) as u8;
        }
        if !config.recursors.is_empty() {
            self.packet[3] |= RECURSION_AVAILABLE as u8;
        }
        if let Some(edns) = &question.edns {
            self.options(edns);
        }
    }

    /// Leaves records out until it fits, if it can.
    fn shorten(&mut self, draft: &mut Draft<'_>, bytes: usize, in_full: bool) {
        draft.authorities = false;
        if draft.kept > 1 {
            draft.beside = Beside::Addresses;
            // The most that fits, but one in any case: `low` fits or is 1, `high` does not.
            let (mut low, mut high) = (1, draft.kept);
            while high - low > 1 {
                draft.kept = low + (high - low) / 2;
                match self.length(draft, in_full) > bytes {
                    true => high = draft.kept,
                    false => low = draft.kept,
                }
            }
            draft.kept = low;
        }
        // One answer with all that belongs to it may still be too long: what was not asked for goes first.
        for beside in [Beside::Addresses, Beside::Nothing] {
            if self.length(draft, in_full) <= bytes {
                return;
            }
            draft.beside = beside;
        }
    }

    /// The draft's length; written, unless it is to be counted with all names in full.
    fn length(&mut self, draft: &Draft<'_>, in_full: bool) -> usize {
        if in_full {
            return draft.full_length();
        }
        self.draft(draft);
        self.packet.len()
    }

    fn draft(&mut self, draft: &Draft<'_>) {
        let Draft { question, answer, .. } = draft;
        self.packet.clear();
        self.compression.begin();
        let mut flags = RESPONSE | question.flags & (RECURSION_DESIRED | CHECKING_DISABLED) | u16::from(answer.code);
        if answer.authoritative {
            flags |= AUTHORITATIVE;
        }
        self.header(question.id, flags, 1);
        self.compression.append(&mut self.packet, question.name, draft.compress);
        self.numbers(&[question.kind, question.class]);
        let mut counts = [0u16; 3];
        for (section, records) in draft.sections().into_iter().enumerate() {
            for record in records.iter().filter(|record| draft.goes_along(section, record)) {
                self.record(answer, record, draft.compress);
                counts[section] += 1;
            }
        }
        for (count, at) in counts.iter().zip([6, 8, 10]) {
            self.packet[at..at + 2].copy_from_slice(&count.to_be_bytes());
        }
    }

    fn header(&mut self, id: u16, flags: u16, questions: u16) {
        self.numbers(&[id, flags, questions, 0, 0, 0]);
    }

    /// An answer that says why there is none, to a packet that could not be read; with its question, if that could.
    pub fn refusal(&mut self, id: u16, flags: u16, code: u8, question: Option<&[u8]>) {
        self.packet.clear();
        let flags = RESPONSE | flags & (OPCODE | RECURSION_DESIRED) | u16::from(code);
        self.header(id, flags, u16::from(question.is_some()));
        self.packet.extend_from_slice(question.unwrap_or_default());
    }

    fn numbers(&mut self, numbers: &[u16]) {
        for number in numbers {
            self.packet.extend_from_slice(&number.to_be_bytes());
        }
    }

    fn record(&mut self, answer: &Answer, record: &Record, compress: bool) {
        self.name(answer, record.owner, compress);
        self.numbers(&[record.data.kind(), 1]);
        self.packet.extend_from_slice(&record.ttl.to_be_bytes());
        let length_at = self.packet.len();
        self.numbers(&[0]);
        match record.data {
            Data::Address(IpAddr::V4(address)) => self.packet.extend_from_slice(&address.octets()),
            Data::Address(IpAddr::V6(address)) => self.packet.extend_from_slice(&address.octets()),
            Data::Alias(name) | Data::Pointer(name) | Data::NameServer(name) => self.name(answer, name, compress),
            Data::Text(text) => self.packet.extend_from_slice(answer.bytes(text)),
            Data::Service { weight, port, target } => {
                self.numbers(&[1, weight, port]);
                // RFC 2782: not compressed, though others may point to it.
                self.compression.append_in_full(&mut self.packet, answer.bytes(target), compress);
            }
            Data::Authority { server, mailbox, serial, numbers } => {
                self.name(answer, server, compress);
                self.name(answer, mailbox, compress);
                for number in [serial, numbers.refresh, numbers.retry, numbers.expire, numbers.min_ttl] {
                    self.packet.extend_from_slice(&number.to_be_bytes());
                }
            }
        }
        let length = (self.packet.len() - length_at - 2) as u16;
        self.packet[length_at..length_at + 2].copy_from_slice(&length.to_be_bytes());
    }

    fn name(&mut self, answer: &Answer, name: Span, compress: bool) {
        self.compression.append(&mut self.packet, answer.bytes(name), compress);
    }

    /// The client's EDNS comes back with its own size; its subnet with the scope of an answer that is
    /// the same for everybody.
    fn options(&mut self, edns: &Edns<'_>) {
        self.packet.push(0);
        self.numbers(&[kind::OPT, edns.udp_size, 0, 0, (options_length(edns) - 11) as u16]);
        if let Some(subnet) = edns.subnet {
            self.numbers(&[8, 4 + subnet.address.len() as u16, subnet.family]);
            self.packet.extend_from_slice(&[subnet.source, 0]);
            self.packet.extend_from_slice(subnet.address);
        }
        let additional = u16::from_be_bytes([self.packet[10], self.packet[11]]) + 1;
        self.packet[10..12].copy_from_slice(&additional.to_be_bytes());
    }
}

fn options_length(edns: &Edns<'_>) -> usize {
    11 + edns.subnet.map_or(0, |subnet| 8 + subnet.address.len())
}

/// What is to be written of an answer.
struct Draft<'a> {
    question: &'a Question<'a>,
    answer: &'a Answer,
    /// How many records of the answer section.
    kept: usize,
    beside: Beside,
    authorities: bool,
    compress: bool,
}

impl<'a> Draft<'a> {
    fn sections(&self) -> [&'a [Record]; 3] {
        let authorities = if self.authorities { &self.answer.authorities[..] } else { &[] };
        let additional = if self.beside == Beside::Nothing { &[] } else { &self.answer.additional[..] };
        [&self.answer.answers[..self.kept], authorities, additional]
    }

    /// Whether a record of the section (0: answers) is sent.
    fn goes_along(&self, section: usize, record: &Record) -> bool {
        let kept = (record.belongs_to as usize) < self.kept.max(1);
        section != ADDITIONAL || self.beside == Beside::All || (kept && !matches!(record.data, Data::Text(_)))
    }

    /// The packet's length if no name were compressed.
    fn full_length(&self) -> usize {
        let mut records = 0;
        for (section, list) in self.sections().into_iter().enumerate() {
            let kept = list.iter().filter(|record| self.goes_along(section, record));
            records += kept.map(Record::full_length).sum::<usize>();
        }
        HEADER + self.question.name.len() + 4 + records
    }
}
