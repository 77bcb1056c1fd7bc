//! A pool of worker processes behind one queue.
//!
//! Each slot has a thread that starts, feeds and replaces its worker: see [`slot`]. All shared state is behind one lock
//! that is never held during a wait.

mod memory;
mod queue;
mod slot;
mod succession;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, select};

pub use queue::Priority;
pub(crate) use queue::Source;

use super::cancel::CancelToken;
use super::config::WorkerConfig;
use super::decode;
use super::error::ExecutorError;
use super::execution::Execution;
use super::identity::Identity;
use super::vary::Vary;
use cadforge_geometry::Shape;
use cadforge_protocol::frame::Purpose;
use cadforge_protocol::{RunSpec, WorkerVersions};
use queue::{AcceptedJobs, Queue};
use slot::SlotThread;

/// The slot for hand edits, if one is reserved.
const LIVE_SLOT: usize = 0;

/// Assumed duration of a run before the first measurement, in ms: about the start time of a worker.
const ASSUMED_RUN_MS: f64 = 3000.0;

/// Weight of the last run in the running mean.
const MEAN_WEIGHT: f64 = 0.1;

/// State of the pool, for status displays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolStatus {
    /// Workers that are ready or busy.
    pub ready: usize,
    /// Workers still importing CadQuery.
    pub starting: usize,
    /// Workers running a candidate.
    pub busy: usize,
    /// Candidates waiting for a worker.
    pub queued: usize,
    /// Worker processes that died or misbehaved and were replaced.
    pub restarts: u64,
    /// Worker processes replaced by count or memory, see [`Recycle`](crate::Recycle).
    pub recycled: u64,
    /// Versions, once the first worker is ready.
    pub versions: Option<WorkerVersions>,
    /// Why no worker can start, if that is so.
    pub error: Option<String>,
}

/// Workers and their queue. Dropping it ends all workers.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    /// Disconnects when the pool is dropped.
    closing: Option<Sender<()>>,
    /// Receiving end of `closing`.
    closed: Receiver<()>,
}

pub(crate) struct QueuedRun<'a> {
    pub(crate) code: &'a [u8],
    /// Chooses variants to run after it.
    pub(crate) vary: Option<Arc<dyn Vary>>,
    pub(crate) spec: &'a RunSpec,
    pub(crate) priority: Priority,
    pub(crate) purpose: Purpose,
    pub(crate) source: Source,
    /// Required identity of the worker, if the result is to be cached: results of other workers are not
    /// [`Execution::cacheable`].
    pub(crate) identity: Option<Identity>,
}

struct Shared {
    config: WorkerConfig,
    started: Instant,
    state: Mutex<State>,
    changed: Condvar,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct State {
    queue: Queue<Job>,
    slots: Vec<Slot>,
    threads_started: u64,
    restarts: u64,
    recycled: u64,
    /// With the identity of the worker that reported them.
    versions: Option<(WorkerVersions, Identity)>,
    error: Option<String>,
    mean_run_ms: Option<f64>,
    closing: bool,
}

/// One worker; two while a successor takes over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    phase: Phase,
    pid: Option<u32>,
    /// Id of the thread that owns the slot.
    thread: u64,
    successor: Option<Successor>,
    /// Start a worker even if nothing waits for it.
    wanted: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Successor {
    thread: u64,
    pid: Option<u32>,
    ready: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// Not started yet: nothing needed it.
    #[default]
    Empty,
    Starting,
    Idle,
    Busy,
    Failed,
}

struct Job {
    code: Arc<[u8]>,
    vary: Option<Arc<dyn Vary>>,
    spec: RunSpec,
    cancel: CancelToken,
    reply: Sender<Result<Execution, ExecutorError>>,
    /// Of a hand edit.
    preview: Option<Sender<Vec<u8>>>,
    submitted: Instant,
    /// Number of workers that died running it.
    deaths: u32,
    /// When a worker started it: see [`Shared::now_s`].
    began_s: f64,
    priority: Priority,
    purpose: Purpose,
    source: Source,
    identity: Option<Identity>,
}

impl Pool {
    /// Creates the slots; workers are started when runs need them.
    pub(crate) fn start(config: WorkerConfig) -> Self {
        let slots = config.workers.max(1);
        let shared = Arc::new(Shared {
            config,
            started: Instant::now(),
            state: Mutex::new(State {
                slots: vec![Slot::default(); slots],
                ..State::default()
            }),
            changed: Condvar::new(),
            threads: Mutex::default(),
        });
        let (sender, closing) = bounded(0);
        for slot in 0..slots {
            SlotThread::first(&shared, &closing, slot);
        }
        Self {
            shared,
            closing: Some(sender),
            closed: closing,
        }
    }

    /// See [`super::Executor::build`].
    pub(crate) fn build(
        &self,
        run: &QueuedRun<'_>,
        previewed: &mut dyn FnMut(Shape),
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        if cancel.is_cancelled() {
            return Err(ExecutorError::Cancelled);
        }
        // Capacity for the single answer, so that a worker's thread never waits for a caller that is gone.
        let (reply, answer) = bounded(1);
        let (preview, previews) = bounded(1);
        let is_edit = run.purpose == Purpose::Edit;
        let job = Job {
            code: run.code.into(),
            vary: run.vary.clone(),
            spec: run.spec.clone(),
            cancel: cancel.clone(),
            reply,
            preview: is_edit.then_some(preview),
            submitted: Instant::now(),
            deaths: 0,
            began_s: 0.0,
            priority: run.priority,
            purpose: run.purpose,
            source: run.source,
            identity: run.identity,
        };
        {
            let mut state = self.shared.lock();
            if let Some(error) = state.permanent_error() {
                return Err(ExecutorError::Start(error));
            }
            let queued = state.queue.waiting(run.priority);
            if queued >= self.shared.config.queue.max(1) {
                return Err(state.overloaded(queued, run.priority, self.shared.config.live_slot));
            }
            let now_s = self.shared.now_s();
            state.queue.push(run.priority, run.source, job, now_s);
        }
        self.shared.changed.notify_all();
        let mut previews = Some(previews);
        let never = crossbeam_channel::never();
        loop {
            select! {
                recv(answer) -> answer => return answer.unwrap_or_else(|_| Err(ExecutorError::Broken("the pool is gone".to_owned()))),
                recv(previews.as_ref().unwrap_or(&never)) -> preview => match preview {
                    Ok(bytes) => {
                        if let Some(shape) = decode::preview(&bytes) {
                            previewed(shape);
                        }
                    }
                    // The job has ended.
                    Err(_) => previews = None,
                },
                recv(cancel.receiver()) -> _ => {
                    self.shared.forget_cancelled();
                    return Err(ExecutorError::Cancelled);
                }
            }
        }
    }

    /// See [`super::Executor::retry_failed_slots`].
    pub(crate) fn retry_failed_slots(&self) {
        let mut state = self.shared.lock();
        state.error = None;
        let mut given_up = Vec::new();
        for (number, slot) in state.slots.iter_mut().enumerate() {
            if slot.phase == Phase::Failed {
                *slot = Slot::default();
                given_up.push(number);
            }
        }
        drop(state);
        for slot in given_up {
            SlotThread::first(&self.shared, &self.closed, slot);
        }
        self.warm_up();
    }

    /// See [`super::Executor::warm_up`].
    pub(crate) fn warm_up(&self) {
        let mut state = self.shared.lock();
        let count = if self.shared.config.live_slot { 2 } else { 1 };
        for slot in state.slots.iter_mut().take(count) {
            slot.wanted = true;
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Versions of the last worker that was ready, and its identity.
    pub(crate) fn known_versions(&self) -> Option<(WorkerVersions, Identity)> {
        self.shared.lock().versions.clone()
    }

    /// Versions of the first worker, which is started if needed, and its identity.
    pub(crate) fn versions(&self) -> Result<(WorkerVersions, Identity), ExecutorError> {
        let mut state = self.shared.lock();
        state.slots[LIVE_SLOT].wanted = true;
        self.shared.changed.notify_all();
        loop {
            if let Some(versions) = &state.versions {
                return Ok(versions.clone());
            }
            if let Some(error) = state.permanent_error() {
                return Err(ExecutorError::Start(error));
            }
            state = self.shared.wait(state);
        }
    }

    /// See [`super::Executor::status`].
    pub(crate) fn status(&self) -> PoolStatus {
        let state = self.shared.lock();
        let count = |phase| state.slots.iter().filter(|slot| slot.phase == phase).count();
        let busy = count(Phase::Busy);
        PoolStatus {
            ready: count(Phase::Idle) + busy,
            starting: count(Phase::Starting),
            busy,
            queued: state.queue.len(),
            restarts: state.restarts,
            recycled: state.recycled,
            versions: state.versions.as_ref().map(|(versions, _)| versions.clone()),
            error: state.permanent_error(),
        }
    }

    /// See [`super::Executor::pids`].
    pub(crate) fn pids(&self) -> Vec<u32> {
        let state = self.shared.lock();
        let pids = |slot: &Slot| [slot.pid, slot.successor.and_then(|successor| successor.pid)];
        state.slots.iter().flat_map(pids).flatten().collect()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.closing = None;
        self.shared.changed.notify_all();
        loop {
            let thread = self.shared.threads().pop();
            let Some(thread) = thread else { return };
            // A thread that panicked has dropped its worker, which ends the process.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the pool was created.
    fn now_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Marks a slot as failed. If no worker can start any more, all waiting runs fail.
    fn fail(&self, slot: usize, error: String) {
        let mut state = self.lock();
        state.slots[slot].phase = Phase::Failed;
        state.slots[slot].pid = None;
        state.error.get_or_insert(error);
        if let Some(error) = state.permanent_error() {
            for job in state.queue.drain() {
                job.answer(Err(ExecutorError::Start(error.clone())));
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    fn forget_cancelled(&self) {
        self.lock().queue.retain(|job| !job.cancel.is_cancelled());
    }
}

impl State {
    /// The error if no candidate can ever run: no slot is left, or the first worker failed to start.
    fn permanent_error(&self) -> Option<String> {
        let all = |phases: &[Phase]| self.slots.iter().all(|slot| phases.contains(&slot.phase));
        let one_failed = self.slots.iter().any(|slot| slot.phase == Phase::Failed);
        let never_ready = self.versions.is_none() && one_failed && all(&[Phase::Empty, Phase::Failed]);
        (never_ready || all(&[Phase::Failed])).then(|| self.error.clone().unwrap_or_default())
    }

    /// The jobs that a slot's worker accepts. Slots replace others that failed for good.
    fn accepts(&self, slot: usize, live_slot: bool) -> AcceptedJobs {
        if !live_slot || self.slots.len() == 1 {
            return AcceptedJobs {
                live: true,
                batch: true,
            };
        }
        let failed = |slot: &Slot| slot.phase == Phase::Failed;
        let (live, batch) = self.slots.split_at(LIVE_SLOT + 1);
        if slot == LIVE_SLOT {
            AcceptedJobs {
                live: true,
                batch: batch.iter().all(failed),
            }
        } else {
            AcceptedJobs {
                live: live.iter().all(failed),
                batch: true,
            }
        }
    }

    /// Whether an empty slot needs a worker: one is wanted, or more jobs wait than the other workers will take.
    fn is_needed(&self, slot: usize, live_slot: bool) -> bool {
        let accepts = self.accepts(slot, live_slot);
        let soon_free = self.slots.iter().enumerate().filter(|(other, room)| {
            matches!(room.phase, Phase::Idle | Phase::Starting) && self.accepts(*other, live_slot) == accepts
        });
        self.slots[slot].wanted || self.queue.demand(accepts) > soon_free.count()
    }

    /// Workers that accept batches.
    fn batch_workers(&self, live_slot: bool) -> usize {
        self.workers(live_slot, |accepts| accepts.batch)
    }

    fn workers(&self, live_slot: bool, which: impl Fn(AcceptedJobs) -> bool) -> usize {
        (0..self.slots.len())
            .filter(|&slot| which(self.accepts(slot, live_slot)) && self.slots[slot].phase != Phase::Failed)
            .count()
    }

    fn overloaded(&self, queued: usize, priority: Priority, live_slot: bool) -> ExecutorError {
        let workers = self.workers(live_slot, |accepts| match priority {
            Priority::Live => accepts.live,
            Priority::Batch => accepts.batch,
        });
        ExecutorError::Overloaded {
            queued,
            retry_after_ms: retry_after_ms(queued, workers, self.mean_run_ms.unwrap_or(ASSUMED_RUN_MS)),
        }
    }

    fn learn_run_time(&mut self, run_ms: f64) {
        let mean = self.mean_run_ms.get_or_insert(run_ms);
        *mean += MEAN_WEIGHT * (run_ms - *mean);
    }
}

/// Estimated time until a quarter of the waiting jobs have run, in ms.
fn retry_after_ms(queued: usize, workers: usize, mean_run_ms: f64) -> u64 {
    let runs = (queued as f64 / 4.0).ceil() / workers.max(1) as f64;
    // At least 1, so that callers do not retry at once.
    ((runs * mean_run_ms).ceil() as u64).max(1)
}

impl Job {
    fn answer(&self, answer: Result<Execution, ExecutorError>) {
        // A caller that cancelled does not receive it any more.
        let _ = self.reply.try_send(answer);
    }
}

#[cfg(test)]
mod tests;
