//! The registry's answers as templates see them.

mod catalog_snippet;
mod health_check;
mod health_service;

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use muster_gotemplate::{FieldType, Map, NamedType, Type, Value};

pub(crate) use catalog_snippet::{CATALOG_SNIPPET, snippets};
pub(crate) use health_check::aggregated_status;
pub(crate) use health_service::{HEALTH_SERVICE, instances};

/// Go's `dependency.ServiceTags`, a `[]string`.
static SERVICE_TAGS: LazyLock<Arc<NamedType>> = LazyLock::new(|| {
    Arc::new(NamedType {
        name: "dependency.ServiceTags".into(),
        underlying: Type::slice(Type::String),
        methods: Vec::new(),
    })
});

/// A field's name and type.
fn field(name: &str, of: Type) -> FieldType {
    FieldType { name: name.into(), of }
}

/// Tags, sorted as consul-template sorts them.
fn sorted_tags(tags: &[Arc<str>]) -> Value {
    let mut tags: Vec<&str> = tags.iter().map(|tag| &**tag).collect();
    tags.sort_unstable();
    Value::named(Arc::clone(&SERVICE_TAGS), Value::strings(tags))
}

/// A `map[string]string`.
fn string_map(pairs: &BTreeMap<Arc<str>, Arc<str>>) -> Value {
    let pairs = pairs.iter().map(|(key, value)| (Value::from(Arc::clone(key)), Value::from(Arc::clone(value))));
    Value::Map(Arc::new(Map::of_strings(pairs)))
}
