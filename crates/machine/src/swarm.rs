//! Swarms out of machines: one initialises, the others join at once, and it is done when every node is ready.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
pub use muster_docker::swarm::{Availability, JoinTokens, Manager, Membership, SwarmNode};
use muster_docker::{Engine, EngineError};

use crate::{Machine, MachineError, Progress};

/// Where managers listen.
pub const PORT: u16 = 2377;
/// A node that has joined is ready in a second or two.
const READY_PATIENCE: Duration = Duration::from_secs(60);
/// When no event comes: a manager that lost its leader sends none.
const SECOND_LOOK: Duration = Duration::from_millis(500);
/// Whether the kernel can balance by itself, which virtual addresses and ingress ports are made with.
const LOOK_FOR_IPVS: &str =
    "[ -e /proc/net/ip_vs ] || modprobe ip_vs 2>/dev/null; [ ! -e /proc/net/ip_vs ] || echo there";

/// Why machines are no swarm, or not the one that was asked for.
#[derive(Debug, thiserror::Error)]
pub enum SwarmError {
    /// A machine.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// An engine said no.
    #[error("machine {machine:?}")]
    Engine {
        /// Which machine's.
        machine: String,
        /// What it said.
        source: Box<EngineError>,
    },
    /// It is in another swarm, or in one at all.
    #[error("machine {machine:?} is in a swarm already: muster swarm leave {machine} takes it out")]
    Member {
        /// The machine.
        machine: String,
    },
    /// It cannot be asked about a swarm.
    #[error("machine {machine:?} is not a manager of a swarm: muster swarm init {machine} makes it one")]
    NoManager {
        /// The machine.
        machine: String,
    },
    /// No such node.
    #[error("no node {node:?} in the swarm of machine {manager:?}; there are: {known}")]
    NoNode {
        /// What was asked for.
        node: String,
        /// Who was asked.
        manager: String,
        /// Those that there are.
        known: String,
    },
    /// Several nodes of this name, and none of them alone is up.
    #[error("{} nodes of the swarm of machine {manager:?} are called {node:?}: one of the IDs would be right: {}", ids.len(), ids.join(", "))]
    Ambiguous {
        /// What was asked for.
        node: String,
        /// Who was asked.
        manager: String,
        /// Their IDs.
        ids: Vec<String>,
    },
    /// Some never became ready.
    #[error("after {} s these are not ready: {nodes}", READY_PATIENCE.as_secs())]
    NotReady {
        /// Their names with their states.
        nodes: String,
    },
}

/// As what a machine joins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It is given tasks.
    Worker,
    /// It also decides.
    Manager,
}

fn failed(machine: &Machine, source: EngineError) -> SwarmError {
    SwarmError::Engine { machine: machine.name.to_string(), source: Box::new(source) }
}

/// What a machine is in a swarm.
pub async fn membership(machine: &Machine) -> Result<Membership, SwarmError> {
    machine.must_run().await?;
    machine.engine().swarm_membership().await.map_err(|source| failed(machine, source))
}

/// A manager's engine and its swarm's nodes.
async fn managed(manager: &Machine) -> Result<(Engine, Vec<SwarmNode>), SwarmError> {
    if !membership(manager).await?.manager {
        return Err(SwarmError::NoManager { machine: manager.name.to_string() });
    }
    let engine = manager.engine();
    let nodes = engine.swarm_nodes().await.map_err(|source| failed(manager, source))?;
    Ok((engine, nodes))
}

/// Makes a swarm with this machine as its first manager; gives the node's ID.
pub async fn init(machine: &Machine) -> Result<String, SwarmError> {
    machine.must_run().await?;
    machine.engine().swarm_init(machine.ip()).await.map_err(|source| failed(machine, source))
}

/// The tokens to join a manager's swarm with.
pub async fn tokens(manager: &Machine) -> Result<JoinTokens, SwarmError> {
    let (engine, _) = managed(manager).await?;
    engine.swarm_tokens().await.map_err(|source| failed(manager, source))
}

/// The nodes of a manager's swarm.
pub async fn nodes(manager: &Machine) -> Result<Vec<SwarmNode>, SwarmError> {
    Ok(managed(manager).await?.1)
}

/// Joins machines to a manager's swarm, all at once, and waits until they are ready. Those that are in it are left.
pub async fn join(manager: &Machine, joining: &[(&Machine, Role)], progress: &Progress) -> Result<(), SwarmError> {
    let tokens = tokens(manager).await?;
    let known: BTreeSet<String> = nodes(manager).await?.into_iter().map(|node| node.id).collect();
    let address = format!("{}:{PORT}", manager.ip());
    let joined = join_all(joining.iter().map(|(machine, role)| {
        let (token, address, known) = (&tokens, &address, &known);
        async move {
            let member = membership(machine).await?;
            if member.member {
                let same = known.contains(&member.node);
                return if same {
                    Ok(member.node)
                } else {
                    Err(SwarmError::Member { machine: machine.name.to_string() })
                };
            }
            let token = if *role == Role::Manager { &token.manager } else { &token.worker };
            let engine = machine.engine();
            engine.swarm_join(machine.ip(), address, token).await.map_err(|source| failed(machine, source))?;
            let word = if *role == Role::Manager { "manager" } else { "worker" };
            progress.line(&format!("({}) This node joined a swarm as a {word}.", machine.name));
            Ok(engine.swarm_membership().await.map_err(|source| failed(machine, source))?.node)
        }
    }));
    let ids = joined.await.into_iter().collect::<Result<BTreeSet<_>, _>>()?;
    wait_until_ready(manager, &ids).await
}

/// Waits for node events and looks after each; so nothing is missed, it listens before it looks.
async fn wait_until_ready(manager: &Machine, ids: &BTreeSet<String>) -> Result<(), SwarmError> {
    let engine = manager.engine();
    let mut events = engine.swarm_node_events().await.map_err(|source| failed(manager, source))?;
    let mut waiting = String::new();
    let wait = async {
        loop {
            let nodes = engine.swarm_nodes().await.map_err(|source| failed(manager, source))?;
            let ready: BTreeSet<_> = nodes.iter().filter(|node| node.ready()).map(|node| node.id.clone()).collect();
            if ids.is_subset(&ready) {
                return Ok(());
            }
            let late = nodes.iter().filter(|node| ids.contains(&node.id) && !node.ready());
            waiting = late.map(|node| format!("{} ({})", node.hostname, node.state)).collect::<Vec<_>>().join(", ");
            // The first event may come before the request for events is through; a second look costs little.
            if let Ok(Some(Err(source))) = tokio::time::timeout(SECOND_LOOK, events.next()).await {
                return Err(failed(manager, source));
            }
        }
    };
    match tokio::time::timeout(READY_PATIENCE, wait).await {
        Ok(outcome) => outcome,
        Err(_) => Err(SwarmError::NotReady { nodes: waiting }),
    }
}

/// Takes a machine out of its swarm.
pub async fn leave(machine: &Machine, force: bool) -> Result<(), SwarmError> {
    machine.must_run().await?;
    machine.engine().swarm_leave(force).await.map_err(|source| failed(machine, source))
}

/// Changes a node, by its host's name or its ID: its availability and labels (`None` removes one).
pub async fn update(
    manager: &Machine,
    node: &str,
    availability: Option<Availability>,
    labels: &BTreeMap<String, Option<String>>,
) -> Result<(), SwarmError> {
    let (engine, nodes) = managed(manager).await?;
    let found = one_node(&nodes, node, manager.name.as_str())?;
    engine.swarm_update_node(&found.id, availability, labels).await.map_err(|source| failed(manager, source))
}

/// The node of this ID or name. A machine that left and joined again is two nodes, of which one is down for ever.
fn one_node<'a>(nodes: &'a [SwarmNode], node: &str, manager: &str) -> Result<&'a SwarmNode, SwarmError> {
    let found: Vec<_> = nodes.iter().filter(|found| found.hostname == node || found.id == node).collect();
    let up: Vec<_> = found.iter().copied().filter(|found| found.ready()).collect();
    let (node, manager) = (node.to_owned(), manager.to_owned());
    match (found.as_slice(), up.as_slice()) {
        ([one], _) | (_, [one]) => Ok(one),
        ([], _) => {
            // The engine lists them in no order.
            let names: BTreeSet<_> = nodes.iter().map(|node| node.hostname.as_str()).collect();
            let known = names.into_iter().collect::<Vec<_>>().join(", ");
            Err(SwarmError::NoNode { node, manager, known })
        }
        (several, _) => {
            let ids = several.iter().map(|node| node.id.clone()).collect();
            Err(SwarmError::Ambiguous { node, manager, ids })
        }
    }
}

/// Whether the kernel under a machine has IPVS; none: it cannot be told.
pub async fn has_ipvs(machine: &Machine) -> Option<bool> {
    machine.ssh().run(LOOK_FOR_IPVS, b"").await.ok().map(|answer| answer.contains("there"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: &str, hostname: &str, state: &str) -> SwarmNode {
        SwarmNode {
            id: id.to_owned(),
            hostname: hostname.to_owned(),
            address: String::new(),
            state: state.to_owned(),
            availability: Some(Availability::Active),
            manager: false,
            reachability: None,
            engine_version: "26.1.5".to_owned(),
        }
    }

    #[test]
    fn a_name_is_the_one_node_that_is_up() {
        let nodes = [node("1", "w1", "ready"), node("2", "w2", "down"), node("3", "w2", "ready")];
        let found = |name: &str| one_node(&nodes, name, "m1").map(|node| node.id.clone()).map_err(|e| e.to_string());
        assert_eq!(found("w1"), Ok("1".to_owned()));
        assert_eq!(found("w2"), Ok("3".to_owned()));
        assert_eq!(found("2"), Ok("2".to_owned()));
        assert_eq!(found("w3").unwrap_err(), "no node \"w3\" in the swarm of machine \"m1\"; there are: w1, w2");
        let nodes = [node("1", "w1", "down"), node("2", "w1", "down")];
        assert_eq!(
            one_node(&nodes, "w1", "m1").unwrap_err().to_string(),
            "2 nodes of the swarm of machine \"m1\" are called \"w1\": one of the IDs would be right: 1, 2"
        );
    }
}
