//! All candidates of an export: the deciding values in memory, the rows in an unnamed temporary file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::options::{ExportOptions, ExportSummary};
use super::similar::{Sketch, shingles};
use crate::spool::Spool;
use crate::{Content, DataError, Groups, Lines, Row, RowFormat};
use cadforge_core::failure::Kind;
use cadforge_task::{Task, TaskSet};

/// All candidates of an export.
pub(super) struct Pool {
    pub entries: Vec<PoolRow>,
    /// Names of the input files.
    pub inputs: Vec<String>,
    spool: Spool,
}

/// The values of a row that decide about it.
pub(super) struct PoolRow {
    at: u64,
    length: usize,
    /// Index of its file.
    pub input: u32,
    pub line: u64,
    pub form: RowFormat,
    /// `None` only for ready-made rows without a task.
    pub task: Option<Arc<Task>>,
    /// Number of its group; `u32::MAX` for rows without a candidate of their run.
    pub group: u32,
    pub total: Option<f64>,
    pub score: Option<f64>,
    pub built: bool,
    pub kind: Option<Kind>,
    /// The candidate that it repairs.
    pub parent: Option<u32>,
    /// Whether it is the last step of its trajectory.
    pub last: bool,
    pub sketch: Sketch,
}

impl Pool {
    pub fn read(
        inputs: &[PathBuf],
        tasks: &TaskSet,
        options: &ExportOptions,
        summary: &mut ExportSummary,
    ) -> Result<Self, DataError> {
        let mut pool = Self {
            entries: Vec::new(),
            inputs: inputs.iter().map(|input| name_of(input)).collect(),
            spool: Spool::new()?,
        };
        let mut groups_before = 0;
        // Source of each row that repairs another one.
        let mut repairs = Vec::new();
        for (number, input) in inputs.iter().enumerate() {
            let mut lines = Lines::open(input)?;
            let mut groups = Groups::new(options.generations);
            // Entries of a trajectory's steps.
            let mut steps = HashMap::new();
            while let Some(line) = lines.next_line()? {
                let row = match line.row {
                    Ok(row) => row,
                    Err(message) => {
                        summary.malformed.push(lines.path(), line.number, message);
                        continue;
                    }
                };
                let (form, group) = match Content::of(&row) {
                    Content::Candidate(form) => (form, groups_before + groups.push(&row, line.number)),
                    Content::Other(form) => {
                        groups.pass_over(&row);
                        (form, u32::MAX)
                    }
                    Content::Header => continue,
                    Content::Unknown => {
                        summary.read += 1;
                        summary.unfit += 1;
                        continue;
                    }
                };
                summary.read += 1;
                let parent = row.count("parent").and_then(|parent| steps.get(&parent).copied());
                let ready = form.is_ready_made();
                let task = row.task_id().and_then(|id| tasks.get(id).ok()).cloned();
                if task.is_none() && !ready {
                    summary.unknown_tasks += 1;
                    continue;
                }
                if !options.fits(&row) {
                    summary.unfit += 1;
                    continue;
                }
                let bytes = serde_json::to_vec(&row.0).expect("a JSON object");
                let index = pool.entries.len() as u32;
                if form == RowFormat::Step
                    && let Some(step) = row.count("step")
                {
                    steps.insert(step, index);
                }
                if let (Some(file), Some(line)) = (row.text("source_file"), row.count("source_line")) {
                    repairs.push((index, file.to_owned(), line));
                }
                let sketch = Sketch::of(&shingles(&row.code().unwrap_or_default()));
                pool.entries.push(PoolRow {
                    at: pool.spool.put(&bytes)?,
                    length: bytes.len(),
                    input: number as u32,
                    line: line.number,
                    form,
                    task,
                    group,
                    total: row.total(),
                    score: row.score(),
                    built: row.built().unwrap_or(false),
                    kind: row.kind(),
                    parent,
                    last: false,
                    sketch,
                });
            }
            groups_before += groups.len() as u32;
            if let Some(last) = pool.entries.last_mut()
                && last.input as usize == number
            {
                last.last = true;
            }
        }
        pool.find_repaired(repairs);
        Ok(pool)
    }

    /// Resolves the source of repaired rows, if it was read too.
    fn find_repaired(&mut self, repairs: Vec<(u32, String, u64)>) {
        let by_place: HashMap<(u32, u64), u32> = self
            .entries
            .iter()
            .enumerate()
            .map(|(index, entry)| ((entry.input, entry.line), index as u32))
            .collect();
        for (index, file, line) in repairs {
            let inputs = self
                .inputs
                .iter()
                .enumerate()
                .filter(|(_, input)| **input == file);
            let parent = inputs
                .filter_map(|(input, _)| by_place.get(&(input as u32, line)))
                .find(|parent| **parent != index);
            if let Some(parent) = parent {
                self.entries[index as usize].parent = Some(*parent);
            }
        }
    }

    /// A row as it was read.
    pub fn row(&self, entry: &PoolRow) -> Result<Row, DataError> {
        let bytes = self.spool.get(entry.at, entry.length)?;
        Ok(Row::parse(&bytes).expect("a row that was serialised before"))
    }
}

fn name_of(input: &Path) -> String {
    let whole = std::fs::canonicalize(input).unwrap_or_else(|_| input.to_owned());
    whole
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}
