//! Bracket matching.

use crate::python::tokens::{code_tokens, partner};

/// The bracket next to the caret with its partner, as bytes; brackets in strings and comments are ignored.
pub fn pair(code: &str, caret: usize) -> Option<(usize, usize)> {
    let tokens = code_tokens(code);
    let near = |at: usize| {
        let index = tokens.binary_search_by_key(&at, |token| token.range.start).ok()?;
        let kind = tokens[index].kind;
        kind.opens().or(kind.closes()).map(|_| index)
    };
    let index = caret.checked_sub(1).and_then(near).or_else(|| near(caret))?;
    let start = |index: usize| tokens[index].range.start;
    partner(&tokens, index).map(|other| (start(index), start(other)))
}

/// The innermost bracket open at `at`, and the number of commas at its depth before `at`.
pub fn open_call(code: &str, at: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    for token in code_tokens(&code[..at]) {
        if token.kind.opens().is_some() {
            open.push((token.range.start, 0));
        } else if token.kind.closes().is_some() {
            open.pop();
        } else if token.text(code) == ","
            && let Some((_, commas)) = open.last_mut()
        {
            *commas += 1;
        }
    }
    open.pop().filter(|(place, _)| code[*place..].starts_with('('))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_match_from_both_sides_and_not_in_strings() {
        let code = "f(a[1], ')') # )";
        assert_eq!(pair(code, 1), Some((1, 11)));
        assert_eq!(pair(code, 2), Some((1, 11)));
        assert_eq!(pair(code, 12), Some((11, 1)));
        assert_eq!(pair(code, 3), Some((3, 5)));
        assert_eq!(pair(code, 9), None, "a quoted one");
        assert_eq!(pair("((", 0), None, "never closed");
    }

    #[test]
    fn open_call_counts_the_preceding_arguments() {
        let code = "cq.Workplane('X,Y').box(1, (2, 3), ";
        assert_eq!(open_call(code, code.len()), Some((23, 2)));
        assert_eq!(open_call(code, 30), Some((27, 1)));
        assert_eq!(open_call("a[1, ", 5), None);
        assert_eq!(open_call("f(1)", 4), None);
    }
}
