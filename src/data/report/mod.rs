//! What a training run came to: one row of numbers, and how they went over time.
//!
//! A file is read once; of each completion eight bytes stay. Runs of other people are in [`PUBLISHED`], to hold new ones against.

mod markdown;
pub mod plot;
mod published;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value;

use super::store::{Filter, Store};
use super::{BadLine, DataError, Form, Groups, Lines, Row, Spread};
use crate::failure::Kind;
use crate::reward;
use crate::trajectory;

pub use markdown::{HEAD, markdown, table};
pub use published::{PUBLISHED, Published};

/// Stretches that a run is cut into to show how it went.
const STRETCHES: usize = 20;
/// Bad lines that are told one by one.
const TOLD: usize = 20;

/// A run. Rewards are what the training loop compared (`score`); totals are unshaped.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    /// After its file or folder.
    pub name: String,
    /// Candidates.
    pub completions: usize,
    /// Candidates that were scored.
    pub scored: usize,
    /// Candidates that built.
    pub built: usize,
    /// Share that built, of the scored ones, 0 to 1.
    pub build_rate: Option<f64>,
    /// Mean reward.
    pub mean_reward: Option<f64>,
    /// Greatest reward.
    pub best_reward: Option<f64>,
    /// Mean total.
    pub mean_total: Option<f64>,
    /// Greatest total.
    pub best_total: Option<f64>,
    /// Answers that were cut by their token limit.
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
    /// Share of groups whose rewards differ: from the others nothing is learnt.
    pub informative_groups: Option<f64>,
    /// Equal stretches of the run, in file order.
    pub over_time: Vec<Stretch>,
    /// Losses of supervised training, where the file is a trainer's log.
    pub training: Option<Losses>,
    /// Rows of forms that hold no candidate with a reward, such as prompts.
    pub other_rows: usize,
    /// Lines that are no rows.
    pub bad_lines: usize,
    /// The first of them.
    #[serde(skip)]
    pub first_bad_lines: Vec<BadLine>,
}

/// How often a kind came up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindCount {
    /// The kind.
    pub kind: Kind,
    /// How often.
    pub count: usize,
}

/// Numbers of a task.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaskNumbers {
    /// The task.
    pub task_id: String,
    /// Its candidates that were scored.
    pub completions: usize,
    /// How many built.
    pub built: usize,
    /// Share that built, 0 to 1.
    pub build_rate: f64,
    /// Mean reward.
    pub mean_reward: f64,
    /// Greatest reward.
    pub best_reward: f64,
}

/// Numbers of a group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GroupNumbers {
    /// Line of its first row.
    pub line: u64,
    /// Batch of the run.
    pub reward_call: Option<u64>,
    /// Its task.
    pub task_id: Option<String>,
    /// Candidates with a reward.
    pub rows: usize,
    /// Mean reward.
    pub mean: f64,
    /// Standard deviation of a sample.
    pub std: f64,
    /// Greatest reward.
    pub best: f64,
}

/// A part of a run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// Number of its first candidate, from 0.
    pub from: usize,
    /// Number behind its last candidate.
    pub to: usize,
    /// Mean reward.
    pub mean_reward: f64,
    /// Share that built, 0 to 1.
    pub build_rate: f64,
    /// Kinds, in the order of the run's.
    pub kinds: Vec<KindCount>,
}

/// First and last losses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Losses {
    /// On what is trained with.
    pub first_train: Option<f64>,
    /// On what is trained with.
    pub last_train: Option<f64>,
    /// On what is held back.
    pub first_eval: Option<f64>,
    /// On what is held back.
    pub last_eval: Option<f64>,
}

/// Reads a run: rows with rewards, a trajectory's folder, or the log of a supervised training (lines with `loss` and `eval_loss`,
/// or a `trainer_state.json`).
pub fn read(path: &Path, generations: u32) -> Result<Run, DataError> {
    let name = name_of(path);
    if path.extension().is_some_and(|extension| extension == "json") {
        return trainer_state(path, name);
    }
    let file = if path.is_dir() {
        path.join(trajectory::FILE_NAME)
    } else {
        path.to_owned()
    };
    let mut reading = Reading::new(name, generations);
    reading.file(&file)?;
    let run = reading.run();
    if run.completions == 0 && run.training.is_none() {
        return Err(DataError::Input(format!(
            "{} holds no candidates with rewards and no losses\nhint: score its rows first with `cadforge score`",
            path.display()
        )));
    }
    Ok(run)
}

/// Reads many files as one run: the trajectories of a folder, say.
pub fn joined(name: String, files: &[PathBuf], generations: u32) -> Result<Run, DataError> {
    let mut reading = Reading::new(name, generations);
    for file in files {
        reading.file(file)?;
    }
    Ok(reading.run())
}

/// Reads every run of a store that holds candidates with rewards, in the order of their names.
pub fn of_store(store: &Store, generations: u32) -> Result<Vec<Run>, DataError> {
    let mut readings: BTreeMap<String, Reading> = BTreeMap::new();
    // In the order of import, which is that of each file.
    let entries = store.list(&Filter::default(), u32::MAX, 0)?;
    let mut entries = entries.into_iter();
    store.texts(&mut |id, text| {
        let Some(entry) = entries.find(|entry| entry.id == id) else {
            return;
        };
        let reading = readings
            .entry(entry.run.clone())
            .or_insert_with(|| Reading::new(entry.run, generations));
        match Row::parse(text.as_bytes()) {
            Ok(row) => reading.row(&row, entry.line.cast_unsigned()),
            Err(message) => reading.bad(entry.line.cast_unsigned(), message),
        }
    })?;
    let runs = readings.into_values().map(Reading::run);
    Ok(runs
        .filter(|run| run.completions > 0 || run.training.is_some())
        .collect())
}

/// One candidate with a reward.
#[derive(Clone, Copy)]
struct Point {
    reward: f32,
    built: bool,
    kind: Option<Kind>,
}

#[derive(Default)]
struct TaskSum {
    rows: usize,
    built: usize,
    sum: f64,
    best: f64,
}

struct Reading {
    run: Run,
    groups: Groups,
    /// Rewards of each group, with its call and task.
    of_group: Vec<(Option<u64>, Option<String>, Vec<f64>)>,
    points: Vec<Point>,
    tasks: BTreeMap<String, TaskSum>,
    rewards: f64,
    totals: (f64, usize),
    fixtures: usize,
    imports: usize,
}

impl Reading {
    fn new(name: String, generations: u32) -> Self {
        Self {
            run: Run {
                name,
                ..Run::default()
            },
            groups: Groups::new(generations),
            of_group: Vec::new(),
            points: Vec::new(),
            tasks: BTreeMap::new(),
            rewards: 0.0,
            totals: (0.0, 0),
            fixtures: 0,
            imports: 0,
        }
    }

    fn file(&mut self, file: &Path) -> Result<(), DataError> {
        let mut lines = Lines::open(file)?;
        while let Some(line) = lines.next_line()? {
            let number = line.number;
            match line.row {
                Ok(row) => self.row(&row, number),
                Err(message) => self.bad(number, message),
            }
        }
        Ok(())
    }

    fn bad(&mut self, line: u64, message: String) {
        self.run.bad_lines += 1;
        if self.run.first_bad_lines.len() < TOLD {
            self.run.first_bad_lines.push(BadLine { line, message });
        }
    }

    fn row(&mut self, row: &Row, line: u64) {
        if losses(row, &mut self.run.training) {
            return;
        }
        match Form::of(row) {
            Some(Form::Completion | Form::Evaluation | Form::Step | Form::Rollout | Form::Sft) => {}
            Some(Form::Preference | Form::Curriculum) => return self.run.other_rows += 1,
            // The first line of a trajectory.
            None if line == 1 && row.is_header() => return,
            None => return self.bad(line, "the row has none of the known forms".to_owned()),
        }
        self.run.completions += 1;
        let code = row.code().unwrap_or_default();
        let flag = |key: &str| row.get(key).and_then(Value::as_bool);
        self.fixtures += usize::from(flag("has_fixture").unwrap_or_else(|| reward::assigns_fixture(&code)));
        self.imports +=
            usize::from(flag("has_cadquery_import").unwrap_or_else(|| code.contains("import cadquery")));
        let group = self.groups.push(row, line) as usize;
        if group == self.of_group.len() {
            let task = row.task_id().map(str::to_owned);
            self.of_group.push((row.call(), task, Vec::new()));
        }
        let Some(score) = row.score() else { return };
        let (built, kind) = (row.built().unwrap_or(false), row.kind());
        self.of_group[group].2.push(score);
        self.points.push(Point {
            reward: score as f32,
            built,
            kind,
        });
        self.rewards += score;
        let best = &mut self.run.best_reward;
        *best = Some(best.map_or(score, |best| best.max(score)));
        if let Some(total) = row.total() {
            self.totals = (self.totals.0 + total, self.totals.1 + 1);
            let best = &mut self.run.best_total;
            *best = Some(best.map_or(total, |best| best.max(total)));
        }
        self.run.clipped += usize::from(row.clipped());
        if let Some(task) = row.task_id() {
            let sum = self.tasks.entry(task.to_owned()).or_insert(TaskSum {
                best: f64::NEG_INFINITY,
                ..TaskSum::default()
            });
            sum.rows += 1;
            sum.built += usize::from(built);
            sum.sum += score;
            sum.best = sum.best.max(score);
        }
    }

    fn run(self) -> Run {
        let (scored, completions) = (self.points.len(), self.run.completions);
        let share = |part: usize, whole: usize| (whole > 0).then(|| part as f64 / whole as f64);
        let built = self.points.iter().filter(|point| point.built).count();
        let kinds = kinds(&self.points, None);
        let stretch = |(index, points): (usize, &[Point])| Stretch {
            from: index * stretch_of(scored),
            to: index * stretch_of(scored) + points.len(),
            mean_reward: points.iter().map(|point| f64::from(point.reward)).sum::<f64>()
                / points.len() as f64,
            build_rate: points.iter().filter(|point| point.built).count() as f64 / points.len() as f64,
            kinds: self::kinds(points, Some(&kinds)),
        };
        let over_time = self
            .points
            .chunks(stretch_of(scored))
            .enumerate()
            .map(stretch)
            .collect();
        let groups: Vec<GroupNumbers> = (0..self.groups.len())
            .zip(self.of_group)
            .filter_map(|(group, (reward_call, task_id, rewards))| {
                let Spread { mean, std } = Spread::of(&rewards)?;
                Some(GroupNumbers {
                    line: self.groups.line(group),
                    reward_call,
                    task_id,
                    rows: rewards.len(),
                    mean,
                    std,
                    best: rewards.iter().copied().fold(f64::NEG_INFINITY, f64::max),
                })
            })
            .collect();
        let compared = groups.iter().filter(|group| group.rows > 1).count();
        let informative = groups
            .iter()
            .filter(|group| group.rows > 1 && group.std > 0.0)
            .count();
        let task = |(task_id, sum): (String, TaskSum)| TaskNumbers {
            task_id,
            completions: sum.rows,
            built: sum.built,
            build_rate: sum.built as f64 / sum.rows as f64,
            mean_reward: sum.sum / sum.rows as f64,
            best_reward: sum.best,
        };
        Run {
            scored,
            built,
            build_rate: share(built, scored),
            mean_reward: (scored > 0).then(|| self.rewards / scored as f64),
            mean_total: (self.totals.1 > 0).then(|| self.totals.0 / self.totals.1 as f64),
            fixture_rate: share(self.fixtures, completions),
            import_rate: share(self.imports, completions),
            kinds,
            tasks: self.tasks.into_iter().map(task).collect(),
            informative_groups: share(informative, compared),
            groups,
            over_time,
            ..self.run
        }
    }
}

/// Candidates in each of the stretches.
fn stretch_of(count: usize) -> usize {
    count.div_ceil(STRETCHES).max(1)
}

/// Counts of kinds, most frequent first or in a given order.
fn kinds(points: &[Point], order: Option<&[KindCount]>) -> Vec<KindCount> {
    let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
    for kind in points.iter().filter_map(|point| point.kind) {
        *counts.entry(kind).or_default() += 1;
    }
    if let Some(order) = order {
        return order
            .iter()
            .map(|KindCount { kind, .. }| KindCount {
                kind: *kind,
                count: counts.get(kind).copied().unwrap_or_default(),
            })
            .collect();
    }
    let mut counts: Vec<KindCount> = counts
        .into_iter()
        .map(|(kind, count)| KindCount { kind, count })
        .collect();
    counts.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    counts
}

/// Takes losses from a line of a trainer's log; `false` if it is none.
fn losses(row: &Row, losses: &mut Option<Losses>) -> bool {
    if row.get("code").is_some() || row.get("messages").is_some() {
        return false;
    }
    let (train, eval) = (row.number("loss"), row.number("eval_loss"));
    // The line that a trainer writes at its end.
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

/// Reads the state that a trainer of Hugging Face leaves.
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
            "{} holds no `log_history` with losses\nhint: give JSON Lines, or a trainer_state.json",
            path.display()
        ))),
    }
}

fn name_of(path: &Path) -> String {
    let of = if path.file_name() == Some(trajectory::FILE_NAME.as_ref()) {
        path.parent().unwrap_or(path)
    } else {
        path
    };
    // `.` and `..` have a name once they are whole paths.
    let whole = std::fs::canonicalize(of).unwrap_or_else(|_| of.to_owned());
    let name = whole.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests;
