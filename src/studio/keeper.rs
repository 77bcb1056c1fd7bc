//! What the studio remembers: edits for after a crash, and where one was for the next start.
//!
//! While a window is open its edits lie in `open-PID.json`, written by a thread of its own a moment after each change.
//! A window that closes leaves them in `last.json`. A file of a process that is gone is one that was not closed.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::{self, JoinHandle};

use crossbeam_channel::Sender;
use serde::{Deserialize, Serialize};

use super::dock::Saved;
use super::viewport::{Against, Layout, Look, Projection};
use crate::reward::{Mode, Profile};
use crate::trajectory::replace_file;

/// Seconds from an edit to its file; with the time to write it, well under the two that may be lost.
pub const PAUSE: f64 = 0.4;

/// Where one was and what was edited.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    /// The task on screen.
    pub task: String,
    /// How candidates are scored; none for what is usual.
    pub scoring: Option<(Profile, Mode)>,
    /// The theme; none keeps the usual one.
    pub dark: Option<bool>,
    /// How the 3D view stands.
    pub view: Option<KeptView>,
    /// Where panels stand; none for what is usual.
    pub panels: Option<Saved>,
    /// Edits that no file holds, oldest first.
    pub drafts: Vec<Draft>,
}

/// How the 3D view stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct KeptView {
    /// How panes are arranged.
    pub layout: Layout,
    /// What is compared with.
    pub against: Against,
    /// How surfaces are drawn.
    pub look: Look,
    /// How the world is flattened.
    pub projection: Projection,
}

/// An edit that no file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Draft {
    /// The task that it belongs to.
    pub task: String,
    /// The file that it was opened from or saved to, if any.
    pub file: Option<PathBuf>,
    /// The code.
    pub code: String,
}

/// What earlier windows left.
#[derive(Debug, Default)]
pub struct Found {
    /// The last window that was closed.
    pub last: Option<Kept>,
    /// Edits of windows that were not.
    pub lost: Vec<Draft>,
    /// Their files, to be deleted when that is decided.
    pub files: Vec<PathBuf>,
}

/// Writes what is to be remembered.
pub struct Keeper {
    folder: PathBuf,
    queue: Option<Sender<Kept>>,
    thread: Option<JoinHandle<()>>,
    latest: Kept,
}

impl Keeper {
    /// Reads what earlier windows left in a folder, and writes there from now on.
    pub fn open(folder: &Path) -> (Self, Found) {
        let mut found = Found {
            last: read(&folder.join("last.json")),
            ..Found::default()
        };
        let mut left: Vec<PathBuf> = fs::read_dir(folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .filter(|path| process(path).is_some_and(|pid| !is_running(pid)))
            .collect();
        left.sort();
        for path in left {
            match read(&path) {
                Some(kept) if !kept.drafts.is_empty() => {
                    found.lost.extend(kept.drafts);
                    found.files.push(path);
                }
                // Nothing in it that could be missed.
                Some(_) | None => drop(fs::remove_file(&path)),
            }
        }
        let keeper = Self {
            folder: folder.to_owned(),
            queue: None,
            thread: None,
            latest: Kept::default(),
        };
        (keeper, found)
    }

    /// Remembers this from now on.
    pub fn keep(&mut self, kept: Kept) {
        if kept == self.latest {
            return;
        }
        self.latest = kept.clone();
        let path = self.path();
        let queue = self.queue.get_or_insert_with(|| {
            let (queue, work) = crossbeam_channel::unbounded::<Kept>();
            self.thread = Some(thread::spawn(move || {
                for mut kept in &work {
                    // Only the newest counts.
                    while let Ok(newer) = work.try_recv() {
                        kept = newer;
                    }
                    write(&path, &kept);
                }
            }));
            queue
        });
        // The thread listens for as long as this holds its queue.
        let _ = queue.send(kept);
    }

    fn path(&self) -> PathBuf {
        self.folder.join(format!("open-{}.json", std::process::id()))
    }
}

impl Drop for Keeper {
    /// A window that closes leaves its place for the next one, and nothing to be rescued.
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
            write(&self.folder.join("last.json"), &self.latest);
            let _ = fs::remove_file(self.path());
        }
    }
}

fn write(path: &Path, kept: &Kept) {
    let done = serde_json::to_vec(kept)
        .map_err(std::io::Error::from)
        .and_then(|bytes| {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            replace_file(path, &bytes)
        });
    if let Err(error) = done {
        eprintln!(
            "cannot keep edits in {}: {error}\nhint: set CADFORGE_DATA to a folder that can be written",
            path.display()
        );
    }
}

fn read(path: &Path) -> Option<Kept> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

fn process(path: &Path) -> Option<u32> {
    let name = path.file_name()?.to_str()?;
    name.strip_prefix("open-")?.strip_suffix(".json")?.parse().ok()
}

/// Whether a process of that id runs the same program as this one: ids are given again.
fn is_running(pid: u32) -> bool {
    let program = |pid: &str| fs::read_link(format!("/proc/{pid}/exe")).ok();
    let theirs = program(&pid.to_string());
    theirs.is_some() && theirs == program("self") && pid != std::process::id()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(code: &str) -> Kept {
        let draft = Draft {
            task: "part".to_owned(),
            file: None,
            code: code.to_owned(),
        };
        Kept {
            task: "part".to_owned(),
            drafts: vec![draft],
            ..Kept::default()
        }
    }

    #[test]
    fn a_window_that_closes_leaves_its_place_and_nothing_to_rescue() {
        let dir = tempfile::tempdir().unwrap();
        let (mut keeper, found) = Keeper::open(dir.path());
        assert!(found.last.is_none() && found.lost.is_empty());
        keeper.keep(edited("a"));
        keeper.keep(edited("b"));
        drop(keeper);
        let (_keeper, found) = Keeper::open(dir.path());
        assert_eq!(found.last, Some(edited("b")));
        assert!(found.lost.is_empty());
    }

    #[test]
    fn edits_of_a_window_that_was_killed_are_found_until_that_is_decided() {
        let dir = tempfile::tempdir().unwrap();
        // No process has this id: Linux stops at 2^22.
        let left = dir.path().join("open-4194999.json");
        write(&left, &edited("precious"));
        for _ in 0..2 {
            let (_keeper, found) = Keeper::open(dir.path());
            assert_eq!(found.lost, edited("precious").drafts);
            assert_eq!(found.files, std::slice::from_ref(&left));
        }
        fs::write(&left, "{ half a file").unwrap();
        let (_keeper, found) = Keeper::open(dir.path());
        assert!(found.lost.is_empty() && !left.exists());
    }

    #[test]
    fn what_is_kept_is_on_the_disk_soon() {
        let dir = tempfile::tempdir().unwrap();
        let (mut keeper, _) = Keeper::open(dir.path());
        keeper.keep(edited("x = 1"));
        let path = keeper.path();
        let start = std::time::Instant::now();
        while read(&path) != Some(edited("x = 1")) {
            assert!(start.elapsed().as_secs() < 10);
            thread::sleep(std::time::Duration::from_millis(5));
        }
        // As after a kill: the file stays.
        std::mem::forget(keeper);
        assert_eq!(read(&path).unwrap().drafts[0].code, "x = 1");
    }
}
