//! Types of the demo Space's routes.

use schemars::JsonSchema;
use serde::Serialize;

use super::Object;
use crate::fields::Fields;
use cadforge_core::failure::{Failure, Kind};
use cadforge_trajectory::Origin;

/// Request for one score with its mesh.
#[derive(Debug, JsonSchema)]
pub struct DemoRequest {
    /// Id of the task; default: the first with a recorded repair.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// The whole file; default: the task's weak seed.
    #[schemars(default)]
    pub code: Option<String>,
}

/// Request for a repair loop.
#[derive(Debug, JsonSchema)]
pub struct LoopRequest {
    /// Id of the task; default: the first with a recorded repair.
    #[schemars(default)]
    pub task_id: Option<String>,
}

/// One score.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Demo {
    /// Whether it built.
    pub ok: bool,
    /// The task.
    pub task_id: String,
    /// Kind of the result.
    pub kind: Kind,
    /// Components and total, with profile and mode.
    pub reward: Object,
    /// Notes on how to repair the candidate.
    pub notes: Vec<String>,
    /// Elapsed time in milliseconds.
    pub elapsed_ms: f64,
    /// Path of its mesh, if it built.
    pub stl_url: Option<String>,
}

/// A finished repair loop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Loop {
    /// Always true: a failed loop has another status.
    pub ok: bool,
    /// The task.
    pub task_id: String,
    /// Name of the task.
    pub label: String,
    /// The task's prompt.
    pub prompt: String,
    /// The best total minus that of the seed.
    pub delta_reward: f64,
    /// Whether the loop's target was reached.
    pub reached: bool,
    /// Every step, the seed first.
    pub steps: Vec<LoopStep>,
    /// The first step.
    pub seed: Option<LoopStep>,
    /// The best step.
    #[serde(rename = "final")]
    pub best: Option<LoopStep>,
}

/// A step of a repair loop.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LoopStep {
    /// Number of the step, as a string; 0 is the seed.
    pub step_id: String,
    /// Source of its code.
    pub origin: Origin,
    /// Components and total, with profile and mode.
    pub reward: Object,
    /// Kind of the result.
    pub kind: Kind,
    /// Why the build failed.
    pub failure: Option<Failure>,
    /// Notes on how to repair the candidate.
    pub notes: Vec<String>,
    /// Elapsed time in milliseconds.
    pub elapsed_ms: f64,
    /// Path of its mesh, if it built.
    pub stl_url: Option<String>,
    /// Reason of the proposal; null for the seed.
    pub reason: Option<String>,
    /// The whole file.
    pub code: String,
}

impl DemoRequest {
    /// Reads a request; errors are added to `fields`.
    pub fn read(mut fields: Fields<'_>) -> Self {
        Self {
            task_id: fields.text("task_id", usize::MAX),
            code: fields.text("code", usize::MAX),
        }
    }
}

impl LoopRequest {
    /// Reads a request; errors are added to `fields`.
    pub fn read(mut fields: Fields<'_>) -> Self {
        Self {
            task_id: fields.text("task_id", usize::MAX),
        }
    }
}
