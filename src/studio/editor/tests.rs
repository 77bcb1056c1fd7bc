//! Property tests: editor operations on texts of any script, at any position.

use std::ops::Range;

use proptest::prelude::*;

use super::find::Find;
use super::{brackets, comment, indent, numbers, suggest};
use crate::failure::{Failure, Kind};
use crate::python::ApiIndex;

/// Fragments of code, strings and comments, and letters whose capitals have another length.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a = 1",
        "ß = -2.50",
        "İ",
        "\u{212a}",
        "i\u{307}",
        "ŉ",
        "\u{3000}",
        "\u{a0}",
        "  ",
        "\t",
        "\n",
        "\r\n",
        "# é",
        "'",
        "\"\"\"",
        "(",
        "]",
        ")",
        ".",
        "cq.Workplane('ö').",
        "def ü():",
        "box",
        "🦀",
        "e\u{301}",
        "=",
        ",",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// Two positions in a text, in characters.
fn selection(text: &str, ends: [prop::sample::Index; 2]) -> Range<usize> {
    let count = text.chars().count() + 1;
    let [one, other] = ends.map(|end| end.index(count));
    one.min(other)..one.max(other)
}

proptest! {
    #[test]
    fn edits_leave_a_selection_within_the_text(text in texts(), ends: [prop::sample::Index; 2]) {
        for edit in [comment::toggle, indent::indent, indent::outdent, indent::new_line] {
            let mut code = text.clone();
            let after = edit(&mut code, selection(&text, ends));
            prop_assert!(after.start <= after.end && after.end <= code.chars().count(), "{text:?} {after:?} {code:?}");
        }
    }

    #[test]
    fn commenting_is_reversible(text in texts()) {
        let mut code = text.clone();
        let all = 0..text.chars().count();
        comment::toggle(&mut code, all);
        let all = 0..code.chars().count();
        comment::toggle(&mut code, all);
        // Lines that were all comments have lost a mark instead.
        if !text.contains('#') {
            prop_assert_eq!(code, text);
        }
    }

    #[test]
    fn matches_are_whole_characters_and_all_are_replaced(text in texts(), query in texts(), case: bool) {
        let find = Find { query: query.clone(), case, replacement: "\u{1}".to_owned(), ..Find::default() };
        let matches = find.matches(&text);
        let mut end = 0;
        for range in &matches {
            prop_assert!(range.start >= end && range.start < range.end);
            let found = text.get(range.clone()).expect("whole letters");
            prop_assert!(found.to_lowercase() == query.to_lowercase() || found == query);
            end = range.end;
        }
        let mut code = text.clone();
        prop_assert_eq!(find.replace_all(&mut code), matches.len());
        prop_assert_eq!(code.matches('\u{1}').count(), matches.len());
        if case && !query.is_empty() {
            prop_assert_eq!(matches.is_empty(), !text.contains(&query));
        }
    }

    #[test]
    fn lookups_at_any_position_stay_within_the_text(text in texts(), at: prop::sample::Index, wrong in texts()) {
        let byte = indent::byte(&text, at.index(text.chars().count() + 1));
        let index = ApiIndex::pinned();
        let (start, _) = index.complete(&text, byte);
        prop_assert!(text.get(start..byte).is_some());
        let _ = index.lookup(&text, byte);
        for place in brackets::pair(&text, byte).into_iter().flat_map(|(one, other)| [one, other]) {
            prop_assert!(text.is_char_boundary(place));
        }
        if let Some((open, _)) = brackets::open_call(&text, byte) {
            prop_assert!(text.is_char_boundary(open));
        }
        for number in numbers::numbers(&text) {
            prop_assert!(text.get(number.place.clone()).is_some_and(|literal| literal.parse() == Ok(number.value)));
        }
        for (line, message) in [
            (None, format!("'{wrong}' has no attribute '{text}'")),
            (Some(0), format!("name '{wrong}' is not defined")),
            (Some(u32::MAX), format!("box() got an unexpected keyword argument '{wrong}'")),
        ] {
            let failure = Failure { kind: Kind::InventedApi, message, line, traceback: String::new() };
            if let Some(fix) = suggest::fix(index, &failure, &text) {
                prop_assert!(text.get(fix.place).is_some());
            }
        }
    }
}
