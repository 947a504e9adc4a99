//! The DNS part of the record: 76 questions with Consul's answers, asked over UDP and TCP.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::time::Duration;

use hickory_proto::op::{Edns, Message, MessageType, OpCode, Query};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use serde_json::Value;

const RECORD: &str = include_str!("../data/consul-dns-recorded.json");

/// A target that says nothing for so long has dropped the question.
const PATIENCE: Duration = Duration::from_secs(60);

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}

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
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a string").to_owned();
    let setup = list(&record["setup"]).iter().map(|step| (text(&step[0]), step[1].to_string())).collect();
    let answers = list(&record["answers"]);
    let rows = answers.iter().map(|row| {
        let lines = |section: &str| sorted(list(&row[section]).iter().map(text).collect());
        let options = &row["query"][2];
        DnsRow {
            name: text(&row["query"][0]),
            kind: text(&row["query"][1]),
            edns: options["edns"].as_u64().and_then(|size| u16::try_from(size).ok()),
            tcp: options["tcp"].as_bool().unwrap_or(false),
            answer: DnsAnswer {
                code: text(&row["rcode"]),
                flags: text(&row["flags"]),
                question: text(&row["question"]),
                sections: ["answer", "authority", "additional"].map(lines),
                edns: row["edns"].as_bool().unwrap_or(false),
            },
        }
    });
    DnsRecord { setup, rows: rows.collect() }
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

/// Asks `server` what the row asks.
pub fn ask(server: SocketAddr, row: &DnsRow, over: Over) -> io::Result<DnsAnswer> {
    let broken = |error: &dyn std::fmt::Display| io::Error::new(io::ErrorKind::InvalidData, error.to_string());
    let id = 0x5eed;
    let mut message = Message::new(id, MessageType::Query, OpCode::Query);
    message.metadata.recursion_desired = true;
    let name = Name::from_ascii(format!("{}.", row.name)).map_err(|error| broken(&error))?;
    let kind: RecordType = row.kind.parse().map_err(|_| broken(&"no record type"))?;
    message.queries.push(Query::query(name, kind));
    message.edns = row.edns.map(|size| {
        let mut edns = Edns::new();
        edns.set_max_payload(size);
        edns
    });
    let packet = message.to_vec().map_err(|error| broken(&error))?;
    let packet = match over {
        Over::Udp => udp(server, &packet)?,
        Over::Tcp => tcp(server, &packet)?,
    };
    let message = Message::from_vec(&packet).map_err(|error| broken(&error))?;
    if message.metadata.id != id {
        return Err(broken(&"another question's ID"));
    }
    Ok(answer(&message))
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
    ];
    let flags: Vec<_> = flags.into_iter().filter(|(_, set)| *set).map(|(name, _)| name).collect();
    let code = match u16::from(meta.response_code) {
        0 => "NOERROR".to_owned(),
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
    for (at, section) in ["answer", "authority", "additional"].into_iter().enumerate() {
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
        let changes: [fn(&mut DnsAnswer); 6] = [
            |answer| answer.code = "NXDOMAIN".into(),
            |answer| answer.flags.push_str(" RA"),
            |answer| answer.question.make_ascii_uppercase(),
            |answer| answer.edns = !answer.edns,
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
