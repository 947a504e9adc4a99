//! Reading the configuration again: on SIGHUP, and when a client asks by `/v1/agent/reload`.
//!
//! The log level and what files define change at once; everything else waits for the next start, and a line says
//! which. A configuration that is wrong changes nothing.

use anyhow::Result;
use muster_http::Control;
use tokio::signal::unix::Signal;
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::config::AgentSettings;
use crate::config::Settings;
use crate::definitions::Definitions;
use crate::exit::one_line;
use crate::flags::Parsed;
use crate::logging::LogLevel;
use crate::program::Program;

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

/// What is read again, and who has to know.
pub struct Reloader {
    pub program: Program,
    pub flags: Parsed,
    pub level: LogLevel,
    pub definitions: Definitions,
    /// What holds now.
    pub settings: Settings,
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
        self.level.set(&read.log.level)?;
        self.definitions.apply(&read.definitions).await?;
        let later = read.settings.changed_for_the_next_start(&self.settings);
        if !later.is_empty() {
            warn!("these changed and take effect at the next start: {}", later.join(", "));
        }
        self.settings = read.settings;
        Ok(())
    }
}
