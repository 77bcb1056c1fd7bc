//! `cadforge tasks sheet`: the references of all tasks as labelled tiles of one PNG.

use std::path::Path;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{RgbaImage, imageops};

use super::super::context::{self, Global, Problem};
use crate::assess::parallel;
use crate::executor::{Build, CancelToken, Executor, Limits, Priority};
use crate::geometry::Shape;
use crate::render::{Headless, Preset, Projection, Shot, ShotPane, Tone};
use crate::task::Task;

/// Width and height of a tile in pixels: a sheet of 24 stays well below 1.5 MB.
const TILE: [u32; 2] = [380, 300];

/// Builds every reference, draws it and writes the sheet. A task without a reference has no tile.
pub(super) fn run(out: &Path, columns: u32, global: &Global) -> anyhow::Result<()> {
    let tasks = global.task_set()?;
    let tasks: Vec<_> = tasks.iter().filter(|task| task.reference.is_some()).collect();
    if tasks.is_empty() {
        return Err(Problem::NotReached("no task has a reference to draw".to_owned()).into());
    }
    let threads = parallel::workers(tasks.len());
    let engine = global.engine(threads)?;
    let executor = engine.assessor().executor();
    let shapes = parallel::map(&tasks, threads, |task| {
        context::progress(&format!("building {}", task.id));
        shape(task, executor)
    })?;

    let columns = columns.min(tasks.len() as u32);
    let rows = (tasks.len() as u32).div_ceil(columns);
    let mut sheet = RgbaImage::new(columns * TILE[0], rows * TILE[1]);
    let mut headless = Headless::new()?;
    for (index, (task, shape)) in (0u32..).zip(tasks.iter().zip(&shapes)) {
        let pane = ShotPane {
            title: &task.id,
            tone: Tone::Step,
            shape,
        };
        let tile = headless.draw(&Shot {
            panes: &[pane],
            size: TILE,
            preset: Preset::Isometric,
            projection: Projection::Orthographic,
            turn: None,
            dark: true,
        })?;
        let place = [index % columns * TILE[0], index / columns * TILE[1]].map(i64::from);
        imageops::replace(&mut sheet, &tile, place[0], place[1]);
    }
    // Opaque everywhere, so a quarter of the bytes carries nothing.
    let sheet = image::DynamicImage::from(sheet).into_rgb8();
    let mut png = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
    sheet.write_with_encoder(encoder)?;
    std::fs::write(out, png).map_err(|error| {
        let out = out.display();
        Problem::Input(format!(
            "cannot write {out}: {error}\nhint: give `--out` a file in a folder you may write to"
        ))
        .into()
    })
}

fn shape(task: &Task, executor: &Executor) -> anyhow::Result<Arc<Shape>> {
    let code = task.reference.as_deref().unwrap_or_default();
    let limits = Limits::default();
    let execution = executor.build(code.as_bytes(), &limits, Priority::Batch, &CancelToken::never())?;
    match execution.build {
        Build::Shape(shape) => Ok(shape),
        Build::Failed(failure) => Err(Problem::NotReached(format!(
            "the reference of `{}` does not build: {}\nhint: `cadforge tasks check {}`",
            task.id, failure.message, task.id
        ))
        .into()),
    }
}
