//! Tokens of possibly broken Python: brackets, strings, names, others. Never fails.

use std::ops::Range;

/// Type of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lexeme {
    /// Identifier or keyword.
    Name,
    /// Number literal.
    Number,
    /// String literal; `false` if its quote never closes.
    Text(bool),
    /// One of `( [ {`.
    Open(u8),
    /// One of `) ] }`.
    Close(u8),
    /// Anything else: one character, or an operator of two.
    Other,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Type.
    pub lexeme: Lexeme,
    /// Byte range.
    pub range: Range<usize>,
    /// Line, from 1.
    pub line: usize,
}

/// Splits a file into tokens; comments and whitespace are left out.
pub fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (lexeme, length) = match c {
            '\n' => {
                line += 1;
                at += 1;
                continue;
            }
            '#' => {
                at += rest.find('\n').unwrap_or(rest.len());
                continue;
            }
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' | '\'' => string(rest, 0),
            c if c.is_alphabetic() || c == '_' => name_or_string(rest),
            c if c.is_ascii_digit() => (Lexeme::Number, number_length(rest)),
            '.' if rest[1..].starts_with(|c: char| c.is_ascii_digit()) => {
                (Lexeme::Number, number_length(rest))
            }
            '(' | '[' | '{' => (Lexeme::Open(c as u8), 1),
            ')' | ']' | '}' => (Lexeme::Close(c as u8), 1),
            _ => {
                let two = [
                    "**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=",
                ];
                let length = if two.iter().any(|two| rest.starts_with(two)) {
                    2
                } else {
                    c.len_utf8()
                };
                (Lexeme::Other, length)
            }
        };
        found.push(Token {
            lexeme,
            range: at..at + length,
            line,
        });
        line += rest[..length].matches('\n').count();
        at += length;
    }
    found
}

/// The closing bracket of an opening one.
pub fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

fn name_or_string(rest: &str) -> (Lexeme, usize) {
    let length = rest
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let prefix = rest[..length].to_ascii_lowercase();
    let quoted = rest[length..].starts_with(['"', '\'']);
    if quoted && matches!(prefix.as_str(), "f" | "r" | "b" | "u" | "rb" | "br" | "fr" | "rf") {
        return string(rest, length);
    }
    (Lexeme::Name, length)
}

fn number_length(rest: &str) -> usize {
    let mut exponent = false;
    let length = rest.find(|c: char| {
        let sign = exponent && (c == '-' || c == '+');
        exponent = c == 'e' || c == 'E';
        !(c.is_ascii_alphanumeric() || c == '_' || c == '.' || sign)
    });
    length.unwrap_or(rest.len())
}

/// A string literal whose quote is at `from`; one that is not closed ends with its line.
fn string(rest: &str, from: usize) -> (Lexeme, usize) {
    let body = &rest[from..];
    let quote = &body[..1];
    let triple = body.as_bytes().starts_with(&[quote.as_bytes()[0]; 3]);
    let end = if triple { &body[..3] } else { quote };
    let mut at = from + end.len();
    while at < rest.len() {
        if rest[at..].starts_with(end) {
            return (Lexeme::Text(true), at + end.len());
        }
        let c = rest[at..].chars().next().expect("inside the text");
        match c {
            '\\' => at += 1 + rest[at + 1..].chars().next().map_or(0, char::len_utf8),
            '\n' if !triple => return (Lexeme::Text(false), at),
            _ => at += c.len_utf8(),
        }
    }
    (Lexeme::Text(false), rest.len())
}

/// Unclosed opening brackets and unmatched closing ones, as indices of tokens.
pub fn unbalanced(tokens: &[Token]) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<usize> = Vec::new();
    let mut stray = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.lexeme {
            Lexeme::Open(_) => open.push(index),
            Lexeme::Close(close) => {
                let fits = open.last().is_some_and(
                    |&last| matches!(tokens[last].lexeme, Lexeme::Open(open) if closer(open) == close),
                );
                if fits {
                    open.pop();
                } else {
                    stray.push(index);
                }
            }
            _ => {}
        }
    }
    (open, stray)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(code: &str) -> Vec<&str> {
        tokens(code).into_iter().map(|token| &code[token.range]).collect()
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let code = "a = f('(', \"[\")  # ((\nb = '''{\n'''\n";
        let (open, stray) = unbalanced(&tokens(code));
        assert!(open.is_empty() && stray.is_empty());
        assert_eq!(texts("x = -1.5e-3*y2"), ["x", "=", "-", "1.5e-3", "*", "y2"]);
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        let code = "a = ('XY)\nb = 2\n";
        let found = tokens(code);
        assert_eq!(found[3].lexeme, Lexeme::Text(false));
        assert_eq!(&code[found[3].range.clone()], "'XY)");
        assert_eq!(found[4].line, 2);
    }

    #[test]
    fn multi_byte_letters_after_a_quote_are_accepted() {
        assert_eq!(texts("a = '[é"), ["a", "=", "'[é"]);
        assert_eq!(texts("\"é\" + 'ü"), ["\"é\"", "+", "'ü"]);
    }

    #[test]
    fn open_and_stray_brackets_are_distinguished() {
        let code = "a = (1, [2)\nb = 3]\n";
        let found = tokens(code);
        let (open, stray) = unbalanced(&found);
        assert_eq!(open.len(), 1);
        assert_eq!(&code[found[open[0]].range.clone()], "(");
        assert_eq!(stray.len(), 1, "`]` closes the list, `)` fits nothing: {stray:?}");
    }
}
