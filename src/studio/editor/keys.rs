//! Handles Tab, Shift+Tab and Enter for Python, and Ctrl+Z and Ctrl+Y for the editor's history, before egui's text field sees
//! them: its undo treats caret moves as steps and ignores sliders and commands.
//!
//! Several keys can arrive in one frame and take effect in order: input after a handled key that cannot be applied at once waits
//! for the next frame.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange};
use egui::{Event, Id, Key, Modifiers, TextEdit, Ui};

use super::history::{EditOrigin, EditTime, History};
use super::indent;
use super::selection::{bytes_of, caret_of, set_selection};

pub(super) type CodeEdit = fn(&mut String, Range<usize>) -> Range<usize>;

/// Keys that wait for the next frame.
#[derive(Default)]
pub struct Keys {
    waiting: Vec<Event>,
}

/// Effect of a handled key.
enum KeyAction {
    Edit(CodeEdit),
    Undo,
    Redo,
}

impl Keys {
    /// Applies keys to `code` if the field `id` has the focus; returns whether the code changed.
    pub fn handle(&mut self, code: &mut String, history: &mut History, id: Id, ui: &Ui) -> bool {
        if !ui.memory(|memory| memory.has_focus(id)) {
            self.waiting.clear();
            return false;
        }
        ui.input_mut(|input| drop(input.events.splice(0..0, self.waiting.drain(..))));
        let mut changed = false;
        loop {
            let (first, now) = ui.input(|input| {
                let first = input.events.iter().position(|event| meaning_of(event).is_some());
                (
                    first,
                    first.is_some_and(|at| !input.events[..at].iter().any(is_typing)),
                )
            });
            let Some(at) = first else { return changed };
            if !now {
                self.waiting = ui.input_mut(|input| take_typing(&mut input.events, at));
                ui.request_repaint();
                return changed;
            }
            let event = ui.input_mut(|input| input.events.remove(at));
            changed |= match meaning_of(&event) {
                Some(KeyAction::Edit(edit)) => apply(edit, code, history, id, ui),
                Some(KeyAction::Undo) => undo(code, history, id, ui),
                Some(KeyAction::Redo) => redo(code, history, id, ui),
                None => false,
            };
        }
    }
}

/// Undoes the last step; returns whether there was one.
pub(super) fn undo(code: &mut String, history: &mut History, id: Id, ui: &Ui) -> bool {
    let selection = history.undo();
    show(selection, code, history, id, ui)
}

/// Redoes the last undone step; returns whether there was one.
pub(super) fn redo(code: &mut String, history: &mut History, id: Id, ui: &Ui) -> bool {
    let selection = history.redo();
    show(selection, code, history, id, ui)
}

fn show(selection: Option<Range<usize>>, code: &mut String, history: &History, id: Id, ui: &Ui) -> bool {
    let Some(selection) = selection else { return false };
    history.text().clone_into(code);
    set_selection(ui, id, code, selection);
    true
}

/// Applies an edit at the caret as a separate step.
pub(super) fn apply(edit: CodeEdit, code: &mut String, history: &mut History, id: Id, ui: &Ui) -> bool {
    let Some(mut state) = TextEdit::load_state(ui.ctx(), id) else {
        return false;
    };
    let Some(range) = state.cursor.char_range() else {
        return false;
    };
    let sorted = range.as_sorted_char_range();
    let before = bytes_of(code, &sorted);
    let selection = edit(code, sorted.start.0..sorted.end.0);
    let (start, end) = (CCursor::new(selection.start), CCursor::new(selection.end));
    state.cursor.set_char_range(Some(CCursorRange::two(start, end)));
    TextEdit::store_state(ui.ctx(), id, state);
    let moment = EditTime {
        before,
        after: caret_of(ui, id, code),
        now: ui.input(|input| input.time),
        held: false,
    };
    history.record(code, EditOrigin::Other, moment);
    true
}

fn meaning_of(event: &Event) -> Option<KeyAction> {
    let Event::Key {
        key,
        pressed: true,
        modifiers,
        ..
    } = event
    else {
        return None;
    };
    let edit = |edit: CodeEdit| Some(KeyAction::Edit(edit));
    let command = modifiers.command && !modifiers.alt;
    match key {
        Key::Tab if *modifiers == Modifiers::SHIFT => edit(indent::outdent),
        Key::Tab if modifiers.is_none() => edit(indent::indent),
        Key::Enter if modifiers.is_none() => edit(indent::new_line),
        Key::Z if command && !modifiers.shift => Some(KeyAction::Undo),
        Key::Z if command => Some(KeyAction::Redo),
        Key::Y if command => Some(KeyAction::Redo),
        _ => None,
    }
}

/// Whether an event could change the text or caret of a field.
pub(super) fn is_typing(event: &Event) -> bool {
    matches!(
        event,
        Event::Text(_)
            | Event::Paste(_)
            | Event::Cut
            | Event::Copy
            | Event::Ime(_)
            | Event::Key { pressed: true, .. }
    )
}

fn take_typing(events: &mut Vec<Event>, from: usize) -> Vec<Event> {
    let (later, rest): (Vec<_>, Vec<_>) = events.drain(from..).partition(is_typing);
    events.extend(rest);
    later
}
