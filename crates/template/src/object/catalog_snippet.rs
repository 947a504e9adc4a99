//! What `services` gives.

use std::sync::{Arc, LazyLock};

use muster_catalog::ServiceTags;
use muster_gotemplate::{Record, StructType, Type, Value};

use super::{SERVICE_TAGS, field, sorted_tags};

/// consul-template's `dependency.CatalogSnippet`.
pub(crate) static CATALOG_SNIPPET: LazyLock<Arc<StructType>> = LazyLock::new(|| {
    Arc::new(StructType {
        name: "dependency.CatalogSnippet".into(),
        fields: vec![field("Name", Type::String), field("Tags", Type::Named(Arc::clone(&SERVICE_TAGS)))],
        methods: Vec::new(),
    })
});

/// A `[]*dependency.CatalogSnippet`, by name.
pub(crate) fn snippets(services: &Arc<[ServiceTags]>) -> Value {
    let mut order: Vec<usize> = (0..services.len()).collect();
    order.sort_by(|&a, &b| services[a].name.cmp(&services[b].name));
    let snippet = |at| Value::Pointer(Arc::new(CatalogSnippet { services: Arc::clone(services), at }));
    Value::slice(Type::Pointer(Arc::clone(&CATALOG_SNIPPET)), order.into_iter().map(snippet).collect())
}

struct CatalogSnippet {
    services: Arc<[ServiceTags]>,
    at: usize,
}

impl Record for CatalogSnippet {
    fn struct_type(&self) -> &Arc<StructType> {
        &CATALOG_SNIPPET
    }

    fn field(&self, index: usize) -> Value {
        let service = &self.services[self.at];
        match index {
            0 => Value::from(service.name.shared()),
            _ => sorted_tags(&service.tags),
        }
    }
}
