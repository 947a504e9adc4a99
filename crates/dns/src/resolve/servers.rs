//! The domain's own records: SOA and NS.

use std::time::{SystemTime, UNIX_EPOCH};

use super::{Asked, Resolver};
use crate::answer::{Answer, Data, Record, Span};
use crate::pool::Place;

/// The service whose instances are the servers.
const SERVERS: &str = "consul";
/// How many of them are named.
const MOST_SERVERS: usize = 3;

impl Resolver<'_> {
    /// The SOA record; its serial number is the time, as Consul's.
    pub(super) fn authority_record(&self, domain: Span, answer: &mut Answer) -> Record {
        let mut under = |label: &[u8]| answer.name_under(label, domain).unwrap_or(domain);
        let (server, mailbox) = (under(b"\x02ns"), under(b"\x0ahostmaster"));
        let serial = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs() as u32);
        let data = Data::Authority { server, mailbox, serial, numbers: self.config.soa };
        Record { owner: domain, ttl: self.config.soa.min_ttl, data, belongs_to: 0 }
    }

    pub(super) fn start_of_authority(&mut self, asked: Asked, answer: &mut Answer) {
        self.name_servers(asked, answer);
        std::mem::swap(&mut answer.answers, &mut answer.authorities);
        for record in &mut answer.additional {
            // All of them belong to the one answer.
            record.belongs_to = 0;
        }
        let record = self.authority_record(asked.zone, answer);
        answer.answers.push(record);
    }

    /// Some of the servers, with their addresses beside.
    pub(super) fn name_servers(&mut self, asked: Asked, answer: &mut Answer) {
        let Some(pool) = self.pools.get(self.state, SERVERS, self.config.only_passing) else { return };
        let mut servers: Vec<_> = pool.endpoints.iter().collect();
        fastrand::shuffle(&mut servers);
        let ttl = self.config.node_ttl;
        for server in servers {
            // A node whose name is no host name cannot be named here.
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
            if answer.answers.len() == MOST_SERVERS || !server.node.name.as_str().bytes().all(plain) {
                continue;
            }
            let Some(name) = self.node_name(server, asked, answer) else { continue };
            answer.answer(asked.domain, ttl, Data::NameServer(name));
            if let Some(Place::Ip(address)) = Place::of(&server.node.address) {
                answer.beside(name, ttl, Data::Address(address));
            }
        }
    }
}
