//! One machine: its configuration, its driver, its engine.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use muster_docker::{Engine, EngineAddress, EngineError, EngineInfo};
use serde_json::Value;

use crate::driver::absent::AbsentDriver;
use crate::driver::container::{ContainerDriver, ContainerOptions};
use crate::store::config::Config;
use crate::{Driver, MachineError, MachineName, Progress, Ssh, State, Store};

/// Where a machine's engine listens.
pub const ENGINE_PORT: u16 = 2376;
/// An engine that has to look through many containers takes a while.
const ENGINE_PATIENCE: Duration = Duration::from_secs(90);
/// Between two looks at an engine that does not listen yet: short first, for it mostly comes at once.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_millis(320);
const ENGINE_ENDED: &str = "machine-init: dockerd ended";

/// A machine of a store.
pub struct Machine {
    /// Its name.
    pub name: MachineName,
    /// What is kept of it.
    pub config: Config,
    store: Store,
    driver: Box<dyn Driver>,
}

impl Machine {
    /// Reads a machine from a store.
    pub fn load(store: &Store, name: &str) -> Result<Self, MachineError> {
        let config = store.load(name)?;
        Self::new(store, MachineName::parse(name)?, config)
    }

    pub(crate) fn new(store: &Store, name: MachineName, config: Config) -> Result<Self, MachineError> {
        let driver: Box<dyn Driver> = match config.driver_name.as_str() {
            "container" => {
                let settings = Value::Object(config.driver.own.clone());
                let path = store.directory(&name).join("config.json");
                let options: ContainerOptions = serde_json::from_value(settings)
                    .map_err(|source| crate::StoreError::Unreadable { path, source })?;
                Box::new(ContainerDriver::new(name.clone(), store.clone(), options)?)
            }
            other => Box::new(AbsentDriver { name: other.to_owned() }),
        };
        Ok(Self { name, config, store: store.clone(), driver })
    }

    /// Its driver.
    pub fn driver(&self) -> &dyn Driver {
        self.driver.as_ref()
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its directory.
    pub fn directory(&self) -> PathBuf {
        self.store.directory(&self.name)
    }

    /// Its address; empty if it has none yet.
    pub fn ip(&self) -> &str {
        &self.config.driver.ip_address
    }

    /// Where its engine listens, `tcp://ADDRESS:2376`.
    pub fn url(&self) -> String {
        format!("tcp://{}", self.engine_host())
    }

    pub(crate) fn engine_host(&self) -> String {
        format!("{}:{ENGINE_PORT}", self.ip())
    }

    /// Its engine, over TLS; nothing is connected yet.
    pub fn engine(&self) -> Engine {
        Engine::at(EngineAddress::Tls { host: self.engine_host(), certificates: self.directory() })
    }

    /// How it is; one that was only half made is an error.
    pub async fn state(&self) -> Result<State, MachineError> {
        if self.config.unfinished && self.store.is_being_created(&self.name) {
            return Ok(State::Starting);
        }
        if self.config.unfinished {
            return Err(MachineError::Unfinished { name: self.name.to_string() });
        }
        Ok(self.driver.status().await?)
    }

    /// Fails unless it runs.
    pub async fn must_run(&self) -> Result<(), MachineError> {
        if self.state().await? == State::Running { Ok(()) } else { Err(MachineError::NotRunning) }
    }

    /// Starts it and waits for its engine.
    pub async fn start(&self, progress: &Progress) -> Result<(), MachineError> {
        progress.line(&format!("Starting {:?}...", self.name.as_str()));
        if self.state().await? == State::Running {
            return Err(self.already(State::Running));
        }
        self.driver.start().await?;
        progress.line(&format!("Machine {:?} was started.", self.name.as_str()));
        self.wait_for_docker(progress).await
    }

    /// Stops it in order.
    pub async fn stop(&self, progress: &Progress) -> Result<(), MachineError> {
        progress.line(&format!("Stopping {:?}...", self.name.as_str()));
        if self.state().await? == State::Stopped {
            return Err(self.already(State::Stopped));
        }
        self.driver.stop().await?;
        progress.line(&format!("Machine {:?} was stopped.", self.name.as_str()));
        Ok(())
    }

    /// Stops it at once.
    pub async fn kill(&self, progress: &Progress) -> Result<(), MachineError> {
        progress.line(&format!("Killing {:?}...", self.name.as_str()));
        if self.state().await? == State::Stopped {
            return Err(self.already(State::Stopped));
        }
        self.driver.kill().await?;
        progress.line(&format!("Machine {:?} was killed.", self.name.as_str()));
        Ok(())
    }

    /// Stops it if it runs, and starts it.
    pub async fn restart(&self, progress: &Progress) -> Result<(), MachineError> {
        progress.line(&format!("Restarting {:?}...", self.name.as_str()));
        match self.state().await? {
            State::Stopped => self.start(progress).await,
            _ => {
                self.driver.stop().await?;
                self.driver.start().await?;
                self.wait_for_docker(progress).await
            }
        }
    }

    /// Removes the host. Its directory stays for the caller to remove.
    pub async fn remove_host(&self) -> Result<(), MachineError> {
        Ok(self.driver.remove().await?)
    }

    async fn wait_for_docker(&self, progress: &Progress) -> Result<(), MachineError> {
        progress.line("Waiting for SSH to be available...");
        progress.line("Detecting the provisioner...");
        self.wait_for_engine().await.map(drop)
    }

    fn already(&self, state: State) -> MachineError {
        MachineError::AlreadyInState { name: self.name.to_string(), state }
    }

    /// Asks the engine who it is, over TLS, and sorts what is in the way.
    pub async fn check_engine(&self) -> Result<EngineInfo, MachineError> {
        self.engine().info().await.map_err(|error| self.engine_error(error))
    }

    /// Waits until the engine answers.
    pub(crate) async fn wait_for_engine(&self) -> Result<EngineInfo, MachineError> {
        let started = Instant::now();
        let mut pause = FIRST_PAUSE;
        loop {
            match self.engine().info().await {
                Ok(info) => return Ok(info),
                Err(EngineError::Unreachable { cause: muster_docker::Cause::NobodyListens, .. })
                    if started.elapsed() < ENGINE_PATIENCE => {}
                Err(error) => return Err(self.engine_error(error)),
            }
            // dockerd opens its port late; one that ended says why in the log.
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            if pause == LONGEST_PAUSE {
                self.fail_if_engine_ended().await?;
            }
        }
    }

    async fn fail_if_engine_ended(&self) -> Result<(), MachineError> {
        let lines = self.driver.log().await?;
        let Some(end) = lines.iter().position(|line| line.contains(ENGINE_ENDED)) else { return Ok(()) };
        let telling = |line: &&String| !line.trim().is_empty() && !line.starts_with("See '");
        let reason = lines[..end].iter().rev().find(telling).map_or("it says nothing", String::as_str);
        // Engine 26 puts this before a wrong flag, 20.10 does not.
        let reason = reason.trim_start_matches("Status: ").to_owned();
        Err(MachineError::EngineEnded { name: self.name.to_string(), reason })
    }

    fn engine_error(&self, error: EngineError) -> MachineError {
        let mut chain = String::new();
        let mut next: Option<&dyn std::error::Error> = Some(&error);
        while let Some(cause) = next {
            chain = cause.to_string();
            if chain.to_lowercase().contains("certificate") && matches!(error, EngineError::Unreachable { .. }) {
                let (name, host) = (self.name.to_string(), self.engine_host());
                if chain.contains("not valid yet") || chain.contains("expired") {
                    chain.push_str("; do the clocks of this host and of the machine agree?");
                }
                return MachineError::CertificateInvalid { name, host, reason: chain };
            }
            next = cause.source();
        }
        tracing::debug!(cause = chain, "the engine cannot be asked");
        MachineError::Engine(error)
    }

    /// The machine's way over ssh.
    pub fn ssh(&self) -> Ssh {
        Ssh::to(self)
    }
}
