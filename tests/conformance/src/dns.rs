//! The DNS part of the record: 76 questions with Consul's answers, asked over UDP and TCP.

pub mod differing;
pub mod recursor;

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use serde_json::{Value, json};

use crate::exchange::{Request, exchange};

const RECORD: &str = include_str!("../data/consul-dns-recorded.json");

/// A target that says nothing for so long has dropped the question.
const PATIENCE: Duration = Duration::from_secs(60);
/// The ID of every question.
const ID: u16 = 0x5eed;
/// What a client without EDNS takes over UDP (RFC 1035 §2.3.4).
const PLAIN_SIZE: u16 = 512;

/// The record: what is registered first, then questions with their answers.
#[derive(Debug)]
pub struct DnsRecord {
    /// Paths and bodies of PUT requests.
    pub setup: Vec<(String, String)>,
    /// Questions and answers.
    pub rows: Vec<DnsRow>,
}

/// A question with its recorded answer.
#[derive(Debug, Clone)]
pub struct DnsRow {
    /// The name as it was asked.
    pub name: String,
    /// The record type.
    pub kind: String,
    /// The size that the client says it takes, if it speaks EDNS.
    pub edns: Option<u16>,
    /// It was asked over TCP.
    pub tcp: bool,
    /// What came back.
    pub answer: DnsAnswer,
}

/// An answer in the record's form: records as lines, without their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DnsAnswer {
    /// The code's name.
    pub code: String,
    /// The flags that are set.
    pub flags: String,
    /// The question's name as it came back.
    pub question: String,
    /// Lines of the three sections.
    pub sections: [Vec<String>; 3],
    /// It had EDNS.
    pub edns: bool,
    /// It came over UDP and is longer than the client said it takes.
    pub too_long: bool,
}

impl DnsAnswer {
    /// As the record has it.
    fn of(recorded: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        let lines = |section: &str| sorted(recorded[section].as_array().expect("a list").iter().map(text).collect());
        Self {
            code: text(&recorded["rcode"]),
            flags: text(&recorded["flags"]),
            question: text(&recorded["question"]),
            sections: SECTIONS.map(lines),
            edns: recorded["edns"].as_bool().unwrap_or(false),
            too_long: recorded["too long"].as_bool().unwrap_or(false),
        }
    }

    /// The form in which the record has it.
    fn recorded(&self) -> Value {
        let Self { code, flags, question, sections: [answer, authority, additional], edns, too_long } = self;
        let mut recorded = json!({
            "rcode": code, "flags": flags, "question": question, "answer": answer, "authority": authority,
            "additional": additional, "edns": edns,
        });
        if *too_long {
            recorded["too long"] = json!(true);
        }
        recorded
    }

    /// With another text for each record, in its order.
    fn with_lines(mut self, change: impl Fn(Vec<String>) -> Vec<String>) -> Self {
        self.sections = self.sections.map(|lines| sorted(change(lines)));
        self
    }

    /// Which of many instances are answered is chance: how many records of which type there are.
    fn counted(self) -> Self {
        self.with_lines(|lines| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for line in lines {
                *counts.entry(line.split(' ').nth(2).unwrap_or_default().to_owned()).or_default() += 1;
            }
            counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect()
        })
    }

    /// What is kept grows older: without the seconds for which it may be kept.
    fn ageless(self) -> Self {
        let ageless = |line: String| {
            let mut words: Vec<&str> = line.split(' ').collect();
            words[1] = "T";
            words.join(" ")
        };
        self.with_lines(|lines| lines.into_iter().map(ageless).collect())
    }

    /// With the port of the server that Consul's own service has in the record.
    #[must_use]
    pub fn with_server_port(self, own: u16, recorded: u16) -> Self {
        let (own, recorded) = (format!(" SRV 1 1 {own} "), format!(" SRV 1 1 {recorded} "));
        self.with_lines(|lines| lines.into_iter().map(|line| line.replace(&own, &recorded)).collect())
    }
}

const SECTIONS: [&str; 3] = ["answer", "authority", "additional"];

/// Over what a question goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Over {
    /// One packet each way.
    Udp,
    /// A connection of its own.
    Tcp,
}

/// Reads the record.
pub fn record() -> DnsRecord {
    let record: Value = serde_json::from_str(RECORD).expect("the record is JSON");
    let rows = record["answers"].as_array().expect("a list").iter();
    let rows = rows.map(|row| DnsRow { answer: DnsAnswer::of(row), ..DnsRow::asked(&row["query"]) });
    DnsRecord { setup: setup(&record), rows: rows.collect() }
}

fn setup(record: &Value) -> Vec<(String, String)> {
    let steps = record["setup"].as_array().expect("a list").iter();
    steps.map(|step| (step[0].as_str().expect("a path").to_owned(), step[1].to_string())).collect()
}

impl DnsRow {
    /// Of a name, a type and options.
    fn asked(query: &Value) -> Self {
        let text = |value: &Value| value.as_str().expect("a string").to_owned();
        Self {
            name: text(&query[0]),
            kind: text(&query[1]),
            edns: query[2]["edns"].as_u64().and_then(|size| u16::try_from(size).ok()),
            tcp: query[2]["tcp"].as_bool().unwrap_or(false),
            answer: DnsAnswer::default(),
        }
    }
}

/// Registers what the questions are about.
pub fn register(registry: SocketAddr, setup: &[(String, String)]) {
    for (path, body) in setup {
        let request = Request { method: "PUT", target: path, headers: &[], body: body.as_bytes() };
        let answer = exchange(registry, &request).expect("the target answers");
        assert_eq!(answer.status, 200, "{path} {body}");
    }
}

/// Asks all that is asked over it. How many fit, and what does not fit of the others; what comes back goes through
/// `as_recorded` first.
pub fn replay(server: SocketAddr, over: Over, as_recorded: impl Fn(DnsAnswer) -> DnsAnswer) -> (usize, Vec<String>) {
    let (mut fit, mut failed) = (0, Vec::new());
    let rows = record().rows;
    // Rows that were asked over TCP are those that do not fit UDP.
    for row in rows.iter().filter(|row| over == Over::Tcp || !row.tcp) {
        let problems = match ask(server, row, over) {
            Ok(found) => differences(&row.answer, &as_recorded(found)),
            Err(error) => vec![format!("no answer: {error}")],
        };
        match &problems[..] {
            [] => fit += 1,
            _ => failed.push(format!("{} {} {:?}\n    {}", row.name, row.kind, row.edns, problems.join("\n    "))),
        }
    }
    (fit, failed)
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Asks `server` what the row asks.
pub fn ask(server: SocketAddr, row: &DnsRow, over: Over) -> io::Result<DnsAnswer> {
    let broken = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let packet = question(row).map_err(|error| broken(&error))?;
    let packet = match over {
        Over::Udp => udp(server, &packet)?,
        Over::Tcp => tcp(server, &packet)?,
    };
    let message = Message::from_vec(&packet).map_err(|error| broken(&error))?;
    if message.metadata.id != ID {
        return Err(broken(&"another question's ID"));
    }
    let takes = usize::from(row.edns.unwrap_or(PLAIN_SIZE).max(PLAIN_SIZE));
    Ok(DnsAnswer { too_long: over == Over::Udp && packet.len() > takes, ..answer(&message) })
}

/// The packet that asks what the row asks.
fn question(row: &DnsRow) -> Result<Vec<u8>, ProtoError> {
    let mut message = Message::new(ID, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    let kind: RecordType = row.kind.parse()?;
    message.queries.push(Query::query(Name::from_ascii(format!("{}.", row.name))?, kind));
    message.edns = row.edns.map(|size| {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        edns
    });
    message.to_vec()
}

/// Sends a packet and reads one back.
pub fn udp(server: SocketAddr, packet: &[u8]) -> io::Result<Vec<u8>> {
    let socket = UdpSocket::bind(if server.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.set_read_timeout(Some(PATIENCE))?;
    socket.connect(server)?;
    socket.send(packet)?;
    let mut buffer = vec![0; 65_535];
    let length = socket.recv(&mut buffer)?;
    buffer.truncate(length);
    Ok(buffer)
}

/// Sends a message over a connection of its own and reads one back.
pub fn tcp(server: SocketAddr, packet: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let length = u16::try_from(packet.len()).map_err(io::Error::other)?;
    stream.write_all(&[&length.to_be_bytes()[..], packet].concat())?;
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut answer = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut answer)?;
    Ok(answer)
}

fn answer(message: &Message) -> DnsAnswer {
    let meta = &message.metadata;
    let flags = [
        ("QR", meta.message_type == MessageType::Response),
        ("AA", meta.authoritative),
        ("TC", meta.truncation),
        ("RD", meta.recursion_desired),
        ("RA", meta.recursion_available),
        ("NOTIFY", meta.op_code == OpCode::Notify),
    ];
    let flags: Vec<_> = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
    let code = match u16::from(meta.response_code) {
        0 => "NOERROR".to_owned(),
        1 => "FORMERR".to_owned(),
        2 => "SERVFAIL".to_owned(),
        3 => "NXDOMAIN".to_owned(),
        4 => "NOTIMP".to_owned(),
        5 => "REFUSED".to_owned(),
        other => other.to_string(),
    };
    let lines = |records: &[Record]| sorted(records.iter().map(line).collect());
    DnsAnswer {
        code,
        flags: flags.join(" "),
        question: message.queries.first().map(|query| query.name.to_string()).unwrap_or_default(),
        sections: [lines(&message.answers), lines(&message.authorities), lines(&message.additionals)],
        edns: message.edns.is_some(),
        too_long: false,
    }
}

/// `web.service.consul. 0 A 10.1.0.1`; a SOA's serial number is S.
fn line(record: &Record) -> String {
    let data = match &record.data {
        RData::SOA(soa) => {
            format!("{} {} S {} {} {} {}", soa.mname, soa.rname, soa.refresh, soa.retry, soa.expire, soa.minimum)
        }
        RData::TXT(txt) => {
            let strings = txt.txt_data.iter().map(|text| format!("\"{}\"", String::from_utf8_lossy(text)));
            strings.collect::<Vec<_>>().join(" ")
        }
        other => other.to_string(),
    };
    format!("{} {} {} {data}", record.name, record.ttl, record.record_type())
}

/// What is different, for people; empty: nothing.
pub fn differences(expected: &DnsAnswer, found: &DnsAnswer) -> Vec<String> {
    let mut differences = Vec::new();
    let mut compare = |what: &str, expected: &dyn std::fmt::Debug, found: &dyn std::fmt::Debug| {
        let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
        if expected != found {
            differences.push(format!("{what}: {found}, recorded: {expected}"));
        }
    };
    compare("code", &expected.code, &found.code);
    compare("flags", &expected.flags, &found.flags);
    compare("question", &expected.question, &found.question);
    compare("EDNS", &expected.edns, &found.edns);
    compare("longer than the client takes", &expected.too_long, &found.too_long);
    for (at, section) in SECTIONS.into_iter().enumerate() {
        compare(section, &expected.sections[at], &found.sections[at]);
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_in_any_part_is_found() {
        let recorded = &record().rows[2].answer;
        assert_eq!(differences(recorded, recorded), [""; 0]);
        let changes: [fn(&mut DnsAnswer); 7] = [
            |answer| answer.code = "NXDOMAIN".into(),
            |answer| answer.flags.push_str(" RA"),
            |answer| answer.question.make_ascii_uppercase(),
            |answer| answer.edns = !answer.edns,
            |answer| answer.too_long = true,
            |answer| drop(answer.sections[0].pop()),
            |answer| answer.sections[2].push("x. 0 A 1.2.3.4".into()),
        ];
        for change in changes {
            let mut other = recorded.clone();
            change(&mut other);
            assert_eq!(differences(recorded, &other).len(), 1);
        }
    }
}
