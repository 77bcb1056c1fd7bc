//! Scores the result of a run.

use std::sync::Arc;
use std::time::Instant;

use super::cacheable::Cacheable;
use super::evaluation::{Artifacts, Assessment, Bbox, Evaluation, Timing};
use super::perturbations::{self, Trials};
use super::{AssessError, Assessor, FORMAT, Request, milliseconds, partial};
use cadforge_core::failure::{Failure, Kind};
use cadforge_executor::{Build, CancelToken, Execution, SandboxSupport};
use cadforge_geometry::Shape;
use cadforge_reward::{
    self as reward, Details, Evidence, GroundedEvidence, Mode, Profile, Reward, Scored, Shaping,
};

/// A score and the wall time that it took, ms.
struct TimedScore {
    scored: Scored,
    score_ms: f64,
    /// Of the rebuilds for editability.
    editability_ms: f64,
}

impl Assessor {
    /// Scores the result of a run that began at `start`; `trials` are its perturbed dimensions, if they are known already.
    pub(super) fn score(
        &self,
        request: &Request<'_>,
        execution: Execution,
        trials: Option<&Trials>,
        start: Instant,
        cancel: &CancelToken,
    ) -> Result<Cacheable<Assessment>, AssessError> {
        let Request {
            task, code, scoring, ..
        } = *request;
        let text = String::from_utf8_lossy(code);
        let mut is_cacheable = execution.cacheable;
        let (timed, failure, shape) = match &execution.build {
            Build::Failed(failure) => (gated(failure), Some(failure.clone()), None),
            Build::Shape(shape) => {
                let timed = match scoring.profile {
                    Profile::CadforgeV1 => self.score_published(request, &text, shape, cancel)?,
                    Profile::GroundedV2 => {
                        self.score_grounded(request, &text, shape, execution.run_ms, trials, cancel)?
                    }
                };
                (timed.take(&mut is_cacheable), None, Some(Arc::clone(shape)))
            }
        };
        let TimedScore {
            scored,
            score_ms,
            editability_ms,
        } = timed;
        let partial = match &failure {
            Some(failure)
                if scoring.shaping == Shaping::Grounded && scoring.profile == Profile::GroundedV2 =>
            {
                self.semantic_before_error(request, &text, failure, cancel)?
                    .take(&mut is_cacheable)
            }
            _ => None,
        };
        let completion = request.completion.unwrap_or(&text);
        let shaped = reward::shape(
            scoring.shaping,
            scored.reward.total,
            failure.as_ref(),
            partial,
            &text,
            completion,
        );
        let Scored {
            reward,
            kind,
            mut notes,
            details,
        } = scored;
        notes.extend(execution.sandbox.as_ref().and_then(SandboxSupport::missing));
        let Execution {
            stdout,
            stderr,
            queue_ms,
            run_ms,
            mesh_ms,
            notes: remarks,
            scene,
            unscored,
            ..
        } = execution;
        notes.extend(remarks);
        let evaluation = Evaluation {
            format: FORMAT,
            task_id: task.id.clone(),
            profile: scoring.profile,
            mode: scoring.mode,
            ok: failure.is_none(),
            kind,
            failure,
            reward,
            shaped,
            notes,
            details,
            bbox: shape.as_deref().map(bbox),
            timing: Timing {
                queue_ms,
                run_ms,
                mesh_ms,
                score_ms,
                editability_ms,
                total_ms: milliseconds(start),
            },
            artifacts: Artifacts::default(),
            stdout,
            stderr,
            versions: self.versions(task, scoring.profile)?,
        };
        let value = Assessment {
            evaluation,
            shape,
            scene,
            unscored,
        };
        Ok(Cacheable { value, is_cacheable })
    }

    /// The semantic score of the last solid that was bound before an error.
    fn semantic_before_error(
        &self,
        request: &Request<'_>,
        code: &str,
        failure: &Failure,
        cancel: &CancelToken,
    ) -> Result<Cacheable<Option<f64>>, AssessError> {
        let Request {
            task,
            scoring,
            priority,
            ..
        } = *request;
        let mut is_cacheable = true;
        for script in partial::scripts(code, failure) {
            let execution = self
                .executor
                .build(script.as_bytes(), &request.run_spec()?, priority, cancel)?;
            match execution.build {
                Build::Failed(failure) => is_cacheable &= cadforge_executor::is_cacheable(Some(&failure)),
                Build::Shape(shape) => {
                    let prepared = self
                        .prepared_tasks
                        .get(task, scoring, &self.executor, cancel)?
                        .take(&mut is_cacheable);
                    let evidence = GroundedEvidence {
                        shape: &shape,
                        baselines: &prepared.baselines,
                        perturbations: None,
                        cost: None,
                    };
                    let value = reward::score_grounded(&evidence, Mode::Fast)
                        .reward
                        .semantic_parts;
                    return Ok(Cacheable { value, is_cacheable });
                }
            }
        }
        Ok(Cacheable {
            value: None,
            is_cacheable,
        })
    }

    fn score_published(
        &self,
        request: &Request<'_>,
        code: &str,
        shape: &Shape,
        cancel: &CancelToken,
    ) -> Result<Cacheable<TimedScore>, AssessError> {
        let Request { task, scoring, .. } = *request;
        let mut is_cacheable = true;
        let references = self
            .references
            .get(task, &scoring.reference, &self.executor, cancel)?
            .take(&mut is_cacheable);
        let _span = tracing::trace_span!("score").entered();
        let start = Instant::now();
        let evidence = Evidence {
            code,
            mesh: &shape.mesh,
            semantic_hints: &task.semantic_hints,
            bbox_mm: task.bbox_mm,
            references: &references,
        };
        let value = TimedScore {
            scored: reward::score(&evidence, scoring.mode),
            score_ms: milliseconds(start),
            editability_ms: 0.0,
        };
        Ok(Cacheable { value, is_cacheable })
    }

    fn score_grounded(
        &self,
        request: &Request<'_>,
        code: &str,
        shape: &Shape,
        run_ms: f64,
        trials: Option<&Trials>,
        cancel: &CancelToken,
    ) -> Result<Cacheable<TimedScore>, AssessError> {
        let Request {
            task,
            scoring,
            priority,
            ..
        } = *request;
        let mut is_cacheable = true;
        let prepared = self
            .prepared_tasks
            .get(task, scoring, &self.executor, cancel)?
            .take(&mut is_cacheable);
        let rebuilding = Instant::now();
        let count = scoring.perturbation_count();
        let perturbations = match trials {
            Some(trials) => Some(trials.result()),
            None if count > 0 => {
                let trials = Trials::new(code, count);
                let spec = request.run_spec()?;
                let perturbations = perturbations::run(&trials, &spec, priority, &self.executor, cancel)?;
                Some(perturbations.take(&mut is_cacheable))
            }
            None => None,
        };
        let _span = tracing::trace_span!("score").entered();
        let editability_ms = milliseconds(rebuilding) + trials.map_or(0.0, Trials::milliseconds);
        let start = Instant::now();
        let evidence = GroundedEvidence {
            shape,
            baselines: &prepared.baselines,
            perturbations: perturbations.as_ref(),
            cost: prepared.reference_ms.map(|reference| run_ms / reference.max(1.0)),
        };
        let value = TimedScore {
            scored: reward::score_grounded(&evidence, scoring.mode),
            score_ms: milliseconds(start),
            editability_ms,
        };
        Ok(Cacheable { value, is_cacheable })
    }
}

fn gated(failure: &Failure) -> TimedScore {
    debug_assert!(
        failure.kind < Kind::LowEditability,
        "a failure has the kind of a built candidate"
    );
    TimedScore {
        scored: Scored {
            reward: Reward::gated(),
            kind: failure.kind,
            notes: reward::failure_notes(failure),
            details: Details::default(),
        },
        score_ms: 0.0,
        editability_ms: 0.0,
    }
}

fn bbox(shape: &Shape) -> Bbox {
    let bbox = shape.mesh.bbox();
    Bbox {
        min: bbox.min,
        max: bbox.max,
        size: bbox.size(),
    }
}
