//! What a command takes in the journal, about: batches are closed by it.

use muster_model::{KvOperation, KvWrite, Operation};

use crate::command::{Command, RestoreStep};

/// About what a command takes in the journal.
pub fn weight(command: &Command) -> usize {
    match command {
        Command::KvSet(set) => set.value.len() + set.key.as_str().len() + 16,
        Command::KvAcquire { write, .. } | Command::KvRelease { write, .. } => write_weight(write),
        Command::Transaction(operations) => operations.iter().map(operation_weight).sum(),
        Command::Restore(RestoreStep::Chunk { rows, .. }) => rows.len() + 32,
        _ => 256,
    }
}

fn operation_weight(operation: &Operation) -> usize {
    match operation {
        Operation::Kv(KvOperation::Set(write, _)) => write_weight(write),
        Operation::Kv(KvOperation::Lock(write, _) | KvOperation::Unlock(write, _)) => write_weight(write),
        _ => 256,
    }
}

fn write_weight(write: &KvWrite) -> usize {
    write.value.len() + write.key.as_str().len() + 64
}
