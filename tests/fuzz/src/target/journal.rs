//! Bytes of the journal and of snapshots: envelopes, batches of commands, rows of a state, archives.

use std::convert::Infallible;
use std::sync::Arc;

use bytes::Bytes;
use muster_journal::{Envelope, HistoryId};
use muster_model::Key;
use muster_registry::replay::{Replay, commands, record};
use muster_registry::{Command, KvSet};
use muster_wire::snapshot::{Archive, ArchiveMeta, read_archive};

/// What can be read is written as the same bytes again or means the same; applying it ends in a state that survives
/// being saved. What cannot be read is refused.
pub(crate) fn run(bytes: &[u8]) {
    if let Ok(envelope) = Envelope::decode(bytes) {
        assert_eq!(envelope.encode(), bytes);
    }
    let envelope = Envelope {
        history: HistoryId::from_bytes([1; 16]),
        incarnation: 2,
        number: 3,
        rules: 4,
        commands: Bytes::copy_from_slice(bytes),
    };
    let stored = envelope.encode();
    assert_eq!(Envelope::decode(&stored).as_ref(), Ok(&envelope));
    assert!(Envelope::decode(&stored[..stored.len() - 1]).is_err(), "cut off and not noticed");
    let _ = read_archive(bytes, &mut Nobody);
    if let Ok(list) = commands(bytes) {
        let again = commands(&record(&list)).expect("what we write can be read");
        assert_eq!(again, list);
        let mut replay = Replay::default();
        for command in &list {
            replay.apply(command);
        }
        survives(&replay);
    }
    if let Ok(replay) = Replay::restored(&[bytes]) {
        survives(&replay);
    }
}

/// The same state after it was saved and read, and one that can be written to.
fn survives(replay: &Replay) {
    let rows = replay.snapshot(1 << 20);
    let again = Replay::restored(&rows).unwrap_or_else(|error| panic!("a snapshot of ours: {error}"));
    assert_eq!(again.snapshot(1 << 20), rows);
    assert_eq!(again.state().index(), replay.state().index());
    let mut written = again;
    let key = Key::new("fuzz/written").expect("a key");
    let set = KvSet { key, value: Arc::from(&b"of no stored state"[..]), flags: 0, cas: None };
    let step = written.apply(&Command::KvSet(set));
    assert!(step.effective && written.state().index() > replay.state().index());
}

/// Takes an archive and forgets it.
struct Nobody;

impl Archive for Nobody {
    type Refusal = Infallible;

    fn begin(&mut self, _: &ArchiveMeta) -> Result<(), Infallible> {
        Ok(())
    }

    fn chunk(&mut self, _: Vec<u8>) -> Result<(), Infallible> {
        Ok(())
    }
}
