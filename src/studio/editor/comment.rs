//! Comments and uncomments lines.

use std::ops::Range;

use super::indent::byte;
use crate::python::line_start;

const MARK: &str = "# ";

/// Inserts `# ` in every selected line, at the smallest indentation; or removes it if all of them are comments. Empty lines are
/// unchanged.
pub fn toggle(code: &mut String, selection: Range<usize>) -> Range<usize> {
    let first = line_start(code, byte(code, selection.start));
    let mut end = byte(code, selection.end);
    // A selection that ends at the start of a line does not include that line.
    if selection.end > selection.start && code[..end].ends_with('\n') {
        end -= 1;
    }
    let end = code[end..].find('\n').map_or(code.len(), |length| end + length);
    let lines: Vec<&str> = code[first..end].split('\n').collect();
    let written = || lines.iter().filter(|line| !line.trim().is_empty());
    // Spaces and tabs only: other blanks are longer than one byte and no indentation in Python.
    let depth_of = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let depth = written().map(|line| depth_of(line)).min().unwrap_or(0);
    let all_comments = written().count() > 0 && written().all(|line| line[depth_of(line)..].starts_with('#'));
    let floor = code[..first].chars().count();
    let (mut start_moves, mut end_moves) = (0_isize, 0_isize);
    let mut changed = Vec::with_capacity(lines.len());
    for (index, line) in lines.iter().enumerate() {
        let moved: isize;
        if line.trim().is_empty() {
            moved = 0;
            changed.push((*line).to_owned());
        } else if all_comments {
            let at = depth_of(line);
            let rest = &line[at + 1..];
            let bare = rest.strip_prefix(' ').unwrap_or(rest);
            moved = -(1 + (rest.len() - bare.len()).cast_signed());
            changed.push(format!("{}{bare}", &line[..at]));
        } else {
            moved = MARK.len().cast_signed();
            changed.push(format!("{}{MARK}{}", &line[..depth], &line[depth..]));
        }
        if index == 0 {
            start_moves = moved;
        }
        end_moves += moved;
    }
    code.replace_range(first..end, &changed.join("\n"));
    let start = selection.start.saturating_add_signed(start_moves).max(floor);
    start..selection.end.saturating_add_signed(end_moves).max(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn toggled(code: &str, selection: Range<usize>) -> (String, Range<usize>) {
        let mut code = code.to_owned();
        let selection = toggle(&mut code, selection);
        (code, selection)
    }

    #[test]
    fn the_line_of_the_caret_is_commented_and_uncommented() {
        let (code, caret) = toggled("a = 1\n  b = é\n", 10..10);
        assert_eq!((code.as_str(), caret.clone()), ("a = 1\n  # b = é\n", 12..12));
        assert_eq!(toggled(&code, caret), ("a = 1\n  b = é\n".to_owned(), 10..10));
    }

    #[test]
    fn several_lines_keep_their_indentation() {
        let block = "def f():\n    a()\n\n    b()\nc";
        let (code, _) = toggled(block, 9..24);
        assert_eq!(code, "def f():\n    # a()\n\n    # b()\nc");
        let all = code.chars().count();
        let (code, _) = toggled(&code, 0..all);
        assert_eq!(
            code, "# def f():\n#     # a()\n\n#     # b()\n# c",
            "not all of them were comments"
        );
        let all = code.chars().count();
        assert_eq!(toggled(&code, 0..all).0, "def f():\n    # a()\n\n    # b()\nc");
    }

    #[test]
    fn unicode_blanks_are_not_indentation() {
        // An ideographic space has three bytes, the two spaces below it have two.
        let block = "\u{3000}a\n  b\u{a0}\n\u{a0}";
        let all = block.chars().count();
        let (code, _) = toggled(block, 0..all);
        assert_eq!(code, "# \u{3000}a\n#   b\u{a0}\n\u{a0}");
        let all = code.chars().count();
        assert_eq!(toggled(&code, 0..all).0, block);
    }

    #[test]
    fn a_comment_without_a_space_is_uncommented() {
        assert_eq!(toggled("#x", 1..1).0, "x");
        assert_eq!(toggled("", 0..0), (String::new(), 0..0));
    }
}
