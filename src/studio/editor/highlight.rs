//! Syntax highlighting of Python: a colour for each token.

use std::ops::Range;

use crate::python::tokens::{self as python, OpenString, TokenKind, Tokens, is_keyword};

/// What a part of the code is coloured as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Highlight {
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

/// Highlights that cover all of `code` in order; neighbours of one kind are joined.
pub fn highlights(code: &str) -> Vec<(Highlight, Range<usize>)> {
    coloured(code, &mut python::tokens(code))
}

/// Highlights of a line, equal to those of the whole text: kinds and ends. `open` is the literal left open by the previous lines;
/// the one that this line leaves open is returned.
pub fn line_highlights(
    line: &str,
    open: Option<OpenString>,
) -> (Vec<(Highlight, usize)>, Option<OpenString>) {
    let mut tokens = python::resumed(line, open);
    let found = coloured(line, &mut tokens).into_iter();
    (
        found.map(|(kind, range)| (kind, range.end)).collect(),
        tokens.open(),
    )
}

fn coloured(code: &str, tokens: &mut Tokens<'_>) -> Vec<(Highlight, Range<usize>)> {
    let mut found: Vec<(Highlight, Range<usize>)> = Vec::new();
    let mut starts_line = true;
    // End of the `@` of a decorator: the name after it belongs to it.
    let mut decorator = None;
    for token in tokens {
        let highlight = match token.kind {
            TokenKind::Comment => Highlight::Comment,
            TokenKind::String(_) => Highlight::String,
            TokenKind::Number => Highlight::Number,
            TokenKind::Name if decorator == Some(token.range.start) => Highlight::Call,
            TokenKind::Name => of_word(token.text(code), &code[token.range.end..]),
            TokenKind::Operator if starts_line && token.text(code) == "@" => {
                decorator = Some(token.range.end);
                Highlight::Call
            }
            TokenKind::Operator
            | TokenKind::Open(_)
            | TokenKind::Close(_)
            | TokenKind::Space
            | TokenKind::Newline => Highlight::Text,
        };
        starts_line = token.kind == TokenKind::Newline || starts_line && token.kind == TokenKind::Space;
        match found.last_mut() {
            Some((last, known)) if *last == highlight => known.end = token.range.end,
            Some(_) | None => found.push((highlight, token.range)),
        }
    }
    found
}

fn of_word(word: &str, rest: &str) -> Highlight {
    if is_keyword(word) {
        Highlight::Keyword
    } else if matches!(word, "True" | "False" | "None") {
        Highlight::Number
    } else if rest.starts_with('(') {
        Highlight::Call
    } else {
        Highlight::Text
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kinds(code: &str) -> Vec<(Highlight, &str)> {
        highlights(code)
            .into_iter()
            .map(|(kind, range)| (kind, &code[range]))
            .collect()
    }

    #[test]
    fn a_line_of_cadquery_is_coloured() {
        assert_eq!(
            kinds("wheel = cq.Workplane(\"XY\").circle(11)  # hub"),
            [
                (Highlight::Text, "wheel = cq."),
                (Highlight::Call, "Workplane"),
                (Highlight::Text, "("),
                (Highlight::String, "\"XY\""),
                (Highlight::Text, ")."),
                (Highlight::Call, "circle"),
                (Highlight::Text, "("),
                (Highlight::Number, "11"),
                (Highlight::Text, ")  "),
                (Highlight::Comment, "# hub"),
            ]
        );
    }

    #[test]
    fn an_open_single_quote_ends_with_its_line_and_a_triple_one_continues() {
        assert_eq!(
            kinds("a = 'XY\nb"),
            [
                (Highlight::Text, "a = "),
                (Highlight::String, "'XY"),
                (Highlight::Text, "\nb")
            ]
        );
        assert_eq!(
            kinds("'''a\nb''' if"),
            [
                (Highlight::String, "'''a\nb'''"),
                (Highlight::Text, " "),
                (Highlight::Keyword, "if")
            ]
        );
        assert_eq!(kinds("rb'\\' x'"), [(Highlight::String, "rb'\\' x'")]);
    }

    #[test]
    fn a_decorator_begins_its_line() {
        assert_eq!(
            kinds("  @cache\na @ b"),
            [
                (Highlight::Text, "  "),
                (Highlight::Call, "@cache"),
                (Highlight::Text, "\na @ b")
            ]
        );
    }

    #[test]
    fn numbers_and_names_are_distinguished() {
        assert_eq!(
            kinds("x1 = 1e-3 - .5"),
            [
                (Highlight::Text, "x1 = "),
                (Highlight::Number, "1e-3"),
                (Highlight::Text, " - "),
                (Highlight::Number, ".5")
            ]
        );
        assert_eq!(
            kinds("définir(π)"),
            [(Highlight::Call, "définir"), (Highlight::Text, "(π)")]
        );
    }

    proptest! {
        #[test]
        fn line_highlights_equal_those_of_the_whole_text(code in "[a1 '\"\\\\#@(r\n]{0,80}") {
            let whole = highlights(&code);
            let kind_at = |byte: usize| {
                let found = whole.iter().find(|(_, range)| range.contains(&byte));
                found.map(|(token, _)| *token)
            };
            let (mut start, mut open) = (0, None);
            for line in code.split('\n') {
                let (cut, left) = line_highlights(line, open);
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
    }
}
