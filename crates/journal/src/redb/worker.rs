//! A thread that owns what blocks, so that no tokio worker ever does.

use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::sync::{Semaphore, mpsc, oneshot};

type Job<S> = Box<dyn FnOnce(&mut S) + Send>;

/// How many calls may wait for the thread; more wait at the callers.
const QUEUE: usize = 64;

/// A thread with its state. Dropping it waits for the jobs that were handed over.
pub(super) struct Worker<S> {
    jobs: Option<mpsc::UnboundedSender<Job<S>>>,
    room: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
}

/// The thread is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gone;

impl<S: Send + 'static> Worker<S> {
    pub(super) fn spawn(name: &str, mut state: S) -> io::Result<Self> {
        let (jobs, mut queue) = mpsc::unbounded_channel::<Job<S>>();
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || {
            while let Some(job) = queue.blocking_recv() {
                job(&mut state);
            }
        })?;
        Ok(Self { jobs: Some(jobs), room: Arc::new(Semaphore::new(QUEUE)), thread: Some(thread) })
    }

    /// A way to the thread that does not keep it.
    pub(super) fn caller(&self) -> Caller<S> {
        let jobs = self.jobs.as_ref().expect("only drop takes it").downgrade();
        Caller { jobs, room: Arc::clone(&self.room) }
    }

    /// Runs `job` on the thread.
    pub(super) async fn call<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        self.caller().call(job).await
    }
}

impl<S> Drop for Worker<S> {
    fn drop(&mut self) {
        self.room.close();
        self.jobs = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("a thread of the journal has panicked");
        }
    }
}

/// A way to a [`Worker`]'s thread for those who may outlive it.
///
/// The semaphore bounds the queue. Waiting in it holds no sender: the thread can end, and be waited
/// for, while callers still stand in line.
pub(super) struct Caller<S> {
    jobs: mpsc::WeakUnboundedSender<Job<S>>,
    room: Arc<Semaphore>,
}

impl<S> Clone for Caller<S> {
    fn clone(&self) -> Self {
        Self { jobs: self.jobs.clone(), room: Arc::clone(&self.room) }
    }
}

impl<S: Send + 'static> Caller<S> {
    pub(super) async fn call<R: Send + 'static>(
        &self,
        job: impl FnOnce(&mut S) -> R + Send + 'static,
    ) -> Result<R, Gone> {
        let place = Arc::clone(&self.room).acquire_owned().await.map_err(|_| Gone)?;
        let (answer, answered) = oneshot::channel();
        let job: Job<S> = Box::new(move |state| {
            drop(place);
            // The caller may have gone: what it asked for is done all the same.
            let _ = answer.send(job(state));
        });
        self.jobs.upgrade().ok_or(Gone)?.send(job).map_err(|_| Gone)?;
        answered.await.map_err(|_| Gone)
    }
}
