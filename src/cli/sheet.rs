//! Pictures of shapes as tiles of one PNG.

use std::path::Path;
use std::sync::Arc;

use image::codecs::png::{CompressionType, FilterType, PngEncoder};
use image::{RgbaImage, imageops};

use super::context::CliError;
use crate::executor::{Build, CancelToken, Executor, Limits, Priority};
use crate::geometry::Shape;
use crate::render::{Headless, Preset, Projection, Shot, ShotPane};
use crate::trajectory::replace_file;

/// Tiles of one size, from left to right and from top to bottom.
pub(super) struct Sheet {
    image: RgbaImage,
    headless: Headless,
    columns: u32,
    tile: [u32; 2],
    next: u32,
}

impl Sheet {
    /// Room for `count` tiles, which have a width and a height in pixels.
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
        // Opaque everywhere, so a quarter of the bytes carries nothing.
        let sheet = image::DynamicImage::from(self.image).into_rgb8();
        let mut png = Vec::new();
        let encoder = PngEncoder::new_with_quality(&mut png, CompressionType::Best, FilterType::Adaptive);
        sheet.write_with_encoder(encoder)?;
        replace_file(out, &png).map_err(|error| {
            let out = out.display();
            CliError::Input(format!(
                "cannot write {out}: {error}\nhint: name a file in a folder you may write to"
            ))
            .into()
        })
    }
}

/// Builds a script that is known to build; `what` names it and `hint` says what to do if it does not.
pub(super) fn shape(
    code: &str,
    executor: &Executor,
    limits: &Limits,
    what: &str,
    hint: &str,
) -> anyhow::Result<Arc<Shape>> {
    let execution = executor.build(code.as_bytes(), limits, Priority::Batch, &CancelToken::never())?;
    match execution.build {
        Build::Shape(shape) => Ok(shape),
        Build::Failed(failure) => Err(CliError::NotReached(format!(
            "{what} does not build: {}\nhint: {hint}",
            failure.message
        ))
        .into()),
    }
}
