//! Scores the rows of a file: in order, on several workers, in bounded memory, and from where a killed run stopped.
//!
//! The output is the only record of what is done. It is read back before anything is scored: whole lines that belong to
//! the input's rows stay, half a line is dropped, and anything else is an error, so that no output ever mixes two inputs.
//! A row is written when its whole group is scored; rows that wait for theirs are put aside on disk when they are many.

mod held;
mod input;
mod pass;
mod resume;
mod rows;

use std::fs::{File, OpenOptions};
use std::io::Seek as _;
use std::path::{Path, PathBuf};

use super::{BadLine, DataError};
use cadforge_assess::{Assessor, Scoring};
use cadforge_core::task::TaskSet;

use input::Plan;
use pass::Pass;
use resume::Finished;

pub use rows::{failed, note, scored};

/// What to score, and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// The rows.
    pub input: PathBuf,
    /// Where they go, each with its score.
    pub output: PathBuf,
    /// Candidates at the same time, at least 1.
    pub jobs: usize,
    /// Which part of how many, counted from 0; parts follow one another.
    pub shard: (u32, u32),
    /// Completions for a prompt, where rows do not say which belong together.
    pub generations: u32,
    /// For rows that name no task.
    pub task: Option<String>,
    /// How to score.
    pub scoring: Scoring,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Rows written, those of earlier runs included.
    pub done: usize,
    /// Rows of this part.
    pub total: usize,
    /// Rows that were done when this run began.
    pub before: usize,
}

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    /// Rows in the output.
    pub rows: usize,
    /// Rows of this part of the input.
    pub of: usize,
    /// Rows that an earlier run had written.
    pub kept: usize,
    /// Rows that this run scored, copies included.
    pub scored: usize,
    /// Rows among those that are equal to one that was scored moments before, and were not run again.
    pub copies: usize,
    /// Rows that could not be scored by our own fault; they have an `error` and are tried again next time.
    pub errors: usize,
    /// Lines of the input that are no rows.
    pub bad_lines: usize,
    /// The first of them.
    pub first_bad_lines: Vec<BadLine>,
    /// Why it stopped before its end, if it did.
    pub stopped: Option<String>,
}

/// Scores what is not scored yet. Equal candidates are run once.
pub fn run(
    options: &Options,
    assessor: &Assessor,
    tasks: &TaskSet,
    progress: &mut dyn FnMut(Progress),
) -> Result<Summary, DataError> {
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
    let mut summary = Summary::default();
    // A run that tried rows again was killed: its file goes first.
    let mut all_tried = false;
    if retry.exists() {
        let left = try_again(&pass, &mut output, &retry, &mut summary, progress)?;
        all_tried = left == 0;
    }
    if summary.stopped.is_none() {
        let finished = Finished::read(&pass, &options.output)?;
        if finished.errors > 0 && !all_tried {
            try_again(&pass, &mut output, &retry, &mut summary, progress)?;
        } else {
            go_on(&pass, &mut output, finished, &mut summary, progress)?;
        }
    }
    summary.kept = summary.rows.saturating_sub(summary.scored + summary.errors);
    summary.of = plan.rows.len();
    summary.bad_lines = plan.bad;
    summary.first_bad_lines = plan.first_bad;
    Ok(summary)
}

/// Appends what is missing.
fn go_on(
    pass: &Pass<'_>,
    output: &mut File,
    finished: Finished,
    summary: &mut Summary,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DataError> {
    let path = &pass.options.output;
    cut(output, finished.length, path)?;
    summary.errors = finished.errors;
    let mut tail = finished.tail.into_iter();
    let previous = &mut || Ok(tail.next());
    pass.run(output, path, finished.rows, previous, summary, progress)
}

/// Writes the output anew beside the old one, with another try for rows that have an error, and then in its place. Says how
/// many rows had been tried already and not scored, by a run that was killed in the middle of this.
fn try_again(
    pass: &Pass<'_>,
    output: &mut File,
    retry: &Path,
    summary: &mut Summary,
    progress: &mut dyn FnMut(Progress),
) -> Result<usize, DataError> {
    let path = &pass.options.output;
    let mut new = open(retry)?;
    let begun = Finished::read(pass, retry)?;
    cut(&mut new, begun.length, retry)?;
    summary.errors = begun.errors;
    let mut old = super::Lines::open(path)?;
    for _ in 0..begun.rows {
        old.next_line()?;
    }
    let mut tail = begun.tail.into_iter();
    let previous = &mut || {
        let newer = tail.next().filter(rows::is_scored);
        // Half a line at its end is no row.
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

/// Opens a file for going on, locked against another run.
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
        // A file system without locks.
        Err(std::fs::TryLockError::Error(_)) => Ok(file),
    }
}

fn cut(file: &mut File, length: u64, path: &Path) -> Result<(), DataError> {
    file.set_len(length)
        .and_then(|()| file.seek(std::io::SeekFrom::Start(length)))
        .map_err(DataError::io("write", path))?;
    Ok(())
}

/// Reading and writing one file would destroy it.
fn refuse_same(input: &Path, output: &Path) -> Result<(), DataError> {
    let same = |path: &Path| std::fs::canonicalize(path).ok();
    match (same(input), same(output)) {
        (Some(one), Some(other)) if one == other => Err(DataError::Input(format!(
            "{} is input and output\nhint: give `-o` another file",
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
