//! Sequences of commands to the state machine.

mod command;
mod operation;
mod world;

use muster_model::Index;
use muster_registry::replay::{Replay, commands, record};
use muster_registry::{Command, RestoreStep};

use self::command::{Drawn, is_absolute};
use self::world::Asked;
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
    let mut run = Run::new();
    for _ in 0..MOST {
        if draw.is_empty() {
            break;
        }
        draw.any_spelling = run.one.state().rules() >= world::SPELLINGS_SINCE;
        match command::draw(&mut draw, run.one.state().index(), &run.saved) {
            Drawn::Command(command) => {
                run.step(&command);
                if is_absolute(&command) {
                    run.again(&command);
                }
            }
            Drawn::Save => run.save(),
        }
    }
    run.end();
}

struct Run {
    one: Replay,
    /// What can be asked of it.
    answers: Vec<Asked>,
    /// Its snapshot.
    rows: Vec<Vec<u8>>,
    /// Follows from the last snapshot that was kept.
    restored: Replay,
    /// The last snapshot that was kept.
    saved: Vec<Vec<u8>>,
    /// Something may be staged, which is in no snapshot.
    restoring: bool,
    records: Vec<Vec<u8>>,
}

impl Run {
    fn new() -> Self {
        let (one, restored) = (Replay::default(), Replay::default());
        let (answers, rows) = (world::answers(one.state()), one.snapshot(ONE_CHUNK));
        Self { one, answers, rows, restored, saved: Vec::new(), restoring: false, records: Vec::new() }
    }

    fn step(&mut self, command: &Command) {
        let record = record(std::slice::from_ref(command));
        let read = commands(&record).unwrap_or_else(|error| panic!("{command:?}: {error}"));
        assert_eq!(read, std::slice::from_ref(command), "stored and read");
        self.records.push(record);
        let counter = self.one.state().index();
        let step = self.one.apply(command);
        assert_eq!(self.restored.apply(&read[0]), step, "from the snapshot: {command:?}");
        let rows = self.one.snapshot(ONE_CHUNK);
        if step.outcome.is_err() {
            assert!(!step.effective);
            assert_eq!(rows, self.rows, "refused, and yet something changed: {command:?}");
        }
        let index = self.one.state().index();
        let commit = matches!(command, Command::Restore(RestoreStep::Commit { .. }));
        let expected = if step.effective { counter.next() } else { counter };
        assert!(index == expected || (commit && index > counter), "{command:?}: {counter} {index}");
        let staged = matches!(command, Command::Restore(RestoreStep::Chunk { .. }));
        self.restoring = staged || (self.restoring && !(commit && step.outcome.is_ok()));
        let answers = world::answers(self.one.state());
        moved(command, &self.answers, &answers, index);
        (self.answers, self.rows) = (answers, rows);
    }

    /// The same write once more: nothing moves.
    fn again(&mut self, command: &Command) {
        let counter = self.one.state().index();
        let (first, second) = (self.one.apply(command), self.one.apply(command));
        assert_eq!(first, second, "{command:?}");
        assert!(!first.effective, "moved by the same write again: {command:?}");
        assert_eq!(self.one.state().index(), counter, "{command:?}");
        assert_eq!(self.one.snapshot(ONE_CHUNK), self.rows, "changed by the same write again: {command:?}");
    }

    fn save(&mut self) {
        if self.restoring {
            return;
        }
        let small = self.one.snapshot(64);
        self.restored = Replay::restored(&small).unwrap_or_else(|error| panic!("a snapshot of ours: {error}"));
        assert_eq!(world::answers(self.restored.state()), self.answers);
        self.saved.clone_from(&self.rows);
    }

    fn end(self) {
        assert_eq!(self.restored.snapshot(ONE_CHUNK), self.rows, "a snapshot and the records after it");
        let mut replayed = Replay::default();
        for record in &self.records {
            for command in commands(record).expect("it was read before") {
                replayed.apply(&command);
            }
        }
        assert_eq!(replayed.snapshot(ONE_CHUNK), self.rows, "the same records");
    }
}

/// What must hold between the answers before a command and those after it, at which the state has `index`.
fn moved(command: &Command, before: &[Asked], after: &[Asked], index: Index) {
    for (then, now) in before.iter().zip(after) {
        let what = &now.what;
        assert!(now.index >= then.index, "{what}: index went back from {} to {} by {command:?}", then.index, now.index);
        assert!(now.index <= index.max(Index(1)), "{what}: index from the future by {command:?}");
        assert!(now.body == then.body || now.index == index, "{what}: changed without its index by {command:?}");
    }
}
