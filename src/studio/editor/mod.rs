//! Python editor: line numbers, colours, error messages below the failing line, find and replace, completion, signatures, and
//! sliders for named numbers.

mod assist;
mod brackets;
mod comment;
mod find;
pub(in crate::studio) mod find_bar;
mod header;
pub mod highlight;
mod history;
pub mod indent;
mod keys;
mod layout;
mod numbers;
mod paint;
mod paste;
mod search;
mod selection;
mod sliders;
mod suggest;

use std::collections::BTreeMap;
use std::ops::Range;

use egui::scroll_area::ScrollBarVisibility;
use egui::{Event, Frame, Id, Margin, Rect, ScrollArea, Shape, TextEdit, Ui, UiBuilder, pos2, vec2};

use super::command::{Command, ControllerCommand, EditorAction};
use super::state::{Card, CardId, EditorId, Sessions};
use super::theme::{self, CODE, CODE_LINE};
use crate::python::ApiIndex;
use assist::{Assist, AtCaret};
use find::Find;
use find_bar::SearchMatches;
use history::{EditOrigin, EditTime, History};
use keys::Keys;
use layout::{CodeLayout, Gap};
use paint::FIX;
use search::place_of;
use selection::{caret_of, set_selection};
use sliders::Sliders;

/// Accessible name of the text field.
pub const NAME: &str = "Code editor";

/// Width of a scroll bar, points.
const BAR: f32 = 11.0;

/// Space above the first line, points.
const TOP: i8 = 8;

/// State of the editor.
#[derive(Default)]
pub struct EditorView {
    buffer: String,
    seen: Option<(CardId, u64)>,
    /// History of the text on screen.
    history: History,
    /// Editor id of this history.
    history_of: Option<EditorId>,
    /// Histories of the other texts.
    histories: BTreeMap<EditorId, History>,
    layout: CodeLayout,
    /// Failure that the view has scrolled to.
    shown_failure: Option<(CardId, u32, String)>,
    /// Field shown last.
    field: Option<Id>,
    keys: Keys,
    find: Find,
    found: SearchMatches,
    assist: Assist,
    at_caret: AtCaret,
    sliders: Sliders,
    /// Action of a menu or shortcut, for the next frame.
    pending_action: Option<EditorAction>,
    /// Whether the field requests the focus: after it has processed the click.
    refocus: bool,
    /// Number of frames in which the field takes the focus if nothing else has it.
    regain: u8,
    /// Line to scroll to.
    go_to: Option<usize>,
    /// Match selected last, bytes: a field without the focus has no selection.
    on_match: Option<std::ops::Range<usize>>,
    /// Suggested fix of the failure on screen.
    fix: Option<((CardId, u64), Option<suggest::SuggestedFix>)>,
}

impl EditorView {
    /// Whether Escape closes something in the editor.
    pub fn takes_escape(&self) -> bool {
        self.assist.is_open()
    }

    /// Executes an action of a menu or shortcut in the next frame.
    pub fn act(&mut self, action: EditorAction) {
        self.pending_action = Some(action);
    }

    /// Returns the focus to the code after a popup closed, unless another widget has it.
    pub fn regain_focus(&mut self) {
        // A closed widget loses the focus one frame later.
        self.regain = 3;
    }

    /// The text is being saved: ends the step, so that undo reaches the saved text.
    pub fn seal(&mut self) {
        self.history.seal();
    }

    /// Switches to the text and history of a card.
    fn switch_to(&mut self, card: &Card, sessions: &Sessions, id: Id, ui: &Ui) {
        if self.seen != Some((card.id, card.revision)) {
            if self.buffer != card.code {
                self.buffer.clone_from(&card.code);
                self.assist.close();
            }
            self.seen = Some((card.id, card.revision));
        }
        if self.history_of != Some(card.editor) {
            let next = self.histories.remove(&card.editor);
            let last = std::mem::replace(
                &mut self.history,
                next.unwrap_or_else(|| History::new(&card.code)),
            );
            if let Some(of) = self.history_of.replace(card.editor) {
                self.histories.insert(of, last);
            }
            let cards = || sessions.cards().map(|(_, card)| card);
            self.histories
                .retain(|editor, _| cards().any(|card| card.editor == *editor));
        }
        if self.history.text() != self.buffer {
            // Changed outside the editor, for example reloaded from its file.
            let before = caret_of(ui, id, self.history.text());
            self.record(EditOrigin::Other, before, id, ui);
        }
    }

    /// Records a change of the text, with the selection `before`.
    fn record(&mut self, by: EditOrigin, before: Range<usize>, id: Id, ui: &Ui) {
        let (now, held) = ui.input(|input| {
            // The frame in which the button is released belongs to the drag.
            (
                input.time,
                input.pointer.any_down() || input.pointer.any_released(),
            )
        });
        let moment = EditTime {
            before,
            after: caret_of(ui, id, &self.buffer),
            now,
            held,
        };
        self.history.record(&self.buffer, by, moment);
    }
}

/// Draws the card on screen for editing.
pub fn show(view: &mut EditorView, sessions: &Sessions, ui: &mut Ui, commands: &mut Vec<Command>) {
    let session = sessions.session();
    let card = session.card();
    header::show(session, card, ui, commands);
    let id = Id::unique(("code", card.editor));
    view.switch_to(card, sessions, id, ui);
    if ui.input(|input| input.pointer.any_pressed()) {
        view.history.seal();
    }
    let mut changed = search::act(view, id, ui);
    if view.find.open {
        changed |= search::find(view, id, ui);
    }
    let full = ui.available_rect_before_wrap();
    let foot = view.sliders.height(&view.buffer, card.editor, full.height());
    let code = Rect::from_min_max(full.min, pos2(full.right(), full.bottom() - foot));
    ui.scope_builder(UiBuilder::new().max_rect(code), |ui| {
        body(view, card, id, changed, ui, commands);
    });
    if foot > 0.0 {
        let place = Rect::from_min_max(pos2(full.left(), code.bottom()), full.max);
        let tuned = ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
            view.sliders.show(&view.buffer, ui)
        });
        if let Some((name, code)) = tuned.inner {
            let before = caret_of(ui, id, &view.buffer);
            view.buffer.clone_from(&code);
            view.record(EditOrigin::Slider(name), before, id, ui);
            commands.push(ControllerCommand::Tune { card: card.id, code }.into());
        }
    }
    ui.advance_cursor_after_rect(full);
}

fn body(view: &mut EditorView, card: &Card, id: Id, changed: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let lines = view.layout.count(&view.buffer);
    let digits = lines.max(99).ilog10() as f32 + 1.0;
    let gutter = (digits * 7.6 + 26.0).round();
    let full = ui.available_rect_before_wrap();
    let area = Rect::from_min_max(pos2(full.left() + gutter, full.top()), full.max);

    let marked = card.failure().and_then(|failure| paint::mark(failure, lines));
    let message = marked.map(|(_, failure)| paint::message_galley(ui, failure, area.width() - 44.0));
    // A fix is computed once per failure, and removed with the next keystroke.
    let fits = |scored: &super::state::Scored| scored.revision == card.revision;
    let fresh_failure = marked.filter(|_| card.scored().is_some_and(|scored| fits(scored)));
    let key = (card.id, card.revision);
    if fresh_failure.is_none() {
        view.fix = None;
    } else if let Some((_, failure)) = fresh_failure
        && view.fix.as_ref().is_none_or(|(known, _)| *known != key)
    {
        view.fix = Some((key, suggest::fix(ApiIndex::pinned(), failure, &view.buffer)));
    }
    let fix = view.fix.as_ref().and_then(|(_, fix)| fix.clone());
    let gap = match (marked, &message) {
        (Some((after, _)), Some(galley)) => Some(Gap {
            after,
            height: (galley.size().y + if fix.is_some() { FIX + 26.0 } else { 26.0 }).round(),
        }),
        _ => None,
    };

    let mut changed = changed;
    let has_focus = ui.memory(|memory| memory.has_focus(id));
    let caret_before = caret_of(ui, id, &view.buffer).end;
    if !has_focus {
        view.assist.close();
    } else if let Some(choice) = view.assist.keys(ui, caret_before) {
        complete(view, choice, id, ui);
        changed = true;
    }
    let revised = view.keys.handle(&mut view.buffer, &mut view.history, id, ui);
    if revised {
        view.assist.close();
    }
    changed |= revised;
    paste::unwrap(&view.buffer, id, ui);
    let typed = changed;
    let before = caret_of(ui, id, &view.buffer);
    // Paste and cut are separate steps.
    let by = ui.input(|input| {
        let piece = |event: &Event| matches!(event, Event::Paste(_) | Event::Cut);
        if input.events.iter().any(piece) {
            EditOrigin::Other
        } else {
            EditOrigin::Typing
        }
    });
    let behind = ui.painter().with_clip_rect(full).add(Shape::Noop);
    let EditorView {
        buffer,
        layout,
        shown_failure,
        go_to: view_go_to,
        ..
    } = view;
    let now = marked.map(|(_, failure)| (card.id, failure.line.unwrap_or(0), failure.message.clone()));
    let fresh = *shown_failure != now;
    *shown_failure = now;
    let output = ui
        .scope_builder(UiBuilder::new().max_rect(area), |ui| {
            // Scroll bars get their own space: over the code they would cover its last line.
            ui.spacing_mut().scroll.floating_allocated_width = BAR;
            ScrollArea::both()
                .id_salt(("code scroll", card.editor))
                .auto_shrink(false)
                .scroll_bar_visibility(ScrollBarVisibility::VisibleWhenNeeded)
                .show(ui, |ui| {
                    let galley = layout.galley(ui, buffer, gap);
                    let room = area.size() - vec2(BAR, BAR);
                    let wanted = vec2((galley.size().x + 48.0).max(room.x), room.y);
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
                    if let Some(line) = view_go_to.take()
                        && let Some(row) = output.galley.rows.get(line)
                    {
                        let top = output.galley_pos.y + row.min_y();
                        let rect = Rect::from_min_size(pos2(area.left(), top), vec2(1.0, CODE_LINE));
                        ui.scroll_to_rect(rect, (!area.contains_rect(rect)).then_some(egui::Align::Center));
                    }
                    // At this point, because scrolling applies to the area of the field.
                    if let Some((row, _)) = marked.filter(|_| fresh) {
                        paint::reveal(ui, &output, row, gap, area);
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
    paint::gutter_click(ui, &output, id, gutter_rect);

    if output.response.changed() {
        view.record(by, before, id, ui);
        // egui's undo would keep a copy of the whole text per step and is not used.
        if let Some(mut state) = TextEdit::load_state(ui.ctx(), id) {
            state.clear_undoer();
        }
    }

    let free = view.regain > 0 && ui.memory(|memory| memory.focused().is_none());
    if view.regain > 0 {
        view.regain = if free { 0 } else { view.regain - 1 };
        ui.request_repaint();
    }
    if std::mem::take(&mut view.refocus) || free {
        output.response.request_focus();
    }
    // The editor starts with the focus, which follows when another card's field replaces it.
    let before = view.field.replace(id);
    if before != Some(id) && before.is_none_or(|before| ui.memory(|memory| memory.has_focus(before))) {
        output.response.request_focus();
    }
    let edited = typed || output.response.changed();
    let caret_byte = output
        .cursor_range
        .map(|range| indent::byte(&view.buffer, range.primary.index.0));
    if let Some(caret) = caret_byte.filter(|_| output.response.has_focus()) {
        if output.response.changed() {
            view.assist.offer(ApiIndex::pinned(), &view.buffer, caret, false);
        } else if caret != caret_before && !typed {
            view.assist.close();
        }
        let revision = egui::epaint::util::hash(&view.buffer);
        view.at_caret
            .update(ApiIndex::pinned(), &view.buffer, revision, caret);
    }
    let mut edited = edited;
    if let (Some(caret), Some(range)) = (caret_byte, output.cursor_range) {
        let at = output.galley.pos_from_cursor(range.primary).min + output.galley_pos.to_vec2();
        let window = ui.ctx().content_rect();
        if let Some(choice) = view.assist.show(ui, caret, at, window) {
            complete(view, choice, id, ui);
            output.response.request_focus();
            edited = true;
        }
    }
    if edited {
        commands.push(
            ControllerCommand::Edit {
                card: card.id,
                code: view.buffer.clone(),
            }
            .into(),
        );
    }

    let origin = pos2(full.left(), output.galley_pos.y);
    let caret = output
        .cursor_range
        .map(|range| paint::row_of(&output.galley, range.primary));
    let failing = marked.map(|(row, _)| row);
    let mut tints = vec![paint::rows_behind(
        &output.galley,
        origin,
        full,
        caret,
        failing,
        palette,
    )];
    if view.find.open {
        let on = place_of(view, id, ui);
        let current = view.found.matches.iter().position(|range| *range == on);
        view.found.update(&view.find, &view.buffer);
        tints.push(
            view.found
                .tints(&output.galley, output.galley_pos, area, current, palette),
        );
    }
    if let Some((one, other)) = view.at_caret.pair.filter(|_| has_focus && !edited) {
        for byte in [one, other] {
            tints.push(paint::bracket(
                &output.galley,
                output.galley_pos,
                &view.buffer,
                byte,
                palette,
            ));
        }
    }
    ui.painter().set(behind, Shape::Vec(tints));
    paint::hover(view, &output, area, ui);
    paint::gutter_numbers(ui, &output.galley, origin, gutter_rect, caret, failing);
    if let (Some((row, failure)), Some(message)) = (marked, message) {
        paint::squiggle(ui, &output.galley, output.galley_pos, area, row, failure, palette);
        if let Some(placed) = output.galley.rows.get(row) {
            let top = output.galley_pos.y + placed.max_y() + 5.0;
            let clicked = paint::message_card(
                ui,
                pos2(area.left() + 4.0, top),
                area,
                message,
                failure,
                fix.as_ref(),
            );
            if let Some(fix) = fix.filter(|fix| clicked && view.buffer.get(fix.place.clone()).is_some()) {
                let before = caret_of(ui, id, &view.buffer);
                view.buffer.replace_range(fix.place.clone(), &fix.text);
                let end = fix.place.start + fix.text.len();
                set_selection(ui, id, &view.buffer, end..end);
                view.record(EditOrigin::Other, before, id, ui);
                output.response.request_focus();
                commands.push(
                    ControllerCommand::Edit {
                        card: card.id,
                        code: view.buffer.clone(),
                    }
                    .into(),
                );
            }
        }
    }
    if has_focus {
        view.at_caret.show(ui, Rect::from_min_max(full.min, full.max));
    }
}

/// Replaces the typed prefix by a completion.
fn complete(
    view: &mut EditorView,
    (place, text, back): (std::ops::Range<usize>, String, usize),
    id: Id,
    ui: &Ui,
) {
    // Existing parentheses are not inserted again.
    let bare = text.trim_end_matches("()");
    let (text, back) = if view.buffer[place.end..].starts_with('(') {
        (bare, 0)
    } else {
        (text.as_str(), back)
    };
    let before = caret_of(ui, id, &view.buffer);
    view.buffer.replace_range(place.clone(), text);
    let caret = place.start + text.len() - back;
    set_selection(ui, id, &view.buffer, caret..caret);
    view.record(EditOrigin::Other, before, id, ui);
}

#[cfg(test)]
mod tests;
