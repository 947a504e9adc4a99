//! Where muster answers otherwise than Consul over DNS, on purpose, and packets that are no whole question:
//! `data/dns-differences.json`. Each row has what Consul answered and what muster answers, and the number of the
//! difference in docs/compatibility.md; a row without one is answered alike.
//!
//! `cargo run -p muster-conformance --bin record dns` writes what a real Consul says, `UPDATE_DIFFERENCES=1 cargo test
//! -p muster-conformance --test dns` what muster says now. Where the answer is chance (which of many instances) the
//! record counts; where it grows old it has no age. Packets, and what somebody does not answer, go over TCP: answers come
//! in order there, so that silence is seen by the answer to what was asked next.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;

use hickory_proto::op::Message;
use serde_json::{Value, json};

use super::{DnsAnswer, DnsRow, ID, Over, PATIENCE, answer, ask, recursor, setup};

const RECORD: &str = include_str!("../../data/dns-differences.json");

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// The name of Consul's answers.
    Consul,
    /// That of ours.
    Muster,
}

impl Who {
    fn name(self) -> &'static str {
        match self {
            Self::Consul => "consul",
            Self::Muster => "muster",
        }
    }
}

/// Rows that are asked of one agent, with what is registered first.
#[derive(Debug, Clone)]
pub struct Differing {
    /// The section's name in the record.
    pub name: String,
    section: Value,
}

/// The section whose agent has a recursor; that of the other one has none.
const RECURSOR: &str = "with a recursor";

/// Reads the record.
pub fn sections() -> Vec<Differing> {
    read(RECORD).into_iter().map(|(name, section)| Differing { name, section }).collect()
}

fn read(text: &str) -> BTreeMap<String, Value> {
    serde_json::from_str(text).expect("dns-differences.json is JSON")
}

impl Differing {
    /// What its agent is started with besides.
    pub fn arguments(&self) -> Vec<String> {
        if self.name == RECURSOR {
            let recursor = recursor::start().expect("a recursor on a free port");
            return vec!["-recursor".to_owned(), recursor.to_string()];
        }
        ["-alt-domain", "other"].map(str::to_owned).to_vec()
    }

    /// Paths and bodies of PUT requests.
    pub fn setup(&self) -> Vec<(String, String)> {
        setup(&self.section)
    }

    fn rows(&self) -> &[Value] {
        self.section["rows"].as_array().expect("a list")
    }

    /// Asks all rows, in their order.
    pub fn ask(&self, server: SocketAddr, as_recorded: impl Fn(DnsAnswer) -> DnsAnswer) -> Vec<Value> {
        self.rows().iter().map(|row| ask_one(server, row, &as_recorded)).collect()
    }

    /// Rows that were not answered as the record says of `who`.
    pub fn problems(&self, who: Who, answers: &[Value]) -> Vec<String> {
        let rows = self.rows().iter().zip(answers).filter(|(row, found)| row[who.name()] != **found);
        rows.map(|(row, found)| format!("{}: {found}\n    recorded: {}", title(row), row[who.name()])).collect()
    }

    /// What is wrong with the rows themselves: one with a number that both answer alike, or without one that they
    /// do not.
    pub fn slips(&self) -> Vec<String> {
        let is_slip = |row: &&Value| row["difference"].is_null() != (row["consul"] == row["muster"]);
        self.rows().iter().filter(is_slip).map(title).collect()
    }

    /// The numbers of all differences.
    pub fn numbers(&self) -> Vec<&str> {
        self.rows().iter().filter_map(|row| row["difference"].as_str()).collect()
    }

    /// Writes answers as those of `who`, one row a line.
    pub fn write(mut self, who: Who, answers: Vec<Value>) {
        for (row, answer) in self.section["rows"].as_array_mut().into_iter().flatten().zip(answers) {
            row[who.name()] = answer;
        }
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/dns-differences.json");
        let mut all = read(&fs::read_to_string(&path).expect("the record is there"));
        all.insert(self.name, self.section);
        let lines = |list: &Value| {
            let list = list.as_array().expect("a list").iter();
            list.map(|row| format!("  {row}")).collect::<Vec<_>>().join(",\n")
        };
        let section = |(name, section): (&String, &Value)| {
            let [setup, rows] = ["setup", "rows"].map(|list| lines(&section[list]));
            format!("{}: {{\"setup\": [\n{setup}\n], \"rows\": [\n{rows}\n]}}", Value::from(name.as_str()))
        };
        let text = format!("{{\n{}\n}}\n", all.iter().map(section).collect::<Vec<_>>().join(",\n"));
        fs::write(path, text).expect("the record can be written");
    }
}

fn title(row: &Value) -> String {
    format!("{} {} {}", row["difference"], row["query"], row["about"])
}

fn ask_one(server: SocketAddr, row: &Value, as_recorded: &impl Fn(DnsAnswer) -> DnsAnswer) -> Value {
    let found = match row["packet"].as_str() {
        Some(packet) => send(server, &bytes(packet)),
        None => match DnsRow::asked(&row["query"]) {
            asked if asked.tcp => over_tcp(server, &asked),
            asked => ask(server, &asked, Over::Udp).map(Some),
        },
    };
    match (found.map(|found| found.map(as_recorded)), row["compare"].as_str()) {
        (Ok(Some(found)), Some("counts")) => found.counted().recorded(),
        (Ok(Some(found)), Some("ageless")) => found.ageless().recorded(),
        (Ok(Some(found)), _) => found.recorded(),
        (Ok(None), _) => json!("silence"),
        (Err(error), _) => json!(error.to_string()),
    }
}

/// Asks what the row asks, under an ID of its own.
fn over_tcp(server: SocketAddr, row: &DnsRow) -> io::Result<Option<DnsAnswer>> {
    let mut packet = super::question(row).map_err(io::Error::other)?;
    packet[..2].copy_from_slice(&(!ID).to_be_bytes());
    send(server, &packet)
}

/// Sends a packet and, behind it, a question that everybody answers. What comes first is what the packet is answered.
fn send(server: SocketAddr, packet: &[u8]) -> io::Result<Option<DnsAnswer>> {
    let fence = DnsRow::asked(&json!(["consul", "SOA"]));
    let fence = super::question(&fence).map_err(io::Error::other)?;
    let mut stream = TcpStream::connect_timeout(&server, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    for message in [packet, &fence] {
        let length = u16::try_from(message.len()).map_err(io::Error::other)?;
        stream.write_all(&[&length.to_be_bytes()[..], message].concat())?;
    }
    let mut length = [0; 2];
    stream.read_exact(&mut length)?;
    let mut reply = vec![0; usize::from(u16::from_be_bytes(length))];
    stream.read_exact(&mut reply)?;
    if reply.starts_with(&ID.to_be_bytes()) {
        return Ok(None);
    }
    assert!(reply.starts_with(&packet[..2]), "the answer to {packet:02x?} has its ID: {reply:02x?}");
    let message = Message::from_vec(&reply).map_err(io::Error::other)?;
    Ok(Some(answer(&message)))
}

/// Of hexadecimal digits, with blanks between.
fn bytes(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| *byte != b' ').collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("digits");
        u8::from_str_radix(pair, 16).expect("a packet is hexadecimal")
    };
    digits.chunks(2).map(byte).collect()
}
