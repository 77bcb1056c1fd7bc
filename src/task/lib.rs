//! Task packs: prompts, and the files that belong to them.
//!
//! Reads folders `<id>/task.toml`, `seeds/<mode>.py`, `reference.py`, `repairs/<name>/`; reports problems with file and
//! field. Runs nothing: [`check`] verifies tasks by measurements that the caller makes. Checks of grounded-v2 are read by
//! `cadforge-reward`, which measures them. `docs/tasks.md` is the guide for authors of tasks.
//!
//! ```
//! use cadforge_task::TaskSet;
//!
//! let tasks = TaskSet::load(&[concat!(env!("CARGO_MANIFEST_DIR"), "/../../tasks")])?;
//! assert_eq!(tasks.get("caster_wheel_fork")?.bbox_mm, Some([90.0, 80.0, 130.0]));
//! # Ok::<(), cadforge_task::TaskError>(())
//! ```

pub mod check;
pub mod dimensions;
mod error;
mod folder;
#[cfg(test)]
mod judge_tests;
pub mod recording;
mod set;
mod shown;
#[cfg(test)]
mod tests;
mod version;

use std::collections::BTreeMap;
use std::path::PathBuf;

use cadforge_reward::{Check, Requirements};
use serde::{Deserialize, Serialize};

pub use cadforge_core::TaskProblem;
pub use cadforge_reward::Scale;
pub use error::TaskError;
pub use folder::{check_statically, read};
pub use set::{TaskSet, folders};

/// A task, complete and checked.
#[derive(Clone, Debug)]
pub struct Task {
    /// The id, equal to the folder's name: `[a-z0-9_]+`.
    pub id: String,
    /// Difficulty.
    pub level: Level,
    /// Kind of part, e.g. `hardware`.
    pub family: String,
    /// Short human name, e.g. `Caster wheel fork`.
    pub label: String,
    /// The prompt for the model.
    pub prompt: String,
    /// Words that cadforge-v1 searches in the source: `[a-z0-9_]+`, at least one, without duplicates.
    pub semantic_hints: Vec<String>,
    /// Required extents in mm; positive and finite.
    pub bbox_mm: Option<[f64; 3]>,
    /// Whether sizes are absolute.
    pub scale: Scale,
    /// An axis (0, 1, 2 for x, y, z) about which the phase is free.
    pub axis: Option<usize>,
    /// Checks of grounded-v2.
    pub checks: Vec<Check>,
    /// Seed code by mode; always contains `weak`.
    pub seeds: BTreeMap<String, String>,
    /// Code of the reference part, if the task has one.
    pub reference: Option<String>,
    /// Code of further references by name: other parts that the prompt allows. Under grounded-v2 a candidate is
    /// compared with the one that fits best. Empty without `reference`.
    pub further_references: BTreeMap<String, String>,
    /// A mesh file (STL, OBJ, GLB) as a further reference.
    pub reference_mesh: Option<PathBuf>,
    /// Features and dimensions of the reference that the prompt leaves free, by the names of their mutants: see
    /// `cadforge tasks check --mutate`.
    pub not_asked: Vec<String>,
    /// Recorded repairs, sorted by name.
    pub repairs: Vec<RecordedRepair>,
    /// The folder.
    pub dir: PathBuf,
    /// First 12 hex digits of a SHA-256 over everything that can change a score: `semantic_hints`, `bbox_mm`, `scale`,
    /// `axis`, the checks, the code of the references and the bytes of the reference mesh. Under grounded-v2 the weak
    /// seed has an influence too, which the keys of cached evaluations contain separately.
    pub version: String,
}

impl Task {
    /// Code of the seed `weak`.
    pub fn weak_seed(&self) -> &str {
        &self.seeds["weak"]
    }

    /// What grounded-v2 requires of the part.
    pub fn requirements(&self) -> Requirements<'_> {
        Requirements {
            bbox_mm: self.bbox_mm,
            scale: self.scale,
            axis: self.axis,
            checks: &self.checks,
            dimensions: self
                .reference
                .as_deref()
                .map_or(0, |code| dimensions::dimensions(code).len()),
        }
    }
}

/// Difficulty of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Early in the curriculum.
    Easy,
    /// In between.
    Medium,
    /// Late in the curriculum.
    Hard,
}

impl Level {
    /// Name in `task.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Easy => "easy",
            Self::Medium => "medium",
            Self::Hard => "hard",
        }
    }
}

/// A recorded repair: candidates in the order in which they were proposed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecordedRepair {
    /// Name of its folder in `repairs/`.
    pub name: String,
    /// The initial candidate, if it is the trajectory of a loop; else it starts from the weak seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// At least one step after the seed: code and reason.
    pub steps: Vec<RecordedStep>,
}

/// A recorded proposal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct RecordedStep {
    /// The whole candidate file.
    pub code: String,
    /// The reason in a line or two; may be empty.
    pub reason: String,
    /// The whole raw answer, if it was more than the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Timing of the text: pairs of milliseconds since the request and characters received by then. Empty: all at once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stream: Vec<[u32; 2]>,
    /// The step that it was made from, where 0 is the start; none for the previous step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<usize>,
    /// Whether the loop continued from here; none if that was not decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kept: Option<bool>,
    /// Whether the answer was cut off by its token limit.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub clipped: bool,
}
