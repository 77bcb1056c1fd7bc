//! An environment: an episode on a task, with one candidate per step. Independent of HTTP and sockets. An internal
//! error leaves the episode unchanged, so that the client can send the step again.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::scoring::{Candidate, ScoringError, ScoringService};
use super::spectator::{SeenStep, SessionRecorder};
use super::wire::{Action, Object, Observation, ResetRequest, State, TraceStep};
use cadforge_assess::Evaluation;
use cadforge_extraction as extraction;
use cadforge_task::{Scale, Task, TaskSet};

/// Steps until an episode is done.
pub const STEPS: u32 = 12;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum MessageError {
    /// Unknown task.
    #[error("{0}")]
    UnknownTask(String),
    /// Internal error.
    #[error(transparent)]
    ScoringError(#[from] ScoringError),
}

pub struct Environment {
    scoring: ScoringService,
    tasks: Arc<TaskSet>,
    limit: Duration,
    episode: Option<Episode>,
    recorder: Option<SessionRecorder>,
}

#[derive(Clone)]
struct Episode {
    id: String,
    task: Arc<Task>,
    brief: String,
    code: String,
    reward: Object,
    steps: u32,
    trace: Vec<TraceStep>,
    done: bool,
}

impl Environment {
    /// An environment without an episode. `limit` bounds a reset or a step; `recorder` records the steps for a spectator.
    pub fn new(
        scoring: ScoringService,
        tasks: Arc<TaskSet>,
        limit: Duration,
        recorder: Option<SessionRecorder>,
    ) -> Self {
        Self {
            scoring,
            tasks,
            limit,
            episode: None,
            recorder,
        }
    }

    /// Starts an episode: scores the task's weak seed.
    pub async fn reset(&mut self, request: ResetRequest) -> Result<Observation, MessageError> {
        let task = match &request.task_id {
            Some(id) => find(&self.tasks, id)?,
            None => by_seed(&self.tasks, request.seed)?,
        };
        let episode = Episode::new(task, request.task_brief, request.episode_id);
        self.take(episode, None, None, self.limit).await
    }

    /// Scores a candidate; starts an episode if there is none, or none on the candidate's task.
    pub async fn step(&mut self, action: Action, timeout: Option<f64>) -> Result<Observation, MessageError> {
        let task = match (&action.task_id, &self.episode) {
            (Some(id), _) => find(&self.tasks, id)?,
            (None, Some(episode)) => Arc::clone(&episode.task),
            (None, None) => by_seed(&self.tasks, None)?,
        };
        // A copy; stored only if there is a score.
        let mut episode = match &self.episode {
            Some(episode) if episode.task.id == task.id => episode.clone(),
            _ => Episode::new(task, None, None),
        };
        if let Some(prompt) = action.task_prompt {
            episode.brief = prompt;
        }
        let limit = timeout
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .map_or(self.limit, |asked| asked.min(self.limit));
        self.take(
            episode,
            Some(extraction::code(&action.code).into_owned()),
            action.reward_mode.map(Into::into),
            limit,
        )
        .await
    }

    pub fn state(&self) -> State {
        let Some(episode) = &self.episode else {
            return State::default();
        };
        State {
            episode_id: Some(episode.id.clone()),
            step_count: episode.steps,
            task_id: Some(episode.task.id.clone()),
            task_brief: episode.brief.clone(),
            current_code: episode.code.clone(),
            last_reward: episode.reward.clone(),
            trace: episode.trace.clone(),
        }
    }

    async fn take(
        &mut self,
        mut episode: Episode,
        code: Option<String>,
        mode: Option<cadforge_reward::Mode>,
        limit: Duration,
    ) -> Result<Observation, MessageError> {
        let start = Instant::now();
        let is_step = code.is_some();
        let code = code.unwrap_or_else(|| episode.task.weak_seed().to_owned());
        let candidate = Candidate {
            task: Arc::clone(&episode.task),
            code: code.clone(),
            completion: None,
            mode,
            shape: false,
        };
        let _room = self.scoring.admit(1)?;
        let under_way = self.recorder.as_ref().map(SessionRecorder::begin);
        let evaluation = match self.scoring.score(candidate, Some(limit)).await {
            Ok(assessment) => assessment.evaluation,
            Err(error) => {
                if let Some(under_way) = under_way {
                    under_way.failed(&error.to_string());
                }
                return Err(error.into());
            }
        };
        episode.code = code;
        let elapsed = start.elapsed();
        episode.add(&evaluation, is_step, elapsed);
        if let Some(under_way) = under_way {
            under_way.scored(SeenStep {
                serial: 0,
                session: 0,
                episode: episode.id.clone(),
                task_id: episode.task.id.clone(),
                step: if is_step { episode.steps } else { 0 },
                code: episode.code.clone(),
                evaluation: evaluation.clone(),
                done: episode.done,
                elapsed_ms: elapsed.as_secs_f64() * 1e3,
            });
        }
        let observation = episode.observation(&evaluation);
        self.episode = Some(episode);
        Ok(observation)
    }
}

impl Episode {
    fn new(task: Arc<Task>, brief: Option<String>, id: Option<String>) -> Self {
        Self {
            id: id.unwrap_or_else(new_id),
            brief: brief.unwrap_or_else(|| task.prompt.clone()),
            code: String::new(),
            reward: Object::new(),
            steps: 0,
            trace: Vec::new(),
            done: false,
            task,
        }
    }

    fn add(&mut self, evaluation: &Evaluation, is_step: bool, elapsed: Duration) {
        let total = evaluation.reward.total;
        let before = self.trace.last().map_or(total, |step| step.total);
        self.steps += u32::from(is_step);
        self.reward = reward_json(evaluation);
        self.done |= is_step && (evaluation.is_done(None) || self.steps >= STEPS);
        self.trace.push(TraceStep {
            step: self.steps,
            task_id: self.task.id.clone(),
            reward: score(evaluation),
            total,
            delta: total - before,
            built: evaluation.ok,
            kind: evaluation.kind.name().to_owned(),
            elapsed_ms: elapsed.as_secs_f64() * 1e3,
        });
        // Bounds the response for clients that continue after the end.
        const MAX_TRACE: usize = 64;
        if self.trace.len() > MAX_TRACE {
            self.trace.remove(0);
        }
    }

    fn observation(&self, evaluation: &Evaluation) -> Observation {
        Observation {
            task_brief: self.brief.clone(),
            task_id: self.task.id.clone(),
            constraints: constraints(&self.task),
            current_code: self.code.clone(),
            reward_json: self.reward.clone(),
            verifier_notes: evaluation.notes.clone(),
            artifacts_dir: None,
            renders: Object::new(),
            trace: self.trace.clone(),
            done: self.done,
            reward: score(evaluation),
        }
    }
}

/// The score for a trainer: the shaped reward if shaping is on, else the total.
pub fn score(evaluation: &Evaluation) -> f64 {
    evaluation.shaped.unwrap_or(evaluation.reward.total)
}

/// The components and the total, with profile and mode.
pub fn reward_json(evaluation: &Evaluation) -> Object {
    let plain = |value: Result<Value, serde_json::Error>| value.expect("plain data");
    let mut object = match plain(serde_json::to_value(evaluation.reward)) {
        Value::Object(object) => object,
        _ => Object::new(),
    };
    object.insert("profile".into(), plain(serde_json::to_value(evaluation.profile)));
    object.insert("mode".into(), plain(serde_json::to_value(evaluation.mode)));
    object
}

/// The task with the given id, or an error that lists the known ids.
pub fn find(tasks: &TaskSet, id: &str) -> Result<Arc<Task>, MessageError> {
    let shown: String = id.chars().take(80).collect();
    tasks.get(id).map(Arc::clone).map_err(|_| {
        let known: Vec<_> = tasks.iter().map(|task| task.id.as_str()).collect();
        MessageError::UnknownTask(format!(
            "unknown task_id `{shown}`\nhint: known ids: {}",
            known.join(", ")
        ))
    })
}

fn by_seed(tasks: &TaskSet, seed: Option<u64>) -> Result<Arc<Task>, MessageError> {
    let count = tasks.iter().count() as u64;
    let index = seed.unwrap_or(0).checked_rem(count);
    index
        .and_then(|index| tasks.iter().nth(index as usize))
        .map(Arc::clone)
        .ok_or_else(|| {
            MessageError::UnknownTask("there are no tasks\nhint: start the server with --tasks DIR".into())
        })
}

/// Requirements of the task that a model is shown.
pub fn constraints(task: &Task) -> Vec<String> {
    let mut lines = vec![
        "one Python file that imports cadquery as cq and assigns the whole part to `fixture`".to_owned(),
    ];
    if let Some([x, y, z]) = task.bbox_mm {
        lines.push(match task.scale {
            Scale::Mm => format!("overall size {x} × {y} × {z} mm"),
            Scale::Free => format!("overall proportions {x} : {y} : {z}"),
        });
    }
    lines.push(format!("required features: {}", task.semantic_hints.join(", ")));
    lines
}

/// A unique name.
fn new_id() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    // Keyed by the system's random source.
    let hash = RandomState::new().hash_one(count);
    format!("{hash:016x}-{count}")
}
