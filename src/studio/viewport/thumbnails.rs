//! Thumbnails of shapes: drawn once, read back, cached as egui textures.

use std::sync::{Arc, Weak};

use egui::{ColorImage, TextureHandle, TextureOptions};

use super::Tone;
use crate::geometry::Shape;
use crate::render::camera::Insets;
use crate::render::frame::Frame;
use crate::render::scene::Scene;
use crate::render::{Camera, DrawStyle, Model, Palette, Picture, Preset, Projection, Subject};

/// Width and height in pixels: twice the displayed size, for high-resolution screens.
pub const THUMBNAIL_SIZE: [u32; 2] = [288, 168];

/// Maximum number of thumbnails kept; each takes 190 kB.
const MAX_CACHED: usize = 192;

#[derive(Default)]
pub struct Thumbnails {
    /// Most recently used last.
    cached: Vec<CachedThumbnail>,
    /// Pass in which the last one was drawn.
    drawn: Option<u64>,
}

struct CachedThumbnail {
    /// A weak reference suffices: the address is not reused while it exists.
    shape: Weak<Shape>,
    tone: Tone,
    dark: bool,
    texture: TextureHandle,
}

impl Thumbnails {
    /// A cached thumbnail.
    pub fn known(&mut self, shape: &Arc<Shape>, tone: Tone, dark: bool) -> Option<TextureHandle> {
        let at = self.cached.iter().position(|cached| {
            (cached.tone, cached.dark) == (tone, dark)
                && std::ptr::eq(cached.shape.as_ptr(), Arc::as_ptr(shape))
        })?;
        let cached = self.cached.remove(at);
        let texture = cached.texture.clone();
        self.cached.push(cached);
        Some(texture)
    }

    /// Draws a thumbnail, unless another one was drawn in this frame.
    pub fn draw(
        &mut self,
        ctx: &egui::Context,
        scene: &mut Scene,
        shape: &Arc<Shape>,
        model: Arc<Model>,
        tone: Tone,
        dark: bool,
    ) -> Option<TextureHandle> {
        let pass = ctx.cumulative_pass_nr();
        if self.drawn == Some(pass) {
            ctx.request_repaint();
            return None;
        }
        self.drawn = Some(pass);
        let image = picture(scene, shape, model, tone, dark)?;
        let texture = ctx.load_texture("thumbnail", image, TextureOptions::LINEAR);
        self.cached.retain(|cached| cached.shape.strong_count() > 0);
        if self.cached.len() >= MAX_CACHED {
            self.cached.remove(0);
        }
        self.cached.push(CachedThumbnail {
            shape: Arc::downgrade(shape),
            tone,
            dark,
            texture: texture.clone(),
        });
        Some(texture)
    }
}

fn picture(
    scene: &mut Scene,
    shape: &Arc<Shape>,
    model: Arc<Model>,
    tone: Tone,
    dark: bool,
) -> Option<ColorImage> {
    let frame = Frame::around_boxes([model.bounds]);
    let mut camera = Camera::new(Preset::Isometric, Projection::Perspective);
    let insets = Insets {
        sides: 12.0,
        top: 10.0,
        bottom: 10.0,
    };
    camera.fit(&frame.bounds, THUMBNAIL_SIZE.map(|side| side as f32), insets);
    let picture = Picture {
        subjects: vec![Subject {
            model: Some(model),
            ..Subject::new(Arc::clone(shape), tone)
        }],
        look: DrawStyle::Shaded,
        section: None,
        marks: None,
        highlight: None,
        // A thumbnail has few pixels.
        coarse: true,
        frame,
        camera,
        size: THUMBNAIL_SIZE,
        pixels_per_point: 1.5,
        oversample: 1,
        palette: Palette::of(dark),
        grid: false,
        transparent: true,
    };
    let mut buffer = scene.buffer(picture.samples());
    scene.draw(&picture, &mut buffer).ok()?;
    let pixels = buffer.pixels();
    Some(ColorImage::from_rgba_premultiplied(
        THUMBNAIL_SIZE.map(|side| side as usize),
        pixels.as_flattened(),
    ))
}
