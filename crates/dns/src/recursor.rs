//! Asking others about what is outside the domain: one recursor after the other, and a cache of what they said.

mod cache;
mod exchange;
mod message;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::debug;

use crate::config::{Config, RecursorStrategy};
use crate::external::ExternalRecord;
use crate::name;
use crate::question::{CHECKING_DISABLED, Question, RECURSION_DESIRED, code};
use crate::reply::{Transport, udp_size};
use cache::Cache;
use message::Message;

/// The size of answers that recursors are told we take over UDP: what passes every path unfragmented.
const UDP_SIZE: u16 = 1232;

/// What one question is to a recursor, and to the cache.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Ask {
    /// In wire form, lower-case.
    name: Box<[u8]>,
    kind: u16,
    class: u16,
    /// With EDNS; and whether DNSSEC's records are wanted.
    edns: Option<bool>,
    checking_disabled: bool,
}

impl Ask {
    /// The packet that asks it.
    fn packet(&self, id: u16) -> Vec<u8> {
        let mut packet = Vec::with_capacity(64);
        let flags = RECURSION_DESIRED | if self.checking_disabled { CHECKING_DISABLED } else { 0 };
        for number in [id, flags, 1, 0, 0, u16::from(self.edns.is_some())] {
            packet.extend_from_slice(&number.to_be_bytes());
        }
        packet.extend_from_slice(&self.name);
        packet.extend_from_slice(&self.kind.to_be_bytes());
        packet.extend_from_slice(&self.class.to_be_bytes());
        if let Some(dnssec) = self.edns {
            packet.extend_from_slice(&[0, 0, 41]);
            packet.extend_from_slice(&UDP_SIZE.to_be_bytes());
            packet.extend_from_slice(&[0, 0, if dnssec { 0x80 } else { 0 }, 0, 0, 0]);
        }
        packet
    }
}

/// Asks recursors.
pub struct Recursor {
    servers: Vec<SocketAddr>,
    strategy: RecursorStrategy,
    timeout: Duration,
    cache: Cache,
}

impl Recursor {
    pub fn new(config: &Config) -> Self {
        Self {
            servers: config.recursors.clone(),
            strategy: config.recursor_strategy,
            timeout: config.recursor_timeout,
            cache: Cache::default(),
        }
    }

    /// Whether it asks those that `config` names, as it says.
    pub fn is_of(&self, config: &Config) -> bool {
        self.servers == config.recursors
            && self.strategy == config.recursor_strategy
            && self.timeout == config.recursor_timeout
    }

    /// The packet that answers a client's question; none: no recursor could say.
    pub async fn forward(&self, question: &Question<'_>, transport: Transport) -> Option<Vec<u8>> {
        let ask = Ask {
            name: question.name.to_ascii_lowercase().into(),
            kind: question.kind,
            class: question.class,
            edns: question.edns.as_ref().map(|edns| edns.dnssec),
            checking_disabled: question.flags & CHECKING_DISABLED != 0,
        };
        let (message, age) = self.ask(&ask).await?;
        let longest = match transport {
            Transport::Udp => udp_size(question),
            Transport::Tcp => usize::from(u16::MAX),
        };
        Some(message.for_client(question, age, longest))
    }

    /// What a name resolves to: its addresses of one kind, and the names on the way; none: no recursor could say.
    pub async fn resolve(&self, name: &[u8], kind: u16) -> Option<Vec<ExternalRecord>> {
        let name = name.to_ascii_lowercase().into();
        let ask = Ask { name, kind, class: 1, edns: None, checking_disabled: false };
        self.ask(&ask).await.map(|(message, _)| message.addresses())
    }

    /// The answer and how many seconds ago it came.
    async fn ask(&self, ask: &Ask) -> Option<(Arc<Message>, u32)> {
        if let Some(found) = self.cache.get(ask, Instant::now()) {
            return Some(found);
        }
        for server in self.in_order() {
            match exchange::ask(server, ask, self.timeout).await {
                Ok(message) if matches!(message.code(), code::NO_ERROR | code::NAME_ERROR) => {
                    let message = Arc::new(message);
                    self.cache.put(ask, &message, Instant::now());
                    return Some((message, 0));
                }
                Ok(message) => {
                    debug!(%server, name = name::to_text(&ask.name), code = message.code(), "a recursor failed");
                }
                Err(error) => debug!(%server, name = name::to_text(&ask.name), %error, "a recursor failed"),
            }
        }
        None
    }

    fn in_order(&self) -> Vec<SocketAddr> {
        let mut servers = self.servers.clone();
        if self.strategy == RecursorStrategy::Random {
            fastrand::shuffle(&mut servers);
        }
        servers
    }
}

#[cfg(test)]
mod tests;
