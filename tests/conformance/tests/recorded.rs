//! What Consul 1.21.4 was recorded to answer, one test for each sequence.

use muster_conformance::{record, replay, skipped};

#[test]
fn skip_list_is_true_and_does_not_grow() {
    let list = skipped::list();
    assert_eq!(skipped::problems(&list, &record::sequences(), skipped::MOST), [""; 0]);
    let parts: std::collections::BTreeSet<_> = list.iter().map(|entry| entry.part.as_str()).collect();
    let rows: usize = record::sequences().values().map(Vec::len).sum();
    let line = format!("conformance: {} of {} rows are skipped, waiting for: {parts:?}", list.len(), rows);
    muster_conformance::target::announce(&line);
}

#[test]
fn each_difference_is_named_in_the_documents() {
    let list = skipped::differences();
    assert_eq!(skipped::problems(&list, &record::sequences(), skipped::MOST_DIFFERENT), [""; 0]);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/compatibility.md");
    let text = std::fs::read_to_string(path).expect("docs/compatibility.md is there");
    for entry in &list {
        assert!(text.contains(&format!("| {} |", entry.part)), "{entry:?}");
    }
    muster_conformance::target::announce(&format!("conformance: {} rows differ on purpose", list.len()));
}

macro_rules! sequences {
    ($($test:ident: $name:literal,)*) => {
        const SEQUENCES: &[&str] = &[$($name),*];
        $(
            #[test]
            fn $test() {
                replay::run($name);
            }
        )*
        /// The same of a real Consul, if there is one: the record is true.
        mod peer {
            use super::replay;
            $(
                #[test]
                fn $test() {
                    replay::run_on_peer($name);
                }
            )*
        }
    };
}

sequences! {
    kv_basics: "kv basics",
    kv_cas: "kv cas",
    sessions_and_locks: "sessions and locks",
    catalog: "catalog",
    agent_services: "agent services",
    agent_checks: "agent checks",
    txn: "txn",
    filters: "filters",
    cross_cutting: "cross-cutting",
    acls_off: "ACLs off",
    agent_check_register_wrong_input: "agent check register: wrong input",
    agent_control: "agent control",
    agent_identity: "agent identity",
    agent_service_register_wrong_input: "agent service register: wrong input",
    bodies_agent: "bodies: agent",
    bodies_catalog: "bodies: catalog",
    bodies_lists: "bodies: lists given twice",
    bodies_locks: "bodies: a plain put on a lock",
    bodies_sessions: "bodies: sessions",
    bodies_transactions: "bodies: transactions",
    catalog_register_wrong_input: "catalog register: wrong input",
    connect: "connect",
    events: "events",
    http_methods_paths_and_encodings: "http: methods, paths and encodings",
    kv_parameters_and_wrong_input: "kv: parameters and wrong input",
    operator_and_coordinates: "operator and coordinates",
    options_always_empty: "options: always empty",
    options_two_mistakes: "options: two mistakes",
    parameters_catalog_node: "parameters: catalog node",
    parameters_catalog_node_services: "parameters: catalog node-services",
    parameters_catalog_nodes: "parameters: catalog nodes",
    parameters_catalog_service: "parameters: catalog service",
    parameters_catalog_services: "parameters: catalog services",
    parameters_health_checks: "parameters: health checks",
    parameters_health_node: "parameters: health node",
    parameters_health_service: "parameters: health service",
    parameters_health_state: "parameters: health state",
    sessions_wrong_input: "sessions: wrong input",
    transactions_wrong_input: "transactions: wrong input",
}

#[test]
fn every_sequence_is_asked() {
    let mut asked = SEQUENCES.to_vec();
    asked.sort_unstable();
    assert_eq!(asked, record::sequences().keys().map(String::as_str).collect::<Vec<_>>());
}
