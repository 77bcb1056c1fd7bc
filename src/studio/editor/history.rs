//! Undo history: edits of a text, without moves of the caret.
//!
//! All changes are recorded: typing, commands, sliders, a reloaded file. Typing is grouped by word and pause, a slider by mouse
//! drag; any other change is a separate step.

use std::ops::Range;

/// Pause in typing that starts a new step, s.
const PAUSE: f64 = 1.0;

/// Maximum total size of the texts of steps, bytes: the oldest steps are dropped.
const LIMIT: usize = 64 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditOrigin {
    /// Typing of one or a few characters.
    Typing,
    /// The slider of that name.
    Slider(String),
    /// Any other change, always a separate step.
    Other,
}

/// Time and selection of an edit.
#[derive(Clone, Debug)]
pub struct EditTime {
    /// Selection before the edit, in bytes.
    pub before: Range<usize>,
    /// Selection after the edit, in bytes.
    pub after: Range<usize>,
    /// Window time, s.
    pub now: f64,
    /// Whether a mouse button is held: a drag is one step, however long it takes.
    pub held: bool,
}

/// A step.
#[derive(Debug)]
struct Edit {
    at: usize,
    removed: String,
    inserted: String,
    by: EditOrigin,
    moment: EditTime,
}

/// Undo history of a text.
#[derive(Debug, Default)]
pub struct History {
    text: String,
    done: Vec<Edit>,
    undone: Vec<Edit>,
    /// Whether the next edit may join the last step.
    open: bool,
    /// Bytes held by `done`.
    held: usize,
}

impl History {
    /// Starts with a text.
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            ..Self::default()
        }
    }

    /// Current text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Records that the text is now `text`.
    pub fn record(&mut self, text: &str, by: EditOrigin, moment: EditTime) {
        if text == self.text {
            return;
        }
        // Among equal neighbours the caret tells which character was typed.
        let most = match by {
            EditOrigin::Typing => moment.before.start.min(moment.after.start),
            EditOrigin::Slider(_) | EditOrigin::Other => usize::MAX,
        };
        let (old, new) = difference(&self.text, text, most);
        let edit = Edit {
            at: old.start,
            removed: self.text[old.clone()].to_owned(),
            inserted: text[new].to_owned(),
            by,
            moment,
        };
        self.undone.clear();
        let joined = match self.done.last_mut() {
            Some(last) if self.open && last.can_join(&edit) => {
                self.held -= last.bytes();
                last.join(&edit, &self.text);
                self.held += last.bytes();
                true
            }
            Some(_) | None => false,
        };
        self.text.replace_range(old, &edit.inserted);
        self.open = true;
        if !joined {
            self.held += edit.bytes();
            self.done.push(edit);
        } else if let Some(nothing) = self.done.pop_if(|last| last.removed == last.inserted) {
            // A slider returned to its start.
            self.held -= nothing.bytes();
            self.open = false;
        }
        let mut dropped = 0;
        while self.held > LIMIT && dropped + 1 < self.done.len() {
            self.held -= self.done[dropped].bytes();
            dropped += 1;
        }
        self.done.drain(..dropped);
    }

    /// Ends the current step.
    pub fn seal(&mut self) {
        self.open = false;
    }

    /// Undoes the last step; returns the selection before it.
    pub fn undo(&mut self) -> Option<Range<usize>> {
        let edit = self.done.pop()?;
        self.held -= edit.bytes();
        self.text
            .replace_range(edit.at..edit.at + edit.inserted.len(), &edit.removed);
        let selection = self.within(&edit.moment.before);
        self.undone.push(edit);
        self.open = false;
        Some(selection)
    }

    /// Redoes the last undone step; returns the selection after it.
    pub fn redo(&mut self) -> Option<Range<usize>> {
        let edit = self.undone.pop()?;
        self.text
            .replace_range(edit.at..edit.at + edit.removed.len(), &edit.inserted);
        let selection = self.within(&edit.moment.after);
        self.held += edit.bytes();
        self.done.push(edit);
        self.open = false;
        Some(selection)
    }

    /// A selection clamped to the text.
    fn within(&self, selection: &Range<usize>) -> Range<usize> {
        let place = |at: usize| self.text.floor_char_boundary(at.min(self.text.len()));
        place(selection.start)..place(selection.end)
    }
}

impl Edit {
    fn bytes(&self) -> usize {
        self.removed.len() + self.inserted.len()
    }

    /// Whether `next` belongs to the same step.
    fn can_join(&self, next: &Self) -> bool {
        let soon = next.moment.now - self.moment.now < PAUSE;
        match (&self.by, &next.by) {
            (EditOrigin::Slider(one), EditOrigin::Slider(other)) => {
                one == other && (soon || next.moment.held)
            }
            (EditOrigin::Typing, EditOrigin::Typing) => {
                soon && self.moment.after == next.moment.before && self.continues(next)
            }
            _ => false,
        }
    }

    /// Whether `next` continues typing at the end of this edit in the same word, or continues deleting.
    fn continues(&self, next: &Self) -> bool {
        let typed = !self.inserted.is_empty() && next.removed.is_empty();
        let deleted = self.inserted.is_empty() && next.inserted.is_empty();
        if typed {
            let new_word = self.inserted.ends_with(char::is_whitespace)
                && next.inserted.starts_with(|c: char| !c.is_whitespace());
            return next.at == self.at + self.inserted.len()
                && !new_word
                && !next.inserted.contains('\n')
                && !self.inserted.ends_with('\n');
        }
        deleted && (next.at == self.at || next.at + next.removed.len() == self.at)
    }

    /// Merges `next`, which changed `between`, the text after this edit.
    fn join(&mut self, next: &Self, between: &str) {
        let (one, other) = (
            self.at..self.at + self.inserted.len(),
            next.at..next.at + next.removed.len(),
        );
        let (start, end) = (one.start.min(other.start), one.end.max(other.end));
        let around = |part: &Range<usize>, text: &str| {
            format!("{}{text}{}", &between[start..part.start], &between[part.end..end])
        };
        self.removed = around(&one, &self.removed);
        self.inserted = around(&other, &next.inserted);
        self.at = start;
        self.moment.after = next.moment.after.clone();
        self.moment.now = next.moment.now;
    }
}

/// Differing ranges of two texts; at most `most` bytes before them are treated as equal.
fn difference(old: &str, new: &str, most: usize) -> (Range<usize>, Range<usize>) {
    let alike = |(a, b): &(u8, u8)| a == b;
    let mut front = old.bytes().zip(new.bytes()).take(most).take_while(alike).count();
    while !old.is_char_boundary(front) {
        front -= 1;
    }
    let room = old.len().min(new.len()) - front;
    let ends = old.bytes().rev().zip(new.bytes().rev());
    let mut back = ends.take(room).take_while(alike).count();
    while !old.is_char_boundary(old.len() - back) {
        back -= 1;
    }
    (front..old.len() - back, front..new.len() - back)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(caret: usize, after: usize, now: f64) -> EditTime {
        EditTime {
            before: caret..caret,
            after: after..after,
            now,
            held: false,
        }
    }

    /// Types at the caret, a tenth of a second per character; `|` only advances time by two seconds.
    fn typed(history: &mut History, keys: &str, caret: &mut usize, now: &mut f64) {
        for key in keys.chars() {
            if key == '|' {
                *now += 2.0;
                continue;
            }
            let mut text = history.text().to_owned();
            text.insert(*caret, key);
            *now += 0.1;
            history.record(
                &text,
                EditOrigin::Typing,
                at(*caret, *caret + key.len_utf8(), *now),
            );
            *caret += key.len_utf8();
        }
    }

    /// Texts that undo leads through, newest first.
    fn back(history: &mut History) -> Vec<String> {
        std::iter::from_fn(|| history.undo().map(|_| history.text().to_owned())).collect()
    }

    #[test]
    fn typing_is_grouped_by_word_and_by_pause() {
        let (mut history, mut caret, mut now) = (History::new(""), 0, 0.0);
        typed(&mut history, "größe = wide|r", &mut caret, &mut now);
        assert_eq!(back(&mut history), ["größe = wide", "größe = ", "größe ", ""]);
        assert_eq!(history.redo(), Some(8..8));
        assert_eq!(history.text(), "größe ");
    }

    #[test]
    fn a_caret_move_starts_a_step_but_is_not_one() {
        let (mut history, mut caret, mut now) = (History::new("ab"), 1, 0.0);
        typed(&mut history, "xx", &mut caret, &mut now);
        caret = 0;
        typed(&mut history, "yy", &mut caret, &mut now);
        assert_eq!(history.text(), "yyaxxb");
        assert_eq!(history.undo(), Some(0..0));
        assert_eq!(history.text(), "axxb");
        assert_eq!(history.undo(), Some(1..1));
        assert_eq!(history.text(), "ab");
        assert_eq!(history.undo(), None);
    }

    #[test]
    fn the_caret_locates_an_edit_among_equal_letters() {
        let (mut history, mut caret, mut now) = (History::new("aaa"), 1, 0.0);
        typed(&mut history, "ab", &mut caret, &mut now);
        assert_eq!(history.text(), "aabaa");
        assert_eq!(back(&mut history), ["aaa"]);
    }

    #[test]
    fn deletions_are_grouped_in_both_directions() {
        let mut history = History::new("abcdef");
        for (text, caret, after) in [("abcef", 4, 3), ("abef", 3, 2)] {
            history.record(text, EditOrigin::Typing, at(caret, after, 0.0));
        }
        history.record("abf", EditOrigin::Typing, at(2, 2, 0.1));
        assert_eq!(back(&mut history), ["abcdef"]);
    }

    #[test]
    fn a_slider_drag_is_one_step() {
        let mut history = History::new("a = 1\nb = 2\n");
        let slide = |history: &mut History, name: &str, text: &str, now: f64, held: bool| {
            let moment = EditTime {
                held,
                ..at(3, 3, now)
            };
            history.record(text, EditOrigin::Slider(name.to_owned()), moment);
        };
        for (text, now) in [
            ("a = 15\nb = 2\n", 0.0),
            ("a = 7\nb = 2\n", 9.0),
            ("a = 123\nb = 2\n", 9.1),
        ] {
            slide(&mut history, "a", text, now, true);
        }
        slide(&mut history, "b", "a = 123\nb = 4\n", 9.2, true);
        history.seal();
        slide(&mut history, "b", "a = 123\nb = 5\n", 9.3, true);
        history.seal();
        for value in ["6", "5"] {
            let back = format!("a = 123\nb = {value}\n");
            slide(&mut history, "b", &back, 9.4, true);
        }
        assert_eq!(
            back(&mut history),
            ["a = 123\nb = 4\n", "a = 123\nb = 2\n", "a = 1\nb = 2\n"]
        );
        while history.redo().is_some() {}
        assert_eq!(history.text(), "a = 123\nb = 5\n");
    }

    #[test]
    fn a_new_edit_clears_redo_and_other_edits_are_separate_steps() {
        let mut history = History::new("a");
        history.record("b", EditOrigin::Other, at(0, 1, 0.0));
        history.record("c", EditOrigin::Other, at(0, 1, 0.0));
        history.undo();
        history.record("d", EditOrigin::Other, at(0, 1, 0.0));
        assert_eq!(history.redo(), None);
        assert_eq!(back(&mut history), ["b", "a"]);
    }

    proptest! {
        /// After any edits of any text: undoing all gives the start, redoing all gives the end.
        #[test]
        fn undo_and_redo_restore_the_start_and_the_end(
            texts in prop::collection::vec(("[aß\u{1F600}\n ]{0,6}", 0..3_u8, 0..9_usize, prop::bool::ANY), 1..12)
        ) {
            let mut history = History::new("ßa");
            let mut now = 0.0;
            for (text, by, caret, sealed) in &texts {
                let by = [EditOrigin::Typing, EditOrigin::Slider("a".to_owned()), EditOrigin::Other][*by as usize].clone();
                now += 0.4 * *caret as f64;
                let moment = EditTime { held: *sealed, ..at(*caret, caret + 1, now) };
                history.record(text, by, moment);
                prop_assert_eq!(history.text(), text.as_str());
                if *sealed {
                    history.seal();
                }
            }
            let end = history.text().to_owned();
            while history.undo().is_some() {}
            prop_assert_eq!(history.text(), "ßa");
            prop_assert_eq!(history.held, 0);
            while let Some(selection) = history.redo() {
                prop_assert!(history.text().is_char_boundary(selection.start) && history.text().is_char_boundary(selection.end));
            }
            prop_assert_eq!(history.text(), end);
        }
    }
}
