//! Hashes of files, each read again only when the system says that it was changed.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

/// SHA-256 of the contents of files.
#[derive(Debug, Default)]
pub struct Digests(Mutex<BTreeMap<PathBuf, Read>>);

/// A file as it was read.
#[derive(Debug)]
struct Read {
    stamp: Vec<u8>,
    digest: [u8; 32],
}

/// The clock of files ticks in milliseconds: one that was changed just now may be changed again within the same tick.
const SETTLED: Duration = Duration::from_secs(1);

impl Digests {
    /// With nothing known yet.
    pub const fn new() -> Self {
        Self(Mutex::new(BTreeMap::new()))
    }

    /// That of the file as it is now.
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

/// Size, place and times: together they change whenever the content does.
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
