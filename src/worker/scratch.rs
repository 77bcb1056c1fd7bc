//! The folder in which candidates may write: its limits, and its removal after each run.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use cadforge_protocol::project::Project;
use nix::fcntl::{Flock, FlockArg};

const PREFIX: &str = "cadforge-scratch-";

/// Files and folders that a candidate may have at once.
const MAX_ENTRIES: usize = 1000;

/// Bytes of all its files.
const MAX_BYTES: u64 = 512 << 20;

/// Nesting of folders. Far below the longest path, which bounds how deep counting can look.
const MAX_DEPTH: usize = 64;

pub(crate) struct Scratch {
    folder: PathBuf,
    run: File,
    /// Links placed for the run, relative to its folder, and their targets.
    placed: Vec<(PathBuf, PathBuf)>,
    /// Held while the worker lives, so that other workers can tell a folder in use from one that a killed worker left
    /// behind.
    _lock: Flock<File>,
}

impl Scratch {
    /// Creates the folder in the system's temporary folder, and removes those that killed workers left there. `number`
    /// distinguishes the folders of one worker.
    pub(crate) fn new(number: u8) -> io::Result<Self> {
        let base = std::env::temp_dir();
        remove_abandoned(&base);
        // Of constant length, so that equal runs in two workers have paths of equal length. Linux has fewer than 2^22
        // processes.
        let name = format!("{PREFIX}{number:03}{:07}", std::process::id());
        let folder = base.join(&name);
        // Locked before it gets the name by which another worker could take it for abandoned.
        let unnamed = base.join(format!("new-{name}"));
        fs::create_dir(&unnamed)?;
        let lock = lock(&unnamed)?;
        fs::rename(&unnamed, &folder)?;
        let run = make_run_folder(&folder)?;
        Ok(Self {
            folder,
            run,
            placed: Vec::new(),
            _lock: lock,
        })
    }

    /// The working folder of candidates. Its name is the same in every run: equal runs must not see a difference.
    pub(crate) fn run_folder(&self) -> BorrowedFd<'_> {
        self.run.as_fd()
    }

    pub(crate) fn is_empty(&self) -> bool {
        fs::read_dir(self.run_path()).is_ok_and(|mut entries| entries.next().is_none())
    }

    /// Places a link to each entry of the project folder, in folders of its own for nested entries: relative paths then
    /// lead to the project's files, and new files stay here.
    pub(crate) fn place(&mut self, project: Option<&Project>) -> io::Result<()> {
        self.placed.clear();
        let Some(project) = project else { return Ok(()) };
        let run = self.run_path();
        for entry in project.entries() {
            if let Some(folder) = entry.path.parent() {
                fs::create_dir_all(run.join(folder))?;
            }
            let target = project.folder().join(&entry.path);
            symlink(&target, run.join(&entry.path))?;
            self.placed.push((entry.path.clone(), target));
        }
        Ok(())
    }

    /// Whether it holds only the placed links.
    pub(crate) fn is_untouched(&self) -> bool {
        let run = self.run_path();
        let is_there = |(path, target): &(PathBuf, PathBuf)| {
            fs::read_link(run.join(path)).is_ok_and(|found| found == *target)
        };
        let links = self.placed.iter().filter(|placed| is_there(placed)).count();
        let folders: BTreeSet<&Path> = self
            .placed
            .iter()
            .flat_map(|(path, _)| path.ancestors().skip(1))
            .filter(|path| !path.as_os_str().is_empty())
            .collect();
        links == self.placed.len() && count(&run, links + folders.len()) == links + folders.len()
    }

    /// Whether it exceeds the limits of a candidate; stops counting at the limit.
    pub(crate) fn is_too_full(&self) -> bool {
        let (mut entries, mut bytes) = (0, 0);
        let mut folders = vec![(self.run_path(), 0)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                entries += 1;
                if let Ok(metadata) = entry.metadata() {
                    bytes += metadata.len();
                    if metadata.is_dir() {
                        folders.push((entry.path(), depth + 1));
                    }
                }
                if entries > MAX_ENTRIES + 2 * self.placed.len() || bytes > MAX_BYTES || depth > MAX_DEPTH {
                    return true;
                }
            }
        }
        false
    }

    /// Empties it; `false` if it had to be replaced, so that a process confined to the old one cannot be used again.
    pub(crate) fn clear(&mut self) -> io::Result<bool> {
        if self.is_empty() {
            return Ok(true);
        }
        let path = self.run_path();
        empty(&path);
        if self.is_empty() {
            return Ok(true);
        }
        // A candidate can leave a folder that takes long to remove: it is set aside, so that the next candidate does
        // not wait for it.
        let nanoseconds = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .unwrap_or_default()
            .as_nanos();
        fs::rename(&path, self.folder.join(format!("left-{nanoseconds}")))?;
        self.run = make_run_folder(&self.folder)?;
        Ok(false)
    }

    fn run_path(&self) -> PathBuf {
        self.folder.join("run")
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // If this fails, the next worker removes it.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Number of files and folders below `top`; stops at one more than `most`.
fn count(top: &Path, most: usize) -> usize {
    let mut found = 0;
    let mut folders = vec![top.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
            found += 1;
            if found > most {
                return found;
            }
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            }
        }
    }
    found
}

/// Empties a folder with contents of any depth by moving nested entries up before removing their folder. Gives up when
/// a pass changes nothing.
fn empty(top: &Path) {
    let mut named = 0u64;
    loop {
        let mut changed = false;
        for entry in fs::read_dir(top).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                for inner in fs::read_dir(&path).into_iter().flatten().flatten() {
                    let inner = inner.path();
                    named += 1;
                    changed |= fs::remove_file(&inner).is_ok()
                        || fs::rename(&inner, top.join(format!("up-{named}"))).is_ok();
                }
                changed |= fs::remove_dir(&path).is_ok();
            } else {
                changed |= fs::remove_file(&path).is_ok();
            }
        }
        if !changed {
            return;
        }
    }
}

fn make_run_folder(folder: &Path) -> io::Result<File> {
    let path = folder.join("run");
    fs::create_dir(&path)?;
    File::open(path)
}

fn lock(folder: &Path) -> io::Result<Flock<File>> {
    Flock::lock(File::open(folder)?, FlockArg::LockExclusiveNonblock).map_err(|(_, error)| error.into())
}

fn remove_abandoned(base: &Path) {
    let Ok(entries) = fs::read_dir(base) else { return };
    for entry in entries.flatten() {
        let named = entry
            .file_name()
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX));
        // A folder whose lock is free is abandoned. Removal of another user's folder fails, which is no error.
        if named && let Ok(_lock) = lock(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_deeper_than_any_path_is_emptied() {
        let folder = tempfile::tempdir().unwrap();
        let depth = 700;
        // Built from the inside out: no path can name the innermost folder.
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), "x").unwrap();
        for _ in 0..depth {
            fs::create_dir(folder.path().join("outer")).unwrap();
            fs::rename(folder.path().join("inner"), folder.path().join("outer/inner")).unwrap();
            fs::rename(folder.path().join("outer"), folder.path().join("inner")).unwrap();
        }
        empty(folder.path());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
