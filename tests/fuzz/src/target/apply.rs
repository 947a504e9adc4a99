//! Sequences of commands to the state machine.

mod command;
mod operation;
mod world;

use muster_model::Index;
use muster_registry::replay::{Replay, commands, record};
use muster_registry::{Command, RestoreStep, State};

use self::command::{Drawn, is_absolute};
use crate::draw::Draw;

/// As many as a state's rows stay few.
const MOST: usize = 60;
const ONE_CHUNK: usize = 1 << 20;

/// Whatever the sequence: nothing panics; the index moves by one for what changes something and never else; no
/// answer's index goes back, and a changed answer has the newest; what is refused leaves everything as it was, and
/// the same write again moves nothing; the stored records give the same state again, and so does a snapshot taken
/// anywhere with the records after it.
pub(crate) fn run(bytes: &[u8]) {
    let mut draw = Draw::new(bytes);
    let mut run = Run { one: Replay::default(), restored: Replay::default(), saved: Vec::new(), records: Vec::new() };
    let mut restoring = false;
    for _ in 0..MOST {
        if draw.is_empty() {
            break;
        }
        match command::draw(&mut draw, run.one.state().index(), &run.saved) {
            Drawn::Command(command) => {
                restoring = match &command {
                    Command::Restore(RestoreStep::Chunk { .. }) => true,
                    Command::Restore(_) => false,
                    _ => restoring,
                };
                run.step(&command);
                if is_absolute(&command) {
                    run.again(&command);
                }
            }
            // What a restore has staged is in no snapshot.
            Drawn::Save if !restoring => run.save(),
            Drawn::Save => {}
        }
    }
    run.end();
}

struct Run {
    one: Replay,
    /// Follows from the last snapshot.
    restored: Replay,
    /// The last snapshot.
    saved: Vec<Vec<u8>>,
    records: Vec<Vec<u8>>,
}

impl Run {
    fn step(&mut self, command: &Command) {
        let record = record(std::slice::from_ref(command));
        let read = commands(&record).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert_eq!(read, std::slice::from_ref(command), "stored and read");
        let (before, counter) = (world::answers(self.one.state()), self.one.state().index());
        let rows = self.one.snapshot(ONE_CHUNK);
        let step = self.one.apply(command);
        assert_eq!(self.restored.apply(&read[0]), step, "from the snapshot: {command:?}");
        self.records.push(record);
        if step.outcome.is_err() {
            assert!(!step.effective);
            assert_eq!(self.one.snapshot(ONE_CHUNK), rows, "refused, and yet something changed: {command:?}");
        }
        let index = self.one.state().index();
        let jumps = matches!(command, Command::Restore(RestoreStep::Commit { .. })) && index > counter;
        assert!(
            jumps || index == if step.effective { counter.next() } else { counter },
            "{command:?}: {counter} {index}"
        );
        moved(command, &before, self.one.state());
    }

    /// The same write once more: nothing moves.
    fn again(&mut self, command: &Command) {
        let before = (self.one.state().index(), self.one.snapshot(ONE_CHUNK));
        let (first, second) = (self.one.apply(command), self.one.apply(command));
        assert_eq!(first, second, "{command:?}");
        assert!(!first.effective, "moved by the same write again: {command:?}");
        assert_eq!((self.one.state().index(), self.one.snapshot(ONE_CHUNK)), before, "{command:?}");
    }

    fn save(&mut self) {
        self.saved = self.one.snapshot(64);
        self.restored = Replay::restored(&self.saved).unwrap_or_else(|error| panic!("a snapshot of ours: {error}"));
        assert_eq!(world::answers(self.restored.state()), world::answers(self.one.state()));
    }

    fn end(self) {
        let rows = self.one.snapshot(ONE_CHUNK);
        assert_eq!(self.restored.snapshot(ONE_CHUNK), rows, "snapshot and the records after it");
        let mut replayed = Replay::default();
        for record in &self.records {
            for command in commands(record).expect("it was read before") {
                replayed.apply(&command);
            }
        }
        assert_eq!(replayed.snapshot(ONE_CHUNK), rows, "the same records");
    }
}

fn moved(command: &Command, before: &[(String, Index, String)], state: &State) {
    for ((name, old_index, old_body), (_, index, body)) in before.iter().zip(world::answers(state)) {
        assert!(index >= *old_index, "{name}: index went back from {old_index} to {index} by {command:?}");
        assert!(index <= state.index().max(Index(1)), "{name}: index from the future by {command:?}");
        if body != *old_body {
            assert_eq!(index, state.index(), "{name}: changed without its index by {command:?}");
        }
    }
}
