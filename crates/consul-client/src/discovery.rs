//! Reads with changes: blocking queries.

use std::sync::Arc;
use std::time::Duration;

use hyper::StatusCode;
use muster_catalog::{
    CatalogError, Data, Discovery, Fetched, Instance, InstanceQuery, Pending, Query, ServiceTags, Wait,
};
use muster_model::{InvalidName, Key};
use muster_wire::query::{path, push_param};
use muster_wire::read::{self, Entries};

use crate::ConsulClient;
use crate::answer::Answer;
use crate::client::Call;

impl Discovery for ConsulClient {
    fn fetch<'a>(&'a self, query: &'a Query, wait: Option<Wait>) -> Pending<'a, Result<Fetched, CatalogError>> {
        Box::pin(async move {
            let answer = self.read(query, wait).await?;
            self.decode(query, &answer)
        })
    }
}

impl ConsulClient {
    /// Asks any server, and the leader if that one is too far behind. The second question does not wait:
    /// what is known by now is wanted.
    async fn read(&self, query: &Query, wait: Option<Wait>) -> Result<Answer, CatalogError> {
        let stale = self.max_stale.is_some();
        let answer = self.send(call(query, wait, stale)).await?;
        let behind = answer.last_contact_ms().map(Duration::from_millis);
        match (self.max_stale, behind) {
            (Some(at_most), Some(behind)) if behind > at_most => {
                tracing::debug!(?behind, "the registry's answer is too old, its leader is asked");
                self.send(call(query, None, false)).await
            }
            _ => Ok(answer),
        }
    }

    fn decode(&self, query: &Query, answer: &Answer) -> Result<Fetched, CatalogError> {
        let missing_key =
            matches!(query, Query::Key { .. }) && answer.status == StatusCode::NOT_FOUND && answer.body.is_empty();
        if answer.status != StatusCode::OK && !missing_key {
            return Err(answer.refusal(&self.address()));
        }
        let index = answer.index().map_err(|reason| self.bad_answer(reason))?;
        let data = match query {
            Query::Instances(query) => self.instances(query, answer)?,
            Query::Services { .. } => self.services(answer)?,
            Query::Key { .. } if missing_key => Data::Value(None),
            Query::Key { key, .. } => self.value(key, answer)?,
        };
        Ok(Fetched { index, data })
    }

    fn instances(&self, query: &InstanceQuery, answer: &Answer) -> Result<Data, CatalogError> {
        let read = read::health_service(&answer.body).map_err(|error| self.bad_answer(error))?;
        let entries = self.accepted(read, query.service.as_str()).into_iter();
        let instances = entries
            .map(|entry| Instance { node: entry.node, service: entry.service, checks: entry.checks })
            .collect::<Arc<[_]>>();
        Ok(Data::Instances(instances))
    }

    fn services(&self, answer: &Answer) -> Result<Data, CatalogError> {
        let read = read::catalog_services(&answer.body).map_err(|error| self.bad_answer(error))?;
        let entries = self.accepted(read, "the list of services").into_iter();
        let services = entries.map(|entry| ServiceTags { name: entry.name, tags: entry.tags }).collect::<Arc<[_]>>();
        Ok(Data::Services(services))
    }

    fn value(&self, key: &Key, answer: &Answer) -> Result<Data, CatalogError> {
        let mut entries = read::kv_entries(&answer.body).map_err(|error| self.bad_answer(error))?;
        match (entries.pop(), entries.is_empty()) {
            (Some(entry), true) if entry.key == *key => Ok(Data::Value(Some(Arc::new(entry)))),
            _ => Err(self.bad_answer(format!("it is not the entry of key {key:?} alone"))),
        }
    }

    /// The entries that can be used. Others are left out, but not silently.
    pub(crate) fn accepted<T>(&self, read: Entries<T>, of: &str) -> Vec<T> {
        let refused: Vec<_> = read.refused.iter().map(InvalidName::to_string).collect();
        if !refused.is_empty() {
            tracing::warn!(registry = %self.address(), of, ?refused, "entries with unusable names are left out");
        }
        read.entries
    }
}

fn call(query: &Query, wait: Option<Wait>, stale: bool) -> Call {
    let mut params = String::new();
    let (prefix, name, datacenter) = match query {
        Query::Instances(query) => {
            if query.passing_only {
                push_param(&mut params, "passing", "1");
            }
            for (name, value) in [("tag", &query.tag), ("near", &query.near)] {
                if let Some(value) = value {
                    push_param(&mut params, name, value);
                }
            }
            ("/v1/health/service/", query.service.as_str(), &query.datacenter)
        }
        Query::Services { datacenter } => ("/v1/catalog/services", "", datacenter),
        Query::Key { key, datacenter } => ("/v1/kv/", key.as_str(), datacenter),
    };
    if let Some(datacenter) = datacenter {
        push_param(&mut params, "dc", datacenter);
    }
    if stale {
        push_param(&mut params, "stale", "");
    }
    if let Some(wait) = wait {
        push_param(&mut params, "index", &wait.after.to_string());
        push_param(&mut params, "wait", &format!("{}ms", wait.at_most.as_millis()));
    }
    let mut target = path(prefix, name);
    if !params.is_empty() {
        target.push('?');
        target.push_str(&params);
    }
    Call { held_for: wait.map(|wait| wait.at_most), ..Call::get(target) }
}
