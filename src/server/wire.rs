//! What travels: the types of OpenEnv's requests and answers, from which JSON Schema and OpenAPI are generated.
//!
//! Reading a request is [`super::fields`]' job, so that every wrong field is told at once and in OpenEnv's shape.

pub mod scorers;
pub mod space;
pub mod tasks;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::fields::{FieldError, Fields};
use cadforge_reward::Mode;

/// The environment's name in routes and metadata.
pub const ENVIRONMENT: &str = "cadforge_cadquery";

/// An object with whatever keys.
pub type Object = Map<String, Value>;

/// A candidate to build and score.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Action {
    /// The whole CadQuery file; an answer around it, such as a fence, is taken off.
    #[schemars(length(min = 1))]
    pub code: String,
    /// The task to score against; another one than the episode's begins an episode on it.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// How much is measured.
    #[schemars(default = "fast")]
    pub reward_mode: Option<RewardMode>,
    /// Takes the place of the task's prompt in what is told.
    #[schemars(default)]
    pub task_prompt: Option<String>,
    /// Kept with nothing; for the caller's own use.
    #[schemars(default)]
    pub metadata: Object,
}

/// How much is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RewardMode {
    /// Nothing is sampled or rasterised.
    #[default]
    Fast,
    /// Everything.
    Full,
}

fn fast() -> Option<RewardMode> {
    Some(RewardMode::Fast)
}

impl From<RewardMode> for Mode {
    fn from(mode: RewardMode) -> Self {
        match mode {
            RewardMode::Fast => Self::Fast,
            RewardMode::Full => Self::Full,
        }
    }
}

/// What to begin an episode with; further keys are let be.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct ResetRequest {
    /// Chooses a task where none is named: the sorted ids, counted round.
    #[schemars(default)]
    pub seed: Option<u64>,
    /// The caller's name for the episode.
    #[schemars(default, length(max = 255))]
    pub episode_id: Option<String>,
    /// The task.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// Takes the place of the task's prompt.
    #[schemars(default)]
    pub task_brief: Option<String>,
}

/// A step over HTTP; further keys are let be.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct StepRequest {
    /// The candidate.
    pub action: Action,
    /// Seconds after which there is an error instead of a score; never more than the server's own bound.
    #[schemars(default, extend("exclusiveMinimum" = 0))]
    pub timeout_s: Option<f64>,
    /// Told back with nothing.
    #[schemars(default, length(max = 255))]
    pub request_id: Option<String>,
}

/// What the caller sees of an episode.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Observation {
    /// What is asked for.
    pub task_brief: String,
    /// The task.
    pub task_id: String,
    /// What the part must fulfil, a line each.
    pub constraints: Vec<String>,
    /// The candidate that the rest speaks of: the task's weak seed after a reset.
    pub current_code: String,
    /// Its components and total, with profile and mode.
    pub reward_json: Object,
    /// Lines that a repairing model can act on.
    pub verifier_notes: Vec<String>,
    /// Always null: nothing is written for a client.
    pub artifacts_dir: Option<String>,
    /// Always empty: pictures are made by `cadforge render`.
    pub renders: Object,
    /// The steps of the episode so far.
    pub trace: Vec<TraceStep>,
    /// Whether the episode has ended.
    pub done: bool,
    /// The reward: the total, or what the server's shaping makes of it.
    pub reward: f64,
}

/// A step of an episode, in short.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TraceStep {
    /// 0 is the seed.
    pub step: u32,
    /// The task that it was scored against.
    pub task_id: String,
    /// The reward.
    pub reward: f64,
    /// The unshaped total, -1 for what did not build.
    pub total: f64,
    /// Total minus that of the step before; 0 for the seed.
    pub delta: f64,
    /// Whether it built.
    pub built: bool,
    /// The one class it falls into.
    pub kind: String,
    /// Milliseconds from the request to the score.
    pub elapsed_ms: f64,
}

/// The state of an episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct State {
    /// Null before the first reset or step.
    pub episode_id: Option<String>,
    /// Steps taken; the seed is none.
    pub step_count: u32,
    /// Null before the first reset or step.
    pub task_id: Option<String>,
    /// What is asked for.
    pub task_brief: String,
    /// The last candidate.
    pub current_code: String,
    /// Its reward.
    pub last_reward: Object,
    /// The steps so far.
    pub trace: Vec<TraceStep>,
}

/// The answer to a reset or a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepResponse {
    /// What the caller sees.
    pub observation: Observation,
    /// The reward.
    pub reward: f64,
    /// Whether the episode has ended.
    pub done: bool,
}

impl From<Observation> for StepResponse {
    fn from(observation: Observation) -> Self {
        Self {
            reward: observation.reward,
            done: observation.done,
            observation,
        }
    }
}

/// The body of an error in words.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Problem {
    /// What failed, and the way out.
    pub detail: String,
}

/// The body of an error that names fields.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ValidationProblem {
    /// One entry a wrong field.
    pub detail: Vec<FieldError>,
}

impl Action {
    /// Reads an action and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let code = fields.required_text("code", 1);
        let task_id = fields.text("task_id", usize::MAX);
        let reward_mode = fields.choice(
            "reward_mode",
            &[("fast", RewardMode::Fast), ("full", RewardMode::Full)],
        );
        let task_prompt = fields.text("task_prompt", usize::MAX);
        let metadata = fields.object("metadata").unwrap_or_default();
        fields.finish_strictly();
        Some(Self {
            code: code?,
            task_id,
            reward_mode,
            task_prompt,
            metadata,
        })
    }
}

impl ResetRequest {
    /// Reads what an episode begins with and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Self {
        Self {
            seed: fields.whole_number("seed"),
            episode_id: fields.text("episode_id", 255),
            task_id: fields.text("task_id", usize::MAX),
            task_brief: fields.text("task_brief", usize::MAX),
        }
    }
}

impl StepRequest {
    /// Reads a step and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let timeout_s = fields.positive_number("timeout_s");
        let request_id = fields.text("request_id", 255);
        let action = fields.required_fields("action").and_then(Action::read)?;
        Some(Self {
            action,
            timeout_s,
            request_id,
        })
    }
}
