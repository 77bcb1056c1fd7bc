//! `cadforge tasks sheet`: the references of all tasks as labelled tiles of one PNG.

use std::path::Path;

use super::super::context::{self, CliError, Global};
use super::super::sheet::{Sheet, shape};
use crate::assess::{parallel, with_task_files};
use crate::executor::RunSpec;
use crate::render::{ShotPane, Tone};

/// Width and height of a tile in pixels: a sheet of 24 stays below 1.5 MB.
const TILE: [u32; 2] = [380, 300];

/// Builds every reference, draws it and writes the sheet. Tasks without a reference are left out.
pub(super) fn run(out: &Path, columns: u32, global: &Global) -> anyhow::Result<()> {
    let tasks = global.task_set()?;
    let tasks: Vec<_> = tasks.iter().filter(|task| task.reference.is_some()).collect();
    if tasks.is_empty() {
        return Err(CliError::NotReached("no task has a reference to draw".to_owned()).into());
    }
    let threads = parallel::workers(tasks.len());
    let engine = global.engine(threads)?;
    let executor = engine.assessor().executor();
    let shapes = parallel::map(&tasks, threads, |task| {
        context::progress(&format!("building {}", task.id));
        shape(
            task.reference.as_deref().unwrap_or_default(),
            executor,
            &with_task_files(RunSpec::default(), task)?,
            &format!("the reference of `{}`", task.id),
            &format!("`cadforge tasks check {}`", task.id),
        )
    })?;
    let mut sheet = Sheet::new(tasks.len() as u32, columns, TILE)?;
    for (task, shape) in tasks.iter().zip(&shapes) {
        sheet.add(&[ShotPane {
            title: &task.id,
            tone: Tone::Step,
            shape,
            scene: None,
        }])?;
    }
    sheet.write(out)
}
