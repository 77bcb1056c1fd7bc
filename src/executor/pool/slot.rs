//! The thread that keeps a live worker in one slot.
//!
//! A worker ends with the thread that started it: see [`super::succession`].

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::{Job, Phase, Priority, Shared, Source, memory};
use crate::error::ExecutorError;
use crate::execution::Execution;
use crate::identity::Identity;
use crate::outcome;
use crate::stages;
use crate::worker::{FinishedRun, Run, RunResult, Worker, WorkerDied};

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

pub(super) struct SlotThread {
    pub(super) shared: Arc<Shared>,
    pub(super) closing: Receiver<()>,
    pub(super) slot: usize,
    pub(super) id: u64,
}

/// A worker with its use so far.
pub(super) struct SlotWorker {
    pub(super) worker: Worker,
    pub(super) pid: u32,
    /// Of the worker software when it was started.
    pub(super) identity: Identity,
    /// Whether its connection has ended.
    pub(super) gone: Arc<AtomicBool>,
    /// Resident bytes when it was ready.
    pub(super) resident: u64,
    /// The same, with shared pages counted once.
    pub(super) proportional: u64,
    pub(super) runs: u64,
    /// Number of runs after which memory may be measured exactly again.
    pub(super) measure_at: u64,
    /// It had grown at the last measurement. The kernel may still be freeing the memory of a killed candidate, so that
    /// a single measurement proves nothing.
    pub(super) suspected: bool,
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

    pub(super) fn spawn(self) -> std::io::Result<()> {
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
                            tracing::warn!(slot = self.slot, "a worker died and is replaced");
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
        let _span = tracing::trace_span!("start of a worker").entered();
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
        stages::report_queue(worker.pid(), job.submitted);
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
                tracing::info!(slot = self.slot, "a run lost its worker: {reason}");
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
            vary: job.vary.as_deref(),
            spec: &job.spec,
            purpose: job.purpose,
            preview: job.preview.as_ref(),
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
        interrupted,
    } = done;
    let _span = tracing::trace_span!("decode").entered();
    let answer = outcome::of(outcome, &claims, &blobs, &job.spec);
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
        cacheable: resumed == 0 && !interrupted && job.identity.is_none_or(|requested| requested == identity),
        resumed,
        sandbox: Some(worker.sandbox().clone()),
    };
    job.answer(Ok(execution));
}
