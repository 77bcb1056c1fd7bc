//! The loop: propose, build, score, keep or branch, until the target, the step limit or the last proposal.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::proposer::{ProposalRequest, ProposeError, Proposer};
use super::round;
use super::state::{State, total};
use cadforge_assess::{AssessError, Assessor, Scoring};
use cadforge_executor::{CancelToken, ExecutorError, Priority};
use cadforge_geometry::Shape;
use cadforge_task::Task;
use cadforge_trajectory::{Step, TrajectoryError, write_atomically};

/// Input of a loop.
#[derive(Clone, Copy, Debug)]
pub struct Repair<'a> {
    /// The task.
    pub task: &'a Task,
    /// Start of the loop; default: the task's weak seed.
    pub from: Option<&'a [u8]>,
    /// Known steps, the seed first, including failed ones: the loop continues after the last one that was kept, and
    /// does not report them again. Empty for a new loop.
    pub earlier: &'a [Step],
    /// Scoring options.
    pub scoring: &'a Scoring,
    /// Maximum number of rounds, including those before a resume; a round is one proposal, or one group.
    pub max_steps: usize,
    /// Candidates per round, at least 1; more than one form a group with advantages.
    pub candidates: usize,
    /// Where the loop stops.
    pub target: LoopTarget,
    /// The trajectory folder, if any. A trajectory of an interrupted loop with the same plan is resumed; its steps
    /// are reported first, without shapes.
    pub out: Option<&'a Path>,
    /// Priority of the jobs.
    pub priority: Priority,
}

/// Where a loop stops before its maximum number of rounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum LoopTarget {
    /// At the target of the profile.
    #[default]
    Profile,
    /// At this total, if the step built.
    Total(f64),
    /// Nowhere: all rounds are made.
    Never,
}

/// Receives the events of a loop in order; texts of one group's proposals are interleaved.
pub trait Listener {
    /// A proposal begins; `step` is its number.
    fn proposing(&mut self, step: usize);
    /// More text of that proposal.
    fn text(&mut self, step: usize, delta: &str);
    /// No text has arrived for a moment; buffered text should be shown.
    fn pause(&mut self) {}
    /// A step was built and scored (and written, if there is a folder).
    fn step(&mut self, step: Step, shape: Option<Arc<Shape>>);
}

/// The end of a repair loop.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairSummary {
    /// Number of steps, including the seed.
    pub steps: usize,
    /// Index of the best step, the first of equals.
    pub best: usize,
    /// Best total minus the seed's.
    pub delta_reward: f64,
    /// Whether the target was reached.
    pub reached: bool,
    /// The trajectory folder, if one was written.
    pub trajectory: Option<PathBuf>,
}

/// Error of a loop.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A step could not be scored.
    #[error(transparent)]
    Assess(#[from] AssessError),
    /// A step could not be written.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// The proposer failed.
    #[error(transparent)]
    Propose(#[from] ProposeError),
}

impl RepairError {
    /// Whether the loop was cancelled.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Assess(error) if error.is_cancelled())
    }

    /// Whether the input is at fault, including a folder that cannot be written.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Assess(error) => error.is_input(),
            Self::Trajectory(_) => true,
            Self::Propose(error) => error.input,
        }
    }
}

impl From<ExecutorError> for RepairError {
    fn from(error: ExecutorError) -> Self {
        Self::Assess(error.into())
    }
}

/// Runs the loop.
pub fn run(
    repair: &Repair<'_>,
    proposer: &dyn Proposer,
    assessor: &Assessor,
    listener: &mut dyn Listener,
    cancel: &CancelToken,
) -> Result<RepairSummary, RepairError> {
    let mut state = State::start(repair, proposer, assessor, listener, cancel)?;
    for _ in state.rounds()..repair.max_steps {
        if state.reached() {
            break;
        }
        let proposal_request = ProposalRequest {
            task: repair.task,
            history: &state.history,
            head: state.head,
            shape: state.shape.as_deref(),
            candidate: 0,
        };
        let tried = match round::run(repair, &proposal_request, proposer, assessor, listener, cancel) {
            Ok(tried) if tried.is_empty() => break,
            Ok(tried) => tried,
            Err(RepairError::Propose(error)) => {
                return Err(keep_partial(error, repair.out, state.history.len()));
            }
            Err(error) => return Err(error),
        };
        state.add_round(tried, proposer, listener)?;
    }
    let reached = state.reached();
    let totals: Vec<f64> = state.finish()?.iter().map(total).collect();
    let best = (0..totals.len()).fold(
        0,
        |best, index| if totals[index] > totals[best] { index } else { best },
    );
    Ok(RepairSummary {
        steps: totals.len(),
        best,
        delta_reward: totals[best] - totals[0],
        reached,
        trajectory: repair.out.map(Path::to_owned),
    })
}

/// Writes the received text beside the trajectory and names the file; without a folder, quotes its end.
fn keep_partial(mut error: ProposeError, out: Option<&Path>, step: usize) -> RepairError {
    if error.partial.is_empty() {
        return error.into();
    }
    let length = error.partial.chars().count();
    let kept = out.map(|dir| dir.join(format!("step-{step}.partial.txt")));
    let place = match kept {
        Some(path) if write_atomically(&path, error.partial.as_bytes()).is_ok() => {
            format!("in {}", path.display())
        }
        _ => {
            let end: String = error.partial.chars().skip(length.saturating_sub(60)).collect();
            format!("ending in `{}`", end.trim().replace('\n', "⏎"))
        }
    };
    error.message = format!(
        "{}\npartial text kept: {length} characters, {place}",
        error.message
    );
    error.into()
}
