//! The loop: propose, build, score, keep or branch, until the target, the step limit or the end of what is proposed.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keep::is_kept;
use super::proposer::{Ask, ProposeError, Proposed, Proposer};
use super::round::{self, Tried};
use crate::assess::{AssessError, Assessor, FORMAT, Request, Scoring};
use crate::executor::{CancelToken, ExecutorError, Priority};
use crate::geometry::Shape;
use crate::reward;
use crate::task::Task;
use crate::trajectory::{
    GroupPlace, Header, Origin, Proposal, Step, TrajectoryError, TrajectoryWriter, write_atomically,
};

/// What a loop works on.
#[derive(Clone, Copy, Debug)]
pub struct Repair<'a> {
    /// The task.
    pub task: &'a Task,
    /// Starts here instead of the task's weak seed.
    pub from: Option<&'a [u8]>,
    /// How to score.
    pub scoring: &'a Scoring,
    /// Rounds of proposals at most; a round is one proposal, or one group.
    pub max_steps: usize,
    /// Candidates of each round, at least 1; more than one make a group with advantages.
    pub candidates: usize,
    /// Stops at this total, if the step built.
    pub target: f64,
    /// The trajectory folder to write, if any.
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
    if let Some(dir) = repair.out {
        TrajectoryWriter::refuse_existing(dir)?;
    }
    let mut state = State {
        repair,
        // Made with the first step: a loop that cannot even score its seed leaves no folder behind.
        writer: None,
        history: Vec::new(),
        head: 0,
        shape: None,
    };
    let seed = repair.from.unwrap_or(repair.task.weak_seed().as_bytes());
    let request = Request {
        task: repair.task,
        code: seed,
        completion: None,
        scoring: repair.scoring,
        priority: repair.priority,
    };
    let assessment = assessor.assess(&request, cancel)?;
    let seed = Step {
        step: 0,
        origin: Origin::Seed,
        parent: None,
        evaluation: assessment.evaluation,
        code: String::from_utf8_lossy(seed).into_owned(),
        proposal: None,
    };
    state.shape.clone_from(&assessment.shape);
    state.add(seed, assessment.shape, proposer, assessor, listener)?;
    for _ in 0..repair.max_steps {
        if state.reached() {
            break;
        }
        let ask = Ask {
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
        state.take_in(tried, proposer, assessor, listener)?;
    }
    let totals: Vec<f64> = state.history.iter().map(total).collect();
    let best = (0..totals.len()).fold(
        0,
        |best, index| if totals[index] > totals[best] { index } else { best },
    );
    Ok(RepairSummary {
        steps: totals.len(),
        best,
        delta_reward: totals[best] - totals[0],
        reached: state.reached(),
        trajectory: repair.out.map(Path::to_owned),
    })
}

/// A loop between two rounds.
struct State<'a> {
    repair: &'a Repair<'a>,
    writer: Option<TrajectoryWriter>,
    history: Vec<Step>,
    head: usize,
    shape: Option<Arc<Shape>>,
}

impl State<'_> {
    /// Keeps and tells the proposals of a round, and moves the head to the best that may be kept.
    fn take_in(
        &mut self,
        tried: Vec<Tried>,
        proposer: &dyn Proposer,
        assessor: &Assessor,
        listener: &mut dyn Listener,
    ) -> Result<(), RepairError> {
        let first = self.history.len();
        let parent = self.head;
        let groups = groups(first, &tried);
        let mut steps = Vec::new();
        for ((number, tried), group) in tried.into_iter().enumerate().zip(groups) {
            let Tried { proposed, assessment } = tried;
            let Proposed {
                code,
                reason,
                rule,
                text,
                clipped,
                warnings,
                keep,
                from,
            } = proposed;
            let parent = from.filter(|from| *from < first).unwrap_or(parent);
            let step = Step {
                step: first + number,
                origin: proposer.origin(),
                parent: Some(parent),
                evaluation: assessment.evaluation,
                code,
                proposal: Some(Proposal {
                    reason,
                    text,
                    rule,
                    clipped,
                    warnings,
                    kept: None,
                    group,
                }),
            };
            let shape = if parent == self.head {
                self.shape.as_deref()
            } else {
                None
            };
            let before = (&self.history[parent], shape);
            let kept = is_kept(keep, before, (&step, assessment.shape.as_deref()));
            steps.push((step, assessment.shape, kept, keep));
        }
        let best = steps
            .iter()
            .enumerate()
            .filter(|(_, (_, _, kept, _))| *kept)
            .map(|(number, (step, ..))| (number, total(step)))
            .reduce(|best, next| if next.1 > best.1 { next } else { best });
        for (number, (mut step, shape, _, keep)) in steps.into_iter().enumerate() {
            let kept = best.is_some_and(|(best, _)| best == number);
            if keep != super::Keep::Always
                && let Some(proposal) = &mut step.proposal
            {
                proposal.kept = Some(kept);
            }
            if kept {
                self.head = step.step;
                self.shape.clone_from(&shape);
            }
            self.add(step, shape, proposer, assessor, listener)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        mut step: Step,
        shape: Option<Arc<Shape>>,
        proposer: &dyn Proposer,
        assessor: &Assessor,
        listener: &mut dyn Listener,
    ) -> Result<(), RepairError> {
        if let Some(dir) = self.repair.out {
            let writer = match &mut self.writer {
                Some(writer) => writer,
                none => {
                    let header = header(self.repair, proposer, assessor)?;
                    none.insert(TrajectoryWriter::create(dir, &header)?)
                }
            };
            writer.append(&mut step, shape.as_deref())?;
        }
        self.history.push(step.clone());
        listener.step(step, shape);
        Ok(())
    }

    fn reached(&self) -> bool {
        let reaches = |step: &Step| step.evaluation.ok && total(step) >= self.repair.target;
        self.history.iter().any(reaches)
    }
}

/// Places in a group with advantages; nothing for a lone proposal.
fn groups(first: usize, tried: &[Tried]) -> Vec<Option<GroupPlace>> {
    if tried.len() < 2 {
        return vec![None; tried.len()];
    }
    let scores: Vec<f64> = tried.iter().map(Tried::score).collect();
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let variance = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / (scores.len() - 1) as f64;
    let advantages = reward::group_advantages(&scores);
    let places = advantages.iter().zip(&scores).map(|(&advantage, &score)| {
        Some(GroupPlace {
            group_id: first,
            score,
            group_mean: mean,
            group_std: variance.sqrt(),
            advantage,
        })
    });
    places.collect()
}

fn total(step: &Step) -> f64 {
    step.evaluation.reward.total
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

fn header(
    repair: &Repair<'_>,
    proposer: &dyn Proposer,
    assessor: &Assessor,
) -> Result<Header, ExecutorError> {
    Ok(Header {
        format: FORMAT,
        task_id: repair.task.id.clone(),
        profile: repair.scoring.profile,
        mode: repair.scoring.mode,
        proposer: proposer.origin().name().to_owned(),
        versions: assessor.versions(repair.task)?,
    })
}
