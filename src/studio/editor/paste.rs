//! Pastes a model's answer as the program in it, where it takes the place of the whole text.
//!
//! Elsewhere, and for plain code, a paste is what was copied. The text field itself puts it in, so that it can be undone.

use egui::{Event, Id, TextEdit, Ui};

use crate::extraction;

/// A longer text is pasted as it is: no answer is so long, and the window waits for this.
const LONGEST: usize = 1 << 18;

/// Changes a paste of this frame before the field `id`, which has the keyboard, sees it.
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
