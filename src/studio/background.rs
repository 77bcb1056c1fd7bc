//! Runs work on threads; its results arrive as events.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender};

use super::state::LongOperation;
use crate::engine::Wake;

/// Runs work on threads and collects its results.
pub struct Background<E> {
    events: EventSender<E>,
    received: Receiver<E>,
    operations: Operations,
}

/// Sends an event and wakes the window.
pub struct EventSender<E> {
    sender: Sender<E>,
    wake: Wake,
}

/// Long operations of all parts, by the order in which they began.
#[derive(Clone, Default)]
pub struct Operations(Arc<Mutex<BTreeMap<u64, LongOperation>>>);

/// Of concurrent writes of one file, the latest request wins. Dropping it waits until the file is on the disk.
#[derive(Default)]
pub struct LatestWrite {
    requested: Arc<AtomicU64>,
    writing: Arc<Mutex<()>>,
    last: Option<JoinHandle<()>>,
}

impl<E: Send + 'static> Background<E> {
    /// Calls `wake` after each event; long operations are listed in `operations`.
    pub fn new(wake: Wake, operations: Operations) -> Self {
        let (sender, received) = crossbeam_channel::unbounded();
        Self {
            events: EventSender { sender, wake },
            received,
            operations,
        }
    }

    /// Next result in the order of completion, if one has arrived.
    pub fn next(&self) -> Option<E> {
        self.received.try_recv().ok()
    }

    /// A sender for a thread that lives longer than one piece of work.
    pub fn sender(&self) -> EventSender<E> {
        self.events.clone()
    }

    pub fn run(&self, work: impl FnOnce() -> E + Send + 'static) {
        self.run_if_any(move || Some(work()));
    }

    /// Like [`Self::run`] for work that may end without an event.
    pub fn run_if_any(&self, work: impl FnOnce() -> Option<E> + Send + 'static) {
        let events = self.sender();
        thread::spawn(move || {
            if let Some(event) = work() {
                events.send(event);
            }
        });
    }

    /// Like [`Self::run`], listed with its progress while it lasts.
    pub fn run_long(&self, what: impl Into<String>, work: impl FnOnce(&dyn Fn(f32)) -> E + Send + 'static) {
        let (operations, wake) = (self.operations.clone(), self.events.wake.clone());
        let serial = operations.begin(what.into());
        self.run(move || {
            let event = work(&|share| {
                if let Some(operation) = operations.lock().get_mut(&serial) {
                    operation.share = share;
                }
                wake();
            });
            operations.lock().remove(&serial);
            wake();
            event
        });
    }
}

impl<E> Clone for EventSender<E> {
    fn clone(&self) -> Self {
        Self {
            sender: self.sender.clone(),
            wake: self.wake.clone(),
        }
    }
}

impl<E> EventSender<E> {
    pub fn send(&self, event: E) {
        // A closed window needs no event.
        let _ = self.sender.send(event);
        (self.wake)();
    }
}

impl Operations {
    /// Operations in progress, oldest first.
    pub fn list(&self) -> Vec<LongOperation> {
        self.lock().values().cloned().collect()
    }

    fn begin(&self, what: String) -> u64 {
        let mut operations = self.lock();
        let serial = operations.last_key_value().map_or(0, |(last, _)| last + 1);
        operations.insert(serial, LongOperation { what, share: 0.0 });
        serial
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, LongOperation>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LatestWrite {
    /// Writes, unless a newer write is requested before its turn; `failed` makes an event of an error.
    pub fn write<E: Send + 'static>(
        &mut self,
        events: EventSender<E>,
        write: impl FnOnce() -> Result<(), String> + Send + 'static,
        failed: fn(String) -> E,
    ) {
        let own = self.requested.fetch_add(1, Ordering::SeqCst) + 1;
        let (requested, writing) = (Arc::clone(&self.requested), Arc::clone(&self.writing));
        self.last = Some(thread::spawn(move || {
            let _turn = writing.lock().unwrap_or_else(PoisonError::into_inner);
            if requested.load(Ordering::SeqCst) != own {
                return;
            }
            if let Err(message) = write() {
                events.send(failed(message));
            }
        }));
    }
}

impl Drop for LatestWrite {
    fn drop(&mut self) {
        if let Some(thread) = self.last.take() {
            // A writer that panicked has nothing more to write.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_of_several_parts_are_listed_in_order_until_they_end() {
        let operations = Operations::default();
        let [first, second] = [(); 2].map(|()| Background::new(Arc::new(|| {}), operations.clone()));
        let (end, wait) = crossbeam_channel::bounded::<()>(0);
        let other = wait.clone();
        first.run_long("first", move |progress| {
            progress(0.5);
            let _ = wait.recv();
            1
        });
        second.run_long("second", move |_| {
            let _ = other.recv();
            2
        });
        let names = || {
            let listed = operations.list();
            listed
                .into_iter()
                .map(|operation| operation.what)
                .collect::<Vec<_>>()
        };
        assert_eq!(names(), ["first", "second"]);
        drop(end);
        assert_eq!((first.received.recv(), second.received.recv()), (Ok(1), Ok(2)));
        assert!(names().is_empty());
    }

    #[test]
    fn the_latest_of_many_writes_wins_and_dropping_waits_for_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings");
        let background: Background<String> = Background::new(Arc::new(|| {}), Operations::default());
        let mut latest = LatestWrite::default();
        for number in 0..20 {
            let path = path.clone();
            let write = move || std::fs::write(&path, number.to_string()).map_err(|error| error.to_string());
            latest.write(background.sender(), write, |message| message);
        }
        drop(latest);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "19");
        assert_eq!(background.next(), None);
    }
}
