//! Text and marks over a picture: names, scale bar, axes, messages.
//!
//! Drawn with egui's painter alone, so that a window and a PNG look alike. Sizes are points.

use std::sync::Arc;

use egui::text::LayoutJob;
use egui::{
    Align2, Color32, CornerRadius, FontId, Galley, Painter, Pos2, Rect, Stroke, StrokeKind, Vec2, pos2, vec2,
};

use super::camera::Insets;
use super::frame::{length_label, round_up_125};
use super::{Camera, Palette, Tone};

/// Margin between the border of a pane and its marks.
pub const MARGIN: f32 = 10.0;

/// Height of a name chip.
pub const CHIP_HEIGHT: f32 = 24.0;

/// Margins that marks need in a pane without a toolbar.
pub const INSETS: Insets = Insets {
    sides: 18.0,
    top: MARGIN + CHIP_HEIGHT + 12.0,
    bottom: 24.0,
};

/// Colour role and name on a shape's chip.
pub type Name<'a> = (Tone, &'a str);

/// Draws the marks of one pane: chips at the top left, the scale bar at the top right or, with `bar_below`, in a separate row,
/// the axes at the lower left, `foot` points above the border. Returns the rectangles of the chips and the lower end of the top
/// marks.
pub fn marks(
    painter: &Painter,
    palette: &Palette,
    pane: Rect,
    camera: &Camera,
    names: &[Name<'_>],
    foot: f32,
    bar_below: bool,
) -> (Vec<Rect>, f32) {
    let right = pane.right() - MARGIN;
    let mut at = pane.left_top() + vec2(MARGIN, MARGIN);
    let mut chips: Vec<Rect> = Vec::new();
    for (tone, title) in names {
        let rect = chip(painter, palette, at, right - at.x, *tone, title);
        at.x = rect.right() + GAP;
        chips.push(rect);
    }
    let bar = pos2(right, at.y + if bar_below { CHIP_HEIGHT + 2.0 } else { 0.0 });
    scale_bar(painter, palette, bar, &Bar::of(pane, camera));
    triad(
        painter,
        palette,
        camera,
        pane.left_bottom() + vec2(MARGIN, -MARGIN - foot),
    );
    (chips, bar.y + CHIP_HEIGHT)
}

/// Whether a pane is too narrow for chips and scale bar in one row. Panes that are compared should use the same layout.
pub fn wants_bar_below(painter: &Painter, pane: Rect, camera: &Camera, names: &[Name<'_>]) -> bool {
    let width = |text: String, font| painter.layout_no_wrap(text, font, Color32::WHITE).size().x;
    let chips: f32 = names
        .iter()
        .map(|(_, title)| width((*title).to_owned(), FontId::proportional(CHIP_TEXT)) + CHIP_SIDES + GAP)
        .sum();
    let bar = Bar::of(pane, camera);
    let bar_width = width(length_label(bar.mm), FontId::monospace(BAR_TEXT)) + 8.0 + bar.width;
    chips + bar_width + 2.0 * MARGIN > pane.width()
}

const GAP: f32 = 6.0;
const CHIP_TEXT: f32 = 12.5;
const CHIP_SIDES: f32 = 34.0;
const BAR_TEXT: f32 = 11.5;
const RADIUS: CornerRadius = CornerRadius::same(6);
const TRIAD: f32 = 24.0;

/// Chip with a shape's name and colour, at the top left of a pane (or right of another chip). Returns its rectangle.
fn chip(painter: &Painter, palette: &Palette, at: Pos2, room: f32, tone: Tone, title: &str) -> Rect {
    let font = FontId::proportional(CHIP_TEXT);
    let mut job = LayoutJob::simple_singleline(title.to_owned(), font, palette.text);
    job.wrap.max_rows = 1;
    job.wrap.max_width = (room - 36.0).max(24.0);
    let galley = painter.layout_job(job);
    let rect = Rect::from_min_size(at, vec2(galley.size().x + CHIP_SIDES, CHIP_HEIGHT));
    painter.rect_filled(rect, RADIUS, palette.raised.gamma_multiply(0.92));
    painter.circle_filled(pos2(rect.left() + 13.0, rect.center().y), 3.5, tone.color());
    let text = pos2(rect.left() + 24.0, rect.center().y - 0.5 * galley.size().y);
    painter.galley(text, galley, palette.text);
    rect
}

/// A round length and its width on the screen.
struct Bar {
    mm: f64,
    width: f32,
}

impl Bar {
    /// Between 34 and 85 points wide; less in a narrow pane.
    fn of(pane: Rect, camera: &Camera) -> Self {
        let mm_per_point = camera.mm_per_unit([pane.width(), pane.height()]);
        let least = (0.1 * pane.width()).clamp(16.0, 34.0);
        let mm = round_up_125(f64::from(least * mm_per_point));
        Self {
            mm,
            width: (mm / f64::from(mm_per_point)) as f32,
        }
    }
}

/// A bar with its label, right-aligned at `corner` (top right).
fn scale_bar(painter: &Painter, palette: &Palette, corner: Pos2, bar: &Bar) {
    let label = painter.layout_no_wrap(length_label(bar.mm), FontId::monospace(BAR_TEXT), palette.dim);
    let (left, right, y) = (corner.x - bar.width, corner.x, corner.y + 0.5 * CHIP_HEIGHT);
    painter.galley(
        pos2(left - 8.0 - label.size().x, y - 0.5 * label.size().y),
        label,
        palette.dim,
    );
    let stroke = Stroke::new(1.0, palette.dim);
    painter.hline(left..=right, y, stroke);
    painter.vline(left, y - 5.0..=y + 5.0, stroke);
    painter.vline(right, y - 5.0..=y + 5.0, stroke);
}

/// The axes in the camera's view, in a square whose lower left corner is `corner`.
fn triad(painter: &Painter, palette: &Palette, camera: &Camera, corner: Pos2) {
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
        // An axis towards the camera has no direction: its letter goes beside the middle.
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

/// Remark on the shape, or why it does not match the current code: a card below the chips, as wide as its text.
pub fn message_card(
    painter: &Painter,
    palette: &Palette,
    pane: Rect,
    top: f32,
    message: &str,
    color: Color32,
) -> Rect {
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
    painter.rect_filled(rect, RADIUS, color.gamma_multiply(0.14));
    painter.rect_stroke(
        rect,
        RADIUS,
        Stroke::new(1.0, color.gamma_multiply(0.45)),
        StrokeKind::Inside,
    );
    let bar = Rect::from_min_max(
        rect.left_top() + vec2(0.0, 5.0),
        pos2(rect.left() + 3.0, rect.bottom() - 5.0),
    );
    painter.rect_filled(bar, 1.0, color);
    painter.galley(rect.left_top() + vec2(14.0, 8.0), galley, palette.text);
    rect
}

/// Hint in the middle of an empty pane.
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
