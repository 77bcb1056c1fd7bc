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
mod cancel;
mod config;
mod decode;
mod error;
mod execution;
mod identity;
mod mesh_check;
mod notes;
mod outcome;
mod pool;
pub mod scratch;
mod stages;
mod vary;
mod worker;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use cadforge_core::cache::{Cache, Key};
use cadforge_core::failure::Kind;
use cadforge_protocol::frame::Purpose;

pub use cadforge_platform::linux::monotonic_us;
pub use cadforge_platform::{kernel, kernel::SandboxSupport, load};
pub use cadforge_protocol::{
    Limits, MeshMethod, PATCHES, RunSpec, WorkerVersions, frame as protocol, project,
};

pub use cached::is_cacheable;
pub use cancel::{CancelSource, CancelToken};
pub use config::{Recycle, WorkerConfig};
pub use error::ExecutorError;
pub use execution::{Build, Execution, Progress};
pub use identity::Identity;
pub use mesh_check::DisputedMesh;
pub use pool::{PoolStatus, Priority};
pub use stages::{STAGE_TARGET, USE_TARGET};
pub use vary::{Variants, Vary};

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
        self.run(code, None, spec, priority, &mut |_| {}, cancel)
    }

    /// As [`Self::build`], and passes what can be displayed to `progress`: a coarse mesh of a hand edit while it is measured,
    /// and the build before it is cached, since encoding and writing a large part takes time.
    pub fn build_observed(
        &self,
        code: &[u8],
        spec: &RunSpec,
        priority: Priority,
        progress: &mut dyn FnMut(Progress<'_>),
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        self.run(code, None, spec, priority, progress, cancel)
    }

    /// As [`Self::build`], and then runs variants of the code that `vary` chooses, in the same process, which reuses what
    /// does not depend on the changed dimensions: a variant takes about half of the time of a build. They have the limits of
    /// the code, each. Always runs.
    pub fn build_with_variants(
        &self,
        code: &[u8],
        vary: &Arc<dyn Vary>,
        spec: &RunSpec,
        priority: Priority,
        cancel: &CancelToken,
    ) -> Result<Execution, ExecutorError> {
        self.run(code, Some(vary), spec, priority, &mut |_| {}, cancel)
    }

    fn run(
        &self,
        code: &[u8],
        vary: Option<&Arc<dyn Vary>>,
        spec: &RunSpec,
        priority: Priority,
        progress: &mut dyn FnMut(Progress<'_>),
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
        if vary.is_none()
            && let Some(execution) = key.and_then(|key| cached::load(self.cache(), &key))
            && suffices(&execution)
        {
            tracing::debug!(kind = execution.build.kind_name(), "build taken from the cache");
            progress(Progress::Built(&execution));
            return Ok(execution);
        }
        let run = pool::QueuedRun {
            code,
            spec,
            priority,
            vary: vary.cloned(),
            purpose: match priority {
                Priority::Live if vary.is_none() => Purpose::Edit,
                Priority::Live | Priority::Batch => Purpose::Result,
            },
            source: self.source,
            identity,
        };
        let mut previewed = |shape| progress(Progress::Preview(Arc::new(shape)));
        let mut execution = self.pool.build(&run, &mut previewed, cancel)?;
        if let Some(disputed) = execution.disputed.take() {
            // The kernel's boxes and areas of faces are estimates: a mesh by a process without candidate code decides.
            let spec = RunSpec {
                mesh: MeshMethod::Verified,
                ..spec.clone()
            };
            let run = pool::QueuedRun {
                spec: &spec,
                vary: None,
                purpose: Purpose::Result,
                ..run
            };
            let verified = self.pool.build(&run, &mut |_| {}, cancel)?;
            execution = disputed.settle(execution, verified);
        }
        tracing::debug!(
            kind = execution.build.kind_name(),
            queue_ms = execution.queue_ms,
            run_ms = execution.run_ms,
            mesh_ms = execution.mesh_ms,
            "built"
        );
        progress(Progress::Built(&execution));
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
            vary: None,
            spec,
            priority: Priority::Live,
            purpose: Purpose::Export,
            source: self.source,
            identity: None,
        };
        self.pool.build(&run, &mut |_| {}, cancel)
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
