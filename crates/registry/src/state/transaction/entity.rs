//! Operations on nodes, instances and checks: the catalog's rules, one at a time.

use std::sync::Arc;

use muster_catalog::{CatalogCheck, Owner};
use muster_model::{
    Check, CheckId, CheckOperation, Index, Indexed, Node, NodeName, NodeOperation, NodeReference, Service, ServiceId,
    ServiceOperation,
};

use super::Answered;
use crate::command::{OperationFailure, OperationResult, Rejection, Subject};
use crate::state::{Changes, NodeRecord, State};

impl State {
    pub(super) fn run_node(&mut self, operation: &NodeOperation, index: Index, changes: &mut Changes) -> Answered {
        match operation {
            NodeOperation::Get(NodeReference::Name(name)) => self.node_result(name),
            NodeOperation::Get(NodeReference::Id(id)) => {
                let found = self.node_of_id(id).and_then(|key| self.nodes.get(key));
                let node = found.map(|record| record.node.clone());
                node.map(|node| vec![OperationResult::Node(node)])
                    .ok_or_else(|| OperationFailure::Missing(Subject::Node(Arc::clone(id))))
            }
            NodeOperation::Set(node, cas) => self.set_node(node, *cas, index, changes),
            NodeOperation::Delete(name, cas) => {
                let present = self.nodes.get(&name.folded()).map(|record| record.node.modified);
                may_delete(*cas, present, || Subject::Node(name.shared()))?;
                self.drop_others_of_node(name, index, changes);
                Ok(Vec::new())
            }
        }
    }

    fn set_node(&mut self, node: &Node, cas: Option<Index>, index: Index, changes: &mut Changes) -> Answered {
        let key = node.name.folded();
        let present = self.nodes.get(&key).map(|record| record.node.modified);
        may_set(cas, present, || Subject::Node(node.name.shared()))?;
        self.put_node(&key, node, Owner::Catalog, index, changes)?;
        self.node_result(&node.name)
    }

    fn node_result(&self, name: &NodeName) -> Answered {
        let record = self.nodes.get(&name.folded());
        record
            .map(|record| vec![OperationResult::Node(record.node.clone())])
            .ok_or_else(|| OperationFailure::Missing(Subject::Node(name.shared())))
    }

    pub(super) fn run_service(
        &mut self,
        operation: &ServiceOperation,
        index: Index,
        changes: &mut Changes,
    ) -> Answered {
        match operation {
            ServiceOperation::Get(node, id) => self.service_result(node, id),
            ServiceOperation::Set(node, service, cas) => self.set_service(node, service, *cas, index, changes),
            ServiceOperation::Delete(node, id, cas) => {
                let present = self.service_entry(node, id).map(|entry| entry.modified);
                may_delete(*cas, present, || Subject::Service { id: id.clone(), node: node.clone() })?;
                self.drop_others_service(node, id, index, changes);
                Ok(Vec::new())
            }
        }
    }

    fn set_service(
        &mut self,
        node: &NodeName,
        service: &Service,
        cas: Option<Index>,
        index: Index,
        changes: &mut Changes,
    ) -> Answered {
        let present = self.service_entry(node, &service.id).map(|entry| entry.modified);
        may_set(cas, present, || Subject::Service { id: service.id.clone(), node: node.clone() })?;
        let key = node.folded();
        if !self.nodes.contains_key(&key) {
            return Err(Rejection::MissingNode.into());
        }
        self.put_service(&key, service, Owner::Catalog, index, changes);
        self.service_result(node, &service.id)
    }

    fn service_entry(&self, node: &NodeName, id: &ServiceId) -> Option<Indexed<Arc<Service>>> {
        let record: &NodeRecord = self.nodes.get(&node.folded())?;
        record.services.get(&id.folded()).map(|record| record.service.clone())
    }

    fn service_result(&self, node: &NodeName, id: &ServiceId) -> Answered {
        let missing = || OperationFailure::Missing(Subject::Service { id: id.clone(), node: node.clone() });
        self.service_entry(node, id).map(|entry| vec![OperationResult::Service(entry)]).ok_or_else(missing)
    }

    pub(super) fn run_check(&mut self, operation: &CheckOperation, index: Index, changes: &mut Changes) -> Answered {
        match operation {
            CheckOperation::Get(node, id) => self.check_result(node, id),
            CheckOperation::Set(node, check, cas) => self.set_check(node, check, *cas, index, changes),
            CheckOperation::Delete(node, id, cas) => {
                let present = self.check_index_of(node, id);
                may_delete(*cas, present, || Subject::Check { id: id.clone(), node: node.clone() })?;
                self.drop_others_check(node, id, index, changes);
                Ok(Vec::new())
            }
        }
    }

    fn set_check(
        &mut self,
        node: &NodeName,
        check: &Check,
        cas: Option<Index>,
        index: Index,
        changes: &mut Changes,
    ) -> Answered {
        let present = self.check_index_of(node, &check.id);
        may_set(cas, present, || Subject::Check { id: check.id.clone(), node: node.clone() })?;
        let wanted = CatalogCheck { check: check.clone(), keep_result: false };
        self.put_check(&node.folded(), &wanted, Owner::Catalog, index, changes)?;
        self.check_result(node, &check.id)
    }

    fn check_index_of(&self, node: &NodeName, id: &CheckId) -> Option<Index> {
        let record = self.nodes.get(&node.folded())?;
        record.checks.get(&id.folded()).map(|record| record.check.modified)
    }

    fn check_result(&self, node: &NodeName, id: &CheckId) -> Answered {
        let row = self.nodes.get(&node.folded()).and_then(|record| crate::query::check_row(record, &id.folded()));
        let missing = || OperationFailure::Missing(Subject::Check { id: id.clone(), node: node.clone() });
        row.map(|row| vec![OperationResult::Check(row)]).ok_or_else(missing)
    }
}

/// Consul's compare-and-set: index 0 means that there must be nothing yet.
fn may_set(cas: Option<Index>, present: Option<Index>, what: impl FnOnce() -> Subject) -> Result<(), OperationFailure> {
    match cas {
        None => Ok(()),
        Some(asked) if asked == present.unwrap_or_default() => Ok(()),
        Some(_) => Err(OperationFailure::StaleSet(what())),
    }
}

/// Consul's compare-and-delete: unlike a key, an entry that is not there is not the one that was asked for.
fn may_delete(
    cas: Option<Index>,
    present: Option<Index>,
    what: impl FnOnce() -> Subject,
) -> Result<(), OperationFailure> {
    match cas {
        None => Ok(()),
        Some(_) if cas == present => Ok(()),
        Some(_) => Err(OperationFailure::StaleDelete(what())),
    }
}
