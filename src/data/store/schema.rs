//! The format of the index.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::DataError;

/// Number of this format; earlier ones were never released.
pub(super) const FORMAT: i64 = 6;

/// Makes the tables in an empty file.
const TABLES: &str = "
    CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL UNIQUE) STRICT;
    -- A row is unique within its run: two runs may hold equal rows. `group_line` is the line of the first row of its group.
    CREATE TABLE rows (
        id INTEGER PRIMARY KEY,
        digest BLOB NOT NULL,
        run INTEGER NOT NULL REFERENCES runs,
        line INTEGER NOT NULL,
        format INTEGER NOT NULL REFERENCES names,
        task INTEGER REFERENCES names,
        kind INTEGER REFERENCES names,
        built INTEGER,
        total REAL,
        score REAL,
        call INTEGER,
        group_id TEXT,
        group_line INTEGER NOT NULL,
        profile INTEGER REFERENCES names,
        UNIQUE (run, digest)
    ) STRICT;
    CREATE TABLE texts (row INTEGER PRIMARY KEY REFERENCES rows, json TEXT NOT NULL) STRICT;
    CREATE TABLE artifacts (
        row INTEGER NOT NULL REFERENCES rows, role TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (row, role)
    ) STRICT, WITHOUT ROWID;
    -- Lists are filtered by task and kind; without these indices every list would read all rows.
    CREATE INDEX rows_by_task ON rows (task, kind, total);
    CREATE INDEX rows_by_kind ON rows (kind, total);
";

/// Makes the tables of a new index. An index of another format is an error and stays as it is.
pub(super) fn prepare(index: &mut Connection, file: &Path, folder: &Path) -> Result<(), DataError> {
    let fail = |error| DataError::Store {
        path: folder.to_owned(),
        error,
    };
    let make = |index: &mut Connection| -> rusqlite::Result<()> {
        let change = index.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        change.execute_batch(TABLES)?;
        change.pragma_update(None, "user_version", FORMAT)?;
        change.commit()
    };
    match format_of(index).map_err(fail)? {
        FORMAT => Ok(()),
        0 => make(index).map_err(fail),
        older if older < FORMAT => Err(DataError::Input(format!(
            "{} has format {older}, which this version no longer reads (it reads format {FORMAT}); nothing was changed\n\
             hint: import the rows anew into another folder: `cadforge store import {} --store DIR`",
            file.display(),
            sources(index).map_err(fail)?,
        ))),
        newer => Err(DataError::Input(format!(
            "{} has format {newer}, but this version reads format {FORMAT}\n\
             hint: open it with the version that wrote it, or set another with `--store DIR`",
            file.display()
        ))),
    }
}

/// The files that an index of an older format was imported from, as arguments of a command.
fn sources(index: &Connection) -> rusqlite::Result<String> {
    let mut sources: Vec<String> = index
        .prepare("SELECT source FROM runs ORDER BY id")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    // The name of a run follows its file.
    for source in &mut sources {
        let end = source.find('\u{0}').unwrap_or(source.len());
        source.truncate(end);
    }
    sources.dedup();
    Ok(if sources.is_empty() {
        "PATH".to_owned()
    } else {
        sources.join(" ")
    })
}

pub(super) fn format_of(index: &Connection) -> rusqlite::Result<i64> {
    index.pragma_query_value(None, "user_version", |row| row.get(0))
}
