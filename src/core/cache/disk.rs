//! Entries on disk: one file each, in sixteen folders by the first digit of their key.
//!
//! No locks and no index: a rename makes a file appear at once, a digest verifies it when it is read, and any process
//! may remove it at any time. Each folder has a sixteenth of the bound; a process that writes to it counts it from time
//! to time and removes the least recently used entries.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

use super::Key;

/// Name of the folder that holds everything; it changes with the layout, so that no version reads another layout.
const LAYOUT: &str = "results-1";
/// First bytes of every entry.
const MAGIC: [u8; 8] = *b"CADFRES1";
/// Magic, length of the payload, digest of key and payload.
const HEADER: u64 = 8 + 8 + 32;
/// Number of folders: one per first digit of a key.
const PARTS: u64 = 16;
/// Minimum size of a file on disk in bytes: a block of most file systems.
const BLOCK: u64 = 4096;
/// Entries larger than this fraction of their folder's bound are not stored.
const LARGEST_PART: u64 = 4;
/// A folder is recounted after this process has written this fraction of its bound.
const COUNT_EVERY: u64 = 16;
/// Share of the bound in use after a removal, in tenths: removing entries one by one would count at every write.
const FILL_TENTHS: u64 = 9;
/// Age after which a temporary file is abandoned.
const ABANDONED: Duration = Duration::from_secs(600);

const TEMPORARY: &str = ".new-";

/// Entries below one folder.
pub(super) struct Disk {
    folder: PathBuf,
    /// Bound of each of the sixteen folders, in bytes.
    bound: u64,
    parts: [Mutex<Part>; PARTS as usize],
}

/// State of one of the sixteen folders, in this process.
#[derive(Default)]
struct Part {
    /// Bytes that may be written before the next count.
    left: u64,
}

/// Content of a cache folder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Number of entries.
    pub entries: u64,
    /// Size on disk in bytes.
    pub bytes: u64,
}

impl Disk {
    pub(super) fn new(folder: PathBuf, bound: u64) -> Self {
        Self {
            folder,
            bound: bound / PARTS,
            parts: Default::default(),
        }
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The entry, if it exists and is valid. Invalid entries are removed.
    pub(super) fn get(&self, key: &Key) -> Option<Vec<u8>> {
        let path = self.path(key);
        let mut file = File::open(&path).ok()?;
        match read(&mut file, key, self.bound / LARGEST_PART) {
            Some(payload) => {
                // Time of the last use, for eviction; if it cannot be set, the entry is evicted somewhat earlier.
                let _ = file.set_modified(SystemTime::now());
                Some(payload)
            }
            None => {
                let _ = fs::remove_file(&path);
                None
            }
        }
    }

    pub(super) fn put(&self, key: &Key, payload: &[u8]) -> io::Result<()> {
        let size = footprint(HEADER + payload.len() as u64);
        if size > self.bound / LARGEST_PART {
            return Ok(());
        }
        let path = self.path(key);
        let part = path.parent().unwrap_or(&self.folder);
        match write(&path, part, key, payload) {
            // Another process removed the folder meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => write(&path, part, key, payload)?,
            written => written?,
        }
        self.make_room(key, part, size);
        Ok(())
    }

    pub(super) fn remove(&self, key: &Key) {
        let _ = fs::remove_file(self.path(key));
    }

    fn path(&self, key: &Key) -> PathBuf {
        let name = key.hex();
        self.folder.join(LAYOUT).join(&name[..1]).join(name)
    }

    /// Counts the folder if this process has written enough to it, and evicts entries beyond the bound.
    fn make_room(&self, key: &Key, folder: &Path, written: u64) {
        let part = &self.parts[usize::from(key.bytes()[0] >> 4)];
        let mut part = part.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(left) = part.left.checked_sub(written) {
            part.left = left;
            return;
        }
        let mut files = files(folder);
        let mut used: u64 = files.iter().map(|file| file.size).sum();
        if used > self.bound {
            files.sort_by_key(|file| file.used);
            for file in files {
                if used <= self.bound * FILL_TENTHS / 10 {
                    break;
                }
                // Already removed or not removable: continue with others either way.
                if fs::remove_file(&file.path).is_ok() {
                    used -= file.size;
                }
            }
        }
        part.left = self.bound.saturating_sub(used).min(self.bound / COUNT_EVERY);
    }
}

struct StoredFile {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

/// The entries of one of the sixteen folders. Removes abandoned temporary files.
fn files(folder: &Path) -> Vec<StoredFile> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(metadata) = entry.metadata() else { continue };
        let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(TEMPORARY.as_bytes())
        {
            if used.elapsed().is_ok_and(|age| age > ABANDONED) {
                let _ = fs::remove_file(entry.path());
            }
            continue;
        }
        if metadata.is_file() {
            found.push(StoredFile {
                path: entry.path(),
                size: footprint(metadata.len()),
                used,
            });
        }
    }
    found
}

fn write(path: &Path, part: &Path, key: &Key, payload: &[u8]) -> io::Result<()> {
    // Private: entries contain output of candidates.
    DirBuilder::new().recursive(true).mode(0o700).create(part)?;
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(part)?;
    file.write_all(&MAGIC)?;
    file.write_all(&(payload.len() as u64).to_le_bytes())?;
    file.write_all(&digest(key, payload))?;
    file.write_all(payload)?;
    // Not synced: a file that is incomplete after a power failure fails its digest.
    file.persist(path).map_err(|error| error.error)?;
    Ok(())
}

fn footprint(length: u64) -> u64 {
    length.next_multiple_of(BLOCK)
}

/// The payload of a valid entry of at most the maximum size.
fn read(file: &mut File, key: &Key, largest: u64) -> Option<Vec<u8>> {
    let length = file.metadata().ok()?.len().checked_sub(HEADER)?;
    if length > largest {
        return None;
    }
    let mut header = [0; HEADER as usize];
    file.read_exact(&mut header).ok()?;
    let (magic, rest) = header.split_at(8);
    let (announced, hash) = rest.split_at(8);
    if magic != MAGIC || announced != length.to_le_bytes() {
        return None;
    }
    let mut payload = Vec::with_capacity(usize::try_from(length).ok()?);
    file.take(length).read_to_end(&mut payload).ok()?;
    (digest(key, &payload) == hash).then_some(payload)
}

fn digest(key: &Key, payload: &[u8]) -> [u8; 32] {
    Sha256::new()
        .chain_update(key.bytes())
        .chain_update(payload)
        .finalize()
        .into()
}

/// Usage of a cache folder, for all layouts.
pub fn usage(folder: &Path) -> Usage {
    let mut usage = Usage::default();
    for layout in layouts(folder) {
        for part in fs::read_dir(layout).into_iter().flatten().flatten() {
            for file in files(&part.path()) {
                usage.entries += 1;
                usage.bytes += file.size;
            }
        }
    }
    usage
}

/// Removes all results of a cache folder and returns what they were. Other files in it remain.
pub fn remove(folder: &Path) -> io::Result<Usage> {
    let found = usage(folder);
    for layout in layouts(folder) {
        match fs::remove_dir_all(&layout) {
            // Another process writes results meanwhile, or removes them too.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::NotFound
                ) => {}
            removed => removed?,
        }
    }
    // Fails if the folder holds other files.
    let _ = fs::remove_dir(folder);
    Ok(found)
}

fn layouts(folder: &Path) -> Vec<PathBuf> {
    let name = LAYOUT.trim_end_matches(|digit: char| digit.is_ascii_digit());
    let is_layout = |entry: &fs::DirEntry| {
        let file_name = entry.file_name();
        let number = file_name.to_str().and_then(|text| text.strip_prefix(name));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter(is_layout).map(|entry| entry.path()).collect()
}
