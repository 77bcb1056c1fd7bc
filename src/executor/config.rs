//! Configuration of the pool.

use std::path::PathBuf;

use cadforge_core::cache::Cache;

/// Configuration of the pool.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The `cadforge-worker` executable.
    pub worker: PathBuf,
    /// `<venv>/bin/python` of the pinned environment.
    pub python: PathBuf,
    /// Maximum number of worker processes, at least 1. Each is started when a run first needs it.
    pub workers: usize,
    /// Whether one of two or more workers is reserved for hand edits, which then use no other worker.
    pub live_slot: bool,
    /// Maximum number of waiting candidates, for hand edits and for batches each, at least 1; more are refused.
    pub queue: usize,
    /// When a healthy worker is replaced.
    pub recycle: Recycle,
    /// Cache of builds.
    pub cache: Cache,
    /// Patches that speed CadQuery up: `all`, `none`, or names separated by commas. They change no result.
    pub patches: String,
    /// Whether the stages of each run are timed and reported: see [`STAGE_TARGET`](crate::STAGE_TARGET).
    pub timed: bool,
}

/// When a healthy worker is replaced. Its successor starts before it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recycle {
    /// After this many candidates.
    pub runs: u64,
    /// When its processes hold this many bytes more than when it was ready.
    pub growth_bytes: u64,
}

impl Default for Recycle {
    fn default() -> Self {
        Self {
            runs: 1000,
            growth_bytes: 256 << 20,
        }
    }
}

impl WorkerConfig {
    /// Configuration of a pool with `workers` workers for all runs, and without a cache.
    pub fn new(worker: PathBuf, python: PathBuf, workers: usize) -> Self {
        Self {
            worker,
            python,
            workers,
            live_slot: false,
            queue: 1024,
            recycle: Recycle::default(),
            cache: Cache::off(),
            patches: "all".to_owned(),
            timed: false,
        }
    }
}
