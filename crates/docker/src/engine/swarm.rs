//! Swarm mode.

use std::collections::BTreeMap;

use bollard::models::{NodeSpecAvailabilityEnum, SwarmInitRequest, SwarmJoinRequest};
use bollard::query_parameters::{
    EventsOptionsBuilder, LeaveSwarmOptionsBuilder, ListNodesOptionsBuilder, UpdateNodeOptionsBuilder,
};
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};

use super::Engine;
use crate::EngineError;
use crate::swarm::{Availability, JoinTokens, Membership, SwarmNode};

/// Where a node listens for the others, as Docker's client has it.
const LISTEN: &str = "0.0.0.0:2377";

impl Engine {
    /// Makes a swarm with this engine as its first manager; gives the node's ID.
    pub async fn swarm_init(&self, advertise: &str) -> Result<String, EngineError> {
        let request = SwarmInitRequest {
            listen_addr: Some(LISTEN.to_owned()),
            advertise_addr: Some(advertise.to_owned()),
            ..SwarmInitRequest::default()
        };
        let answer = self.client().await?.init_swarm(request).await;
        answer.map_err(|error| self.error("initialise a swarm", error))
    }

    /// Joins this engine to the swarm of a manager; the token says as what.
    pub async fn swarm_join(&self, advertise: &str, manager: &str, token: &str) -> Result<(), EngineError> {
        let request = SwarmJoinRequest {
            listen_addr: Some(LISTEN.to_owned()),
            advertise_addr: Some(advertise.to_owned()),
            remote_addrs: Some(vec![manager.to_owned()]),
            join_token: Some(token.to_owned()),
            ..SwarmJoinRequest::default()
        };
        let answer = self.client().await?.join_swarm(request).await;
        answer.map_err(|error| self.error("join a swarm", error))
    }

    /// Takes this engine out of its swarm.
    pub async fn swarm_leave(&self, force: bool) -> Result<(), EngineError> {
        let options = LeaveSwarmOptionsBuilder::new().force(force).build();
        let answer = self.client().await?.leave_swarm(Some(options)).await;
        answer.map_err(|error| self.error("leave a swarm", error))
    }

    /// The tokens to join with; this engine is a manager.
    pub async fn swarm_tokens(&self) -> Result<JoinTokens, EngineError> {
        let answer = self.client().await?.inspect_swarm().await;
        let tokens = answer.map_err(|error| self.error("inspect its swarm", error))?.join_tokens.unwrap_or_default();
        Ok(JoinTokens { worker: tokens.worker.unwrap_or_default(), manager: tokens.manager.unwrap_or_default() })
    }

    /// What this engine is in a swarm.
    pub async fn swarm_membership(&self) -> Result<Membership, EngineError> {
        let answer = self.client().await?.info().await;
        let info = answer.map_err(|error| self.error("describe itself", error))?;
        Ok(Membership::from(info.swarm.unwrap_or_default()))
    }

    /// The swarm's nodes; this engine is a manager.
    pub async fn swarm_nodes(&self) -> Result<Vec<SwarmNode>, EngineError> {
        let answer = self.client().await?.list_nodes(Some(ListNodesOptionsBuilder::new().build())).await;
        let nodes = answer.map_err(|error| self.error("list the swarm's nodes", error))?;
        Ok(nodes.into_iter().map(SwarmNode::from).collect())
    }

    /// Tells when a node of the swarm changes, from now on; this engine is a manager.
    pub async fn swarm_node_events(&self) -> Result<BoxStream<'static, Result<(), EngineError>>, EngineError> {
        let filters = std::collections::HashMap::from([("type".to_owned(), vec!["node".to_owned()])]);
        let address = self.address().clone();
        let events = self.client().await?.events(Some(EventsOptionsBuilder::new().filters(&filters).build()));
        let events = events.map_ok(drop).map_err(move |error| EngineError::new(&address, "send events", error));
        Ok(events.boxed())
    }

    /// Changes a node: its availability and labels (`None` removes one); what is not named stays.
    pub async fn swarm_update_node(
        &self,
        id: &str,
        availability: Option<Availability>,
        labels: &BTreeMap<String, Option<String>>,
    ) -> Result<(), EngineError> {
        let client = self.client().await?;
        let call = "update a node of the swarm";
        let node = client.inspect_node(id).await.map_err(|error| self.error(call, error))?;
        let mut spec = node.spec.unwrap_or_default();
        if let Some(availability) = availability {
            spec.availability = Some(match availability {
                Availability::Active => NodeSpecAvailabilityEnum::ACTIVE,
                Availability::Pause => NodeSpecAvailabilityEnum::PAUSE,
                Availability::Drain => NodeSpecAvailabilityEnum::DRAIN,
            });
        }
        let known = spec.labels.get_or_insert_default();
        for (name, value) in labels {
            match value {
                Some(value) => known.insert(name.clone(), value.clone()),
                None => known.remove(name),
            };
        }
        let version = node.version.and_then(|version| version.index).unwrap_or_default();
        let options = UpdateNodeOptionsBuilder::new().version(i64::try_from(version).unwrap_or_default()).build();
        client.update_node(id, spec, options).await.map_err(|error| self.error(call, error))
    }
}
