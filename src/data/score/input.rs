//! The rows to score. They are read twice: for their groups, then for their candidates.

use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use super::ScoreOptions;
use crate::{Content, DataError, Groups, Lines, MalformedLine, MalformedLines, Row};
use cadforge_task::{Task, TaskSet};

/// Result of the first reading.
pub(super) struct Plan {
    pub groups: Groups,
    /// The rows of this shard.
    pub rows: Range<usize>,
    pub malformed: MalformedLines,
}

/// A row that can be scored.
pub(super) struct ScorableRow {
    pub row: Row,
    pub task: Arc<Task>,
    pub code: String,
    pub line: u64,
    /// Length of its line.
    pub bytes: u64,
}

/// A line that cannot be scored.
pub(super) struct UnfitLine {
    line: u64,
    message: String,
    /// Its row, if it has a candidate.
    row: Option<Row>,
}

/// Reads the rows of a file.
pub(super) struct ScorableRows<'a> {
    lines: Lines,
    tasks: &'a TaskSet,
    default_task: Option<&'a str>,
}

impl Plan {
    pub fn read(options: &ScoreOptions, tasks: &TaskSet) -> Result<Self, DataError> {
        if let Some(task) = &options.task {
            tasks
                .get(task)
                .map_err(|error| DataError::Input(error.to_string()))?;
        }
        let mut source = ScorableRows::open(&options.input, options.task.as_deref(), tasks)?;
        let mut groups = Groups::new(options.generations);
        let mut malformed = MalformedLines::default();
        while let Some(row) = source.next()? {
            match row {
                Ok(row) => {
                    groups.push(&row.row, row.line);
                }
                Err(unfit) => {
                    if let Some(row) = &unfit.row {
                        groups.pass_over(row);
                    }
                    malformed.push(&options.input, unfit.line, unfit.message);
                }
            }
        }
        if groups.rows() == 0
            && let Some(MalformedLine { line, message, .. }) = malformed.first.first()
        {
            return Err(DataError::Input(format!(
                "{} has no row that can be scored; line {line}: {message}",
                options.input.display()
            )));
        }
        let (index, shards) = options.shard;
        Ok(Self {
            rows: groups.shard(index, shards),
            groups,
            malformed,
        })
    }
}

impl<'a> ScorableRows<'a> {
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

    /// The next row, or why a line cannot be scored.
    pub fn next(&mut self) -> Result<Option<Result<ScorableRow, UnfitLine>>, DataError> {
        while let Some(line) = self.lines.next_line()? {
            let unfit = |message: String, row: Option<Row>| UnfitLine {
                line: line.number,
                message,
                row,
            };
            let row = match line.row {
                Err(message) => return Ok(Some(Err(unfit(message, None)))),
                Ok(row) => row,
            };
            let content = Content::of(&row);
            if content == Content::Header {
                continue;
            }
            return Ok(Some(match self.task_and_code(&row) {
                Ok((task, code)) => Ok(ScorableRow::new(row, task, code, line.number, line.length)),
                Err(message) => Err(unfit(message, Some(row).filter(|_| content != Content::Unknown))),
            }));
        }
        Ok(None)
    }

    fn of_id(&self, id: &str) -> Result<&'a Arc<Task>, String> {
        self.tasks
            .get(id)
            .map_err(|_| format!("unknown task `{id}`\nhint: `--tasks DIR` adds task packs"))
    }

    fn task_and_code(&self, row: &Row) -> Result<(Arc<Task>, String), String> {
        let asked = || self.tasks.of_prompt(&row.prompt_text());
        let task = match (row.task_id(), self.default_task) {
            (Some(id), _) => self.of_id(id)?,
            (None, default) => match (asked(), default) {
                (Some(task), _) => task,
                (None, Some(id)) => self.of_id(id)?,
                (None, None) => {
                    return Err(
                        "the row names no `task_id`, and its prompt is that of no task\nhint: give `--task ID` for such rows"
                            .to_owned(),
                    );
                }
            },
        };
        let code = row
            .code()
            .ok_or("the row has neither `code` nor `completion` nor a message of the assistant")?;
        Ok((Arc::clone(task), code))
    }
}

impl ScorableRow {
    fn new(mut row: Row, task: Arc<Task>, code: String, line: u64, bytes: u64) -> Self {
        if row.task_id().is_none() {
            row.0.insert("task_id".to_owned(), task.id.clone().into());
        }
        Self {
            row,
            task,
            code,
            line,
            bytes,
        }
    }
}
