//! Task packs: what a model is asked to build, and the files that come with it.
//!
//! Reads folders `<id>/task.toml`, `seeds/<mode>.py`, `reference.py`, `repairs/`; refuses a folder that is
//! wrong with its file and field. Never runs anything.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

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

/// One recorded repair: candidates in the order in which they were proposed.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedRepair {
    /// File or folder name without extension.
    pub name: String,
    /// Code of each step after the seed, with the reason given for it.
    pub steps: Vec<RecordedStep>,
}

/// One recorded proposal.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedStep {
    /// The whole candidate file.
    pub code: String,
    /// Why, in a line or two; may be empty.
    pub reason: String,
}

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
    /// Words that cadforge-v1 looks for in the source.
    pub semantic_hints: Vec<String>,
    /// The box that the part should fill, mm.
    pub bbox_mm: Option<[f64; 3]>,
    /// Whether sizes are absolute.
    pub scale: Scale,
    /// Seed code by mode; `weak` is always there.
    pub seeds: BTreeMap<String, String>,
    /// Code of the reference part, if the task has one.
    pub reference: Option<String>,
    /// A mesh file (STL, OBJ, GLB) as a further reference.
    pub reference_mesh: Option<PathBuf>,
    /// Recorded repairs by name.
    pub repairs: Vec<RecordedRepair>,
    /// The folder.
    pub dir: PathBuf,
    /// First 12 hex digits of a hash over all that can change a score.
    pub version: String,
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

impl Task {
    /// The default seed.
    pub fn weak_seed(&self) -> &str {
        &self.seeds["weak"]
    }
}

/// Why a task pack is refused, or a task not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// A file is missing or wrong; says which file and which field.
    #[error("{file}: {message}")]
    Invalid {
        /// The file, as given.
        file: String,
        /// What is wrong, with the field.
        message: String,
    },
    /// No task of that id.
    #[error("unknown task `{id}`\nhint: known tasks are {known}")]
    Unknown {
        /// The id asked for.
        id: String,
        /// Known ids, comma separated.
        known: String,
    },
}

/// All tasks of all packs, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct TaskSet {
    tasks: Vec<std::sync::Arc<Task>>,
}

impl TaskSet {
    /// Loads packs in order; a task of a later pack replaces one of the same id. Any wrong folder is an error.
    pub fn load(dirs: &[impl AsRef<Path>]) -> Result<Self, TaskError> {
        let _ = dirs;
        unimplemented!("to be written")
    }

    /// All tasks, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &std::sync::Arc<Task>> {
        self.tasks.iter()
    }

    /// The task of that id.
    pub fn get(&self, id: &str) -> Result<&std::sync::Arc<Task>, TaskError> {
        let _ = id;
        unimplemented!("to be written")
    }
}
