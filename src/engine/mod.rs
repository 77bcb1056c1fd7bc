//! The background thread: jobs in, events out.
//!
//! [`Engine::submit`] returns a [`JobHandle`] with a receiver of its own, so that window, command line and
//! sockets do not share one stream. Sending never blocks; dropping or cancelling a handle stops its job.

use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::Receiver;

use crate::assess::{Assessment, Scoring};
use crate::executor::{CancelSource, PoolStatus, Priority};
use crate::task::Task;
use crate::trajectory::{Proposal, Step};

/// Identifies a job for the life of the engine; later jobs have greater ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// Work for the engine.
#[derive(Clone, Debug)]
pub enum Job {
    /// Build and score one candidate.
    Assess(AssessJob),
    /// Propose, build, score, until the target, the step limit or a stop.
    Repair(RepairJob),
}

/// One candidate to build and score.
#[derive(Clone, Debug)]
pub struct AssessJob {
    /// The task.
    pub task: Arc<Task>,
    /// The candidate, as bytes: what is no UTF-8 is a result too.
    pub code: Arc<[u8]>,
    /// How to score.
    pub scoring: Scoring,
    /// Who waits.
    pub priority: Priority,
}

/// A repair loop.
#[derive(Clone, Debug)]
pub struct RepairJob {
    /// The task.
    pub task: Arc<Task>,
    /// Starts here instead of the task's weak seed.
    pub from: Option<String>,
    /// Who proposes.
    pub proposer: ProposerChoice,
    /// How to score.
    pub scoring: Scoring,
    /// Proposals at most, at least 1.
    pub max_steps: usize,
    /// Stops at this total.
    pub target: f64,
    /// The trajectory folder to write, if any.
    pub out: Option<PathBuf>,
}

/// Who proposes repairs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProposerChoice {
    /// A recorded repair of the task; `None` takes the first by name.
    Replay {
        /// Its name in `repairs/`.
        recording: Option<String>,
    },
}

/// What happens to a job. `Done`, `Failed` and `Cancelled` are last and come exactly once.
#[derive(Clone, Debug)]
pub enum Event {
    /// It left the queue.
    Started,
    /// A proposal begins; step as it will be numbered.
    Proposing {
        /// Index of the step being proposed.
        step: usize,
    },
    /// More of a proposal's text.
    ProposalText {
        /// Index of the step being proposed.
        step: usize,
        /// The text since the last event.
        delta: String,
    },
    /// A step of a repair was built and scored.
    Step(Box<Step>, Option<Arc<crate::geometry::Shape>>),
    /// Finished.
    Done(Box<Outcome>),
    /// Our own fault: message with the way out. Never a score.
    Failed(String),
    /// Stopped as asked.
    Cancelled,
}

/// What a finished job leaves.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// Of an [`AssessJob`].
    Assessed(Assessment),
    /// Of a [`RepairJob`].
    Repaired(RepairSummary),
}

/// The end of a repair loop.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairSummary {
    /// Number of steps, the seed included.
    pub steps: usize,
    /// Index of the best step.
    pub best: usize,
    /// Best total minus the seed's.
    pub delta_reward: f64,
    /// Whether the target was met.
    pub reached: bool,
    /// The trajectory folder, if one was written.
    pub trajectory: Option<PathBuf>,
}

/// A submitted job.
#[derive(Debug)]
pub struct JobHandle {
    /// Its id.
    pub id: JobId,
    /// Its events, in order.
    pub events: Receiver<Event>,
    cancel: CancelSource,
}

impl JobHandle {
    /// Stops the job; `Cancelled` follows within 100 ms unless it was already done.
    pub fn cancel(self) {
        self.cancel.cancel();
    }
}

/// Called after every event, from the engine's thread: a window asks for a repaint here.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// The engine. Cheap to clone.
#[derive(Clone)]
pub struct Engine {}

impl Engine {
    /// Hands over a job and returns at once.
    pub fn submit(&self, job: Job, wake: Option<Wake>) -> JobHandle {
        let _ = (job, wake, |proposal: Proposal| proposal);
        unimplemented!("to be written")
    }

    /// The worker pool as it is now.
    pub fn status(&self) -> PoolStatus {
        unimplemented!("to be written")
    }
}
