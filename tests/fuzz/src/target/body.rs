//! Bodies of requests, and of answers as the client reads them.

use std::time::Duration;

use muster_model::{NodeName, SessionId};
use muster_wire::json;
use muster_wire::read::{
    agent_checks, agent_self, agent_services, catalog_node, catalog_services, health_checks, health_service,
    kv_entries, kv_keys,
};
use muster_wire::request::{
    create_session, deregister, register, register_check, register_service, transaction, update_check,
    write_deregister, write_register, write_service_registration,
};

/// Each reader takes it or says why not; what was taken and is written as the client writes it is taken again, as the
/// same.
pub(crate) fn run(bytes: &[u8]) {
    if let Ok(value) = json::parse(bytes) {
        let pretty = json::pretty(bytes);
        assert_eq!(json::parse(&pretty).ok(), Some(value), "indented it means the same");
    }
    said(register_check(bytes));
    said(update_check(bytes));
    said(transaction(bytes));
    let (id, node) = (SessionId::new("s").expect("an ID"), NodeName::new("n").expect("a name"));
    said(create_session(bytes, id, &node, Duration::from_secs(10)));
    written_again(bytes, register_service, write_service_registration);
    written_again(bytes, register, write_register);
    written_again(bytes, deregister, write_deregister);
    let _ = (health_service(bytes), health_checks(bytes), catalog_services(bytes), catalog_node(bytes));
    let _ = (agent_self(bytes), agent_services(bytes), agent_checks(bytes), kv_entries(bytes), kv_keys(bytes));
}

/// What is refused is refused with words.
fn said<T, E: std::fmt::Display>(read: Result<T, E>) -> Option<T> {
    match read {
        Ok(value) => Some(value),
        Err(error) => {
            assert!(!error.to_string().is_empty());
            None
        }
    }
}

fn written_again<T: PartialEq + std::fmt::Debug, E: std::fmt::Display>(
    bytes: &[u8],
    read: impl Fn(&[u8]) -> Result<T, E>,
    write: impl Fn(&mut Vec<u8>, &T),
) {
    let Some(value) = said(read(bytes)) else { return };
    let mut body = Vec::new();
    write(&mut body, &value);
    let again = read(&body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&body)));
    let mut once_more = Vec::new();
    write(&mut once_more, &again);
    // The client writes only what it itself sends: what else a body may say is left out, once.
    assert_eq!(String::from_utf8_lossy(&body), String::from_utf8_lossy(&once_more));
}
