//! From the queue into the journal, and from the journal into the state.
//!
//! What waits is packed into one batch (group commit); every batch, whoever wrote it, is applied in
//! journal order as the journal hands it out; then its submitters are answered and watchers woken.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt;
use muster_journal::{AppendError, Entry, Envelope, Following, Position, SnapshotMeta};
use muster_model::{KvOperation, KvWrite, Operation};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::sessions::write_what_runs_out;
use super::{Committed, Shared, Submission, SubmitError};
use crate::command::{Command, Outcome, Rejection};
use crate::seeded::{SeededBug, is_seeded};
use crate::state::{Changes, RULES_LEVEL, State};
use crate::stored::{decode_batch, encode_batch, encode_state};

/// How many commands one batch holds at most.
const BATCH: usize = 1024;
/// A batch is closed once its values take this much.
const BATCH_BYTES: usize = 1 << 20;
/// A snapshot's chunk is about this long.
const CHUNK_BYTES: usize = 1 << 20;

type Reply = oneshot::Sender<Result<Committed, SubmitError>>;
type Append = std::pin::Pin<Box<dyn Future<Output = Result<Position, AppendError>> + Send>>;

/// Writes batches and applies them. One per registry; runs until shutdown.
pub struct Committer {
    shared: Arc<Shared>,
    queue: mpsc::Receiver<Submission>,
    submissions: mpsc::WeakSender<Submission>,
    follow: Following,
    incarnation: u64,
    number: u64,
    in_flight: Option<Batch>,
    stopped: Option<Arc<str>>,
    since_snapshot: u64,
    snapshot: Option<JoinHandle<()>>,
}

/// A batch of ours that is not applied yet.
struct Batch {
    number: u64,
    commands: Vec<Command>,
    replies: Vec<Reply>,
}

impl Committer {
    pub(super) fn new(
        shared: Arc<Shared>,
        queue: mpsc::Receiver<Submission>,
        submissions: mpsc::WeakSender<Submission>,
        follow: Following,
    ) -> Self {
        // Unique among the runs of all servers of this history; it is stamped into batches, never compared by order.
        let incarnation = RandomState::new().build_hasher().finish();
        Self {
            shared,
            queue,
            submissions,
            follow,
            incarnation,
            number: 0,
            in_flight: None,
            stopped: None,
            since_snapshot: 0,
            snapshot: None,
        }
    }

    /// Runs until `shutdown`; what was accepted before is written first. Meanwhile what runs out is written too.
    pub async fn run(self, shutdown: CancellationToken) {
        let running_out = write_what_runs_out(Arc::clone(&self.shared), self.submissions.clone());
        tokio::select! {
            () = self.commit(shutdown) => {}
            () = running_out => {}
        }
    }

    async fn commit(mut self, shutdown: CancellationToken) {
        let mut append: Option<Append> = None;
        loop {
            let idle = self.in_flight.is_none();
            tokio::select! {
                biased;
                entry = self.follow.next() => match entry {
                    Some(Ok(entry)) => self.take(entry),
                    Some(Err(error)) => {
                        error!(%error, "the journal cannot be followed; no more writes are taken");
                        self.stop(Arc::from(error.to_string()));
                        break;
                    }
                    None => break,
                },
                result = async { append.as_mut().expect("guarded").await }, if append.is_some() => {
                    append = None;
                    if let Err(error) = result {
                        self.not_appended(error);
                    }
                }
                first = self.queue.recv(), if idle => match first {
                    Some(first) => append = self.start(first),
                    None => break,
                },
                () = shutdown.cancelled(), if idle => break,
            }
        }
        self.refuse_waiting();
        if let Some(snapshot) = self.snapshot.take() {
            let _ = snapshot.await;
        }
    }

    /// Packs what waits and hands it to the journal.
    fn start(&mut self, first: Submission) -> Option<Append> {
        if let Some(reason) = &self.stopped {
            let _ = first.reply.send(Err(SubmitError::Stopped { reason: Arc::clone(reason) }));
            return None;
        }
        let mut bytes = weight(&first.command);
        let mut commands = vec![first.command];
        let mut replies = vec![first.reply];
        while commands.len() < BATCH && bytes < BATCH_BYTES {
            let Ok(next) = self.queue.try_recv() else { break };
            bytes += weight(&next.command);
            commands.push(next.command);
            replies.push(next.reply);
        }
        if self.loses(&commands) {
            let index = self.shared.state.load().index();
            for reply in replies {
                let _ = reply.send(Ok(Committed { outcome: Outcome::Done, index }));
            }
            return None;
        }
        self.number += 1;
        let envelope = Envelope {
            history: self.shared.journal.history(),
            incarnation: self.incarnation,
            number: self.number,
            rules: RULES_LEVEL,
            commands: Bytes::from(encode_batch(&commands)),
        };
        self.in_flight = Some(Batch { number: self.number, commands, replies });
        let journal = Arc::clone(&self.shared.journal);
        Some(Box::pin(async move { journal.append(&envelope).await }))
    }

    /// Whether a seeded bug throws these away.
    fn loses(&self, commands: &[Command]) -> bool {
        is_seeded(SeededBug::LostAcknowledgement)
            && self.number.is_multiple_of(8)
            && commands.iter().all(|command| matches!(command, Command::KvSet(_)))
    }

    /// Applies what the journal hands out: our own batch, kept decoded, or another server's.
    fn take(&mut self, entry: Entry) {
        let Entry { position, envelope } = entry;
        let own = (envelope.incarnation == self.incarnation)
            .then(|| self.in_flight.take_if(|batch| batch.number == envelope.number))
            .flatten();
        let (commands, replies) = match own {
            Some(batch) => (batch.commands, batch.replies),
            None => match decode_batch(&envelope.commands) {
                Ok(commands) => (commands, Vec::new()),
                Err(error) => {
                    error!(%position, %error, "an entry of the journal cannot be read; no more writes are taken");
                    self.stop(Arc::from(error.to_string()));
                    return;
                }
            },
        };
        let mut state = (**self.shared.state.load()).clone();
        let (outcomes, mut changes) = apply_batch(&mut state, &envelope, &commands);
        let state = Arc::new(state);
        // Before anybody sees the state: a session that can be found has its time.
        self.shared.timers.follow(std::mem::take(&mut changes.timers));
        self.shared.state.store(Arc::clone(&state));
        self.shared.applied.send_replace(position);
        self.shared.watches.wake(&changes);
        for (reply, (outcome, index)) in replies.into_iter().zip(outcomes) {
            let answer = outcome.map(|outcome| Committed { outcome, index }).map_err(SubmitError::from);
            // A submitter that went away does not undo its write.
            let _ = reply.send(answer);
        }
        self.count_towards_snapshot(state, position);
    }

    fn not_appended(&mut self, error: AppendError) {
        let Some(batch) = self.in_flight.take() else { return };
        let reason: Arc<str> = Arc::from(describe(&error));
        let answer = match error {
            AppendError::TooLarge { bytes, at_most } => SubmitError::TooLarge { bytes, at_most },
            AppendError::Failed(_) | AppendError::Closed => {
                error!(%reason, "the journal failed; no more writes are taken, reads go on");
                self.stopped = Some(Arc::clone(&reason));
                SubmitError::Unknown { reason }
            }
            AppendError::OtherHistory { .. } | AppendError::Stopped(_) => {
                self.stopped = Some(Arc::clone(&reason));
                SubmitError::Stopped { reason }
            }
        };
        for reply in batch.replies {
            let _ = reply.send(Err(answer.clone()));
        }
    }

    fn stop(&mut self, reason: Arc<str>) {
        self.stopped = Some(Arc::clone(&reason));
        for reply in self.in_flight.take().into_iter().flat_map(|batch| batch.replies) {
            let _ = reply.send(Err(SubmitError::Unknown { reason: Arc::clone(&reason) }));
        }
    }

    fn refuse_waiting(&mut self) {
        self.queue.close();
        while let Ok(waiting) = self.queue.try_recv() {
            let answer = match &self.stopped {
                Some(reason) => SubmitError::Stopped { reason: Arc::clone(reason) },
                None => SubmitError::ShuttingDown,
            };
            let _ = waiting.reply.send(Err(answer));
        }
    }

    /// Saves a snapshot from the immutable state, beside the writing, and trims what it covers.
    fn count_towards_snapshot(&mut self, state: Arc<State>, position: Position) {
        self.since_snapshot += 1;
        let busy = self.snapshot.as_ref().is_some_and(|snapshot| !snapshot.is_finished());
        if self.since_snapshot < self.shared.config.snapshot_every || busy || self.stopped.is_some() {
            return;
        }
        self.since_snapshot = 0;
        let shared = Arc::clone(&self.shared);
        self.snapshot = Some(tokio::spawn(async move {
            let encode = move || encode_state(&state, CHUNK_BYTES);
            let Ok(chunks) = tokio::task::spawn_blocking(encode).await else { return };
            let meta = SnapshotMeta { position, history: shared.journal.history(), rules: RULES_LEVEL };
            let chunks = futures_util::stream::iter(chunks.into_iter().map(Bytes::from));
            if let Err(error) = shared.journal.save_snapshot(meta, Box::pin(chunks)).await {
                warn!(%position, %error, "a snapshot could not be saved; the journal keeps growing until one is");
                return;
            }
            match shared.journal.trim(position.next()).await {
                Ok(()) => debug!(%position, "snapshot saved, journal trimmed"),
                Err(error) => warn!(%position, %error, "the journal could not be trimmed"),
            }
        }));
    }
}

/// The outcomes of a batch's commands with the index after each.
type Outcomes = Vec<(Result<Outcome, Rejection>, muster_model::Index)>;

/// Applies one batch, unless it was applied before.
pub(super) fn apply_batch(state: &mut State, envelope: &Envelope, commands: &[Command]) -> (Outcomes, Changes) {
    let mut all = Changes::default();
    if state.applied.get(&envelope.incarnation).is_some_and(|last| *last >= envelope.number) {
        return (Vec::new(), all);
    }
    let mut outcomes = Vec::with_capacity(commands.len());
    for command in commands {
        let (outcome, changes) = state.apply(command);
        all.topics.extend(changes.topics);
        all.timers.extend(changes.timers);
        outcomes.push((outcome, state.index()));
    }
    state.applied.insert(envelope.incarnation, envelope.number);
    (outcomes, all)
}

/// About what a command takes in the journal.
fn weight(command: &Command) -> usize {
    match command {
        Command::KvSet(set) => set.value.len() + set.key.as_str().len() + 16,
        Command::KvAcquire { write, .. } | Command::KvRelease { write, .. } => write_weight(write),
        Command::Transaction(operations) => operations.iter().map(operation_weight).sum(),
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

fn describe(error: &AppendError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
