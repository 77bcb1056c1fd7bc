//! Extracts the program of a pasted model answer that replaces the whole text.
//!
//! Other pastes are unchanged. The text field inserts the text, so that undo works.

use egui::{Event, Id, TextEdit, Ui};

use crate::extraction;

/// A longer text is pasted unchanged: answers are shorter, and extraction blocks the window.
const LONGEST: usize = 1 << 18;

/// Replaces a paste event before the focused field `id` receives it.
pub(super) fn unwrap(code: &str, id: Id, ui: &Ui) {
    if !ui.memory(|memory| memory.has_focus(id)) || !replaces_all(code, id, ui) {
        return;
    }
    ui.input_mut(|input| {
        let first = input
            .events
            .iter_mut()
            .find(|event| super::keys::is_typing(event));
        if let Some(Event::Paste(text)) = first
            && text.len() <= LONGEST
            && let Some(program) = extraction::wrapped(text)
        {
            *text = program;
        }
    });
}

fn replaces_all(code: &str, id: Id, ui: &Ui) -> bool {
    if code.trim().is_empty() {
        return true;
    }
    let selected = TextEdit::load_state(ui.ctx(), id).and_then(|state| state.cursor.char_range());
    selected.is_some_and(|range| {
        let range = range.as_sorted_char_range();
        range.start.0 == 0 && range.end.0 >= code.chars().count()
    })
}
