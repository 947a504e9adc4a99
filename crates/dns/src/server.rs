//! The server: what becomes of each packet.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;
use muster_registry::Registry;
use tokio::net::{TcpListener, UdpSocket};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::answer::Answer;
use crate::config::Config;
use crate::external::Externals;
use crate::name;
use crate::pool::Pools;
use crate::question::{self, Question, Received, code, kind};
use crate::recursor::Recursor;
pub use crate::reply::Transport;
use crate::reply::{Limit, Writer};
use crate::resolve::{Answerer, Middles, Resolver};
use crate::{tcp, udp};

/// Answers questions from a registry.
#[derive(Clone)]
pub struct Dns {
    inner: Arc<Inner>,
}

struct Inner {
    settings: ArcSwap<Settings>,
    registry: Registry,
    middles: Middles,
}

/// What holds until the next change.
struct Settings {
    config: Config,
    recursor: Arc<Recursor>,
    /// Counts the changes.
    version: u64,
}

/// What is used anew for each packet, so that it need not be allocated. Each worker has its own.
#[derive(Default)]
pub struct Scratch {
    answer: Answer,
    pools: Pools,
    order: Vec<u32>,
    externals: Externals,
    writer: Writer,
    /// Of the settings that the pools were made with.
    version: u64,
}

impl Scratch {
    /// The packet to send, after [`Handled::Reply`].
    pub fn packet(&self) -> &[u8] {
        &self.writer.packet
    }
}

/// What became of a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handled {
    /// The answer is in the scratch.
    Reply,
    /// Nobody is answered.
    Silence,
    /// Others have to be asked first: [`Dns::ask_others`].
    Others,
}

impl Dns {
    pub(crate) fn new(config: Config, registry: Registry) -> Self {
        let middles = Middles::new(registry.datacenter());
        let recursor = Arc::new(Recursor::new(&config));
        let settings = ArcSwap::from_pointee(Settings { config, recursor, version: 0 });
        Self { inner: Arc::new(Inner { settings, registry, middles }) }
    }

    /// Answers by `config` from now on, but for the domains: those stay. Changes are made one after the other.
    pub fn change(&self, config: Config) {
        let before = self.inner.settings.load_full();
        let config =
            Config { domain: before.config.domain.clone(), alt_domain: before.config.alt_domain.clone(), ..config };
        // What recursors said is kept as long as they stay.
        let recursor = match before.recursor.is_of(&config) {
            true => Arc::clone(&before.recursor),
            false => Arc::new(Recursor::new(&config)),
        };
        self.inner.settings.store(Arc::new(Settings { config, recursor, version: before.version + 1 }));
    }

    /// Serves both sockets until `shutdown`.
    pub async fn serve(&self, udp: UdpSocket, tcp: TcpListener, shutdown: CancellationToken) {
        let mut tasks = JoinSet::new();
        tasks.spawn(udp::serve(self.clone(), udp, shutdown.clone()));
        tasks.spawn(tcp::serve(self.clone(), tcp, shutdown));
        while tasks.join_next().await.is_some() {}
    }

    /// Answers a packet from the registry alone, if that can be done.
    pub fn handle(&self, packet: &[u8], transport: Transport, scratch: &mut Scratch) -> Handled {
        match question::read(packet) {
            Received::Noise => Handled::Silence,
            Received::Unanswerable { id, flags, code, question } => {
                scratch.writer.refusal(id, flags, code, question);
                Handled::Reply
            }
            Received::Question(question) => self.answer(&question, transport, scratch),
        }
    }

    fn answer(&self, question: &Question<'_>, transport: Transport, scratch: &mut Scratch) -> Handled {
        let Inner { settings, registry, middles } = &*self.inner;
        let settings = settings.load();
        let config = &settings.config;
        if scratch.version != settings.version {
            (scratch.pools, scratch.version) = (Pools::default(), settings.version);
        }
        let Scratch { answer, pools, order, externals, writer, .. } = scratch;
        externals.wanted.clear();
        let state = registry.state();
        let datacenter = registry.datacenter();
        let room = Limit::of(question, transport, config).answers;
        let mut resolver = Resolver { config, state: &state, datacenter, middles, pools, externals, order };
        if resolver.answer(question, room, answer) == Answerer::Recursor {
            return Handled::Others;
        }
        if !externals.wanted.is_empty() {
            return Handled::Others;
        }
        writer.write(question, answer, transport, config);
        Handled::Reply
    }

    /// The answer to a packet that others have to be asked for.
    pub async fn ask_others(&self, packet: &[u8], transport: Transport) -> Vec<u8> {
        let Received::Question(question) = question::read(packet) else { return Vec::new() };
        let mut scratch = Scratch::default();
        if self.answer(&question, transport, &mut scratch) == Handled::Reply {
            return scratch.writer.packet;
        }
        let wanted = std::mem::take(&mut scratch.externals.wanted);
        if wanted.is_empty() {
            let recursor = Arc::clone(&self.inner.settings.load().recursor);
            return match recursor.forward(&question, transport).await {
                Some(reply) => reply,
                None => self.failure(&question, transport, scratch),
            };
        }
        // One round resolves them all: what a name leads to is followed by who is asked.
        scratch.externals.resolved = self.resolved(wanted, question.kind).await;
        self.answer(&question, transport, &mut scratch);
        if !scratch.externals.wanted.is_empty() {
            // The registry changed meanwhile; what is not known yet is left out.
            let Scratch { answer, writer, .. } = &mut scratch;
            writer.write(&question, answer, transport, &self.inner.settings.load().config);
        }
        scratch.writer.packet
    }

    async fn resolved(
        &self,
        names: Vec<Box<[u8]>>,
        wanted: u16,
    ) -> HashMap<Box<[u8]>, Vec<crate::external::ExternalRecord>> {
        let kind = if wanted == kind::AAAA { kind::AAAA } else { kind::A };
        let mut tasks = JoinSet::new();
        for wire in names {
            let recursor = Arc::clone(&self.inner.settings.load().recursor);
            tasks.spawn(async move {
                let records = recursor.resolve(&wire, kind).await;
                if records.is_none() {
                    tracing::warn!(name = name::to_text(&wire), "no recursor could resolve an instance's address");
                }
                (wire, records.unwrap_or_default())
            });
        }
        let mut resolved = HashMap::new();
        while let Some(done) = tasks.join_next().await {
            resolved.extend(done.ok());
        }
        resolved
    }

    fn failure(&self, question: &Question<'_>, transport: Transport, mut scratch: Scratch) -> Vec<u8> {
        let Scratch { answer, writer, .. } = &mut scratch;
        answer.begin(question.name);
        (answer.code, answer.authoritative) = (code::SERVER_FAILURE, false);
        writer.write(question, answer, transport, &self.inner.settings.load().config);
        scratch.writer.packet
    }
}
