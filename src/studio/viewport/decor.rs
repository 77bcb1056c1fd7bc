//! Overlays of the view: names, scale, messages, view cube, and picks.

use egui::{Align2, FontId, Frame, Margin, Rect, RichText, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};
use three_d::vec3;

use super::modes::{Layout, ViewCommand};
use super::view::{HeatMaps, Pane, PaneRect, Viewport, names};
use super::{compare, cube, pick};
use crate::render::Palette;
use crate::render::overlay::{self, MARGIN};
use crate::studio::panels::checks;

impl Viewport {
    /// Draws names, scale, axes and messages of one pane.
    #[expect(clippy::too_many_arguments, reason = "values of one frame, used only here")]
    pub(super) fn decorate(
        &mut self,
        ui: &Ui,
        spot: &PaneRect,
        column: &[usize],
        panes: &[Pane<'_>],
        heats: &HeatMaps,
        last: bool,
        palette: &Palette,
    ) {
        let PaneRect {
            place,
            foot,
            bar_below,
            ..
        } = *spot;
        let members: Vec<&Pane<'_>> = column.iter().filter_map(|pane| panes.get(*pane)).collect();
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        let (chips, mut top) = overlay::marks(
            &painter,
            palette,
            place,
            &self.camera,
            &names(&members),
            foot,
            bar_below,
        );
        let say = |what: &str, index: usize, rect: Rect, text: &str| {
            let id = ui.scope_id().with((what, spot.column, index));
            let response = ui.interact(rect, id, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
        };
        for (index, (rect, pane)) in chips.iter().zip(&members).enumerate() {
            say("chip", index, *rect, pane.title);
        }
        // Whether a message extends below the position of the cube.
        let mut reaches = false;
        for (index, pane) in members.iter().enumerate() {
            let reason = pane.stale.map(|reason| (reason, palette.bad));
            let remark = pane.remark.map(|remark| (remark, palette.warn));
            for (text, color) in [reason, remark].into_iter().flatten() {
                let card = overlay::message_card(&painter, palette, place, top + 6.0, text, color);
                reaches |= card.right() > place.right() - cube::SIZE - 6.0;
                say("card", index, card, text);
                top = card.bottom();
            }
        }
        let heat = match column.first() {
            Some(0) => heats.maps.first(),
            Some(_) | None => heats.maps.last(),
        };
        if self.layout == Layout::Distance {
            let text = match heat {
                Some(Some(heat)) => Some(compare::summary(heat)),
                Some(None) if heats.pending => Some("measuring distances…".to_owned()),
                Some(None) | None => None,
            };
            if let Some(text) = text {
                let at = pos2(place.left() + MARGIN + 2.0, top + 14.0);
                let galley = painter.layout_no_wrap(text.clone(), FontId::proportional(11.5), palette.dim);
                let rect = Align2::LEFT_CENTER.anchor_size(at, galley.size());
                painter.galley(rect.min, galley, palette.dim);
                say("distances", 0, rect, &text);
                top = rect.bottom();
            }
        }
        let inner = Rect::from_min_max(
            pos2(place.left(), top),
            pos2(place.right(), place.bottom() - foot),
        );
        // A narrow pane has no space for a line beside the cube.
        let card_bottom = if place.width() < 340.0 || reaches {
            top
        } else {
            place.top()
        };
        let mut busy = false;
        let hint = if self.stage.is_none() {
            Some(self.missing.as_str())
        } else if members.iter().all(|pane| pane.shape.is_none()) {
            members
                .iter()
                .rev()
                .map(|pane| pane.empty)
                .find(|text| !text.is_empty())
        } else if column
            .iter()
            .all(|pane| self.ready.get(*pane).is_none_or(Option::is_none))
        {
            busy = true;
            Some("preparing the shape…")
        } else {
            None
        };
        if let Some(text) = hint {
            overlay::hint(&painter, palette, inner, text);
            let middle = Rect::from_center_size(inner.center(), vec2(40.0, 20.0));
            say("hint", 0, middle, text);
        }
        self.pins(&painter, place, &members, palette);
        if last && inner.height() > 2.4 * cube::SIZE && place.width() > 2.2 * cube::SIZE {
            let middle = pos2(
                place.right() - 0.5 * cube::SIZE - 2.0,
                chips_end(&chips, place, bar_below).max(card_bottom) + 0.5 * cube::SIZE,
            );
            if let Some(action) = cube::show(ui, &self.camera, palette, middle) {
                self.act(action);
                ui.ctx().request_repaint();
            }
            if heats.span > 0.0 && !busy {
                let top = middle.y + 0.5 * cube::SIZE;
                let room = Rect::from_min_max(
                    pos2(place.left(), top),
                    pos2(place.right(), place.bottom() - foot),
                );
                compare::legend(ui, palette, room, heats.span);
            }
        }
    }

    /// Draws the picked points, and the line between two of them.
    fn pins(&self, painter: &egui::Painter, place: Rect, members: &[&Pane<'_>], palette: &Palette) {
        let size = [place.width(), place.height()];
        let checked = self.marked.map(|at| at.map(|v| v as f32));
        if let Some([x, y, z]) = checked
            && let Some([x, y]) = self.camera.project(vec3(x, y, z), size)
        {
            checks::mark(painter, place.center() + vec2(x, y), palette);
        }
        let mut ends = Vec::new();
        for pick in &self.picks {
            let here = |pane: &&Pane<'_>| {
                pane.shape
                    .is_some_and(|shape| std::sync::Arc::ptr_eq(shape, &pick.shape))
            };
            if !members.iter().any(here) {
                continue;
            }
            let [x, y, z] = pick.picked.at.map(|v| v as f32);
            if let Some([x, y]) = self.camera.project(vec3(x, y, z), size) {
                ends.push(place.center() + vec2(x, y));
            }
        }
        if let [a, b] = ends[..] {
            painter.line_segment([a, b], Stroke::new(1.5, palette.accent));
        }
        for end in ends {
            painter.circle(end, 3.5, palette.background, Stroke::new(1.5, palette.accent));
        }
    }
}

/// End of the row of chips and the scale bar.
fn chips_end(chips: &[Rect], place: Rect, bar_below: bool) -> f32 {
    let row = chips
        .first()
        .map_or(place.top() + MARGIN + overlay::CHIP_HEIGHT, Rect::bottom);
    row + if bar_below {
        overlay::CHIP_HEIGHT + 2.0
    } else {
        0.0
    }
}

/// Draws the picks in a card above the toolbar at the right.
pub fn readout(viewport: &mut Viewport, ui: &mut Ui, rect: Rect, foot: f32, palette: &Palette) {
    if viewport.picks.is_empty() && !viewport.measuring {
        return;
    }
    // In a narrow view it leaves most of the other part visible.
    let width = (0.55 * rect.width()).clamp(200.0, 330.0);
    let right = rect.right() - MARGIN;
    let room = Rect::from_min_max(
        pos2(right - width, rect.top() + MARGIN),
        pos2(right, rect.bottom() - foot - 4.0),
    );
    let mut clear = false;
    // An area knows its last height, which gives the top of a bottom-aligned card.
    let area = egui::Area::new(ui.scope_id().with("read-out"))
        .pivot(egui::Align2::RIGHT_BOTTOM)
        .fixed_pos(room.right_bottom())
        .constrain_to(room);
    area.show(ui.ctx(), |ui| {
        let fill = palette.raised.gamma_multiply(0.95);
        let frame = Frame::new()
            .fill(fill)
            .stroke(Stroke::new(1.0, palette.line))
            .corner_radius(6)
            .inner_margin(Margin::symmetric(12, 9));
        frame.show(ui, |ui| {
            ui.vertical(|ui| {
                ui.spacing_mut().item_spacing.y = 3.0;
                ui.spacing_mut().interact_size.y = 17.0;
                ui.set_max_width(width - 24.0);
                for pick in &viewport.picks {
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().item_spacing.x = 8.0;
                        ui.label(RichText::new(&pick.title).color(palette.text).strong());
                        ui.label(RichText::new(&pick.about).color(palette.dim).size(12.0));
                    });
                }
                if let [a, b] = &viewport.picks[..] {
                    ui.separator();
                    for (label, value) in pick::measures(a, b) {
                        ui.horizontal(|ui| {
                            ui.label(RichText::new(label).color(palette.dim).size(12.0));
                            let text = RichText::new(value).color(palette.text).size(12.0);
                            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                                ui.label(text)
                            });
                        });
                    }
                }
                let next = match (viewport.measuring, viewport.picks.len()) {
                    (true, 0) => Some("click a face or an edge to measure from"),
                    (true, 1) => Some("click a second one to measure to"),
                    _ => None,
                };
                if let Some(next) = next {
                    ui.label(RichText::new(next).color(palette.dim).size(12.0));
                }
                if !viewport.picks.is_empty() && ui.small_button("Clear").clicked() {
                    clear = true;
                }
            });
        });
    });
    if clear {
        viewport.act(ViewCommand::ClearPicks);
    }
}
