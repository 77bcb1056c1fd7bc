//! Pictures of shapes as tiles of one PNG.

use std::path::Path;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{RgbaImage, imageops};

use super::context::CliError;
use crate::executor::{Build, CancelToken, Executor, Priority, RunSpec};
use crate::geometry::Shape;
use crate::render::{Headless, Preset, Projection, Shot, ShotPane};
use crate::trajectory::replace_file;

/// A grid of tiles of one size, filled row by row.
pub(super) struct Sheet {
    image: RgbaImage,
    headless: Headless,
    columns: u32,
    tile: [u32; 2],
    next: u32,
}

impl Sheet {
    /// An empty sheet for `count` tiles of `tile` (width, height) pixels.
    pub(super) fn new(count: u32, columns: u32, tile: [u32; 2]) -> anyhow::Result<Self> {
        let columns = columns.min(count).max(1);
        let rows = count.div_ceil(columns);
        Ok(Self {
            image: RgbaImage::new(columns * tile[0], rows * tile[1]),
            headless: Headless::new()?,
            columns,
            tile,
            next: 0,
        })
    }

    /// Draws the next tile: shapes side by side, at the same scale.
    pub(super) fn add(&mut self, panes: &[ShotPane<'_>]) -> anyhow::Result<()> {
        let tile = self.headless.draw(&Shot {
            panes,
            size: self.tile,
            preset: Preset::Isometric,
            projection: Projection::Orthographic,
            turn: None,
            dark: true,
        })?;
        let place = [self.next % self.columns, self.next / self.columns];
        let [x, y] = [0, 1].map(|axis| i64::from(place[axis] * self.tile[axis]));
        imageops::replace(&mut self.image, &tile, x, y);
        self.next += 1;
        Ok(())
    }

    pub(super) fn write(self, out: &Path) -> anyhow::Result<()> {
        // The image is opaque; leaving out alpha saves a quarter of the bytes.
        let sheet = image::DynamicImage::from(self.image).into_rgb8();
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
        sheet.write_with_encoder(encoder)?;
        replace_file(out, &png).map_err(|error| {
            let out = out.display();
            CliError::Input(format!(
                "cannot write {out}: {error}\nhint: give a file in a writable folder"
            ))
            .into()
        })
    }
}

/// Builds a script that should build; `what` names it in an error, `hint` is the error's hint.
pub(super) fn shape(
    code: &str,
    executor: &Executor,
    spec: &RunSpec,
    what: &str,
    hint: &str,
) -> anyhow::Result<Arc<Shape>> {
    let execution = executor.build(code.as_bytes(), spec, Priority::Batch, &CancelToken::never())?;
    match execution.build {
        Build::Shape(shape) => Ok(shape),
        Build::Failed(failure) => Err(CliError::NotReached(format!(
            "{what} does not build: {}\nhint: {hint}",
            failure.message
        ))
        .into()),
    }
}
