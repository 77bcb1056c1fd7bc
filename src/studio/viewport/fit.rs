//! Automatic fit until the user moves the camera, and lower quality during motion.

use egui::Ui;

use super::view::{Fit, FramedView, Viewport};
use crate::render::camera::Insets;
use crate::render::frame::Frame;
use crate::render::overlay;

/// Seconds without motion after which a picture is drawn at full quality.
const REST: f64 = 0.12;

impl Viewport {
    /// Keeps shapes in view until the user moves the camera, without jumps at small changes.
    pub(super) fn keep_fit(&mut self, frame: &Frame, size: [f32; 2], foot: f32, any: bool) {
        let due = match self.fit {
            Fit::Wanted => true,
            Fit::Free => false,
            Fit::Automatic(fitted, at) => at != size || !frame.is_like(&fitted),
        };
        if !due {
            return;
        }
        let insets = Insets {
            bottom: foot + overlay::MARGIN,
            ..overlay::INSETS
        };
        self.camera.fit(&frame.bounds, size, insets);
        if any {
            self.fit = Fit::Automatic(*frame, size);
        }
    }

    /// Whether a lower quality suffices for now; if so, requests a repaint at full quality.
    pub(super) fn is_moving(&mut self, ui: &Ui, size: [f32; 2]) -> bool {
        let seen = FramedView {
            camera: self.camera,
            size,
            section: self.section,
        };
        let now = ui.input(|input| input.time);
        if self.last.is_some_and(|last| last != seen) {
            self.moved = Some(now);
        }
        self.last = Some(seen);
        let rest = self.moved.map_or(0.0, |moved| moved + REST - now);
        if !self.software || self.stage.is_none() || rest <= 0.0 {
            return false;
        }
        // A little later than needed, because rounding could repeat the request.
        ui.ctx().request_repaint_after_secs(rest as f32 + 0.005);
        true
    }
}
