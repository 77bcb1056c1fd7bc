//! Imports files and trajectory folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::{Store, objects};
use crate::lines::run_name;
use crate::row_format::UNKNOWN_FORMAT;
use crate::{Content, DEFAULT_GENERATIONS, DataError, Groups, Lines, MalformedLines, Row, RowFormat};
use cadforge_trajectory as trajectory;

/// Rows per transaction; other processes get their turn in between.
const BATCH: usize = 2000;

/// Counts of an import.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Imported {
    /// Name of the run.
    pub run: String,
    /// Rows read.
    pub rows: usize,
    /// New rows.
    pub added: usize,
    /// Malformed lines.
    #[serde(flatten)]
    pub malformed: MalformedLines,
}

impl Store {
    /// Imports a JSONL file, or a trajectory's folder with its artifacts. The run has the given name or that of the
    /// file; a file that was imported before continues its run. `progress` is called with the number of rows read.
    pub fn import(
        &mut self,
        path: &Path,
        run: Option<&str>,
        progress: &mut dyn FnMut(usize),
    ) -> Result<Imported, DataError> {
        let source = std::fs::canonicalize(path).map_err(DataError::io("read", path))?;
        let mut lines = Lines::open(&source)?;
        let is_trajectory = lines.path().file_name() == Some(trajectory::FILE_NAME.as_ref());
        let artifacts = lines
            .path()
            .parent()
            .filter(|_| is_trajectory)
            .map(Path::to_owned);
        let name = run.map_or_else(|| run_name(&source), str::to_owned);
        let mut imported = Imported {
            run: name.clone(),
            ..Imported::default()
        };
        let mut groups = Groups::new(DEFAULT_GENERATIONS);
        let mut equal = HashMap::new();
        let mut at_end = false;
        while !at_end {
            let mut batch = Vec::new();
            while batch.len() < BATCH {
                let Some(line) = lines.next_line()? else {
                    at_end = true;
                    break;
                };
                let content = line.row.map(|row| (Content::of(&row), row));
                match content {
                    Ok((Content::Header, _)) => {}
                    Ok((Content::Candidate(format), row)) => {
                        let group = groups.push(&row, line.number) as usize;
                        let place = (line.number, groups.line(group));
                        batch.push(Incoming::new(place, format, row, &mut equal));
                    }
                    Ok((Content::Other(format), row)) => {
                        groups.pass_over(&row);
                        batch.push(Incoming::new((line.number, line.number), format, row, &mut equal));
                    }
                    Ok((Content::Unknown, _)) => {
                        imported
                            .malformed
                            .push(lines.path(), line.number, UNKNOWN_FORMAT.to_owned());
                    }
                    Err(message) => imported.malformed.push(lines.path(), line.number, message),
                }
            }
            imported.rows += batch.len();
            imported.added += self.add(&source, &name, artifacts.as_deref(), &batch)?;
            progress(imported.rows);
        }
        Ok(imported)
    }

    /// Adds new rows, all or none.
    fn add(
        &mut self,
        source: &Path,
        name: &str,
        artifacts: Option<&Path>,
        batch: &[Incoming],
    ) -> Result<usize, DataError> {
        let folder = self.folder.clone();
        let fail = |error| DataError::Store {
            path: folder.clone(),
            error,
        };
        let change = self
            .index
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        let mut added = Vec::new();
        let mut insert_all = || -> rusqlite::Result<()> {
            let mut known = change.prepare("SELECT 1 FROM rows WHERE run = ?1 AND digest = ?2")?;
            let mut insert = change.prepare(
                "INSERT INTO rows (digest, run, line, format, task, kind, built, total, score, call, group_id, group_line, profile)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            )?;
            let mut keep = change.prepare("INSERT INTO texts (row, json) VALUES (?1, ?2)")?;
            let mut names = Names::default();
            let source = source_of(source, name);
            let mut run = known_run(&change, &source)?;
            for incoming in batch {
                if let Some(run) = run
                    && known.exists(params![run, incoming.digest.as_slice()])?
                {
                    continue;
                }
                // A run is created with its first row.
                let run = match run {
                    Some(run) => run,
                    None => *run.insert(new_run(&change, &source, name)?),
                };
                let Incoming {
                    row,
                    format,
                    line,
                    group_line,
                    ..
                } = incoming;
                let task = row.task_id().map(|task| names.id(&change, task)).transpose()?;
                let kind = row.kind().map(|kind| names.id(&change, kind.name()));
                let profile = row.text("profile").map(|name| names.id(&change, name));
                insert.execute(params![
                    incoming.digest.as_slice(),
                    run,
                    line.cast_signed(),
                    names.id(&change, format.name())?,
                    task,
                    kind.transpose()?,
                    row.built(),
                    row.total(),
                    row.score(),
                    row.call().map(u64::cast_signed),
                    row.group_id(),
                    group_line.cast_signed(),
                    profile.transpose()?,
                ])?;
                let id = change.last_insert_rowid();
                keep.execute(params![id, incoming.json])?;
                added.push((id, row));
            }
            Ok(())
        };
        insert_all().map_err(fail)?;
        if let Some(artifacts) = artifacts {
            for (id, row) in &added {
                for (role, file) in files(artifacts, row) {
                    let bytes = std::fs::read(&file).map_err(DataError::io("read", &file))?;
                    let extension = file
                        .extension()
                        .and_then(|extension| extension.to_str())
                        .unwrap_or("bin");
                    let name = objects::keep(&folder, &bytes, extension)?;
                    change
                        .execute(
                            "INSERT INTO artifacts (row, role, name) VALUES (?1, ?2, ?3)",
                            params![id, role, name],
                        )
                        .map_err(fail)?;
                }
            }
        }
        let count = added.len();
        change.commit().map_err(fail)?;
        Ok(count)
    }
}

/// A row to import.
struct Incoming {
    line: u64,
    group_line: u64,
    format: RowFormat,
    row: Row,
    json: String,
    digest: [u8; 16],
}

impl Incoming {
    fn new(
        (line, group_line): (u64, u64),
        format: RowFormat,
        row: Row,
        equal: &mut HashMap<[u8; 16], u32>,
    ) -> Self {
        let json = serde_json::to_string(&row.0).expect("a JSON object");
        let digest = |number: u32| -> [u8; 16] {
            let hash = Sha256::new()
                .chain_update(number.to_le_bytes())
                .chain_update(&json)
                .finalize();
            hash[..16].try_into().expect("sixteen of thirty-two")
        };
        // The second of two equal rows is a row of its own, and keeps its digest at the next import.
        let number = equal.entry(digest(0)).or_insert(0);
        let digest = digest(*number);
        *number += 1;
        Self {
            line,
            group_line,
            format,
            row,
            json,
            digest,
        }
    }
}

/// Ids of names, each looked up once per batch.
#[derive(Default)]
struct Names(HashMap<String, i64>);

impl Names {
    fn id(&mut self, index: &Transaction<'_>, name: &str) -> rusqlite::Result<i64> {
        if let Some(id) = self.0.get(name) {
            return Ok(*id);
        }
        let mut find = index.prepare("SELECT id FROM names WHERE name = ?1")?;
        let id = match find.query_row([name], |row| row.get(0)).optional()? {
            Some(id) => id,
            None => {
                index.execute("INSERT INTO names (name) VALUES (?1)", [name])?;
                index.last_insert_rowid()
            }
        };
        self.0.insert(name.to_owned(), id);
        Ok(id)
    }
}

/// The key of a run: a given name makes another run of the same file.
fn source_of(source: &Path, name: &str) -> String {
    format!("{}\u{0}{name}", source.display())
}

fn known_run(index: &Transaction<'_>, source: &str) -> rusqlite::Result<Option<i64>> {
    index
        .query_row("SELECT id FROM runs WHERE source = ?1", [source], |row| {
            row.get(0)
        })
        .optional()
}

fn new_run(index: &Transaction<'_>, source: &str, name: &str) -> rusqlite::Result<i64> {
    index.execute("INSERT INTO runs (name, source) VALUES (?1, ?2)", [name, source])?;
    Ok(index.last_insert_rowid())
}

/// Existing files of a step.
fn files(folder: &Path, row: &Row) -> Vec<(&'static str, PathBuf)> {
    let file = |role: &'static str| {
        let path = Path::new(row.get("artifacts")?.get(role)?.as_str()?);
        // Artifacts are inside the trajectory's folder; paths out of it are ignored.
        let inside = path.is_relative() && !path.components().any(|part| part.as_os_str() == "..");
        let path = folder.join(path);
        (inside && path.is_file()).then_some((role, path))
    };
    ["code", "stl", "reward"].into_iter().filter_map(file).collect()
}
