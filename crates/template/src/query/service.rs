//! `[TAG.]NAME[?QUERY][@DC][~NEAR][|FILTER]`

use std::sync::Arc;

use muster_catalog::{InstanceQuery, Query};
use muster_model::ServiceName;

use super::InvalidQuery;
use super::grammar::{Rest, bad_format, check_parameters, is_word, quoted};

const ENDPOINT: &str = "health.service";

/// A question, and which of the instances in the answer are wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) query: Query,
    pub(crate) filter: Filter,
}

/// Which instances are wanted, by the worst of their checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Filter {
    /// All that the registry gives.
    All,
    /// Those of these statuses.
    Statuses(Vec<&'static str>),
}

/// Reads what `service` is given, its arguments already joined with `|`.
pub(crate) fn service(text: &str) -> Result<Asked, InvalidQuery> {
    let mut rest = Rest(text);
    // A tag may hold points and a name may not, so the last point parts them.
    let head = rest.run(|byte| is_word(byte) || matches!(byte, b'=' | b':' | b'.' | b'-')).unwrap_or_default();
    let (tag, name) = match head.rsplit_once('.') {
        Some((tag, name)) => (Some(tag), name),
        None => (None, head),
    };
    let parameters = rest.parameters();
    let datacenter = rest.datacenter();
    let near = rest.near();
    let filter = rest.filter();
    let name_is_plain = !name.is_empty() && name.bytes().all(|byte| is_word(byte) || byte == b'-');
    if !rest.0.is_empty() || !name_is_plain || tag == Some("") {
        return Err(bad_format(ENDPOINT, text));
    }
    let (filter, passing_only) = statuses(filter, text)?;
    check_parameters(ENDPOINT, parameters)?;
    let service = ServiceName::new(name).map_err(|_| bad_format(ENDPOINT, text))?;
    let query = InstanceQuery { service, tag: tag.map(Arc::from), passing_only, near, datacenter };
    Ok(Asked { query: Query::Instances(query), filter })
}

/// The filter, and whether the registry itself can apply it.
fn statuses(filter: Option<&str>, text: &str) -> Result<(Filter, bool), InvalidQuery> {
    let Some(filter) = filter else {
        return Ok((Filter::All, true));
    };
    let mut statuses = Vec::new();
    for word in filter.split(',').filter(|word| !word.is_empty()) {
        let known = ["any", "passing", "warning", "critical", "maintenance"].into_iter().find(|known| *known == word);
        match known {
            Some(status) => statuses.push(status),
            None => {
                let (filter, text) = (quoted(word), quoted(text));
                return Err(InvalidQuery::Filter { endpoint: ENDPOINT, filter, text });
            }
        }
    }
    Ok(match statuses[..] {
        ["passing"] => (Filter::All, true),
        _ if statuses.contains(&"any") => (Filter::All, false),
        _ => (Filter::Statuses(statuses), false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instances(text: &str) -> (InstanceQuery, Filter) {
        let asked = service(text).unwrap();
        match asked.query {
            Query::Instances(query) => (query, asked.filter),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_every_part() {
        let (query, filter) = instances("v1.2.web-api?ns=default@dc.1~_agent|warning,critical");
        assert_eq!(query.service.as_str(), "web-api");
        assert_eq!(query.tag.as_deref(), Some("v1.2"));
        assert_eq!(query.datacenter.as_deref(), Some("dc.1"));
        assert_eq!(query.near.as_deref(), Some("_agent"));
        assert!(!query.passing_only);
        assert_eq!(filter, Filter::Statuses(vec!["warning", "critical"]));
    }

    #[test]
    fn healthy_ones_are_asked_for_by_default() {
        for text in ["web", "web|passing"] {
            let (query, filter) = instances(text);
            assert!(query.passing_only, "{text}");
            assert_eq!(filter, Filter::All);
        }
        let (query, filter) = instances("web|any,passing");
        assert!(!query.passing_only);
        assert_eq!(filter, Filter::All);
    }

    #[test]
    fn refuses_in_consul_templates_words() {
        let error = |text| service(text).unwrap_err().to_string();
        for text in ["web|", "we b", ".web", "web.", "web~a@dc", "web@", "wéb", "|any", "a:b"] {
            assert_eq!(error(text), format!("health.service: invalid format: {text:?}"), "{text}");
        }
        assert_eq!(error("web|bad"), "health.service: invalid filter: \"bad\" in \"web|bad\"");
        assert_eq!(
            error("web?x=1"),
            "health.service: invalid query parameter key \"x\" in query \"x=1\": \
             supported keys: ns,peer,partition,sameness-group"
        );
        assert_eq!(error("web?ns=team"), "health.service: query parameter \"ns\" is not supported");
    }
}
