//! Polls watched files for changes by other programs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use super::read;

/// Polling interval: changes are noticed by the time the user returns to the window.
const INTERVAL: Duration = Duration::from_millis(700);

/// Files whose content is known.
#[derive(Default)]
pub struct Watcher {
    watched: Watched,
    is_running: bool,
}

/// Known content by file.
pub type Watched = Arc<Mutex<BTreeMap<PathBuf, Stamp>>>;

/// Last known content of a watched file.
pub struct Stamp {
    /// Modification time and length, which are cheap to read.
    seen: Option<(SystemTime, u64)>,
    content: u64,
}

impl Watcher {
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Reports from now on when a watched file has new content.
    pub fn start(&mut self, report: impl Fn(PathBuf, String) + Send + 'static) {
        if std::mem::replace(&mut self.is_running, true) {
            return;
        }
        let watched = Arc::downgrade(&self.watched);
        thread::spawn(move || {
            loop {
                thread::sleep(INTERVAL);
                // The window is closed.
                let Some(watched) = watched.upgrade() else { return };
                for (path, code) in changed(&mut lock(&watched)) {
                    report(path, code);
                }
            }
        });
    }
}

/// Watched files with new content.
pub fn changed(watched: &mut BTreeMap<PathBuf, Stamp>) -> Vec<(PathBuf, String)> {
    watched
        .iter_mut()
        .filter_map(|(path, stamp)| Some((path.clone(), stamp.renew(path)?)))
        .collect()
}

impl Stamp {
    /// Stamp of a file that holds `code`.
    pub fn of(path: &Path, code: &str) -> Self {
        Self {
            seen: read_stamp(path),
            content: hash(code),
        }
    }

    /// Reads the file again; returns its content if it is new.
    pub fn renew(&mut self, path: &Path) -> Option<String> {
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

pub fn lock(watched: &Watched) -> MutexGuard<'_, BTreeMap<PathBuf, Stamp>> {
    watched.lock().unwrap_or_else(PoisonError::into_inner)
}

fn read_stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let about = fs::metadata(path).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn hash(code: &str) -> u64 {
    egui::epaint::util::hash(code)
}
