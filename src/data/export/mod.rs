//! Data sets for training from rows and trajectories: examples, preferences, rollouts.
//!
//! A data set is a folder: `train.jsonl`, `validation.jsonl` and a card. Similar candidates, and with a split by task
//! all candidates of a task, are in the same split. Every row has the same keys with the same types, and no null. The
//! card names the types, and the first row of a split has no empty list if there is such a row, so that readers that
//! infer types from the first rows infer the right ones. Memory: some 350 bytes per row, and
//! about 4 bytes per token of each different candidate that is written.

mod card;
mod options;
mod pool;
mod rows;
mod schema;
mod similar;
mod split;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::DataError;
use super::output::write_whole;
use super::spool::Spool;
use cadforge_repair::endpoint::Template;
use cadforge_task::TaskSet;

use options::tokens_of;
use pool::Pool;
use schema::Schema;
use split::Item;

pub use options::{DataSetKind, ExportOptions, ExportSummary, POSITIVE, STRICT, SplitBy, Tokens};

/// Writes a data set from JSON Lines files and trajectory folders to a folder.
pub fn write(
    inputs: &[PathBuf],
    folder: &Path,
    tasks: &TaskSet,
    template: &Template,
    options: &ExportOptions,
) -> Result<ExportSummary, DataError> {
    let mut summary = ExportSummary::default();
    let pool = Pool::read(inputs, tasks, options, &mut summary)?;
    let mut spool = Spool::new()?;
    let (mut items, mut places) = (Vec::new(), Vec::new());
    let mut split = split::Relations::new();
    let mut schema = Schema::Unknown;
    let mut complete = Vec::new();
    let mut tokens = Vec::new();
    let mut seen = std::collections::HashSet::new();
    rows::each(&pool, options, template, &mut |made| {
        let bytes = super::line_of(&made.value);
        let digest: [u8; 16] = Sha256::digest(made.key()).as_slice()[..16]
            .try_into()
            .expect("sixteen bytes");
        if !seen.insert(digest) {
            summary.copies += 1;
            return Ok(());
        }
        let at = spool.put(&bytes)?;
        places.push((at, bytes.len(), made.task_id.clone()));
        let row = Schema::of(&made.value);
        complete.push(row.is_complete());
        schema = std::mem::replace(&mut schema, Schema::Unknown).merge(row);
        tokens.push((made.text as u64).div_ceil(3));
        if let Some(kind) = made.kind {
            *summary.kinds.entry(kind.name().to_owned()).or_default() += 1;
        }
        let item: Item = split.item(&made, digest);
        items.push(item);
        Ok(())
    })?;
    let held_back = split.held_back(&items, options);
    std::fs::create_dir_all(folder).map_err(DataError::io("make", folder))?;
    for (name, wanted) in [("train.jsonl", false), ("validation.jsonl", true)] {
        let path = folder.join(name);
        write_whole(&path, |out| {
            let mut rows: Vec<usize> = (0..places.len())
                .filter(|row| held_back[*row] == wanted)
                .collect();
            if let Some(first) = rows.iter().position(|row| complete[*row]) {
                rows[..=first].rotate_right(1);
            }
            for row in rows {
                let (at, length, task) = &places[row];
                out.write_all(&spool.get(*at, *length)?)
                    .and_then(|()| out.write_all(b"\n"))
                    .map_err(DataError::io("write", &path))?;
                let (count, tasks) = if wanted {
                    (&mut summary.validation, &mut summary.validation_tasks)
                } else {
                    (&mut summary.train, &mut summary.train_tasks)
                };
                *count += 1;
                *tasks.entry(task.clone()).or_default() += 1;
            }
            Ok(())
        })?;
    }
    summary.tokens = tokens_of(tokens);
    let card = card::card(&pool.inputs, options, &summary, &schema);
    let path = folder.join("README.md");
    write_whole(&path, |out| {
        out.write_all(card.as_bytes())
            .map_err(DataError::io("write", &path))
    })?;
    Ok(summary)
}
