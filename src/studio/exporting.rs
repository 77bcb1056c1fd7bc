//! Exports of the open training run: a repair as a row, a report, a curriculum, data sets. Each is written beside the file or
//! store of rows by the functions of the command line.

use std::path::{Path, PathBuf};

use super::notes::Notes;
use super::rows::{RowIndex, write_rows};
use crate::assess::Evaluation;
use crate::data::repaired::{self, RepairedRow};
use crate::data::store::Store;
use crate::data::{DEFAULT_GENERATIONS, DataError, curriculum, export, file_stem, report};
use crate::repair::endpoint::Template;
use crate::task::TaskSet;
use crate::trajectory::replace_file;

/// Maximum number of files in a folder that get their own column in a report; more count as one run.
const COLUMNS: usize = 8;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportKind {
    /// The code on screen, as a repair of the row that it started from.
    Repair,
    Report,
    /// Prompts of the next round.
    Curriculum,
    DataSet(export::DataSetKind),
}

/// Code that repairs a row.
#[derive(Clone, Debug)]
pub struct Repaired {
    pub row: usize,
    pub code: String,
    pub evaluation: Evaluation,
}

impl ExportKind {
    pub fn path(self, rows: &Path) -> PathBuf {
        match self {
            Self::Repair => repaired::path_beside(rows),
            Self::Report => path_of(rows, "report"),
            Self::Curriculum => path_of(rows, "next.jsonl"),
            Self::DataSet(kind) => path_of(rows, kind.name()),
        }
    }
}

/// Appends a repair to the file of repairs beside the rows.
pub fn save_repair(rows: &RowIndex, repaired: &Repaired) -> Result<(), String> {
    let path = ExportKind::Repair.path(&rows.path);
    let (code, evaluation) = (&repaired.code, &repaired.evaluation);
    let row = rows.rows.get(repaired.row).ok_or("the row no longer exists")?;
    let Some(id) = rows.id(repaired.row) else {
        let source = RepairedRow {
            file: rows.file(row).to_owned(),
            line: rows.line(repaired.row).map_err(|error| error.to_string())?,
        };
        return repaired::append(&path, &source, code, evaluation).map_err(|error| error.to_string());
    };
    let keep = || -> Result<bool, DataError> {
        let mut store = Store::open_existing(&rows.path)?;
        let (Some(before), Some((file, line))) = (store.row(id)?, store.source(id)?) else {
            return Ok(false);
        };
        repaired::append_to(&path, &before, &RepairedRow { file, line }, code, evaluation)?;
        store.import(&path, None, &mut |_| {})?;
        Ok(true)
    };
    match keep() {
        Ok(true) => Ok(()),
        Ok(false) => Err("the row is no longer in the store\nhint: open the store again".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// The runs among some rows, with their numbers.
pub fn runs(rows: &RowIndex) -> Result<Vec<report::Run>, String> {
    let read = || {
        if rows.stored {
            return report::of_store(&Store::open_existing(&rows.path)?, DEFAULT_GENERATIONS);
        }
        if !rows.is_folder() {
            return Ok(vec![report::read(&rows.path, DEFAULT_GENERATIONS)?]);
        }
        if rows.files.len() > COLUMNS {
            let name = super::state::file_name(&rows.path);
            return Ok(vec![report::joined(name, &rows.files, DEFAULT_GENERATIONS)?]);
        }
        let one = |file| report::read(file, DEFAULT_GENERATIONS);
        rows.files.iter().map(|file| one(file)).collect()
    };
    read().map_err(|error| error.to_string())
}

/// Writes a report, a curriculum or a data set of all rows or of the `chosen` ones.
///
/// The exporters read files: chosen rows, and rows of a store, are first written to a file beside their source, which a
/// curriculum then names as its origin.
pub fn write_export(
    making: ExportKind,
    rows: &RowIndex,
    chosen: Option<&[u32]>,
    tasks: &TaskSet,
    prompts: Option<&Path>,
) -> Result<(), String> {
    let path = making.path(&rows.path);
    if making == ExportKind::Report {
        return write_report(&runs(rows)?, &path);
    }
    let whole = !rows.stored && !rows.is_folder() && chosen.is_none();
    let input = if whole {
        rows.path.clone()
    } else {
        let selection = path_of(&rows.path, "selection.jsonl");
        let all: Vec<u32> = (0..rows.rows.len() as u32).collect();
        write_rows(
            rows,
            chosen.unwrap_or(&all),
            &Notes::default(),
            &selection,
            &|_| {},
        )?;
        selection
    };
    let inputs = [input];
    let template = || Template::find(prompts, "default");
    match making {
        ExportKind::Repair => Err("a repair is exported from code, not from rows".to_owned()),
        ExportKind::Report => Ok(()),
        ExportKind::Curriculum => {
            let options = curriculum::CurriculumOptions {
                stages: Vec::new(),
                below: 0.70,
                rows: None,
                seed: 0,
            };
            let made = curriculum::write(&inputs, &path, tasks, &template()?, &options);
            made.map(drop).map_err(|error| error.to_string())
        }
        ExportKind::DataSet(kind) => {
            // A repair by hand is an example of its row.
            let repairs = Some(repaired::path_beside(&rows.path)).filter(|path| whole && path.is_file());
            let inputs: Vec<PathBuf> = inputs.into_iter().chain(repairs).collect();
            let options = export::ExportOptions::new(kind);
            let made = export::write(&inputs, &path, tasks, &template()?, &options);
            made.map_err(|error| error.to_string()).and_then(|made| {
                if made.train > 0 {
                    Ok(())
                } else {
                    Err("no row qualifies for this data set\nhint: lower the bound with `cadforge export --min-reward`".to_owned())
                }
            })
        }
    }
}

/// Path of a file or folder beside the rows, named after them.
fn path_of(rows: &Path, ending: &str) -> PathBuf {
    rows.with_file_name(format!("{}.{ending}", file_stem(rows)))
}

fn write_report(runs: &[report::Run], folder: &Path) -> Result<(), String> {
    let fail = |error: std::io::Error| {
        format!(
            "cannot write {}: {error}\nhint: check the folder",
            folder.display()
        )
    };
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut text = report::markdown(runs);
    for (name, svg) in report::plot::plots(runs) {
        replace_file(&folder.join(&name), svg.as_bytes()).map_err(fail)?;
        text.push_str(&format!("\n![{}]({name})\n", name.trim_end_matches(".svg")));
    }
    replace_file(&folder.join("report.md"), text.as_bytes()).map_err(fail)
}
