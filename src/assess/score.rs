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
    self as reward, Details, Evidence, GroundedMeasurement, Mode, Profile, Reward, Scored, Shaping,
};

/// A score and the wall time that it took, ms.
struct TimedScore {
    scored: Scored,
    score_ms: f64,
    /// Of the rebuilds for editability.
    editability_ms: f64,
}

/// A result before it is scored: the request, what was built, and when the run began.
struct BuildResult<'a> {
    request: &'a Request<'a>,
    text: &'a str,
    execution: &'a Execution,
    start: Instant,
}

/// Receives the evaluation without editability while dimensions are perturbed.
type Provisional<'a> = &'a mut dyn FnMut(Evaluation);

impl Assessor {
    /// Scores the result of a run that began at `start`; `trials` are its perturbed dimensions, if they are known already.
    /// Otherwise `provisional` gets the evaluation without editability, before dimensions are perturbed.
    pub(super) fn score(
        &self,
        request: &Request<'_>,
        execution: &Execution,
        trials: Option<&Trials>,
        start: Instant,
        provisional: Provisional<'_>,
        cancel: &CancelToken,
    ) -> Result<Cacheable<Assessment>, AssessError> {
        let Request { code, scoring, .. } = *request;
        let text = &*String::from_utf8_lossy(code);
        let result = BuildResult {
            request,
            text,
            execution,
            start,
        };
        let mut is_cacheable = execution.cacheable;
        let mut partial = None;
        let (timed, shape) = match &execution.build {
            Build::Failed(failure) => {
                if scoring.shaping == Shaping::Grounded && scoring.profile == Profile::GroundedV2 {
                    partial = self
                        .semantic_before_error(request, text, failure, cancel)?
                        .take(&mut is_cacheable);
                }
                (gated(failure), None)
            }
            Build::Shape(shape) => {
                let timed = match scoring.profile {
                    Profile::CadforgeV1 => self.score_published(request, text, shape, cancel)?,
                    Profile::GroundedV2 => {
                        self.score_grounded(&result, shape, trials, provisional, cancel)?
                    }
                };
                (timed.take(&mut is_cacheable), Some(Arc::clone(shape)))
            }
        };
        let value = Assessment {
            evaluation: self.evaluation(&result, timed, partial)?,
            shape,
            scene: execution.scene.clone(),
            unscored: execution.unscored.clone(),
        };
        Ok(Cacheable { value, is_cacheable })
    }

    /// The evaluation with a score; `partial` is the semantic score before the error of a failed build.
    fn evaluation(
        &self,
        result: &BuildResult<'_>,
        timed: TimedScore,
        partial: Option<f64>,
    ) -> Result<Evaluation, AssessError> {
        let BuildResult {
            request,
            text,
            execution,
            start,
        } = *result;
        let Request { task, scoring, .. } = *request;
        let TimedScore {
            scored,
            score_ms,
            editability_ms,
        } = timed;
        let (failure, shape) = match &execution.build {
            Build::Failed(failure) => (Some(failure), None),
            Build::Shape(shape) => (None, Some(shape)),
        };
        let Scored {
            reward,
            kind,
            mut notes,
            details,
        } = scored;
        let shaped = reward::shape(
            scoring.shaping,
            reward.total,
            failure,
            partial,
            text,
            request.completion.unwrap_or(text),
        );
        notes.extend(execution.sandbox.as_ref().and_then(SandboxSupport::missing));
        notes.extend_from_slice(&execution.notes);
        Ok(Evaluation {
            format: FORMAT,
            task_id: task.id.clone(),
            profile: scoring.profile,
            mode: scoring.mode,
            ok: failure.is_none(),
            kind,
            failure: failure.cloned(),
            reward,
            shaped,
            notes,
            details,
            bbox: shape.map(|shape| bbox(shape)),
            timing: Timing {
                queue_ms: execution.queue_ms,
                run_ms: execution.run_ms,
                mesh_ms: execution.mesh_ms,
                score_ms,
                editability_ms,
                total_ms: milliseconds(start),
            },
            artifacts: Artifacts::default(),
            stdout: execution.stdout.clone(),
            stderr: execution.stderr.clone(),
            versions: self.versions(task, scoring.profile)?,
        })
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
                    let measured = GroundedMeasurement::of(&shape, &prepared.baselines, Mode::Fast);
                    let value = measured.score(None, None).reward.semantic_parts;
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
        result: &BuildResult<'_>,
        shape: &Shape,
        trials: Option<&Trials>,
        provisional: Provisional<'_>,
        cancel: &CancelToken,
    ) -> Result<Cacheable<TimedScore>, AssessError> {
        let Request {
            task,
            scoring,
            priority,
            ..
        } = *result.request;
        let mut is_cacheable = true;
        let prepared = self
            .prepared_tasks
            .get(task, scoring, &self.executor, cancel)?
            .take(&mut is_cacheable);
        let start = Instant::now();
        let measured = tracing::trace_span!("score")
            .in_scope(|| GroundedMeasurement::of(shape, &prepared.baselines, scoring.mode));
        let score_ms = milliseconds(start);
        let cost = prepared
            .reference_ms
            .map(|reference| result.execution.run_ms / reference.max(1.0));
        let rebuilding = Instant::now();
        let count = scoring.perturbation_count();
        let perturbations = match trials {
            Some(trials) => Some(trials.result()),
            None if count > 0 => {
                let trials = Trials::new(result.text, count);
                if !trials.is_empty() {
                    let without = TimedScore {
                        scored: measured.score(None, cost),
                        score_ms,
                        editability_ms: 0.0,
                    };
                    provisional(self.evaluation(result, without, None)?);
                }
                let spec = result.request.run_spec()?;
                let perturbations = perturbations::run(&trials, &spec, priority, &self.executor, cancel)?;
                Some(perturbations.take(&mut is_cacheable))
            }
            None => None,
        };
        let value = TimedScore {
            scored: measured.score(perturbations.as_ref(), cost),
            score_ms,
            editability_ms: milliseconds(rebuilding) + trials.map_or(0.0, Trials::milliseconds),
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
