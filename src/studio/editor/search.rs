//! Search in the code, and editor actions of menus and shortcuts.

use std::ops::Range;

use egui::{Id, Ui};

use super::find_bar::{self, FindAction};
use super::history::EditOrigin;
use super::selection::{caret_of, set_selection};
use super::{EditorView, comment, find as matching, keys};
use crate::python::ApiIndex;
use crate::studio::command::EditorAction;

/// Executes the pending editor action; returns whether the code changed.
pub(super) fn act(view: &mut EditorView, id: Id, ui: &Ui) -> bool {
    let Some(action) = view.pending_action.take() else {
        return false;
    };
    match action {
        EditorAction::Find | EditorAction::Replace => {
            let caret = caret_of(ui, id, &view.buffer);
            // A selection within a line becomes the query.
            let selected = view.buffer.get(caret).unwrap_or_default();
            if !selected.is_empty() && !selected.contains('\n') {
                view.find.query = selected.to_owned();
            }
            view.find.open = true;
            if ui.memory(|memory| memory.has_focus(id)) {
                view.on_match = None;
            }
            view.find.replacing |= action == EditorAction::Replace;
            view.find.wants_focus = true;
            false
        }
        EditorAction::FindNext => {
            view.find.open = true;
            view.found.update(&view.find, &view.buffer);
            go(view, FindAction::Next, id, ui);
            false
        }
        EditorAction::ToggleComment => {
            keys::apply(comment::toggle, &mut view.buffer, &mut view.history, id, ui)
        }
        EditorAction::Undo => {
            view.assist.close();
            keys::undo(&mut view.buffer, &mut view.history, id, ui)
        }
        EditorAction::Redo => {
            view.assist.close();
            keys::redo(&mut view.buffer, &mut view.history, id, ui)
        }
        EditorAction::Complete => {
            let caret = caret_of(ui, id, &view.buffer).end;
            view.assist.offer(ApiIndex::pinned(), &view.buffer, caret, true);
            false
        }
    }
}

/// Draws the find bar; returns whether the code changed.
pub(super) fn find(view: &mut EditorView, id: Id, ui: &mut Ui) -> bool {
    view.found.update(&view.find, &view.buffer);
    let caret = place_of(view, id, ui);
    let current = view.found.matches.iter().position(|range| *range == caret);
    let before = view.find.query.clone();
    let action = find_bar::show(&mut view.find, &view.found, current, ui);
    if view.find.query != before {
        view.found.update(&view.find, &view.buffer);
        if let Some(first) = matching::next(&view.found.matches, caret.start) {
            select(view, first, id, ui);
        }
    }
    match action {
        None => false,
        Some(FindAction::Close) => {
            view.find.open = false;
            view.find.replacing = false;
            view.refocus = true;
            false
        }
        Some(FindAction::Next | FindAction::Previous) => {
            go(view, action.unwrap_or(FindAction::Next), id, ui);
            false
        }
        Some(FindAction::Replace) => {
            let Some(range) = current.map(|index| view.found.matches[index].clone()) else {
                go(view, FindAction::Replace, id, ui);
                return false;
            };
            let before = caret_of(ui, id, &view.buffer);
            view.buffer.replace_range(range.clone(), &view.find.replacement);
            let after = range.start..range.start + view.find.replacement.len();
            set_selection(ui, id, &view.buffer, after);
            view.record(EditOrigin::Other, before, id, ui);
            view.found.update(&view.find, &view.buffer);
            let after = range.start + view.find.replacement.len();
            if let Some(index) = matching::next(&view.found.matches, after) {
                select(view, index, id, ui);
            }
            true
        }
        Some(FindAction::ReplaceAll) => {
            let before = caret_of(ui, id, &view.buffer);
            let count = view.find.replace_all(&mut view.buffer);
            view.record(EditOrigin::Other, before, id, ui);
            view.found.update(&view.find, &view.buffer);
            count > 0
        }
    }
}

/// The selection, or the one before the bar got the focus.
pub(super) fn place_of(view: &EditorView, id: Id, ui: &Ui) -> Range<usize> {
    let elsewhere = !ui.memory(|memory| memory.has_focus(id));
    let stored = view
        .on_match
        .clone()
        .filter(|range| elsewhere && range.end <= view.buffer.len());
    stored.unwrap_or_else(|| caret_of(ui, id, &view.buffer))
}

pub(super) fn go(view: &mut EditorView, action: FindAction, id: Id, ui: &Ui) {
    let caret = place_of(view, id, ui);
    if let Some(index) = find_bar::target(&view.found, action, caret) {
        select(view, index, id, ui);
    }
}

/// Selects a match and scrolls to it.
pub(super) fn select(view: &mut EditorView, index: usize, id: Id, ui: &Ui) {
    let range = view.found.matches[index].clone();
    set_selection(ui, id, &view.buffer, range.clone());
    view.on_match = Some(range);
    view.go_to = Some(view.found.line(index));
    ui.request_repaint();
}
