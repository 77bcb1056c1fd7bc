//! Session store: edits for recovery after a crash, and the session for the next start.
//!
//! An open window's edits are in a file `open-….json`, written by a separate thread shortly after each change, beside a file
//! that the window holds a lock on. A closing window writes `last.json`. A file without a held lock belongs to a window that did
//! not exit normally. Nothing is removed before its replacement is on the disk.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use serde::{Deserialize, Serialize};

use super::dock::Saved;
use super::state::{UnsavedEdit, free_name};
use super::viewport::{CompareWith, DrawStyle, Layout, Projection};
use crate::engine::Wake;
use crate::reward::{Mode, Profile};
use crate::trajectory::replace_file;

/// Seconds from an edit to the write; with the write itself, well below the two seconds that may be lost.
pub const PAUSE: f64 = 0.4;

/// Delay before a failed write is retried.
const RETRY_DELAY: Duration = Duration::from_secs(2);

/// Written by a closing window.
const LAST: &str = "last.json";

/// Prefix of the files of open windows.
const PREFIX: &str = "open-";

/// The task on screen, the view and unsaved edits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SessionSnapshot {
    pub task: String,
    /// Profile and mode; none for the default.
    pub scoring: Option<(Profile, Mode)>,
    /// Theme; none for the default.
    pub dark: Option<bool>,
    /// State of the 3D view.
    pub view: Option<ViewSnapshot>,
    /// Arrangement of panels; none for the default.
    pub panels: Option<Saved>,
    /// Unsaved edits, oldest first.
    pub drafts: Vec<UnsavedEdit>,
}

/// State of the 3D view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ViewSnapshot {
    /// Arrangement of panes.
    pub layout: Layout,
    pub against: CompareWith,
    pub look: DrawStyle,
    pub projection: Projection,
}

/// Sessions of earlier windows.
#[derive(Debug, Default)]
pub struct StoredSessions {
    /// The last window that was closed.
    pub last: Option<SessionSnapshot>,
    /// Edits of windows that did not exit normally.
    pub lost: Vec<UnsavedEdit>,
    /// Files of those edits, removed after the decision.
    pub left: Vec<UnrecoveredFile>,
    /// Messages about unreadable files.
    pub problems: Vec<String>,
}

/// Edits of a window that did not exit normally. No other window is offered them while this lock is held.
#[derive(Debug)]
pub struct UnrecoveredFile {
    path: PathBuf,
    /// Held until dropped.
    _lock: Option<File>,
}

impl UnrecoveredFile {
    /// Removes the edits, and then the lock file, which has no use without them.
    fn remove(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let _ = fs::remove_file(lock_path(&self.path));
        Ok(())
    }
}

/// Whether snapshots can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionStoreEvent {
    /// Writing failed; retried until it succeeds.
    Failing(String),
    /// Writing succeeds again.
    Working,
}

/// Writes session snapshots in the background.
pub struct SessionStore {
    folder: PathBuf,
    path: PathBuf,
    /// Held for the lifetime of the window, however it ends.
    lock: Option<File>,
    queue: Option<Sender<WriteRequest>>,
    thread: Option<JoinHandle<Vec<UnrecoveredFile>>>,
    latest: SessionSnapshot,
    /// Edits of the last window that this one took over.
    taken: Vec<UnsavedEdit>,
    sender: Sender<SessionStoreEvent>,
    pub events: Receiver<SessionStoreEvent>,
    wake: Wake,
}

struct WriteRequest {
    snapshot: SessionSnapshot,
    /// Removed once `snapshot` is on the disk.
    removable: Vec<UnrecoveredFile>,
}

impl SessionStore {
    /// Reads the sessions of earlier windows in a folder, and writes there from now on. Calls `wake` after each event.
    pub fn open(folder: &Path, wake: Wake) -> (Self, StoredSessions) {
        // One window at a time lists the folder and creates its lock: otherwise another could take it for an ended window.
        let folder_lock = lock_folder(folder);
        let mut found = StoredSessions::default();
        let last = folder.join(LAST);
        match read(&last) {
            Ok(snapshot) => found.last = snapshot,
            Err(error) => found.problems.push(set_aside(&last, &error)),
        }
        let mut left: Vec<PathBuf> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| is_of_window(path))
            .collect();
        left.sort();
        for path in left {
            let Ok(lock) = lock_unless_held(&lock_path(&path)) else {
                continue;
            };
            let left = UnrecoveredFile { path, _lock: lock };
            match read(&left.path) {
                Ok(Some(snapshot)) if !snapshot.drafts.is_empty() => {
                    found.lost.extend(snapshot.drafts);
                    found.left.push(left);
                }
                // It holds nothing to recover.
                Ok(Some(_) | None) => {
                    let _ = left.remove();
                }
                Err(error) => found.problems.push(set_aside(&left.path, &error)),
            }
        }
        let (path, lock) = create_own_file(folder);
        drop(folder_lock);
        let (sender, events) = crossbeam_channel::unbounded();
        let store = Self {
            folder: folder.to_owned(),
            path,
            lock,
            queue: None,
            thread: None,
            latest: SessionSnapshot::default(),
            taken: found
                .last
                .iter()
                .flat_map(|snapshot| snapshot.drafts.clone())
                .collect(),
            sender,
            events,
            wake,
        };
        (store, found)
    }

    pub fn save(&mut self, snapshot: SessionSnapshot) {
        if snapshot != self.latest {
            self.send(snapshot, Vec::new());
        }
    }

    /// Saves this snapshot, and removes the files of earlier windows once it is on the disk.
    pub fn save_and_remove(&mut self, snapshot: SessionSnapshot, left: Vec<UnrecoveredFile>) {
        self.send(snapshot, left);
    }

    fn send(&mut self, snapshot: SessionSnapshot, removable: Vec<UnrecoveredFile>) {
        self.latest = snapshot.clone();
        let queue = self.queue.get_or_insert_with(|| {
            let (queue, work) = crossbeam_channel::unbounded();
            let (path, sender, wake) = (self.path.clone(), self.sender.clone(), self.wake.clone());
            self.thread = Some(thread::spawn(move || {
                write_all(&path, &work, &|event| {
                    // A closed window needs no event.
                    let _ = sender.send(event);
                    wake();
                })
            }));
            queue
        });
        // The thread receives for as long as this value holds its queue.
        let _ = queue.send(WriteRequest { snapshot, removable });
    }

    /// Writes this window's session for the next start.
    fn write_last(&self) -> io::Result<()> {
        let _turn = lock_folder(&self.folder);
        let last = self.folder.join(LAST);
        let mut snapshot = self.latest.clone();
        // Another window may have closed since this one opened: keep its edits.
        if let Ok(Some(other)) = read(&last) {
            let known = |draft: &UnsavedEdit| self.taken.contains(draft) || snapshot.drafts.contains(draft);
            let mut drafts: Vec<UnsavedEdit> =
                other.drafts.into_iter().filter(|draft| !known(draft)).collect();
            drafts.append(&mut snapshot.drafts);
            snapshot.drafts = drafts;
        }
        write(&last, &snapshot)
    }
}

impl Drop for SessionStore {
    /// A closing window writes its session for the next start and leaves nothing to recover.
    fn drop(&mut self) {
        drop(self.queue.take());
        let thread = self.thread.take();
        let wrote = thread.is_some();
        let removable = thread.and_then(|thread| thread.join().ok()).unwrap_or_default();
        if wrote {
            if let Err(error) = self.write_last() {
                tracing::error!("{}", write_error(&self.folder.join(LAST), &error));
                // The recovery file is offered at the next start.
                return;
            }
            for left in &removable {
                let _ = left.remove();
            }
            let _ = fs::remove_file(&self.path);
        }
        let _ = fs::remove_file(lock_path(&self.path));
        drop(self.lock.take());
    }
}

/// Writes snapshots until the channel closes; returns the files that could not be removed.
fn write_all(
    path: &Path,
    work: &Receiver<WriteRequest>,
    notify: &dyn Fn(SessionStoreEvent),
) -> Vec<UnrecoveredFile> {
    let mut removable = Vec::new();
    // Snapshot that is not on the disk yet, and whether the failure was reported.
    let mut pending: Option<SessionSnapshot> = None;
    let mut failing = false;
    loop {
        let next = if pending.is_some() {
            work.recv_timeout(RETRY_DELAY)
        } else {
            work.recv().map_err(RecvTimeoutError::from)
        };
        let mut newest = match next {
            Ok(work) => Some(work),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => return removable,
        };
        // Only the newest snapshot matters.
        while let Some(WriteRequest {
            snapshot,
            removable: more,
        }) = newest
        {
            pending = Some(snapshot);
            removable.extend(more);
            newest = work.try_recv().ok();
        }
        let Some(snapshot) = &pending else { continue };
        match write(path, snapshot) {
            Ok(()) => {
                pending = None;
                removable.retain(|left: &UnrecoveredFile| left.remove().is_err());
                if std::mem::take(&mut failing) {
                    notify(SessionStoreEvent::Working);
                }
            }
            Err(error) => {
                if !std::mem::replace(&mut failing, true) {
                    notify(SessionStoreEvent::Failing(write_error(path, &error)));
                }
            }
        }
    }
}

fn write_error(path: &Path, error: &io::Error) -> String {
    format!(
        "edits cannot be recovered after a crash: cannot write {}: {error}\nhint: save your files; free space on that disk, or set CADFORGE_DATA to a folder that can be written",
        path.display()
    )
}

fn write(path: &Path, snapshot: &SessionSnapshot) -> io::Result<()> {
    let bytes = serde_json::to_vec(snapshot)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    replace_file(path, &bytes)
}

/// None if there is no file.
fn read(path: &Path) -> io::Result<Option<SessionSnapshot>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Renames an unreadable file: it may still hold edits.
fn set_aside(path: &Path, error: &io::Error) -> String {
    let aside = free_name(path, "damaged");
    let kept_at = match fs::rename(path, &aside) {
        Ok(()) => aside,
        Err(_) => path.to_owned(),
    };
    format!(
        "edits of an earlier window cannot be read: {error}\nhint: look into {}",
        kept_at.display()
    )
}

/// Waits until no other window lists the folder or writes its session; without file locks it does not wait.
fn lock_folder(folder: &Path) -> Option<File> {
    fs::create_dir_all(folder).ok()?;
    let file = File::create(folder.join("turn")).ok()?;
    file.lock().ok()?;
    Some(file)
}

/// A recovery file of this window with its lock. If none can be created, the first write reports why.
fn create_own_file(folder: &Path) -> (PathBuf, Option<File>) {
    let made = tempfile::Builder::new()
        // Process ids are reused, and containers share them.
        .prefix(&format!("{PREFIX}{}-", std::process::id()))
        .suffix(".lock")
        .tempfile_in(folder)
        .and_then(|file| file.keep().map_err(|error| error.error));
    match made {
        Ok((file, path)) => {
            let held = file.try_lock().is_ok();
            (path.with_extension("json"), held.then_some(file))
        }
        Err(_) => (folder.join(format!("{PREFIX}{}.json", std::process::id())), None),
    }
}

/// Lock at that path, held from now on; an error if another process holds it. None for files of versions before locks, and where
/// the file system has no locks: their windows count as ended, and write again if they are not.
fn lock_unless_held(path: &Path) -> Result<Option<File>, TryLockError> {
    // Opened for writing too: some network file systems lock no other files.
    let Ok(file) = File::options().read(true).write(true).open(path) else {
        return Ok(None);
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

fn lock_path(path: &Path) -> PathBuf {
    path.with_extension("lock")
}

fn is_of_window(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str());
    name.is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(".json"))
}

#[cfg(test)]
mod tests;
