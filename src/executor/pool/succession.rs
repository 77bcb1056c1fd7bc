//! Replaces the worker of a slot by a successor, which starts while the worker goes on.
//!
//! A worker ends with the thread that started it, so a successor has a thread of its own and takes over between two
//! jobs.

use std::sync::Arc;

use super::slot::{SlotThread, SlotWorker};
use super::{Phase, Slot, State, Successor, memory};

/// Runs between exact measurements of a worker that seems to have grown.
const MEASURE_EVERY: u64 = 16;

impl SlotThread {
    pub(super) fn is_successor(&self, state: &State) -> bool {
        let successor = state.slots[self.slot].successor;
        successor.is_some_and(|successor| successor.thread == self.id)
    }

    /// Puts a ready worker into its slot, once its predecessor is between two jobs; `false` when the pool closes.
    pub(super) fn take_over(&self, slot_worker: &SlotWorker) -> bool {
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
    pub(super) fn yield_slot(&self, state: &mut State) -> bool {
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
    pub(super) fn give_up_succession(&self) -> bool {
        let mut state = self.shared.lock();
        let slot = &mut state.slots[self.slot];
        let has_predecessor = slot.thread != self.id;
        if has_predecessor {
            slot.successor = None;
        }
        has_predecessor
    }

    /// Whether the worker has run so often, or grown so much, that it should be replaced.
    pub(super) fn needs_recycling(&self, slot_worker: &mut SlotWorker) -> bool {
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
    pub(super) fn start_successor(&self) -> bool {
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
}
