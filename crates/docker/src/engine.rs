//! The connection to one engine.

mod exec;
mod hosting;
mod image;
mod swarm;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bollard::BollardRequest;
use bollard::query_parameters::{EventsOptionsBuilder, ListContainersOptionsBuilder};
use bollard::{API_DEFAULT_VERSION, Docker};
use futures_util::{StreamExt, future};

use crate::event::{filters, read};
use crate::timestamp::unix_seconds;
use crate::{Container, ContainerSummary, DEFAULT_ADDRESS, EngineAddress, EngineError, EventStream, Network};

/// How long an answer may take, in seconds. An engine that starts many containers can be slow.
const TIMEOUT_SECONDS: u64 = 60;

/// A Docker engine at an address. It need not be running yet: each call connects when needed.
#[derive(Debug)]
pub struct Engine {
    address: EngineAddress,
    /// With the API version that was negotiated; none until the first call.
    client: Mutex<Option<Docker>>,
}

/// What an engine says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EngineInfo {
    /// Its ID: survives restarts and host name changes.
    pub id: String,
    /// The host's name as the engine knows it.
    pub name: String,
    /// Its version, such as `20.10.24`.
    pub version: String,
    /// The API version that is spoken with it, such as `1.41`.
    pub api_version: String,
}

/// Which containers to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Those that run, paused and restarting ones included.
    Running,
    /// All.
    All,
}

/// A running subscription to an engine's events.
pub struct Subscription {
    /// Who sends them.
    pub engine: EngineInfo,
    /// What happened since before the call that made this, so a list that is fetched now misses nothing.
    pub events: EventStream,
}

impl Engine {
    /// An engine at `address`; nothing is connected yet.
    pub fn at(address: EngineAddress) -> Self {
        Self { address, client: Mutex::default() }
    }

    /// Connects to the engine at `address` (none: [`DEFAULT_ADDRESS`]) and negotiates the API version.
    pub async fn connect(address: Option<&str>) -> Result<Self, EngineError> {
        let engine = Self::at(EngineAddress::parse(address.unwrap_or(DEFAULT_ADDRESS))?);
        engine.negotiate().await?;
        Ok(engine)
    }

    /// Where it is.
    pub fn address(&self) -> &EngineAddress {
        &self.address
    }

    /// Who it is.
    pub async fn info(&self) -> Result<EngineInfo, EngineError> {
        let client = self.client().await?;
        self.info_with_time(&client).await.map(|(info, _)| info)
    }

    /// The containers, newest first.
    pub async fn list(&self, scope: Scope) -> Result<Vec<ContainerSummary>, EngineError> {
        let options = ListContainersOptionsBuilder::new().all(scope == Scope::All).build();
        let answer = self.client().await?.list_containers(Some(options)).await;
        let containers = answer.map_err(|error| self.error("list containers", error))?;
        Ok(containers.into_iter().map(ContainerSummary::from).collect())
    }

    /// The container with this ID or name; none: there is no such container.
    pub async fn inspect(&self, container: &str) -> Result<Option<Container>, EngineError> {
        if !is_name(container) {
            return Ok(None);
        }
        let answer = self.client().await?.inspect_container(container, None).await;
        self.found("inspect a container", answer).map(|found| found.map(Container::from))
    }

    /// Runs a command in a running container, hands what it writes to `output`, and returns its exit code; none:
    /// there is no such container.
    pub async fn exec(
        &self,
        container: &str,
        command: Vec<String>,
        output: impl FnMut(&[u8]),
    ) -> Result<Option<i64>, EngineError> {
        if !is_name(container) {
            return Ok(None);
        }
        let client = self.client().await?;
        exec::run(&client, container, command, output)
            .await
            .or_else(|error| self.found("run a command in a container", Err(error)))
    }

    /// The network with this name or ID; none: there is no such network.
    pub async fn inspect_network(&self, network: &str) -> Result<Option<Network>, EngineError> {
        if !is_name(network) {
            return Ok(None);
        }
        let answer = self.client().await?.inspect_network(network, None).await;
        self.found("inspect a network", answer).map(|found| found.map(Network::from))
    }

    /// Subscribes to what happens to containers, over a new connection: the engine may be another one
    /// than last time, so its version and ID are asked for again.
    pub async fn events(&self) -> Result<Subscription, EngineError> {
        let client = self.negotiate().await?;
        let (engine, now) = self.info_with_time(&client).await?;
        let mut options = EventsOptionsBuilder::new().filters(&filters());
        if let Some(now) = now {
            // The request goes out when the stream is first polled; the engine replays what is missed till then.
            options = options.since(&now.to_string());
        }
        let address = self.address.clone();
        let events = client.events(Some(options.build())).filter_map(move |message| {
            let event = message.map(read).map_err(|error| EngineError::new(&address, "send events", error));
            future::ready(event.transpose())
        });
        Ok(Subscription { engine, events: Box::pin(events) })
    }

    async fn info_with_time(&self, client: &Docker) -> Result<(EngineInfo, Option<i64>), EngineError> {
        let info = client.info().await.map_err(|error| self.error("describe itself", error))?;
        let now = info.system_time.as_deref().and_then(unix_seconds);
        let engine = EngineInfo {
            id: info.id.unwrap_or_default(),
            name: info.name.unwrap_or_default(),
            version: info.server_version.unwrap_or_default(),
            api_version: client.client_version().to_string(),
        };
        Ok((engine, now))
    }

    async fn client(&self) -> Result<Docker, EngineError> {
        let known = self.slot().clone();
        match known {
            Some(client) => Ok(client),
            None => self.negotiate().await,
        }
    }

    async fn negotiate(&self) -> Result<Docker, EngineError> {
        let call = "negotiate the API version";
        let client = match &self.address {
            EngineAddress::Unix(path) => {
                Docker::connect_with_unix(&path.to_string_lossy(), TIMEOUT_SECONDS, API_DEFAULT_VERSION)
            }
            EngineAddress::Tcp(host) => Docker::connect_with_http(host, TIMEOUT_SECONDS, API_DEFAULT_VERSION),
            EngineAddress::Tls { host, certificates } => {
                crate::tls::connect(host, certificates, TIMEOUT_SECONDS).map_err(|source| {
                    EngineError::Certificates { address: self.address.clone(), source: Box::new(source) }
                })?
            }
        };
        let client = client.map_err(|error| self.error(call, error))?;
        let client = client.negotiate_version().await.map_err(|error| self.error(call, error))?;
        let version = client.client_version().to_string();
        let client = client.with_request_modifier(move |request| with_version(request, &version));
        *self.slot() = Some(client.clone());
        Ok(client)
    }

    fn slot(&self) -> MutexGuard<'_, Option<Docker>> {
        self.client.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, call: &'static str, error: bollard::errors::Error) -> EngineError {
        EngineError::new(&self.address, call, error)
    }

    fn found<T>(
        &self,
        call: &'static str,
        answer: Result<T, bollard::errors::Error>,
    ) -> Result<Option<T>, EngineError> {
        match answer {
            Ok(found) => Ok(Some(found)),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => Ok(None),
            Err(error) => Err(self.error(call, error)),
        }
    }
}

/// Puts the version into the path. bollard 0.21.1 joins it in a way that drops it again, so an engine
/// would answer in the form of its newest version, which may have lost fields that we read.
fn with_version(mut request: BollardRequest, version: &str) -> BollardRequest {
    let uri = request.uri();
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    if let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority())
        && !path.starts_with("/v1.")
        && let Ok(versioned) = format!("{scheme}://{authority}/v{version}{path}").parse()
    {
        *request.uri_mut() = versioned;
    }
    request
}

/// Whether a text can be a name or ID at all. It becomes part of a path, where `/` and `?` mean more.
fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c)) && !text.starts_with('.')
}

#[cfg(test)]
mod tests;
