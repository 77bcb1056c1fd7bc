//! The index's format, and migrations from older ones.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};

use crate::{DataError, Row};
use cadforge_core::failure::Kind;

/// One migration per format; the first creates format 1 in an empty file. Released migrations never change.
pub(super) const STEPS: [&str; 5] = [
    "CREATE TABLE names (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE runs (id INTEGER PRIMARY KEY, name TEXT NOT NULL, source TEXT NOT NULL UNIQUE) STRICT;
     CREATE TABLE rows (
         id INTEGER PRIMARY KEY,
         digest BLOB NOT NULL UNIQUE,
         run INTEGER NOT NULL REFERENCES runs,
         line INTEGER NOT NULL,
         form INTEGER NOT NULL REFERENCES names,
         task INTEGER REFERENCES names,
         kind INTEGER REFERENCES names,
         built INTEGER,
         total REAL,
         score REAL,
         call INTEGER
     ) STRICT;
     CREATE TABLE texts (row INTEGER PRIMARY KEY REFERENCES rows, json TEXT NOT NULL) STRICT;
     CREATE TABLE artifacts (
         row INTEGER NOT NULL REFERENCES rows, role TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (row, role)
     ) STRICT, WITHOUT ROWID;",
    // Lists are filtered by task and kind; without these indices every list would read all rows.
    "CREATE INDEX rows_by_task ON rows (task, kind, total);
     CREATE INDEX rows_by_kind ON rows (kind, total);
     CREATE INDEX rows_by_run ON rows (run);",
    // Shows groups without reading the rows themselves.
    "ALTER TABLE rows ADD COLUMN group_id TEXT;
     UPDATE rows SET group_id = (SELECT CAST(json_extract(json, '$.group_id') AS TEXT) FROM texts WHERE texts.row = rows.id);",
    // The comparison of a group depends on its profile.
    "ALTER TABLE rows ADD COLUMN profile INTEGER REFERENCES names;
     INSERT OR IGNORE INTO names (name)
         SELECT DISTINCT json_extract(json, '$.profile') FROM texts WHERE json_type(json, '$.profile') = 'text';
     UPDATE rows SET profile = (SELECT names.id FROM texts JOIN names ON name = json_extract(json, '$.profile') WHERE texts.row = rows.id);",
    // Two runs may hold equal rows: a row is unique within its run only. SQLite cannot change a constraint in place.
    "CREATE TABLE new_rows (
         id INTEGER PRIMARY KEY,
         digest BLOB NOT NULL,
         run INTEGER NOT NULL REFERENCES runs,
         line INTEGER NOT NULL,
         form INTEGER NOT NULL REFERENCES names,
         task INTEGER REFERENCES names,
         kind INTEGER REFERENCES names,
         built INTEGER,
         total REAL,
         score REAL,
         call INTEGER,
         group_id TEXT,
         profile INTEGER REFERENCES names,
         UNIQUE (run, digest)
     ) STRICT;
     INSERT INTO new_rows
         SELECT id, digest, run, line, form, task, kind, built, total, score, call, group_id, profile FROM rows;
     DROP TABLE rows;
     ALTER TABLE new_rows RENAME TO rows;
     CREATE INDEX rows_by_task ON rows (task, kind, total);
     CREATE INDEX rows_by_kind ON rows (kind, total);",
];

/// Before this format, shaped failures and numbers that tell nothing counted as built.
const OUTCOMES_CHANGED: usize = 5;

/// The format of this version.
pub(super) const FORMAT: usize = STEPS.len();

/// Migrates an index to this version's format; a newer format is an error and stays unchanged. Foreign keys must be
/// off: a table that is recreated has its name again only at the end.
pub(super) fn migrate(index: &mut Connection, folder: &Path) -> Result<(), DataError> {
    let fail = |source| DataError::Store {
        path: folder.to_owned(),
        source,
    };
    let format = format_of(index).map_err(fail)?;
    if format == FORMAT {
        return Ok(());
    }
    if format > FORMAT {
        return Err(DataError::Input(format!(
            "the store in {} has format {format}, but this version supports {FORMAT}\nhint: open it with the version that wrote it, or set another with `--store DIR`",
            folder.display()
        )));
    }
    let step = |index: &mut Connection| -> rusqlite::Result<()> {
        let change = index.transaction_with_behavior(TransactionBehavior::Exclusive)?;
        let before = format_of(&change)?;
        for step in &STEPS[before..] {
            change.execute_batch(step)?;
        }
        if before < OUTCOMES_CHANGED {
            derive_outcomes(&change)?;
        }
        change.pragma_update(None, "user_version", FORMAT as i64)?;
        change.commit()
    };
    step(index).map_err(fail)
}

/// Derives `built` and `kind` of all rows again.
fn derive_outcomes(change: &Transaction<'_>) -> rusqlite::Result<()> {
    let mut texts = change.prepare("SELECT row, json FROM texts")?;
    let mut add = change.prepare("INSERT OR IGNORE INTO names (name) VALUES (?1)")?;
    let mut put = change
        .prepare("UPDATE rows SET built = ?2, kind = (SELECT id FROM names WHERE name = ?3) WHERE id = ?1")?;
    let mut rows = texts.query([])?;
    while let Some(text) = rows.next()? {
        // A damaged row is skipped; reading it reports the damage.
        let Ok(row) = Row::parse(text.get_ref(1)?.as_str()?.as_bytes()) else {
            continue;
        };
        let kind = row.kind().map(Kind::name);
        if let Some(kind) = kind {
            add.execute([kind])?;
        }
        put.execute(params![text.get::<_, i64>(0)?, row.built(), kind])?;
    }
    Ok(())
}

pub(super) fn format_of(index: &Connection) -> rusqlite::Result<usize> {
    let format: i64 = index.pragma_query_value(None, "user_version", |row| row.get(0))?;
    Ok(usize::try_from(format).unwrap_or(usize::MAX))
}
