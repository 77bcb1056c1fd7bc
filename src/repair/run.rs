//! The loop: propose, build, score, until the target, the step limit or the end of what is proposed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Replay;
use crate::assess::{AssessError, Assessor, FORMAT, Request, Scoring};
use crate::executor::{CancelToken, ExecutorError, Priority};
use crate::geometry::Shape;
use crate::task::Task;
use crate::trajectory::{Header, Origin, Proposal, Step, TrajectoryError, TrajectoryWriter};

/// What a loop works on.
#[derive(Clone, Copy, Debug)]
pub struct Repair<'a> {
    /// The task.
    pub task: &'a Task,
    /// Starts here instead of the task's weak seed.
    pub from: Option<&'a [u8]>,
    /// How to score.
    pub scoring: &'a Scoring,
    /// Proposals at most.
    pub max_steps: usize,
    /// Stops at this total, if the step built.
    pub target: f64,
    /// The trajectory folder to write, if any.
    pub out: Option<&'a Path>,
    /// Who waits.
    pub priority: Priority,
}

/// Hears what happens, in order.
pub trait Listener {
    /// A proposal begins; the number is the step's.
    fn proposing(&mut self, step: usize);
    /// More of that proposal's text.
    fn text(&mut self, step: usize, delta: &str);
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
    mut proposer: Replay,
    assessor: &Assessor,
    listener: &mut dyn Listener,
    cancel: &CancelToken,
) -> Result<RepairSummary, RepairError> {
    if let Some(dir) = repair.out {
        TrajectoryWriter::refuse_existing(dir)?;
    }
    // Made with the first step: a loop that cannot even score its seed leaves no folder behind.
    let mut writer = None;
    // Totals of the steps so far; the last one's index is the next one's parent.
    let mut totals: Vec<f64> = Vec::new();
    let mut reached = false;
    let seed = repair.from.unwrap_or(repair.task.weak_seed().as_bytes());
    let mut next = Some((Origin::Seed, seed.to_vec(), None));
    while let Some((origin, code, proposal)) = next.take() {
        let request = Request {
            task: repair.task,
            code: &code,
            completion: None,
            scoring: repair.scoring,
            priority: repair.priority,
        };
        let assessment = assessor.assess(&request, cancel)?;
        let (index, parent) = (totals.len(), totals.len().checked_sub(1));
        let mut step = Step {
            step: index,
            origin,
            parent,
            evaluation: assessment.evaluation,
            code: String::from_utf8_lossy(&code).into_owned(),
            proposal,
        };
        if let Some(dir) = repair.out {
            let writer = match &mut writer {
                Some(writer) => writer,
                none => none.insert(TrajectoryWriter::create(dir, &header(repair, assessor)?)?),
            };
            writer.append(&mut step, assessment.shape.as_deref())?;
        }
        totals.push(step.evaluation.reward.total);
        reached = step.evaluation.ok && step.evaluation.reward.total >= repair.target;
        listener.step(step, assessment.shape);
        if !reached && index < repair.max_steps {
            next = propose(&mut proposer, index + 1, listener);
        }
    }
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

fn propose(
    proposer: &mut Replay,
    step: usize,
    listener: &mut dyn Listener,
) -> Option<(Origin, Vec<u8>, Option<Proposal>)> {
    let recorded = proposer.propose()?;
    listener.proposing(step);
    listener.text(step, &recorded.code);
    Some((
        Origin::Replay,
        recorded.code.into_bytes(),
        Some(Proposal {
            reason: recorded.reason,
            text: None,
        }),
    ))
}

fn header(repair: &Repair<'_>, assessor: &Assessor) -> Result<Header, ExecutorError> {
    Ok(Header {
        format: FORMAT,
        task_id: repair.task.id.clone(),
        profile: repair.scoring.profile,
        mode: repair.scoring.mode,
        proposer: "replay".to_owned(),
        versions: assessor.versions(repair.task)?,
    })
}
