use futures_util::FutureExt;
use muster_model::Key;

use super::*;

fn session() -> SessionId {
    SessionId::new("s").unwrap()
}

fn start(epoch: u64, seconds: u64) -> TimerChange {
    let after = Duration::from_secs(seconds);
    TimerChange::Start { timer: Timer::Session(session()), after, epoch: Index(epoch) }
}

fn expire(epoch: u64) -> Command {
    Command::SessionExpire { id: session(), epoch: Index(epoch) }
}

/// The time until something runs out, in seconds, with what it is.
async fn next(timers: &Timers) -> (u64, Vec<Command>) {
    let begun = Instant::now();
    let commands = timers.run_out().await;
    (begun.elapsed().as_secs(), commands)
}

#[tokio::test(start_paused = true)]
async fn what_is_not_renewed_runs_out_once() {
    let timers = Timers::default();
    timers.follow([start(1, 20)]);
    assert_eq!(next(&timers).await, (20, vec![expire(1)]));
    assert!(timers.run_out().now_or_never().is_none());
    assert!(!timers.renew(&session()), "its end is on the way: whoever renews it now must not think that it lives");
}

#[tokio::test(start_paused = true)]
async fn a_renewal_begins_the_time_anew() {
    let timers = Timers::default();
    timers.follow([start(1, 20)]);
    for _ in 0..5 {
        tokio::time::advance(Duration::from_secs(19)).await;
        assert!(timers.run_out().now_or_never().is_none());
        assert!(timers.renew(&session()));
    }
    assert_eq!(next(&timers).await, (20, vec![expire(1)]));
}

#[tokio::test(start_paused = true)]
async fn what_stopped_does_not_run_out() {
    let timers = Timers::default();
    timers.follow([start(1, 20), TimerChange::Stop(Timer::Session(session()))]);
    tokio::time::advance(Duration::from_secs(100)).await;
    assert!(timers.run_out().now_or_never().is_none());
    assert!(!timers.renew(&session()));
}

#[tokio::test(start_paused = true)]
async fn one_that_begins_anew_runs_out_with_its_new_epoch() {
    let timers = Timers::default();
    timers.follow([start(1, 20)]);
    tokio::time::advance(Duration::from_secs(10)).await;
    timers.follow([start(7, 20)]);
    assert_eq!(next(&timers).await, (20, vec![expire(7)]));
}

#[tokio::test(start_paused = true)]
async fn a_sooner_one_is_not_waited_past() {
    let timers = std::sync::Arc::new(Timers::default());
    timers.follow([start(1, 20)]);
    let waiting = tokio::spawn({
        let timers = std::sync::Arc::clone(&timers);
        async move { next(&timers).await }
    });
    tokio::task::yield_now().await;
    let key = Key::new("k").unwrap();
    let timer = Timer::LockDelay(key.clone());
    timers.follow([TimerChange::Start { timer, after: Duration::from_secs(5), epoch: Index(3) }]);
    assert_eq!(waiting.await.unwrap(), (5, vec![Command::LockDelayOver { key, epoch: Index(3) }]));
    assert_eq!(next(&timers).await, (15, vec![expire(1)]));
}

#[tokio::test(start_paused = true)]
async fn what_is_due_together_runs_out_together() {
    let timers = Timers::default();
    let change = |name: &str, seconds| {
        let timer = Timer::Session(SessionId::new(name).unwrap());
        TimerChange::Start { timer, after: Duration::from_secs(seconds), epoch: Index(1) }
    };
    timers.follow([change("a", 20), change("b", 20), change("c", 21)]);
    assert_eq!(timers.run_out().await.len(), 2);
    assert_eq!(timers.run_out().await.len(), 1);
}

fn node(number: usize) -> NodeName {
    NodeName::new(format!("n{number}")).unwrap()
}

fn leases(count: usize) -> Timers {
    let timers = Timers::default();
    timers.follow((0..count).map(|number| TimerChange::Start {
        timer: Timer::Lease(node(number)),
        after: Duration::from_secs(10),
        epoch: Index(1),
    }));
    timers
}

fn lapse(number: usize) -> Command {
    Command::LeaseLapse { node: node(number), epoch: Index(1) }
}

fn renew(timers: &Timers, numbers: std::ops::Range<usize>) {
    assert!(numbers.clone().all(|number| timers.renew_lease(&node(number))));
}

#[tokio::test(start_paused = true)]
async fn a_few_leases_lapse_at_once() {
    let timers = leases(10);
    tokio::time::advance(Duration::from_secs(9)).await;
    renew(&timers, 3..10);
    assert_eq!(next(&timers).await, (1, vec![lapse(0), lapse(1), lapse(2)]));
    assert!(!timers.renew_lease(&node(0)), "it lapsed, so it begins a new one");
}

#[tokio::test(start_paused = true)]
async fn many_leases_that_lapse_at_once_are_held_until_enough_are_renewed() {
    let timers = leases(10);
    tokio::time::advance(Duration::from_secs(9)).await;
    renew(&timers, 4..10);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert!(timers.run_out().now_or_never().is_none());
    assert_eq!(timers.held_leases(), 4);
    renew(&timers, 3..4);
    assert_eq!(next(&timers).await, (0, vec![lapse(0), lapse(1), lapse(2)]));
}

#[tokio::test(start_paused = true)]
async fn leases_that_lapse_one_after_the_other_within_their_length_are_held_too() {
    let timers = leases(10);
    for number in 0..10 {
        tokio::time::advance(Duration::from_millis(500)).await;
        renew(&timers, number..10);
    }
    for number in 0..3 {
        assert_eq!(timers.run_out().await, [lapse(number)]);
    }
    tokio::time::advance(Duration::from_millis(500)).await;
    assert!(timers.run_out().now_or_never().is_none());
    assert_eq!(timers.held_leases(), 1, "the fourth of ten");
}

#[tokio::test(start_paused = true)]
async fn of_four_leases_each_counts() {
    let timers = leases(4);
    assert_eq!(next(&timers).await, (10, (0..4).map(lapse).collect()));
}

#[tokio::test(start_paused = true)]
async fn who_slept_gives_leases_their_whole_time_again() {
    let timers = leases(1);
    tokio::time::advance(Duration::from_secs(60)).await;
    assert_eq!(next(&timers).await, (10, vec![lapse(0)]));
}
