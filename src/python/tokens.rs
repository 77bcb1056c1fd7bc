//! Tokens of possibly broken Python. Splitting never fails, takes linear time, and covers all of the text in order.

use std::ops::Range;

/// Type of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// Identifier or keyword.
    Name,
    /// Number literal.
    Number,
    /// String literal with its prefix and quotes; `false` if its quote never closes.
    String(bool),
    /// One of `( [ {`.
    Open(u8),
    /// One of `) ] }`.
    Close(u8),
    /// Anything else that is code: one character, or an operator of two.
    Operator,
    /// A comment, without its line break.
    Comment,
    /// White space within a line.
    Space,
    /// A line break.
    Newline,
}

/// A token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// Type.
    pub kind: TokenKind,
    /// Byte range.
    pub range: Range<usize>,
    /// Its first line, from 1.
    pub line: usize,
}

/// A string literal that is not closed: its quote, and whether it is triple-quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OpenString {
    quote: u8,
    triple: bool,
}

/// Iterates over the tokens of a text.
#[derive(Clone, Debug)]
pub struct Tokens<'t> {
    text: &'t str,
    at: usize,
    line: usize,
    open: Option<OpenString>,
}

/// All tokens of a text; the next one begins where one ends.
pub fn tokens(text: &str) -> Tokens<'_> {
    resumed(text, None)
}

/// The tokens of a line after lines that leave a literal open: equal to those of the whole text.
pub fn resumed(line: &str, open: Option<OpenString>) -> Tokens<'_> {
    Tokens {
        text: line,
        at: 0,
        line: 1,
        // An empty line ends a string with single quotes.
        open: open.filter(|open| open.triple || !line.is_empty()),
    }
}

/// The tokens of a text without white space and comments.
pub fn code_tokens(text: &str) -> Vec<Token> {
    tokens(text).filter(|token| token.kind.is_code()).collect()
}

/// Python's keywords, without the soft ones and without `True`, `False` and `None`.
const KEYWORDS: [&str; 32] = [
    "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not",
    "or", "pass", "raise", "return", "try", "while", "with", "yield",
];

/// Whether a word is a keyword; `True`, `False`, `None` and the soft keywords are not.
pub fn is_keyword(word: &str) -> bool {
    // No keyword is longer than eight letters, and most words are not keywords.
    word.len() <= 8 && KEYWORDS.contains(&word)
}

/// Whether a word is a keyword in some places only.
pub fn is_soft_keyword(word: &str) -> bool {
    matches!(word, "match" | "case" | "type")
}

/// The closing bracket of an opening one.
pub fn closer(open: u8) -> u8 {
    match open {
        b'(' => b')',
        b'[' => b']',
        _ => b'}',
    }
}

/// Unclosed opening brackets and unmatched closing ones, as indices of tokens.
pub fn unbalanced(tokens: &[Token]) -> (Vec<usize>, Vec<usize>) {
    let mut open: Vec<(usize, u8)> = Vec::new();
    let mut stray = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        if let Some(bracket) = token.kind.opens() {
            open.push((index, closer(bracket)));
        } else if let Some(bracket) = token.kind.closes()
            && open.pop_if(|(_, closer)| *closer == bracket).is_none()
        {
            stray.push(index);
        }
    }
    (open.into_iter().map(|(index, _)| index).collect(), stray)
}

/// The other bracket of a pair, found by counting the brackets of its kind only: in broken code others may be open.
pub fn partner(tokens: &[Token], bracket: usize) -> Option<usize> {
    let kind = |at: usize| tokens.get(at).map(|token| token.kind);
    let close = kind(bracket)?.opens().map(closer).or(kind(bracket)?.closes())?;
    let mut depth = 0;
    let ends = |at: &usize| {
        let opens = kind(*at).and_then(TokenKind::opens).map(closer) == Some(close);
        let closes = kind(*at).and_then(TokenKind::closes) == Some(close);
        depth += i32::from(opens) - i32::from(closes);
        depth == 0 && (opens || closes)
    };
    if kind(bracket)?.opens().is_some() {
        (bracket..tokens.len()).find(ends)
    } else {
        (0..=bracket).rev().find(ends)
    }
}

/// Whether every bracket and quote of some code is closed by its own kind.
pub fn is_closed(code: &str) -> bool {
    let tokens = code_tokens(code);
    let (open, stray) = unbalanced(&tokens);
    let is_cut = |token: &Token| token.kind == TokenKind::String(false);
    open.is_empty() && stray.is_empty() && !tokens.iter().any(is_cut)
}

impl TokenKind {
    /// The opening bracket that it is.
    pub fn opens(self) -> Option<u8> {
        if let Self::Open(bracket) = self {
            Some(bracket)
        } else {
            None
        }
    }

    /// The closing bracket that it is.
    pub fn closes(self) -> Option<u8> {
        if let Self::Close(bracket) = self {
            Some(bracket)
        } else {
            None
        }
    }

    /// Whether it is neither white space nor a comment.
    pub fn is_code(self) -> bool {
        !matches!(self, Self::Comment | Self::Space | Self::Newline)
    }
}

impl Token {
    /// Its text.
    pub fn text<'t>(&self, of: &'t str) -> &'t str {
        &of[self.range.clone()]
    }
}

impl Tokens<'_> {
    /// The literal that the text leaves open; meaningful after the last token.
    pub fn open(&self) -> Option<OpenString> {
        self.open
    }

    /// Kind and end of the token at the current place.
    fn scan(&mut self) -> (TokenKind, usize) {
        let (text, at) = (self.text, self.at);
        let bytes = text.as_bytes();
        if let Some(open) = self.open.take() {
            return self.string(0, open);
        }
        let first = text[at..].chars().next().unwrap_or_default();
        let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
        match first {
            '\n' => (TokenKind::Newline, at + 1),
            '#' => (TokenKind::Comment, crate::lines::line_end(text, at)),
            '"' | '\'' => self.quoted(at),
            '(' | '[' | '{' => (TokenKind::Open(bytes[at]), at + 1),
            ')' | ']' | '}' => (TokenKind::Close(bytes[at]), at + 1),
            '.' if is_digit(at + 1) => (TokenKind::Number, number_end(bytes, at)),
            '0'..='9' => (TokenKind::Number, number_end(bytes, at)),
            c if c.is_whitespace() => {
                let length = text[at..].find(|c: char| c == '\n' || !c.is_whitespace());
                (TokenKind::Space, length.map_or(text.len(), |length| at + length))
            }
            c if c == '_' || c.is_alphabetic() => {
                let length = text[at..].find(|c: char| c != '_' && !c.is_alphanumeric());
                let end = length.map_or(text.len(), |length| at + length);
                let is_quote = matches!(bytes.get(end), Some(b'"' | b'\''));
                if is_quote && is_string_prefix(&text[at..end]) {
                    self.quoted(end)
                } else {
                    (TokenKind::Name, end)
                }
            }
            c => {
                const TWO: [&str; 12] = [
                    "**", "//", "==", "!=", "<=", ">=", "->", ":=", "+=", "-=", "*=", "/=",
                ];
                let is_two = TWO.iter().any(|two| text[at..].starts_with(two));
                (TokenKind::Operator, at + if is_two { 2 } else { c.len_utf8() })
            }
        }
    }

    /// A string whose quote is at a place.
    fn quoted(&mut self, at: usize) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let quote = bytes[at];
        let triple = bytes[at..].starts_with(&[quote; 3]);
        let open = OpenString { quote, triple };
        self.string(at + if triple { 3 } else { 1 }, open)
    }

    /// The string whose content starts at a place. One with single quotes that is not closed ends with its line.
    fn string(&mut self, from: usize, open: OpenString) -> (TokenKind, usize) {
        let bytes = self.text.as_bytes();
        let OpenString { quote, triple } = open;
        let mut end = from;
        while end < bytes.len() {
            match bytes[end] {
                // A backslash escapes the quote after it even in a raw string, and continues a string on the next line.
                b'\\' => end += 1,
                b'\n' if !triple => return (TokenKind::String(false), end),
                byte if byte == quote && !triple => return (TokenKind::String(true), end + 1),
                byte if byte == quote && bytes[end..].starts_with(&[quote; 3]) => {
                    return (TokenKind::String(true), end + 3);
                }
                _ => {}
            }
            end += 1;
        }
        // A string with single quotes continues after a backslash only.
        let is_escaped = end > bytes.len();
        self.open = (triple || is_escaped).then_some(open);
        (TokenKind::String(false), bytes.len())
    }
}

impl Iterator for Tokens<'_> {
    type Item = Token;

    fn next(&mut self) -> Option<Token> {
        if self.at >= self.text.len() {
            return None;
        }
        let (kind, end) = self.scan();
        let token = Token {
            kind,
            range: self.at..end,
            line: self.line,
        };
        if matches!(kind, TokenKind::String(_) | TokenKind::Newline) {
            self.line += token.text(self.text).matches('\n').count();
        }
        self.at = end;
        Some(token)
    }
}

fn is_string_prefix(word: &str) -> bool {
    const PREFIXES: [&str; 8] = ["f", "r", "b", "u", "rb", "br", "fr", "rf"];
    PREFIXES.iter().any(|prefix| word.eq_ignore_ascii_case(prefix))
}

fn number_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while let Some(byte) = bytes.get(end) {
        let is_exponent_sign = matches!(byte, b'+' | b'-')
            && matches!(bytes[end - 1], b'e' | b'E')
            && !bytes[at..].starts_with(b"0x");
        if !(byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_') || is_exponent_sign) {
            break;
        }
        end += 1;
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(code: &str) -> Vec<&str> {
        code_tokens(code).iter().map(|token| token.text(code)).collect()
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let code = "a = f('(', \"[\")  # ((\nb = '''{\n'''\n";
        let (open, stray) = unbalanced(&code_tokens(code));
        assert!(open.is_empty() && stray.is_empty());
        assert_eq!(texts("x = -1.5e-3*y2"), ["x", "=", "-", "1.5e-3", "*", "y2"]);
        for closed in [
            "",
            "a[{(1)}]",
            "'('",
            "\"\\\"(\"",
            "# (\n",
            "'''(\n'''",
            "f'{x}'",
            "''",
            "'''a''b'''",
        ] {
            assert!(is_closed(closed), "{closed}");
        }
        for open in ["(", ")", "(]", "'", "'a\n'", "'''a''", "\"\\\"", "'\\"] {
            assert!(!is_closed(open), "{open}");
        }
    }

    #[test]
    fn an_open_string_ends_with_its_line() {
        let code = "a = ('XY)\nb = 2\n";
        let found = code_tokens(code);
        assert_eq!(found[3].kind, TokenKind::String(false));
        assert_eq!(found[3].text(code), "'XY)");
        assert_eq!(found[4].line, 2);
        assert_eq!(texts("a = '[é"), ["a", "=", "'[é"]);
        assert_eq!(texts("\"é\" + rB'\\' ü"), ["\"é\"", "+", "rB'\\' ü"]);
        assert_eq!(texts("0xe-1 ff'a'"), ["0xe", "-", "1", "ff", "'a'"]);
    }

    #[test]
    fn open_and_stray_brackets_are_distinguished() {
        let code = "a = (1, [2)\nb = 3]\n";
        let found = code_tokens(code);
        let (open, stray) = unbalanced(&found);
        assert_eq!(open.len(), 1);
        assert_eq!(found[open[0]].text(code), "(");
        assert_eq!(stray.len(), 1, "`]` closes the list, `)` fits nothing: {stray:?}");
        let pairs = [2, 7, 5, 10].map(|at| partner(&found, at));
        assert_eq!(
            pairs,
            [Some(7), Some(2), Some(11), None],
            "brackets of other kinds do not count"
        );
    }

    proptest! {
        #[test]
        fn tokens_cover_any_text_in_order(code in "[a-z0-9_ '\"\\\\#@.(\n\u{e9}]{0,200}") {
            let (mut at, mut line) = (0, 1);
            for token in tokens(&code) {
                prop_assert_eq!((token.range.start, token.line), (at, line));
                line += token.text(&code).matches('\n').count();
                at = token.range.end;
            }
            prop_assert_eq!(at, code.len());
        }

        #[test]
        fn tokens_of_lines_equal_those_of_the_text(code in "[a1 '\"\\\\#@(r\n]{0,80}") {
            let (mut start, mut open) = (0, None);
            let whole: Vec<Token> = tokens(&code).collect();
            for line in code.split('\n') {
                let mut found = resumed(line, open);
                for token in found.by_ref() {
                    let byte = start + token.range.end - 1;
                    let known = whole.iter().find(|known| known.range.contains(&byte)).map(|known| known.kind);
                    let is_string = |kind| matches!(kind, TokenKind::String(_));
                    prop_assert!(known == Some(token.kind) || (is_string(token.kind) && known.is_some_and(is_string)));
                }
                open = found.open();
                start += line.len() + 1;
            }
        }
    }
}
