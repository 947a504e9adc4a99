//! What the registry answered, ready for templates.

use std::sync::Arc;

use muster_catalog::{Data, Instance, Query};
use muster_gotemplate::Value;
use muster_model::KvEntry;

use crate::object;
use crate::query::Filter;

/// The latest answer to one question. Converted once, however often templates look at it.
#[derive(Clone)]
pub(crate) enum Answer {
    Instances { list: Arc<[Instance]>, by_nearness: bool, all: Value },
    Services(Value),
    Key(Option<Arc<KvEntry>>),
}

impl Answer {
    pub(crate) fn new(query: &Query, data: Data) -> Self {
        match data {
            Data::Instances(list) => {
                let by_nearness = matches!(query, Query::Instances(query) if query.near.is_some());
                let all = object::instances(&list, by_nearness, |_| true);
                Self::Instances { list, by_nearness, all }
            }
            Data::Services(services) => Self::Services(object::snippets(&services)),
            Data::Value(entry) => Self::Key(entry),
        }
    }

    /// The instances that `filter` lets pass; none if this is no answer of that kind.
    pub(crate) fn instances(&self, filter: &Filter) -> Option<Value> {
        match (self, filter) {
            (Self::Instances { all, .. }, Filter::All) => Some(all.clone()),
            (Self::Instances { list, by_nearness, .. }, Filter::Statuses(statuses)) => {
                let wanted = |instance: &Instance| statuses.contains(&object::aggregated_status(&instance.checks));
                Some(object::instances(list, *by_nearness, wanted))
            }
            _ => None,
        }
    }
}
