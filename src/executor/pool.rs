//! Worker processes behind one queue: who waits, who runs, who is tried again.
//!
//! One thread a worker starts it, feeds it and replaces it. Everything shared lies behind one lock that is
//! never held while anything waits.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::worker::{Died, Done, Ran, Worker};
use super::{
    CancelToken, Execution, ExecutorError, Limits, PoolStatus, Priority, SandboxSupport, WorkerConfig, WorkerVersions, answer,
};

/// How long to wait before a worker that was ready once, and cannot be started again, is tried once more.
const BACKOFF: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// The workers and their queue. Dropping it ends all of them.
pub struct Pool {
    shared: Arc<Shared>,
    /// Disconnects when the pool is dropped.
    closing: Option<Sender<()>>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    live: VecDeque<Job>,
    /// Candidates to be tried once more with no batch beside them.
    alone: VecDeque<Job>,
    batch: VecDeque<Job>,
    running_alone: bool,
    slots: Vec<Slot>,
    restarts: u64,
    versions: Option<WorkerVersions>,
    error: Option<String>,
    closing: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Slot {
    phase: Phase,
    pid: Option<u32>,
    /// Counts the slot's workers, so that news of a dead one is not taken for news of its successor.
    generation: u64,
    /// Its worker's connection has ended.
    gone: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
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
}

impl Pool {
    /// Starts the threads, which start the workers.
    pub fn start(config: WorkerConfig) -> Self {
        let workers = config.workers.max(1);
        let state = State {
            slots: vec![Slot::default(); workers],
            ..State::default()
        };
        let shared = Arc::new(Shared {
            state: Mutex::new(state),
            changed: Condvar::new(),
        });
        let (sender, closing) = bounded(0);
        let config = Arc::new(config);
        let threads = (0..workers)
            .filter_map(|slot| {
                let keeper = Keeper {
                    shared: Arc::clone(&shared),
                    config: Arc::clone(&config),
                    closing: closing.clone(),
                    slot,
                };
                let spawned = thread::Builder::new()
                    .name(format!("worker-{slot}"))
                    .spawn(move || keeper.keep());
                spawned
                    .inspect_err(|error| shared.fail(slot, format!("no thread for a worker: {error}")))
                    .ok()
            })
            .collect();
        Self {
            shared,
            closing: Some(sender),
            threads,
        }
    }

    /// See [`super::Executor::build`].
    pub fn build(
        &self,
        code: &[u8],
        limits: &Limits,
        priority: Priority,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        if cancel.is_cancelled() {
            return Err(ExecutorError::Cancelled);
        }
        // Room for the one answer, so that a worker's thread never waits for a caller who has gone.
        let (reply, answer) = bounded(1);
        let job = Job {
            code: code.into(),
            limits: limits.clone(),
            cancel: cancel.clone(),
            reply,
            submitted: Instant::now(),
            deaths: 0,
            tried_alone: false,
            priority,
        };
        {
            let mut state = self.shared.lock();
            if let Some(error) = state.hopeless() {
                return Err(ExecutorError::Start(error));
            }
            state.queue(priority).push_back(job);
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

    /// See [`super::Executor::versions`].
    pub fn versions(&self) -> Result<WorkerVersions, ExecutorError> {
        let mut state = self.shared.lock();
        loop {
            if let Some(versions) = &state.versions {
                return Ok(versions.clone());
            }
            if let Some(error) = state.hopeless() {
                return Err(ExecutorError::Start(error));
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
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
            queued: state.live.len() + state.alone.len() + state.batch.len(),
            restarts: state.restarts,
            versions: state.versions.clone(),
            error: state.hopeless(),
        }
    }

    /// See [`super::Executor::pids`].
    pub fn pids(&self) -> Vec<u32> {
        self.shared
            .lock()
            .slots
            .iter()
            .filter_map(|slot| slot.pid)
            .collect()
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.shared.lock().closing = true;
        self.closing = None;
        self.shared.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has dropped its worker, and with it the process, on its way.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives a slot up. Once no worker is left to hope for, everyone who waits is told.
    fn fail(&self, slot: usize, error: String) {
        let mut state = self.lock();
        state.slots[slot].phase = Phase::Failed;
        state.slots[slot].pid = None;
        state.error.get_or_insert(error);
        if let Some(error) = state.hopeless() {
            let State {
                live, alone, batch, ..
            } = &mut *state;
            for job in live.drain(..).chain(alone.drain(..)).chain(batch.drain(..)) {
                job.answer(Err(ExecutorError::Start(error.clone())));
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    fn forget_cancelled(&self) {
        let mut state = self.lock();
        let State {
            live, alone, batch, ..
        } = &mut *state;
        for queue in [live, alone, batch] {
            queue.retain(|job| !job.cancel.is_cancelled());
        }
        drop(state);
        // One that was to run alone may have held others back.
        self.changed.notify_all();
    }
}

impl State {
    /// Why no candidate will ever run, if so.
    fn hopeless(&self) -> Option<String> {
        let failed = self.slots.iter().all(|slot| slot.phase == Phase::Failed);
        failed.then(|| self.error.clone().unwrap_or_default())
    }

    fn queue(&mut self, priority: Priority) -> &mut VecDeque<Job> {
        match priority {
            Priority::Live => &mut self.live,
            Priority::Batch => &mut self.batch,
        }
    }

    /// The next job to run: hand edits first; one that is to run alone as soon as nothing else runs.
    fn next(&mut self) -> Option<(Job, bool)> {
        if let Some(job) = self.live.pop_front() {
            return Some((job, false));
        }
        if self.running_alone {
            return None;
        }
        if !self.alone.is_empty() {
            let running = self.slots.iter().any(|slot| slot.phase == Phase::Busy);
            if running {
                return None;
            }
            self.running_alone = true;
            return self.alone.pop_front().map(|job| (job, true));
        }
        self.batch.pop_front().map(|job| (job, false))
    }
}

impl Job {
    fn answer(&self, answer: Result<Execution, ExecutorError>) {
        // Whoever cancelled is not there any more to hear it.
        let _ = self.reply.try_send(answer);
    }
}

/// The thread that keeps one slot filled with a living worker.
struct Keeper {
    shared: Arc<Shared>,
    config: Arc<WorkerConfig>,
    closing: Receiver<()>,
    slot: usize,
}

impl Keeper {
    fn keep(&self) {
        let mut failures = 0;
        let mut was_ready = false;
        loop {
            match self.start() {
                Ok(mut worker) => {
                    failures = 0;
                    was_ready = true;
                    self.feed(&mut worker);
                    self.update(|slot| slot.pid = None);
                    let mut state = self.shared.lock();
                    if state.closing {
                        return;
                    }
                    state.restarts += 1;
                }
                Err(_) if self.shared.lock().closing => return,
                // What never worked will hardly work by itself, though its first start may have been cut short; what
                // did work is worth some patience.
                Err(Died(_)) if failures < if was_ready { BACKOFF.len() } else { 1 } => {
                    let _ = self.closing.recv_timeout(BACKOFF[failures]);
                    failures += 1;
                }
                Err(Died(reason)) => return self.shared.fail(self.slot, reason),
            }
            if self.shared.lock().closing {
                return;
            }
        }
    }

    fn start(&self) -> Result<Worker, Died> {
        let mut generation = 0;
        self.update(|slot| {
            generation = slot.generation + 1;
            *slot = Slot {
                phase: Phase::Starting,
                pid: None,
                generation,
                gone: false,
            };
        });
        let (shared, slot) = (Arc::clone(&self.shared), self.slot);
        let gone = move || {
            let mut state = shared.lock();
            if state.slots[slot].generation == generation {
                state.slots[slot].gone = true;
            }
            drop(state);
            shared.changed.notify_all();
        };
        let worker = Worker::start(
            &self.config,
            &self.closing,
            |pid| self.update(|slot| slot.pid = Some(pid)),
            gone,
        )?;
        let mut state = self.shared.lock();
        state.slots[self.slot].phase = Phase::Idle;
        state.versions = Some(worker.versions().clone());
        drop(state);
        self.shared.changed.notify_all();
        Ok(worker)
    }

    fn update(&self, change: impl FnOnce(&mut Slot)) {
        change(&mut self.shared.lock().slots[self.slot]);
    }

    /// Runs one job after another until the worker dies or the pool closes.
    fn feed(&self, worker: &mut Worker) {
        while let Some((job, alone)) = self.wait_for_job() {
            let queue_ms = job.submitted.elapsed().as_secs_f64() * 1e3;
            let ran = worker.run(&job.code, &job.limits, job.priority == Priority::Live, &job.cancel, &self.closing);
            let died = ran.is_err();
            let mut state = self.shared.lock();
            // Between two jobs the slot is idle for others to see, so that one that runs alone may start.
            state.slots[self.slot].phase = if died { Phase::Starting } else { Phase::Idle };
            state.running_alone &= !alone;
            drop(state);
            match ran {
                Ok(Ran::Done(done)) => self.settle(job, *done, queue_ms, worker.sandbox()),
                Ok(Ran::Cancelled) => job.answer(Err(ExecutorError::Cancelled)),
                Err(Died(reason)) => self.retry(job, reason),
            }
            self.shared.changed.notify_all();
            if died {
                return;
            }
        }
    }

    /// The next job, or nothing when the worker is dead or the pool closes.
    fn wait_for_job(&self) -> Option<(Job, bool)> {
        let mut state = self.shared.lock();
        loop {
            if state.closing || state.slots[self.slot].gone {
                return None;
            }
            if let Some((job, alone)) = state.next() {
                if job.cancel.is_cancelled() {
                    state.running_alone &= !alone;
                    continue;
                }
                state.slots[self.slot].phase = Phase::Busy;
                return Some((job, alone));
            }
            state = self
                .shared
                .changed
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn settle(&self, mut job: Job, done: Done, queue_ms: f64, sandbox: &SandboxSupport) {
        let Done {
            outcome,
            run_ms,
            mesh_ms,
            resumed,
            blobs,
        } = done;
        let starved = matches!(outcome, super::protocol::Outcome::Failed { starved: true, .. });
        if starved && !job.tried_alone {
            job.tried_alone = true;
            self.shared.lock().alone.push_back(job);
            return;
        }
        let execution = Execution {
            build: answer::build(outcome, &blobs, &job.limits),
            stdout: String::from_utf8_lossy(&blobs.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&blobs.stderr).into_owned(),
            queue_ms,
            run_ms,
            mesh_ms,
            resumed,
            sandbox: Some(sandbox.clone()),
        };
        job.answer(Ok(execution));
    }

    /// A worker's death is its own fault once; a candidate that kills two is not run a third time.
    fn retry(&self, mut job: Job, reason: String) {
        job.deaths += 1;
        if job.cancel.is_cancelled() {
            job.answer(Err(ExecutorError::Cancelled));
        } else if job.deaths > 1 {
            job.answer(Err(ExecutorError::Broken(reason)));
        } else {
            let mut state = self.shared.lock();
            if state.closing {
                job.answer(Err(ExecutorError::Broken(reason)));
            } else {
                state.queue(job.priority).push_front(job);
            }
        }
    }
}
