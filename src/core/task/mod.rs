//! Task packs: what a model is asked to build, and the files that come with it.
//!
//! Reads folders `<id>/task.toml`, `seeds/<mode>.py`, `reference.py`, `repairs/<name>/`; refuses a folder that is
//! wrong with its file and field. Never runs anything: what only a build can tell is judged by [`check`] from
//! what others measured. `docs/tasks.md` is the guide for writers of tasks.

pub mod check;
pub mod checks;
pub mod dimensions;
mod fields;
mod folder;
#[cfg(test)]
mod judge_tests;
pub mod recording;
mod set;
mod task_problem;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use folder::{check_statically, read};
pub use set::{TaskSet, folders};
pub use task_problem::{TaskError, TaskProblem};

/// A task, complete and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Task {
    /// The id, equal to the folder's name: `[a-z0-9_]+`.
    pub id: String,
    /// How hard.
    pub level: Level,
    /// Kind of part, e.g. `hardware`.
    pub family: String,
    /// Short human name, e.g. `Caster wheel fork`.
    pub label: String,
    /// What the model is asked.
    pub prompt: String,
    /// Words that cadforge-v1 looks for in the source: `[a-z0-9_]+`, at least one, all different.
    pub semantic_hints: Vec<String>,
    /// The box that the part should fill, mm; positive and finite.
    pub bbox_mm: Option<[f64; 3]>,
    /// Whether sizes are absolute.
    pub scale: Scale,
    /// An axis (0, 1, 2 for x, y, z) about which any phase will do.
    pub axis: Option<usize>,
    /// What grounded-v2 measures.
    pub checks: Vec<checks::Check>,
    /// Seed code by mode; `weak` is always there.
    pub seeds: BTreeMap<String, String>,
    /// Code of the reference part, if the task has one.
    pub reference: Option<String>,
    /// A mesh file (STL, OBJ, GLB) as a further reference.
    pub reference_mesh: Option<PathBuf>,
    /// Recorded repairs, sorted by name.
    pub repairs: Vec<RecordedRepair>,
    /// The folder.
    pub dir: PathBuf,
    /// First 12 hex digits of a SHA-256 over all that can change a score: `semantic_hints`, `bbox_mm`, `scale`, `axis`,
    /// the checks, the code of the reference and the bytes of the reference mesh. Under grounded-v2 the weak seed counts
    /// too, which the keys of kept evaluations hold by themselves.
    pub version: String,
}

impl Task {
    /// The default seed.
    pub fn weak_seed(&self) -> &str {
        &self.seeds["weak"]
    }
}

/// How hard a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// First of the curriculum.
    Easy,
    /// In between.
    Medium,
    /// Last of the curriculum.
    Hard,
}

impl Level {
    /// Its name in `task.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }
}

/// Whether a task gives sizes in mm or leaves the scale open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Sizes are in mm.
    #[default]
    Mm,
    /// The prompt gives no size.
    Free,
}

/// One recorded repair: candidates in the order in which they were proposed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecordedRepair {
    /// Name of its folder under `repairs/`.
    pub name: String,
    /// The candidate that it starts from, if it is the trajectory of a loop; else it starts from the weak seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// Code of each step after the seed, with the reason given for it; at least one.
    pub steps: Vec<RecordedStep>,
}

/// One recorded proposal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecordedStep {
    /// The whole candidate file.
    pub code: String,
    /// Why, in a line or two; may be empty.
    pub reason: String,
    /// The whole raw text, where it was more than the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// When the text came: pairs of milliseconds since it was asked for and characters that were there by then. Empty: all
    /// at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stream: Vec<[u32; 2]>,
    /// The step of the recording that it was made from, 0 being the start; none for the step before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// Whether the loop went on from here; none where that was never in question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
    /// Whether the answer was cut by its token limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clipped: bool,
}
