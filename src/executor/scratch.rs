//! Temporary folders that killed workers leave behind.
//!
//! A worker keeps its candidates' files in a folder that it locks while it lives. Each new worker removes the folders
//! of dead ones; this module removes them on request.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use nix::fcntl::{Flock, FlockArg};

/// Prefixes of a worker's folder, and of one that is being created.
const PREFIXES: [&str; 2] = ["cadforge-scratch-", "new-cadforge-scratch-"];

/// Younger folders without a lock may have an owner that is about to lock them.
const MIN_AGE: Duration = Duration::from_secs(10);

/// A folder that no worker holds.
#[derive(Debug)]
pub struct Abandoned {
    /// Absolute, if the temporary folder's path is.
    pub path: PathBuf,
    /// Size of its files.
    pub bytes: u64,
    /// Keeps other programs from removing it at the same time.
    _lock: Flock<File>,
}

impl Abandoned {
    /// Removes the folder and its contents.
    ///
    /// # Errors
    /// The system's error, usually because the folder belongs to another user.
    pub fn remove(self) -> std::io::Result<()> {
        fs::remove_dir_all(&self.path)
    }
}

/// The abandoned folders in the system's temporary folder, sorted by name.
pub fn abandoned() -> Vec<Abandoned> {
    abandoned_in(&std::env::temp_dir())
}

fn abandoned_in(base: &Path) -> Vec<Abandoned> {
    let mut found = Vec::new();
    for entry in fs::read_dir(base).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_ours = name
            .to_str()
            .is_some_and(|name| PREFIXES.iter().any(|prefix| name.starts_with(prefix)));
        let is_old = entry
            .metadata()
            .and_then(|metadata| metadata.modified())
            .is_ok_and(|time| {
                SystemTime::now()
                    .duration_since(time)
                    .is_ok_and(|age| age > MIN_AGE)
            });
        if !is_ours || !is_old {
            continue;
        }
        let Ok(file) = File::open(entry.path()) else {
            continue;
        };
        if let Ok(lock) = Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            let path = entry.path();
            let bytes = bytes_below(&path);
            found.push(Abandoned {
                path,
                bytes,
                _lock: lock,
            });
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

/// Does not follow links: a candidate may have made them.
fn bytes_below(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| {
            let metadata = entry.metadata().ok()?;
            Some(if metadata.is_dir() {
                bytes_below(&entry.path())
            } else {
                metadata.len()
            })
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_abandoned_folders_are_listed() {
        let base = tempfile::tempdir().unwrap();
        let old = SystemTime::now() - Duration::from_secs(60);
        let make = |name: &str, old: Option<SystemTime>| {
            let path = base.path().join(name);
            fs::create_dir_all(path.join("run")).unwrap();
            fs::write(path.join("run/left.txt"), "12345").unwrap();
            if let Some(old) = old {
                File::open(&path).unwrap().set_modified(old).unwrap();
            }
            path
        };
        let left = make("cadforge-scratch-0000000001", Some(old));
        let in_use = make("cadforge-scratch-0000000002", Some(old));
        let young = make("new-cadforge-scratch-0000000003", None);
        let other = make("something-else", Some(old));
        let _held = Flock::lock(File::open(&in_use).unwrap(), FlockArg::LockExclusiveNonblock).unwrap();
        let found = abandoned_in(base.path());
        let seen: Vec<_> = found.iter().map(|one| (one.path.clone(), one.bytes)).collect();
        assert_eq!(seen, [(left.clone(), 5)]);
        for one in found {
            one.remove().unwrap();
        }
        assert!(!left.exists() && in_use.exists() && young.exists() && other.exists());
    }
}
