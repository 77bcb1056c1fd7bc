//! Tab, Shift+Tab and Enter in Python code.
//!
//! Works on text and a selection in characters, as egui counts them.

use std::ops::Range;

use crate::python::line_start;
use crate::python::tokens::{Token, code_tokens, is_closed};

/// Spaces per level.
const LEVEL: usize = 4;

/// Tab: indents the selected lines, or inserts spaces up to the next level at the caret.
pub fn indent(code: &mut String, selection: Range<usize>) -> Range<usize> {
    let start = byte(code, selection.start);
    let end = byte(code, selection.end);
    if !code[start..end].contains('\n') {
        let line = line_start(code, start);
        let spaces = LEVEL - code[line..start].chars().count() % LEVEL;
        code.replace_range(start..end, &" ".repeat(spaces));
        let caret = selection.start + spaces;
        return caret..caret;
    }
    shift_lines(code, selection, |line| {
        (0, if line.is_empty() { 0 } else { LEVEL })
    })
}

/// Shift+Tab: removes up to one level from every selected line.
pub fn outdent(code: &mut String, selection: Range<usize>) -> Range<usize> {
    shift_lines(code, selection, |line| {
        let tab = usize::from(line.starts_with('\t'));
        let spaces = line.chars().take(LEVEL).take_while(|c| *c == ' ').count();
        (tab.max(spaces), 0)
    })
}

/// Enter: a new line with the same indentation, one level more after a colon or an open bracket, one less after `return` and
/// similar statements.
pub fn new_line(code: &mut String, selection: Range<usize>) -> Range<usize> {
    let start = byte(code, selection.start);
    let end = byte(code, selection.end);
    let line = &code[line_start(code, start)..start];
    let depth = line.chars().take_while(|c| *c == ' ').count();
    let tokens = code_tokens(line);
    let word = |token: Option<&Token>| token.map_or("", |token| token.text(line));
    let depth = match word(tokens.last()) {
        ":" | "(" | "[" | "{" => depth + LEVEL,
        _ if matches!(
            word(tokens.first()),
            "return" | "pass" | "raise" | "break" | "continue"
        ) && is_closed(line) =>
        {
            depth.saturating_sub(LEVEL)
        }
        _ => depth,
    };
    code.replace_range(start..end, &format!("\n{}", " ".repeat(depth)));
    let caret = selection.start + 1 + depth;
    caret..caret
}

/// Changes the leading spaces of every selected line by `(taken, added)`, and moves the selection along.
fn shift_lines(
    code: &mut String,
    selection: Range<usize>,
    change: impl Fn(&str) -> (usize, usize),
) -> Range<usize> {
    let first = line_start(code, byte(code, selection.start));
    let mut end = byte(code, selection.end);
    // A selection that ends at the start of a line does not include that line.
    if selection.end > selection.start && code[..end].ends_with('\n') {
        end -= 1;
    }
    let end = code[end..].find('\n').map_or(code.len(), |length| end + length);
    let mut shifted = String::with_capacity(end - first + 64);
    let (mut moved_start, mut moved_end) = (0_isize, 0_isize);
    for (index, line) in code[first..end].split('\n').enumerate() {
        let (taken, added) = change(line);
        if index > 0 {
            shifted.push('\n');
        }
        shifted.push_str(&" ".repeat(added));
        shifted.push_str(&line[taken..]);
        let moved = added.cast_signed() - taken.cast_signed();
        if index == 0 {
            moved_start = moved;
        }
        moved_end += moved;
    }
    let floor = code[..first].chars().count();
    code.replace_range(first..end, &shifted);
    let start = selection.start.saturating_add_signed(moved_start).max(floor);
    start..selection.end.saturating_add_signed(moved_end).max(start)
}

pub(super) fn byte(code: &str, character: usize) -> usize {
    code.char_indices()
        .nth(character)
        .map_or(code.len(), |(byte, _)| byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` marks both ends of the selection, or the caret.
    fn after(act: fn(&mut String, Range<usize>) -> Range<usize>, marked: &str) -> String {
        let marks: Vec<_> = marked
            .chars()
            .enumerate()
            .filter(|(_, c)| *c == '|')
            .map(|(at, _)| at)
            .collect();
        let selection = match marks[..] {
            [caret] => caret..caret,
            [start, end] => start..end - 1,
            _ => panic!("one or two marks"),
        };
        let mut code = marked.replace('|', "");
        let selection = act(&mut code, selection);
        let mut chars: Vec<_> = code.chars().collect();
        chars.insert(selection.end, '|');
        if !selection.is_empty() {
            chars.insert(selection.start, '|');
        }
        chars.into_iter().collect()
    }

    #[test]
    fn tab_fills_up_to_the_next_level() {
        assert_eq!(after(indent, "|x"), "    |x");
        assert_eq!(after(indent, "ab|x"), "ab  |x");
        assert_eq!(after(indent, "é = |1|"), "é = |".replace('|', "    |"));
    }

    #[test]
    fn tab_and_shift_tab_move_whole_lines() {
        assert_eq!(after(indent, "a|b\n\nc|d\ne"), "    a|b\n\n    c|d\ne");
        assert_eq!(after(outdent, "    a|b\n  c|d\ne"), "a|b\nc|d\ne");
        assert_eq!(after(outdent, "|a\n|    b"), "|a\n|    b");
        assert_eq!(after(outdent, "  |  x"), "|x");
    }

    #[test]
    fn enter_keeps_the_indentation_and_indents_blocks() {
        assert_eq!(after(new_line, "def f():|"), "def f():\n    |");
        assert_eq!(after(new_line, "    x = (|"), "    x = (\n        |");
        assert_eq!(after(new_line, "    return x|"), "    return x\n|");
        assert_eq!(after(new_line, "    return f(x,|"), "    return f(x,\n    |");
        assert_eq!(after(new_line, "  a|b"), "  a\n  |b");
    }
}
