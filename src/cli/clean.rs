//! `cadforge clean`: removes cached results and what killed workers left. Nothing in use is removed: the scratch
//! folder of a running worker is locked. Of the store, only files without a row are removed, unless `--store` is
//! given.

use std::fmt::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, CliError};
use super::size::megabytes;
use crate::cache;
use crate::data::store::{self, Store};
use crate::executor::scratch;
use crate::locate;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct CleanArgs {
    /// Also remove the store of rows and trajectories; it cannot be recreated
    #[arg(long)]
    store: bool,
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// The object that `clean --json` prints.
#[derive(Debug, Serialize)]
struct CleanReport {
    format: u32,
    cache: CachedResults,
    scratch: AbandonedScratch,
    store: RemovedFiles,
}

/// Files removed from the store.
#[derive(Debug, Serialize)]
struct RemovedFiles {
    /// Null if there is no store.
    dir: Option<PathBuf>,
    /// Files that belonged to no row.
    objects: u64,
    bytes: u64,
    /// Whether the whole store was removed.
    removed: bool,
}

#[derive(Debug, Serialize)]
struct CachedResults {
    /// Null if caching is off.
    dir: Option<PathBuf>,
    entries: u64,
    bytes: u64,
}

/// Scratch folders that killed workers left.
#[derive(Debug, Serialize)]
struct AbandonedScratch {
    removed: Vec<PathBuf>,
    bytes: u64,
    /// Folders that could not be removed, most often another user's.
    refused: Vec<PathBuf>,
}

pub(super) fn run(args: CleanArgs) -> anyhow::Result<ExitCode> {
    let dir = locate::cache();
    let removed = match &dir {
        None => cache::Usage::default(),
        Some(dir) => cache::remove(dir).map_err(|error| {
            CliError::NotReached(format!(
                "cannot remove the cached results in {}: {error}\nhint: is the folder yours? CADFORGE_CACHE sets another",
                dir.display()
            ))
        })?,
    };
    let report = CleanReport {
        format: 1,
        cache: CachedResults {
            dir,
            entries: removed.entries,
            bytes: removed.bytes,
        },
        scratch: sweep(),
        store: sweep_store(args.store)?,
    };
    if args.json {
        context::print_json(&report)?;
    } else {
        context::print(&report.text())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn sweep_store(remove: bool) -> anyhow::Result<RemovedFiles> {
    let dir = locate::data()
        .ok()
        .map(|data| data.join("store"))
        .filter(|dir| store::exists(dir));
    let mut swept = RemovedFiles {
        dir,
        objects: 0,
        bytes: 0,
        removed: false,
    };
    let Some(dir) = &swept.dir else { return Ok(swept) };
    if remove {
        swept.bytes = store::bytes(dir);
        store::remove(dir).map_err(|error| {
            CliError::NotReached(format!(
                "cannot remove the store in {}: {error}\nhint: is the folder yours?",
                dir.display()
            ))
        })?;
        swept.removed = true;
    } else {
        let store::RemovedFiles { objects, bytes } = Store::open(dir)?.sweep()?;
        (swept.objects, swept.bytes) = (objects, bytes);
    }
    Ok(swept)
}

fn sweep() -> AbandonedScratch {
    let mut left = AbandonedScratch {
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

impl CleanReport {
    fn text(&self) -> String {
        let mut text = match &self.cache.dir {
            None => "cached results: caching is off\n".to_owned(),
            Some(dir) => {
                let CachedResults { entries, bytes, .. } = self.cache;
                format!(
                    "cached results: {entries} removed, {}, in {}\n",
                    megabytes(bytes),
                    dir.display()
                )
            }
        };
        let _ = writeln!(
            text,
            "scratch folders of killed workers: {} removed, {}",
            self.scratch.removed.len(),
            megabytes(self.scratch.bytes)
        );
        if let Some(dir) = &self.store.dir {
            let what = if self.store.removed {
                "removed".to_owned()
            } else {
                format!("{} files without a row removed", self.store.objects)
            };
            let _ = writeln!(
                text,
                "store: {what}, {}, in {}",
                megabytes(self.store.bytes),
                dir.display()
            );
        }
        for path in &self.scratch.refused {
            let _ = writeln!(text, "  cannot remove {}", path.display());
        }
        text
    }
}
