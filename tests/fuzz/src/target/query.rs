//! Query strings and paths of requests.

use muster_model::is_printable;
use muster_wire::query::{
    Params, QueryOptions, Scope, datacenter, is_escaped_well, passing, path, plain_path, unescape_path,
};
use muster_wire::request::{EventRequest, KvDelete, KvGet, KvPut};

const SCOPES: [Scope; 2] = [Scope::Namespace, Scope::Partition];

/// What stands before the first `?` is a path, what follows a query string; whatever is read is read the same way
/// again from how it is written.
pub(crate) fn run(bytes: &[u8]) {
    // A request target is ASCII by the time that it gets here; hyper refuses others.
    let text: String = bytes.iter().map(|byte| char::from(byte & 0x7f)).collect();
    let (argument, query) = text.split_once('?').unwrap_or((&text, ""));
    arguments(argument);
    let Ok(params) = Params::parse(query) else { return };
    let encoded = params.encode();
    let again = Params::parse(&encoded).expect("what we write can be read");
    assert_eq!(again.encode(), encoded);
    for name in ["index", "wait", "filter", "tag", "dc", "stale", "acquire"] {
        assert_eq!(again.get(name), params.get(name));
        assert_eq!(again.has(name), params.has(name));
    }
    let header = |_: &str| -> Option<&str> { Some(query) };
    let read = QueryOptions::read(&params, |_| None);
    assert_eq!(read, QueryOptions::read(&params, |_| None));
    let _ = (QueryOptions::read(&params, header), QueryOptions::freshness(&params, header));
    let _ = (QueryOptions::waiting(&params), datacenter(&params));
    let _ = SCOPES.map(|scope| scope.check(&params, header));
    let _ = passing(&params);
    let key = unescape_path(argument).unwrap_or_default();
    let _ = (KvGet::read(&key, &params), KvPut::read(&key, &params), KvDelete::read(&key, &params));
    let _ = EventRequest::read(&key, &params, bytes.len());
}

fn arguments(argument: &str) {
    let _ = argument.chars().all(is_printable);
    let plain = plain_path(argument);
    assert_eq!(plain_path(&plain), plain, "what is plain stays as it is");
    assert_eq!(is_escaped_well(argument), is_escaped_well(&plain));
    if let Ok(decoded) = unescape_path(argument) {
        assert!(is_escaped_well(argument));
        let target = path("/v1/kv/", &decoded);
        let back = target.strip_prefix("/v1/kv/").expect("it begins so");
        assert_eq!(unescape_path(back).expect("what we write can be read"), decoded);
    }
}
