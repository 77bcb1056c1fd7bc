//! Syntax highlighting of Python.
//!
//! A separate scanner rather than a grammar engine: it needs no start-up, takes linear time, and mostly sees code that does not
//! parse (unterminated strings, incomplete calls).

use std::ops::Range;

/// Token kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    Keyword,
    /// A string literal with prefix and quotes.
    String,
    /// A number, or `True`, `False`, `None`.
    Number,
    /// A name that is called or defined, or a decorator.
    Call,
    Comment,
    /// Anything else.
    Text,
}

const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// An unterminated string literal: its quote, and whether it is triple-quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Open {
    quote: u8,
    triple: bool,
}

/// Splits `code` into tokens that cover all of it in order; neighbours of one kind are joined.
pub fn tokens(code: &str) -> Vec<(Token, Range<usize>)> {
    let mut tokens = Vec::new();
    scan(code, 0, &mut |token, range| push(&mut tokens, token, range));
    tokens
}

/// Tokens of a line, equal to those of [`tokens`] for the whole text: kinds and ends. `open` is the literal left open by the
/// previous lines; the one that this line leaves open is returned.
pub fn line_tokens(line: &str, open: Option<Open>) -> (Vec<(Token, usize)>, Option<Open>) {
    let bytes = line.as_bytes();
    let mut cut: Vec<(Token, Range<usize>)> = Vec::new();
    // The literal that reaches the end of the line, if any.
    let mut last = open;
    let mut at = 0;
    if let Some(open) = open {
        let end = literal_end(bytes, 0, open);
        at = end.unwrap_or(line.len());
        push(&mut cut, Token::String, 0..at);
        if end.is_some() {
            last = None;
        }
    }
    scan(line, at, &mut |token, range| {
        last = (token == Token::String && range.end == line.len())
            .then(|| {
                let quote = range.start + line[range.clone()].find(['"', '\''])?;
                let open = opened(bytes, quote);
                literal_end(bytes, quote + open.width(), open)
                    .is_none()
                    .then_some(open)
            })
            .flatten();
        push(&mut cut, token, range);
    });
    // A single-quoted string continues only after a backslash.
    let backslashes = line.bytes().rev().take_while(|byte| *byte == b'\\').count();
    let left = last.filter(|open| open.triple || backslashes % 2 == 1);
    (
        cut.into_iter().map(|(token, range)| (token, range.end)).collect(),
        left,
    )
}

fn push(tokens: &mut Vec<(Token, Range<usize>)>, token: Token, range: Range<usize>) {
    match tokens.last_mut() {
        Some((last, known)) if *last == token => known.end = range.end,
        Some(_) | None => tokens.push((token, range)),
    }
}

fn scan(code: &str, from: usize, take: &mut dyn FnMut(Token, Range<usize>)) {
    let mut at = from;
    while at < code.len() {
        let (token, end) = token(code, at);
        take(token, at..end);
        at = end;
    }
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
    // No keyword is longer than eight letters, and most words are not keywords.
    if word.len() <= 8 && KEYWORDS.contains(&word) {
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

/// End of the string whose quote is at `at`. A single quote ends with its line.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let open = opened(bytes, at);
    let start = at + open.width();
    literal_end(bytes, start, open).unwrap_or_else(|| {
        // Up to the first unescaped line break.
        let mut end = start;
        while end < bytes.len() && (open.triple || bytes[end] != b'\n') {
            end += if bytes[end] == b'\\' { 2 } else { 1 };
        }
        end.min(bytes.len())
    })
}

fn opened(bytes: &[u8], at: usize) -> Open {
    let quote = bytes[at];
    Open {
        quote,
        triple: bytes[at..].starts_with(&[quote; 3]),
    }
}

impl Open {
    fn width(self) -> usize {
        if self.triple { 3 } else { 1 }
    }
}

/// End of a literal whose content starts at `start`; none if it is unterminated.
fn literal_end(bytes: &[u8], start: usize, open: Open) -> Option<usize> {
    let mut end = start;
    while end < bytes.len() {
        match bytes[end] {
            // A backslash escapes the quote after it even in a raw string, and continues a string on the next line.
            b'\\' => end += 1,
            b'\n' if !open.triple => return None,
            byte if byte == open.quote && !open.triple => return Some(end + 1),
            byte if byte == open.quote && bytes[end..].starts_with(&[open.quote; 3]) => return Some(end + 3),
            _ => {}
        }
        end += 1;
    }
    None
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
    fn an_open_single_quote_ends_with_its_line_and_a_triple_one_continues() {
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
    fn numbers_and_names_are_distinguished() {
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
        fn line_tokens_equal_tokens_of_the_whole_text(code in "[a1 '\"\\\\#@(r\n]{0,80}") {
            let whole = tokens(&code);
            let kind_at = |byte: usize| {
                let found = whole.iter().find(|(_, range)| range.contains(&byte));
                found.map(|(token, _)| *token)
            };
            let (mut start, mut open) = (0, None);
            for line in code.split('\n') {
                let (cut, left) = line_tokens(line, open);
                let mut at = 0;
                for (token, end) in cut {
                    for byte in at..end {
                        prop_assert_eq!(Some(token), kind_at(start + byte), "byte {} of {:?}", start + byte, &code);
                    }
                    at = end;
                }
                prop_assert_eq!(at, line.len());
                start += line.len() + 1;
                open = left;
            }
        }

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
