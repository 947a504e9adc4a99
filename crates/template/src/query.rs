//! What templates write to ask the registry something, and what it means.

mod grammar;
mod key;
mod service;
mod services;

use muster_catalog::Query;

pub(crate) use key::key;
pub(crate) use service::{Filter, service};
pub(crate) use services::services;

/// A question that is not written as it must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidQuery {
    #[error("{endpoint}: invalid format: {text}")]
    Format { endpoint: &'static str, text: String },
    #[error("{endpoint}: invalid filter: {filter} in {text}")]
    Filter { endpoint: &'static str, filter: String, text: String },
    #[error(
        "{endpoint}: invalid query parameter key {key} in query {text}: \
         supported keys: ns,peer,partition,sameness-group"
    )]
    Parameter { endpoint: &'static str, key: String, text: String },
    #[error("{endpoint}: cannot specify both peer and sameness-group")]
    PeerAndGroup { endpoint: &'static str },
    /// Consul Enterprise and peering, which muster does not have.
    #[error("{endpoint}: query parameter {key} is not supported")]
    Unsupported { endpoint: &'static str, key: String },
}

/// The name that a dependency goes by in logs, as consul-template names it.
pub(crate) fn dependency_name(query: &Query) -> String {
    let at = |datacenter: &Option<std::sync::Arc<str>>| datacenter.as_ref().map(|dc| format!("@{dc}"));
    match query {
        Query::Instances(query) => {
            let tag = query.tag.as_ref().map(|tag| format!("{tag}.")).unwrap_or_default();
            let datacenter = at(&query.datacenter).unwrap_or_default();
            let near = query.near.as_ref().map(|near| format!("~{near}")).unwrap_or_default();
            let filter = if query.passing_only { "passing" } else { "any" };
            format!("health.service({tag}{}{datacenter}{near}|{filter})", query.service)
        }
        Query::Services { datacenter: None } => "catalog.services".to_owned(),
        Query::Services { datacenter } => format!("catalog.services({})", at(datacenter).unwrap_or_default()),
        Query::Key { key, datacenter } => format!("kv.get({key}{})", at(datacenter).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a-z/.:=&?@~|, é-]{0,30}") {
            for asked in [super::service(&text).map(|asked| asked.query), super::services(&text), super::key(&text)] {
                match asked {
                    Ok(query) => prop_assert!(!super::dependency_name(&query).is_empty()),
                    Err(error) => prop_assert!(!error.to_string().is_empty()),
                }
            }
        }
    }
}
