//! What the routes say that tell of server, environment and tasks.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::fields::Fields;

/// Whether the server runs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Health {
    /// Always `healthy`.
    pub status: String,
}

/// Whether the server runs, with the environment's name.
#[derive(Debug, Serialize, JsonSchema)]
pub struct NamedHealth {
    /// Always `true`.
    pub ok: String,
    /// The environment's name.
    pub env: String,
}

/// What the environment is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// A sentence about it.
    pub description: String,
    /// The server's version.
    pub version: String,
    /// Who made it.
    pub author: String,
    /// The page on the server, as Markdown.
    pub readme_content: String,
    /// Always null: the page is in `readme_content`.
    pub documentation_url: Option<String>,
}

/// JSON Schemas of what travels in an episode.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Schemas {
    /// Of an action.
    pub action: Value,
    /// Of an observation.
    pub observation: Value,
    /// Of a state.
    pub state: Value,
}

/// A split of the tasks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A task as others see it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Description {
    /// Its id.
    pub task_id: String,
    /// How hard it is.
    pub level: String,
    /// What sort of part it asks for.
    pub family: String,
    /// Its name for people.
    pub label: String,
    /// What is asked for.
    pub task_brief: String,
    /// What the part must fulfil, a line each.
    pub constraints: Vec<String>,
    /// Size of the part along x, y and z, mm, where the prompt gives it.
    pub bbox_mm: Option<[f64; 3]>,
    /// Words that the code of a good part may have.
    pub semantic_hints: Vec<String>,
}

/// Asks for a split.
#[derive(Debug, JsonSchema)]
pub struct SplitRequest {
    /// `train`, the only one.
    pub split: String,
}

/// Asks for a task of a split.
#[derive(Debug, JsonSchema)]
pub struct IndexRequest {
    /// `train`, the only one.
    pub split: String,
    /// Its index among the sorted ids; from the end if negative.
    pub index: i64,
}

/// Asks for tasks of a split.
#[derive(Debug, JsonSchema)]
pub struct RangeRequest {
    /// `train`, the only one.
    pub split: String,
    /// Index of the first; from the end if negative.
    #[schemars(default)]
    pub start: Option<i64>,
    /// Index behind the last; from the end if negative.
    #[schemars(default)]
    pub stop: Option<i64>,
}

/// All tasks of a split.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Tasks {
    /// Sorted by id.
    pub tasks: Vec<Description>,
    /// The environment's name.
    pub env_name: String,
}

/// How many tasks a split has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskCount {
    /// That many.
    pub num_tasks: usize,
}

/// One task.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneTask {
    /// That task.
    pub task: Description,
}

/// Some tasks of a split.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SomeTasks {
    /// Sorted by id.
    pub tasks: Vec<Description>,
}

impl SplitRequest {
    /// Reads a request and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let split = fields.required_text("split", 0)?;
        Some(Self { split })
    }
}

impl IndexRequest {
    /// Reads a request and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let (split, index) = (fields.required_text("split", 0), fields.required_number("index"));
        Some(Self {
            split: split?,
            index: index?,
        })
    }
}

impl RangeRequest {
    /// Reads a request and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let split = fields.required_text("split", 0);
        let (start, stop) = (fields.signed_number("start"), fields.signed_number("stop"));
        Some(Self {
            split: split?,
            start,
            stop,
        })
    }
}
