//! Notices when other programs change files that the window displays.
//!
//! The system reports changes of the files' folders: programs that save replace a file, which ends a watch of the file itself.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use notify::{RecommendedWatcher, RecursiveMode, Watcher as _};

use super::read;

/// Time for a program to finish its change: most write or rename in several steps.
const SETTLE: Duration = Duration::from_millis(50);

/// Files are compared at least this often: network file systems report no changes of other machines.
const INTERVAL: Duration = Duration::from_secs(2);

/// Files whose content is known.
pub struct Watcher {
    watched: Watched,
    folders: BTreeSet<PathBuf>,
    changes: (Sender<()>, Receiver<()>),
    /// `None` before the first file, or if the system refuses: then files are only compared every [`INTERVAL`].
    system: Option<RecommendedWatcher>,
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

impl Default for Watcher {
    fn default() -> Self {
        Self {
            watched: Watched::default(),
            folders: BTreeSet::new(),
            // One change that waits is enough: all files are compared.
            changes: crossbeam_channel::bounded(1),
            system: None,
            is_running: false,
        }
    }
}

impl Watcher {
    pub fn watched(&self) -> &Watched {
        &self.watched
    }

    /// Calls `report` from now on when `path`, or another watched file, has new content.
    pub fn start(&mut self, path: &Path, report: impl Fn(PathBuf, String) + Send + 'static) {
        if !std::mem::replace(&mut self.is_running, true) {
            self.start_system();
            let (watched, changes) = (Arc::downgrade(&self.watched), self.changes.1.clone());
            thread::spawn(move || {
                loop {
                    match changes.recv_timeout(INTERVAL) {
                        Ok(()) => thread::sleep(SETTLE),
                        Err(RecvTimeoutError::Timeout) => {}
                        Err(RecvTimeoutError::Disconnected) => return,
                    }
                    // The window is closed.
                    let Some(watched) = watched.upgrade() else { return };
                    for (path, code) in changed(&mut lock(&watched)) {
                        report(path, code);
                    }
                }
            });
        }
        self.watch_folder(path);
    }

    fn start_system(&mut self) {
        let changes = self.changes.0.clone();
        let notice = move |event: notify::Result<notify::Event>| {
            // Reading a file is no change, and would be noticed for ever.
            if !event.is_ok_and(|event| event.kind.is_access()) {
                let _ = changes.try_send(());
            }
        };
        match notify::recommended_watcher(notice) {
            Ok(system) => self.system = Some(system),
            Err(error) => tracing::info!("file changes are noticed late: {error}"),
        }
    }

    fn watch_folder(&mut self, path: &Path) {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let Some(system) = &mut self.system else { return };
        if self.folders.contains(folder) {
            return;
        }
        match system.watch(folder, RecursiveMode::NonRecursive) {
            Ok(()) => drop(self.folders.insert(folder.to_owned())),
            Err(error) => tracing::info!("changes in {} are noticed late: {error}", folder.display()),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_system_reports_changes_and_no_reading() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("part.py");
        fs::write(&path, "a = 1").unwrap();
        let mut watcher = Watcher::default();
        watcher.start_system();
        watcher.watch_folder(&path);
        read(&path).unwrap();
        let changes = watcher.changes.1.clone();
        assert!(
            changes.recv_timeout(Duration::from_millis(200)).is_err(),
            "it was only read"
        );
        fs::write(&path, "a = 2").unwrap();
        changes.recv_timeout(Duration::from_secs(60)).unwrap();
    }
}
