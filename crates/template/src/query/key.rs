//! `[/]PATH[?QUERY][@DC]`

use muster_catalog::Query;
use muster_model::Key;

use super::InvalidQuery;
use super::grammar::{Rest, bad_format, check_parameters};

const ENDPOINT: &str = "kv.get";

/// Reads what `key` and its kin are given, which is not empty.
pub(crate) fn key(text: &str) -> Result<Query, InvalidQuery> {
    let in_path = |byte| !matches!(byte, b'@' | b'?');
    // One slash at the start is dropped, unless it is the whole key.
    let without_slash = text.strip_prefix('/').filter(|rest| rest.bytes().next().is_some_and(in_path));
    let mut rest = Rest(without_slash.unwrap_or(text));
    let path = rest.run(in_path).unwrap_or_default();
    let parameters = rest.parameters();
    let datacenter = rest.datacenter();
    let key = Key::new(path).map_err(|_| bad_format(ENDPOINT, text))?;
    if !rest.0.is_empty() {
        return Err(bad_format(ENDPOINT, text));
    }
    check_parameters(ENDPOINT, parameters)?;
    Ok(Query::Key { key, datacenter })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_path_and_datacenter() {
        let query = |path: &str, datacenter: Option<&str>| Query::Key {
            key: Key::new(path).unwrap(),
            datacenter: datacenter.map(Into::into),
        };
        assert_eq!(key("a/b c").unwrap(), query("a/b c", None));
        assert_eq!(key("/a@dc1").unwrap(), query("a", Some("dc1")));
        assert_eq!(key("//a").unwrap(), query("/a", None));
        assert_eq!(key("/").unwrap(), query("/", None));
        assert_eq!(key("@dc1").unwrap_err().to_string(), "kv.get: invalid format: \"@dc1\"");
        assert_eq!(key("a@dc1@dc2").unwrap_err().to_string(), "kv.get: invalid format: \"a@dc1@dc2\"");
    }
}
