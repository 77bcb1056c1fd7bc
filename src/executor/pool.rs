//! Worker processes behind one queue: how many there are, who waits, what is known of them.
//!
//! One thread a worker starts it, feeds it and replaces it: see [`keeper`]. Everything shared lies behind one lock
//! that is never held while anything waits.

mod memory;
mod queue;
mod slot;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use crossbeam_channel::{Receiver, Sender, bounded, select};

pub use queue::Source;

use super::identity::Identity;
use super::protocol::Purpose;
use super::{
    CancelToken, Execution, ExecutorError, Limits, PoolStatus, Priority, WorkerConfig, WorkerVersions,
};
use queue::{Queue, Takes};
use slot::SlotThread;

/// The slot of hand edits, where there is one.
const LIVE_SLOT: usize = 0;

/// How long a run takes before one was measured, ms: about what a worker needs to start.
const FIRST_GUESS_MS: f64 = 3000.0;

/// Weight of the last run in the recent mean.
const MEAN_WEIGHT: f64 = 0.1;

/// The workers and their queue. Dropping it ends all of them.
pub struct Pool {
    shared: Arc<Shared>,
    /// Disconnects when the pool is dropped.
    closing: Option<Sender<()>>,
    /// What then fires.
    closed: Receiver<()>,
}

/// A candidate to run.
pub struct QueuedRun<'a> {
    /// The candidate.
    pub code: &'a [u8],
    /// What it may use.
    pub limits: &'a Limits,
    /// Who waits.
    pub priority: Priority,
    /// What for.
    pub purpose: Purpose,
    /// Who submits.
    pub source: Source,
    /// Which workers are meant, if the result is to be kept: that of others is not [`Execution::clean`].
    pub identity: Option<Identity>,
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
    keepers: u64,
    restarts: u64,
    recycled: u64,
    /// With the identity of the worker that said them.
    versions: Option<(WorkerVersions, Identity)>,
    error: Option<String>,
    mean_run_ms: Option<f64>,
    closing: bool,
}

/// Room for one worker; for two while one takes over from the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    phase: Phase,
    pid: Option<u32>,
    /// The thread in charge.
    keeper: u64,
    successor: Option<Successor>,
    /// A worker is wanted even if nothing waits for it.
    wanted: bool,
}

/// A worker that is to take over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Successor {
    keeper: u64,
    pid: Option<u32>,
    ready: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    /// No worker yet: nothing waited for one.
    #[default]
    Empty,
    Starting,
    Idle,
    Busy,
    Failed,
}

struct Job {
    code: Arc<[u8]>,
    limits: Limits,
    cancel: CancelToken,
    reply: Sender<Result<Execution, ExecutorError>>,
    submitted: Instant,
    /// Workers that died running it.
    deaths: u32,
    /// When it was given to a worker: see [`Shared::now_s`].
    began_s: f64,
    priority: Priority,
    purpose: Purpose,
    source: Source,
    identity: Option<Identity>,
}

impl Pool {
    /// Makes room for workers; none is started before something waits for it.
    pub fn start(config: WorkerConfig) -> Self {
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
    pub fn build(&self, order: &QueuedRun<'_>, cancel: &CancelToken) -> Result<Execution, ExecutorError> {
        if cancel.is_cancelled() {
            return Err(ExecutorError::Cancelled);
        }
        // Room for the one answer, so that a worker's thread never waits for a caller who has gone.
        let (reply, answer) = bounded(1);
        let job = Job {
            code: order.code.into(),
            limits: order.limits.clone(),
            cancel: cancel.clone(),
            reply,
            submitted: Instant::now(),
            deaths: 0,
            began_s: 0.0,
            priority: order.priority,
            purpose: order.purpose,
            source: order.source,
            identity: order.identity,
        };
        {
            let mut state = self.shared.lock();
            if let Some(error) = state.hopeless() {
                return Err(ExecutorError::Start(error));
            }
            let queued = state.queue.waiting(order.priority);
            if queued >= self.shared.config.queue.max(1) {
                return Err(state.overloaded(queued, order.priority, self.shared.config.live_slot));
            }
            let now_s = self.shared.now_s();
            state.queue.push(order.priority, order.source, job, now_s);
        }
        self.shared.changed.notify_all();
        select! {
            recv(answer) -> answer => answer.unwrap_or_else(|_| Err(ExecutorError::Broken("the pool is gone".to_owned()))),
            recv(cancel.receiver()) -> _ => {
                self.shared.forget_cancelled();
                Err(ExecutorError::Cancelled)
            }
        }
    }

    /// See [`super::Executor::try_again`].
    pub fn try_again(&self) {
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
    pub fn warm_up(&self) {
        let mut state = self.shared.lock();
        let count = if self.shared.config.live_slot { 2 } else { 1 };
        for slot in state.slots.iter_mut().take(count) {
            slot.wanted = true;
        }
        drop(state);
        self.shared.changed.notify_all();
    }

    /// Versions of the last worker that was ready, if there was one, and that worker's identity.
    pub fn known_versions(&self) -> Option<(WorkerVersions, Identity)> {
        self.shared.lock().versions.clone()
    }

    /// Versions of the first worker, which is started for it, and that worker's identity.
    pub fn versions(&self) -> Result<(WorkerVersions, Identity), ExecutorError> {
        let mut state = self.shared.lock();
        state.slots[LIVE_SLOT].wanted = true;
        self.shared.changed.notify_all();
        loop {
            if let Some(versions) = &state.versions {
                return Ok(versions.clone());
            }
            if let Some(error) = state.hopeless() {
                return Err(ExecutorError::Start(error));
            }
            state = self.shared.wait(state);
        }
    }

    /// See [`super::Executor::status`].
    pub fn status(&self) -> PoolStatus {
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
            error: state.hopeless(),
        }
    }

    /// See [`super::Executor::pids`].
    pub fn pids(&self) -> Vec<u32> {
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
            // A thread that panicked has dropped its worker, and with it the process, on its way.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seconds since the pool began.
    fn now_s(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a slot up. Once no worker is left to hope for, everyone who waits is told.
    fn fail(&self, slot: usize, error: String) {
        let mut state = self.lock();
        state.slots[slot].phase = Phase::Failed;
        state.slots[slot].pid = None;
        state.error.get_or_insert(error);
        if let Some(error) = state.hopeless() {
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
    /// Why no candidate will ever run, if so: nothing is left to start, or the first that was started failed.
    fn hopeless(&self) -> Option<String> {
        let all = |phases: &[Phase]| self.slots.iter().all(|slot| phases.contains(&slot.phase));
        let one_failed = self.slots.iter().any(|slot| slot.phase == Phase::Failed);
        let never_ready = self.versions.is_none() && one_failed && all(&[Phase::Empty, Phase::Failed]);
        (never_ready || all(&[Phase::Failed])).then(|| self.error.clone().unwrap_or_default())
    }

    /// What the worker of a slot may be given. Slots fill in for others that failed for good.
    fn takes(&self, slot: usize, live_slot: bool) -> Takes {
        if !live_slot || self.slots.len() == 1 {
            return Takes {
                live: true,
                batch: true,
            };
        }
        let failed = |slot: &Slot| slot.phase == Phase::Failed;
        let (live, batch) = self.slots.split_at(LIVE_SLOT + 1);
        if slot == LIVE_SLOT {
            Takes {
                live: true,
                batch: batch.iter().all(failed),
            }
        } else {
            Takes {
                live: live.iter().all(failed),
                batch: true,
            }
        }
    }

    /// Whether an empty slot should be filled: it is wanted, or more waits than those who could take it will.
    fn is_needed(&self, slot: usize, live_slot: bool) -> bool {
        let takes = self.takes(slot, live_slot);
        let soon_free = self.slots.iter().enumerate().filter(|(other, room)| {
            matches!(room.phase, Phase::Idle | Phase::Starting) && self.takes(*other, live_slot) == takes
        });
        self.slots[slot].wanted || self.queue.demand(takes) > soon_free.count()
    }

    /// Workers that may be given batches.
    fn seats(&self, live_slot: bool) -> usize {
        self.workers(live_slot, |takes| takes.batch)
    }

    fn workers(&self, live_slot: bool, which: impl Fn(Takes) -> bool) -> usize {
        (0..self.slots.len())
            .filter(|&slot| which(self.takes(slot, live_slot)) && self.slots[slot].phase != Phase::Failed)
            .count()
    }

    fn overloaded(&self, queued: usize, priority: Priority, live_slot: bool) -> ExecutorError {
        let workers = self.workers(live_slot, |takes| match priority {
            Priority::Live => takes.live,
            Priority::Batch => takes.batch,
        });
        ExecutorError::Overloaded {
            queued,
            retry_after_ms: retry_after_ms(queued, workers, self.mean_run_ms.unwrap_or(FIRST_GUESS_MS)),
        }
    }

    fn learn_run_time(&mut self, run_ms: f64) {
        let mean = self.mean_run_ms.get_or_insert(run_ms);
        *mean += MEAN_WEIGHT * (run_ms - *mean);
    }
}

/// When a quarter of what waits will have been run: room by then for whoever was refused.
fn retry_after_ms(queued: usize, workers: usize, mean_run_ms: f64) -> u64 {
    let runs = (queued as f64 / 4.0).ceil() / workers.max(1) as f64;
    // At least one, so that nobody asks again at once.
    ((runs * mean_run_ms).ceil() as u64).max(1)
}

impl Job {
    fn answer(&self, answer: Result<Execution, ExecutorError>) {
        // Whoever cancelled is not there any more to hear it.
        let _ = self.reply.try_send(answer);
    }
}

#[cfg(test)]
mod tests;
