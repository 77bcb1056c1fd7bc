//! Colours Python.
//!
//! A scanner of its own rather than a grammar engine: it needs no start-up, is linear in the text, and code
//! that does not parse (a string that was never closed, half a call) is what it meets most.

use std::ops::Range;

/// What a stretch of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// A keyword.
    Keyword,
    /// A text literal, prefix and quotes included.
    String,
    /// A number, or `True`, `False`, `None`.
    Number,
    /// A name that is called or defined, or a decorator.
    Call,
    /// A comment.
    Comment,
    /// Anything else.
    Text,
}

const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Cuts `code` into tokens that cover all of it in order; neighbours of one kind are joined.
pub fn tokens(code: &str) -> Vec<(Token, Range<usize>)> {
    let mut tokens: Vec<(Token, Range<usize>)> = Vec::new();
    let mut at = 0;
    while at < code.len() {
        let (token, end) = token(code, at);
        match tokens.last_mut() {
            Some((last, range)) if *last == token => range.end = end,
            Some(_) | None => tokens.push((token, at..end)),
        }
        at = end;
    }
    tokens
}

/// Kind and end of the token at `at`.
fn token(code: &str, at: usize) -> (Token, usize) {
    let bytes = code.as_bytes();
    match bytes[at] {
        b'#' => (Token::Comment, line_end(bytes, at)),
        b'"' | b'\'' => (Token::String, string_end(bytes, at)),
        b'0'..=b'9' => (Token::Number, number_end(bytes, at)),
        b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => (Token::Number, number_end(bytes, at)),
        b'@' if code[..at]
            .rsplit('\n')
            .next()
            .is_some_and(|before| before.trim().is_empty()) =>
        {
            (Token::Call, word_end(code, at + 1))
        }
        _ => {
            let end = word_end(code, at);
            if end == at {
                let length = code[at..].chars().next().map_or(1, char::len_utf8);
                return (Token::Text, at + length);
            }
            let word = &code[at..end];
            match bytes.get(end) {
                Some(b'"' | b'\'') if is_string_prefix(word) => (Token::String, string_end(bytes, end)),
                _ => (word_token(code, word, end), end),
            }
        }
    }
}

fn word_token(code: &str, word: &str, end: usize) -> Token {
    if KEYWORDS.contains(&word) {
        Token::Keyword
    } else if matches!(word, "True" | "False" | "None") {
        Token::Number
    } else if code[end..].starts_with('(') {
        Token::Call
    } else {
        Token::Text
    }
}

fn is_string_prefix(word: &str) -> bool {
    word.len() <= 2 && word.chars().all(|c| "rbufRBUF".contains(c))
}

/// End of the word at `at`; `at` itself if there is none.
fn word_end(code: &str, at: usize) -> usize {
    let rest = &code[at..];
    let mut chars = rest.char_indices();
    match chars.next() {
        Some((_, c)) if c == '_' || c.is_alphabetic() => {}
        Some(_) | None => return at,
    }
    chars
        .find(|(_, c)| *c != '_' && !c.is_alphanumeric())
        .map_or(code.len(), |(length, _)| at + length)
}

fn number_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        let exponent_sign = matches!(byte, b'+' | b'-')
            && matches!(bytes[end - 1], b'e' | b'E')
            && !bytes[at..].starts_with(b"0x");
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || exponent_sign) {
            break;
        }
        end += 1;
    }
    end
}

/// End of the string whose quote is at `at`. One quote ends with its line, three end with three.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let quote = bytes[at];
    let triple = bytes[at..].starts_with(&[quote; 3]);
    let mut end = at + if triple { 3 } else { 1 };
    while end < bytes.len() {
        match bytes[end] {
            // A backslash hides the quote after it even in a raw string, and carries a string over its line.
            b'\\' => end += 1,
            b'\n' if !triple => return end,
            byte if byte == quote && !triple => return end + 1,
            byte if byte == quote && bytes[end..].starts_with(&[quote; 3]) => return end + 3,
            _ => {}
        }
        end += 1;
    }
    bytes.len()
}

fn line_end(bytes: &[u8], at: usize) -> usize {
    bytes[at..]
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |length| at + length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(code: &str) -> Vec<(Token, &str)> {
        tokens(code)
            .into_iter()
            .map(|(token, range)| (token, &code[range]))
            .collect()
    }

    #[test]
    fn a_line_of_cadquery_is_coloured() {
        assert_eq!(
            kinds("wheel = cq.Workplane(\"XY\").circle(11)  # hub"),
            [
                (Token::Text, "wheel = cq."),
                (Token::Call, "Workplane"),
                (Token::Text, "("),
                (Token::String, "\"XY\""),
                (Token::Text, ")."),
                (Token::Call, "circle"),
                (Token::Text, "("),
                (Token::Number, "11"),
                (Token::Text, ")  "),
                (Token::Comment, "# hub"),
            ]
        );
    }

    #[test]
    fn an_open_quote_ends_with_its_line_and_three_go_on() {
        assert_eq!(
            kinds("a = 'XY\nb"),
            [
                (Token::Text, "a = "),
                (Token::String, "'XY"),
                (Token::Text, "\nb")
            ]
        );
        assert_eq!(
            kinds("'''a\nb''' if"),
            [
                (Token::String, "'''a\nb'''"),
                (Token::Text, " "),
                (Token::Keyword, "if")
            ]
        );
        assert_eq!(kinds("rb'\\' x'"), [(Token::String, "rb'\\' x'")]);
    }

    #[test]
    fn numbers_and_names_are_told_apart() {
        assert_eq!(
            kinds("x1 = 1e-3 - .5"),
            [
                (Token::Text, "x1 = "),
                (Token::Number, "1e-3"),
                (Token::Text, " - "),
                (Token::Number, ".5")
            ]
        );
        assert_eq!(
            kinds("définir(π)"),
            [(Token::Call, "définir"), (Token::Text, "(π)")]
        );
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_in_order(code in "[a-z0-9_ '\"\\\\#@.(\n\u{e9}]{0,200}") {
            let mut at = 0;
            for (_, range) in tokens(&code) {
                prop_assert_eq!(range.start, at);
                prop_assert!(code.is_char_boundary(range.end));
                at = range.end;
            }
            prop_assert_eq!(at, code.len());
        }
    }
}
