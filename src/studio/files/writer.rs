//! Threads that write files in order, and the known content of watched files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use crossbeam_channel::Sender;

use super::{FileEvent, read};
use crate::engine::Wake;
use crate::studio::state::CardId;
use crate::trajectory::replace_file;

/// Of concurrent writes of one file, the latest request wins.
#[derive(Default)]
pub struct Latest {
    pub requested: Arc<AtomicU64>,
    pub writing: Arc<Mutex<()>>,
    pub last: Option<JoinHandle<()>>,
}

/// Last known content of a watched file.
pub struct Stamp {
    /// Modification time and length, which are cheap to read.
    pub seen: Option<(SystemTime, u64)>,
    pub content: u64,
}

/// Writes files one at a time, so that of two saves the later one wins.
pub struct Writer {
    pub queue: Sender<Write>,
    pub thread: JoinHandle<()>,
}

pub struct Write {
    pub path: PathBuf,
    pub code: String,
    pub card: CardId,
    pub revision: u64,
}

impl Latest {
    /// Writes, unless a newer write was requested before.
    pub fn write(
        &mut self,
        (sender, wake): (Sender<FileEvent>, Wake),
        write: impl FnOnce() -> Result<(), String> + Send + 'static,
    ) {
        let own = self.requested.fetch_add(1, Ordering::SeqCst) + 1;
        let (requested, writing) = (Arc::clone(&self.requested), Arc::clone(&self.writing));
        self.last = Some(thread::spawn(move || {
            let _writing = writing.lock().unwrap_or_else(PoisonError::into_inner);
            if requested.load(Ordering::SeqCst) != own {
                return;
            }
            if let Err(message) = write() {
                // A closed window needs no event.
                let _ = sender.send(FileEvent::NotSaved(message));
                wake();
            }
        }));
    }
}

pub fn start_writer(sender: Sender<FileEvent>, wake: Wake, watched: Watched) -> Writer {
    let (queue, writes) = crossbeam_channel::unbounded::<Write>();
    let thread = thread::spawn(move || {
        for Write {
            path,
            code,
            card,
            revision,
        } in writes
        {
            // Held during the replacement, so that the watch does not report our own change.
            let mut known = lock(&watched);
            // If the file has just changed on disk, ask first.
            let other = known.get_mut(&path).and_then(|stamp| stamp.renew(&path));
            let result = if other.is_some() {
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
                let stamp = Stamp {
                    seen: read_stamp(&path),
                    content: hash(&code),
                };
                known.insert(path.clone(), stamp);
            }
            drop(known);
            if let Some(other) = other {
                let _ = sender.send(FileEvent::Changed(path.clone(), other));
            }
            // A closed window needs no event.
            let _ = sender.send(FileEvent::Written {
                path,
                card,
                revision,
                result,
            });
            wake();
        }
    });
    Writer { queue, thread }
}

/// Watched files with new content.
pub fn changed(watched: &mut BTreeMap<PathBuf, Stamp>) -> Vec<(PathBuf, String)> {
    watched
        .iter_mut()
        .filter_map(|(path, stamp)| Some((path.clone(), stamp.renew(path)?)))
        .collect()
}

impl Stamp {
    /// Reads the file again; returns its content if it is new.
    fn renew(&mut self, path: &Path) -> Option<String> {
        let seen = read_stamp(path);
        if seen == self.seen || seen.is_none() {
            return None;
        }
        self.seen = seen;
        let code = read(path).ok()?;
        let content = hash(&code);
        let is_new = content != std::mem::replace(&mut self.content, content);
        is_new.then_some(code)
    }
}

pub type Watched = Arc<Mutex<BTreeMap<PathBuf, Stamp>>>;

pub fn lock(watched: &Watched) -> MutexGuard<'_, BTreeMap<PathBuf, Stamp>> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

pub fn read_stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

pub fn hash(code: &str) -> u64 {
    egui::epaint::util::hash(code)
}
