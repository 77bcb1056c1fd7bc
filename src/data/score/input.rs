//! The rows to score. They are read twice: for their groups, then for their candidates.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::Options;
use crate::{BadLine, DataError, Groups, Lines, Row};
use cadforge_task::{Task, TaskSet};

/// Maximum number of malformed lines that are reported.
const MAX_REPORTED: usize = 20;

/// Result of the first reading.
pub(super) struct Plan {
    pub groups: Groups,
    /// The rows of this shard.
    pub rows: Range<usize>,
    pub bad: usize,
    pub first_bad: Vec<BadLine>,
}

/// A row that can be scored.
pub(super) struct Candidate {
    pub row: Row,
    pub task: Arc<Task>,
    pub code: String,
    pub line: u64,
    /// Length of its line.
    pub bytes: u64,
}

/// Reads the candidates of a file.
pub(super) struct Source<'a> {
    lines: Lines,
    tasks: &'a TaskSet,
    default_task: Option<&'a str>,
}

impl Plan {
    pub fn read(options: &Options, tasks: &TaskSet) -> Result<Self, DataError> {
        if let Some(task) = &options.task {
            tasks
                .get(task)
                .map_err(|error| DataError::Input(error.to_string()))?;
        }
        let mut source = Source::open(&options.input, options.task.as_deref(), tasks)?;
        let mut groups = Groups::new(options.generations);
        let (mut bad, mut first_bad) = (0, Vec::new());
        while let Some(candidate) = source.next()? {
            match candidate {
                Ok(candidate) => {
                    groups.push(&candidate.row, candidate.line);
                }
                Err(line) => {
                    bad += 1;
                    if first_bad.len() < MAX_REPORTED {
                        first_bad.push(line);
                    }
                }
            }
        }
        if groups.rows() == 0 && bad > 0 {
            let BadLine { line, message } = &first_bad[0];
            return Err(DataError::Input(format!(
                "{} has no row that can be scored; line {line}: {message}",
                options.input.display()
            )));
        }
        let (index, shards) = options.shard;
        Ok(Self {
            rows: groups.shard(index, shards),
            groups,
            bad,
            first_bad,
        })
    }
}

impl<'a> Source<'a> {
    pub fn open(path: &Path, default_task: Option<&'a str>, tasks: &'a TaskSet) -> Result<Self, DataError> {
        if !path.is_file() && path.exists() {
            return Err(DataError::Input(format!(
                "{} is not a regular file, and the rows are read twice\nhint: write them to a file first",
                path.display()
            )));
        }
        Ok(Self {
            lines: Lines::open(path)?,
            tasks,
            default_task,
        })
    }

    /// The next row, or why a line is malformed.
    pub fn next(&mut self) -> Result<Option<Result<Candidate, BadLine>>, DataError> {
        let Some(line) = self.lines.next_line()? else {
            return Ok(None);
        };
        let number = line.number;
        let (ended, bytes) = (line.ended, line.length);
        let candidate = line.row.and_then(|row| self.candidate(row, number, bytes));
        Ok(Some(candidate.map_err(|message| BadLine {
            line: number,
            message: if ended {
                message
            } else {
                format!("{message} (the last line is incomplete: is the file still being written?)")
            },
        })))
    }

    fn candidate(&self, mut row: Row, line: u64, bytes: u64) -> Result<Candidate, String> {
        let id = row.task_id().or(self.default_task);
        let id = id.ok_or("the row names no `task_id`\nhint: give `--task ID` for such rows")?;
        let task = self
            .tasks
            .get(id)
            .map_err(|_| format!("unknown task `{id}`\nhint: `--tasks DIR` adds task packs"))?;
        let code = row
            .code()
            .ok_or("the row has neither `code` nor `completion` nor a message of the assistant")?;
        let task = Arc::clone(task);
        if row.task_id().is_none() {
            row.0.insert("task_id".to_owned(), task.id.clone().into());
        }
        Ok(Candidate {
            row,
            task,
            code,
            line,
            bytes,
        })
    }
}
