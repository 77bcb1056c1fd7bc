//! An index of the rows of a run: a file of candidates with their rewards, a folder of such files and of trajectories, or a store.
//!
//! Files may exceed available memory: the index has 24 bytes per row, 12 for its group, and reads texts on demand. The rows of a
//! compressed file are unpacked once, to an unnamed temporary file.

mod folder;
mod grouping;
mod numbers;
mod search;
mod stored;
mod texts;

use std::path::{Path, PathBuf};

use super::lines::MAX_LINE;
use super::row_format::UNKNOWN_FORMAT;
use super::spool::Spool;
use super::{Content, DataError, Lines, MalformedLines, Row};
use cadforge_core::failure::Kind;
use grouping::Grouping;

pub use folder::{files, is_run_folder};
pub use grouping::IndexedGroup;
pub use numbers::GroupBy;
pub use texts::{ChangeLine, REPLACES_ITSELF};

/// Rows of a file, a folder or a store.
#[derive(Debug, Default)]
pub struct RowIndex {
    /// The file, or the folder of a store or of several files.
    pub path: PathBuf,
    /// Whether the rows come from a store.
    pub stored: bool,
    /// Files of the rows, in the order of `runs`; empty for a store.
    pub files: Vec<PathBuf>,
    /// Candidates that have a score or a kind, in order.
    pub rows: Vec<IndexedRow>,
    /// Task names that rows refer to.
    pub tasks: Vec<String>,
    /// Run names that rows refer to; empty for one file.
    pub runs: Vec<String>,
    /// Groups of two rows or more, and those with an id, in order of their first row.
    pub groups: Vec<IndexedGroup>,
    /// Rows of the groups, group by group.
    members: Vec<u32>,
    /// Group of each row; `u32::MAX` for none.
    group_of: Vec<u32>,
    /// Advantage of each row in its group; NaN without a score.
    advantages: Vec<f32>,
    /// Malformed lines.
    pub malformed: MalformedLines,
    /// Rows that are not listed: prompts, pairs, and candidates with neither a score nor a kind.
    pub unlisted: usize,
    /// Where the rows of each compressed file begin in the spool.
    unpacked: Vec<Option<u64>>,
    spool: Option<Spool>,
}

/// A row as displayed in a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IndexedRow {
    /// Offset of the line in the (unpacked) file, or id in the store.
    start: u64,
    /// Score that the training loop compared; NaN for none.
    pub score: f32,
    /// Unshaped total; NaN for none.
    pub total: f32,
    /// Index of its run.
    pub run: u16,
    /// Index of its task; `u16::MAX` for none.
    pub task: u16,
    /// Its kind.
    pub kind: Option<Kind>,
    /// Whether it built; none if unknown.
    pub built: Option<bool>,
}

impl RowIndex {
    /// Reads the index of a store, the files of a folder, or one file.
    ///
    /// # Errors
    /// If a file cannot be read, or none holds rows to list.
    pub fn open(path: &Path, progress: &dyn Fn(f32)) -> Result<Self, DataError> {
        if super::store::exists(path) {
            Self::from_store(path)
        } else if is_run_folder(path) {
            Self::from_folder(path, progress)
        } else {
            Self::read(path)
        }
    }

    /// Reads a file line by line.
    ///
    /// # Errors
    /// If it cannot be read, or holds no rows to list.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let mut index = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut grouping = Grouping::new();
        index.read_file(path, &mut grouping)?;
        grouping.finish(&mut index);
        if index.rows.is_empty() {
            return Err(DataError::Input(format!(
                "{} holds no rows with a reward or a kind\nhint: give a trajectory's folder, or what `cadforge score` wrote",
                path.display()
            )));
        }
        Ok(index)
    }

    /// Reads a file as the last one of [`Self::files`].
    fn read_file(&mut self, path: &Path, grouping: &mut Grouping) -> Result<(), DataError> {
        let number = self.files.len();
        self.files.push(path.to_owned());
        grouping.next_file();
        let mut lines = Lines::open(path)?;
        let base = match (lines.is_packed(), &self.spool) {
            (false, _) => None,
            (true, Some(spool)) => Some(spool.end()),
            (true, None) => Some(self.spool.insert(Spool::new()?).end()),
        };
        self.unpacked.push(base);
        while let Some(line) = lines.next_line()? {
            let row = match line.row {
                Ok(row) => row,
                Err(message) => {
                    self.malformed.push(path, line.number, message);
                    continue;
                }
            };
            match Content::of(&row) {
                Content::Candidate(_) => {
                    let group = grouping.push(&row, line.number);
                    if row.score().is_none() && row.kind().is_none() {
                        self.unlisted += 1;
                        continue;
                    }
                    grouping.list(group, row.score());
                    self.push(line.start, number, &row);
                    if let (Some(base), Some(spool)) = (base, &mut self.spool) {
                        spool.put_at(lines.bytes(), base + line.start)?;
                    }
                }
                Content::Other(_) => {
                    grouping.pass_over(&row);
                    self.unlisted += 1;
                }
                Content::Header => {}
                Content::Unknown => self.malformed.push(path, line.number, UNKNOWN_FORMAT.to_owned()),
            }
        }
        Ok(())
    }

    fn push(&mut self, start: u64, run: usize, row: &Row) {
        let number = |value: Option<f64>| value.map_or(f32::NAN, |value| value as f32);
        self.rows.push(IndexedRow {
            start,
            score: number(row.score()),
            total: number(row.total()),
            run: u16::try_from(run).unwrap_or(u16::MAX),
            task: index_of(&mut self.tasks, row.task_id()),
            kind: row.kind(),
            built: row.built(),
        });
    }

    /// File of a row, or folder of the store.
    pub fn file(&self, row: &IndexedRow) -> &Path {
        self.files.get(row.run as usize).unwrap_or(&self.path)
    }

    /// Whether the rows come from the files of a folder.
    pub fn is_folder(&self) -> bool {
        !self.stored && !self.runs.is_empty()
    }

    /// Kinds that occur among the rows.
    pub fn kinds(&self) -> Vec<Kind> {
        let kinds: std::collections::BTreeSet<Kind> = self.rows.iter().filter_map(|row| row.kind).collect();
        kinds.into_iter().collect()
    }
}

fn index_of(names: &mut Vec<String>, name: Option<&str>) -> u16 {
    let Some(name) = name else { return u16::MAX };
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
