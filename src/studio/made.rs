//! What is made of the training run that is open: a repair as a row of its own, a report, prompts, data sets. Everything goes
//! beside the file of rows, by the engine room of the command line's verbs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rows::Rows;
use crate::assess::Evaluation;
use crate::data::repaired::{self, Source};
use crate::data::{DEFAULT_GENERATIONS, curriculum, export, report};
use crate::repair::endpoint::Template;
use crate::task::TaskSet;
use crate::trajectory::replace_file;

/// What can be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Making {
    /// The code on screen, as a repair of the row that it began as.
    Repair,
    /// A report with plots.
    Report,
    /// The next round's prompts.
    Curriculum,
    /// A data set.
    DataSet(export::Kind),
}

/// Code that repairs a row.
#[derive(Clone, Debug)]
pub struct Repaired {
    /// Index of the row.
    pub row: usize,
    /// The whole file.
    pub code: String,
    /// How it was scored.
    pub evaluation: Evaluation,
}

impl Making {
    /// Where it goes.
    pub fn path(self, rows: &Path) -> PathBuf {
        let name = rows.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".jsonl").unwrap_or(&name);
        match self {
            Self::Repair => repaired::path_beside(rows),
            Self::Report => rows.with_file_name(format!("{name}.report")),
            Self::Curriculum => rows.with_file_name(format!("{name}.next.jsonl")),
            Self::DataSet(kind) => rows.with_file_name(format!("{name}.{}", kind.name())),
        }
    }
}

/// Appends a repair to the file of repairs beside the rows.
pub fn keep_repair(rows: &Rows, repaired: &Repaired) -> Result<(), String> {
    let source = Source {
        file: rows.path.clone(),
        line: rows.line(repaired.row)?,
    };
    let path = Making::Repair.path(&rows.path);
    repaired::append(&path, &source, &repaired.code, &repaired.evaluation).map_err(|error| error.to_string())
}

/// Makes a report, prompts or a data set of a file of rows.
pub fn make(making: Making, rows: &Path, tasks: &TaskSet, prompts: Option<&Path>) -> Result<(), String> {
    let path = making.path(rows);
    let inputs = [rows.to_owned()];
    let template = || Template::find(prompts, "default");
    match making {
        Making::Repair => Err("a repair is code, and not made of rows".to_owned()),
        Making::Report => write_report(rows, &path),
        Making::Curriculum => {
            let options = curriculum::Options {
                stages: Vec::new(),
                below: 0.70,
                rows: None,
                seed: 0,
            };
            let made = curriculum::write(&inputs, &path, tasks, &template()?, &options);
            made.map(drop).map_err(|error| error.to_string())
        }
        Making::DataSet(kind) => {
            // A repair by hand is an example of its own row.
            let repairs = Some(repaired::path_beside(rows)).filter(|path| path.is_file());
            let inputs: Vec<PathBuf> = inputs.into_iter().chain(repairs).collect();
            let options = export::Options::new(kind);
            let made = export::write(&inputs, &path, tasks, &template()?, &options);
            made.map_err(|error| error.to_string()).and_then(|made| {
                if made.train > 0 {
                    Ok(())
                } else {
                    Err("no row is good enough for this data set\nhint: `cadforge export` takes less with --min-reward".to_owned())
                }
            })
        }
    }
}

fn write_report(rows: &Path, folder: &Path) -> Result<(), String> {
    let run = report::read(rows, DEFAULT_GENERATIONS).map_err(|error| error.to_string())?;
    let runs = [run];
    let fail = |error: std::io::Error| {
        format!(
            "cannot write {}: {error}\nhint: check the folder",
            folder.display()
        )
    };
    std::fs::create_dir_all(folder).map_err(fail)?;
    let mut text = report::markdown(&runs);
    for (name, svg) in report::plot::plots(&runs) {
        replace_file(&folder.join(&name), svg.as_bytes()).map_err(fail)?;
        text.push_str(&format!("\n![{}]({name})\n", name.trim_end_matches(".svg")));
    }
    replace_file(&folder.join("report.md"), text.as_bytes()).map_err(fail)
}

/// Tasks of a window, as the verbs take them.
pub fn task_set(tasks: impl IntoIterator<Item = Arc<crate::task::Task>>) -> TaskSet {
    tasks.into_iter().collect()
}
