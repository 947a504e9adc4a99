//! Reading the configuration again: on SIGHUP, when a client asks by `/v1/agent/reload`, and when its files change if
//! `auto_reload_config` says so.
//!
//! What Consul takes up again changes at once: the log level, what files define, the node's Meta, how DNS is answered,
//! how many connections a client may have and how many requests a second are taken, whether output is kept. Everything
//! else waits for the next start, and a line says which. A configuration that is wrong changes nothing.

use std::sync::Arc;

use anyhow::{Context, Result};
use muster_agent::Agent;
use muster_http::{Connections, Control, Rates};
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::AgentSettings;
use super::file_changes::Files;
use crate::config::Settings;
use crate::definitions::Definitions;
use crate::dns_server::{DnsHandle, DnsServer};
use crate::exit::one_line;
use crate::flags::Parsed;
use crate::logging::LogLevel;
use crate::program::Program;
use crate::registry_server::{RegistryServer, ServerConfig};
use crate::watches::Watches;

/// Somebody who waits for the outcome.
pub type Request = oneshot::Sender<Result<(), String>>;

/// How clients ask, and where their requests arrive.
pub fn requests() -> (Control, mpsc::Receiver<Request>) {
    let (sender, requests) = mpsc::channel::<Request>(1);
    let ask = move || {
        let sender = sender.clone();
        let told = async move {
            let (answer, told) = oneshot::channel();
            let stopping = || "the agent is stopping".to_owned();
            sender.send(answer).await.map_err(|_| stopping())?;
            told.await.map_err(|_| stopping())?
        };
        Box::pin(told) as std::pin::Pin<Box<dyn Future<Output = _> + Send>>
    };
    (Control { reload: Some(Box::new(ask)), ..Control::default() }, requests)
}

/// What runs, and can be changed while it does.
pub struct Running {
    pub agent: Arc<Agent>,
    pub connections: Connections,
    pub rates: Rates,
    pub dns: Option<DnsHandle>,
}

impl Running {
    pub fn of(server: &RegistryServer) -> Self {
        Self {
            agent: Arc::clone(&server.agent),
            connections: server.api.connections.clone(),
            rates: server.api.rates.clone(),
            dns: server.dns.as_ref().map(DnsServer::handle),
        }
    }

    /// Whether all of it can be taken up.
    fn check(&self, wanted: &ServerConfig) -> Result<()> {
        match (&self.dns, &wanted.dns) {
            (Some(dns), Some(wanted)) => dns.check(&wanted.answers),
            _ => Ok(()),
        }
    }

    async fn change(&self, wanted: &ServerConfig) -> Result<()> {
        self.agent.set_meta(wanted.meta()).await.context("the node's meta could not be stored")?;
        self.agent.discard_output(wanted.discard_check_output);
        self.connections.allow(wanted.connections_per_client);
        self.rates.allow(wanted.request_limits);
        if let (Some(dns), Some(wanted)) = (&self.dns, &wanted.dns) {
            dns.change(wanted.answers.clone());
        }
        Ok(())
    }
}

/// What is read again, and who has to know.
pub struct Reloader {
    /// What is read again as soon as it changes.
    pub files: Option<Files>,
    pub program: Program,
    pub flags: Parsed,
    pub level: LogLevel,
    pub definitions: Definitions,
    pub watches: Watches,
    pub running: Running,
    /// What holds now.
    pub settings: Settings,
    /// What was warned of already.
    pub warned: Vec<String>,
}

impl Reloader {
    /// Until `shutdown`.
    pub async fn run(
        mut self,
        mut hangups: Signal,
        mut requests: mpsc::Receiver<Request>,
        shutdown: CancellationToken,
    ) {
        loop {
            let asked = tokio::select! {
                Some(()) = hangups.recv() => None,
                Some(request) = requests.recv() => Some(request),
                () = changed(&mut self.files) => None,
                () = shutdown.cancelled() => return,
            };
            let done = self.reload().await.map_err(|error| one_line(&error));
            match &done {
                Ok(()) => info!("configuration read again"),
                Err(error) => error!("configuration not read again, what was before stays: {error}"),
            }
            if let Some(asked) = asked {
                // Whoever asked may have gone.
                let _ = asked.send(done);
            }
        }
    }

    async fn reload(&mut self) -> Result<()> {
        let read = AgentSettings::read(self.program, &self.flags)?;
        self.running.check(&read.server)?;
        self.watches.check(&read.watches)?;
        self.definitions.apply(&read.definitions).await?;
        self.level.set(&read.log.level)?;
        self.running.change(&read.server).await?;
        self.watches.apply(read.watches)?;
        for warning in read.warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            warn!("{warning}");
        }
        self.warned = read.warnings;
        let later = read.settings.changed_for_the_next_start(&self.settings);
        if !later.is_empty() {
            warn!("these changed and take effect at the next start: {}", later.join(", "));
        }
        self.settings = read.settings;
        Ok(())
    }
}

/// The next change of files that are followed; never, if none are.
async fn changed(files: &mut Option<Files>) {
    match files {
        Some(files) => files.changed().await,
        None => std::future::pending().await,
    }
}
