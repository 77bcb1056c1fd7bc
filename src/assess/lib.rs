//! Builds a candidate and its references, and has them scored.
//!
//! [`Assessor::evaluate`] takes a [`Request`] (a task, the code, how to score) and returns an [`Evaluation`], which is what every
//! surface prints and stores. A candidate that does not build is a result; an [`AssessError`] is an internal error and is never
//! scored. Evaluations are cached in the executor's cache, if it has one. The formulas of the scores are in [`cadforge_reward`].
//!
//! ```no_run
//! use cadforge_assess::{Assessor, Request, Scoring};
//! use cadforge_task::TaskSet;
//! use cadforge_executor::{CancelToken, Executor, WorkerConfig};
//!
//! let tasks = TaskSet::load(&["tasks"])?;
//! let task = tasks.get("caster_wheel_fork")?;
//! let workers = WorkerConfig::new("target/debug/cadforge-worker".into(), ".venv/bin/python".into(), 1);
//! let assessor = Assessor::new(Executor::start(workers));
//! let scoring = Scoring::default();
//! let code = b"import cadquery as cq\nfixture = cq.Workplane().box(10, 20, 30)\n";
//! let evaluation = assessor.evaluate(&Request::batch(task, code, &scoring), &CancelToken::never())?;
//! println!("{}", evaluation.reward.total);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod cacheable;
mod cached;
mod evaluation;
pub mod parallel;
mod partial;
mod perturbations;
mod prepared_tasks;
mod references;
mod score;
mod shared_results;

use std::sync::Arc;
use std::time::Instant;

use cached::CachedEvaluation;
pub use evaluation::{
    Artifacts, Assessment, Bbox, Built, Evaluation, Progress, ReferenceChoice, Scoring, Timing, Versions,
};
use perturbations::Trials;
use prepared_tasks::PreparedTaskStore;
pub use references::ReferenceError;
use references::ReferenceStore;

use cadforge_core::cache::digests::Digests;
use cadforge_core::failure::Kind;
use cadforge_executor::project::Project;
use cadforge_executor::{Build, CancelToken, Execution, Executor, ExecutorError, Priority, RunSpec, Vary};
use cadforge_geometry::{Scene, Shape};
use cadforge_reward::Profile;
use cadforge_task::Task;

/// Layout version of [`Evaluation`].
pub const FORMAT: u32 = 1;

/// Error of an assessment.
#[derive(Debug, thiserror::Error)]
pub enum AssessError {
    /// Error of the worker pool, or cancelled.
    #[error(transparent)]
    Executor(#[from] ExecutorError),
    /// The reference cannot be used.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
}

impl AssessError {
    /// Whether the call was cancelled.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Executor(error) | Self::Reference(ReferenceError::Executor(error)) => error.is_cancelled(),
            Self::Reference(_) => false,
        }
    }

    /// Whether the input is at fault; otherwise it is an internal error.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Executor(error) | Self::Reference(ReferenceError::Executor(error)) => error.is_input(),
            Self::Reference(_) => true,
        }
    }
}

/// Builds and scores candidates. Cheap to clone; clones share prepared references.
#[derive(Clone)]
pub struct Assessor {
    executor: Executor,
    references: Arc<ReferenceStore>,
    prepared_tasks: Arc<PreparedTaskStore>,
    digests: Arc<Digests>,
}

/// A candidate and how to score it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The task.
    pub task: &'a Task,
    /// The candidate's bytes; invalid UTF-8 is a failed build.
    pub code: &'a [u8],
    /// The model's whole answer, if it is more than the code; only shaping uses it.
    pub completion: Option<&'a str>,
    /// Scoring options.
    pub scoring: &'a Scoring,
    /// Priority of the run.
    pub priority: Priority,
}

impl<'a> Request<'a> {
    /// A candidate of a batch, without completion.
    pub fn batch(task: &'a Task, code: &'a [u8], scoring: &'a Scoring) -> Self {
        Self {
            task,
            code,
            completion: None,
            scoring,
            priority: Priority::Batch,
        }
    }

    /// The candidate's run, with the files that it may read.
    fn run_spec(&self) -> Result<RunSpec, ExecutorError> {
        with_task_files(self.scoring.run_spec(), self.task)
    }
}

/// A run with the task's own files, if any. All scripts of the task may read them, and they take precedence over a
/// project folder.
pub fn with_task_files(spec: RunSpec, task: &Task) -> Result<RunSpec, ExecutorError> {
    let files = Project::of_task(&task.dir)?;
    Ok(RunSpec {
        project: files.or(spec.project),
        ..spec
    })
}

impl Assessor {
    /// An assessor with its own pool of workers.
    pub fn new(executor: Executor) -> Self {
        Self {
            executor,
            references: Arc::default(),
            prepared_tasks: Arc::default(),
            digests: Arc::default(),
        }
    }

    /// The executor.
    pub fn executor(&self) -> &Executor {
        &self.executor
    }

    /// The assessor for another submitter, see [`Executor::source`].
    #[must_use]
    pub fn source(&self) -> Self {
        Self {
            executor: self.executor.source(),
            ..self.clone()
        }
    }

    /// Scores one candidate; builds it unless its evaluation is cached. Does not return the shape, see
    /// [`Self::assess`].
    pub fn evaluate(&self, request: &Request<'_>, cancel: &CancelToken) -> Result<Evaluation, AssessError> {
        Ok(self.answer(request, false, &mut |_| {}, cancel)?.evaluation)
    }

    /// Scores one candidate and returns its shape, both from the cache if possible. A cached evaluation keeps its
    /// measured times, except the total.
    pub fn assess(&self, request: &Request<'_>, cancel: &CancelToken) -> Result<Assessment, AssessError> {
        self.answer(request, true, &mut |_| {}, cancel)
    }

    /// As [`Self::assess`], and passes to `progress` what is known before: of a hand edit a coarse mesh; the built shape, since
    /// scoring a large part can take longer than building it; of a hand edit the evaluation without editability. `progress` is
    /// not called for cached evaluations.
    pub fn assess_observed(
        &self,
        request: &Request<'_>,
        progress: &mut dyn FnMut(Progress),
        cancel: &CancelToken,
    ) -> Result<Assessment, AssessError> {
        self.answer(request, true, progress, cancel)
    }

    fn answer(
        &self,
        request: &Request<'_>,
        shape_wanted: bool,
        progress: &mut dyn FnMut(Progress),
        cancel: &CancelToken,
    ) -> Result<Assessment, AssessError> {
        let start = Instant::now();
        let (cache, code, spec) = (self.executor.cache(), request.code, &request.run_spec()?);
        let key = cached::key(request, &self.executor, &self.digests);
        let known = key.and_then(|key| CachedEvaluation::load(cache, &key));
        if let Some(known) = &known
            && !(shape_wanted && known.evaluation.ok)
            && !(shape_wanted && may_be_displayed(request, &known.evaluation))
        {
            return Ok(cached_assessment(known, None, None, start));
        }
        let announce = |execution: &Execution, progress: &mut dyn FnMut(Progress)| {
            if let Build::Shape(shape) = &execution.build {
                progress(Progress::Built(Built {
                    shape: Arc::clone(shape),
                    scene: execution.scene.clone(),
                }));
            }
        };
        let trials = match &known {
            None => Self::trials_of_batch(request),
            Some(_) => None,
        };
        let execution = match &trials {
            Some(trials) => {
                let vary: Arc<dyn Vary> = trials.clone();
                let execution =
                    self.executor
                        .build_with_variants(code, &vary, spec, request.priority, cancel)?;
                announce(&execution, progress);
                execution
            }
            None => self.executor.build_observed(
                code,
                spec,
                request.priority,
                // A cached evaluation needs no scoring.
                &mut |found| match found {
                    _ if known.is_some() => {}
                    cadforge_executor::Progress::Preview(shape) => progress(Progress::Preview(shape)),
                    cadforge_executor::Progress::Built(execution) => announce(execution, progress),
                },
                cancel,
            )?,
        };
        if let Some(known) = &known {
            if let Build::Shape(shape) = &execution.build
                && known.is_of(shape)
            {
                return Ok(cached_assessment(
                    known,
                    Some(Arc::clone(shape)),
                    execution.scene.clone(),
                    start,
                ));
            }
            announce(&execution, progress);
        }
        let mut provisional = |evaluation| progress(Progress::WithoutEditability(Box::new(evaluation)));
        let scored = self.score(
            request,
            &execution,
            trials.as_deref(),
            start,
            &mut provisional,
            cancel,
        )?;
        let assessment = scored.value;
        // A reference file, a program or a package may have been changed during the run.
        if let Some(key) = key
            && scored.is_cacheable
            && cached::key(request, &self.executor, &self.digests) == Some(key)
        {
            CachedEvaluation::new(assessment.evaluation.clone(), assessment.shape.as_deref())
                .store(cache, &key);
        }
        Ok(assessment)
    }

    /// The dimensions of a candidate of a batch to perturb right after it has built; `None` if there are none. A hand edit is
    /// displayed before that.
    fn trials_of_batch(request: &Request<'_>) -> Option<Arc<Trials>> {
        let count = request.scoring.perturbation_count();
        if count == 0 || request.priority == Priority::Live {
            return None;
        }
        let trials = Trials::new(std::str::from_utf8(request.code).ok()?, count);
        (!trials.is_empty()).then_some(trials)
    }

    /// Versions that a score of this task depends on; waits for a worker if they are not known.
    pub fn versions(&self, task: &Task, profile: Profile) -> Result<Versions, ExecutorError> {
        let worker = self.executor.versions()?;
        Ok(Versions {
            cadforge: env!("CARGO_PKG_VERSION").to_owned(),
            cadquery: worker.cadquery,
            ocp: worker.ocp,
            python: worker.python,
            task: task.version.clone(),
            profile_digest: profile.digest().to_owned(),
        })
    }
}

/// A cached evaluation for a request made at `start`.
fn cached_assessment(
    known: &CachedEvaluation,
    shape: Option<Arc<Shape>>,
    scene: Option<Arc<Scene>>,
    start: Instant,
) -> Assessment {
    let mut evaluation = known.evaluation.clone();
    evaluation.timing.queue_ms = 0.0;
    evaluation.timing.total_ms = milliseconds(start);
    Assessment {
        evaluation,
        shape,
        scene,
        unscored: None,
    }
}

/// Whether a live run could return a part that is displayed but not scored.
fn may_be_displayed(request: &Request<'_>, known: &Evaluation) -> bool {
    request.priority == Priority::Live && known.kind == Kind::MissingFixture
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
