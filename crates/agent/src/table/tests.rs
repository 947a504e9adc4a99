use muster_model::CheckDefinition;
use tokio::time::{advance, sleep};

use super::*;
use CheckStatus::{Critical, Passing, Warning};

fn id() -> CheckId {
    CheckId::new("c").unwrap()
}

fn check(definition: CheckDefinition, status: CheckStatus) -> Check {
    Check {
        id: id(),
        name: Arc::from("c"),
        status,
        notes: Arc::from(""),
        output: Arc::from(""),
        service_id: Some(ServiceId::new("web").unwrap()),
        kind: Arc::from(""),
        definition: Some(Arc::new(definition)),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn probed() -> CheckDefinition {
    CheckDefinition::every(Probe::Udp { address: Arc::from("h:1") }, seconds(1))
}

fn text(text: &str) -> Arc<str> {
    Arc::from(text)
}

#[tokio::test(start_paused = true)]
async fn a_write_that_was_overtaken_is_made_once_more() {
    let table = CheckTable::default();
    table.take_up(&check(probed(), Critical));
    assert_eq!(table.found(&id(), &Passing, &text("a")), Verdict::Write);
    assert_eq!(table.found(&id(), &Warning, &text("b")), Verdict::Write);
    // Which of the two the catalog applied last, nobody here knows.
    table.written(&id(), Some((&Warning, &text("b"))));
    assert_eq!(table.take_due(Instant::now()), [], "one is still under way");
    table.written(&id(), Some((&Passing, &text("a"))));
    assert_eq!(table.take_due(Instant::now()), [Due::Write(id(), Warning, text("b"))]);
    table.written(&id(), Some((&Warning, &text("b"))));
    assert_eq!(table.next(), None);
    assert_eq!(table.found(&id(), &Warning, &text("b")), Verdict::Hold);
}

#[tokio::test(start_paused = true)]
async fn a_write_that_failed_is_made_again_with_the_latest_result() {
    let table = CheckTable::default();
    table.take_up(&check(probed(), Critical));
    assert_eq!(table.found(&id(), &Passing, &text("a")), Verdict::Write);
    table.written(&id(), None);
    assert_eq!(table.take_due(Instant::now()), []);
    advance(AGAIN).await;
    assert_eq!(table.take_due(Instant::now()), [Due::Write(id(), Passing, text("a"))]);
    table.written(&id(), None);
    assert_eq!(table.found(&id(), &Passing, &text("b")), Verdict::Write, "it is not known to be there");
}

#[tokio::test(start_paused = true)]
async fn output_alone_is_held_for_minutes_and_written_once() {
    let table = CheckTable::default();
    table.take_up(&check(probed(), Passing));
    for number in 0..100 {
        assert_eq!(table.found(&id(), &Passing, &text(&number.to_string())), Verdict::Hold);
        sleep(seconds(1)).await;
    }
    assert_eq!(table.held_output(&id()), Some(text("99")));
    advance(seconds(200)).await;
    assert_eq!(table.take_due(Instant::now()), [Due::Write(id(), Passing, text("99"))]);
    table.written(&id(), Some((&Passing, &text("99"))));
    assert_eq!((table.next(), table.held_output(&id())), (None, None));
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_is_critical_for_too_long_is_to_be_removed() {
    let table = CheckTable::default();
    let definition = |after| CheckDefinition { deregister_after: seconds(after), ..probed() };
    let remove = [Due::Remove(id(), ServiceId::new("web").unwrap())];
    table.take_up(&check(definition(1), Critical));
    advance(seconds(59)).await;
    assert_eq!(table.take_due(Instant::now()), [], "a minute is the least");
    // The same registered again does not start the time anew.
    table.take_up(&check(definition(1), Critical));
    advance(seconds(1)).await;
    assert_eq!(table.take_due(Instant::now()), remove);
    advance(REMOVE_AGAIN).await;
    assert_eq!(table.take_due(Instant::now()), remove, "if that failed");

    table.take_up(&check(definition(120), Critical));
    advance(seconds(119)).await;
    assert_eq!(table.found(&id(), &Warning, &text("")), Verdict::Write);
    table.written(&id(), Some((&Warning, &text(""))));
    advance(seconds(60)).await;
    assert_eq!(table.take_due(Instant::now()), [], "it came back in time");
    assert_eq!(table.found(&id(), &Critical, &text("")), Verdict::Write);
    table.written(&id(), Some((&Critical, &text(""))));
    advance(seconds(120)).await;
    assert_eq!(table.take_due(Instant::now()), remove);
}

#[tokio::test(start_paused = true)]
async fn a_ttl_that_ends_is_critical_with_the_last_output() {
    let table = CheckTable::default();
    table.take_up(&check(CheckDefinition::ttl(seconds(10)), Passing));
    advance(seconds(9)).await;
    assert_eq!(table.found(&id(), &Passing, &text("last")), Verdict::Hold);
    advance(seconds(9)).await;
    assert_eq!(table.take_due(Instant::now()), []);
    advance(seconds(1)).await;
    let expired = text("TTL expired (last output before timeout follows): last");
    assert_eq!(table.take_due(Instant::now()), [Due::Write(id(), Critical, expired.clone())]);
    table.written(&id(), Some((&Critical, &expired)));
    advance(seconds(1000)).await;
    assert_eq!(table.take_due(Instant::now()), [], "once");
    assert_eq!(table.found(&id(), &Passing, &text("back")), Verdict::Write);
    table.stop(&id());
    assert_eq!(table.found(&id(), &Passing, &text("x")), Verdict::Unknown);
    assert_eq!(table.next(), None);
}
