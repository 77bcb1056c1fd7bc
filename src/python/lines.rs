//! Lines of a text: they end with a line feed, and are counted from 1.

use std::ops::Range;

/// Start of the line that contains a byte.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// End of the line that contains a byte, without its line break.
pub fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

/// Bytes of a line, without its line break; empty at the end of the text if there is no such line.
pub fn line_range(text: &str, line: usize) -> Range<usize> {
    let start = match line.checked_sub(2) {
        None => Some(0),
        Some(breaks) => text.match_indices('\n').nth(breaks).map(|(at, _)| at + 1),
    };
    let start = start.unwrap_or(text.len());
    start..line_end(text, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_from_1() {
        let text = "a\n\nbé";
        let line = |line| &text[line_range(text, line)];
        assert_eq!(
            [line(0), line(1), line(2), line(3), line(4)],
            ["a", "a", "", "bé", ""]
        );
        assert_eq!((line_start(text, 4), line_end(text, 3)), (3, 6));
    }
}
