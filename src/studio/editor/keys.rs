//! Gives Tab, Shift+Tab and Enter their meaning in Python, before egui's text field sees them.
//!
//! Several keys can arrive in one frame. They take effect in the order in which they were pressed: what comes
//! after one of ours and cannot be done at once waits for the next frame.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange};
use egui::{Event, Id, Key, Modifiers, TextEdit, Ui};

use super::indent;

pub(super) type Edit = fn(&mut String, Range<usize>) -> Range<usize>;

/// Keys that wait for the next frame.
#[derive(Default)]
pub struct Keys {
    waiting: Vec<Event>,
}

impl Keys {
    /// Acts on `code` if the field `id` has the keyboard; tells whether it changed something.
    pub fn handle(&mut self, code: &mut String, id: Id, ui: &Ui) -> bool {
        if !ui.memory(|memory| memory.has_focus(id)) {
            self.waiting.clear();
            return false;
        }
        ui.input_mut(|input| drop(input.events.splice(0..0, self.waiting.drain(..))));
        let mut changed = false;
        loop {
            let (first, now) = ui.input(|input| {
                let first = input.events.iter().position(|event| edit_of(event).is_some());
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
            if let Some(edit) = edit_of(&event) {
                changed |= apply(edit, code, id, ui);
            }
        }
    }
}

pub(super) fn apply(edit: Edit, code: &mut String, id: Id, ui: &Ui) -> bool {
    let Some(mut state) = TextEdit::load_state(ui.ctx(), id) else {
        return false;
    };
    let Some(range) = state.cursor.char_range() else {
        return false;
    };
    let sorted = range.as_sorted_char_range();
    let selection = edit(code, sorted.start.0..sorted.end.0);
    let (start, end) = (CCursor::new(selection.start), CCursor::new(selection.end));
    state.cursor.set_char_range(Some(CCursorRange::two(start, end)));
    TextEdit::store_state(ui.ctx(), id, state);
    true
}

fn edit_of(event: &Event) -> Option<Edit> {
    let Event::Key {
        key,
        pressed: true,
        modifiers,
        ..
    } = event
    else {
        return None;
    };
    match key {
        Key::Tab if *modifiers == Modifiers::SHIFT => Some(indent::outdent),
        Key::Tab if modifiers.is_none() => Some(indent::indent),
        Key::Enter if modifiers.is_none() => Some(indent::new_line),
        _ => None,
    }
}

/// Whether a text field could change its text or caret by it.
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
