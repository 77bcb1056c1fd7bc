//! Pictures of the panes, cached on the GPU between frames.

use std::sync::{Arc, Mutex, PoisonError};

use eframe::egui_glow;
use egui::{PaintCallback, PaintCallbackInfo, Rect};
use three_d::{CoreError, RenderTarget, ScissorBox};

use crate::render::Picture;
use crate::render::scene::{RenderBuffer, Scene};

/// The scene and the last picture of each pane.
pub struct RenderStage {
    pub scene: Scene,
    shown: Vec<Option<(Picture, RenderBuffer)>>,
}

impl RenderStage {
    pub fn new(scene: Scene) -> Self {
        Self {
            scene,
            shown: Vec::new(),
        }
    }

    /// Draws the picture if it differs from the cached one, and copies it to the screen.
    fn show(
        &mut self,
        index: usize,
        picture: &Picture,
        info: &PaintCallbackInfo,
        painter: &egui_glow::Painter,
    ) {
        let (view, clip) = (info.viewport_in_pixels(), info.clip_rect_in_pixels());
        let side = |pixels: i32| u32::try_from(pixels).unwrap_or(0);
        let mut picture = Picture {
            size: [side(view.width_px), side(view.height_px)],
            pixels_per_point: info.pixels_per_point,
            ..picture.clone()
        };
        if picture.size.contains(&0) {
            return;
        }
        // High-resolution screens need no oversampling, and drivers limit texture sizes.
        let largest = painter.max_texture_side() as u32;
        if info.pixels_per_point >= 1.75 || picture.samples().iter().any(|side| *side > largest) {
            picture.oversample = 1;
        }
        if self.shown.len() <= index {
            self.shown.resize_with(index + 1, || None);
        }
        if let Err(error) = self.expose(index, picture) {
            tracing::error!("{error}");
        }

        let [width, height] = info.screen_size_px;
        let context = self.scene.context();
        let intermediate = painter.intermediate_fbo();
        let target = match intermediate {
            Some(framebuffer) => RenderTarget::from_framebuffer(context, width, height, framebuffer),
            None => RenderTarget::screen(context, width, height),
        };
        let scissor = ScissorBox {
            x: clip.left_px,
            y: clip.from_bottom_px,
            width: side(clip.width_px),
            height: side(clip.height_px),
        };
        let place = three_d::Viewport {
            x: view.left_px,
            y: view.from_bottom_px,
            width: side(view.width_px),
            height: side(view.height_px),
        };
        // Binds the window again even without a buffer to copy.
        let _ = target.write_partially(scissor, || {
            if let Some((_, buffer)) = &self.shown[index] {
                self.scene.copy(buffer, place);
            }
            Ok::<(), CoreError>(())
        });
        // The framebuffer is egui's and must outlive the target.
        let _ = target.into_framebuffer();
    }

    fn expose(&mut self, index: usize, picture: Picture) -> Result<(), crate::render::RenderError> {
        let mut buffer = match self.shown[index].take() {
            Some((last, buffer)) if last == picture => {
                self.shown[index] = Some((last, buffer));
                return Ok(());
            }
            Some((_, buffer)) if buffer.size() == picture.samples() => buffer,
            _ => self.scene.buffer(picture.samples()),
        };
        self.scene.draw(&picture, &mut buffer)?;
        self.shown[index] = Some((picture, buffer));
        Ok(())
    }
}

/// Paint callback for a picture at `place`.
pub fn callback(
    stage: &Arc<Mutex<RenderStage>>,
    index: usize,
    picture: Picture,
    place: Rect,
) -> PaintCallback {
    let stage = Arc::clone(stage);
    PaintCallback {
        rect: place,
        callback: Arc::new(egui_glow::CallbackFn::new(move |info, painter| {
            let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
            stage.show(index, &picture, &info, painter);
        })),
    }
}
