//! Describes the pictures of a frame and passes them to the stage.

use std::sync::Arc;

use egui::{Rect, Ui, pos2};

use super::modes::Layout;
use super::stage;
use super::view::{HeatMaps, Pane, ShownShape, Viewport};
use crate::render::frame::Frame;
use crate::render::{Heated, Palette, Picture, Subject};

impl Viewport {
    /// Passes the pictures of one column to the stage.
    #[expect(clippy::too_many_arguments, reason = "values of one frame, used only here")]
    pub(super) fn paint(
        &self,
        ui: &Ui,
        column: usize,
        place: Rect,
        members: &[usize],
        panes: &[Pane<'_>],
        shapes: &[ShownShape],
        heats: &HeatMaps,
        frame: Frame,
        palette: &Palette,
        quick: bool,
    ) {
        let Some(stage) = &self.stage else { return };
        let picture = |members: &[usize]| self.picture(members, panes, shapes, heats, frame, palette, quick);
        if self.layout == Layout::Wipe && members.len() > 1 {
            let x = place.left() + place.width() * self.wipe;
            let left = Rect::from_min_max(place.min, pos2(x, place.bottom()));
            let right = Rect::from_min_max(pos2(x, place.top()), place.max);
            let (first, rest) = members.split_at(1);
            for (index, (part, members)) in [(left, first), (right, rest)].into_iter().enumerate() {
                if part.width() >= 1.0 {
                    let painter = ui.painter().with_clip_rect(part.intersect(ui.clip_rect()));
                    painter.add(stage::callback(stage, index, picture(members), place));
                }
            }
        } else {
            ui.painter()
                .add(stage::callback(stage, column, picture(members), place));
        }
    }

    #[expect(clippy::too_many_arguments, reason = "as `paint`")]
    fn picture(
        &self,
        members: &[usize],
        panes: &[Pane<'_>],
        shapes: &[ShownShape],
        heats: &HeatMaps,
        frame: Frame,
        palette: &Palette,
        quick: bool,
    ) -> Picture {
        let there = |pane: &usize| shapes.get(*pane).is_some_and(Option::is_some);
        let mut subjects = Vec::new();
        for (index, pane) in members.iter().enumerate() {
            let Some((shape, model)) = shapes.get(*pane).and_then(Option::as_ref) else {
                continue;
            };
            let heat = match *pane {
                0 => heats.maps.first(),
                _ => heats.maps.last(),
            };
            let whole = Subject {
                model: model.clone(),
                stale: panes[*pane].stale.is_some() && heats.maps.is_empty(),
                // The last shape, if any, is visible through a ghost.
                ghost: members[index + 1..].iter().any(there),
                heat: heat.and_then(Option::as_ref).map(|heat| Heated {
                    heat: Arc::clone(heat),
                    span: heats.span,
                }),
                ..Subject::new(Arc::clone(shape), panes[*pane].tone)
            };
            let objects = if self.shows_objects(*pane, panes.len()) {
                self.objects.subjects(&whole)
            } else {
                None
            };
            subjects.extend(objects.unwrap_or_else(|| vec![whole]));
        }
        let here: Vec<_> = members
            .iter()
            .filter_map(|pane| shapes.get(*pane)?.as_ref())
            .map(|(shape, _)| shape)
            .collect();
        Picture {
            subjects,
            look: self.look,
            section: self.section.map(|section| section.plane(&frame)),
            marks: self.marks.clone(),
            highlight: self.highlight_among(&here),
            coarse: quick,
            frame,
            camera: self.camera,
            // Both are known only when it is drawn.
            size: [1, 1],
            pixels_per_point: 1.0,
            oversample: if quick { 1 } else { 2 },
            palette: *palette,
            grid: true,
            transparent: false,
        }
    }
}
