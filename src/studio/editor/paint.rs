//! Drawings on the code: failing line and message, line numbers, brackets, hover text.

use std::sync::Arc;

use egui::text::{CCursor, CCursorRange, CharIndex};
use egui::{Align2, Galley, Id, Pos2, Rect, RichText, Shape, Stroke, TextEdit, Ui, UiBuilder, pos2, vec2};

use super::layout::Gap;
use super::{EditorView, indent, suggest};
use crate::failure::Failure;
use crate::python::{ApiIndex, parts};
use crate::studio::theme::{self, CODE, CODE_LINE, Palette};

/// Maximum distance in lines at which the caret is considered to be at the failing line.
const NEAR: usize = 3;
/// Height of the row with a fix below a message, points.
pub(super) const FIX: f32 = 26.0;

/// Row of the failing line. A line past the end (an open bracket) is the last one.
pub(super) fn mark(failure: &Failure, lines: usize) -> Option<(usize, &Failure)> {
    let line = failure.line? as usize;
    Some((line.clamp(1, lines) - 1, failure))
}

/// Scrolls to a failing line and its message, unless the caret is elsewhere.
pub(super) fn reveal(
    ui: &Ui,
    output: &egui::text_edit::TextEditOutput,
    row: usize,
    gap: Option<Gap>,
    area: Rect,
) {
    let Some(placed) = output.galley.rows.get(row) else {
        return;
    };
    let top = output.galley_pos.y + placed.min_y();
    let height = CODE_LINE + gap.map_or(0.0, |gap| gap.height);
    let rect = Rect::from_min_size(pos2(area.left(), top), vec2(1.0, height));
    let caret = output
        .cursor_range
        .map(|range| row_of(&output.galley, range.primary));
    let elsewhere = output.response.has_focus() && caret.is_some_and(|caret| caret.abs_diff(row) > NEAR);
    if !area.contains_rect(rect) && !elsewhere {
        ui.scroll_to_rect(rect, None);
    }
}

pub(super) fn message_galley(ui: &Ui, failure: &Failure, width: f32) -> Arc<Galley> {
    let palette = theme::of(ui);
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width.max(120.0);
    job.wrap.max_rows = 6;
    let plain = egui::TextFormat::simple(theme::regular(12.0), palette.text);
    let bold = egui::TextFormat::simple(theme::semibold(12.0), palette.text);
    for (quote, part) in parts(failure.message.trim()) {
        job.append(
            part,
            0.0,
            if quote.is_some() {
                bold.clone()
            } else {
                plain.clone()
            },
        );
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Draws the message below its line; returns whether the fix was clicked.
pub(super) fn message_card(
    ui: &mut Ui,
    at: Pos2,
    area: Rect,
    message: Arc<Galley>,
    failure: &Failure,
    fix: Option<&suggest::SuggestedFix>,
) -> bool {
    let palette = theme::of(ui);
    let foot = if fix.is_some() { FIX } else { 0.0 };
    let size = message.size();
    let rect = Rect::from_min_size(at, vec2(area.width() - 16.0, size.y + 14.0 + foot));
    let painter = ui.painter().with_clip_rect(area);
    painter.rect_filled(rect, 3.0, palette.bad_fill);
    painter.rect_filled(
        Rect::from_min_size(rect.min, vec2(2.0, rect.height())),
        0.0,
        palette.bad,
    );
    painter.galley(rect.min + vec2(12.0, 7.0), message, palette.text);
    let response = ui.interact(
        rect.intersect(area),
        Id::unique("failing line"),
        egui::Sense::hover(),
    );
    let text = format!("line {}: {}", failure.line.unwrap_or(0), failure.message);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &text));
    let Some(fix) = fix else { return false };
    let row = Rect::from_min_max(rect.min + vec2(12.0, size.y + 7.0), rect.max - vec2(6.0, 4.0));
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    ui.scope_builder(
        UiBuilder::new().max_rect(row.intersect(area)).layout(layout),
        |ui| {
            ui.shrink_clip_rect(area);
            ui.spacing_mut().item_spacing.x = 6.0;
            ui.label(
                RichText::new("did you mean")
                    .font(theme::regular(12.0))
                    .color(palette.dim),
            );
            ui.label(
                RichText::new(&fix.text)
                    .font(theme::mono(12.0))
                    .color(palette.text),
            );
            let apply = RichText::new("apply")
                .font(theme::medium(11.5))
                .color(palette.accent);
            let button = ui.add(
                egui::Button::new(apply)
                    .fill(palette.selected)
                    .min_size(vec2(0.0, 20.0)),
            );
            let name = format!("Apply {}", fix.text);
            button.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Button, true, &name));
            button.clicked()
        },
    )
    .inner
}

/// Highlights of the caret's line and the failing line.
pub(super) fn rows_behind(
    galley: &Galley,
    origin: Pos2,
    full: Rect,
    caret: Option<usize>,
    failing: Option<usize>,
    palette: &Palette,
) -> Shape {
    let band = |row: usize, color| {
        let placed = galley.rows.get(row)?;
        let (top, bottom) = (origin.y + placed.min_y(), origin.y + placed.max_y());
        let rect = Rect::from_min_max(pos2(full.left(), top), pos2(full.right(), bottom));
        Some(Shape::rect_filled(rect, 0.0, color))
    };
    let caret = caret.filter(|row| Some(*row) != failing);
    let mut shapes: Vec<_> = caret
        .and_then(|row| band(row, theme::blend(palette.pane, palette.raised, 0.8)))
        .into_iter()
        .collect();
    shapes.extend(failing.and_then(|row| band(row, theme::blend(palette.pane, palette.bad, 0.24))));
    Shape::Vec(shapes)
}

/// A click on a line number moves the caret to the start of the line.
pub(super) fn gutter_click(ui: &Ui, output: &egui::text_edit::TextEditOutput, id: Id, gutter: Rect) {
    let response = ui.interact(gutter, id.with("gutter"), egui::Sense::click());
    if response.clicked()
        && let Some(at) = response.interact_pointer_pos()
    {
        let caret = output
            .galley
            .cursor_from_pos(vec2(0.0, at.y - output.galley_pos.y));
        let mut state = output.state.clone();
        state.cursor.set_char_range(Some(CCursorRange::one(caret)));
        TextEdit::store_state(ui.ctx(), id, state);
        output.response.request_focus();
    }
}

pub(super) fn gutter_numbers(
    ui: &Ui,
    galley: &Galley,
    origin: Pos2,
    gutter: Rect,
    caret: Option<usize>,
    failing: Option<usize>,
) {
    let palette = theme::of(ui);
    let painter = ui.painter().with_clip_rect(gutter);
    for (index, row) in galley.rows.iter().enumerate() {
        let (top, bottom) = (origin.y + row.min_y(), origin.y + row.max_y());
        if bottom < gutter.top() {
            continue;
        }
        if top > gutter.bottom() {
            break;
        }
        let color = if failing == Some(index) {
            painter.rect_filled(
                Rect::from_min_max(pos2(gutter.left(), top), pos2(gutter.left() + 3.0, bottom)),
                0.0,
                palette.bad,
            );
            palette.bad
        } else if caret == Some(index) {
            palette.dim
        } else {
            palette.faint
        };
        let at = pos2(gutter.right() - 10.0, 0.5 * (top + bottom));
        painter.text(
            at,
            Align2::RIGHT_CENTER,
            index + 1,
            theme::mono(CODE - 0.5),
            color,
        );
    }
}

/// Underlines the name in the message if the failing line contains it, else the whole line.
pub(super) fn squiggle(
    ui: &Ui,
    galley: &Galley,
    at: Pos2,
    area: Rect,
    row: usize,
    failure: &Failure,
    palette: &Palette,
) {
    let Some(placed) = galley.rows.get(row) else {
        return;
    };
    let text = placed.text();
    let quoted = parts(&failure.message)
        .into_iter()
        .filter(|part| part.0.is_some());
    let named = quoted
        .map(|(_, name)| name)
        .filter_map(|name| text.rfind(name).map(|start| (start, start + name.len())))
        .next_back();
    let code = (text.len() - text.trim_start().len(), text.trim_end().len());
    let (start, end) = named.unwrap_or(code);
    let x = |byte: usize| at.x + placed.pos.x + placed.x_offset(CharIndex(text[..byte].chars().count()));
    let (left, right, y) = (x(start), x(end).max(x(start) + 6.0), at.y + placed.max_y() - 2.0);
    let points: Vec<_> = std::iter::successors(Some(left), |x| Some(x + 2.5))
        .take_while(|x| *x <= right)
        .enumerate()
        .map(|(index, x)| pos2(x, if index % 2 == 0 { y } else { y - 2.0 }))
        .collect();
    ui.painter()
        .with_clip_rect(area)
        .add(Shape::line(points, Stroke::new(1.2, palette.bad)));
}

pub(super) fn row_of(galley: &Galley, cursor: CCursor) -> usize {
    galley.layout_from_cursor(cursor).row
}

/// Frame around a bracket.
pub(super) fn bracket(galley: &Galley, at: Pos2, code: &str, byte: usize, palette: &Palette) -> Shape {
    let Some(before) = code.get(..byte) else {
        return Shape::Noop;
    };
    let start = CCursor::new(before.chars().count());
    let [from, to] = [start, start + 1].map(|cursor| galley.pos_from_cursor(cursor));
    let rect = Rect::from_min_max(from.min, pos2(to.min.x, from.max.y)).translate(at.to_vec2());
    Shape::rect_filled(
        rect.shrink2(vec2(0.0, 1.0)),
        2.0,
        theme::blend(palette.pane, palette.accent, 0.42),
    )
}

/// Hover text of the name under the pointer.
pub(super) fn hover(view: &EditorView, output: &egui::text_edit::TextEditOutput, area: Rect, ui: &Ui) {
    let Some(at) = output.response.hover_pos().filter(|at| area.contains(*at)) else {
        return;
    };
    // Only for a resting pointer, to avoid a lookup at every move.
    if view.assist.is_open() || ui.input(|input| input.pointer.is_moving() || input.pointer.any_down()) {
        return;
    }
    let cursor = output.galley.cursor_from_pos(at - output.galley_pos);
    let place = output
        .galley
        .pos_from_cursor(cursor)
        .translate(output.galley_pos.to_vec2());
    if (place.min.x - at.x).abs() > 12.0 {
        return;
    }
    let byte = indent::byte(&view.buffer, cursor.index.0);
    let inside = |c: char| c == '_' || c.is_alphanumeric();
    let end = view.buffer[byte..]
        .find(|c| !inside(c))
        .map_or(view.buffer.len(), |length| byte + length);
    let Some(entry) = ApiIndex::pinned().lookup(&view.buffer, end) else {
        return;
    };
    let palette = theme::of(ui);
    let response: egui::Response = (*output.response).clone();
    response.on_hover_ui_at_pointer(|ui| {
        ui.set_max_width(420.0);
        let mut job = egui::text::LayoutJob::default();
        job.append(
            &entry.name,
            0.0,
            egui::TextFormat::simple(theme::mono(12.0), palette.code.call),
        );
        job.append(
            &entry.signature,
            0.0,
            egui::TextFormat::simple(theme::mono(12.0), palette.dim),
        );
        ui.label(job);
        if !entry.doc.is_empty() {
            ui.label(&entry.doc);
        }
    });
}
