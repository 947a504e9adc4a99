//! From the queue into the journal, and from the journal into the state.
//!
//! What waits is packed into one batch (group commit); every batch, whoever wrote it, is applied in
//! journal order as the journal hands it out; then its submitters are answered and watchers woken.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use futures_util::{FutureExt, StreamExt};
use muster_journal::{AppendError, Entry, Envelope, Following, Position, SnapshotMeta};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, warn};

use super::digest::{Digests, Diverged, digest, is_due};
use super::sessions::write_what_runs_out;
use super::snapshot_policy::SnapshotPolicy;
use super::weight::weight;
use super::{Committed, Shared, Submission, SubmitError, saving};
use crate::command::{Command, Outcome, Rejection, RestoreStep, StateDigest};
use crate::seeded::{SeededBug, is_seeded, leak};
use crate::state::{Changes, State};
use crate::stored::{decode_batch, encode_batch};

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
    policy: SnapshotPolicy,
    snapshot: Option<JoinHandle<Option<u64>>>,
    digests: Digests,
    digest: Option<JoinHandle<StateDigest>>,
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
        snapshot_bytes: u64,
    ) -> Self {
        let policy = SnapshotPolicy::new(shared.config.snapshot_every, snapshot_bytes);
        Self {
            shared,
            queue,
            submissions,
            follow,
            // Unique among the runs of all servers of this history; it is stamped into batches, never compared by order.
            incarnation: unique_number(),
            number: 0,
            in_flight: None,
            policy,
            snapshot: None,
            digests: Digests::default(),
            digest: None,
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
        let mut append = self.begin();
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
                digest = async { self.digest.as_mut().expect("guarded").await }, if idle && self.digest.is_some() => {
                    self.digest = None;
                    if let Ok(digest) = digest {
                        append = self.digested(digest);
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
        if let Some(digest) = self.digest.take() {
            let _ = digest.await;
        }
    }

    /// Packs what waits and hands it to the journal.
    fn start(&mut self, first: Submission) -> Option<Append> {
        if let Some(reason) = self.shared.stopped.get() {
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
        Some(self.append(commands, replies))
    }

    /// What a run begins with, before anybody's writes.
    fn begin(&mut self) -> Option<Append> {
        let state = self.shared.state.load_full();
        let known = self.shared.config.rules;
        let raise = (state.rules() < known).then_some(Command::RaiseLevel(known));
        let abort = state.staged.as_ref().map(|staged| RestoreStep::Abort { restore: staged.restore });
        let commands: Vec<_> = raise.into_iter().chain(abort.map(Command::Restore)).collect();
        (!commands.is_empty()).then(|| self.append(commands, Vec::new()))
    }

    fn append(&mut self, commands: Vec<Command>, replies: Vec<Reply>) -> Append {
        self.number += 1;
        let envelope = Envelope {
            history: self.shared.journal.history(),
            incarnation: self.incarnation,
            number: self.number,
            rules: rules_of(&commands, self.shared.state.load().rules()),
            commands: Bytes::from(encode_batch(&commands)),
        };
        self.in_flight = Some(Batch { number: self.number, commands, replies });
        let journal = Arc::clone(&self.shared.journal);
        Box::pin(async move { journal.append(&envelope).await })
    }

    /// A digest of an earlier state is there: compare it, and write it for others to compare.
    fn digested(&mut self, own: StateDigest) -> Option<Append> {
        if let Err(diverged) = self.digests.computed(own) {
            self.diverge(diverged);
        }
        self.shared.stopped.get().is_none().then(|| self.append(vec![Command::StateDigest(own)], Vec::new()))
    }

    fn diverge(&mut self, diverged: Diverged) {
        error!(%diverged, "this server applies the journal differently; it answers nothing any more");
        let _ = self.shared.diverged.set(diverged);
        self.stop(Arc::from(diverged.to_string()));
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
                Ok(commands) => {
                    self.compare(&commands);
                    (commands, Vec::new())
                }
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
        leak();
        self.look_after_history(state, position, envelope.commands.len());
    }

    /// Compares what another server says of its state.
    fn compare(&mut self, commands: &[Command]) {
        for command in commands {
            if let Command::StateDigest(other) = command
                && let Err(diverged) = self.digests.read(*other)
            {
                self.diverge(diverged);
            }
        }
    }

    fn not_appended(&mut self, error: AppendError) {
        let Some(batch) = self.in_flight.take() else { return };
        let reason: Arc<str> = Arc::from(describe(&error));
        let answer = match error {
            AppendError::TooLarge { bytes, at_most } => SubmitError::TooLarge { bytes, at_most },
            AppendError::Failed(_) | AppendError::Closed => {
                error!(%reason, "the journal failed; no more writes are taken, reads go on");
                self.shared.stopped.get_or_init(|| Arc::clone(&reason));
                SubmitError::Unknown { reason }
            }
            AppendError::OtherHistory { .. } | AppendError::Stopped(_) => {
                self.shared.stopped.get_or_init(|| Arc::clone(&reason));
                SubmitError::Stopped { reason }
            }
        };
        for reply in batch.replies {
            let _ = reply.send(Err(answer.clone()));
        }
    }

    fn stop(&mut self, reason: Arc<str>) {
        self.shared.stopped.get_or_init(|| Arc::clone(&reason));
        for reply in self.in_flight.take().into_iter().flat_map(|batch| batch.replies) {
            let _ = reply.send(Err(SubmitError::Unknown { reason: Arc::clone(&reason) }));
        }
    }

    fn refuse_waiting(&mut self) {
        self.queue.close();
        while let Ok(waiting) = self.queue.try_recv() {
            let answer = match self.shared.stopped.get() {
                Some(reason) => SubmitError::Stopped { reason: Arc::clone(reason) },
                None => SubmitError::ShuttingDown,
            };
            let _ = waiting.reply.send(Err(answer));
        }
    }

    /// Computes digests and saves snapshots when they are due, from the immutable state, beside the writing.
    fn look_after_history(&mut self, state: Arc<State>, position: Position, bytes: usize) {
        self.policy.written(bytes);
        if self.shared.stopped.get().is_some() {
            return;
        }
        let every = self.shared.config.digest_every;
        if self.digest.is_none() && state.allows_digests() && is_due(position, every, &state) {
            let state = Arc::clone(&state);
            self.digest = Some(tokio::task::spawn_blocking(move || digest(&state, position)));
        }
        if state.staged.is_some() || self.is_saving() || !self.policy.is_due() {
            return;
        }
        self.policy.begun();
        self.snapshot = Some(tokio::spawn(save(Arc::clone(&self.shared), state, position)));
    }

    /// Whether a snapshot is being saved. Learns from one that was.
    fn is_saving(&mut self) -> bool {
        if self.snapshot.as_ref().is_some_and(|snapshot| !snapshot.is_finished()) {
            return true;
        }
        if let Some(Ok(Some(bytes))) = self.snapshot.take().and_then(FutureExt::now_or_never) {
            self.policy.saved(bytes);
        }
        false
    }
}

/// Saves a snapshot and trims what it covers. How long it was.
async fn save(shared: Arc<Shared>, state: Arc<State>, position: Position) -> Option<u64> {
    let bytes = Arc::new(AtomicU64::new(0));
    let meta = SnapshotMeta { position, history: shared.journal.history(), rules: state.rules() };
    let counted = Arc::clone(&bytes);
    let chunks = saving::stream(state, CHUNK_BYTES).inspect(move |chunk| {
        counted.fetch_add(chunk.len() as u64, Ordering::Relaxed);
    });
    if let Err(error) = shared.journal.save_snapshot(meta, Box::pin(chunks)).await {
        warn!(%position, %error, "a snapshot could not be saved; the journal keeps growing until one is");
        return None;
    }
    match shared.journal.trim(position.next()).await {
        Ok(()) => debug!(%position, "snapshot saved, journal trimmed"),
        Err(error) => warn!(%position, %error, "the journal could not be trimmed"),
    }
    Some(bytes.load(Ordering::Relaxed))
}

/// A number that nobody else has drawn.
pub(super) fn unique_number() -> u64 {
    RandomState::new().build_hasher().finish()
}

/// The level that reading a batch needs: the one in effect, or the one that it raises to.
fn rules_of(commands: &[Command], current: u32) -> u32 {
    let raised = commands.iter().map(|command| if let Command::RaiseLevel(level) = command { *level } else { 0 });
    raised.fold(current, u32::max)
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

fn describe(error: &AppendError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}
