//! Hit tests of clicks in the view, and when picks are dropped.

use std::sync::Arc;

use super::modes::Layout;
use super::pick::{self, HitTarget, Pick};
use super::view::{ShownShape, Viewport};
use crate::render::frame::Frame;

impl Viewport {
    /// Picks at the clicked position once the shape is ready.
    pub(super) fn pick_clicked(
        &mut self,
        ctx: &egui::Context,
        columns: &[Vec<usize>],
        shapes: &[ShownShape],
        frame: &Frame,
        size: [f32; 2],
    ) {
        let Some((column, at)) = self.aimed else { return };
        let members = columns.get(column).map(Vec::as_slice).unwrap_or_default();
        let left = at[0] < (self.wipe - 0.5) * size[0];
        let mut found = None;
        // The shape on screen lies over the one it is compared with.
        for pane in members.iter().rev() {
            if self.layout == Layout::Wipe && left != (*pane == 0) {
                continue;
            }
            let Some((shape, model)) = shapes.get(*pane).and_then(Option::as_ref) else {
                continue;
            };
            if self.shows_objects(*pane, shapes.len()) && !self.objects.scored_is_visible() {
                continue;
            }
            let Some(model) = model.as_ref().filter(|model| !model.is_draft()) else {
                // Continues in the frame in which the model is ready.
                self.mesh_worker.model(ctx, shape);
                return;
            };
            let target = HitTarget {
                camera: &self.camera,
                frame,
                at,
                size,
                section: self.section.map(|section| section.plane(frame)),
                look: self.look,
            };
            found = model.tree.as_ref().and_then(|tree| target.pick(shape, tree));
            if found.is_some() {
                break;
            }
        }
        self.aimed = None;
        match found {
            None => self.picks.clear(),
            Some(pick) => {
                if !self.measuring || self.picks.len() > 1 {
                    self.picks.clear();
                }
                self.picks.push(pick);
            }
        }
        self.mark();
        ctx.request_repaint();
    }

    /// Drops picks of shapes that are no longer displayed.
    pub(super) fn forget_picks(&mut self, shapes: &[ShownShape]) {
        let shown = |pick: &Pick| {
            shapes
                .iter()
                .flatten()
                .any(|(shape, _)| Arc::ptr_eq(shape, &pick.shape))
        };
        if !self.picks.iter().all(shown) {
            self.picks.retain(shown);
            self.mark();
        }
    }

    pub(super) fn mark(&mut self) {
        self.marks = pick::marks(&self.picks);
    }
}
