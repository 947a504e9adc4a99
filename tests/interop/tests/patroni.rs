//! Patroni keeps the leader of two PostgreSQL nodes in muster: when it is killed, the other one takes over.

use std::time::{Duration, Instant};

use muster_interop::agent::Agent;
use muster_interop::patroni::{Patroni, SCOPE, TTL, instances_tagged};
use muster_interop::skip::or_skip;
use muster_testbed::probe;
use muster_testbed::wait::until;

const START: Duration = Duration::from_secs(180);
const PATIENCE: Duration = Duration::from_secs(120);

#[tokio::test]
#[ignore = "needs Patroni and PostgreSQL: make test-ci runs it"]
async fn the_other_node_takes_over_from_a_killed_leader() {
    let Some(patroni) = or_skip("patroni: the_other_node_takes_over_from_a_killed_leader", Patroni::find()) else {
        return;
    };
    let agent = Agent::start().await;
    let mut first = patroni.start("first", agent.address());
    until("the first node leads", START, async || first.is("primary").await).await.unwrap();
    let second = patroni.start("second", agent.address());
    until("the second node follows", START, async || second.is("replica").await).await.unwrap();
    assert_eq!(leader(&agent).await.unwrap(), "first");
    first.sql("CREATE TABLE kept (what text); INSERT INTO kept VALUES ('before')").await.unwrap();
    until("the row is on both", PATIENCE, async || match second.sql("SELECT what FROM kept").await {
        Ok(text) if text == "before" => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .await
    .unwrap();
    tagged(&agent, "master", first.port()).await;

    let killed = Instant::now();
    first.kill().await;
    until("the second node leads", PATIENCE, async || second.is("primary").await).await.unwrap();
    let took = killed.elapsed();
    println!("patroni: the other node led {:.1} s after the kill; ttl {TTL} s", took.as_secs_f64());
    assert_eq!(leader(&agent).await.unwrap(), "second");
    // Patroni says that it leads as soon as it has the lock; PostgreSQL takes writes a moment later.
    until("it takes writes", PATIENCE, async || second.sql("INSERT INTO kept VALUES ('after')").await.map(drop))
        .await
        .unwrap();
    assert_eq!(second.sql("SELECT what FROM kept ORDER BY what").await.unwrap(), "after\nbefore");
    tagged(&agent, "master", second.port()).await;
}

/// Who holds the leader's key.
async fn leader(agent: &Agent) -> Result<String, String> {
    let path = format!("/v1/kv/service/{SCOPE}/leader?raw");
    let answer = probe::get(agent.address(), &path, PATIENCE).await.map_err(|error| error.to_string())?;
    if answer.status.is_success() { Ok(answer.text()) } else { Err(answer.text()) }
}

/// The service that Patroni registers has one instance with the tag, the one on that port.
async fn tagged(agent: &Agent, tag: &str, port: u16) {
    until("the service's tag follows", PATIENCE, async || {
        let ports = instances_tagged(agent.address(), tag).await?;
        if ports == [u64::from(port)] { Ok(()) } else { Err(format!("{tag}: {ports:?}, not {port}")) }
    })
    .await
    .unwrap_or_else(|error| panic!("{error}"));
}
