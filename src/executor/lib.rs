//! Runs CadQuery code in a pool of sandboxed worker processes.
//!
//! [`Executor::build`] runs a candidate and returns an [`Execution`]. Its [`Build`] is a shape or a failure of the
//! candidate; both are results. An [`ExecutorError`] is an internal error: the executor retries once, then reports it,
//! and it is never scored. Builds are cached in [`WorkerConfig::cache`]: a cached build starts no worker. This crate is
//! the client side; it never loads Python.
//!
//! ```no_run
//! use cadforge_executor::{Build, CancelToken, Executor, Priority, RunSpec, WorkerConfig};
//!
//! let workers = WorkerConfig::new("target/debug/cadforge-worker".into(), ".venv/bin/python".into(), 1);
//! let executor = Executor::start(workers);
//! let code = b"import cadquery as cq\nfixture = cq.Workplane().box(10, 20, 30)\n";
//! let execution = executor.build(code, &RunSpec::default(), Priority::Live, &CancelToken::never())?;
//! match execution.build {
//!     Build::Shape(shape) => println!("{} triangles", shape.mesh.triangles().len()),
//!     Build::Failed(failure) => println!("{}", failure.message),
//! }
//! # Ok::<(), cadforge_executor::ExecutorError>(())
//! ```

mod cached;
mod decode;
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
pub use cadforge_protocol::{
    Limits, MeshMethod, PATCHES, RunSpec, WorkerVersions, frame as protocol, project,
};
pub use outcome::DisputedMesh;

pub use cached::is_cacheable;
pub use identity::Identity;

/// Result of running a candidate.
#[derive(Clone, Debug)]
pub enum Build {
    /// The shape, with its mesh and facts.
    Shape(Arc<Shape>),
    /// The build failed; this is a result too.
    Failed(Failure),
}

impl Build {
    /// The failure kind's name, or `shape`.
    fn kind_name(&self) -> &'static str {
        match self {
            Self::Shape(_) => "shape",
            Self::Failed(failure) => failure.kind.name(),
        }
    }
}

/// A [`Build`] with its output, notes and times.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Shape or failure.
    pub build: Build,
    /// Captured standard output, lossily decoded.
    pub stdout: String,
    /// Captured standard error, lossily decoded.
    pub stderr: String,
    /// The shape as a STEP file, for [`Executor::export`].
    pub step: Option<Arc<[u8]>>,
    /// Notes on the shape and on the code, for people and models.
    pub notes: Vec<String>,
    /// Whether the code showed more than one object, or gave one its own appearance.
    pub shows_more: bool,
    /// The shown objects, of a live run.
    pub scene: Option<Arc<Scene>>,
    /// The part of a failed live run that was only written to a file: displayed and never scored.
    pub unscored: Option<Arc<Shape>>,
    /// Set if the mesh contradicts the shape; a second mesh decides whether it is forged.
    pub disputed: Option<DisputedMesh>,
    /// Time in the queue, in ms.
    pub queue_ms: f64,
    /// Wall time of the code, in ms.
    pub run_ms: f64,
    /// Wall time of meshing, export and measurement, in ms.
    pub mesh_ms: f64,
    /// Steps that were not run again, because the run resumed after them.
    pub resumed: u32,
    /// The sandbox of the candidate; `None` if it never reached a worker.
    pub sandbox: Option<SandboxSupport>,
    /// Whether the build may be cached: it ran from its first line, in a worker of the requested identity. Other builds
    /// are results too, but are never cached.
    pub cacheable: bool,
}

/// Priority of a run; hand edits go before batches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// A batch or a training loop.
    Batch,
    /// A hand edit.
    Live,
}

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
        }
    }
}

/// Internal errors and refusals: never scored.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The worker cannot be started or did not become ready.
    #[error("{0}")]
    Start(String),
    /// The worker died or sent malformed frames, twice for the same candidate.
    #[error("{0}")]
    Broken(String),
    /// The queue is full. This is not the candidate's fault: it can be submitted again.
    #[error(
        "{queued} candidates wait already\nhint: submit it again in {retry_after_ms} ms, or fewer at once"
    )]
    Overloaded {
        /// Waiting candidates.
        queued: usize,
        /// Estimated time until the queue has room, in ms, from recent runs.
        retry_after_ms: u64,
    },
    /// The project folder cannot be read.
    #[error(transparent)]
    Project(#[from] project::ProjectError),
    #[error("cancelled")]
    /// The caller cancelled the run.
    Cancelled,
}

impl ExecutorError {
    /// Whether the caller cancelled the run.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Project(_) => false,
        }
    }

    /// Whether the input caused the error, and not this program.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Project(_) => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Cancelled => false,
        }
    }
}

/// State of the pool, for status displays.
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
    /// Why no worker can start, if that is so.
    pub error: Option<String>,
}

/// Cancels a running or queued call; cheap to clone.
///
/// Created by [`CancelToken::pair`].
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
    /// Whether the cache holds the versions.
    versions_kept: Arc<AtomicBool>,
}

impl Executor {
    /// Creates the pool and returns at once; workers are started when runs need them.
    pub fn start(config: WorkerConfig) -> Self {
        Self {
            config: Arc::new(config.clone()),
            pool: Arc::new(pool::Pool::start(config)),
            source: pool::Source(0),
            sources: Arc::new(AtomicU64::new(1)),
            versions_kept: Arc::default(),
        }
    }

    /// The same pool for another source of runs: batches of several sources take turns, and no source gets all workers.
    /// Clones share the source of their original.
    #[must_use]
    pub fn source(&self) -> Self {
        Self {
            source: pool::Source(self.sources.fetch_add(1, Ordering::Relaxed)),
            ..self.clone()
        }
    }

    /// Starts the first workers now, for hand edits and for batches, so that the first run does not wait for the start.
    pub fn warm_up(&self) {
        self.pool.warm_up();
    }

    /// Retries slots whose workers failed to start, after the cause was fixed.
    pub fn retry_failed_slots(&self) {
        self.pool.retry_failed_slots();
    }

    /// Runs `code` and waits for the result. Safe to call from many threads.
    ///
    /// If the worker dies, it is replaced and the candidate run once more; any other result is final. Time in which the
    /// candidate waits for the processor counts towards no limit. Cancelling takes effect at once, whether the
    /// candidate waits or runs; a full queue refuses at once.
    pub fn build(
        &self,
        code: &[u8],
        spec: &RunSpec,
        priority: Priority,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        self.build_observed(code, spec, priority, &mut |_| {}, cancel)
    }

    /// As [`Self::build`], and passes the build to `built` before it is cached: encoding and writing a large part takes
    /// time in which it can be displayed.
    pub fn build_observed(
        &self,
        code: &[u8],
        spec: &RunSpec,
        priority: Priority,
        built: &mut dyn FnMut(&Execution),
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        // Does not need a worker.
        if let Err(error) = std::str::from_utf8(code) {
            return Ok(outcome::bad_encoding(code, error));
        }
        let spec = &spec.refreshed()?;
        let span = tracing::debug_span!("candidate", bytes = code.len(), ?priority);
        let _entered = span.enter();
        let identity = self.identity();
        let key = identity.map(|identity| cached::key(&identity, code, spec));
        // Objects displayed beside a scored shape are made on demand, and not cached.
        let may_show_more = |execution: &Execution| match &execution.build {
            Build::Shape(_) => execution.shows_more,
            Build::Failed(failure) => failure.kind == Kind::MissingFixture,
        };
        let suffices = |execution: &Execution| priority == Priority::Batch || !may_show_more(execution);
        if let Some(execution) = key.and_then(|key| cached::load(self.cache(), &key))
            && suffices(&execution)
        {
            tracing::debug!(kind = execution.build.kind_name(), "build taken from the cache");
            built(&execution);
            return Ok(execution);
        }
        let run = pool::QueuedRun {
            code,
            spec,
            priority,
            purpose: match priority {
                Priority::Live => Purpose::Edit,
                Priority::Batch => Purpose::Result,
            },
            source: self.source,
            identity,
        };
        let mut execution = self.pool.build(&run, cancel)?;
        if let Some(disputed) = execution.disputed.take() {
            // The kernel's boxes and areas of faces are estimates: a mesh by a process without candidate code decides.
            let spec = RunSpec {
                mesh: MeshMethod::Verified,
                ..spec.clone()
            };
            let run = pool::QueuedRun {
                spec: &spec,
                purpose: Purpose::Result,
                ..run
            };
            let verified = self.pool.build(&run, cancel)?;
            execution = disputed.settle(execution, verified);
        }
        tracing::debug!(
            kind = execution.build.kind_name(),
            queue_ms = execution.queue_ms,
            run_ms = execution.run_ms,
            mesh_ms = execution.mesh_ms,
            "built"
        );
        built(&execution);
        // A file may have changed while the candidate read it.
        if spec.project.is_some() && spec.refreshed().ok().as_ref() != Some(spec) {
            execution.cacheable = false;
        }
        if let Some(key) = key {
            cached::store(self.cache(), &key, &execution);
        }
        Ok(execution)
    }

    /// Runs `code` as [`Self::build`] does, with live priority, and writes its shape as a STEP file (ISO 10303-21,
    /// AP214, mm). Always runs, and caches nothing.
    pub fn export(
        &self,
        code: &[u8],
        spec: &RunSpec,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        if let Err(error) = std::str::from_utf8(code) {
            return Ok(outcome::bad_encoding(code, error));
        }
        let spec = &spec.refreshed()?;
        let run = pool::QueuedRun {
            code,
            spec,
            priority: Priority::Live,
            purpose: Purpose::Export,
            source: self.source,
            identity: None,
        };
        self.pool.build(&run, cancel)
    }

    /// Cache key of the build of this code; `None` without a cache, or if its project folder cannot be read. Starts
    /// nothing.
    pub fn key(&self, code: &[u8], spec: &RunSpec) -> Option<Key> {
        Some(cached::key(&self.identity()?, code, &spec.refreshed().ok()?))
    }

    /// Cache of builds, see [`WorkerConfig::cache`].
    pub fn cache(&self) -> &Cache {
        &self.config.cache
    }

    /// Current identity of the worker software; `None` without a cache.
    pub fn identity(&self) -> Option<Identity> {
        self.cache().is_on().then(|| Identity::of(&self.config))
    }

    /// Versions inside the workers. If they are not cached, starts a worker and waits until it is ready.
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

    /// Current state of the pool; never blocks.
    pub fn status(&self) -> PoolStatus {
        self.pool.status()
    }

    /// Process ids of the live workers.
    pub fn pids(&self) -> Vec<u32> {
        self.pool.pids()
    }
}
