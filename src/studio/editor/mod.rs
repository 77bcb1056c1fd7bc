//! The Python editor: line numbers, colours, and the failing line with its message under it.

pub mod highlight;
pub mod indent;
mod keys;
mod layout;

use std::sync::Arc;

use egui::scroll_area::ScrollBarVisibility;
use egui::text::{CCursor, CCursorRange, CharIndex};
use egui::{
    Align2, Frame, Galley, Id, Margin, Pos2, Rect, RichText, ScrollArea, Shape, Stroke, TextEdit, Ui,
    UiBuilder, pos2, vec2,
};

use super::command::{Action, Command};
use super::panels::widgets::{self, ActionStyle, action_button};
use super::state::{Activity, Card, CardId, Outcome, Session, State};
use super::theme::{self, CODE, CODE_LINE, Palette};
use crate::failure::Failure;
use crate::trajectory::Origin;
use keys::Keys;
use layout::{CodeLayout, Gap};

/// Accessible name of the text field.
pub const NAME: &str = "Code editor";

/// A caret this many lines from the failing line is at work on it.
const NEAR: usize = 3;
/// Space above the first line, points.
const TOP: i8 = 8;

/// What the editor remembers between frames.
#[derive(Default)]
pub struct EditorView {
    buffer: String,
    seen: Option<(CardId, u64)>,
    layout: CodeLayout,
    /// The failure that the view has scrolled to.
    shown_failure: Option<(CardId, u32, String)>,
    /// The field shown last.
    field: Option<Id>,
    keys: Keys,
}

/// Shows the card on screen for editing.
pub fn show(view: &mut EditorView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let session = state.session();
    let card = session.card();
    header(session, card, ui, commands);
    if view.seen != Some((card.id, card.revision)) {
        if view.buffer != card.code {
            view.buffer.clone_from(&card.code);
        }
        view.seen = Some((card.id, card.revision));
    }
    body(view, card, ui, commands);
}

fn header(session: &Session, card: &Card, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let (title, about) = names(session, card);
    widgets::header(
        ui,
        "",
        |ui| {
            ui.label(RichText::new(title).font(theme::semibold(theme::TEXT)));
            if card.unsaved() {
                ui.label(RichText::new("•").color(palette.warn))
                    .on_hover_text("not saved");
            }
            ui.add(egui::Label::new(widgets::dim(about, palette)).truncate());
        },
        |ui| {
            if let Some(text) = run_text(card) {
                let label = ui.label(
                    RichText::new(text)
                        .font(theme::medium(theme::SMALL))
                        .color(palette.dim),
                );
                if let Some(scored) = card.scored() {
                    let t = &scored.evaluation.timing;
                    label.on_hover_text(format!(
                        "waited {:.0} ms\nran {:.0} ms\nmeshed {:.0} ms\nscored {:.0} ms\nin all {:.0} ms",
                        t.queue_ms, t.run_ms, t.mesh_ms, t.score_ms, t.total_ms
                    ));
                }
            }
            if card.origin != Origin::Seed {
                action_button(ui, Action::ResetToSeed, ActionStyle::Small, None, commands)
                    .on_hover_text("back to the seed alone; hand edits stay in the timeline");
            }
        },
    );
}

/// What a card is called in the header, and a word on where it comes from.
fn names(session: &Session, card: &Card) -> (String, String) {
    match card.origin {
        Origin::Seed => ("seeds/weak.py".to_owned(), "the weak seed".to_owned()),
        Origin::Hand => {
            let from = card.parent.and_then(|parent| session.get(parent));
            let about = match (&card.file, from) {
                (Some(path), _) => path
                    .parent()
                    .map_or(String::new(), |folder| folder.display().to_string()),
                (None, Some(parent)) => format!("from {}", session.title(parent)),
                (None, None) => String::new(),
            };
            (session.title(card), about)
        }
        Origin::Replay | Origin::Rules | Origin::Endpoint => {
            let recorded = card.recorded.as_ref();
            let about = recorded.map_or(String::new(), |recorded| {
                format!("recorded in `{}`", recorded.recording)
            });
            (session.title(card), about)
        }
    }
}

fn run_text(card: &Card) -> Option<String> {
    match (card.activity, &card.outcome) {
        (Activity::Due(_) | Activity::Assessing(_), _) => Some("running…".to_owned()),
        (Activity::Proposing(_), _) => Some("proposing…".to_owned()),
        (Activity::Idle, Outcome::Scored(scored)) if scored.revision != card.revision => {
            Some("edited since the last run".to_owned())
        }
        (Activity::Idle, Outcome::Scored(scored)) => {
            let timing = &scored.evaluation.timing;
            Some(format!("ran in {:.0} ms", timing.run_ms + timing.mesh_ms))
        }
        (Activity::Idle, Outcome::Unknown | Outcome::Fault { .. }) => None,
    }
}

fn body(view: &mut EditorView, card: &Card, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let id = Id::unique(("code", card.editor));
    let lines = view.buffer.split('\n').count();
    let digits = lines.max(99).ilog10() as f32 + 1.0;
    let gutter = (digits * 7.6 + 26.0).round();
    let full = ui.available_rect_before_wrap();
    let area = Rect::from_min_max(pos2(full.left() + gutter, full.top()), full.max);

    let marked = card.failure().and_then(|failure| mark(failure, lines));
    let message = marked.map(|(_, failure)| message_galley(ui, failure, area.width() - 44.0));
    let gap = match (marked, &message) {
        (Some((after, _)), Some(galley)) => Some(Gap {
            after,
            height: (galley.size().y + 26.0).round(),
        }),
        _ => None,
    };

    let typed = view.keys.handle(&mut view.buffer, id, ui);
    let behind = ui.painter().with_clip_rect(full).add(Shape::Noop);
    let EditorView {
        buffer,
        layout,
        shown_failure,
        ..
    } = view;
    let now = marked.map(|(_, failure)| (card.id, failure.line.unwrap_or(0), failure.message.clone()));
    let fresh = *shown_failure != now;
    *shown_failure = now;
    let output = ui
        .scope_builder(UiBuilder::new().max_rect(area), |ui| {
            ScrollArea::both()
                .id_salt(("code scroll", card.editor))
                .auto_shrink(false)
                .scroll_bar_visibility(ScrollBarVisibility::VisibleWhenNeeded)
                .show(ui, |ui| {
                    let galley = layout.galley(ui, buffer, gap);
                    let wanted = vec2((galley.size().x + 48.0).max(area.width()), area.height());
                    let mut layouter = |ui: &Ui, text: &dyn egui::TextBuffer, _wrap: f32| {
                        layout.galley(ui, text.as_str(), gap)
                    };
                    let field = |ui: &mut Ui| {
                        TextEdit::multiline(buffer)
                            .id(id)
                            .font(theme::mono(CODE))
                            .frame(Frame::new().inner_margin(Margin {
                                left: 4,
                                right: 0,
                                top: TOP,
                                bottom: 60,
                            }))
                            .desired_width(wanted.x)
                            .min_size(wanted)
                            .cursor_at_end(false)
                            .lock_focus(true)
                            .layouter(&mut layouter)
                            .show(ui)
                    };
                    let output = ui.name_inputs(NAME, field);
                    // Here and not later: scrolling is a wish to the area that the field lies in.
                    if let Some((row, _)) = marked.filter(|_| fresh) {
                        reveal(ui, &output, row, gap, area);
                    }
                    if typed && let Some(range) = output.cursor_range {
                        let caret = output.galley.pos_from_cursor(range.primary);
                        ui.scroll_to_rect(caret.translate(output.galley_pos.to_vec2()), None);
                    }
                    output
                })
                .inner
        })
        .inner;
    ui.advance_cursor_after_rect(full);
    let gutter_rect = Rect::from_min_max(full.min, pos2(area.left(), full.bottom()));
    gutter_click(ui, &output, id, gutter_rect);

    // The keyboard starts in the editor, and goes along when another card's field takes its place.
    let before = view.field.replace(id);
    if before != Some(id) && before.is_none_or(|before| ui.memory(|memory| memory.has_focus(before))) {
        output.response.request_focus();
    }
    if typed || output.response.changed() {
        commands.push(Command::Edit {
            card: card.id,
            code: view.buffer.clone(),
        });
    }

    let origin = pos2(full.left(), output.galley_pos.y);
    let caret = output
        .cursor_range
        .map(|range| row_of(&output.galley, range.primary));
    let failing = marked.map(|(row, _)| row);
    ui.painter().set(
        behind,
        rows_behind(&output.galley, origin, full, caret, failing, palette),
    );
    gutter_numbers(ui, &output.galley, origin, gutter_rect, caret, failing);
    if let (Some((row, failure)), Some(message)) = (marked, message) {
        squiggle(ui, &output.galley, output.galley_pos, area, row, failure, palette);
        if let Some(placed) = output.galley.rows.get(row) {
            let top = output.galley_pos.y + placed.max_y() + 5.0;
            message_card(ui, pos2(area.left() + 4.0, top), area, message, failure);
        }
    }
}

/// Row of the failing line. A line past the end (an open bracket) is the last one.
fn mark(failure: &Failure, lines: usize) -> Option<(usize, &Failure)> {
    let line = failure.line? as usize;
    Some((line.clamp(1, lines) - 1, failure))
}

/// Brings a failing line with its message into sight, unless the caret is at work elsewhere.
fn reveal(ui: &Ui, output: &egui::text_edit::TextEditOutput, row: usize, gap: Option<Gap>, area: Rect) {
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

fn message_galley(ui: &Ui, failure: &Failure, width: f32) -> Arc<Galley> {
    let palette = theme::of(ui);
    let mut job = egui::text::LayoutJob::default();
    job.wrap.max_width = width.max(120.0);
    job.wrap.max_rows = 6;
    let plain = egui::TextFormat::simple(theme::regular(12.0), palette.text);
    let quoted = egui::TextFormat::simple(theme::semibold(12.0), palette.text);
    for (index, part) in failure.message.trim().split(['\'', '`']).enumerate() {
        job.append(
            part,
            0.0,
            if index % 2 == 1 {
                quoted.clone()
            } else {
                plain.clone()
            },
        );
    }
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

fn message_card(ui: &mut Ui, at: Pos2, area: Rect, message: Arc<Galley>, failure: &Failure) {
    let palette = theme::of(ui);
    let rect = Rect::from_min_size(at, vec2(area.width() - 16.0, message.size().y + 14.0));
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
}

/// Tints behind the caret's line and the failing line.
fn rows_behind(
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

/// A click on a line's number puts the caret at the start of the line.
fn gutter_click(ui: &Ui, output: &egui::text_edit::TextEditOutput, id: Id, gutter: Rect) {
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

fn gutter_numbers(
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

/// Underlines the name that the message speaks of where the failing line holds it, else the whole line.
fn squiggle(
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
    let quoted = failure.message.split(['\'', '`']).skip(1).step_by(2);
    let named = quoted
        .filter(|name| !name.is_empty())
        .filter_map(|name| text.rfind(name).map(|start| (start, start + name.len())))
        .last();
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

fn row_of(galley: &Galley, cursor: CCursor) -> usize {
    galley.layout_from_cursor(cursor).row
}
