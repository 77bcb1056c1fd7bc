//! Imports files and trajectory folders.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use rusqlite::{OptionalExtension as _, Transaction, TransactionBehavior, params};
use sha2::{Digest, Sha256};

use super::{Store, objects};
use crate::{BadLine, DataError, Lines, Row, RowFormat};
use cadforge_trajectory as trajectory;

/// Rows per transaction; other processes get their turn in between.
const BATCH: usize = 2000;
/// Maximum number of malformed lines that are reported.
const MAX_REPORTED: usize = 20;

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
    pub bad_lines: usize,
    /// The first malformed lines.
    pub first_bad_lines: Vec<BadLine>,
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
        let in_folder = source.is_dir().then(|| source.join(trajectory::FILE_NAME));
        let is_step_file = source.file_name() == Some(trajectory::FILE_NAME.as_ref());
        let (file, artifacts) = match in_folder {
            Some(file) => (file, Some(source.clone())),
            None => (
                source.clone(),
                is_step_file.then(|| source.parent().unwrap_or(Path::new("/")).to_owned()),
            ),
        };
        let name = run.map_or_else(|| name_of(artifacts.as_deref().unwrap_or(&source)), str::to_owned);
        let mut imported = Imported {
            run: name.clone(),
            ..Imported::default()
        };
        let mut lines = Lines::open(&file)?;
        let mut equal = HashMap::new();
        let mut at_end = false;
        while !at_end {
            let mut batch = Vec::new();
            while batch.len() < BATCH {
                let Some(line) = lines.next_line()? else {
                    at_end = true;
                    break;
                };
                let number = line.number;
                let formed = line.row.and_then(|row| match RowFormat::of(&row) {
                    Some(form) => Ok((form, row)),
                    None if number == 1 && row.is_header() => Err(String::new()),
                    None => Err("the row has no known format".to_owned()),
                });
                match formed {
                    Ok((form, row)) => batch.push(Incoming::new(number, form, row, &mut equal)),
                    Err(message) if message.is_empty() => {}
                    Err(message) => {
                        imported.bad_lines += 1;
                        if imported.first_bad_lines.len() < MAX_REPORTED {
                            imported.first_bad_lines.push(BadLine {
                                line: number,
                                message,
                            });
                        }
                    }
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
        let fail = |source| DataError::Store {
            path: folder.clone(),
            source,
        };
        let change = self
            .index
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(fail)?;
        let mut added = Vec::new();
        let mut insert_all = || -> rusqlite::Result<()> {
            let mut known = change.prepare("SELECT 1 FROM rows WHERE run = ?1 AND digest = ?2")?;
            let mut insert = change.prepare(
                "INSERT INTO rows (digest, run, line, form, task, kind, built, total, score, call, group_id, profile)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
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
                let Incoming { row, form, line, .. } = incoming;
                let task = row.task_id().map(|task| names.id(&change, task)).transpose()?;
                let kind = row.kind().map(|kind| names.id(&change, kind.name()));
                let profile = row.text("profile").map(|name| names.id(&change, name));
                insert.execute(params![
                    incoming.digest.as_slice(),
                    run,
                    line.cast_signed(),
                    names.id(&change, form.name())?,
                    task,
                    kind.transpose()?,
                    row.built(),
                    row.total(),
                    row.score(),
                    row.call().map(u64::cast_signed),
                    row.group_id(),
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
    form: RowFormat,
    row: Row,
    json: String,
    digest: [u8; 16],
}

impl Incoming {
    fn new(line: u64, form: RowFormat, row: Row, equal: &mut HashMap<[u8; 16], u32>) -> Self {
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
            form,
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

/// The name of a file or folder, without extensions.
fn name_of(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
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
