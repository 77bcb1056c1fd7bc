//! Storage of rows and trajectories of all runs: an index in SQLite, artifacts as files named by their content.
//!
//! Several processes may read and import at the same time; a killed process loses only what it had not committed.
//! Importing again adds no duplicates: within its run, a row is identified by its line and by the number of equal
//! rows before it in its file, so that a log that has grown adds its new lines. Equal rows of different runs are kept
//! separately. The index holds the rows; large files (STL, code and reward of a trajectory's steps) are beside it.

mod filter;
mod import;
mod objects;
mod schema;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension as _};

use super::{DataError, Row};

pub use filter::{Column, Count, Filter, Numbers, StoredRow};
pub use import::Imported;
pub use objects::{RemovedFiles, bytes};

/// File of the index in a store's folder.
const INDEX: &str = "index.sqlite";
/// Another process may import a large file meanwhile; it commits every few thousand rows.
const BUSY_TIMEOUT: Duration = Duration::from_secs(60);

/// An open store.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    index: Connection,
}

impl Store {
    /// Opens the store in a folder, and creates it if there is none. A store of another format is an error, and stays as it is.
    pub fn open(folder: &Path) -> Result<Self, DataError> {
        std::fs::create_dir_all(folder).map_err(DataError::io("make", folder))?;
        // Only one process at a time may create the index.
        let lock = folder.join("lock");
        let lock = File::create(&lock).and_then(|file| file.lock().map(|()| file));
        let fail = |error| DataError::Store {
            path: folder.to_owned(),
            error,
        };
        let file = folder.join(INDEX);
        let mut index = Connection::open(&file).map_err(fail)?;
        index.busy_timeout(BUSY_TIMEOUT).map_err(fail)?;
        schema::prepare(&mut index, &file, folder)?;
        // Readers do not wait for a writer. A power failure may lose the last import, which can be repeated.
        index
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;",
            )
            .map_err(fail)?;
        drop(lock);
        Ok(Self {
            folder: folder.to_owned(),
            index,
        })
    }

    /// Opens an existing store.
    pub fn open_existing(folder: &Path) -> Result<Self, DataError> {
        if !exists(folder) {
            return Err(DataError::Input(format!(
                "there is no store in {}\nhint: `cadforge store import` creates one; `--store DIR` sets another",
                folder.display()
            )));
        }
        Self::open(folder)
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A row as it was imported: a JSON object on one line.
    pub fn text(&self, id: i64) -> Result<Option<String>, DataError> {
        self.index
            .prepare("SELECT json FROM texts WHERE row = ?1")
            .and_then(|mut query| query.query_row([id], |row| row.get(0)).optional())
            .map_err(|error| self.fail(error))
    }

    /// Passes all rows to `take`, in order of import.
    pub fn texts(&self, take: &mut dyn FnMut(i64, &str)) -> Result<(), DataError> {
        let mut read = || {
            let mut query = self.index.prepare("SELECT row, json FROM texts ORDER BY row")?;
            let mut rows = query.query([])?;
            while let Some(row) = rows.next()? {
                take(row.get(0)?, row.get_ref(1)?.as_str()?);
            }
            rusqlite::Result::Ok(())
        };
        read().map_err(|error| self.fail(error))
    }

    /// The file that a row was imported from, and its line there; `None` for an unknown row.
    pub fn source(&self, id: i64) -> Result<Option<(PathBuf, u64)>, DataError> {
        let found: Option<(String, i64)> = self
            .index
            .prepare("SELECT source, line FROM rows JOIN runs ON runs.id = run WHERE rows.id = ?1")
            .and_then(|mut query| {
                query
                    .query_row([id], |row| Ok((row.get(0)?, row.get(1)?)))
                    .optional()
            })
            .map_err(|error| self.fail(error))?;
        Ok(found.map(|(source, line)| {
            // The run's name follows its file.
            let file = source.split('\u{0}').next().unwrap_or_default();
            (file.into(), line.cast_unsigned())
        }))
    }

    /// A row as it was imported.
    pub fn row(&self, id: i64) -> Result<Option<Row>, DataError> {
        let text = self.text(id)?;
        match text.map(|text| Row::parse(text.as_bytes())) {
            None => Ok(None),
            Some(Ok(row)) => Ok(Some(row)),
            Some(Err(error)) => Err(DataError::Input(format!(
                "row {id} of the store in {} is damaged: {error}\nhint: import its file into a new store",
                self.folder.display()
            ))),
        }
    }

    /// Artifacts of a row, by role (`code`, `stl`, `reward`).
    pub fn artifacts(&self, id: i64) -> Result<Vec<(String, PathBuf)>, DataError> {
        let read = || {
            self.index
                .prepare("SELECT role, name FROM artifacts WHERE row = ?1 ORDER BY role")?
                .query_map([id], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?
                .collect::<Result<Vec<_>, _>>()
        };
        let found = read().map_err(|error| self.fail(error))?;
        let path = |name: String| objects::path(&self.folder, &name);
        Ok(found.into_iter().map(|(role, name)| (role, path(name))).collect())
    }

    fn fail(&self, error: rusqlite::Error) -> DataError {
        DataError::Store {
            path: self.folder.clone(),
            error,
        }
    }
}

/// Whether a folder holds a store.
pub fn exists(folder: &Path) -> bool {
    folder.join(INDEX).is_file()
}

/// Removes a store, but no other file of its folder.
pub fn remove(folder: &Path) -> std::io::Result<()> {
    for name in [INDEX, "index.sqlite-wal", "index.sqlite-shm", "lock"] {
        match std::fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    match std::fs::remove_dir_all(folder.join(objects::FOLDER)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    // Fails, as intended, if the folder has other files.
    let _ = std::fs::remove_dir(folder);
    Ok(())
}

#[cfg(test)]
mod tests;
