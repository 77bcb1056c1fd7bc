//! The client side of the worker processes that run CadQuery.
//!
//! Runs a candidate and says what came of it: a [`Build`] is a result, whether it is a shape or a failure;
//! an [`ExecutorError`] is a fault of ours, tried once more here, then reported and never scored.

mod answer;
mod pool;
pub mod protocol;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::failure::Failure;
use crate::geometry::Shape;

/// What one candidate may use.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// CPU seconds; the wall limit is three times that.
    pub cpu_s: f64,
    /// MB of address space above the idle zygote's.
    pub memory_mb: u64,
    /// Bytes of standard output and error together.
    pub output_bytes: u64,
    /// Triangles of the exported mesh.
    pub triangles: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cpu_s: 20.0,
            memory_mb: 2048,
            output_bytes: 1 << 20,
            triangles: 2_000_000,
        }
    }
}

/// What came of running a candidate.
#[derive(Clone, Debug)]
pub enum Build {
    /// It built.
    Shape(Arc<Shape>),
    /// It did not, which is a result too.
    Failed(Failure),
}

/// A [`Build`] with all that was observed on the way.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Shape or failure.
    pub build: Build,
    /// Captured standard output, lossily decoded.
    pub stdout: String,
    /// Captured standard error, lossily decoded.
    pub stderr: String,
    /// Waited for a free worker, ms.
    pub queue_ms: f64,
    /// Ran the code, ms of wall time.
    pub run_ms: f64,
    /// Meshed, exported and measured, ms of wall time.
    pub mesh_ms: f64,
    /// Steps that were not run again, because an earlier run of the same steps stood behind them.
    pub resumed: u32,
    /// What the candidate was confined by; `None` if it never got to a worker.
    pub sandbox: Option<SandboxSupport>,
}

/// Who waits: a person at the keyboard goes before a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A batch, a training loop.
    Batch,
    /// A hand edit.
    Live,
}

/// Versions inside the worker, from its handshake.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkerVersions {
    /// CadQuery.
    pub cadquery: String,
    /// The OCP bindings.
    pub ocp: String,
    /// Python.
    pub python: String,
}

/// What a kernel has to confine candidates with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxSupport {
    /// Landlock's ABI, which keeps files away; 0 without it.
    pub landlock: u32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// Whether a supervisor can be asked about a call: needed for going on from where an earlier run stands.
    pub listener: bool,
}

impl SandboxSupport {
    /// Whether candidates are confined.
    pub fn is_whole(&self) -> bool {
        self.landlock > 0 && self.seccomp
    }

    /// What is missing, in words for the notes of a result.
    pub fn missing(&self) -> Option<String> {
        let what = match (self.landlock > 0, self.seccomp) {
            (true, true) => return None,
            (false, true) => "Landlock, so that candidates can read files",
            (true, false) => "seccomp, so that candidates can use the network and start programs",
            (false, false) => "Landlock and seccomp, so that candidates have the rights of whoever runs them",
        };
        Some(format!("not sandboxed: this kernel has no {what}"))
    }
}

/// How to start workers.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The `cadforge-worker` executable.
    pub worker: PathBuf,
    /// `<venv>/bin/python` of the pinned environment.
    pub python: PathBuf,
    /// Number of worker processes, at least 1.
    pub workers: usize,
}

/// A fault of our own machinery: never a reward.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The worker could not be started or did not get ready.
    #[error("{0}")]
    Start(String),
    /// The worker died or spoke nonsense, twice for the same candidate.
    #[error("{0}")]
    Broken(String),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

/// The pool's state, for the status bar.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PoolStatus {
    /// Workers that are ready or busy.
    pub ready: usize,
    /// Workers still importing CadQuery.
    pub starting: usize,
    /// Workers running a candidate.
    pub busy: usize,
    /// Candidates waiting for a worker.
    pub queued: usize,
    /// Worker processes replaced since the start.
    pub restarts: u64,
    /// Versions, once the first worker is ready.
    pub versions: Option<WorkerVersions>,
    /// Why no worker can start, if so.
    pub error: Option<String>,
}

/// Tells a running or queued call to stop; cloned freely.
///
/// A token that is never fired costs nothing. Made by [`CancelToken::pair`].
#[derive(Clone, Debug)]
pub struct CancelToken(crossbeam_channel::Receiver<()>);

/// Fires its token when [`CancelSource::cancel`] is called or when it is dropped.
#[derive(Debug)]
pub struct CancelSource(#[allow(dead_code)] crossbeam_channel::Sender<()>);

impl CancelToken {
    /// A source and the token that it fires.
    pub fn pair() -> (CancelSource, Self) {
        let (sender, receiver) = crossbeam_channel::bounded(0);
        (CancelSource(sender), Self(receiver))
    }

    /// A token that never fires.
    pub fn never() -> Self {
        Self(crossbeam_channel::never())
    }

    /// Whether it has fired.
    pub fn is_cancelled(&self) -> bool {
        matches!(
            self.0.try_recv(),
            Err(crossbeam_channel::TryRecvError::Disconnected)
        )
    }

    /// Disconnects when fired; for `select!`.
    pub fn receiver(&self) -> &crossbeam_channel::Receiver<()> {
        &self.0
    }
}

impl CancelSource {
    /// Fires the token.
    pub fn cancel(self) {}
}

/// A pool of worker processes. Cheap to clone; the last clone stops the workers.
#[derive(Clone)]
pub struct Executor {
    pool: Arc<pool::Pool>,
}

impl Executor {
    /// Starts the workers in the background and returns at once.
    pub fn start(config: WorkerConfig) -> Self {
        Self {
            pool: Arc::new(pool::Pool::start(config)),
        }
    }

    /// Runs `code` and waits for what comes of it. Safe to call from many threads.
    ///
    /// A worker that dies meanwhile is replaced and the candidate run once more; a candidate that reached its
    /// wall limit with little CPU time used is run once more with no other batch beside it. Cancelling is
    /// answered at once, whether the candidate waits or runs.
    pub fn build(
        &self,
        code: &[u8],
        limits: &Limits,
        priority: Priority,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        // Needs no worker to be found out.
        if let Err(error) = std::str::from_utf8(code) {
            return Ok(answer::bad_encoding(code, error));
        }
        self.pool.build(code, limits, priority, cancel)
    }

    /// Waits for the first worker to be ready and returns its versions.
    pub fn versions(&self) -> Result<WorkerVersions, ExecutorError> {
        self.pool.versions()
    }

    /// The pool as it is now; never blocks.
    pub fn status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Process ids of the living workers.
    pub fn pids(&self) -> Vec<u32> {
        self.pool.pids()
    }
}
