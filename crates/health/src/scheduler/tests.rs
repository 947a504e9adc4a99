//! The schedule on a virtual clock, with runs that only count.

use std::sync::atomic::{AtomicUsize, Ordering};

use muster_model::{HttpProbe, Probe};
use tokio::time::sleep;

use super::*;

/// Runs take `length`; notes when each began, and how many were under way at most.
#[derive(Default)]
struct Log {
    began: Mutex<Vec<Instant>>,
    under_way: AtomicUsize,
    most: AtomicUsize,
}

struct UnderWay(Arc<Log>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::SeqCst);
    }
}

fn scheduler(at_once: (usize, usize), length: Duration) -> (Arc<Scheduler>, Arc<Log>) {
    let log = Arc::new(Log::default());
    let seen = Arc::clone(&log);
    let scheduler = Scheduler::with_runner(Lanes::new(at_once.0, at_once.1), move |_| {
        let log = Arc::clone(&seen);
        Box::pin(async move {
            log.began.lock().unwrap().push(Instant::now());
            let now = log.under_way.fetch_add(1, Ordering::SeqCst) + 1;
            log.most.fetch_max(now, Ordering::SeqCst);
            let _under_way = UnderWay(Arc::clone(&log));
            sleep(length).await;
            Outcome::passing("")
        })
    });
    (Arc::new(scheduler), log)
}

fn every(seconds: u64) -> Arc<CheckDefinition> {
    Arc::new(CheckDefinition::every(Probe::Http(HttpProbe::get("http://x")), Duration::from_secs(seconds)))
}

fn command(seconds: u64) -> Arc<CheckDefinition> {
    Arc::new(CheckDefinition::every(Probe::Script { args: vec![] }, Duration::from_secs(seconds)))
}

fn id(number: usize) -> CheckId {
    CheckId::new(format!("c{number}")).unwrap()
}

/// Lets the scheduler run for a while; the findings are thrown away.
async fn run_for(scheduler: &Arc<Scheduler>, time: Duration) {
    let (sender, mut findings) = mpsc::channel(16);
    let shutdown = CancellationToken::new();
    let (running, until) = (Arc::clone(scheduler), shutdown.clone());
    let task = tokio::spawn(async move { running.run(sender, until).await });
    let drain = tokio::spawn(async move { while findings.recv().await.is_some() {} });
    sleep(time).await;
    shutdown.cancel();
    task.await.unwrap();
    drain.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_check_with_an_old_result_runs_soon_and_then_finds_its_place_in_the_interval() {
    let (scheduler, log) = scheduler((256, 32), Duration::ZERO);
    for number in 0..400 {
        scheduler.resume(&id(number), &every(400));
    }
    let start = Instant::now();
    run_for(&scheduler, Duration::from_secs(410)).await;
    let began = log.began.lock().unwrap();
    let within = |from, to| {
        let seconds = |seconds| start + Duration::from_secs(seconds);
        began.iter().filter(|moment| (seconds(from)..seconds(to)).contains(moment)).count()
    };
    assert!((400..440).contains(&within(0, 11)), "{} at once", within(0, 11));
    assert!((50..150).contains(&within(100, 200)), "{} in a quarter", within(100, 200));
    assert!((800..850).contains(&began.len()), "{} in all", began.len());
}

#[tokio::test(start_paused = true)]
async fn thousands_of_checks_spread_over_their_interval() {
    let (scheduler, log) = scheduler((256, 32), Duration::ZERO);
    let checks = 5000;
    for number in 0..checks {
        scheduler.start(&id(number), &every(10));
    }
    let start = Instant::now();
    run_for(&scheduler, Duration::from_secs(30)).await;
    let began = log.began.lock().unwrap();
    assert!((3 * checks - 50..=3 * checks + 50).contains(&began.len()), "{} runs", began.len());
    for second in 0..30 {
        let from = start + Duration::from_secs(second);
        let within = began.iter().filter(|at| **at >= from && **at < from + Duration::from_secs(1)).count();
        assert!((350..650).contains(&within), "{within} runs in second {second}, 500 would be even");
    }
}

#[tokio::test(start_paused = true)]
async fn no_more_run_at_once_than_there_are_places() {
    let (scheduler, log) = scheduler((8, 2), Duration::from_secs(10));
    for number in 0..200 {
        scheduler.start(&id(number), &every(1));
    }
    run_for(&scheduler, Duration::from_secs(101)).await;
    assert_eq!(log.most.load(Ordering::SeqCst), 8);
    // Who waits longest comes first, so all got as much as there was.
    assert_eq!(log.began.lock().unwrap().len() / 8, 11);
    assert_eq!(log.under_way.load(Ordering::SeqCst), 0, "ended with the scheduler");
}

#[tokio::test(start_paused = true)]
async fn slow_commands_do_not_hold_up_other_checks() {
    let (scheduler, log) = scheduler((8, 1), Duration::from_secs(30));
    for number in 0..50 {
        scheduler.start(&id(number), &command(1));
    }
    for number in 50..54 {
        scheduler.start(&id(number), &every(1));
    }
    run_for(&scheduler, Duration::from_secs(20)).await;
    assert_eq!(log.began.lock().unwrap().len(), 5, "one command and all the others");
}

#[tokio::test(start_paused = true)]
async fn the_same_definition_goes_on_and_another_starts_anew() {
    let (scheduler, log) = scheduler((8, 8), Duration::from_secs(5));
    scheduler.start(&id(1), &every(1));
    run_for(&scheduler, Duration::from_secs(2)).await;
    assert_eq!(log.began.lock().unwrap().len(), 1);
    scheduler.start(&id(1), &every(1));
    assert_eq!(scheduler.lock().starts, 1);
    scheduler.start(&id(1), &every(2));
    assert_eq!(scheduler.lock().starts, 2);
}

#[tokio::test(start_paused = true)]
async fn a_stopped_check_runs_no_more_and_frees_its_place() {
    let (scheduler, log) = scheduler((1, 1), Duration::from_secs(1000));
    scheduler.start(&id(1), &every(1));
    let (sender, _findings) = mpsc::channel(16);
    let shutdown = CancellationToken::new();
    let (running, until) = (Arc::clone(&scheduler), shutdown.clone());
    let task = tokio::spawn(async move { running.run(sender, until).await });
    sleep(Duration::from_secs(2)).await;
    assert_eq!(log.under_way.load(Ordering::SeqCst), 1);
    scheduler.start(&id(2), &every(1));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(log.began.lock().unwrap().len(), 1, "there is but one place");
    scheduler.stop(&id(1));
    sleep(Duration::from_secs(2)).await;
    assert_eq!((log.began.lock().unwrap().len(), log.under_way.load(Ordering::SeqCst)), (2, 1));
    assert!(!scheduler.has(&id(1)) && scheduler.has(&id(2)));
    scheduler.stop(&id(2));
    scheduler.start(&id(3), &every(3600));
    scheduler.stop(&id(3));
    sleep(Duration::from_secs(7200)).await;
    assert_eq!(log.began.lock().unwrap().len(), 2);
    shutdown.cancel();
    task.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_run_that_breaks_off_is_critical_and_the_check_goes_on() {
    let scheduler = Scheduler::with_runner(Lanes::new(1, 1), |_| Box::pin(async { panic!("a defect") }));
    scheduler.start(&id(1), &every(1));
    let (sender, mut findings) = mpsc::channel(1);
    let shutdown = CancellationToken::new();
    let until = shutdown.clone();
    let task = tokio::spawn(async move { scheduler.run(sender, until).await });
    for _ in 0..2 {
        assert_eq!(findings.recv().await.unwrap().status, CheckStatus::Critical);
    }
    shutdown.cancel();
    task.await.unwrap();
}
