//! An index of the rows of a run: a file of candidates with their rewards, a folder of such files and of trajectories, or a store.
//!
//! Files may exceed available memory: the index has 24 bytes per row, 12 for its group, and reads texts on demand. The rows of a
//! compressed file are unpacked once, to an unnamed temporary file.

mod folder;
mod grouping;
mod numbers;
mod rows;
mod search;
mod stored;
mod texts;

use std::path::Path;

use super::row_format::UNKNOWN_FORMAT;
use super::spool::Spool;
use super::{Content, DataError, Lines, Row};
use grouping::Grouping;
use rows::index_of;

pub use folder::{files, is_run_folder};
pub use numbers::GroupBy;
pub use rows::{IndexedGroup, IndexedRow, RowIndex};
pub use texts::{ChangeLine, REPLACES_ITSELF};

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
            scale: index_of(&mut self.scales, Some(&row.scale())),
            kind: row.kind(),
            built: row.built(),
        });
    }
}

#[cfg(test)]
mod tests;
