//! The loop against an engine and an agent in memory. Time is virtual: it jumps when all wait.

mod fakes;
mod lease;

use std::time::Duration;

use super::*;
use crate::{Flags, Host};
use fakes::{FakeAgent, FakeEngine, container, foreign};

const INTERVAL: Duration = Duration::from_secs(10);

struct Bench {
    engine: Arc<FakeEngine>,
    agent: Arc<FakeAgent>,
    running: Option<(CancellationToken, tokio::task::JoinHandle<Result<(), RunError>>)>,
    flags: Flags,
    prompt: Option<Prompt>,
}

impl Bench {
    fn new() -> Self {
        Self { engine: Arc::default(), agent: Arc::default(), running: None, flags: Flags::default(), prompt: None }
    }

    /// Starts a registrar with a host name of its own, and waits until it is ready.
    async fn start(&mut self, host: &str) {
        let mut ready = self.start_unready(host);
        let ready = ready.wait_for(|ready| *ready);
        tokio::time::timeout(Duration::from_secs(3600), ready).await.expect("never ready").unwrap();
    }

    fn start_unready(&mut self, host: &str) -> watch::Receiver<bool> {
        let host = Host { name: host.into(), address: Some("10.0.0.1".into()) };
        let mut config = Config::new(self.flags.clone(), host, false, INTERVAL).unwrap();
        config.settings.lease = false;
        let registrar = config.build(self.engine.clone(), self.agent.clone());
        let ready = registrar.ready();
        self.prompt = Some(registrar.prompt());
        let shutdown = CancellationToken::new();
        self.running = Some((shutdown.clone(), tokio::spawn(registrar.run(shutdown))));
        ready
    }

    async fn stop(&mut self) {
        let (shutdown, task) = self.running.take().unwrap();
        shutdown.cancel();
        task.await.unwrap().unwrap();
    }

    /// Waits until exactly these are registered, as `ID=address:port`.
    async fn until(&self, expected: &[&str]) {
        self.agent.until(|agent| agent.lines() == expected, expected).await;
    }
}

/// Lets virtual time pass, so that whatever was going to happen has happened.
async fn idle(duration: Duration) {
    sleep(duration).await;
}

#[tokio::test(start_paused = true)]
async fn start_registers_what_runs_and_rest_writes_nothing() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.engine.put(container("api", 8001));
    bench.agent.insert(foreign("db"));
    bench.start("H").await;
    bench.until(&["H:api:80=10.0.0.1:8001", "H:web:80=10.0.0.1:8000", "db=10.9.9.9:1"]).await;
    assert_eq!(bench.agent.commands().len(), 2);
    let inspected = bench.engine.inspections();
    idle(10 * INTERVAL).await;
    assert_eq!(bench.agent.commands().len(), 2);
    assert_eq!(bench.engine.inspections(), inspected, "what is listed as before is not inspected again");
}

#[tokio::test(start_paused = true)]
async fn start_and_die_are_followed_at_once() {
    let mut bench = Bench::new();
    bench.start("H").await;
    let before = Instant::now();
    bench.engine.start(container("web", 8000));
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
    bench.engine.die("web", 0);
    bench.until(&[]).await;
    bench.engine.start(container("api", 8001));
    bench.until(&["H:api:80=10.0.0.1:8001"]).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
    assert_eq!(bench.agent.commands(), ["+H:web:80", "-H:web:80", "+H:api:80"]);
}

#[tokio::test(start_paused = true)]
async fn a_quick_restart_on_another_port_ends_with_the_new_port() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    // Both events are there before the first is looked at.
    bench.engine.die("web", 0);
    bench.engine.start(container("web", 8001));
    bench.until(&["H:web:80=10.0.0.1:8001"]).await;
    idle(3 * INTERVAL).await;
    assert_eq!(bench.agent.commands(), ["+H:web:80", "+H:web:80"], "never taken out in between");
}

#[tokio::test(start_paused = true)]
async fn a_container_that_waits_for_its_restart_does_not_serve() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    let mut restarting = container("web", 8000);
    restarting.state.restarting = true;
    bench.engine.start(restarting);
    bench.until(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn a_failed_deregistration_is_tried_until_it_is_done() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    bench.agent.fail_deregistrations(7);
    let before = Instant::now();
    bench.engine.die("web", 0);
    bench.until(&[]).await;
    assert_eq!(bench.agent.commands(), ["+H:web:80", "-H:web:80"]);
    // Registrator forgets at the first failure; here each was a try of its own, further and further apart.
    assert!(before.elapsed() < 2 * INTERVAL, "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn events_missed_while_the_stream_was_down_are_made_up_for() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.engine.put(container("api", 8001));
    bench.start("H").await;
    bench.engine.go_away();
    idle(Duration::from_secs(60)).await;
    bench.until(&["H:api:80=10.0.0.1:8001", "H:web:80=10.0.0.1:8000"]).await;
    bench.engine.remove("web");
    bench.engine.put(container("new", 8002));
    bench.engine.come_back();
    bench.until(&["H:api:80=10.0.0.1:8001", "H:new:80=10.0.0.1:8002"]).await;
    bench.engine.die("api", 0);
    bench.until(&["H:new:80=10.0.0.1:8002"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_shuts_down_is_believed_about_the_containers_it_ends() {
    let mut bench = Bench::new();
    bench.flags.deregister = "on-success".into();
    for (name, port) in [("a", 8000), ("b", 8001), ("bad", 8002), ("live", 8003)] {
        bench.engine.put(container(name, port));
    }
    bench.start("H").await;
    bench.engine.stop_answering();
    bench.engine.die("a", 0);
    bench.until(&["H:b:80=10.0.0.1:8001", "H:bad:80=10.0.0.1:8002", "H:live:80=10.0.0.1:8003"]).await;
    bench.engine.die("bad", 1);
    bench.engine.die("b", 143);
    bench.engine.go_away();
    let stays = ["H:bad:80=10.0.0.1:8002", "H:live:80=10.0.0.1:8003"];
    bench.until(&stays).await;
    idle(6 * INTERVAL).await;
    bench.until(&stays).await;
}

#[tokio::test(start_paused = true)]
async fn an_engine_that_appears_later_is_picked_up() {
    let mut bench = Bench::new();
    bench.engine.go_away();
    bench.engine.put(container("web", 8000));
    let ready = bench.start_unready("H");
    idle(Duration::from_secs(600)).await;
    assert!(!*ready.borrow());
    bench.engine.come_back();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_emptied_registry_is_filled_within_one_interval() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    bench.agent.forget_all();
    let before = Instant::now();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
    assert!(before.elapsed() <= INTERVAL);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_was_away_and_comes_back_empty_is_filled_when_it_answers() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    bench.agent.go_away();
    bench.engine.start(container("api", 8001));
    idle(3 * INTERVAL).await;
    bench.agent.forget_all();
    bench.agent.come_back();
    let before = Instant::now();
    bench.until(&["H:api:80=10.0.0.1:8001", "H:web:80=10.0.0.1:8000"]).await;
    assert!(before.elapsed() <= Duration::from_secs(5), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_began_anew_is_filled_at_once() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.agent.begin_anew(40);
    bench.start("H").await;
    idle(INTERVAL / 2).await;
    bench.agent.forget_all();
    bench.agent.begin_anew(3);
    let before = Instant::now();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_registry_that_was_away_while_nothing_happened_is_filled_as_soon_as_it_answers() {
    let mut bench = Bench::new();
    bench.flags.resync = 3600;
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    idle(INTERVAL).await;
    bench.agent.go_away();
    idle(INTERVAL).await;
    bench.agent.forget_all();
    bench.agent.come_back();
    let before = Instant::now();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
    assert!(before.elapsed() <= Duration::from_millis(200), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn changes_of_others_ask_for_no_comparison() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.flags.resync = 3600;
    bench.start("H").await;
    bench.agent.forget_all();
    for index in 1..5 {
        bench.agent.begin_anew(index);
        idle(INTERVAL).await;
    }
    assert_eq!(bench.agent.lines(), Vec::<String>::new(), "nothing was compared, so nothing was found missing");
}

#[tokio::test(start_paused = true)]
async fn a_full_pass_is_made_when_it_is_asked_for() {
    let mut bench = Bench::new();
    bench.flags.resync = 3600;
    bench.start("H").await;
    bench.engine.put(container("web", 8000));
    let before = Instant::now();
    bench.prompt.clone().unwrap().full_pass();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_registry_is_filled_while_the_engine_is_away() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.start("H").await;
    bench.engine.go_away();
    bench.agent.forget_all();
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_own_restart_leaves_neither_ghosts_nor_duplicates() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.engine.put(container("api", 8001));
    bench.start("H").await;
    bench.stop().await;
    assert_eq!(bench.agent.lines().len(), 2, "what is registered outlives its registrar");
    bench.engine.remove("web");
    bench.start("H").await;
    bench.until(&["H:api:80=10.0.0.1:8001"]).await;
    assert_eq!(bench.agent.commands()[2..], ["-H:web:80"]);
    bench.stop().await;
    // Another host name makes other IDs; the mark still tells which are ours.
    bench.start("G").await;
    bench.until(&["G:api:80=10.0.0.1:8001"]).await;
}

#[tokio::test(start_paused = true)]
async fn foreign_entries_are_never_touched() {
    let mut bench = Bench::new();
    bench.agent.insert(foreign("db"));
    bench.agent.insert(foreign("H:gone:80"));
    bench.start("H").await;
    bench.engine.start(container("web", 8000));
    bench.engine.die("web", 0);
    idle(3 * INTERVAL).await;
    bench.until(&["H:gone:80=10.9.9.9:1", "db=10.9.9.9:1"]).await;
    assert!(bench.agent.commands().iter().all(|command| command.ends_with("H:web:80")));
}

#[tokio::test(start_paused = true)]
async fn cleanup_removes_what_a_predecessor_left_for_this_host() {
    let mut bench = Bench::new();
    bench.flags.cleanup = true;
    bench.agent.insert(foreign("db"));
    bench.agent.insert(foreign("H:gone:80"));
    bench.start("H").await;
    bench.until(&["db=10.9.9.9:1"]).await;
}

#[tokio::test(start_paused = true)]
async fn on_success_keeps_what_ended_badly_until_it_is_removed() {
    let mut bench = Bench::new();
    bench.flags.deregister = "on-success".into();
    for (name, port) in [("bad", 8000), ("good", 8001), ("killed", 8002)] {
        bench.engine.put(container(name, port));
    }
    bench.start("H").await;
    bench.engine.die("bad", 1);
    bench.engine.die("good", 0);
    bench.engine.die("killed", 137);
    bench.until(&["H:bad:80=10.0.0.1:8000"]).await;
    idle(3 * INTERVAL).await;
    bench.stop().await;
    bench.start("H").await;
    idle(3 * INTERVAL).await;
    bench.until(&["H:bad:80=10.0.0.1:8000"]).await;
    bench.engine.destroy("bad");
    bench.until(&[]).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_registry_refuses_is_not_tried_again_before_the_next_full_pass() {
    let mut bench = Bench::new();
    bench.agent.refuse("H:bad:80");
    bench.engine.put(container("bad", 8000));
    bench.start("H").await;
    bench.engine.start(container("web", 8001));
    bench.until(&["H:web:80=10.0.0.1:8001"]).await;
    assert_eq!(bench.agent.refusals(), 1);
    idle(3 * INTERVAL + INTERVAL / 2).await;
    assert_eq!(bench.agent.refusals(), 4);
}

#[tokio::test(start_paused = true)]
async fn one_sick_container_does_not_hold_up_the_others() {
    let mut bench = Bench::new();
    bench.engine.put(container("web", 8000));
    bench.engine.put(container("sick", 8001));
    bench.engine.make_sick("sick");
    bench.start("H").await;
    bench.until(&["H:web:80=10.0.0.1:8000"]).await;
}

#[tokio::test(start_paused = true)]
async fn who_shares_a_network_follows_its_owner() {
    let mut bench = Bench::new();
    bench.engine.put(fakes::at("pause", "172.17.0.2"));
    bench.engine.put(fakes::sharing("web", "pause"));
    bench.start("H").await;
    bench.until(&["H:web:80=172.17.0.2:80"]).await;
    let before = Instant::now();
    bench.engine.start(fakes::at("pause", "172.17.0.7"));
    bench.until(&["H:web:80=172.17.0.7:80"]).await;
    assert_eq!(before.elapsed(), Duration::ZERO);
    idle(3 * INTERVAL).await;
    // The same without an event: the list tells.
    bench.engine.put(fakes::at("pause", "172.17.0.9"));
    bench.until(&["H:web:80=172.17.0.9:80"]).await;
}

#[tokio::test(start_paused = true)]
async fn of_two_containers_with_one_service_id_the_other_takes_over_when_one_goes() {
    let mut bench = Bench::new();
    for (name, port) in [("a", 8000), ("b", 8001)] {
        let mut container = container(name, port);
        container.env.push("SERVICE_ID=x".into());
        bench.engine.put(container);
    }
    bench.start("H").await;
    bench.until(&["x=10.0.0.1:8000"]).await;
    idle(3 * INTERVAL).await;
    assert_eq!(bench.agent.commands().len(), 1);
    bench.engine.die("a", 0);
    bench.until(&["x=10.0.0.1:8001"]).await;
}

#[tokio::test(start_paused = true)]
async fn without_a_registry_the_start_gives_up_after_the_given_attempts() {
    let mut bench = Bench::new();
    bench.agent.go_away();
    bench.flags.retry_attempts = 3;
    let before = Instant::now();
    bench.start_unready("H");
    let (_, task) = bench.running.take().unwrap();
    let error = task.await.unwrap().unwrap_err();
    assert_eq!(error.to_string(), "no registry answered; tries: 4");
    assert_eq!(before.elapsed(), Duration::from_secs(6));
    bench.flags.retry_attempts = -1;
    let mut ready = bench.start_unready("H");
    idle(Duration::from_secs(3600)).await;
    bench.agent.come_back();
    ready.wait_for(|ready| *ready).await.unwrap();
}
