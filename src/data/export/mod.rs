//! Data sets for training from rows and trajectories: examples, preferences, rollouts.
//!
//! A data set is a folder: `train.jsonl`, `validation.jsonl` and a card. Similar candidates, and with a split by task
//! all candidates of a task, are in the same split. Every row has the same keys with the same types, and no null, so
//! that readers that infer a schema from the first rows infer the right one. Memory: some 350 bytes per row, and
//! about 4 bytes per token of each different candidate that is written.

mod card;
mod pool;
mod rows;
mod similar;
mod split;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::output::write_whole;
use super::{DEFAULT_GENERATIONS, DataError, Row};
use cadforge_repair::endpoint::Template;
use cadforge_task::TaskSet;

use pool::{Pool, Spool};
use split::Item;

/// Lowest total of an example.
pub const POSITIVE: f64 = 0.60;
/// Lowest total of an example with `--strict`.
pub const STRICT: f64 = 0.70;

/// Kind of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Prompts with good answers, as messages
    Sft,
    /// A better and a worse answer to one prompt
    Preference,
    /// Observations, actions and rewards of an agent
    Rollouts,
}

impl Kind {
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
pub struct Options {
    /// Kind of the data set.
    pub kind: Kind,
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

impl Options {
    /// The default options.
    pub fn new(kind: Kind) -> Self {
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

    fn fits(&self, row: &Row) -> bool {
        self.tasks.is_empty()
            || row
                .task_id()
                .is_some_and(|id| self.tasks.iter().any(|task| task == id))
    }
}

/// Counts of an export.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Rows read.
    pub read: usize,
    /// Rows of other tasks, or of no known format.
    pub unfit: usize,
    /// Rows of unknown tasks.
    pub unknown_tasks: usize,
    /// Malformed lines.
    pub bad_lines: usize,
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

/// A row of a data set before it is assigned to a split.
struct ExportedRow {
    value: Value,
    task_id: String,
    kind: Option<cadforge_core::failure::Kind>,
    /// Its candidates.
    codes: Vec<String>,
    /// Rows of one episode are in the same split.
    episode: Option<u32>,
    /// Texts whose length counts as tokens.
    text: usize,
}

/// Writes a data set from JSON Lines files and trajectory folders to a folder.
pub fn write(
    inputs: &[PathBuf],
    folder: &Path,
    tasks: &TaskSet,
    template: &Template,
    options: &Options,
) -> Result<Summary, DataError> {
    let mut summary = Summary::default();
    let pool = Pool::read(inputs, tasks, options, &mut summary)?;
    let mut spool = Spool::new()?;
    let (mut items, mut places) = (Vec::new(), Vec::new());
    let mut split = split::Split::new();
    let mut tokens = Vec::new();
    let mut seen = std::collections::HashSet::new();
    rows::each(&pool, options, template, &mut |made| {
        let bytes = super::line_of(&made.value);
        let digest: [u8; 16] = Sha256::digest(made.key()).as_slice()[..16]
            .try_into()
            .expect("sixteen bytes");
        if !seen.insert(digest) {
            summary.copies += 1;
            return Ok(());
        }
        let at = spool.put(&bytes)?;
        places.push((at, bytes.len(), made.task_id.clone()));
        tokens.push((made.text as u64).div_ceil(3));
        if let Some(kind) = made.kind {
            *summary.kinds.entry(kind.name().to_owned()).or_default() += 1;
        }
        let item: Item = split.item(&made, digest);
        items.push(item);
        Ok(())
    })?;
    let held_back = split.held_back(&items, options);
    std::fs::create_dir_all(folder).map_err(DataError::io("make", folder))?;
    for (name, wanted) in [("train.jsonl", false), ("validation.jsonl", true)] {
        let path = folder.join(name);
        write_whole(&path, |out| {
            for ((at, length, task), _) in places.iter().zip(&held_back).filter(|(_, held)| **held == wanted)
            {
                out.write_all(&spool.get(*at, *length)?)
                    .and_then(|()| out.write_all(b"\n"))
                    .map_err(DataError::io("write", &path))?;
                let (count, tasks) = if wanted {
                    (&mut summary.validation, &mut summary.validation_tasks)
                } else {
                    (&mut summary.train, &mut summary.train_tasks)
                };
                *count += 1;
                *tasks.entry(task.clone()).or_default() += 1;
            }
            Ok(())
        })?;
    }
    summary.tokens = tokens_of(tokens);
    let card = card::card(&pool.inputs, options, &summary);
    let path = folder.join("README.md");
    write_whole(&path, |out| {
        out.write_all(card.as_bytes())
            .map_err(DataError::io("write", &path))
    })?;
    Ok(summary)
}

impl ExportedRow {
    /// A key that is equal for copies.
    fn key(&self) -> Vec<u8> {
        let value = &self.value;
        let parts = [
            "messages",
            "prompt",
            "chosen",
            "rejected",
            "observation",
            "action",
            "episode",
            "step",
        ];
        let parts: Vec<Option<&Value>> = parts.iter().map(|key| value.get(*key)).collect();
        serde_json::to_vec(&parts).expect("plain data")
    }
}

fn tokens_of(mut tokens: Vec<u64>) -> Tokens {
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
