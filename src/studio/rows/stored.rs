//! Rows of a store: its index holds what a list needs, the rows are read on demand.

use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

use super::groups::Grouping;
use super::{JsonNeedle, Row, Rows, index_of};
use crate::data::store::{Filter, Store};

impl Rows {
    /// Reads the index of the store in a folder.
    pub fn from_store(folder: &Path) -> Result<Self, String> {
        let words = |error: crate::data::DataError| error.to_string();
        let store = Store::open_existing(folder).map_err(words)?;
        let mut rows = Self {
            path: folder.to_owned(),
            stored: true,
            ..Self::default()
        };
        let mut groups = Grouping::default();
        for entry in store.list(&Filter::default(), u32::MAX, 0).map_err(words)? {
            let total = entry.total.or(entry.score);
            if total.is_none() && entry.kind.is_none() {
                // Prompts and similar rows have no candidate to display.
                continue;
            }
            let run = index_of(&mut rows.runs, Some(&entry.run));
            // A group id is unique within its run only.
            let group = entry.group_id.map(|id| format!("{} {id}", entry.run));
            groups.push(group, entry.score, entry.profile);
            rows.rows.push(Row {
                start: entry.id.cast_unsigned(),
                length: 0,
                run,
                task: index_of(&mut rows.tasks, entry.task_id.as_deref()),
                kind: index_of(&mut rows.kinds, entry.kind.as_deref()),
                total: total.map_or(f32::NAN, |total| total as f32),
                built: entry.built,
            });
        }
        groups.finish(&mut rows);
        if rows.rows.is_empty() {
            return Err(format!(
                "the store in {} holds no rows with a reward or a kind\nhint: open a run and import it",
                folder.display()
            ));
        }
        Ok(rows)
    }

    /// Opens the store of the rows.
    pub(super) fn open_store(&self) -> Result<Store, String> {
        Store::open_existing(&self.path).map_err(|error| error.to_string())
    }

    pub(super) fn search_store(&self, wanted: &JsonNeedle) -> Result<Vec<u32>, String> {
        let (mut found, mut next, mut line) = (Vec::new(), 0, Vec::new());
        let search = |id: i64, text: &str| {
            let Some(row) = self.rows.get(next) else { return };
            if row.start != id.cast_unsigned() {
                return;
            }
            line.clear();
            line.extend_from_slice(text.as_bytes());
            if wanted.is_in(&mut line) {
                found.push(next as u32);
            }
            next += 1;
        };
        let mut search = search;
        self.open_store()?
            .texts(&mut search)
            .map_err(|error| error.to_string())?;
        Ok(found)
    }

    /// Reader of the rows, one after the other.
    pub(super) fn source(&self) -> Result<Source<'_>, String> {
        if self.stored {
            return self.open_store().map(|store| Source::Store(Box::new(store)));
        }
        Ok(Source::Files(&self.files, None))
    }

    /// Id of a row in the store.
    pub fn id(&self, index: usize) -> Option<i64> {
        let row = self.rows.get(index).filter(|_| self.stored)?;
        Some(row.start.cast_signed())
    }
}

/// Reader of row texts.
pub(super) enum Source<'a> {
    /// Files, and the open one: its index, and the offset of the next byte.
    Files(&'a [PathBuf], Option<(u16, BufReader<File>, u64)>),
    Store(Box<Store>),
}

impl Source<'_> {
    /// Reads a row's line.
    pub(super) fn read(&mut self, row: &Row, line: &mut Vec<u8>) -> Result<(), String> {
        match self {
            Self::Store(store) => *line = text(store, row.start)?,
            Self::Files(files, open) => {
                if open.as_ref().is_none_or(|(number, ..)| *number != row.run) {
                    *open = Some((row.run, open_file(&files[row.run as usize])?, 0));
                }
                let Some((_, reader, at)) = open else {
                    return Ok(());
                };
                line.resize(row.length as usize, 0);
                let offset = row.start.cast_signed() - at.cast_signed();
                reader
                    .seek_relative(offset)
                    .and_then(|()| reader.read_exact(line))
                    .map_err(|error| {
                        format!(
                            "cannot read a row of {} again: {error}\nhint: the file has changed",
                            files[row.run as usize].display()
                        )
                    })?;
                *at = row.start + u64::from(row.length);
            }
        }
        Ok(())
    }
}

fn open_file(path: &Path) -> Result<BufReader<File>, String> {
    let file = File::open(path).map_err(|error| {
        format!(
            "cannot read {}: {error}\nhint: it was moved or deleted",
            path.display()
        )
    })?;
    Ok(BufReader::with_capacity(1 << 20, file))
}

pub(super) fn text(store: &Store, id: u64) -> Result<Vec<u8>, String> {
    let text = store.text(id.cast_signed()).map_err(|error| error.to_string())?;
    text.map(String::into_bytes).ok_or_else(|| {
        format!(
            "row {id} is no longer in the store in {}\nhint: open it again",
            store.folder().display()
        )
    })
}
