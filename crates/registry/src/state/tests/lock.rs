use super::*;

fn with_sessions() -> State {
    let mut state = with_checks();
    done(&mut state, create(session("s1", "n1")));
    done(&mut state, create(session("s2", "n1")));
    state
}

#[test]
fn one_session_holds_a_key_at_a_time() {
    let mut state = with_sessions();
    done(&mut state, acquire("k", "1", "s1"));
    assert_eq!(lock(&state, "k"), (Some("s1".into()), 1, "1".into()));
    declined(&mut state, acquire("k", "2", "s2"));
    declined(&mut state, release("k", "2", "s2"));
    done(&mut state, release("k", "3", "s1"));
    assert_eq!(lock(&state, "k"), (None, 1, "3".into()));
    declined(&mut state, release("k", "4", "s1"));
    done(&mut state, acquire("k", "5", "s2"));
    assert_eq!(lock(&state, "k"), (Some("s2".into()), 2, "5".into()));
}

#[test]
fn a_holder_may_lock_again_and_the_lock_stays_the_same() {
    let mut state = with_sessions();
    done(&mut state, acquire("k", "1", "s1"));
    done(&mut state, acquire("k", "2", "s1"));
    assert_eq!(lock(&state, "k"), (Some("s1".into()), 1, "2".into()));
    assert_eq!(done(&mut state, acquire("k", "2", "s1")), Changes::default(), "what is so already moves nothing");
}

#[test]
fn a_lock_needs_a_session_that_is_there() {
    let mut state = with_sessions();
    assert_eq!(rejected(&mut state, acquire("k", "1", "abc")).to_string(), "invalid session \"abc\"");
    declined(&mut state, release("k", "1", "abc"));
}

#[test]
fn a_plain_put_leaves_the_lock_as_it_is() {
    let mut state = with_sessions();
    done(&mut state, put("k", "0"));
    done(&mut state, acquire("k", "1", "s1"));
    done(&mut state, put("k", "2"));
    assert_eq!(lock(&state, "k"), (Some("s1".into()), 1, "2".into()));
}

#[test]
fn a_key_whose_holder_ended_cannot_be_locked_for_a_while() {
    let mut state = with_sessions();
    for (seconds, counts) in [(15, 15), (61, 60)] {
        let lock_delay = Duration::from_secs(seconds);
        done(&mut state, create(Session { lock_delay, ..session("s", "n1") }));
        done(&mut state, acquire("k", "1", "s"));
        let changes = done(&mut state, destroy("s"));
        let (key, epoch) = (Key::new("k").unwrap(), state.index());
        let timer = Timer::LockDelay(key.clone());
        let after = Duration::from_secs(counts);
        assert_eq!(changes.timers, [TimerChange::Start { timer: timer.clone(), after, epoch }]);
        declined(&mut state, acquire("k", "2", "s1"));
        let other = Command::LockDelayOver { key: key.clone(), epoch: Index(1) };
        assert_eq!(done(&mut state, other), Changes::default());
        declined(&mut state, acquire("k", "2", "s1"));
        let changes = done(&mut state, Command::LockDelayOver { key, epoch });
        assert_eq!((changes.topics, changes.timers), (vec![], vec![TimerChange::Stop(timer)]));
        assert_eq!(state.index(), epoch, "nothing that can be read changed");
        done(&mut state, acquire("k", "2", "s1"));
        done(&mut state, release("k", "2", "s1"));
    }
}

#[test]
fn a_release_begins_no_lock_delay() {
    let mut state = with_sessions();
    done(&mut state, create(Session { lock_delay: Duration::from_secs(15), ..session("s", "n1") }));
    done(&mut state, acquire("k", "1", "s"));
    done(&mut state, release("k", "1", "s"));
    done(&mut state, acquire("k", "1", "s1"));
}

#[test]
fn a_lock_delay_holds_back_no_plain_put() {
    let mut state = with_sessions();
    done(&mut state, create(Session { lock_delay: Duration::from_secs(15), ..session("s", "n1") }));
    done(&mut state, acquire("k", "1", "s"));
    done(&mut state, destroy("s"));
    done(&mut state, put("k", "2"));
    assert_eq!(lock(&state, "k"), (None, 1, "2".into()));
}
