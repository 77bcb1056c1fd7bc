//! The loop: propose, build, score, keep or branch, until the target, the step limit or the end of what is proposed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::proposer::{ProposalRequest, ProposeError, Proposer};
use super::round;
use super::state::{State, total};
use cadforge_assess::{AssessError, Assessor, Scoring};
use cadforge_core::task::Task;
use cadforge_executor::{CancelToken, ExecutorError, Priority};
use cadforge_geometry::Shape;
use cadforge_trajectory::{Step, TrajectoryError, write_atomically};

/// What a loop works on.
#[derive(Clone, Copy, Debug)]
pub struct Repair<'a> {
    /// The task.
    pub task: &'a Task,
    /// Starts here instead of the task's weak seed.
    pub from: Option<&'a [u8]>,
    /// Steps that are known already, the seed first, failed ones included: the loop goes on behind the last one that was
    /// kept, and does not tell them again. Empty for a loop from the beginning.
    pub earlier: &'a [Step],
    /// How to score.
    pub scoring: &'a Scoring,
    /// Rounds of proposals at most, those of a resumed loop's earlier life included; a round is one proposal, or one group.
    pub max_steps: usize,
    /// Candidates of each round, at least 1; more than one make a group with advantages.
    pub candidates: usize,
    /// Stops at this total, if the step built; without one, where an attempt is done under its profile.
    pub target: Option<f64>,
    /// The trajectory folder to write, if any. One that a killed loop with the same plan left is gone on with; its steps
    /// are told first, without shapes.
    pub out: Option<&'a Path>,
    /// Who waits.
    pub priority: Priority,
}

/// Hears what happens, in order; texts of one group's proposals come interleaved.
pub trait Listener {
    /// A proposal begins; the number is the step's.
    fn proposing(&mut self, step: usize);
    /// More of that proposal's text.
    fn text(&mut self, step: usize, delta: &str);
    /// No text has come for a moment: what is held back to be told together should be told now.
    fn pause(&mut self) {}
    /// A step was built and scored (and written, if there is a folder).
    fn step(&mut self, step: Step, shape: Option<Arc<Shape>>);
}

/// The end of a repair loop.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairSummary {
    /// Number of steps, the seed included.
    pub steps: usize,
    /// Index of the best step, the first of equals.
    pub best: usize,
    /// Best total minus the seed's.
    pub delta_reward: f64,
    /// Whether the target was met.
    pub reached: bool,
    /// The trajectory folder, if one was written.
    pub trajectory: Option<PathBuf>,
}

/// Why a loop ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RepairError {
    /// A step could not be scored.
    #[error(transparent)]
    Assess(#[from] AssessError),
    /// A step could not be kept.
    #[error(transparent)]
    Trajectory(#[from] TrajectoryError),
    /// Nothing could be proposed.
    #[error(transparent)]
    Propose(#[from] ProposeError),
}

impl RepairError {
    /// Whether the caller asked for this.
    pub fn is_cancelled(&self) -> bool {
        matches!(self, Self::Assess(error) if error.is_cancelled())
    }

    /// Whether the input is at fault, and not our machinery: a folder that cannot be written counts.
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

/// Runs the loop to its end.
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
        let ask = ProposalRequest {
            task: repair.task,
            history: &state.history,
            head: state.head,
            shape: state.shape.as_deref(),
            candidate: 0,
        };
        let tried = match round::run(repair, &ask, proposer, assessor, listener, cancel) {
            Ok(tried) if tried.is_empty() => break,
            Ok(tried) => tried,
            Err(RepairError::Propose(error)) => {
                return Err(keep_partial(error, repair.out, state.history.len()));
            }
            Err(error) => return Err(error),
        };
        state.take_in(tried, proposer, listener)?;
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

/// Leaves what had arrived beside the trajectory and says where; without a folder, says how it ended.
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
