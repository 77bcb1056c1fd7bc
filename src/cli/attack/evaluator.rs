//! Scores scripts in parallel.

use super::args::AttackArgs;
use crate::assess::{AssessError, Evaluation, Request, Scoring, parallel};
use crate::cli::context::Global;
use crate::engine::Engine;
use crate::executor::{CancelToken, Executor};
use crate::reward::Profile;
use crate::task::dimensions::dimensions;
use crate::task::{Task, TaskSet};

/// Largest difference between sums of the same numbers in another order.
const ROUNDING: f64 = 1e-12;

pub(super) struct Evaluator {
    pub(super) tasks: TaskSet,
    pub(super) scoring: Scoring,
    engine: Engine,
    threads: usize,
}

impl Evaluator {
    pub(super) fn start(args: &AttackArgs, global: &Global) -> anyhow::Result<Self> {
        let threads = parallel::workers(usize::MAX);
        Ok(Self {
            tasks: global.task_set()?,
            scoring: args.scoring.scoring(),
            engine: global.engine_with(threads, |config| args.scoring.cache.apply(config))?,
            threads,
        })
    }

    pub(super) fn executor(&self) -> &Executor {
        self.engine.assessor().executor()
    }

    /// One task, or all that have a reference.
    pub(super) fn selected_tasks(&self, id: Option<&str>) -> anyhow::Result<Vec<&Task>> {
        Ok(match id {
            Some(id) => vec![&**self.tasks.get(id)?],
            None => self
                .tasks
                .iter()
                .map(|task| &**task)
                .filter(|task| task.reference.is_some())
                .collect(),
        })
    }

    /// The scoring options with another profile.
    pub(super) fn with_profile(&self, profile: Profile) -> Scoring {
        Scoring {
            profile,
            ..self.scoring.clone()
        }
    }

    /// Evaluations, in the order of the scripts.
    pub(super) fn evaluate(
        &self,
        task: &Task,
        scripts: &[String],
        scoring: &Scoring,
    ) -> anyhow::Result<Vec<Evaluation>> {
        let jobs: Vec<(&Task, &str)> = scripts.iter().map(|script| (task, script.as_str())).collect();
        self.evaluate_jobs(&jobs, scoring)
    }

    /// Totals, in the order of the scripts. A script that cannot exceed `best` or an earlier total gets some lower
    /// number instead: the total without rebuilds is an upper bound, which saves most rebuilds.
    pub(super) fn totals_above(
        &self,
        task: &Task,
        scripts: &[String],
        best: f64,
    ) -> anyhow::Result<Vec<f64>> {
        let bare = Scoring {
            editability: Some(0),
            ..self.scoring.clone()
        };
        // Without named dimensions there is nothing to rebuild.
        let settled = |code: &str| self.scoring.perturbation_count() == 0 || dimensions(code).is_empty();
        let mosts = parallel::map(scripts, self.threads, |code| {
            let scoring = if settled(code) { &self.scoring } else { &bare };
            Ok::<_, AssessError>(self.evaluate_one(task, code, scoring)?.reward.total)
        })?;
        let mut best = best;
        let mut totals = Vec::with_capacity(scripts.len());
        for (code, most) in scripts.iter().zip(mosts) {
            let total = if settled(code) || most < best - ROUNDING {
                most
            } else {
                self.evaluate_one(task, code, &self.scoring)?.reward.total
            };
            best = best.max(total);
            totals.push(total);
        }
        Ok(totals)
    }

    pub(super) fn evaluate_jobs(
        &self,
        jobs: &[(&Task, &str)],
        scoring: &Scoring,
    ) -> anyhow::Result<Vec<Evaluation>> {
        let evaluations = parallel::map(jobs, self.threads, |(task, code)| {
            self.evaluate_one(task, code, scoring)
        })?;
        Ok(evaluations)
    }

    fn evaluate_one(&self, task: &Task, code: &str, scoring: &Scoring) -> Result<Evaluation, AssessError> {
        let request = Request::batch(task, code.as_bytes(), scoring);
        self.engine.assessor().evaluate(&request, &CancelToken::never())
    }
}

/// Scores of shown and hidden checks, if measured.
pub(super) fn check_scores(evaluation: &Evaluation) -> (Option<f64>, Option<f64>) {
    let checks = evaluation
        .details
        .grounded
        .as_ref()
        .and_then(|grounded| grounded.checks.as_ref());
    (
        checks.and_then(|checks| checks.public),
        checks.and_then(|checks| checks.hidden),
    )
}

/// Intersection over union with the reference, if measured.
pub(super) fn iou(evaluation: &Evaluation) -> Option<f64> {
    let grounded = evaluation.details.grounded.as_ref()?;
    Some(grounded.similarity.as_ref()?.iou)
}
