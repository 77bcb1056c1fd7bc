//! Builds and scores on behalf of a socket: the bridge from asynchronous code to the engine, which blocks.
//!
//! Whoever drops the future cancels the work. What comes back is a result or a [`ScoringError`]; a fault is ours, and never
//! becomes a number.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::metrics::Metrics;
use cadforge_assess::{AssessError, Assessment, Assessor, Request, Scoring};
use cadforge_core::task::Task;
use cadforge_data::file_of;
use cadforge_engine::Engine;
use cadforge_executor::{CancelToken, ExecutorError, PoolStatus, Priority};
use cadforge_reward::Mode;

/// Why there is no score. Never the candidate's fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// Too much waits already.
    #[error("{message}")]
    Overloaded {
        /// With the way out.
        message: String,
        /// When there will be room, ms from now.
        retry_after_ms: u64,
    },
    /// It took longer than the caller or the server allows.
    #[error("no score within {:.0} s, so there is none\nhint: try again when the server has less to do, or start it with more --workers", limit.as_secs_f64())]
    Late {
        /// The limit.
        limit: Duration,
    },
    /// The machinery failed.
    #[error("{0}")]
    Broken(String),
}

impl ScoringError {
    /// Seconds after which another try makes sense.
    pub fn retry_after_s(&self) -> u64 {
        match self {
            Self::Overloaded { retry_after_ms, .. } => retry_after_ms.div_ceil(1000).max(1),
            Self::Late { .. } => 5,
            Self::Broken(_) => 10,
        }
    }
}

/// A candidate for the judge.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// The task.
    pub task: Arc<Task>,
    /// The whole file.
    pub code: String,
    /// The model's whole answer, where it is more than the code.
    pub completion: Option<String>,
    /// How much is measured; `None` takes the server's own.
    pub mode: Option<Mode>,
    /// Whether the shape is needed too.
    pub shape: bool,
}

/// Scores candidates with the engine. Cheap to clone; each clone of [`Self::source`] has its own turn among batches.
#[derive(Clone)]
pub struct ScoringService {
    assessor: Assessor,
    scoring: Arc<Scoring>,
    waiting: Arc<Waiting>,
    metrics: Arc<Metrics>,
}

/// Candidates that were let in and are not done.
#[derive(Debug)]
struct Waiting {
    count: AtomicUsize,
    most: usize,
}

/// Room for some candidates; given back when dropped.
#[derive(Debug)]
pub struct Permit {
    waiting: Arc<Waiting>,
    count: usize,
}

impl ScoringService {
    /// A judge over an engine, which lets in that many candidates at a time.
    pub fn new(engine: &Engine, scoring: Scoring, most: usize, metrics: Arc<Metrics>) -> Self {
        Self {
            assessor: engine.assessor().clone(),
            scoring: Arc::new(scoring),
            waiting: Arc::new(Waiting {
                count: AtomicUsize::new(0),
                most,
            }),
            metrics,
        }
    }

    /// The same for another client: each gets a turn after the other.
    #[must_use]
    pub fn source(&self) -> Self {
        Self {
            assessor: self.assessor.source(),
            ..self.clone()
        }
    }

    /// The worker pool as it is now.
    pub fn pool(&self) -> PoolStatus {
        self.assessor.executor().status()
    }

    /// Lookups in the cache that found something, and those that did not.
    pub fn cache_lookups(&self) -> (u64, u64) {
        self.assessor.executor().cache().lookups()
    }

    /// Candidates that were let in and are not done.
    pub fn waiting(&self) -> usize {
        self.waiting.count.load(Ordering::Relaxed)
    }

    /// Lets that many candidates in, or none of them.
    pub fn admit(&self, count: usize) -> Result<Permit, ScoringError> {
        let waiting = &self.waiting;
        let fits = |now: usize| Some(now.saturating_add(count)).filter(|&then| then <= waiting.most);
        match waiting
            .count
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
        {
            Ok(_) => Ok(Permit {
                waiting: Arc::clone(waiting),
                count,
            }),
            Err(now) => Err(ScoringError::Overloaded {
                message: format!(
                    "{now} candidates wait already and {count} more are beyond the limit of {}\nhint: send fewer at once, or the same again later",
                    waiting.most
                ),
                retry_after_ms: 2000,
            }),
        }
    }

    /// Builds and scores one candidate that has been let in, within `limit` if there is one.
    pub async fn score(
        &self,
        candidate: Candidate,
        limit: Option<Duration>,
    ) -> Result<Assessment, ScoringError> {
        let start = Instant::now();
        // Fires when this future is dropped: nobody waits for the result any more.
        let (source, token) = CancelToken::pair();
        let (assessor, scoring) = (self.assessor.clone(), Arc::clone(&self.scoring));
        let work = tokio::task::spawn_blocking(move || assess(&assessor, &scoring, &candidate, &token));
        let done = match limit {
            None => work.await,
            Some(limit) => match tokio::time::timeout(limit, work).await {
                Ok(done) => done,
                Err(_) => {
                    self.metrics.fault();
                    return Err(ScoringError::Late { limit });
                }
            },
        };
        drop(source);
        let result = match done {
            Ok(Ok(assessment)) => Ok(assessment),
            Ok(Err(error)) => Err(fault(&error)),
            Err(panic) => Err(ScoringError::Broken(format!(
                "internal error: {panic}\nhint: please report it with the code that led here"
            ))),
        };
        match &result {
            Ok(assessment) => self.metrics.scored(&assessment.evaluation, start.elapsed()),
            Err(_) => self.metrics.fault(),
        }
        result
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.waiting.count.fetch_sub(self.count, Ordering::Relaxed);
    }
}

fn assess(
    assessor: &Assessor,
    scoring: &Scoring,
    candidate: &Candidate,
    token: &CancelToken,
) -> Result<Assessment, AssessError> {
    let scoring = Scoring {
        mode: candidate.mode.unwrap_or(scoring.mode),
        ..scoring.clone()
    };
    let request = Request {
        task: &candidate.task,
        code: &file_of(&candidate.code),
        completion: candidate.completion.as_deref(),
        scoring: &scoring,
        priority: Priority::Batch,
    };
    if candidate.shape {
        return assessor.assess(&request, token);
    }
    let evaluation = assessor.evaluate(&request, token)?;
    Ok(Assessment {
        evaluation,
        shape: None,
        scene: None,
        unscored: None,
    })
}

fn fault(error: &AssessError) -> ScoringError {
    match error {
        AssessError::Executor(ExecutorError::Overloaded { retry_after_ms, .. }) => ScoringError::Overloaded {
            message: error.to_string(),
            retry_after_ms: *retry_after_ms,
        },
        // A reference that does not build is the operator's to mend, not the client's.
        other => ScoringError::Broken(other.to_string()),
    }
}
