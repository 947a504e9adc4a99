//! A load in the background: what ordinary clients meet while things change. Reported, never judged.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use muster_testbed::probe;
use tokio::sync::{OwnedRwLockWriteGuard, RwLock};
use tokio::task::JoinSet;

const CLIENTS: usize = 2;
/// Between two requests of one client.
const PAUSE: Duration = Duration::from_millis(3);
const PATIENCE: Duration = Duration::from_secs(5);

/// What one request through the load balancer brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The container with this short ID answered.
    Container(String),
    /// Nobody, or not with what was asked for.
    Failed(String),
}

/// One request through the load balancer.
pub(crate) async fn ask(lb: SocketAddr) -> Reply {
    let answer = match probe::get(lb, "/", PATIENCE).await {
        Ok(answer) if answer.status.is_success() => answer,
        Ok(answer) => return Reply::Failed(format!("status {}", answer.status.as_u16())),
        Err(probe::ProbeError::Connect { .. }) => return Reply::Failed("no connection".to_owned()),
        Err(probe::ProbeError::Slow { .. }) => return Reply::Failed("no answer in time".to_owned()),
        Err(_) => return Reply::Failed("no whole answer".to_owned()),
    };
    let container = answer.json().ok().and_then(|value| Some(value["container"].as_str()?.to_owned()));
    container.map_or_else(|| Reply::Failed("not the application's answer".to_owned()), Reply::Container)
}

/// What a load has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    /// Requests sent.
    pub sent: usize,
    /// Those that failed, by the way they failed.
    pub failed: BTreeMap<String, usize>,
    /// When each container answered first.
    pub first: BTreeMap<String, Instant>,
    /// When each container answered last.
    pub last: BTreeMap<String, Instant>,
}

impl Tally {
    /// How many failed in whatever way.
    pub(crate) fn failures(&self) -> usize {
        self.failed.values().sum()
    }

    /// Adds what another one has counted.
    pub(crate) fn add_counts(&mut self, other: &Self) {
        self.sent += other.sent;
        for (how, count) in &other.failed {
            *self.failed.entry(how.clone()).or_default() += count;
        }
    }

    fn add(&mut self, reply: &Reply) {
        self.sent += 1;
        if let Reply::Failed(how) = reply {
            *self.failed.entry(how.clone()).or_default() += 1;
        }
        self.see(reply);
    }

    fn see(&mut self, reply: &Reply) {
        if let Reply::Container(id) = reply {
            let now = Instant::now();
            self.first.entry(id.clone()).or_insert(now);
            self.last.insert(id.clone(), now);
        }
    }
}

/// Clients that ask without end, until dropped.
#[derive(Debug)]
pub(crate) struct Load {
    tally: Arc<Mutex<Tally>>,
    /// Each client holds it shared while it asks.
    turn: Arc<RwLock<()>>,
    _clients: JoinSet<()>,
}

impl Load {
    /// Starts the clients.
    pub(crate) fn start(lb: SocketAddr) -> Self {
        let tally = Arc::new(Mutex::new(Tally::default()));
        let turn = Arc::new(RwLock::new(()));
        let mut clients = JoinSet::new();
        for _ in 0..CLIENTS {
            clients.spawn(run(lb, Arc::clone(&turn), Arc::clone(&tally)));
        }
        Self { tally, turn, _clients: clients }
    }

    /// Holds the clients back; none has a request under way once this returns.
    pub(crate) async fn pause(&self) -> OwnedRwLockWriteGuard<()> {
        Arc::clone(&self.turn).write_owned().await
    }

    /// Notes who answered somebody else's request; it is not counted.
    pub(crate) fn see(&self, reply: &Reply) {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).see(reply);
    }

    /// How many requests failed since the last take.
    pub(crate) fn failures(&self) -> usize {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner).failures()
    }

    /// What was seen since the last take.
    pub(crate) fn take(&self) -> Tally {
        std::mem::take(&mut self.tally.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn run(lb: SocketAddr, turn: Arc<RwLock<()>>, tally: Arc<Mutex<Tally>>) {
    loop {
        let asking = turn.read().await;
        let reply = ask(lb).await;
        tally.lock().unwrap_or_else(PoisonError::into_inner).add(&reply);
        drop(asking);
        tokio::time::sleep(PAUSE).await;
    }
}
