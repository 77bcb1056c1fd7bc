//! Runs CadQuery code in a pool of sandboxed worker processes.
//!
//! [`Executor::build`] runs a candidate and returns an [`Execution`]. Its [`Build`] is a result, be it a shape or a failure of the
//! candidate. An [`ExecutorError`] is an internal error: the executor tries once more, then reports it, and nobody scores it. Builds
//! are cached in the [`WorkerConfig::cache`]: a known one starts no worker. This crate is the client side; it never loads Python.
//!
//! ```no_run
//! use cadforge_executor::{Build, CancelToken, Executor, Limits, Priority, WorkerConfig};
//!
//! let workers = WorkerConfig::new("target/debug/cadforge-worker".into(), ".venv/bin/python".into(), 1);
//! let executor = Executor::start(workers);
//! let code = b"import cadquery as cq\nfixture = cq.Workplane().box(10, 20, 30)\n";
//! let execution = executor.build(code, &Limits::default(), Priority::Live, &CancelToken::never())?;
//! match execution.build {
//!     Build::Shape(shape) => println!("{} triangles", shape.mesh.triangles().len()),
//!     Build::Failed(failure) => println!("{}", failure.message),
//! }
//! # Ok::<(), cadforge_executor::ExecutorError>(())
//! ```

mod cached;
mod identity;
mod mesh_check;
mod notes;
mod outcome;
mod pool;
pub mod scratch;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cadforge_core::cache::{Cache, Key};
use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::{Scene, Shape};
use cadforge_protocol::frame::Purpose;

pub use cadforge_platform::{kernel, kernel::SandboxSupport, load};
pub use cadforge_protocol::{Limits, MeshKind, PATCHES, WorkerVersions, frame as protocol, project};
pub use outcome::DisputedMesh;

pub use cached::is_cacheable;
pub use identity::Identity;

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
    /// The shape as a STEP file, if that was asked for: see [`Executor::export`].
    pub step: Option<Arc<[u8]>>,
    /// Remarks on the shape and on what the code did, for people and models.
    pub notes: Vec<String>,
    /// Whether the code showed more than one object, or gave one its own looks.
    pub shows_more: bool,
    /// That, of a live run.
    pub scene: Option<Arc<Scene>>,
    /// The part of a live run that failed because it is only written to a file: to be displayed, not to be scored.
    pub unscored: Option<Arc<Shape>>,
    /// Set if the mesh contradicts the shape: whether it was forged is to be settled by another mesh.
    pub disputed: Option<DisputedMesh>,
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
    /// Whether it was run from its first line, by the machinery that was meant. What was not is a result all the same,
    /// but is never kept.
    pub clean: bool,
}

/// Who waits: a person at the keyboard goes before a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A batch, a training loop.
    Batch,
    /// A hand edit.
    Live,
}

/// How to start workers.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The `cadforge-worker` executable.
    pub worker: PathBuf,
    /// `<venv>/bin/python` of the pinned environment.
    pub python: PathBuf,
    /// Worker processes at most, at least 1. Each is started when something first waits for it.
    pub workers: usize,
    /// Whether one of them, where there are two or more, is kept for hand edits: those go there and nowhere else,
    /// and batches never.
    pub live_slot: bool,
    /// Candidates that may wait, of hand edits and of batches each; more are refused. At least 1.
    pub queue: usize,
    /// When a worker is replaced.
    pub recycle: Recycle,
    /// Where builds are kept.
    pub cache: Cache,
    /// Patches that make CadQuery faster: `all`, `none`, or names separated by commas. They change no result.
    pub patches: String,
}

/// When a worker that is well is replaced all the same, by one that is started before it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recycle {
    /// After that many candidates.
    pub runs: u64,
    /// When its processes hold that many bytes more than when it was ready.
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
    /// That many workers for whoever comes, and nothing kept of what they do.
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
        }
    }
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
    /// More candidates wait than may. Neither a score nor the candidate's fault: it is to be submitted again.
    #[error(
        "{queued} candidates wait already\nhint: submit it again in {retry_after_ms} ms, or fewer at once"
    )]
    Overloaded {
        /// Candidates that wait.
        queued: usize,
        /// When there will be room, ms from now: an estimate from recent runs.
        retry_after_ms: u64,
    },
    /// The files that the candidate is to read cannot be had.
    #[error(transparent)]
    Project(#[from] project::ProjectError),
    /// The caller cancelled.
    #[error("cancelled")]
    Cancelled,
}

impl ExecutorError {
    /// Whether the caller asked for this.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Project(_) => false,
        }
    }

    /// Whether what was given is at fault, and not our machinery.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Project(_) => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Cancelled => false,
        }
    }
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
    /// Worker processes that died or misbehaved and were replaced.
    pub restarts: u64,
    /// Worker processes replaced by count or memory, see [`Recycle`].
    pub recycled: u64,
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
    config: Arc<WorkerConfig>,
    source: pool::Source,
    sources: Arc<AtomicU64>,
    /// The cache has the versions.
    versions_kept: Arc<AtomicBool>,
}

impl Executor {
    /// Makes room for workers and returns at once; none is started before something waits for it.
    pub fn start(config: WorkerConfig) -> Self {
        Self {
            config: Arc::new(config.clone()),
            pool: Arc::new(pool::Pool::start(config)),
            source: pool::Source(0),
            sources: Arc::new(AtomicU64::new(1)),
            versions_kept: Arc::default(),
        }
    }

    /// The same pool for another submitter: where several have batches, each gets a turn after the other, and none all
    /// workers. Clones submit in the name of the one they were made of.
    #[must_use]
    pub fn source(&self) -> Self {
        Self {
            source: pool::Source(self.sources.fetch_add(1, Ordering::Relaxed)),
            ..self.clone()
        }
    }

    /// Starts the first workers now, for hand edits and for batches, so that the first run need not wait for it.
    pub fn warm_up(&self) {
        self.pool.warm_up();
    }

    /// Starts workers anew where all attempts had failed: what was missing has been mended.
    pub fn try_again(&self) {
        self.pool.try_again();
    }

    /// Runs `code` and waits for what comes of it. Safe to call from many threads.
    ///
    /// A worker that dies meanwhile is replaced and the candidate run once more; what comes of a candidate in a worker that
    /// lives is its result, and is not tried again. Time in which it waits for the processor counts towards no limit.
    /// Cancelling is answered at once, whether the candidate waits or runs; so is a pool in which too many wait.
    pub fn build(
        &self,
        code: &[u8],
        limits: &Limits,
        priority: Priority,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        self.build_observed(code, limits, priority, &mut |_| {}, cancel)
    }

    /// Does what [`Self::build`] does, and hands what was built to `built` before it is kept: to encode and write a large
    /// part takes a moment in which it could be on screen.
    pub fn build_observed(
        &self,
        code: &[u8],
        limits: &Limits,
        priority: Priority,
        built: &mut dyn FnMut(&Execution),
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        // Needs no worker to be found out.
        if let Err(error) = std::str::from_utf8(code) {
            return Ok(outcome::bad_encoding(code, error));
        }
        let limits = &limits.refreshed()?;
        let identity = self.identity();
        let key = identity.map(|identity| cached::key(&identity, code, limits));
        // What is displayed beside a scored shape is made on demand, and is not stored.
        let may_show_more = |execution: &Execution| match &execution.build {
            Build::Shape(_) => execution.shows_more,
            Build::Failed(failure) => failure.kind == Kind::MissingFixture,
        };
        let suffices = |execution: &Execution| priority == Priority::Batch || !may_show_more(execution);
        if let Some(execution) = key.and_then(|key| cached::load(self.cache(), &key))
            && suffices(&execution)
        {
            built(&execution);
            return Ok(execution);
        }
        let order = pool::QueuedRun {
            code,
            limits,
            priority,
            purpose: match priority {
                Priority::Live => Purpose::Edit,
                Priority::Batch => Purpose::Result,
            },
            source: self.source,
            identity,
        };
        let mut execution = self.pool.build(&order, cancel)?;
        if let Some(disputed) = execution.disputed.take() {
            // The kernel's box and area of a face are estimates: before anyone is accused, a clean process makes the mesh.
            let limits = Limits {
                mesh: MeshKind::Verified,
                ..limits.clone()
            };
            let order = pool::QueuedRun {
                limits: &limits,
                purpose: Purpose::Result,
                ..order
            };
            let verified = self.pool.build(&order, cancel)?;
            execution = disputed.settle(execution, verified);
        }
        built(&execution);
        // A file may have been changed while the candidate read it.
        if limits.project.is_some() && limits.refreshed().ok().as_ref() != Some(limits) {
            execution.clean = false;
        }
        if let Some(key) = key {
            cached::store(self.cache(), &key, &execution);
        }
        Ok(execution)
    }

    /// Runs `code` as [`Self::build`] does, for someone who waits, and has its shape written as a STEP file (ISO
    /// 10303-21, AP214, mm) too. Always runs, and keeps nothing.
    pub fn export(
        &self,
        code: &[u8],
        limits: &Limits,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        if let Err(error) = std::str::from_utf8(code) {
            return Ok(outcome::bad_encoding(code, error));
        }
        let limits = &limits.refreshed()?;
        let order = pool::QueuedRun {
            code,
            limits,
            priority: Priority::Live,
            purpose: Purpose::Export,
            source: self.source,
            identity: None,
        };
        self.pool.build(&order, cancel)
    }

    /// What the build of this code depends on; `None` where nothing is kept, or its project folder cannot be read. Starts
    /// nothing.
    pub fn key(&self, code: &[u8], limits: &Limits) -> Option<Key> {
        Some(cached::key(&self.identity()?, code, &limits.refreshed().ok()?))
    }

    /// Where results are kept.
    pub fn cache(&self) -> &Cache {
        &self.config.cache
    }

    /// Names the machinery as it lies on disk now; `None` where nothing is kept.
    pub fn identity(&self) -> Option<Identity> {
        self.cache().is_on().then(|| Identity::of(&self.config))
    }

    /// Versions inside the workers. Where they are not known from an earlier run of the program, starts a worker and
    /// waits until it is ready.
    pub fn versions(&self) -> Result<WorkerVersions, ExecutorError> {
        let known = self.pool.known_versions();
        if let Some((versions, _)) = &known
            && self.versions_kept.load(Ordering::Relaxed)
        {
            return Ok(versions.clone());
        }
        let identity = self.identity();
        if known.is_none()
            && let Some(versions) = identity.and_then(|of| cached::load_versions(self.cache(), &of))
        {
            return Ok(versions);
        }
        let (versions, of) = known.map_or_else(|| self.pool.versions(), Ok)?;
        if identity == Some(of) && !self.versions_kept.swap(true, Ordering::Relaxed) {
            cached::store_versions(self.cache(), &of, &versions);
        }
        Ok(versions)
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
