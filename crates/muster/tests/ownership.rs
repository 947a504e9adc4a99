//! What an agent has on its own node is its own, whatever others write to the catalog.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[path = "running/agent.rs"]
mod agent;

use agent::Agent;

/// What is said of the node's own, with the indexes that it is said at.
fn said(agent: &Agent) -> Vec<String> {
    let paths = [
        "/v1/agent/services",
        "/v1/agent/checks",
        "/v1/health/service/own?passing",
        "/v1/health/node/n1",
        "/v1/catalog/nodes",
        "/v1/session/list",
    ];
    let answers = paths.iter().map(|path| agent.ask("GET", path, ""));
    answers
        .map(|answer| answer.lines().filter(|line| !line.starts_with("date:")).collect::<Vec<_>>().join("\n"))
        .collect()
}

#[test]
fn others_neither_change_nor_remove_what_the_agent_has() {
    let directory = tempfile::tempdir().unwrap();
    let agent = Agent::durable(directory.path());
    agent.body(
        "PUT",
        "/v1/agent/service/register",
        r#"{"Name":"own","Port":80,"Check":{"TTL":"10m","Status":"passing"}}"#,
    );
    agent.body("PUT", "/v1/session/create", "");
    let before = said(&agent);
    let check = r#"{"CheckID":"service:own","Name":"x","ServiceID":"own","Status":"critical"}"#;
    let service = r#"{"ID":"own","Service":"own","Port":1,"Tags":["x"]}"#;
    let health = r#"{"CheckID":"serfHealth","Name":"x","Status":"critical"}"#;
    let node = r#""Node":"n1","Address":"10.9.9.9""#;
    for body in [
        format!(r#"{{{node},"Service":{service},"Check":{check}}}"#),
        format!(r#"{{{node},"Check":{health}}}"#),
        format!(r#"{{{node},"Service":{{"ID":"consul","Service":"consul","Port":1}}}}"#),
    ] {
        assert_eq!(agent.body("PUT", "/v1/catalog/register", &body), "true", "{body}");
    }
    for target in [r#","CheckID":"service:own""#, r#","CheckID":"serfHealth""#, r#","ServiceID":"own""#, ""] {
        let body = format!(r#"{{"Node":"n1"{target}}}"#);
        assert_eq!(agent.body("PUT", "/v1/catalog/deregister", &body), "true", "{body}");
    }
    let operations = format!(
        r#"[{{"Service":{{"Verb":"set","Node":"n1","Service":{service}}}}},
            {{"Check":{{"Verb":"set","Check":{{"Node":"n1","CheckID":"serfHealth","Name":"x","Status":"critical"}}}}}},
            {{"Node":{{"Verb":"delete","Node":{{"Node":"n1"}}}}}}]"#
    );
    agent.body("PUT", "/v1/txn", &operations);
    assert_eq!(said(&agent), before);
    agent.body("PUT", "/v1/agent/check/pass/service:own", "");
    agent.body("PUT", "/v1/agent/service/deregister/own", "");
    assert_eq!(agent.body("GET", "/v1/health/service/own", ""), "[]", "the agent itself takes it out");
}

#[test]
fn tags_are_taken_over_where_the_service_says_so_and_stay() {
    let directory = tempfile::tempdir().unwrap();
    let agent = Agent::durable(directory.path());
    let own = r#"{"Name":"own","Port":80,"Tags":["old"],"EnableTagOverride":true}"#;
    agent.body("PUT", "/v1/agent/service/register", own);
    let service = r#"{"ID":"own","Service":"own","Port":1,"Tags":["new"],"EnableTagOverride":true}"#;
    let body = format!(r#"{{"Node":"n1","Address":"127.0.0.1","Service":{service}}}"#);
    agent.body("PUT", "/v1/catalog/register", &body);
    let has = |agent: &Agent| {
        let found = agent.body("GET", "/v1/agent/service/own?pretty", "");
        assert!(found.contains(r#""new""#) && found.contains(r#""Port": 80"#) && !found.contains("old"), "{found}");
    };
    has(&agent);
    agent.signal("KILL");
    drop(agent);
    has(&Agent::durable(directory.path()));
}
