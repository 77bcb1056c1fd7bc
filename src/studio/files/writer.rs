//! Writes code to files on one thread, in order.

use std::path::PathBuf;
use std::thread::{self, JoinHandle};

use crossbeam_channel::Sender;

use super::watcher::{Stamp, Watched, lock};
use crate::studio::state::CardId;
use crate::trajectory::replace_file;

/// Writes files one at a time, so that of two saves the later one wins. Dropping it waits until all are on the disk.
pub struct Writer {
    queue: Option<Sender<CodeWrite>>,
    thread: Option<JoinHandle<()>>,
}

/// A card's code to write.
pub struct CodeWrite {
    pub path: PathBuf,
    pub code: String,
    pub card: CardId,
    pub revision: u64,
}

/// Result of a write.
#[derive(Debug)]
pub struct Written {
    pub path: PathBuf,
    pub card: CardId,
    /// Revision that the file now holds.
    pub revision: u64,
    /// Error, if writing failed.
    pub result: Result<(), String>,
    /// Content of the file if another program had changed it, so that it was not replaced.
    pub conflict: Option<String>,
}

impl Writer {
    /// Calls `report` after each write. Written files are watched.
    pub fn start(watched: Watched, report: impl Fn(Written) + Send + 'static) -> Self {
        let (queue, writes) = crossbeam_channel::unbounded();
        let thread = thread::spawn(move || {
            for write in writes {
                report(perform(&watched, write));
            }
        });
        Self {
            queue: Some(queue),
            thread: Some(thread),
        }
    }

    pub fn write(&self, write: CodeWrite) {
        if let Some(queue) = &self.queue {
            // The thread receives for as long as this value holds its queue.
            let _ = queue.send(write);
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // A writer that panicked has nothing more to write.
            let _ = thread.join();
        }
    }
}

fn perform(watched: &Watched, write: CodeWrite) -> Written {
    let CodeWrite {
        path,
        code,
        card,
        revision,
    } = write;
    // Held during the replacement, so that the watch does not report our own change.
    let mut known = lock(watched);
    // If the file has just changed on disk, ask first.
    let conflict = known.get_mut(&path).and_then(|stamp| stamp.renew(&path));
    let result = if conflict.is_some() {
        Err(format!(
            "{} changed on disk and was not saved over\nhint: compare the two, then save again",
            path.display()
        ))
    } else {
        replace_file(&path, code.as_bytes()).map_err(|error| {
            format!(
                "cannot save {}: {error}\nhint: choose another folder with Save as",
                path.display()
            )
        })
    };
    if result.is_ok() {
        known.insert(path.clone(), Stamp::of(&path, &code));
    }
    Written {
        path,
        card,
        revision,
        result,
        conflict,
    }
}
