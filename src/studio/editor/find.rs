//! Finds and replaces text in code.

use std::ops::Range;

/// State of the find bar.
#[derive(Default)]
pub struct Find {
    /// Whether the bar is shown.
    pub open: bool,
    /// Whether the replacement field is shown.
    pub replacing: bool,
    /// Search text.
    pub query: String,
    /// Replacement text.
    pub replacement: String,
    /// Whether the search is case-sensitive.
    pub case: bool,
    /// Whether the bar was opened and its field should get the focus.
    pub wants_focus: bool,
}

impl Find {
    /// All matches in bytes, in order, without overlaps.
    pub fn matches(&self, code: &str) -> Vec<Range<usize>> {
        if self.query.is_empty() {
            return Vec::new();
        }
        if self.case {
            return code
                .match_indices(&self.query)
                .map(|(at, found)| at..at + found.len())
                .collect();
        }
        let wanted: Vec<char> = self.query.chars().flat_map(char::to_lowercase).collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at < code.len() {
            match length_of_match(&code[at..], &wanted) {
                Some(length) if length > 0 => {
                    found.push(at..at + length);
                    at += length;
                }
                Some(_) | None => at += code[at..].chars().next().map_or(1, char::len_utf8),
            }
        }
        found
    }

    /// Replaces all matches; returns their number.
    pub fn replace_all(&self, code: &mut String) -> usize {
        let matches = self.matches(code);
        for range in matches.iter().rev() {
            code.replace_range(range.clone(), &self.replacement);
        }
        matches.len()
    }
}

/// Length in bytes of a match at the start of `text`.
fn length_of_match(text: &str, wanted: &[char]) -> Option<usize> {
    let mut left = wanted;
    for (at, c) in text.char_indices() {
        if left.is_empty() {
            return Some(at);
        }
        for lower in c.to_lowercase() {
            left = left.strip_prefix(&[lower])?;
        }
    }
    left.is_empty().then_some(text.len())
}

/// The match at or after a position, wrapping around; none without matches.
pub fn next(matches: &[Range<usize>], from: usize) -> Option<usize> {
    let after = matches.iter().position(|range| range.start >= from);
    after.or_else(|| (!matches.is_empty()).then_some(0))
}

/// The match before a position, wrapping around.
pub fn previous(matches: &[Range<usize>], from: usize) -> Option<usize> {
    let before = matches.iter().rposition(|range| range.start < from);
    before.or_else(|| matches.len().checked_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(query: &str, case: bool) -> Find {
        Find {
            query: query.to_owned(),
            case,
            ..Find::default()
        }
    }

    #[test]
    fn a_search_can_be_case_sensitive() {
        let code = "Box box BOX ß";
        assert_eq!(find("box", false).matches(code), [0..3, 4..7, 8..11]);
        assert_eq!(find("box", true).matches(code).first(), Some(&(4..7)));
        assert!(find("SS", false).matches(code).is_empty());
        assert!(find("", false).matches(code).is_empty());
        assert_eq!(find("aa", false).matches("aaaaa"), [0..2, 2..4]);
    }

    #[test]
    fn next_and_previous_wrap_around() {
        let matches = find("x", true).matches("x.x.x");
        assert_eq!(next(&matches, 1), Some(1));
        assert_eq!(next(&matches, 5), Some(0));
        assert_eq!(previous(&matches, 2), Some(0));
        assert_eq!(previous(&matches, 0), Some(2));
        assert_eq!(next(&[], 0), None);
        assert_eq!(previous(&[], 0), None);
    }

    #[test]
    fn replace_all_does_not_search_replacements() {
        let mut code = "a = r + R\n".to_owned();
        let find = Find {
            replacement: "rr".to_owned(),
            ..find("r", false)
        };
        assert_eq!(find.replace_all(&mut code), 2);
        assert_eq!(code, "a = rr + rr\n");
    }
}
