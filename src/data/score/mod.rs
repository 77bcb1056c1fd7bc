//! Scores the rows of a file: in order, on several workers, in bounded memory; resumes interrupted runs.
//!
//! The output is the only record of progress. It is read before anything is scored: complete lines that match the
//! input's rows are kept, a partial line is discarded, and anything else is an error, so that no output ever mixes
//! two inputs. A row is written when its whole group is scored; until then it waits in memory or, beyond a limit, on
//! disk.

mod held;
mod input;
mod pass;
mod resume;
mod rows;

use std::fs::{File, OpenOptions};
use std::io::Seek as _;
use std::path::{Path, PathBuf};

use super::{DataError, Lines, MalformedLines};
use cadforge_assess::{Assessor, Scoring};
use cadforge_task::TaskSet;

use input::Plan;
use pass::Pass;
use resume::Finished;

pub use rows::{add_evaluation, failed, scored};

/// Options of a scoring run.
#[derive(Clone, Debug)]
pub struct ScoreOptions {
    /// File of the rows.
    pub input: PathBuf,
    /// Output file.
    pub output: PathBuf,
    /// Candidates scored in parallel, at least 1.
    pub jobs: usize,
    /// Index, from 0, and number of shards; shards are consecutive.
    pub shard: (u32, u32),
    /// Completions per prompt, if rows do not name their group.
    pub generations: u32,
    /// Task of rows that name none.
    pub task: Option<String>,
    /// Scoring options.
    pub scoring: Scoring,
}

/// Progress of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows written, including earlier runs.
    pub done: usize,
    /// Rows of this shard.
    pub total: usize,
    /// Rows written by earlier runs.
    pub before: usize,
}

/// Counts of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct ScoreSummary {
    /// Rows in the output.
    pub rows: usize,
    /// Rows of this shard of the input.
    pub of: usize,
    /// Rows written by earlier runs.
    pub already_scored: usize,
    /// Rows scored by this run, including copies.
    pub scored: usize,
    /// Rows among those that equal one scored shortly before, and were not run again.
    pub copies: usize,
    /// Rows with an internal error; they have an `error` and are tried again by the next run.
    pub errors: usize,
    /// Malformed lines of the input.
    #[serde(flatten)]
    pub malformed: MalformedLines,
    /// Why the run stopped early, if it did.
    pub stopped: Option<String>,
}

/// Scores all rows that are not scored yet. Equal candidates are run once.
pub fn run(
    options: &ScoreOptions,
    assessor: &Assessor,
    tasks: &TaskSet,
    progress: &mut dyn FnMut(Progress),
) -> Result<ScoreSummary, DataError> {
    refuse_same(&options.input, &options.output)?;
    let plan = Plan::read(options, tasks)?;
    let mut output = open(&options.output)?;
    let pass = Pass {
        options,
        plan: &plan,
        assessor,
        tasks,
    };
    let retry = retry_path(&options.output);
    let mut summary = ScoreSummary::default();
    // A run that tried rows again was killed: its file is completed first.
    let mut all_tried = false;
    if retry.exists() {
        let left = retry_failed(&pass, &mut output, &retry, &mut summary, progress)?;
        all_tried = left == 0;
    }
    if summary.stopped.is_none() {
        let finished = Finished::read(&pass, &options.output)?;
        if finished.errors > 0 && !all_tried {
            retry_failed(&pass, &mut output, &retry, &mut summary, progress)?;
        } else {
            append_rows(&pass, &mut output, finished, &mut summary, progress)?;
        }
    }
    summary.already_scored = summary.rows.saturating_sub(summary.scored + summary.errors);
    summary.of = plan.rows.len();
    summary.malformed = plan.malformed;
    Ok(summary)
}

/// Appends the missing rows.
fn append_rows(
    pass: &Pass<'_>,
    output: &mut File,
    finished: Finished,
    summary: &mut ScoreSummary,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DataError> {
    let path = &pass.options.output;
    cut(output, finished.length, path)?;
    summary.errors = finished.errors;
    let mut tail = finished.tail.into_iter();
    let previous = &mut || Ok(tail.next());
    pass.run(output, path, finished.rows, previous, summary, progress)
}

/// Writes the output again beside the old one, with another try for rows that have an error, and then replaces it.
/// Returns the number of rows that an interrupted retry had tried without a score.
fn retry_failed(
    pass: &Pass<'_>,
    output: &mut File,
    retry: &Path,
    summary: &mut ScoreSummary,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize, DataError> {
    let path = &pass.options.output;
    let mut new = open(retry)?;
    let begun = Finished::read(pass, retry)?;
    cut(&mut new, begun.length, retry)?;
    summary.errors = begun.errors;
    let mut old = Lines::open(path)?;
    for _ in 0..begun.rows {
        old.next_line()?;
    }
    let mut tail = begun.tail.into_iter();
    let previous = &mut || {
        let newer = tail.next().filter(rows::is_scored);
        // A partial line at its end is discarded.
        let older = old.next_line()?.and_then(|line| line.row.ok());
        Ok(newer.or(older.filter(rows::is_scored)))
    };
    pass.run(&mut new, retry, begun.rows, previous, summary, progress)?;
    if summary.stopped.is_some() && summary.rows < pass.plan.rows.len() {
        return Ok(begun.errors);
    }
    std::fs::rename(retry, path).map_err(DataError::io("replace", path))?;
    *output = new;
    Ok(begun.errors)
}

/// Opens a file for appending, locked against another run.
fn open(path: &Path) -> Result<File, DataError> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)
        .map_err(DataError::io("write", path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(DataError::Input(format!(
            "another run is writing {}\nhint: wait for it, or give shards an output of their own",
            path.display()
        ))),
        // The file system has no locks.
        Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}

fn cut(file: &mut File, length: u64, path: &Path) -> Result<(), DataError> {
    file.set_len(length)
        .and_then(|()| file.seek(std::io::SeekFrom::Start(length)))
        .map_err(DataError::io("write", path))?;
    Ok(())
}

/// Reading and writing the same file would destroy it.
fn refuse_same(input: &Path, output: &Path) -> Result<(), DataError> {
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    match (same(input), same(output)) {
        (Some(one), Some(other)) if one == other => Err(DataError::Input(format!(
            "{} is both input and output\nhint: give `-o` another file",
            input.display()
        ))),
        _ => Ok(()),
    }
}

fn retry_path(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".retry");
    PathBuf::from(name)
}
