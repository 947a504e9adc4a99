//! Putting a state together again from a snapshot's rows.

use std::sync::Arc;

use muster_model::{Index, Indexed, NodeName, ServiceName, Session};

use super::{Changes, NodeRecord, ServiceRecord, State};

/// What a snapshot keeps of a service name: everything else follows from its instances.
pub(crate) struct RestoredName {
    /// As the latest registration spelled it.
    pub(crate) name: ServiceName,
    /// Those of the instances, of their health, of their checks.
    pub(crate) indexes: [Index; 3],
}

impl State {
    /// Adds a whole node and lists its instances under their names.
    pub(crate) fn restore_node(&mut self, mut record: NodeRecord) {
        let checks: Vec<_> =
            record.checks.iter().map(|(id, row)| (id.clone(), row.check.value.service_id.clone())).collect();
        for (id, service) in checks {
            let Some(service) = service.and_then(|service| record.services.get_mut(&service.folded())) else {
                continue;
            };
            let service: &mut ServiceRecord = Arc::make_mut(service);
            if let Err(place) = service.checks.binary_search(&id) {
                service.checks.insert(place, id);
            }
        }
        let ids: Vec<_> = record.services.keys().cloned().collect();
        for service in ids {
            let Some(service) = record.services.get_mut(&service) else { continue };
            let value = Arc::new(self.compact_service(Some(&record.node.value), &service.service.value));
            Arc::make_mut(service).service.value = value;
        }
        let key = record.node.value.name.folded();
        for service in record.services.values() {
            self.list_instance(&key, service, Index(0), false, &mut Changes::default());
        }
        self.note_id(&key, &record.node.value);
        self.nodes.insert(key, Arc::new(record));
    }

    /// Sets the indexes of a name whose instances are all there.
    pub(crate) fn restore_name(&mut self, name: RestoredName) {
        self.change_name(&name.name.folded(), |record| {
            record.name = name.name.clone();
            [record.service_index, record.health_index, record.checks_index] = name.indexes;
        });
    }

    /// Adds a session; which keys it holds is found once all are there.
    pub(crate) fn restore_session(&mut self, session: Indexed<Arc<Session>>) {
        self.list_session(session);
    }

    /// Sets when the sessions of a node last changed.
    pub(crate) fn restore_node_sessions(&mut self, node: &NodeName, index: Index) {
        if let Some(listed) = self.node_sessions.get_mut(&node.folded()) {
            Arc::make_mut(listed).index = index;
        }
    }

    /// Finds the keys that sessions hold.
    pub(crate) fn restore_locks(&mut self) {
        if self.sessions.is_empty() {
            return;
        }
        let locked: Vec<_> = self.kv.under("").filter(|entry| entry.session.is_some()).cloned().collect();
        for entry in locked {
            self.note_locked(entry.session.as_ref(), &entry.key);
        }
    }
}
