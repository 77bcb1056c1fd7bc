//! Builds and scores for the routes: the bridge from asynchronous code to the blocking engine. Dropping a future
//! cancels its work. A [`ScoringError`] is never the candidate's fault and never becomes a score.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::metrics::Metrics;
use cadforge_assess::{AssessError, Assessment, Assessor, Request, Scoring};
use cadforge_data::file_of;
use cadforge_engine::Engine;
use cadforge_executor::{CancelToken, ExecutorError, PoolStatus, Priority};
use cadforge_reward::Mode;
use cadforge_task::Task;

/// Why there is no score; never the candidate's fault.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ScoringError {
    /// The queue is full.
    #[error("{message}")]
    Overloaded {
        /// Message with a hint.
        message: String,
        /// Estimated time until there is space, ms.
        retry_after_ms: u64,
    },
    /// The time limit of the caller or the server has passed.
    #[error("no score within {:.0} s, so there is none\nhint: try again when the server has less to do, or start it with more --workers", limit.as_secs_f64())]
    Late { limit: Duration },
    /// Internal error.
    #[error("{0}")]
    Broken(String),
}

impl ScoringError {
    /// Seconds until a retry makes sense.
    pub fn retry_after_s(&self) -> u64 {
        match self {
            Self::Overloaded { retry_after_ms, .. } => retry_after_ms.div_ceil(1000).max(1),
            Self::Late { .. } => 5,
            Self::Broken(_) => 10,
        }
    }
}

/// A candidate to score.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub task: Arc<Task>,
    /// The program.
    pub code: String,
    /// The model's whole answer, if it is more than the program.
    pub completion: Option<String>,
    /// Scoring mode; `None` for the server's.
    pub mode: Option<Mode>,
    /// Whether the shape is needed too.
    pub shape: bool,
}

/// Scores candidates with the engine. Cheap to clone; each clone by [`Self::source`] takes its own turns among
/// batches.
#[derive(Clone)]
pub struct ScoringService {
    assessor: Assessor,
    scoring: Arc<Scoring>,
    waiting: Arc<Waiting>,
    metrics: Arc<Metrics>,
}

/// Admitted candidates that are not finished.
#[derive(Debug)]
struct Waiting {
    count: AtomicUsize,
    most: usize,
}

/// Admission of some candidates, released on drop.
#[derive(Debug)]
pub struct Permit {
    waiting: Arc<Waiting>,
    count: usize,
}

impl ScoringService {
    /// A service over an engine that admits at most `most` candidates at a time.
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

    /// The service for another client, which takes its own turns.
    #[must_use]
    pub fn source(&self) -> Self {
        Self {
            assessor: self.assessor.source(),
            ..self.clone()
        }
    }

    /// Status of the worker pool.
    pub fn pool(&self) -> PoolStatus {
        self.assessor.executor().status()
    }

    /// Hits and misses of the cache.
    pub fn cache_lookups(&self) -> (u64, u64) {
        self.assessor.executor().cache().lookups()
    }

    /// Admitted candidates that are not finished.
    pub fn waiting(&self) -> usize {
        self.waiting.count.load(Ordering::Relaxed)
    }

    /// Admits `count` candidates, or none.
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
                    "{now} candidates are waiting, and {count} more would exceed the limit of {}\nhint: send fewer at once, or try again later",
                    waiting.most
                ),
                retry_after_ms: 2000,
            }),
        }
    }

    /// Builds and scores one admitted candidate, within `limit` if given.
    pub async fn score(
        &self,
        candidate: Candidate,
        limit: Option<Duration>,
    ) -> Result<Assessment, ScoringError> {
        let start = Instant::now();
        // Cancels the work when this future is dropped.
        let (source, token) = CancelToken::pair();
        let (assessor, scoring) = (self.assessor.clone(), Arc::clone(&self.scoring));
        let work = tokio::task::spawn_blocking(move || assess(&assessor, &scoring, &candidate, &token));
        let done = match limit {
            None => work.await,
            Some(limit) => match tokio::time::timeout(limit, work).await {
                Ok(done) => done,
                Err(_) => {
                    self.metrics.internal_error();
                    return Err(ScoringError::Late { limit });
                }
            },
        };
        drop(source);
        let result = match done {
            Ok(Ok(assessment)) => Ok(assessment),
            Ok(Err(error)) => Err(scoring_error(&error)),
            Err(panic) => Err(ScoringError::Broken(format!(
                "internal error: {panic}\nhint: please report it with the code that led here"
            ))),
        };
        match &result {
            Ok(assessment) => self.metrics.scored(&assessment.evaluation, start.elapsed()),
            Err(_) => self.metrics.internal_error(),
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

fn scoring_error(error: &AssessError) -> ScoringError {
    match error {
        AssessError::Executor(ExecutorError::Overloaded { retry_after_ms, .. }) => ScoringError::Overloaded {
            message: error.to_string(),
            retry_after_ms: *retry_after_ms,
        },
        // The operator must fix a reference that does not build; the client cannot.
        other => ScoringError::Broken(other.to_string()),
    }
}
