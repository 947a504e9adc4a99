use super::*;
use crate::command::RestoreStep;
use crate::stored::state_chunks;

#[test]
fn a_restore_keeps_which_batches_were_applied_here() {
    let mut saved = State::default();
    saved.applied.insert(5, 3);
    let mut state = State { rules: Level(RULES_LEVEL), ..State::default() };
    state.applied.insert(7, 9);
    let chunks: Vec<_> = state_chunks(&saved, 1 << 20).collect();
    let count = chunks.len() as u32;
    for (number, rows) in (0..).zip(chunks) {
        done(&mut state, Command::Restore(RestoreStep::Chunk { restore: 1, number, rows: rows.into() }));
    }
    done(&mut state, Command::Restore(RestoreStep::Commit { restore: 1, chunks: count }));
    // With those of the snapshot a batch of this journal would be applied once more at the next start.
    assert_eq!(state.applied.into_iter().collect::<Vec<_>>(), [(7, 9)]);
}
