//! The folder in which candidates may write, and that none of it outlives its run.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::fcntl::{Flock, FlockArg};

const PREFIX: &str = "cadforge-scratch-";

/// A worker's folder; each run gets a folder of its own inside.
pub struct Scratch {
    folder: PathBuf,
    /// Held for as long as the worker lives, so that others can tell a folder in use from one left behind
    /// by a worker that was killed.
    _lock: Flock<File>,
}

/// The folder of one run; goes with everything in it.
pub struct RunFolder(String);

impl Scratch {
    /// Makes the folder in the system's temporary folder, and removes what killed workers left there.
    pub fn new() -> io::Result<Self> {
        let base = std::env::temp_dir();
        remove_abandoned(&base);
        // Of constant length, because not even that may differ between equal runs in two workers.
        let folder = base.join(format!("{PREFIX}{:010}", std::process::id()));
        // Locked before it has the name by which another worker could take it for abandoned.
        let unnamed = base.join(format!("new-{PREFIX}{:010}", std::process::id()));
        fs::create_dir(&unnamed)?;
        let lock = lock(&unnamed)?;
        fs::rename(&unnamed, &folder)?;
        Ok(Self { folder, _lock: lock })
    }

    /// A fresh, empty folder.
    ///
    /// It has the same name in every run: what a candidate sees must not differ between equal runs.
    pub fn run_folder(&self) -> io::Result<RunFolder> {
        let path = self.folder.join("run");
        match fs::create_dir(&path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                // A candidate can leave a folder that only its owner's next words could remove: it is set aside, so
                // that the next candidate does not pay for it.
                if fs::remove_dir_all(&path).is_err() {
                    let nanoseconds = SystemTime::now()
                        .duration_since(UNIX_EPOCH)
                        .unwrap_or_default()
                        .as_nanos();
                    fs::rename(&path, self.folder.join(format!("left-{nanoseconds}")))?;
                }
                fs::create_dir(&path)?;
            }
            made => made?,
        }
        path.into_os_string()
            .into_string()
            .map(RunFolder)
            .map_err(|path| {
                io::Error::new(
                    io::ErrorKind::InvalidFilename,
                    format!("the temporary folder is not UTF-8: {path:?}"),
                )
            })
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next worker.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl RunFolder {
    /// Its absolute path.
    pub fn path(&self) -> &str {
        &self.0
    }
}

impl Drop for RunFolder {
    fn drop(&mut self) {
        // As above; the next run insists on an empty folder.
        let _ = fs::remove_dir_all(&self.0);
    }
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
        // A folder whose lock can be had belongs to nobody. One of another user cannot be removed: fine.
        if named && let Ok(_lock) = lock(&entry.path()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
