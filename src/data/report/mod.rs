//! Summaries of training runs: numbers of a run, and their course. A file is read once; eight bytes per completion
//! stay in memory. [`PUBLISHED`] has the published runs, for comparison.

mod markdown;
pub mod plot;
mod published;
mod reading;

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::Value;

use super::lines::run_name;
use super::store::{Filter, Store};
use super::{DataError, MalformedLines, Row};
use cadforge_core::failure::Kind;
use reading::Reading;

pub use markdown::{COLUMNS, markdown, table};
pub use published::{PUBLISHED, Published};

/// A run. Rewards are the scores that the training loop compared (`score`); totals are unshaped.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    /// Name of its file or folder.
    pub name: String,
    /// Candidates.
    pub completions: usize,
    /// Candidates that were scored.
    pub scored: usize,
    /// Candidates that built.
    pub built: usize,
    /// Candidates with a reward that do not tell whether they built; not counted in build rates.
    pub unknown: usize,
    /// Share of scored candidates that built, among those that tell, 0 to 1.
    pub build_rate: Option<f64>,
    /// Mean reward.
    pub mean_reward: Option<f64>,
    /// Highest reward.
    pub best_reward: Option<f64>,
    /// Mean total.
    pub mean_total: Option<f64>,
    /// Highest total.
    pub best_total: Option<f64>,
    /// Answers that reached their token limit.
    pub clipped: usize,
    /// Share whose code assigns to `fixture`, 0 to 1.
    pub fixture_rate: Option<f64>,
    /// Share whose code imports CadQuery, 0 to 1.
    pub import_rate: Option<f64>,
    /// Kinds, most frequent first.
    pub kinds: Vec<KindCount>,
    /// Tasks by id.
    pub tasks: Vec<TaskNumbers>,
    /// Groups of candidates for one prompt, in file order.
    pub groups: Vec<GroupNumbers>,
    /// Share of informative groups among those with two candidates or more.
    pub informative_groups: Option<f64>,
    /// Segments of equal length, in file order.
    pub over_time: Vec<Segment>,
    /// Scales of the scores, the most frequent first. Means over more than one compare what cannot be compared.
    pub scales: Vec<ScaleCount>,
    /// Losses of supervised training, if the file is a trainer's log.
    pub training: Option<Losses>,
    /// Rows of formats without a candidate with a reward, such as prompts.
    pub other_rows: usize,
    /// Malformed lines.
    #[serde(flatten)]
    pub malformed: MalformedLines,
}

/// Scored candidates on one scale: of one profile, by one definition of it, in one mode.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ScaleCount {
    /// The profile that the rows name; null if they name none.
    pub profile: Option<String>,
    /// Digest of its definition; null in rows of other programs.
    pub profile_digest: Option<String>,
    /// `fast` or `full`; null if they name none.
    pub mode: Option<String>,
    /// Number of candidates.
    pub count: usize,
}

/// Frequency of a kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// Number of candidates.
    pub count: usize,
}

/// Numbers of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskNumbers {
    /// Id of the task.
    pub task_id: String,
    /// Its scored candidates.
    pub completions: usize,
    /// Candidates that built.
    pub built: usize,
    /// Candidates that do not tell whether they built.
    pub unknown: usize,
    /// Share that built, among those that tell, 0 to 1.
    pub build_rate: Option<f64>,
    /// Mean reward.
    pub mean_reward: f64,
    /// Highest reward.
    pub best_reward: f64,
}

/// Numbers of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupNumbers {
    /// Line of its first row.
    pub line: u64,
    /// Reward call of the run.
    pub reward_call: Option<u64>,
    /// Id of its task.
    pub task_id: Option<String>,
    /// Candidates with a reward.
    pub rows: usize,
    /// Mean reward.
    pub mean: f64,
    /// Standard deviation of a sample.
    pub std: f64,
    /// Highest reward.
    pub best: f64,
    /// Whether its rewards differ enough to learn from, under its profile.
    pub informative: bool,
}

/// A segment of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Segment {
    /// Index of its first candidate.
    pub from: usize,
    /// Index after its last candidate.
    pub to: usize,
    /// Mean reward.
    pub mean_reward: f64,
    /// Share that built, among those that tell, 0 to 1.
    pub build_rate: Option<f64>,
    /// Kinds, in the order of the run's.
    pub kinds: Vec<KindCount>,
}

/// First and last losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// First training loss.
    pub first_train: Option<f64>,
    /// Last training loss.
    pub last_train: Option<f64>,
    /// First evaluation loss.
    pub first_eval: Option<f64>,
    /// Last evaluation loss.
    pub last_eval: Option<f64>,
}

/// Reads a run: rows with rewards, a trajectory's folder, or the log of a supervised training (lines with `loss` and
/// `eval_loss`, or a `trainer_state.json`).
pub fn read(path: &Path, generations: u32) -> Result<Run, DataError> {
    let name = run_name(path);
    if path.extension().is_some_and(|extension| extension == "json") {
        return trainer_state(path, name);
    }
    let run = joined(name, std::slice::from_ref(&path), generations)?;
    if run.completions == 0 && run.training.is_none() {
        return Err(DataError::Input(format!(
            "{} has neither candidates with rewards nor losses\nhint: score its rows first with `cadforge score`",
            path.display()
        )));
    }
    Ok(run)
}

/// Reads many files as one run, such as the trajectories of a folder.
pub fn joined(name: String, files: &[impl AsRef<Path>], generations: u32) -> Result<Run, DataError> {
    let mut reading = Reading::new(name, generations);
    for (number, file) in files.iter().enumerate() {
        reading.file(file.as_ref(), number as u32)?;
    }
    Ok(reading.run())
}

/// Reads every run of a store that has candidates with rewards, in the order of their names.
pub fn of_store(store: &Store, generations: u32) -> Result<Vec<Run>, DataError> {
    let mut readings: BTreeMap<String, Reading> = BTreeMap::new();
    // In the order of import, which is the order of each file.
    let mut rows = store.list(&Filter::default(), u32::MAX, 0)?.into_iter();
    store.texts(&mut |id, text| {
        let Some(stored) = rows.find(|stored| stored.id == id) else {
            return;
        };
        let reading = readings
            .entry(stored.run.clone())
            .or_insert_with(|| Reading::new(stored.run, generations));
        let row = Row::parse(text.as_bytes());
        reading.row(row, store.folder(), stored.source, stored.line.cast_unsigned());
    })?;
    let runs = readings.into_values().map(Reading::run);
    Ok(runs
        .filter(|run| run.completions > 0 || run.training.is_some())
        .collect())
}

/// Takes losses from a line of a trainer's log; `false` if it has none.
fn losses(row: &Row, losses: &mut Option<Losses>) -> bool {
    let (train, eval) = (row.number("loss"), row.number("eval_loss"));
    // The last line of a trainer.
    let summary = row.number("train_loss").is_some() && row.number("train_runtime").is_some();
    if train.is_none() && eval.is_none() {
        return summary;
    }
    let losses = losses.get_or_insert_default();
    if let Some(train) = train {
        losses.first_train.get_or_insert(train);
        losses.last_train = Some(train);
    }
    if let Some(eval) = eval {
        losses.first_eval.get_or_insert(eval);
        losses.last_eval = Some(eval);
    }
    true
}

/// Reads the `trainer_state.json` of a Hugging Face trainer.
fn trainer_state(path: &Path, name: String) -> Result<Run, DataError> {
    let bytes = std::fs::read(path).map_err(DataError::io("read", path))?;
    let state: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let mut training = None;
    for line in state["log_history"].as_array().into_iter().flatten() {
        if let Value::Object(map) = line {
            losses(&Row(map.clone()), &mut training);
        }
    }
    match training {
        Some(_) => Ok(Run {
            name,
            training,
            ..Run::default()
        }),
        None => Err(DataError::Input(format!(
            "{} has no `log_history` with losses\nhint: give JSON Lines, or a trainer_state.json",
            path.display()
        ))),
    }
}

#[cfg(test)]
mod tests;
