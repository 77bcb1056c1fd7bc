//! `cadforge clean`: say what is kept and what was left behind, and remove it.
//!
//! Removes nothing that is in use: a result that is wanted again is made again, and the scratch folder of a living
//! worker is locked.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, Problem};
use super::size::megabytes;
use crate::cache;
use crate::executor::scratch;
use crate::locate;

/// Arguments of `cadforge clean`.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct CleanArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `clean --json` prints.
#[derive(Debug, Serialize)]
struct Report {
    format: u32,
    cache: Kept,
    scratch: Left,
}

/// Results that were kept.
#[derive(Debug, Serialize)]
struct Kept {
    /// Null where results are not to be kept.
    dir: Option<PathBuf>,
    entries: u64,
    bytes: u64,
}

/// What killed workers left.
#[derive(Debug, Serialize)]
struct Left {
    removed: Vec<PathBuf>,
    bytes: u64,
    /// Folders that could not be removed: another user's, most often.
    refused: Vec<PathBuf>,
}

pub(super) fn run(args: CleanArgs) -> anyhow::Result<ExitCode> {
    let dir = locate::cache();
    let removed = match &dir {
        None => cache::Usage::default(),
        Some(dir) => cache::remove(dir).map_err(|error| {
            Problem::NotReached(format!(
                "cannot remove the results in {}: {error}\nhint: is the folder yours? CADFORGE_CACHE names another",
                dir.display()
            ))
        })?,
    };
    let report = Report {
        format: 1,
        cache: Kept {
            dir,
            entries: removed.entries,
            bytes: removed.bytes,
        },
        scratch: sweep(),
    };
    if args.json {
        context::print_json(&report)?;
    } else {
        context::print(&report.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sweep() -> Left {
    let mut left = Left {
        removed: Vec::new(),
        bytes: 0,
        refused: Vec::new(),
    };
    for folder in scratch::abandoned() {
        let (path, bytes) = (folder.path.clone(), folder.bytes);
        if folder.remove().is_ok() {
            left.removed.push(path);
            left.bytes += bytes;
        } else {
            left.refused.push(path);
        }
    }
    left
}

impl Report {
    fn text(&self) -> String {
        let mut text = match &self.cache.dir {
            None => "results: none are kept\n".to_owned(),
            Some(dir) => {
                let Kept { entries, bytes, .. } = self.cache;
                format!(
                    "results: {entries} removed, {}, in {}\n",
                    megabytes(bytes),
                    dir.display()
                )
            }
        };
        let _ = writeln!(
            text,
            "scratch of killed workers: {} removed, {}",
            self.scratch.removed.len(),
            megabytes(self.scratch.bytes)
        );
        for path in &self.scratch.refused {
            let _ = writeln!(text, "  cannot remove {}", path.display());
        }
        text
    }
}
