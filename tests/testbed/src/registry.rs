//! What tests ask of a registry: Consul's HTTP API as any client sees it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;

use crate::probe::{self, ProbeError};

const PATIENCE: Duration = Duration::from_secs(30);

/// A registry at an address: muster's, or a real Consul.
#[derive(Debug, Clone, Copy)]
pub struct Registry {
    address: SocketAddr,
}

/// The instances of one service, and the index at which they were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instances {
    /// X-Consul-Index.
    pub index: u64,
    /// Ordered by ID.
    pub list: Vec<Instance>,
}

/// One instance of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instance {
    /// Its service ID.
    pub id: String,
    /// Where it listens.
    pub address: String,
    /// On which port.
    pub port: u16,
    /// The index at which it came.
    pub create_index: u64,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No answer, or no JSON.
    #[error("{path} was not answered")]
    Probe {
        /// What was asked.
        path: String,
        /// What was wrong.
        source: ProbeError,
    },
    /// An answer of another status or form.
    #[error("{path} was answered {status} {body:?}")]
    Answer {
        /// What was asked.
        path: String,
        /// The status.
        status: u16,
        /// The body.
        body: String,
    },
}

impl Registry {
    /// The registry that listens there.
    pub fn at(address: SocketAddr) -> Self {
        Self { address }
    }

    /// Its address.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Whether it has a leader, so that it serves.
    pub async fn leader(&self) -> Result<String, RegistryError> {
        let (_, value) = self.get("/v1/status/leader").await?;
        match value.as_str() {
            Some(leader) if !leader.is_empty() => Ok(leader.to_owned()),
            _ => Err(refusal("/v1/status/leader", 200, value.to_string())),
        }
    }

    /// All instances of a service, in whatever health.
    pub async fn instances(&self, service: &str) -> Result<Instances, RegistryError> {
        let path = format!("/v1/health/service/{service}");
        let (index, value) = self.get(&path).await?;
        let list: Option<Vec<Instance>> = value.as_array().and_then(|list| list.iter().map(instance).collect());
        match (index, list) {
            (Some(index), Some(mut list)) => {
                list.sort();
                Ok(Instances { index, list })
            }
            _ => Err(refusal(&path, 200, value.to_string())),
        }
    }

    async fn get(&self, path: &str) -> Result<(Option<u64>, Value), RegistryError> {
        let failed = |source| RegistryError::Probe { path: path.to_owned(), source };
        let answer = probe::get(self.address, path, PATIENCE).await.map_err(failed)?;
        if !answer.status.is_success() {
            return Err(refusal(path, answer.status.as_u16(), answer.text()));
        }
        let index = answer.headers.get("X-Consul-Index").and_then(|value| value.to_str().ok()?.parse().ok());
        Ok((index, answer.json().map_err(failed)?))
    }
}

fn instance(entry: &Value) -> Option<Instance> {
    let service = &entry["Service"];
    Some(Instance {
        id: service["ID"].as_str()?.to_owned(),
        address: service["Address"].as_str()?.to_owned(),
        port: u16::try_from(service["Port"].as_u64()?).ok()?,
        create_index: service["CreateIndex"].as_u64()?,
    })
}

fn refusal(path: &str, status: u16, body: String) -> RegistryError {
    RegistryError::Answer { path: path.to_owned(), status, body }
}
