//! Digests of files, recomputed only if the system reports a change.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// SHA-256 digests of files, by path.
#[derive(Debug, Default)]
pub struct Digests(Mutex<BTreeMap<PathBuf, Read>>);

/// A file's digest and its state when it was read.
#[derive(Debug)]
struct Read {
    stamp: Vec<u8>,
    digest: [u8; 32],
}

/// File times have a resolution of milliseconds: a file that was just changed may change again without a new time.
const SETTLED: Duration = Duration::from_secs(1);

impl Digests {
    /// Without entries.
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// The digest of the file's current content.
    pub fn of(&self, path: &Path) -> io::Result<[u8; 32]> {
        let metadata = fs::metadata(path)?;
        let stamp = stamp(&metadata);
        if let Some(read) = self.known().get(path)
            && read.stamp == stamp
        {
            return Ok(read.digest);
        }
        let mut file = File::open(path)?;
        let mut hash = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match file.read(&mut buffer)? {
                0 => break,
                read => hash.update(&buffer[..read]),
            }
        }
        let digest = hash.finalize().into();
        if metadata.modified()?.elapsed().is_ok_and(|age| age > SETTLED) {
            self.known().insert(path.to_owned(), Read { stamp, digest });
        }
        Ok(digest)
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Size, location and times: together they change whenever the content does.
pub fn stamp(metadata: &Metadata) -> Vec<u8> {
    let numbers = [
        metadata.dev() as i64,
        metadata.ino() as i64,
        metadata.size() as i64,
        metadata.mtime(),
        metadata.mtime_nsec(),
        metadata.ctime(),
        metadata.ctime_nsec(),
    ];
    numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
}
