//! The registry as workers in this process see it.

use std::sync::Arc;
use std::time::Duration;

use muster_catalog::{
    Catalog, CatalogDeregistration, CatalogError, CatalogRegistration, Data, Discovery, Fetched, Instance,
    InstanceQuery, NodeEntries, NodeHealth, Owner, Part, Pending, Query, Wait,
};
use muster_model::{CheckId, CheckStatus, NodeName};

use super::{ReadOptions, Registry, SubmitError};
use crate::command::{Command, Rejection};
use crate::query::{Answer, Question, all_pass};
use crate::state::Topic;

impl Discovery for Registry {
    fn fetch<'a>(&'a self, query: &'a Query, wait: Option<Wait>) -> Pending<'a, Result<Fetched, CatalogError>> {
        Box::pin(async move {
            let options = ReadOptions { wait, ..ReadOptions::default() };
            let answer = match query {
                Query::Instances(asked) => {
                    self.own_datacenter(asked.datacenter.as_ref())?;
                    let question = Question::health(asked.service.as_str());
                    self.ask(&question, options).await.map(|answer| Fetched {
                        index: answer.index,
                        data: Data::Instances(chosen(&answer.value, asked)),
                    })
                }
                Query::Services { datacenter } => {
                    self.own_datacenter(datacenter.as_ref())?;
                    self.ask(&Question::services(), options).await.map(|answer| Fetched {
                        index: answer.index,
                        data: Data::Services(answer.value.clone().into()),
                    })
                }
                Query::Key { key, datacenter } => {
                    self.own_datacenter(datacenter.as_ref())?;
                    self.ask(&Question::key_entry(key), options)
                        .await
                        .map(|answer| Fetched { index: answer.index, data: Data::Value(answer.value.clone()) })
                }
            };
            answer.map_err(|refused| CatalogError::Unavailable { reason: refused.to_string() })
        })
    }
}

impl Registry {
    fn own_datacenter(&self, asked: Option<&Arc<str>>) -> Result<(), CatalogError> {
        match asked {
            Some(other) if other != self.datacenter() => {
                Err(CatalogError::Refused { reason: format!("No path to datacenter {other:?}") })
            }
            _ => Ok(()),
        }
    }

    async fn write(&self, command: Command) -> Result<(), CatalogError> {
        self.submit(command).await.map(drop).map_err(|error| match error {
            SubmitError::Rejected(rejection @ Rejection::UnknownCheck(_)) => {
                CatalogError::NotFound { reason: rejection.to_string() }
            }
            SubmitError::Rejected(_) | SubmitError::TooLarge { .. } => {
                CatalogError::Refused { reason: error.to_string() }
            }
            SubmitError::Stopped { .. } | SubmitError::Unknown { .. } | SubmitError::ShuttingDown => {
                CatalogError::Unavailable { reason: error.to_string() }
            }
        })
    }
}

/// The instances that the query asks for, in the order that it asks for.
fn chosen(list: &[Instance], asked: &InstanceQuery) -> Arc<[Instance]> {
    let mut list: Vec<_> = list
        .iter()
        .filter(|instance| !asked.passing_only || all_pass(&instance.checks))
        .filter(|instance| asked.tag.as_ref().is_none_or(|tag| has_tag(instance, tag)))
        .cloned()
        .collect();
    if let Some(near) = &asked.near {
        // Without network coordinates, near is the node itself.
        list.sort_by_key(|instance| instance.node.value.name.as_str() != &**near);
    }
    list.into()
}

fn has_tag(instance: &Instance, tag: &str) -> bool {
    instance.service.value.tags.iter().any(|own| own.eq_ignore_ascii_case(tag))
}

impl Catalog for Registry {
    fn register(&self, registration: CatalogRegistration) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(self.write(Command::Register(Box::new(registration))))
    }

    fn deregister(&self, deregistration: CatalogDeregistration) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(self.write(Command::Deregister(deregistration)))
    }

    fn report(
        &self,
        node: NodeName,
        check: CheckId,
        status: CheckStatus,
        output: Arc<str>,
    ) -> Pending<'_, Result<(), CatalogError>> {
        Box::pin(self.write(Command::Report { node, check, status, output }))
    }

    fn keep_lease<'a>(&'a self, node: &'a NodeName, length: Duration) -> Pending<'a, Result<(), CatalogError>> {
        Box::pin(async move {
            // A renewal writes nothing.
            if self.shared.timers.renew_lease(node) {
                return Ok(());
            }
            self.write(Command::LeaseBegin { node: node.clone(), length }).await
        })
    }

    fn entries<'a>(
        &'a self,
        node: &'a NodeName,
        owner: Owner,
        part: Part<'a>,
    ) -> Pending<'a, Result<NodeEntries, CatalogError>> {
        Box::pin(async move { Ok(self.state().entries_of(node.as_str(), owner, part)) })
    }

    fn node_health<'a>(
        &'a self,
        node: &'a NodeName,
        wait: Option<Wait>,
    ) -> Pending<'a, Result<NodeHealth, CatalogError>> {
        Box::pin(async move {
            let name = node.folded();
            let topics = [Topic::NodeChecks(Arc::clone(&name)), Topic::Node(Arc::clone(&name))];
            let options = ReadOptions { wait, ..ReadOptions::default() };
            let answer = self.read(&topics, options, |state| state.node_health(&name)).await;
            let Answer { index, value, .. } =
                answer.map_err(|refused| CatalogError::Unavailable { reason: refused.to_string() })?;
            Ok(NodeHealth { index, ..value })
        })
    }
}
