//! The thread that keeps a live worker in one slot.
//!
//! A worker ends with the thread that started it, so replacing a worker takes a second thread: it starts the successor
//! and takes over between two jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::{Job, Phase, Shared, Slot, Source, State, Successor, memory};
use crate::identity::Identity;
use crate::worker::{FinishedRun, Run, RunResult, Worker, WorkerDied};
use crate::{Execution, ExecutorError, Priority, outcome};

/// Delays before restarting a worker that was ready before and cannot be started again.
const BACKOFF: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// Minimum time between attempts to start a successor.
const SUCCESSION_PAUSE: Duration = Duration::from_secs(60);

/// Maximum number of jobs that sleep in one worker while it runs another: those of one source and one of another. Each
/// holds a candidate's memory.
const MAX_ASLEEP: usize = 4;

/// Runs between exact measurements of a worker that seems to have grown.
const MEASURE_EVERY: u64 = 16;

pub(super) struct SlotThread {
    shared: Arc<Shared>,
    closing: Receiver<()>,
    slot: usize,
    id: u64,
}

/// A worker with its use so far.
struct SlotWorker {
    worker: Worker,
    pid: u32,
    /// Of the worker software when it was started.
    identity: Identity,
    /// Whether its connection has ended.
    gone: Arc<AtomicBool>,
    /// Resident bytes when it was ready.
    resident: u64,
    /// The same, with shared pages counted once.
    proportional: u64,
    runs: u64,
    /// Number of runs after which memory may be measured exactly again.
    measure_at: u64,
    /// It had grown at the last measurement. The kernel may still be freeing the memory of a killed candidate, so that
    /// a single measurement proves nothing.
    suspected: bool,
}

/// Why the thread stopped feeding its worker.
enum StopReason {
    Closing,
    /// Another thread owns the slot.
    Superseded,
    WorkerDied,
}

impl SlotThread {
    /// Starts the first thread of an empty slot.
    pub(super) fn first(shared: &Arc<Shared>, closing: &Receiver<()>, slot: usize) {
        let mut state = shared.lock();
        state.threads_started += 1;
        let id = state.threads_started;
        state.slots[slot].thread = id;
        drop(state);
        let thread = Self {
            shared: Arc::clone(shared),
            closing: closing.clone(),
            slot,
            id,
        };
        if let Err(error) = thread.spawn() {
            shared.fail(slot, format!("cannot start a thread for a worker: {error}"));
        }
    }

    fn spawn(self) -> std::io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new()
            .name(format!("worker-{}", self.slot))
            .spawn(move || self.run_slot())?;
        let mut threads = shared.threads();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    fn run_slot(&self) {
        let mut failures = 0;
        let mut was_ready = self.is_successor(&self.shared.lock());
        if !was_ready && !self.wait_until_needed() {
            return;
        }
        loop {
            match self.start() {
                Ok(mut slot_worker) => {
                    tracing::debug!(slot = self.slot, pid = slot_worker.pid, "worker ready");
                    failures = 0;
                    was_ready = true;
                    let end = if self.take_over(&slot_worker) {
                        self.feed(&mut slot_worker)
                    } else {
                        StopReason::Closing
                    };
                    match end {
                        StopReason::Closing | StopReason::Superseded => return,
                        StopReason::WorkerDied => {
                            let mut state = self.shared.lock();
                            if state.closing {
                                return;
                            }
                            state.restarts += 1;
                            // A successor that is starting serves as well as a restart.
                            if self.yield_slot(&mut state) {
                                return;
                            }
                        }
                    }
                }
                Err(_) if self.shared.lock().closing => return,
                Err(_) if self.give_up_succession() => return,
                // A worker that never started will hardly start on a retry, though its first start may have been
                // interrupted; one that was ready before is retried several times.
                Err(WorkerDied(_)) if failures < if was_ready { BACKOFF.len() } else { 1 } => {
                    let _ = self.closing.recv_timeout(BACKOFF[failures]);
                    failures += 1;
                }
                Err(WorkerDied(reason)) => return self.shared.fail(self.slot, reason),
            }
            if self.shared.lock().closing {
                return;
            }
        }
    }

    fn is_successor(&self, state: &State) -> bool {
        let successor = state.slots[self.slot].successor;
        successor.is_some_and(|successor| successor.thread == self.id)
    }

    /// Waits until a worker is needed; `false` when the pool closes.
    fn wait_until_needed(&self) -> bool {
        let mut state = self.shared.lock();
        loop {
            if state.closing {
                return false;
            }
            if state.is_needed(self.slot, self.shared.config.live_slot) {
                state.slots[self.slot].phase = Phase::Starting;
                return true;
            }
            state = self.shared.wait(state);
        }
    }

    fn start(&self) -> Result<SlotWorker, WorkerDied> {
        self.set_phase(Phase::Starting, None);
        let identity = Identity::of(&self.shared.config);
        let gone = Arc::new(AtomicBool::new(false));
        let mut pid = 0;
        let tell = {
            let (shared, gone) = (Arc::clone(&self.shared), Arc::clone(&gone));
            move || {
                gone.store(true, Ordering::Relaxed);
                // Takes the lock, so that the change cannot fall between a check and the wait after it.
                drop(shared.lock());
                shared.changed.notify_all();
            }
        };
        let started = |started: u32| {
            pid = started;
            self.set_phase(Phase::Starting, Some(started));
        };
        let worker = Worker::start(&self.shared.config, &self.closing, started, tell)?;
        Ok(SlotWorker {
            worker,
            pid,
            identity,
            gone,
            resident: memory::resident(pid),
            proportional: memory::proportional(pid),
            runs: 0,
            measure_at: 0,
            suspected: false,
        })
    }

    /// Publishes the phase of a worker that is starting.
    fn set_phase(&self, phase: Phase, pid: Option<u32>) {
        let mut state = self.shared.lock();
        let slot = &mut state.slots[self.slot];
        if slot.thread == self.id {
            slot.phase = phase;
            slot.pid = pid;
        } else if let Some(successor) = &mut slot.successor {
            successor.pid = pid;
        }
    }

    /// Puts a ready worker into its slot, once its predecessor is between two jobs; `false` when the pool closes.
    fn take_over(&self, slot_worker: &SlotWorker) -> bool {
        let mut state = self.shared.lock();
        if let Some(successor) = &mut state.slots[self.slot].successor
            && successor.thread == self.id
        {
            successor.ready = true;
            self.shared.changed.notify_all();
        }
        while state.slots[self.slot].thread != self.id {
            if state.closing {
                return false;
            }
            state = self.shared.wait(state);
        }
        state.slots[self.slot] = Slot {
            phase: Phase::Idle,
            pid: Some(slot_worker.pid),
            thread: self.id,
            successor: None,
            wanted: false,
        };
        state.versions = Some((slot_worker.worker.versions().clone(), slot_worker.identity));
        drop(state);
        self.shared.changed.notify_all();
        true
    }

    /// Yields the slot to the successor, if there is one.
    fn yield_slot(&self, state: &mut State) -> bool {
        let slot = &mut state.slots[self.slot];
        slot.phase = Phase::Starting;
        slot.pid = None;
        let Some(successor) = slot.successor.take() else {
            return false;
        };
        slot.thread = successor.thread;
        slot.pid = successor.pid;
        self.shared.changed.notify_all();
        true
    }

    /// Returns the slot to the predecessor, if that one still owns it.
    fn give_up_succession(&self) -> bool {
        let mut state = self.shared.lock();
        let slot = &mut state.slots[self.slot];
        let has_predecessor = slot.thread != self.id;
        if has_predecessor {
            slot.successor = None;
        }
        has_predecessor
    }

    /// Runs jobs until the worker or the pool ends.
    fn feed(&self, slot_worker: &mut SlotWorker) -> StopReason {
        let mut next_succession = Instant::now();
        loop {
            let job = match self.wait_for_job(&slot_worker.gone) {
                Ok(job) => job,
                Err(end) => return end,
            };
            // Packages or the program were replaced: the worker's results no longer have the requested identity.
            let outdated = job
                .identity
                .is_some_and(|requested| requested != slot_worker.identity);
            if self
                .perform(&mut slot_worker.worker, slot_worker.identity, job, &[])
                .is_err()
            {
                return StopReason::WorkerDied;
            }
            slot_worker.runs += 1;
            if Instant::now() >= next_succession
                && (outdated || self.needs_recycling(slot_worker))
                && self.start_successor()
            {
                next_succession = Instant::now() + SUCCESSION_PAUSE;
            }
        }
    }

    /// Runs a job and answers its caller. `asleep` are the sources of jobs that sleep in this worker meanwhile.
    fn perform(
        &self,
        worker: &mut Worker,
        identity: Identity,
        job: Job,
        asleep: &[Source],
    ) -> Result<(), WorkerDied> {
        let began = Instant::now();
        let queue_ms = job.submitted.elapsed().as_secs_f64() * 1e3;
        let ran = self.run(worker, identity, &job, asleep);
        let mut state = self.shared.lock();
        if asleep.is_empty() {
            state.slots[self.slot].phase = if ran.is_err() {
                Phase::Starting
            } else {
                Phase::Idle
            };
        }
        let now_s = self.shared.now_s();
        state.queue.ended(job.priority, job.source, job.began_s, now_s);
        if matches!(ran, Ok(RunResult::Done(_))) {
            state.learn_run_time(began.elapsed().as_secs_f64() * 1e3);
        }
        drop(state);
        let result = match ran {
            Ok(RunResult::Done(done)) => {
                settle(&job, *done, queue_ms, worker, identity);
                Ok(())
            }
            Ok(RunResult::Cancelled) => {
                job.answer(Err(ExecutorError::Cancelled));
                Ok(())
            }
            Err(WorkerDied(reason)) => {
                tracing::warn!(slot = self.slot, "a worker died and is replaced: {reason}");
                self.retry(job, reason.clone());
                Err(WorkerDied(reason))
            }
        };
        self.shared.changed.notify_all();
        result
    }

    /// Runs a job, and other jobs while it sleeps.
    fn run(
        &self,
        worker: &mut Worker,
        identity: Identity,
        job: &Job,
        asleep: &[Source],
    ) -> Result<RunResult, WorkerDied> {
        let run = Run {
            code: &job.code,
            limits: &job.limits,
            purpose: job.purpose,
            cancel: &job.cancel,
            closing: &self.closing,
        };
        let asleep = [asleep, &[job.source]].concat();
        // Live jobs do not share their worker.
        let shares_worker = job.priority == Priority::Batch && asleep.len() <= MAX_ASLEEP;
        worker.run(&run, &mut |worker| {
            let next = shares_worker.then(|| self.next_concurrent(&asleep)).flatten();
            next.map_or(Ok(()), |job| self.perform(worker, identity, job, &asleep))
        })
    }

    fn next_concurrent(&self, asleep: &[Source]) -> Option<Job> {
        let mut state = self.shared.lock();
        let accepts = state.accepts(self.slot, self.shared.config.live_slot);
        // While a hand edit waits, no further job starts: the edit would wait for it too.
        if accepts.live && state.queue.waiting(Priority::Live) > 0 {
            return None;
        }
        loop {
            let now_s = self.shared.now_s();
            let mut job = state.queue.next_concurrent(asleep, now_s)?;
            if !job.cancel.is_cancelled() {
                job.began_s = now_s;
                return Some(job);
            }
            state.queue.ended(job.priority, job.source, now_s, now_s);
        }
    }

    /// The next job, or the reason why there is none.
    fn wait_for_job(&self, gone: &AtomicBool) -> Result<Job, StopReason> {
        let mut state = self.shared.lock();
        loop {
            if state.closing {
                return Err(StopReason::Closing);
            }
            if gone.load(Ordering::Relaxed) {
                return Err(StopReason::WorkerDied);
            }
            if state.slots[self.slot]
                .successor
                .is_some_and(|successor| successor.ready)
            {
                state.recycled += 1;
                tracing::debug!(slot = self.slot, "worker replaced by its successor");
                self.yield_slot(&mut state);
                return Err(StopReason::Superseded);
            }
            let live_slot = self.shared.config.live_slot;
            let (accepts, batch_workers) = (
                state.accepts(self.slot, live_slot),
                state.batch_workers(live_slot),
            );
            let now_s = self.shared.now_s();
            if let Some(mut job) = state.queue.next(accepts, batch_workers, now_s) {
                if job.cancel.is_cancelled() {
                    state.queue.ended(job.priority, job.source, now_s, now_s);
                    continue;
                }
                job.began_s = now_s;
                state.slots[self.slot].phase = Phase::Busy;
                return Ok(job);
            }
            state = self.shared.wait(state);
        }
    }

    /// Whether the worker has run so often, or grown so much, that it should be replaced.
    fn needs_recycling(&self, slot_worker: &mut SlotWorker) -> bool {
        let recycle = &self.shared.config.recycle;
        if slot_worker.runs >= recycle.runs {
            return true;
        }
        // The exact measurement costs milliseconds: it is made only if the overestimate exceeds the limit, and not
        // after every run.
        if slot_worker.runs < slot_worker.measure_at
            || memory::resident(slot_worker.pid) <= slot_worker.resident + recycle.growth_bytes
        {
            return false;
        }
        let grown = memory::proportional(slot_worker.pid) > slot_worker.proportional + recycle.growth_bytes;
        let needed = grown && slot_worker.suspected;
        slot_worker.suspected = grown;
        slot_worker.measure_at = slot_worker.runs + if grown { 1 } else { MEASURE_EVERY };
        needed
    }

    /// Starts a successor; only one in the pool at a time, while the other workers go on.
    fn start_successor(&self) -> bool {
        let mut state = self.shared.lock();
        if state.closing || state.slots.iter().any(|slot| slot.successor.is_some()) {
            return false;
        }
        state.threads_started += 1;
        let id = state.threads_started;
        state.slots[self.slot].successor = Some(Successor {
            thread: id,
            pid: None,
            ready: false,
        });
        drop(state);
        let successor = Self {
            shared: Arc::clone(&self.shared),
            closing: self.closing.clone(),
            slot: self.slot,
            id,
        };
        if successor.spawn().is_err() {
            // The current worker stays; the next attempt follows after the pause.
            self.shared.lock().slots[self.slot].successor = None;
        }
        true
    }

    /// Retries a job once: a candidate that kills two workers is not run a third time.
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
                let now_s = self.shared.now_s();
                state
                    .queue
                    .push_back_in_front(job.priority, job.source, job, now_s);
            }
        }
    }
}

fn settle(job: &Job, done: FinishedRun, queue_ms: f64, worker: &Worker, identity: Identity) {
    let FinishedRun {
        outcome,
        run_ms,
        mesh_ms,
        resumed,
        claims,
        blobs,
    } = done;
    let answer = outcome::of(outcome, &claims, &blobs, &job.limits);
    let execution = Execution {
        build: answer.build,
        notes: answer.notes,
        shows_more: answer.shows_more,
        scene: answer.scene.map(Arc::new),
        unscored: answer.unscored,
        disputed: answer.disputed,
        stdout: String::from_utf8_lossy(&blobs.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&blobs.stderr).into_owned(),
        step: (!blobs.step.is_empty()).then(|| blobs.step.into()),
        queue_ms,
        run_ms,
        mesh_ms,
        // A resumed run depends on an earlier run, whose code may differ.
        cacheable: resumed == 0 && job.identity.is_none_or(|requested| requested == identity),
        resumed,
        sandbox: Some(worker.sandbox().clone()),
    };
    job.answer(Ok(execution));
}
