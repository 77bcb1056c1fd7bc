//! Options and counts of an export.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{DEFAULT_GENERATIONS, MalformedLines, Row};

/// Lowest total of an example.
pub const POSITIVE: f64 = 0.60;
/// Lowest total of an example with `--strict`.
pub const STRICT: f64 = 0.70;

/// Kind of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum DataSetKind {
    /// Repairs: a good candidate as the answer to a worse one of the same task, as messages
    Sft,
    /// A better and a worse answer to one prompt
    Preference,
    /// Observations, actions and rewards of an agent
    Rollouts,
}

impl DataSetKind {
    /// Name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::Preference => "preference",
            Self::Rollouts => "rollouts",
        }
    }
}

/// Unit of a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// Whole tasks, and similar candidates
    Task,
    /// Similar candidates; a task may be in both splits
    Code,
}

/// Options of an export.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportOptions {
    /// Kind of the data set.
    pub kind: DataSetKind,
    /// Only these tasks; all if empty.
    pub tasks: Vec<String>,
    /// Lowest total of an example or a preferred answer.
    pub least: f64,
    /// Smallest lead of the preferred answer, in reward.
    pub margin: f64,
    /// Maximum number of pairs per group.
    pub pairs: usize,
    /// Share of rows in the validation split, 0 to 0.9.
    pub validation: f64,
    /// Unit of the split.
    pub split_by: SplitBy,
    /// Candidates at least this similar are in the same split; above 0, at most 1.
    pub similarity: f64,
    /// Seed of the split.
    pub seed: u64,
    /// Completions per prompt, if rows do not name their group.
    pub generations: u32,
}

impl ExportOptions {
    /// The default options.
    pub fn new(kind: DataSetKind) -> Self {
        Self {
            kind,
            tasks: Vec::new(),
            least: POSITIVE,
            margin: 0.05,
            pairs: 4,
            validation: 0.1,
            split_by: SplitBy::Task,
            similarity: 0.8,
            seed: 0,
            generations: DEFAULT_GENERATIONS,
        }
    }

    pub(super) fn fits(&self, row: &Row) -> bool {
        self.tasks.is_empty()
            || row
                .task_id()
                .is_some_and(|id| self.tasks.iter().any(|task| task == id))
    }
}

/// Counts of an export.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ExportSummary {
    /// Rows read.
    pub read: usize,
    /// Rows of other tasks, or of no known format.
    pub unfit: usize,
    /// Rows of unknown tasks.
    pub unknown_tasks: usize,
    /// Malformed lines.
    #[serde(flatten)]
    pub malformed: MalformedLines,
    /// Rows left out because they equal another one.
    pub copies: usize,
    /// Training rows.
    pub train: usize,
    /// Validation rows.
    pub validation: usize,
    /// Tasks with training rows.
    pub train_tasks: BTreeMap<String, usize>,
    /// Tasks with validation rows.
    pub validation_tasks: BTreeMap<String, usize>,
    /// Kinds of the candidates that were repaired or rejected, or of the answers.
    pub kinds: BTreeMap<String, usize>,
    /// Estimated tokens per row.
    pub tokens: Tokens,
}

/// Estimated tokens: one per three bytes, an overestimate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Of all rows.
    pub sum: u64,
    /// Of the median row.
    pub median: u64,
    /// 95th percentile.
    pub p95: u64,
    /// Of the largest row.
    pub max: u64,
}

/// Counts of estimated tokens per row.
pub(super) fn tokens_of(mut tokens: Vec<u64>) -> Tokens {
    tokens.sort_unstable();
    let at = |share: f64| {
        let index = (tokens.len() as f64 * share) as usize;
        tokens
            .get(index.min(tokens.len().saturating_sub(1)))
            .copied()
            .unwrap_or_default()
    };
    Tokens {
        sum: tokens.iter().sum(),
        median: at(0.5),
        p95: at(0.95),
        max: tokens.last().copied().unwrap_or_default(),
    }
}
