//! Candidates of one prompt side by side: a cell each, and their rewards on a line.

use egui::{
    Align2, Color32, Frame, Margin, Pos2, Rect, Response, RichText, Role, Sense, Stroke, StrokeKind, Ui,
    Vec2, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

use super::widgets::{self, delta_color, signed};
use crate::geometry::Shape;
use crate::studio::theme::{self, PAD, Palette, RADIUS, SMALL};
use crate::studio::viewport::{Tone, Viewport};

/// Tooltip of the mark of an uninformative group.
pub(super) const UNINFORMATIVE: &str =
    "uninformative: the scores of the group hardly differ, so it gives no training signal";

/// Minimum and maximum width of a cell, points; a larger picture is not sharp.
const WIDTH: [f32; 2] = [160.0, 300.0];
/// Minimum height of a cell, points.
const HEIGHT: f32 = 132.0;
/// Maximum height of a cell as a multiple of its width.
const TALL: f32 = 0.85;
const GAP: f32 = 8.0;
/// Height of the caption below a picture, points.
const CAPTION: f32 = 42.0;
/// Width of a mark on the reward line, points.
const MARK: f32 = 8.0;

pub(super) struct Cell<'a> {
    /// Short name, at the lower left.
    pub name: String,
    /// Accessible name.
    pub label: String,
    /// Shape, or text in its place.
    pub picture: Picture<'a>,
    pub total: Option<f64>,
    pub built: bool,
    pub kind: String,
    pub advantage: Option<f64>,
    pub open: bool,
}

pub(super) enum Picture<'a> {
    Shape(&'a Arc<Shape>),
    /// Failed build, with the reason.
    Broken(&'a str),
    InProgress(&'a str),
    /// Code or text as it arrives.
    Text(&'a str),
}

/// Lays out `count` cells, as large as possible while all fit into `room`; `cell` draws one of a given size.
pub(super) fn grid(ui: &mut Ui, count: usize, room: Vec2, mut cell: impl FnMut(&mut Ui, usize, Vec2)) {
    let size = cell_size(count, room - 2.0 * vec2(PAD, 6.0));
    Frame::new()
        .inner_margin(Margin::symmetric(PAD as i8, 6))
        .show(ui, |ui| {
            ui.horizontal_wrapped(|ui| {
                ui.spacing_mut().item_spacing = vec2(GAP, GAP);
                for index in 0..count {
                    cell(ui, index, size);
                }
            });
        });
}

/// Size of the largest cells of which `count` fit; the minimum size, with scrolling, if that is smaller.
fn cell_size(count: usize, room: Vec2) -> Vec2 {
    let most = ((room.x + GAP) / (WIDTH[0] + GAP)).floor().max(1.0) as usize;
    let of_columns = |columns: usize| {
        let rows = count.div_ceil(columns).max(1);
        let share = |length: f32, parts: usize| ((length + GAP) / parts as f32 - GAP).floor();
        let width = share(room.x, columns).min(WIDTH[1]);
        vec2(width, share(room.y, rows).min((TALL * width).floor()))
    };
    (1..=most)
        .map(of_columns)
        .filter(|size| size.y >= HEIGHT)
        .max_by(|one, other| (one.x * one.y).total_cmp(&(other.x * other.y)))
        .unwrap_or_else(|| vec2(of_columns(most).x, HEIGHT))
}

/// Draws the rewards of a group on a line from -1 to 1, equal ones stacked.
pub(super) fn strip(ui: &mut Ui, rewards: impl Iterator<Item = (f64, bool)>, informative: bool) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 34.0), Sense::hover());
    let line = rect.shrink2(vec2(PAD, 6.0));
    ui.painter()
        .hline(line.x_range(), line.bottom(), theme::hairline(palette));
    let bins = (line.width() / MARK).floor().max(1.0);
    let mut marks: Vec<(usize, bool)> = rewards
        .filter(|(reward, _)| reward.is_finite())
        .map(|(reward, built)| {
            let share = (reward.clamp(-1.0, 1.0) + 1.0) / 2.0;
            ((share * f64::from(bins - 1.0)).round() as usize, built)
        })
        .collect();
    marks.sort_unstable();
    let most = marks
        .chunk_by(|one, other| one.0 == other.0)
        .map(<[_]>::len)
        .max()
        .unwrap_or(1);
    let rise = MARK.min((line.height() - 4.0) / most.saturating_sub(1).max(1) as f32);
    for pile in marks.chunk_by(|one, other| one.0 == other.0) {
        for (level, (bin, built)) in pile.iter().enumerate() {
            let x = line.left() + MARK * (*bin as f32 + 0.5);
            let center = pos2(x, line.bottom() - 4.0 - rise * level as f32);
            let color = if *built { palette.step } else { palette.bad };
            row_dot(ui, center, color, !informative);
        }
    }
    response.on_hover_text("rewards of the group, from −1 at the left to 1 at the right");
}

/// Mark of a candidate: a ring if it gives no training signal.
pub(super) fn row_dot(ui: &Ui, center: Pos2, color: Color32, uninformative: bool) {
    if uninformative {
        ui.painter().circle_stroke(center, 3.5, Stroke::new(1.5, color));
    } else {
        widgets::dot(ui, center, color);
    }
}

/// Draws a clickable candidate.
pub(super) fn show(cell: &Cell<'_>, viewport: &mut Viewport, size: Vec2, ui: &mut Ui) -> Response {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let total = cell.total.map_or_else(|| "–".to_owned(), widgets::total);
    response.widget_info(|| {
        WidgetInfo::selected(Role::Button, true, cell.open, format!("{}, {total}", cell.label))
    });
    let fill = if response.hovered() {
        palette.raised
    } else {
        palette.pane
    };
    ui.painter().rect_filled(rect, RADIUS, fill);
    let place = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - CAPTION)).shrink(1.0);
    picture(&cell.picture, viewport, place, ui, palette);
    let edge = if cell.open {
        Stroke::new(2.0, palette.accent)
    } else {
        theme::hairline(palette)
    };
    ui.painter().rect_stroke(rect, RADIUS, edge, StrokeKind::Inside);
    let put = |text: RichText, at: Pos2, anchor| {
        let galley = widgets::line(ui, text, 0.6 * rect.width());
        widgets::paint_line(ui, at, anchor, galley);
    };
    let (left, right) = (rect.left() + 9.0, rect.right() - 9.0);
    let (upper, lower) = (rect.bottom() - 30.0, rect.bottom() - 12.0);
    put(
        RichText::new(&cell.name).size(12.0),
        pos2(left, upper),
        Align2::LEFT_CENTER,
    );
    let color = if cell.built { palette.text } else { palette.bad };
    let color = if cell.total.is_some() {
        color
    } else {
        palette.faint
    };
    put(
        RichText::new(total).size(12.0).color(color),
        pos2(right, upper),
        Align2::RIGHT_CENTER,
    );
    put(
        widgets::small(cell.kind.replace('_', " "), palette),
        pos2(left, lower),
        Align2::LEFT_CENTER,
    );
    if let Some(advantage) = cell.advantage {
        let text = RichText::new(signed(advantage, 2))
            .font(theme::regular(SMALL))
            .color(delta_color(advantage, palette));
        put(text, pos2(right, lower), Align2::RIGHT_CENTER);
    }
    response
}

fn picture(picture: &Picture<'_>, viewport: &mut Viewport, place: Rect, ui: &Ui, palette: &Palette) {
    let words = |text: &str, font: egui::FontId, color: Color32, rows: usize| {
        let galley = ui.fonts_mut(|fonts| {
            let width = place.width() - 18.0;
            let mut job = egui::text::LayoutJob::simple(text.to_owned(), font, color, width);
            job.wrap.max_rows = rows;
            fonts.layout_job(job)
        });
        ui.painter().galley(place.min + vec2(9.0, 9.0), galley, color);
    };
    match picture {
        Picture::InProgress(text) => words(text, theme::regular(11.0), palette.faint, 4),
        Picture::Broken(why) => words(why, theme::regular(11.0), palette.bad, 4),
        Picture::Text(text) => words(text, theme::mono(9.5), palette.dim, 6),
        Picture::Shape(shape) => {
            if let Some(texture) = viewport.thumbnail(ui.ctx(), shape, Tone::Step) {
                let size = texture.size_vec2();
                let scale = (place.width() / size.x).min(place.height() / size.y);
                let room = Rect::from_center_size(place.center(), size * scale);
                let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                ui.painter().image(texture.id(), room, whole, Color32::WHITE);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_as_large_as_possible() {
        // A few fill the area, many keep a legible size.
        assert_eq!(cell_size(1, vec2(600.0, 500.0)), vec2(300.0, 255.0));
        assert_eq!(cell_size(4, vec2(600.0, 500.0)), vec2(296.0, 246.0));
        assert_eq!(cell_size(16, vec2(600.0, 500.0)), vec2(194.0, HEIGHT));
        assert_eq!(cell_size(3, vec2(120.0, 500.0)), vec2(120.0, HEIGHT));
    }
}
