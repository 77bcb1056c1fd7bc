//! Scores scripts, several at once.

use super::AttackArgs;
use crate::assess::{Assessor, Evaluation, Request, Scoring, parallel};
use crate::cli::context::Global;
use crate::engine::Engine;
use crate::executor::{CancelToken, Priority};
use crate::reward::Profile;
use crate::task::{Task, TaskSet};

pub(super) struct Judge {
    pub(super) tasks: TaskSet,
    pub(super) scoring: Scoring,
    engine: Engine,
    threads: usize,
}

impl Judge {
    pub(super) fn start(args: &AttackArgs, global: &Global) -> anyhow::Result<Self> {
        let threads = parallel::workers(usize::MAX);
        Ok(Self {
            tasks: global.task_set()?,
            scoring: args.scoring.scoring(),
            engine: global.engine_with(threads, |config| args.scoring.cache.apply(config))?,
            threads,
        })
    }

    /// The same with another profile.
    pub(super) fn under(&self, profile: Profile) -> Scoring {
        Scoring {
            profile,
            ..self.scoring.clone()
        }
    }

    /// Evaluations in the order of the scripts.
    pub(super) fn all(
        &self,
        task: &Task,
        scripts: &[String],
        scoring: &Scoring,
    ) -> anyhow::Result<Vec<Evaluation>> {
        let jobs: Vec<(&Task, &str)> = scripts.iter().map(|script| (task, script.as_str())).collect();
        self.many(&jobs, scoring)
    }

    pub(super) fn many(&self, jobs: &[(&Task, &str)], scoring: &Scoring) -> anyhow::Result<Vec<Evaluation>> {
        let assessor: &Assessor = self.engine.assessor();
        let evaluations = parallel::map(jobs, self.threads, |(task, code)| {
            let request = Request {
                task,
                code: code.as_bytes(),
                completion: None,
                scoring,
                priority: Priority::Batch,
            };
            assessor.evaluate(&request, &CancelToken::never())
        })?;
        Ok(evaluations)
    }
}

/// Public and hidden checks, where they were measured.
pub(super) fn gauges(evaluation: &Evaluation) -> (Option<f64>, Option<f64>) {
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

/// Intersection over union with the reference, where it was measured.
pub(super) fn overlap(evaluation: &Evaluation) -> Option<f64> {
    let grounded = evaluation.details.grounded.as_ref()?;
    Some(grounded.likeness.as_ref()?.iou)
}
