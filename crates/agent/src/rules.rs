//! What may be registered at an agent, as far as its configuration says it: for what comes while it runs, and for
//! definitions before anything is up.

use std::net::IpAddr;
use std::sync::Arc;

use muster_catalog::{CatalogCheck, CatalogError, CheckRegistration, Registration};
use muster_model::{Check, CheckId, CheckStatus, InvalidName, Probe, Service, ServiceAddress, ServiceId};

use crate::ScriptChecks;
use crate::announce::serf_health;

/// The rules of one agent.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// Who may have commands run.
    pub scripts: ScriptChecks,
    /// The service that stands for the server, if it is one.
    pub server: Option<ServiceId>,
}

/// What becomes of a registration: the instance and its checks as they are to stand in the catalog.
pub(crate) type Wanted = (Service, Vec<CatalogCheck>);

impl Rules {
    /// Whether a service that a file defines can be registered.
    pub fn defined_service(&self, registration: &Registration) -> Result<(), CatalogError> {
        for asked in &registration.checks {
            self.permit_defined(&asked.definition.probe)?;
        }
        self.service(registration).map(drop)
    }

    /// Whether a check that a file defines can be registered, if its node has the instance that it is about.
    pub fn defined_check(&self, check: &Check) -> Result<(), CatalogError> {
        if let Some(definition) = &check.definition {
            self.permit_defined(&definition.probe)?;
        }
        refuse_health(&check.id)
    }

    /// What a registration asks for.
    pub(crate) fn service(&self, registration: &Registration) -> Result<Wanted, CatalogError> {
        self.refuse_server(&registration.service.id)?;
        let invalid = |invalid: InvalidName| CatalogError::Refused { reason: format!("Invalid check: {invalid}") };
        let ids = registration.check_ids().map_err(invalid)?;
        ids.iter().try_for_each(refuse_health)?;
        let service = with_tagged_addresses(registration.service.clone());
        let checks = ids.into_iter().zip(&registration.checks).map(|(id, asked)| wanted_check(&service, id, asked));
        let checks = checks.collect();
        Ok((service, checks))
    }

    /// Whether a check with this probe may run here at all.
    pub(crate) fn allows(&self, probe: &Probe) -> bool {
        !probe.runs_command() || self.scripts != ScriptChecks::Off
    }

    /// Refuses what may not be registered over the API.
    pub(crate) fn permit(&self, probe: &Probe) -> Result<(), CatalogError> {
        if !probe.runs_command() || self.scripts == ScriptChecks::On {
            return Ok(());
        }
        let reason = "Scripts are disabled on this agent from remote calls; to enable, configure \
                      'enable_script_checks' to true";
        Err(CatalogError::Refused { reason: reason.to_owned() })
    }

    /// Refuses what may not be defined in files.
    pub(crate) fn permit_defined(&self, probe: &Probe) -> Result<(), CatalogError> {
        if self.allows(probe) {
            return Ok(());
        }
        let reason = "Scripts are disabled on this agent; to enable, configure 'enable_script_checks' or \
                      'enable_local_script_checks' to true";
        Err(CatalogError::Refused { reason: reason.to_owned() })
    }

    /// The service that stands for the server is its own: whoever put another in its place would take it out with it.
    fn refuse_server(&self, id: &ServiceId) -> Result<(), CatalogError> {
        match &self.server {
            Some(server) if server.folded() == id.folded() => {
                let reason = format!("Service ID {id} is the server's own: another ID would be right");
                Err(CatalogError::Refused { reason })
            }
            _ => Ok(()),
        }
    }
}

/// A check may be about what its node has registered, and about nothing else.
pub fn missing_service(service: &ServiceId) -> CatalogError {
    CatalogError::NotFound { reason: format!("ServiceID {:?} does not exist", service.as_str()) }
}

/// Whether the node is alive is said by its lease, and by nobody else.
pub(crate) fn refuse_health(id: &CheckId) -> Result<(), CatalogError> {
    if id.folded() != serf_health().folded() {
        return Ok(());
    }
    let reason = format!("Invalid check: {id} is the node's own check: another CheckID would be right");
    Err(CatalogError::Refused { reason })
}

/// An instance with an IP address of its own carries it as its `lan` and `wan` address too, as Consul's agent adds them.
fn with_tagged_addresses(mut service: Service) -> Service {
    let kinds = match service.address.parse() {
        Ok(IpAddr::V4(_)) => ["lan_ipv4", "wan_ipv4"],
        Ok(IpAddr::V6(_)) => ["lan_ipv6", "wan_ipv6"],
        Err(_) => return service,
    };
    for kind in kinds {
        let own = ServiceAddress { address: Arc::clone(&service.address), port: service.port };
        service.tagged_addresses.entry(Arc::from(kind)).or_insert(own);
    }
    service
}

fn wanted_check(service: &Service, id: CheckId, asked: &CheckRegistration) -> CatalogCheck {
    let name = asked.name.clone().unwrap_or_else(|| Arc::from(format!("Service '{}' check", service.name)));
    let check = Check {
        id,
        name,
        status: asked.status.clone().unwrap_or(CheckStatus::Critical),
        notes: Arc::clone(&asked.notes),
        output: Arc::from(""),
        service_id: Some(service.id.clone()),
        kind: Arc::from(asked.definition.probe.kind()),
        definition: Some(Arc::new(asked.definition.clone())),
    };
    CatalogCheck { check, keep_result: true }
}
