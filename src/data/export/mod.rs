//! Data sets for training, out of rows and trajectories: examples, preferences, rollouts.
//!
//! A data set is a folder: `train.jsonl`, `validation.jsonl` and a card. No candidate of one part is like one of the other:
//! what is alike, and with a split by task all of a task, stays on one side. Every row of a data set has the same keys with the
//! same types, and no null, so that readers that guess a schema from the first rows guess right.
//!
//! Of each row some 350 bytes are kept, and of each different candidate that is written its token sequences (about 4 bytes
//! for each token).

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
use cadforge_core::task::TaskSet;
use cadforge_repair::endpoint::Template;

use pool::{Pool, Spool};
use split::Item;

/// Built at least so well to be an example.
pub const POSITIVE: f64 = 0.60;
/// The stricter choice.
pub const STRICT: f64 = 0.70;

/// What a data set is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Prompts with good answers, as messages.
    Sft,
    /// A better and a worse answer to one prompt.
    Preference,
    /// What an agent saw, did and got.
    Rollouts,
}

impl Kind {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sft => "sft",
            Self::Preference => "preference",
            Self::Rollouts => "rollouts",
        }
    }
}

/// What stays together in a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum SplitBy {
    /// Whole tasks, and whatever is alike.
    Task,
    /// Whatever is alike; a task may be on both sides.
    Code,
}

/// What to export.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// What for.
    pub kind: Kind,
    /// Only these tasks; all if empty.
    pub tasks: Vec<String>,
    /// Total that an example or a preferred answer has at least.
    pub least: f64,
    /// How much better the preferred answer is at least, in reward.
    pub margin: f64,
    /// Pairs of one group at most.
    pub pairs: usize,
    /// Share of rows that are held back, 0 to 0.9.
    pub validation: f64,
    /// What stays together.
    pub split_by: SplitBy,
    /// Candidates at least so alike are not divided, above 0 to 1.
    pub likeness: f64,
    /// Of the choice of what is held back.
    pub seed: u64,
    /// Completions for a prompt, where rows do not say which belong together.
    pub generations: u32,
}

impl Options {
    /// The usual choices.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            tasks: Vec::new(),
            least: POSITIVE,
            margin: 0.05,
            pairs: 4,
            validation: 0.1,
            split_by: SplitBy::Task,
            likeness: 0.8,
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

/// What was exported.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Rows that were read.
    pub read: usize,
    /// Rows that are of other tasks, or of no known form.
    pub unfit: usize,
    /// Rows of tasks that are not known here.
    pub unknown_tasks: usize,
    /// Lines that are no rows.
    pub bad_lines: usize,
    /// Rows that could have been taken and are equal to one that was.
    pub copies: usize,
    /// Rows for training.
    pub train: usize,
    /// Rows that are held back.
    pub validation: usize,
    /// Tasks with rows for training.
    pub train_tasks: BTreeMap<String, usize>,
    /// Tasks with rows that are held back.
    pub validation_tasks: BTreeMap<String, usize>,
    /// Kinds of the candidates that answers begin from, or that failed.
    pub kinds: BTreeMap<String, usize>,
    /// Estimated tokens of a row.
    pub tokens: Tokens,
}

/// Estimated tokens: one for three bytes, rather too many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Tokens {
    /// Of all rows.
    pub sum: u64,
    /// Of the row in the middle.
    pub median: u64,
    /// That one row in twenty exceeds.
    pub p95: u64,
    /// Of the largest row.
    pub max: u64,
}

/// A row of a data set before it has its place.
struct ExportedRow {
    value: Value,
    task_id: String,
    kind: Option<cadforge_core::failure::Kind>,
    /// The candidates that it shows.
    codes: Vec<String>,
    /// Rows of one episode stay together.
    episode: Option<u32>,
    /// Texts whose length counts as tokens.
    text: usize,
}

/// Writes a data set of some files (JSON Lines, trajectory folders) into a folder.
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
    /// What two rows that are copies of one another share.
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
