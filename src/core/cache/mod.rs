//! Cache of results: a bounded store in memory and on disk.
//!
//! Stores bytes under keys; their meaning is up to the caller. A [`Key`] covers every input that can affect the result,
//! so an entry never becomes stale, and may be lost at any time: every disk error is a miss. Several processes may
//! share one folder.

pub mod digests;
mod disk;
mod key;
mod memory;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use disk::{Usage, remove, usage};
pub use key::{Key, KeyBuilder};

use disk::Disk;
use memory::Memory;

/// Size limits of a cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Bytes in the memory of this process.
    pub memory: u64,
    /// Bytes on disk, for all processes that share the folder. Simultaneous writes may exceed it.
    pub disk: u64,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            disk: 2 << 30,
        }
    }
}

/// A cache, or none. Cheap to clone; clones share the store.
#[derive(Clone, Default)]
pub struct Cache(Option<Arc<Store>>);

struct Store {
    memory: Mutex<Memory>,
    disk: Disk,
    /// Whether the disk refused an entry: nothing more is written to it.
    refused: AtomicBool,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Cache {
    /// A cache that stores nothing.
    pub fn off() -> Self {
        Self(None)
    }

    /// A cache in this folder, which is created with the first result.
    pub fn open(folder: PathBuf, bounds: Bounds) -> Self {
        Self(Some(Arc::new(Store {
            memory: Mutex::new(Memory::new(bounds.memory)),
            disk: Disk::new(folder, bounds.disk),
            refused: AtomicBool::new(false),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
        })))
    }

    /// Whether it stores anything.
    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Its folder, if it stores anything.
    pub fn folder(&self) -> Option<&Path> {
        self.0.as_deref().map(|store| store.disk.folder())
    }

    /// The entry of this key, unless it was evicted or lost.
    pub fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        let store = self.0.as_deref()?;
        let found = store.get(key);
        let counter = if found.is_some() {
            &store.hits
        } else {
            &store.misses
        };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    /// Hits and misses of this process.
    pub fn lookups(&self) -> (u64, u64) {
        self.0.as_deref().map_or((0, 0), |store| {
            (
                store.hits.load(Ordering::Relaxed),
                store.misses.load(Ordering::Relaxed),
            )
        })
    }

    /// Stores an entry. If the disk refuses it, this is logged once as a warning, and the disk is not written
    /// any more.
    pub fn put(&self, key: &Key, payload: Vec<u8>) {
        let Some(store) = self.0.as_deref() else { return };
        let payload: Arc<[u8]> = payload.into();
        store.memory().put(*key, Arc::clone(&payload));
        if store.refused.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = store.disk.put(key, &payload)
            && !store.refused.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("{}", refusal(store.disk.folder(), &error));
        }
    }

    /// Removes an entry that the caller cannot read.
    pub fn forget(&self, key: &Key) {
        if let Some(store) = self.0.as_deref() {
            store.memory().remove(key);
            store.disk.remove(key);
        }
    }
}

impl fmt::Debug for Cache {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Cache").field(&self.folder()).finish()
    }
}

impl Store {
    fn get(&self, key: &Key) -> Option<Arc<[u8]>> {
        if let Some(payload) = self.memory().get(key) {
            return Some(payload);
        }
        let payload: Arc<[u8]> = self.disk.get(key)?.into();
        self.memory().put(*key, Arc::clone(&payload));
        Some(payload)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(folder: &Path, error: &io::Error) -> String {
    format!(
        "results are not cached in {}: {error}\n\
         hint: make room with `cadforge clean`, or name another folder with CADFORGE_CACHE (`off` for none)",
        folder.display()
    )
}

#[cfg(test)]
mod tests;
