//! Bracket matching.

use crate::python::tokens::{Token, TokenKind, closer, code_tokens};

/// The bracket next to the caret with its partner, as bytes; brackets in strings and comments are ignored.
pub fn pair(code: &str, caret: usize) -> Option<(usize, usize)> {
    let brackets = brackets(code);
    let near = |at: usize| brackets.iter().position(|(place, _)| *place == at);
    let index = caret.checked_sub(1).and_then(near).or_else(|| near(caret))?;
    let (at, kind) = brackets[index];
    let partner = match kind {
        TokenKind::Open(bracket) => closer(bracket),
        _ => {
            let opens = |open: &u8| TokenKind::Close(closer(*open)) == kind;
            b"([{".iter().copied().find(opens)?
        }
    };
    let mut depth = 0;
    let mut step = |&(place, other): &(usize, TokenKind)| {
        if other == kind {
            depth += 1;
        } else if matches!(other, TokenKind::Open(bracket) | TokenKind::Close(bracket) if bracket == partner)
        {
            depth -= 1;
        }
        (depth == 0).then_some(place)
    };
    let found = if matches!(kind, TokenKind::Open(_)) {
        brackets[index..].iter().find_map(&mut step)
    } else {
        brackets[..=index].iter().rev().find_map(&mut step)
    };
    found.map(|other| (at, other))
}

/// The innermost bracket open at `at`, and the number of commas at its depth before `at`.
pub fn open_call(code: &str, at: usize) -> Option<(usize, usize)> {
    let mut open: Vec<(usize, usize)> = Vec::new();
    let tokens = code_tokens(&code[..at]);
    for token in &tokens {
        match token.kind {
            TokenKind::Open(_) => open.push((token.range.start, 0)),
            TokenKind::Close(_) => {
                open.pop();
            }
            _ if token.text(code) == "," => {
                if let Some((_, commas)) = open.last_mut() {
                    *commas += 1;
                }
            }
            _ => {}
        }
    }
    open.pop().filter(|(place, _)| code[*place..].starts_with('('))
}

fn brackets(code: &str) -> Vec<(usize, TokenKind)> {
    let is_bracket = |token: &Token| matches!(token.kind, TokenKind::Open(_) | TokenKind::Close(_));
    let brackets = code_tokens(code).into_iter().filter(is_bracket);
    brackets.map(|token| (token.range.start, token.kind)).collect()
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
