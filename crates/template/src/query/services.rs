//! `[?QUERY][@DC]`

use muster_catalog::Query;

use super::InvalidQuery;
use super::grammar::{Rest, bad_format, check_parameters};

const ENDPOINT: &str = "catalog.services";

/// Reads what `services` is given, its arguments already joined.
pub(crate) fn services(text: &str) -> Result<Query, InvalidQuery> {
    let mut rest = Rest(text);
    let parameters = rest.parameters();
    let datacenter = rest.datacenter();
    if !rest.0.is_empty() {
        return Err(bad_format(ENDPOINT, text));
    }
    check_parameters(ENDPOINT, parameters)?;
    Ok(Query::Services { datacenter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_nothing_or_a_datacenter() {
        assert_eq!(services("").unwrap(), Query::Services { datacenter: None });
        assert_eq!(services("@dc1").unwrap(), Query::Services { datacenter: Some("dc1".into()) });
        assert_eq!(services("dc1").unwrap_err().to_string(), "catalog.services: invalid format: \"dc1\"");
    }
}
