//! Names of headers as hyper wants them: read once, when this is compiled.

use hyper::header::HeaderName;

pub(crate) static INDEX: HeaderName = HeaderName::from_static("x-consul-index");
pub(crate) static KNOWN_LEADER: HeaderName = HeaderName::from_static("x-consul-knownleader");
pub(crate) static LAST_CONTACT: HeaderName = HeaderName::from_static("x-consul-lastcontact");
pub(crate) static EFFECTIVE_CONSISTENCY: HeaderName = HeaderName::from_static("x-consul-effective-consistency");
pub(crate) static QUERY_BACKEND: HeaderName = HeaderName::from_static("x-consul-query-backend");
pub(crate) static DEFAULT_ACL_POLICY: HeaderName = HeaderName::from_static("x-consul-default-acl-policy");
pub(crate) static CACHE: HeaderName = HeaderName::from_static("x-cache");

#[cfg(test)]
mod tests {
    use super::*;
    use muster_wire::header;

    #[test]
    fn names_are_wires() {
        for (own, wires) in [
            (&INDEX, header::INDEX),
            (&KNOWN_LEADER, header::KNOWN_LEADER),
            (&LAST_CONTACT, header::LAST_CONTACT),
            (&EFFECTIVE_CONSISTENCY, header::EFFECTIVE_CONSISTENCY),
            (&QUERY_BACKEND, header::QUERY_BACKEND),
            (&DEFAULT_ACL_POLICY, header::DEFAULT_ACL_POLICY),
            (&CACHE, header::CACHE),
        ] {
            assert!(own.as_str().eq_ignore_ascii_case(wires), "{own} {wires}");
        }
    }
}
