//! Background jobs: jobs in, events out.
//!
//! [`Engine::submit`] starts a [`Job`] on a thread and returns a [`JobHandle`] whose events have the types of that kind of job. Each
//! handle has an event receiver of its own, so that window, command line and sockets do not share one stream. Sending an event never blocks. Dropping or cancelling a handle stops its job.
//! Which of the waiting jobs gets a worker next is decided by the pool: see [`cadforge_executor::Priority`].
//!
//! ```no_run
//! use cadforge_engine::Engine;
//! use cadforge_executor::WorkerConfig;
//!
//! let engine = Engine::start(WorkerConfig::new(
//!     "target/debug/cadforge-worker".into(),
//!     ".venv/bin/python".into(),
//!     2,
//! ));
//! println!("{:?}", engine.assessor().executor().status());
//! ```

mod events;
mod run;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crossbeam_channel::Receiver;

pub use events::{Event, Job, RepairProgress, Wake};
pub use run::write_step;

use cadforge_assess::{Assessor, Scoring};
use cadforge_executor::{CancelSource, CancelToken, Executor, PoolStatus, Priority, RunSpec, WorkerConfig};
pub use cadforge_repair::{EndpointConfig, LoopTarget, RepairSummary};
use cadforge_task::Task;
use cadforge_trajectory::Step;

/// Identifies a job of an engine; later jobs have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// A candidate to export as a STEP file.
#[derive(Clone, Debug)]
pub struct ExportJob {
    /// The task, whose files the candidate may read.
    pub task: Arc<Task>,
    /// The candidate.
    pub code: Arc<[u8]>,
    /// Its run.
    pub spec: RunSpec,
    /// The file to write.
    pub path: PathBuf,
}

/// A candidate to build and score.
#[derive(Clone, Debug)]
pub struct AssessJob {
    /// The task.
    pub task: Arc<Task>,
    /// The candidate's bytes; invalid UTF-8 is a failed build.
    pub code: Arc<[u8]>,
    /// Scoring options.
    pub scoring: Scoring,
    /// Priority of the run.
    pub priority: Priority,
}

/// A repair loop.
#[derive(Clone, Debug)]
pub struct RepairJob {
    /// The task.
    pub task: Arc<Task>,
    /// Start of the loop; default: the task's weak seed.
    pub from: Option<Arc<[u8]>>,
    /// Known steps; see [`cadforge_repair::Repair::earlier`].
    pub earlier: Vec<Step>,
    /// The proposer.
    pub proposer: ProposerConfig,
    /// Scoring options.
    pub scoring: Scoring,
    /// Maximum number of rounds, at least 1; a round is one proposal, or one group.
    pub max_steps: usize,
    /// Candidates per round, at least 1; more than one form a group with advantages.
    pub candidates: usize,
    /// Where the loop stops.
    pub target: LoopTarget,
    /// The trajectory folder to write, if any.
    pub out: Option<PathBuf>,
}

/// Configuration of a proposer.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposerConfig {
    /// A recorded repair of the task.
    Replay {
        /// Its name in `repairs/`; `None` for the result of [`cadforge_repair::Replay::find`].
        recording: Option<String>,
        /// Number of steps of the recording to skip.
        skip: usize,
        /// Whether to keep the recorded pauses.
        paced: bool,
    },
    /// The embedded rules.
    Rules,
    /// A model behind an OpenAI-compatible server.
    Endpoint(Box<EndpointConfig>),
}

/// A submitted job; dropping it cancels the job.
#[derive(Debug)]
pub struct JobHandle<J: Job> {
    /// Its id.
    pub id: JobId,
    /// Its events, in order.
    pub events: Receiver<Event<J>>,
    cancel: Option<CancelSource>,
}

impl<J: Job> JobHandle<J> {
    /// A handle for a job that another implementation than [`Engine`] runs, such as a test.
    pub fn new(id: JobId, events: Receiver<Event<J>>, cancel: CancelSource) -> Self {
        Self {
            id,
            events,
            cancel: Some(cancel),
        }
    }

    /// Cancels the job; [`Event::Cancelled`] follows within 100 ms, unless the job is finished.
    pub fn cancel(&mut self) {
        if let Some(source) = self.cancel.take() {
            source.cancel();
        }
    }
}

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    assessor: Assessor,
    next_id: Arc<AtomicU64>,
}

impl Engine {
    /// Creates the worker pool and returns at once; workers are started when jobs need them.
    pub fn start(config: WorkerConfig) -> Self {
        Self {
            assessor: Assessor::new(Executor::start(config)),
            next_id: Arc::new(AtomicU64::new(1)),
        }
    }

    /// Starts a job and returns at once.
    pub fn submit<J: Job>(&self, job: J, wake: Option<Wake>) -> JobHandle<J> {
        let id = JobId(self.next_id.fetch_add(1, Ordering::Relaxed));
        let (cancel, token) = CancelToken::pair();
        let (sender, events) = events::channel(wake);
        // Each job is a source of its own, so that a long repair loop does not delay other jobs.
        run::spawn(id, job, self.assessor.source(), sender, token);
        JobHandle::new(id, events, cancel)
    }

    /// Starts the first workers now, so that the first job does not wait for them.
    pub fn warm_up(&self) {
        self.assessor.executor().warm_up();
    }

    /// The assessor, for callers that block.
    pub fn assessor(&self) -> &Assessor {
        &self.assessor
    }

    /// Status of the worker pool; never blocks.
    pub fn status(&self) -> PoolStatus {
        self.assessor.executor().status()
    }
}
