//! Worker processes behind one queue: how many there are, who waits, what is known of them.
//!
//! One thread a worker starts it, feeds it and replaces it: see [`keeper`]. Everything shared lies behind one lock
//! that is never held while anything waits.

mod keeper;
mod memory;
mod queue;

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
use keeper::Keeper;
use queue::{Queue, Takes};

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
pub struct Order<'a> {
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
    /// Whether it has been run alone.
    tried_alone: bool,
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
            state: Mutex::new(State {
                slots: vec![Slot::default(); slots],
                ..State::default()
            }),
            changed: Condvar::new(),
            threads: Mutex::default(),
        });
        let (sender, closing) = bounded(0);
        for slot in 0..slots {
            Keeper::first(&shared, &closing, slot);
        }
        Self {
            shared,
            closing: Some(sender),
            closed: closing,
        }
    }

    /// See [`super::Executor::build`].
    pub fn build(&self, order: &Order<'_>, cancel: &CancelToken) -> Result<Execution, ExecutorError> {
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
            tried_alone: false,
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
            state.queue.push(order.priority, order.source, job);
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
            Keeper::first(&self.shared, &self.closed, slot);
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
        // One that was to run alone may have held others back.
        self.changed.notify_all();
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

    fn overloaded(&self, queued: usize, priority: Priority, live_slot: bool) -> ExecutorError {
        let takes = |takes: Takes| match priority {
            Priority::Live => takes.live,
            Priority::Batch => takes.batch,
        };
        let workers = (0..self.slots.len())
            .filter(|&slot| takes(self.takes(slot, live_slot)) && self.slots[slot].phase != Phase::Failed)
            .count();
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
mod tests {
    use super::*;

    fn state(phases: &[Phase]) -> State {
        let slots = phases.iter().map(|&phase| Slot {
            phase,
            ..Slot::default()
        });
        State {
            slots: slots.collect(),
            ..State::default()
        }
    }

    fn submit(state: &mut State, priority: Priority, count: usize) {
        for _ in 0..count {
            let job = Job {
                code: Arc::default(),
                limits: Limits::default(),
                cancel: CancelToken::never(),
                reply: bounded(1).0,
                submitted: Instant::now(),
                deaths: 0,
                tried_alone: false,
                priority,
                purpose: Purpose::Result,
                source: Source(1),
                identity: None,
            };
            state.queue.push(priority, Source(1), job);
        }
    }

    fn needed(state: &State, live_slot: bool) -> Vec<bool> {
        (0..state.slots.len())
            .map(|slot| state.is_needed(slot, live_slot))
            .collect()
    }

    #[test]
    fn a_further_worker_is_needed_only_while_more_waits_than_workers_will_take() {
        use Phase::{Busy, Empty, Idle, Starting};
        let mut state = state(&[Empty, Empty, Empty]);
        assert_eq!(needed(&state, false), [false; 3]);
        submit(&mut state, Priority::Batch, 1);
        assert_eq!(needed(&state, true), [false, true, true]);
        state.slots[1].phase = Starting;
        assert_eq!(needed(&state, true), [false; 3]);
        state.slots[1].phase = Busy;
        assert!(needed(&state, true)[2]);
        state.slots[2].phase = Idle;
        assert_eq!(needed(&state, true), [false; 3]);
        submit(&mut state, Priority::Live, 1);
        assert!(needed(&state, true)[0]);
    }

    #[test]
    fn batches_stay_out_of_the_slot_for_hand_edits_while_there_are_others() {
        use Phase::{Busy, Failed, Idle};
        let takes = |state: &State, slot: usize| {
            let Takes { live, batch } = state.takes(slot, true);
            (live, batch)
        };
        let pool = state(&[Idle, Busy]);
        assert_eq!((takes(&pool, 0), takes(&pool, 1)), ((true, false), (false, true)));
        let pool = state(&[Idle, Failed]);
        assert_eq!(takes(&pool, 0), (true, true));
        let pool = state(&[Failed, Busy]);
        assert_eq!(takes(&pool, 1), (true, true));
        assert_eq!(takes(&state(&[Idle]), 0), (true, true));
    }

    #[test]
    fn a_first_worker_that_fails_ends_all_hope_and_a_later_one_does_not() {
        use Phase::{Empty, Failed, Idle, Starting};
        assert!(state(&[Empty, Empty]).hopeless().is_none());
        assert!(state(&[Failed, Starting]).hopeless().is_none());
        assert!(state(&[Failed, Empty]).hopeless().is_some());
        assert!(state(&[Failed, Idle]).hopeless().is_none());
        assert!(state(&[Failed, Failed]).hopeless().is_some());
    }

    #[test]
    fn whoever_is_refused_is_told_to_come_back_when_there_is_room() {
        assert_eq!(retry_after_ms(1024, 2, 200.0), 25_600);
        assert_eq!(retry_after_ms(1, 4, 200.0), 50);
        assert_eq!(retry_after_ms(0, 0, 0.0), 1);
        let mut state = state(&[Phase::Idle, Phase::Busy, Phase::Busy]);
        state.learn_run_time(100.0);
        state.learn_run_time(200.0);
        let error = state.overloaded(8, Priority::Batch, true);
        assert!(
            matches!(
                error,
                ExecutorError::Overloaded {
                    queued: 8,
                    retry_after_ms: 110
                }
            ),
            "{error:?}"
        );
    }
}
