//! The thread that keeps one slot filled with a living worker.
//!
//! A worker lives no longer than the thread that started it, so a slot whose worker is to be replaced gets a second
//! thread: that one starts the successor and takes over between two jobs.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::Receiver;

use super::{Job, Phase, Shared, Slot, Source, State, Successor, memory};
use crate::identity::Identity;
use crate::worker::{Done, Ran, Run, Worker, WorkerDied};
use crate::{Execution, ExecutorError, Priority, outcome};

/// How long to wait before a worker that was ready once, and cannot be started again, is tried once more.
const BACKOFF: [Duration; 3] = [
    Duration::from_millis(200),
    Duration::from_secs(1),
    Duration::from_secs(5),
];

/// After a successor that did not start, the next one is not tried before this time has passed.
const SUCCESSION_PAUSE: Duration = Duration::from_secs(60);

/// Jobs that may sleep in one worker while it runs a further one: as many as one source may have there and one of another.
/// Each holds the memory of a candidate.
const ASLEEP_AT_MOST: usize = 4;

/// Runs between two exact measurements of a worker that seems to have grown.
const MEASURE_EVERY: u64 = 16;

pub(super) struct SlotThread {
    shared: Arc<Shared>,
    closing: Receiver<()>,
    slot: usize,
    id: u64,
}

/// A worker with what its keeper remembers of it.
struct SlotWorker {
    worker: Worker,
    pid: u32,
    /// That of the machinery when it was started.
    identity: Identity,
    /// Its connection has ended.
    gone: Arc<AtomicBool>,
    /// Resident when it was ready, bytes.
    resident: u64,
    /// As above, with pages that a fork shares counted once.
    proportional: u64,
    runs: u64,
    /// Runs after which memory is measured exactly again, if need be.
    measure_at: u64,
    /// It had grown when it was last measured. A candidate that was killed is still being taken down by the kernel while
    /// the next one is looked for, so that one measurement alone proves nothing.
    suspected: bool,
}

/// Why a keeper stopped feeding its worker.
enum End {
    Closing,
    /// Another keeper has the slot.
    Superseded,
    WorkerDied,
}

impl SlotThread {
    /// The one in charge of an empty slot.
    pub(super) fn first(shared: &Arc<Shared>, closing: &Receiver<()>, slot: usize) {
        let mut state = shared.lock();
        state.keepers += 1;
        let id = state.keepers;
        state.slots[slot].keeper = id;
        drop(state);
        let keeper = Self {
            shared: Arc::clone(shared),
            closing: closing.clone(),
            slot,
            id,
        };
        if let Err(error) = keeper.spawn() {
            shared.fail(slot, format!("no thread for a worker: {error}"));
        }
    }

    fn spawn(self) -> std::io::Result<()> {
        let shared = Arc::clone(&self.shared);
        let thread = thread::Builder::new()
            .name(format!("worker-{}", self.slot))
            .spawn(move || self.keep())?;
        let mut threads = shared.threads();
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(())
    }

    fn keep(&self) {
        let mut failures = 0;
        let mut was_ready = self.is_successor(&self.shared.lock());
        if !was_ready && !self.wait_until_needed() {
            return;
        }
        loop {
            match self.start() {
                Ok(mut kept) => {
                    failures = 0;
                    was_ready = true;
                    let end = if self.take_over(&kept) {
                        self.feed(&mut kept)
                    } else {
                        End::Closing
                    };
                    match end {
                        End::Closing | End::Superseded => return,
                        End::WorkerDied => {
                            let mut state = self.shared.lock();
                            if state.closing {
                                return;
                            }
                            state.restarts += 1;
                            // A successor that is on its way is as good as a worker started anew.
                            if self.hand_over(&mut state) {
                                return;
                            }
                        }
                    }
                }
                Err(_) if self.shared.lock().closing => return,
                Err(_) if self.give_up_succession() => return,
                // What never worked will hardly work by itself, though its first start may have been cut short; what
                // did work is worth some patience.
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
        successor.is_some_and(|successor| successor.keeper == self.id)
    }

    /// Waits until a worker is wanted; `false` when the pool closes.
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
        self.note(Phase::Starting, None);
        let identity = Identity::of(&self.shared.config);
        let gone = Arc::new(AtomicBool::new(false));
        let mut pid = 0;
        let tell = {
            let (shared, gone) = (Arc::clone(&self.shared), Arc::clone(&gone));
            move || {
                gone.store(true, Ordering::Relaxed);
                // With the lock, or it could fall between a look and the wait after it.
                drop(shared.lock());
                shared.changed.notify_all();
            }
        };
        let started = |started: u32| {
            pid = started;
            self.note(Phase::Starting, Some(started));
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

    /// Tells others of a worker that is on its way.
    fn note(&self, phase: Phase, pid: Option<u32>) {
        let mut state = self.shared.lock();
        let slot = &mut state.slots[self.slot];
        if slot.keeper == self.id {
            slot.phase = phase;
            slot.pid = pid;
        } else if let Some(successor) = &mut slot.successor {
            successor.pid = pid;
        }
    }

    /// Puts a ready worker into its slot, once its predecessor is between two jobs; `false` when the pool closes.
    fn take_over(&self, kept: &SlotWorker) -> bool {
        let mut state = self.shared.lock();
        if let Some(successor) = &mut state.slots[self.slot].successor
            && successor.keeper == self.id
        {
            successor.ready = true;
            self.shared.changed.notify_all();
        }
        while state.slots[self.slot].keeper != self.id {
            if state.closing {
                return false;
            }
            state = self.shared.wait(state);
        }
        state.slots[self.slot] = Slot {
            phase: Phase::Idle,
            pid: Some(kept.pid),
            keeper: self.id,
            successor: None,
            wanted: false,
        };
        state.versions = Some((kept.worker.versions().clone(), kept.identity));
        drop(state);
        self.shared.changed.notify_all();
        true
    }

    /// Leaves the slot to the successor, if there is one.
    fn hand_over(&self, state: &mut State) -> bool {
        let slot = &mut state.slots[self.slot];
        slot.phase = Phase::Starting;
        slot.pid = None;
        let Some(successor) = slot.successor.take() else {
            return false;
        };
        slot.keeper = successor.keeper;
        slot.pid = successor.pid;
        self.shared.changed.notify_all();
        true
    }

    /// Leaves the slot to the predecessor, if that one still has it.
    fn give_up_succession(&self) -> bool {
        let mut state = self.shared.lock();
        let slot = &mut state.slots[self.slot];
        let has_predecessor = slot.keeper != self.id;
        if has_predecessor {
            slot.successor = None;
        }
        has_predecessor
    }

    /// Runs one job after another.
    fn feed(&self, kept: &mut SlotWorker) -> End {
        let mut next_succession = Instant::now();
        loop {
            let job = match self.wait_for_job(&kept.gone) {
                Ok(job) => job,
                Err(end) => return end,
            };
            // Packages or the program were replaced: results of this worker are not what is meant any more.
            let outdated = job.identity.is_some_and(|meant| meant != kept.identity);
            if self.perform(&mut kept.worker, kept.identity, job, &[]).is_err() {
                return End::WorkerDied;
            }
            kept.runs += 1;
            if Instant::now() >= next_succession && (outdated || self.is_worn(kept)) && self.start_successor()
            {
                next_succession = Instant::now() + SUCCESSION_PAUSE;
            }
        }
    }

    /// Runs a job and answers whoever waits for it. `asleep` are the sources of jobs that sleep in this worker meanwhile.
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
        if matches!(ran, Ok(Ran::Done(_))) {
            state.learn_run_time(began.elapsed().as_secs_f64() * 1e3);
        }
        drop(state);
        let result = match ran {
            Ok(Ran::Done(done)) => {
                settle(&job, *done, queue_ms, worker, identity);
                Ok(())
            }
            Ok(Ran::Cancelled) => {
                job.answer(Err(ExecutorError::Cancelled));
                Ok(())
            }
            Err(WorkerDied(reason)) => {
                self.retry(job, reason.clone());
                Err(WorkerDied(reason))
            }
        };
        self.shared.changed.notify_all();
        result
    }

    /// Runs a job, and while it sleeps others beside it.
    fn run(
        &self,
        worker: &mut Worker,
        identity: Identity,
        job: &Job,
        asleep: &[Source],
    ) -> Result<Ran, WorkerDied> {
        let run = Run {
            code: &job.code,
            limits: &job.limits,
            purpose: job.purpose,
            cancel: &job.cancel,
            closing: &self.closing,
        };
        let asleep = [asleep, &[job.source]].concat();
        // A worker for hand edits is kept for them.
        let lends = job.priority == Priority::Batch && asleep.len() <= ASLEEP_AT_MOST;
        worker.run(&run, &mut |worker| {
            let next = lends.then(|| self.next_beside(&asleep)).flatten();
            next.map_or(Ok(()), |job| self.perform(worker, identity, job, &asleep))
        })
    }

    fn next_beside(&self, asleep: &[Source]) -> Option<Job> {
        let mut state = self.shared.lock();
        let takes = state.takes(self.slot, self.shared.config.live_slot);
        // A hand edit does not run beside others: it waits for no more of them.
        if takes.live && state.queue.waiting(Priority::Live) > 0 {
            return None;
        }
        loop {
            let now_s = self.shared.now_s();
            let mut job = state.queue.next_beside(asleep, now_s)?;
            if !job.cancel.is_cancelled() {
                job.began_s = now_s;
                return Some(job);
            }
            state.queue.ended(job.priority, job.source, now_s, now_s);
        }
    }

    /// The next job, or why there is none.
    fn wait_for_job(&self, gone: &AtomicBool) -> Result<Job, End> {
        let mut state = self.shared.lock();
        loop {
            if state.closing {
                return Err(End::Closing);
            }
            if gone.load(Ordering::Relaxed) {
                return Err(End::WorkerDied);
            }
            if state.slots[self.slot]
                .successor
                .is_some_and(|successor| successor.ready)
            {
                state.recycled += 1;
                self.hand_over(&mut state);
                return Err(End::Superseded);
            }
            let live_slot = self.shared.config.live_slot;
            let (takes, seats) = (state.takes(self.slot, live_slot), state.seats(live_slot));
            let now_s = self.shared.now_s();
            if let Some(mut job) = state.queue.next(takes, seats, now_s) {
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

    /// Whether it has run so often, or grown so much, that it should be replaced.
    fn is_worn(&self, kept: &mut SlotWorker) -> bool {
        let recycle = &self.shared.config.recycle;
        if kept.runs >= recycle.runs {
            return true;
        }
        // The exact number costs milliseconds: it is asked for when the generous one says that it may matter, and not
        // after every run.
        if kept.runs < kept.measure_at || memory::resident(kept.pid) <= kept.resident + recycle.growth_bytes {
            return false;
        }
        let grown = memory::proportional(kept.pid) > kept.proportional + recycle.growth_bytes;
        let worn = grown && kept.suspected;
        kept.suspected = grown;
        kept.measure_at = kept.runs + if grown { 1 } else { MEASURE_EVERY };
        worn
    }

    /// Starts the worker that is to take over. One at a time: the others go on working meanwhile.
    fn start_successor(&self) -> bool {
        let mut state = self.shared.lock();
        if state.closing || state.slots.iter().any(|slot| slot.successor.is_some()) {
            return false;
        }
        state.keepers += 1;
        let id = state.keepers;
        state.slots[self.slot].successor = Some(Successor {
            keeper: id,
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
            // This worker goes on; the next is tried after the pause.
            self.shared.lock().slots[self.slot].successor = None;
        }
        true
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
                let now_s = self.shared.now_s();
                state
                    .queue
                    .push_back_in_front(job.priority, job.source, job, now_s);
            }
        }
    }
}

fn settle(job: &Job, done: Done, queue_ms: f64, worker: &Worker, identity: Identity) {
    let Done {
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
        // What went on from an earlier run is what that one left, whose code is not all of this one's.
        clean: resumed == 0 && job.identity.is_none_or(|meant| meant == identity),
        resumed,
        sandbox: Some(worker.sandbox().clone()),
    };
    job.answer(Ok(execution));
}
