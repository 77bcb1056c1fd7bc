//! Types of the routes about server, environment and tasks.

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

/// Description of the environment.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Metadata {
    /// Its name.
    pub name: String,
    /// A sentence about the environment.
    pub description: String,
    /// The server's version.
    pub version: String,
    /// Its authors.
    pub author: String,
    /// The documentation of the server, as Markdown.
    pub readme_content: String,
    /// Always null: the page is in `readme_content`.
    pub documentation_url: Option<String>,
}

/// JSON Schemas of an episode's types.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Schemas {
    /// Schema of an action.
    pub action: Value,
    /// Schema of an observation.
    pub observation: Value,
    /// Schema of a state.
    pub state: Value,
}

/// A split of the tasks.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Split {
    /// Its name.
    pub name: String,
    /// Its purpose.
    #[serde(rename = "type")]
    pub kind: String,
}

/// Description of a task.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Description {
    /// Its id.
    pub task_id: String,
    /// Its difficulty.
    pub level: String,
    /// Kind of part.
    pub family: String,
    /// Displayed name.
    pub label: String,
    /// The prompt.
    pub task_brief: String,
    /// Requirements of the part, one per line.
    pub constraints: Vec<String>,
    /// Size of the part along x, y and z, mm, if the prompt gives it.
    pub bbox_mm: Option<[f64; 3]>,
    /// Words that cadforge-v1 searches for in the source.
    pub semantic_hints: Vec<String>,
}

/// Request about a split.
#[derive(Debug, JsonSchema)]
pub struct SplitRequest {
    /// `train`, the only one.
    pub split: String,
}

/// Request for a task of a split.
#[derive(Debug, JsonSchema)]
pub struct IndexRequest {
    /// `train`, the only one.
    pub split: String,
    /// Index among the sorted ids; from the end if negative.
    pub index: i64,
}

/// Request for tasks of a split.
#[derive(Debug, JsonSchema)]
pub struct RangeRequest {
    /// `train`, the only one.
    pub split: String,
    /// Index of the first task; from the end if negative.
    #[schemars(default)]
    pub start: Option<i64>,
    /// Index after the last task; from the end if negative.
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

/// Number of tasks of a split.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TaskCount {
    /// The number.
    pub num_tasks: usize,
}

/// One task.
#[derive(Debug, Serialize, JsonSchema)]
pub struct OneTask {
    /// The task.
    pub task: Description,
}

/// Some tasks of a split.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SomeTasks {
    /// Sorted by id.
    pub tasks: Vec<Description>,
}

impl SplitRequest {
    /// Reads a request; errors are added to `fields`.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let split = fields.required_text("split", 0)?;
        Some(Self { split })
    }
}

impl IndexRequest {
    /// Reads a request; errors are added to `fields`.
    pub fn read(mut fields: Fields<'_>) -> Option<Self> {
        let (split, index) = (fields.required_text("split", 0), fields.required_number("index"));
        Some(Self {
            split: split?,
            index: index?,
        })
    }
}

impl RangeRequest {
    /// Reads a request; errors are added to `fields`.
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
