//! Types of OpenEnv's requests and responses, from which JSON Schema and OpenAPI are generated. Requests are read by
//! [`super::fields`], which reports all invalid fields at once, in OpenEnv's format.

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

/// An object with any keys.
pub type Object = Map<String, Value>;

/// A candidate to build and score.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Action {
    /// The whole CadQuery file; a wrapper around it, such as a fence, is removed.
    #[schemars(length(min = 1))]
    pub code: String,
    /// The task to score against; if it differs from the episode's, a new episode begins.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// Scoring mode.
    #[schemars(default = "fast")]
    pub reward_mode: Option<RewardMode>,
    /// Replaces the task's prompt in the observation.
    #[schemars(default)]
    pub task_prompt: Option<String>,
    /// Ignored; for the caller's own use.
    #[schemars(default)]
    pub metadata: Object,
}

/// Scoring mode.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RewardMode {
    /// Without surface sampling and rasterisation.
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

/// Options of a new episode; other keys are ignored.
#[derive(Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct ResetRequest {
    /// Chooses a task if none is named: an index into the sorted ids, modulo their number.
    #[schemars(default)]
    pub seed: Option<u64>,
    /// The caller's name for the episode.
    #[schemars(default, length(max = 255))]
    pub episode_id: Option<String>,
    /// Id of the task.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// Replaces the task's prompt.
    #[schemars(default)]
    pub task_brief: Option<String>,
}

/// A step over HTTP; other keys are ignored.
#[derive(Clone, Debug, PartialEq, JsonSchema)]
pub struct StepRequest {
    /// The candidate.
    pub action: Action,
    /// Time limit in seconds; never more than the server's.
    #[schemars(default, extend("exclusiveMinimum" = 0))]
    pub timeout_s: Option<f64>,
    /// Ignored.
    #[schemars(default, length(max = 255))]
    pub request_id: Option<String>,
}

/// The state of an episode that a client sees.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Observation {
    /// The task's prompt.
    pub task_brief: String,
    /// Id of the task.
    pub task_id: String,
    /// Requirements of the part, one per line.
    pub constraints: Vec<String>,
    /// The last candidate; the task's weak seed after a reset.
    pub current_code: String,
    /// Its components and total, with profile and mode.
    pub reward_json: Object,
    /// Notes on how to repair the candidate.
    pub verifier_notes: Vec<String>,
    /// Always null: the server writes no files.
    pub artifacts_dir: Option<String>,
    /// Always empty; `cadforge render` draws pictures.
    pub renders: Object,
    /// The steps of the episode so far.
    pub trace: Vec<TraceStep>,
    /// Whether the episode has ended.
    pub done: bool,
    /// The shaped reward if shaping is on, else the total.
    pub reward: f64,
}

/// Summary of a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct TraceStep {
    /// Number of the step; 0 is the seed.
    pub step: u32,
    /// Id of the task.
    pub task_id: String,
    /// The shaped reward if shaping is on, else the total.
    pub reward: f64,
    /// The unshaped total; -1 for a failed build.
    pub total: f64,
    /// Total minus that of the previous step; 0 for the seed.
    pub delta: f64,
    /// Whether it built.
    pub built: bool,
    /// Kind of the result.
    pub kind: String,
    /// Milliseconds from the request to the score.
    pub elapsed_ms: f64,
}

/// The state of an episode.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct State {
    /// Null before the first reset or step.
    pub episode_id: Option<String>,
    /// Number of steps, without the seed.
    pub step_count: u32,
    /// Null before the first reset or step.
    pub task_id: Option<String>,
    /// The task's prompt.
    pub task_brief: String,
    /// The last candidate.
    pub current_code: String,
    /// Its reward.
    pub last_reward: Object,
    /// The steps so far.
    pub trace: Vec<TraceStep>,
}

/// The response to a reset or a step.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct StepResponse {
    /// The observation.
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

/// The body of an error with a message.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Problem {
    /// Message with a hint.
    pub detail: String,
}

/// The body of an error that lists fields.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ValidationProblem {
    /// The invalid fields.
    pub detail: Vec<FieldError>,
}

impl Action {
    /// Reads an action; errors are added to `fields`.
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
    /// Reads the options of an episode; errors are added to `fields`.
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
    /// Reads a step; errors are added to `fields`.
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
