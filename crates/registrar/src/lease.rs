//! The owner lease: registrations do not outlive for long who keeps them true.
//!
//! It is made of plain Consul parts, so that it works with any registry of that kind. A service stands for the
//! registrar, with a TTL check that it renews; every instance has an alias check on that service. When the registrar
//! dies, say with its host, the TTL runs out and takes the instances with it: first critical, then gone.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{CatalogError, CheckRegistration, LocalAgent, Registration};
use muster_model::{
    CheckDefinition, CheckId, CheckStatus, InvalidName, Meta, Probe, REGISTRAR_SERVICE, Service, ServiceId,
    ServiceName, Weights,
};
use tokio::sync::watch;
use tokio::time::sleep;
use tracing::{debug, info};

/// The registrar counts as dead after this without renewal.
const TTL: Duration = Duration::from_secs(10);
const RENEWAL: Duration = Duration::from_secs(3);
/// Between two tries while the registry is away.
const AGAIN: Duration = Duration::from_secs(1);
/// How long after that the instances go.
const REMOVAL: Duration = Duration::from_secs(60);

/// The lease of one engine's registrar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    registration: Registration,
    check: CheckId,
}

impl Lease {
    pub fn new(engine: &str) -> Result<Self, InvalidName> {
        let id = ServiceId::new(format!("{REGISTRAR_SERVICE}:{engine}"))?;
        let check = CheckId::new(format!("service:{id}"))?;
        let definition = CheckDefinition { deregister_after: REMOVAL, ..CheckDefinition::ttl(TTL) };
        let service = Service {
            id,
            name: ServiceName::new(REGISTRAR_SERVICE)?,
            tags: Vec::new(),
            address: Arc::from(""),
            tagged_addresses: BTreeMap::new(),
            meta: Meta::new(),
            port: 0,
            socket_path: Arc::from(""),
            weights: Weights::default(),
            enable_tag_override: false,
        };
        let alive = CheckRegistration {
            id: Some(check.clone()),
            name: Some(Arc::from("Registrar is alive")),
            notes: Arc::from(""),
            status: Some(CheckStatus::Passing),
            definition,
        };
        Ok(Self { registration: Registration { service, checks: vec![alive] }, check })
    }

    pub fn service(&self) -> &ServiceId {
        &self.registration.service.id
    }

    /// Registers the registrar, if it is not, and says that it lives.
    pub async fn take(&self, agent: &dyn LocalAgent) -> Result<(), CatalogError> {
        match self.renew(agent).await {
            Err(CatalogError::NotFound { .. }) => {}
            renewed => return renewed,
        }
        agent.register(&self.registration).await?;
        info!(service = %self.registration.service.id, "instances stand as long as this registrar lives");
        self.renew(agent).await
    }

    async fn renew(&self, agent: &dyn LocalAgent) -> Result<(), CatalogError> {
        agent.report(&self.check, CheckStatus::Passing, "").await
    }
}

/// The check on an instance by which it follows its registrar.
pub(crate) fn owner_check(engine: &str, instance: &ServiceId) -> Result<CheckRegistration, InvalidName> {
    let service = Some(ServiceId::new(format!("{REGISTRAR_SERVICE}:{engine}"))?);
    let definition =
        CheckDefinition { deregister_after: REMOVAL, ..CheckDefinition::new(Probe::Alias { service, node: None }) };
    Ok(CheckRegistration {
        id: Some(CheckId::new(format!("muster-owner:{instance}"))?),
        name: Some(Arc::from("Registrar is alive")),
        notes: Arc::from(""),
        // Who registers it lives.
        status: Some(CheckStatus::Passing),
        definition,
    })
}

/// Renews the lease of whatever engine is followed, from when one is.
pub(crate) async fn keep(agent: Arc<dyn LocalAgent>, mut held: watch::Receiver<Option<Lease>>) {
    loop {
        let lease = held.borrow_and_update().clone();
        let pause = match lease {
            None => None,
            Some(lease) => match lease.take(&*agent).await {
                Ok(()) => Some(RENEWAL),
                Err(error) => {
                    debug!(%error, "the registrar's lease is not renewed");
                    Some(AGAIN)
                }
            },
        };
        tokio::select! {
            () = async { sleep(pause.expect("guarded")).await }, if pause.is_some() => {}
            changed = held.changed() => if changed.is_err() { std::future::pending::<()>().await },
        }
    }
}
