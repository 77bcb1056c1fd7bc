//! State of a loop between two rounds: its steps, the step to continue from, and the trajectory folder.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::keep::is_kept;
use super::proposer::{Keep, Proposed, Proposer};
use super::round::Attempt;
use super::run::{Listener, LoopTarget, Repair, RepairError};
use cadforge_assess::{Assessor, FORMAT, ReferenceChoice, Request};
use cadforge_executor::{CancelToken, ExecutorError};
use cadforge_geometry::Shape;
use cadforge_reward as reward;
use cadforge_trajectory::{
    GroupPlace, Header, Origin, Proposal, Step, TrajectoryError, TrajectoryWriter, begin, resume,
};

pub(super) struct State {
    /// All steps so far.
    pub(super) history: Vec<Step>,
    /// Index of the step to continue from.
    pub(super) head: usize,
    /// Geometry of that step, if it built.
    pub(super) shape: Option<Arc<Shape>>,
    writer: Option<TrajectoryWriter>,
    target: LoopTarget,
}

impl State {
    /// Scores the seed, or resumes from known steps: of the folder, else of the caller.
    pub(super) fn start(
        repair: &Repair<'_>,
        proposer: &dyn Proposer,
        assessor: &Assessor,
        listener: &mut dyn Listener,
        cancel: &CancelToken,
    ) -> Result<Self, RepairError> {
        let seed = repair.from.unwrap_or(repair.task.weak_seed().as_bytes());
        let mut state = Self {
            history: Vec::new(),
            head: 0,
            shape: None,
            writer: None,
            target: repair.target,
        };
        let plan = plan(repair, proposer, seed);
        if let Some(dir) = repair.out
            && let Some((writer, known)) =
                resume_trajectory(dir, &plan, || header(repair, proposer, assessor))?
        {
            state.writer = Some(writer);
            for step in &known {
                listener.step(step.clone(), None);
            }
            state.history = known;
        }
        let request = |code| Request {
            task: repair.task,
            code,
            completion: None,
            scoring: repair.scoring,
            priority: repair.priority,
        };
        if state.history.is_empty() {
            state.history = repair.earlier.to_vec();
        }
        if !state.history.is_empty() {
            state.head = head_of(&state.history);
            let head = &state.history[state.head];
            if head.evaluation.ok {
                // The rules need the geometry, which is not in the file.
                state.shape = assessor.assess(&request(head.code.as_bytes()), cancel)?.shape;
            }
            return Ok(state);
        }
        let assessment = assessor.assess(&request(seed), cancel)?;
        let seed = Step {
            step: 0,
            origin: Origin::Seed,
            parent: None,
            evaluation: assessment.evaluation,
            code: String::from_utf8_lossy(seed).into_owned(),
            proposal: None,
        };
        state.shape.clone_from(&assessment.shape);
        // Created with the first step: a loop that cannot score its seed leaves no folder.
        if let (Some(dir), None) = (repair.out, &state.writer) {
            state.writer = Some(begin(dir, &header(repair, proposer, assessor)?, &plan)?);
        }
        state.add(vec![(seed, assessment.shape)], listener)?;
        Ok(state)
    }

    /// Writes and reports the proposals of a round, and moves the head to the best that may be kept.
    pub(super) fn add_round(
        &mut self,
        tried: Vec<Attempt>,
        proposer: &dyn Proposer,
        listener: &mut dyn Listener,
    ) -> Result<(), RepairError> {
        let first = self.history.len();
        let parent = self.head;
        let groups = groups(first, &tried);
        let mut steps = Vec::new();
        for ((number, tried), group) in tried.into_iter().enumerate().zip(groups) {
            let Attempt {
                proposed,
                stream,
                assessment,
            } = tried;
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
                    stream,
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
        let mut round = Vec::new();
        for (number, (mut step, shape, _, keep)) in steps.into_iter().enumerate() {
            let kept = best.is_some_and(|(best, _)| best == number);
            if keep != Keep::Always
                && let Some(proposal) = &mut step.proposal
            {
                proposal.kept = Some(kept);
            }
            if kept {
                self.head = step.step;
                self.shape.clone_from(&shape);
            }
            round.push((step, shape));
        }
        self.add(round, listener)
    }

    /// Writes the steps of a round, then reports them.
    fn add(
        &mut self,
        mut round: Vec<(Step, Option<Arc<Shape>>)>,
        listener: &mut dyn Listener,
    ) -> Result<(), RepairError> {
        if let Some(writer) = &mut self.writer {
            writer.append_group(&mut round)?;
        }
        for (step, shape) in round {
            self.history.push(step.clone());
            listener.step(step, shape);
        }
        Ok(())
    }

    /// Number of rounds so far.
    pub(super) fn rounds(&self) -> usize {
        let group = |step: &Step| {
            step.proposal
                .as_ref()
                .and_then(|proposal| Some(proposal.group.as_ref()?.group_id))
        };
        let first_of_round = |step: &&Step| group(step).is_none_or(|first| first == step.step);
        self.history.iter().skip(1).filter(first_of_round).count()
    }

    pub(super) fn reached(&self) -> bool {
        let target = match self.target {
            LoopTarget::Profile => None,
            LoopTarget::Total(total) => Some(total),
            LoopTarget::Never => return false,
        };
        self.history.iter().any(|step| step.evaluation.is_done(target))
    }

    /// Ends the loop; returns all steps.
    pub(super) fn finish(self) -> Result<Vec<Step>, RepairError> {
        if let Some(writer) = self.writer {
            writer.finish()?;
        }
        Ok(self.history)
    }
}

pub(super) fn total(step: &Step) -> f64 {
    step.evaluation.reward.total
}

/// The step that a loop with these steps continues from: the last that was kept.
fn head_of(steps: &[Step]) -> usize {
    let kept = |step: &&Step| {
        step.proposal
            .as_ref()
            .is_some_and(|proposal| proposal.kept != Some(false))
    };
    steps.iter().rfind(kept).map_or(0, |step| step.step)
}

type Resumed = Option<(TrajectoryWriter, Vec<Step>)>;

fn resume_trajectory(
    dir: &Path,
    plan: &serde_json::Value,
    header: impl FnOnce() -> Result<Header, ExecutorError>,
) -> Result<Resumed, RepairError> {
    // The versions of the workers are queried only if there is something to compare.
    let mut query_error = None;
    let header = || {
        header().map_err(|error| {
            let reason = error.to_string();
            query_error = Some(error);
            TrajectoryError::Other {
                dir: dir.to_owned(),
                reason,
            }
        })
    };
    match (resume(dir, plan, header), query_error) {
        (_, Some(error)) => Err(error.into()),
        (Ok(found), None) => Ok(found.map(|(writer, trajectory)| (writer, trajectory.steps))),
        (Err(error), None) => Err(error.into()),
    }
}

/// Everything that affects the steps of a loop, except their number.
fn plan(repair: &Repair<'_>, proposer: &dyn Proposer, seed: &[u8]) -> serde_json::Value {
    let start: String = Sha256::digest(seed)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let reference = match &repair.scoring.reference {
        ReferenceChoice::Task => "task".to_owned(),
        ReferenceChoice::None => "none".to_owned(),
        ReferenceChoice::File(path) => path.display().to_string(),
    };
    let limits = &repair.scoring.limits;
    let mut plan = json!({
        "format": FORMAT,
        "task": repair.task.id,
        "proposer": proposer.plan(),
        "candidates": repair.candidates,
        "start": start,
        "shaping": repair.scoring.shaping,
        "reference": reference,
        "timeout": limits.cpu_s,
        "memory": limits.memory_mb,
    });
    // Plans without a project folder keep their format.
    if let Some(project) = &repair.scoring.project {
        plan["project"] = project.folder().display().to_string().into();
    }
    plan
}

/// Places in a group with advantages; `None` for a single proposal.
fn groups(first: usize, tried: &[Attempt]) -> Vec<Option<GroupPlace>> {
    if tried.len() < 2 {
        return vec![None; tried.len()];
    }
    let scores: Vec<f64> = tried.iter().map(Attempt::score).collect();
    let group = reward::advantages(&scores, tried[0].assessment.evaluation.profile);
    let places = group.values.iter().zip(&scores).map(|(&advantage, &score)| {
        Some(GroupPlace {
            group_id: first,
            size: scores.len(),
            score,
            group_mean: group.mean,
            group_std: group.std,
            advantage,
        })
    });
    places.collect()
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
        versions: assessor.versions(repair.task, repair.scoring.profile)?,
    })
}
