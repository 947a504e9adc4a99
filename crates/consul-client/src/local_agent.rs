//! Registering at one node's agent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use muster_catalog::{CatalogError, CheckRegistration, LocalAgent, Pending, Registration};
use muster_model::{CheckId, CheckStatus, Index, Service, ServiceId};
use muster_wire::json::{self, Value};
use muster_wire::query::path;
use muster_wire::read;
use muster_wire::request::{CheckRequest, ServiceRegistration, write_check_update, write_service_registration};

use crate::ConsulClient;
use crate::client::Call;

/// What is watched to notice a registry that went away: a service that a registrar's token may read, and whose list is
/// short if it is there at all.
const WATCHED: &str = "/v1/health/service/muster-registrar";
/// The longest that registries hold an answer back.
const HOLD: Duration = Duration::from_secs(600);

impl LocalAgent for ConsulClient {
    fn register<'a>(&'a self, registration: &'a Registration) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let mut body = Vec::new();
            let checks = registration.checks.iter().map(check_request).collect();
            let registration = ServiceRegistration { service: registration.service.clone(), checks };
            write_service_registration(&mut body, &registration);
            // Without ?replace-existing-checks, as Registrator asks: it would also end an instance's maintenance.
            let target = "/v1/agent/service/register";
            self.succeed(Call::put(target.to_owned(), Some(body))).await.map(drop)
        })
    }

    fn deregister<'a>(&'a self, service: &'a ServiceId) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let target = path("/v1/agent/service/deregister/", service.as_str());
            self.succeed(Call::put(target, None)).await.map(drop)
        })
    }

    fn services(&self) -> Pending<'_, Result<BTreeMap<ServiceId, Service>, CatalogError>> {
        Box::pin(async move {
            let answer = self.succeed(Call::get("/v1/agent/services".to_owned())).await?;
            let read = read::agent_services(&answer.body).map_err(|error| self.bad_answer(error))?;
            let services = self.accepted(read, "the agent's services").into_iter();
            Ok(services.map(|service| (service.id.clone(), service)).collect())
        })
    }

    fn checks(&self) -> Pending<'_, Result<BTreeSet<CheckId>, CatalogError>> {
        Box::pin(async move {
            let answer = self.succeed(Call::get("/v1/agent/checks".to_owned())).await?;
            let read = read::agent_checks(&answer.body).map_err(|error| self.bad_answer(error))?;
            Ok(self.accepted(read, "the agent's checks").into_iter().collect())
        })
    }

    fn report<'a>(
        &'a self,
        check: &'a CheckId,
        status: CheckStatus,
        output: &'a str,
    ) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            let mut body = Vec::new();
            write_check_update(&mut body, &status, output);
            let target = path("/v1/agent/check/update/", check.as_str());
            self.succeed(Call::put(target, Some(body))).await.map(drop)
        })
    }

    fn ping(&self) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(async move {
            let answer = self.succeed(Call::get("/v1/status/leader".to_owned())).await?;
            match json::parse(&answer.body) {
                Ok(Value::String(leader)) if leader.is_empty() => {
                    Err(CatalogError::Unavailable { reason: "No cluster leader".to_owned() })
                }
                Ok(Value::String(_)) => Ok(()),
                Ok(other) => Err(self.bad_answer(format!("leader is a {}, not a string", other.kind()))),
                Err(error) => Err(self.bad_answer(error)),
            }
        })
    }

    fn history(&self, after: Option<Index>) -> Pending<'_, Result<Index, CatalogError>> {
        Box::pin(async move {
            let call = match after {
                None => Call::get(WATCHED.to_owned()),
                Some(after) => {
                    let target = format!("{WATCHED}?index={after}&wait={}s", HOLD.as_secs());
                    Call { held_for: Some(HOLD), ..Call::get(target) }
                }
            };
            let answer = self.succeed(call).await?;
            answer.index().map_err(|reason| self.bad_answer(reason))
        })
    }
}

fn check_request(check: &CheckRegistration) -> CheckRequest {
    CheckRequest {
        id: check.id.clone(),
        name: check.name.clone(),
        notes: check.notes.clone(),
        status: check.status.clone(),
        definition: check.definition.clone(),
    }
}
