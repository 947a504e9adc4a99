//! What clients do: each kind leans on one family of rules, on keys of its own.

mod cas;
mod lock;
mod owned;
mod service;
mod transaction;
mod watcher;

use crate::client::Client;
use crate::event::{Reply, Request};
use crate::plan::Plan;

/// Markers of transactions.
pub const MARKERS: &str = "log/";
/// Keys that only transactions write.
pub const TRANSACTIONS: &str = "txn/";
/// Keys that are written with `?cas=` only.
pub const CAS: &str = "cas/";
/// Keys that one client writes and all read.
pub const OWNED: &str = "own/";
/// Keys that are locked.
pub const LOCKS: &str = "lock/";

/// Kinds of workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Transactions over a few keys.
    Transactions,
    /// Check-and-set on a few keys.
    Cas,
    /// Plain puts on a key of one's own, some of them twice.
    Owned,
    /// Locks, sessions and checks.
    Locks,
    /// A service of one's own.
    Service,
    /// Blocking queries on the transactions' keys.
    Watcher,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Transactions, Self::Cas, Self::Owned, Self::Locks, Self::Service, Self::Watcher];
}

/// Does a plan's rounds of one kind; `number` counts the clients of that kind.
pub async fn run(kind: Kind, number: usize, mut client: Client, plan: Plan) {
    if kind == Kind::Locks {
        lock::prepare(&mut client, number).await;
    }
    let mut owned = owned::Progress::default();
    let mut service = 0;
    // A blocking query takes its time.
    let rounds = if kind == Kind::Watcher { plan.rounds / 8 } else { plan.rounds };
    for _ in 0..rounds {
        match kind {
            Kind::Transactions => transaction::round(&mut client).await,
            Kind::Cas => cas::round(&mut client).await,
            Kind::Owned => owned::round(&mut client, number, plan.clients, &mut owned).await,
            Kind::Locks => lock::round(&mut client, number).await,
            Kind::Service => service::round(&mut client, number, plan.clients, &mut service).await,
            Kind::Watcher => watcher::round(&mut client).await,
        }
    }
}

/// Reads everything once all is quiet.
pub async fn look_at_all(client: &mut Client) {
    for prefix in [MARKERS, TRANSACTIONS, CAS, OWNED, LOCKS] {
        client.insist(Request::Tree { prefix: prefix.to_owned() }).await;
    }
}

/// The first of the keys that a reply shows.
fn first(reply: Reply) -> Option<crate::event::Entry> {
    match reply {
        Reply::Entries(answer) => answer.list.into_iter().next(),
        _ => None,
    }
}
