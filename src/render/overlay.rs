//! Text and marks on top of a picture: name, scale bar, axes, messages.
//!
//! Drawn with egui's painter alone, so that a window and a PNG look alike. Sizes are points.

use std::sync::Arc;

use egui::text::{LayoutJob, TextFormat};
use egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Stroke, StrokeKind, Vec2, pos2, vec2,
};

use super::camera::Insets;
use super::frame::{length_label, round_up_125};
use super::{Camera, Palette, Tone};

/// Between the border of a pane and what lies on it.
pub const MARGIN: f32 = 10.0;

/// Height of a name chip.
pub const CHIP_HEIGHT: f32 = 24.0;

/// Room that marks take from a pane without a toolbar.
pub const INSETS: Insets = Insets {
    sides: 18.0,
    top: MARGIN + CHIP_HEIGHT + 12.0,
    bottom: 24.0,
};

/// A shape's chip: its colour, its name, and what else is to be said of it.
pub type Name<'a> = (Tone, &'a str, &'a str);

/// The marks of one pane: chips at the top left, the scale bar at the top right (or below, where it has no
/// room), the axes at the lower left, `foot` points above the border. Returns the chips' places and where
/// the marks at the top end.
pub fn marks(
    painter: &Painter,
    palette: &Palette,
    pane: Rect,
    camera: &Camera,
    names: &[Name<'_>],
    foot: f32,
) -> (Vec<Rect>, f32) {
    let mm = camera.mm_per_unit([pane.width(), pane.height()]);
    let mut at = pane.left_top() + vec2(MARGIN, MARGIN);
    let right = pane.right() - MARGIN;
    let mut chips: Vec<Rect> = Vec::new();
    for (tone, title, note) in names {
        let rect = chip(painter, palette, at, right - at.x, *tone, title, note);
        at.x = rect.right() + 6.0;
        chips.push(rect);
    }
    let mut bottom = at.y + CHIP_HEIGHT;
    let corner = pos2(right, at.y);
    let free = right - at.x;
    if free > scale_bar_width(painter, palette, mm) + 6.0 {
        scale_bar(painter, palette, corner, mm);
    } else {
        scale_bar(painter, palette, corner + vec2(0.0, CHIP_HEIGHT + 2.0), mm);
        bottom += CHIP_HEIGHT + 2.0;
    }
    triad(
        painter,
        palette,
        camera,
        pane.left_bottom() + vec2(MARGIN, -MARGIN - foot),
    );
    (chips, bottom)
}

const RADIUS: CornerRadius = CornerRadius::same(6);
const TRIAD: f32 = 24.0;

/// A shape's name with its colour, at the top left of a pane (or right of another chip). Returns its place.
pub fn chip(
    painter: &Painter,
    palette: &Palette,
    at: Pos2,
    room: f32,
    tone: Tone,
    title: &str,
    note: &str,
) -> Rect {
    let mut job = LayoutJob::default();
    let format = |color| TextFormat {
        font_id: FontId::proportional(12.5),
        color,
        ..Default::default()
    };
    job.append(title, 0.0, format(palette.text));
    if !note.is_empty() {
        job.append(&format!("  {note}"), 0.0, format(palette.dim));
    }
    job.wrap.max_rows = 1;
    job.wrap.max_width = (room - 36.0).max(24.0);
    job.break_on_newline = false;
    let galley = painter.layout_job(job);
    let rect = Rect::from_min_size(at, vec2(galley.size().x + 34.0, CHIP_HEIGHT));
    painter.rect_filled(rect, RADIUS, palette.raised.gamma_multiply(0.92));
    painter.circle_filled(pos2(rect.left() + 13.0, rect.center().y), 3.5, tone.color());
    let text = pos2(rect.left() + 24.0, rect.center().y - 0.5 * galley.size().y);
    painter.galley(text, galley, palette.text);
    rect
}

/// A bar of a round length with its label, right-aligned at `corner` (top right). Returns its place.
pub fn scale_bar(painter: &Painter, palette: &Palette, corner: Pos2, mm_per_point: f32) -> Rect {
    let mm = scale_length(mm_per_point);
    let width = (mm / f64::from(mm_per_point)) as f32;
    let label = painter.layout_no_wrap(length_label(mm), FontId::monospace(11.5), palette.dim);
    let rect = Rect::from_min_max(
        pos2(corner.x - width - 8.0 - label.size().x, corner.y),
        corner + vec2(0.0, CHIP_HEIGHT),
    );
    let (left, right, y) = (corner.x - width, corner.x, rect.center().y);
    painter.galley(pos2(rect.left(), y - 0.5 * label.size().y), label, palette.dim);
    let stroke = Stroke::new(1.0, palette.dim);
    painter.hline(left..=right, y, stroke);
    painter.vline(left, y - 5.0..=y + 5.0, stroke);
    painter.vline(right, y - 5.0..=y + 5.0, stroke);
    rect
}

/// The axes as the camera sees them, in a square whose lower left corner is `corner`.
pub fn triad(painter: &Painter, palette: &Palette, camera: &Camera, corner: Pos2) {
    let middle = corner + vec2(TRIAD + 8.0, -TRIAD - 8.0);
    let (right, up, back) = (camera.right(), camera.up(), camera.towards_eye());
    let mut axes: Vec<(f32, Vec2, Color32, &str)> = ["X", "Y", "Z"]
        .into_iter()
        .enumerate()
        .map(|(axis, name)| {
            (
                back[axis],
                vec2(right[axis], -up[axis]) * TRIAD,
                palette.axes[axis],
                name,
            )
        })
        .collect();
    axes.sort_by(|a, b| a.0.total_cmp(&b.0));
    for (_, tip, color, name) in axes {
        painter.line_segment([middle, middle + tip], Stroke::new(1.5, color));
        // An axis that points at the eye has no direction: its letter goes beside the middle.
        let letter = if tip.length() > 6.0 {
            tip + tip.normalized() * 7.0
        } else {
            vec2(-7.0, 7.0)
        };
        painter.text(
            middle + letter,
            Align2::CENTER_CENTER,
            name,
            FontId::proportional(10.5),
            color,
        );
    }
}

fn scale_bar_width(painter: &Painter, palette: &Palette, mm_per_point: f32) -> f32 {
    let mm = scale_length(mm_per_point);
    let label = painter.layout_no_wrap(length_label(mm), FontId::monospace(11.5), palette.dim);
    (mm / f64::from(mm_per_point)) as f32 + 8.0 + label.size().x
}

/// Why the shape below is not what the code says: a card under the chips, as wide as it needs to be.
pub fn failure_card(painter: &Painter, palette: &Palette, pane: Rect, top: f32, message: &str) -> Rect {
    let room = (pane.width() - 2.0 * MARGIN).max(40.0);
    let mut job = LayoutJob::simple(
        message.to_owned(),
        FontId::proportional(12.5),
        palette.text,
        room - 28.0,
    );
    job.wrap.max_rows = 4;
    let galley = painter.layout_job(job);
    let rect = Rect::from_min_size(
        pos2(pane.left() + MARGIN, top),
        vec2(galley.size().x + 28.0, galley.size().y + 16.0),
    );
    painter.rect_filled(rect, RADIUS, palette.raised);
    painter.rect_filled(rect, RADIUS, palette.bad.gamma_multiply(0.14));
    painter.rect_stroke(
        rect,
        RADIUS,
        Stroke::new(1.0, palette.bad.gamma_multiply(0.45)),
        StrokeKind::Inside,
    );
    let bar = Rect::from_min_max(
        rect.left_top() + vec2(0.0, 5.0),
        pos2(rect.left() + 3.0, rect.bottom() - 5.0),
    );
    painter.rect_filled(bar, 1.0, palette.bad);
    painter.galley(rect.left_top() + vec2(14.0, 8.0), galley, palette.text);
    rect
}

/// What to do where there is nothing to see, in the middle of a pane.
pub fn hint(painter: &Painter, palette: &Palette, pane: Rect, text: &str) {
    let mut job = LayoutJob::simple(
        text.to_owned(),
        FontId::proportional(13.0),
        palette.dim,
        (pane.width() - 48.0).clamp(40.0, 360.0),
    );
    job.halign = egui::Align::Center;
    let galley: Arc<Galley> = painter.layout_job(job);
    painter.galley(
        pane.center() - vec2(0.0, 0.5 * galley.size().y),
        galley,
        palette.dim,
    );
}

/// The round length whose bar is between 34 and 85 points.
fn scale_length(mm_per_point: f32) -> f64 {
    round_up_125(34.0 * f64::from(mm_per_point))
}
