//! What the demo Space's routes are asked and say.

use schemars::JsonSchema;
use serde::Serialize;

use super::Object;
use crate::fields::Fields;
use cadforge_core::failure::{Failure, Kind};
use cadforge_trajectory::Origin;

/// Asks for one score with its shape.
#[derive(Debug, JsonSchema)]
pub struct DemoRequest {
    /// The task; without it the first that has a recorded repair.
    #[schemars(default)]
    pub task_id: Option<String>,
    /// The whole file; without it the task's weak seed.
    #[schemars(default)]
    pub code: Option<String>,
}

/// Asks for a repair loop.
#[derive(Debug, JsonSchema)]
pub struct LoopRequest {
    /// The task; without it the first that has a recorded repair.
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
    /// The one class it falls into.
    pub kind: Kind,
    /// Components and total, with profile and mode.
    pub reward: Object,
    /// Lines that a repairing model can act on.
    pub notes: Vec<String>,
    /// Milliseconds that it took.
    pub elapsed_ms: f64,
    /// Where its shape is, if it built.
    pub stl_url: Option<String>,
}

/// A finished repair loop.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Loop {
    /// Always true: a loop that broke has a status of its own.
    pub ok: bool,
    /// The task.
    pub task_id: String,
    /// Its name for people.
    pub label: String,
    /// What is asked for.
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
    /// Its number, as text; 0 is the seed.
    pub step_id: String,
    /// Where its code came from.
    pub origin: Origin,
    /// Components and total, with profile and mode.
    pub reward: Object,
    /// The one class it falls into.
    pub kind: Kind,
    /// Why it did not build.
    pub failure: Option<Failure>,
    /// Lines that a repairing model can act on.
    pub notes: Vec<String>,
    /// Milliseconds that it took.
    pub elapsed_ms: f64,
    /// Where its shape is, if it built.
    pub stl_url: Option<String>,
    /// Why it was proposed; null for the seed.
    pub reason: Option<String>,
    /// The whole file.
    pub code: String,
}

impl DemoRequest {
    /// Reads a request and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Self {
        Self {
            task_id: fields.text("task_id", usize::MAX),
            code: fields.text("code", usize::MAX),
        }
    }
}

impl LoopRequest {
    /// Reads a request and adds what is wrong with it.
    pub fn read(mut fields: Fields<'_>) -> Self {
        Self {
            task_id: fields.text("task_id", usize::MAX),
        }
    }
}
