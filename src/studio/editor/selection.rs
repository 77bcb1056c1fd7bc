//! Selection of the text field, in bytes of the code.

use std::ops::Range;

use egui::text::{CCursor, CCursorRange, CharIndex};
use egui::{Id, TextEdit, Ui};

use super::indent;

pub(super) fn caret_of(ui: &Ui, id: Id, code: &str) -> Range<usize> {
    let range = TextEdit::load_state(ui.ctx(), id).and_then(|state| state.cursor.char_range());
    let Some(range) = range.map(|range| range.as_sorted_char_range()) else {
        return 0..0;
    };
    bytes_of(code, &range)
}

/// Converts a range of characters, as egui counts them, to bytes.
pub(super) fn bytes_of(code: &str, chars: &Range<CharIndex>) -> Range<usize> {
    indent::byte(code, chars.start.0)..indent::byte(code, chars.end.0)
}

pub(super) fn set_selection(ui: &Ui, id: Id, code: &str, bytes: Range<usize>) {
    let chars = |byte: usize| CCursor::new(code[..byte].chars().count());
    let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
    state
        .cursor
        .set_char_range(Some(CCursorRange::two(chars(bytes.start), chars(bytes.end))));
    TextEdit::store_state(ui.ctx(), id, state);
}
