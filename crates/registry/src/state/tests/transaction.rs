use muster_model::{CheckOperation, KvOperation, NodeOperation, NodeReference, Operation, ServiceOperation};

use super::*;
use crate::command::OperationResult;

fn key(text: &str) -> Key {
    Key::new(text).unwrap()
}

fn kv(operations: impl IntoIterator<Item = KvOperation>) -> Vec<Operation> {
    operations.into_iter().map(Operation::Kv).collect()
}

fn set(name: &str, value: &str) -> KvOperation {
    KvOperation::Set(write(name, value), None)
}

fn apply(state: &mut State, operations: Vec<Operation>) -> Result<Vec<OperationResult>, Vec<(usize, String)>> {
    match state.apply(&Command::Transaction(operations.into())).0 {
        Ok(Outcome::Transaction(results)) => Ok(results),
        Err(Rejection::Transaction(errors)) => {
            Err(errors.iter().map(|error| (error.at, error.failure.to_string())).collect())
        }
        other => panic!("{other:?}"),
    }
}

/// The texts of what fails, each operation on its own, on a state that stays as it is.
fn failures(state: &State, operations: impl IntoIterator<Item = Operation>) -> Vec<String> {
    let one = |operation| apply(&mut state.clone(), vec![operation]).unwrap_err().remove(0).1;
    operations.into_iter().map(one).collect()
}

/// Keys with their values, `-` for one that is not told.
fn entries(results: &[OperationResult]) -> Vec<(&str, &str)> {
    let entry = |result| match result {
        &OperationResult::Kv { ref entry, with_value } => {
            let value = std::str::from_utf8(&entry.value).unwrap();
            (entry.key.as_str(), if with_value { value } else { "-" })
        }
        other => panic!("{other:?}"),
    };
    results.iter().map(entry).collect()
}

#[test]
fn an_operation_sees_what_earlier_ones_wrote() {
    let mut state = State::default();
    let operations = kv([
        set("p/a", "1"),
        set("p/b", "2"),
        KvOperation::Get(key("p/a")),
        KvOperation::Delete(key("p/a"), None),
        KvOperation::CheckNotExists(key("p/a")),
        KvOperation::GetTree(Arc::from("p/")),
        KvOperation::GetOrEmpty(key("none")),
    ]);
    let results = apply(&mut state, operations).unwrap();
    assert_eq!(entries(&results), [("p/a", "-"), ("p/b", "-"), ("p/a", "1"), ("p/b", "2"), ("none", "")]);
    assert_eq!(state.index(), Index(1), "one command, one index");
    let OperationResult::Kv { entry, .. } = &results[4] else { panic!() };
    assert_eq!((entry.created, entry.modified), (Index(0), Index(0)));
}

#[test]
fn one_failure_undoes_all_and_every_failure_is_told() {
    let mut state = State::default();
    done(&mut state, put("there", "x"));
    let before = property::probes(&state);
    let operations = kv([
        set("new", "1"),
        KvOperation::Get(key("none")),
        KvOperation::Delete(key("there"), None),
        KvOperation::CheckNotExists(key("new")),
    ]);
    let errors = apply(&mut state, operations).unwrap_err();
    assert_eq!(errors, [(1, "key \"none\" doesn't exist".into()), (3, "key \"new\" exists".into())]);
    assert_eq!((property::probes(&state), state.index()), (before, Index(1)));
}

#[test]
fn keys_fail_in_consuls_words() {
    let mut state = with_checks();
    done(&mut state, create(session("s", "n1")));
    done(&mut state, create(session("t", "n1")));
    done(&mut state, acquire("k", "1", "s"));
    let id = |text: &str| SessionId::new(text).unwrap();
    let texts = failures(
        &state,
        kv([
            KvOperation::Set(write("k", "2"), Some(Index(1))),
            KvOperation::Delete(key("k"), Some(Index(1))),
            KvOperation::Lock(write("k", "2"), id("t")),
            KvOperation::Lock(write("k", "2"), id("none")),
            KvOperation::Unlock(write("k", "2"), id("t")),
            KvOperation::CheckIndex(key("k"), Index(1)),
            KvOperation::CheckIndex(key("none"), Index(1)),
            KvOperation::CheckSession(key("k"), Some(id("t"))),
            KvOperation::CheckSession(key("none"), None),
        ]),
    );
    let expected = [
        "failed to set key \"k\", index is stale",
        "failed to delete key \"k\", index is stale",
        "failed to lock key \"k\", lock is already held",
        "invalid session \"none\"",
        "failed to unlock key \"k\", lock isn't held, or is held by another session",
        "failed index check for key \"k\", current modify index 4 != 1",
        "failed to check index, key \"none\" doesn't exist",
        "failed session check for key \"k\", current session \"s\" != \"t\"",
        "failed to check session, key \"none\" doesn't exist",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn locks_are_taken_checked_and_given_back() {
    let mut state = with_checks();
    done(&mut state, create(session("s", "n1")));
    let id = SessionId::new("s").unwrap();
    let operations = kv([
        KvOperation::CheckNotExists(key("k")),
        KvOperation::Lock(write("k", "1"), id.clone()),
        KvOperation::CheckSession(key("k"), Some(id.clone())),
        KvOperation::CheckIndex(key("k"), Index(3)),
    ]);
    assert_eq!(entries(&apply(&mut state, operations).unwrap()), [("k", "-"); 3]);
    assert_eq!(lock(&state, "k"), (Some("s".into()), 1, "1".into()));
    let operations = kv([KvOperation::Unlock(write("k", "2"), id), KvOperation::CheckSession(key("k"), None)]);
    apply(&mut state, operations).unwrap();
    assert_eq!(lock(&state, "k"), (None, 1, "2".into()));
}

#[test]
fn keys_in_lock_delay_are_told_before_anything_is_tried() {
    let mut state = with_checks();
    done(&mut state, create(Session { lock_delay: Duration::from_secs(15), ..session("s", "n1") }));
    done(&mut state, create(session("t", "n1")));
    done(&mut state, acquire("k", "1", "s"));
    done(&mut state, destroy("s"));
    let lock = KvOperation::Lock(write("k", "2"), SessionId::new("t").unwrap());
    let errors = apply(&mut state, kv([KvOperation::Get(key("none")), lock])).unwrap_err();
    assert_eq!(errors, [(1, "failed to lock key \"k\" due to lock delay".into())]);
}

#[test]
fn the_catalog_is_written_and_read() {
    let mut state = State::default();
    let name = || NodeName::new("n1").unwrap();
    let (service_id, check_id) = (|| ServiceId::new("a1").unwrap(), || CheckId::new("c1").unwrap());
    let own_check = check("c1", Some("a1"), CheckStatus::Passing).check;
    let made = apply(
        &mut state,
        vec![
            Operation::Node(NodeOperation::Set(Node { id: Arc::from("id"), ..node("n1", "10.0.0.1") }, Some(Index(0)))),
            Operation::Service(ServiceOperation::Set(name(), service("a1", "a", 80, &[]), None)),
            Operation::Check(CheckOperation::Set(name(), own_check, Some(Index(0)))),
        ],
    );
    let read = vec![
        Operation::Node(NodeOperation::Get(NodeReference::Id(Arc::from("id")))),
        Operation::Service(ServiceOperation::Get(name(), service_id())),
        Operation::Check(CheckOperation::Get(name(), check_id())),
    ];
    assert_eq!(made, state.read_transaction(&read).value.map_err(|_| vec![]));
    assert_eq!(state.healthy_or_not("a").value[0].checks[0].modified, Index(1));
    let gone = vec![
        Operation::Check(CheckOperation::Delete(name(), check_id(), Some(Index(1)))),
        Operation::Service(ServiceOperation::Delete(name(), service_id(), Some(Index(1)))),
        Operation::Node(NodeOperation::Delete(name(), Some(Index(1)))),
    ];
    // The first deletions change nothing of what the later ones compare.
    assert_eq!(apply(&mut state, gone), Ok(vec![]));
    assert_eq!(state.all_nodes().value, []);
}

#[test]
fn the_catalog_fails_in_consuls_words() {
    let state = with_checks();
    let (name, nobody) = (|| NodeName::new("n1").unwrap(), || NodeName::new("no").unwrap());
    let (service_id, check_id) = (|| ServiceId::new("no").unwrap(), || CheckId::new("no").unwrap());
    let stale = || Some(Index(7));
    let texts = failures(
        &state,
        [
            Operation::Node(NodeOperation::Get(NodeReference::Name(nobody()))),
            Operation::Node(NodeOperation::Set(node("n1", "10.0.0.9"), stale())),
            Operation::Node(NodeOperation::Delete(nobody(), stale())),
            Operation::Service(ServiceOperation::Get(name(), service_id())),
            Operation::Service(ServiceOperation::Set(nobody(), service("a", "a", 1, &[]), None)),
            Operation::Service(ServiceOperation::Set(name(), service("a1", "a", 1, &[]), Some(Index(0)))),
            Operation::Service(ServiceOperation::Delete(name(), service_id(), stale())),
            Operation::Check(CheckOperation::Get(name(), check_id())),
            Operation::Check(CheckOperation::Set(nobody(), check("c", None, CheckStatus::Passing).check, None)),
            Operation::Check(CheckOperation::Set(name(), check("c", Some("x"), CheckStatus::Passing).check, None)),
            Operation::Check(CheckOperation::Set(name(), check("c1", None, CheckStatus::Passing).check, stale())),
            Operation::Check(CheckOperation::Delete(name(), check_id(), stale())),
        ],
    );
    let expected = [
        "node \"no\" doesn't exist",
        "failed to set node \"n1\", index is stale",
        "failed to delete node \"no\", index is stale",
        "service \"no\" on node \"n1\" doesn't exist",
        "Missing node registration",
        "failed to set service \"a1\" on node \"n1\", index is stale",
        "failed to delete service \"no\" on node \"n1\", index is stale",
        "check \"no\" on node \"n1\" doesn't exist",
        "Missing node registration",
        "Missing service registration",
        "failed to set check \"c1\" on node \"n1\", index is stale",
        "failed to delete check \"no\" on node \"n1\", index is stale",
    ];
    assert_eq!(texts, expected);
}

#[test]
fn one_that_changes_nothing_moves_no_index() {
    let mut state = State::default();
    done(&mut state, put("k", "1"));
    assert_eq!(entries(&apply(&mut state, kv([set("k", "1")])).unwrap()), [("k", "-")]);
    assert_eq!(state.index(), Index(1));
}
