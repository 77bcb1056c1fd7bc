//! Brackets and quotes that are open, stray or of the wrong kind: all places where they could be.

use super::edit::{Offers, offer};
use cadforge_python::tokens::{Token, TokenKind, closer, unbalanced};

/// Closers that are missing, stray or of the wrong kind.
pub(super) fn brackets(text: &str, found: &[Token], offers: &mut Offers) {
    let (open, stray) = unbalanced(found);
    for &index in stray.iter().take(3) {
        let token = &found[index];
        open_before(text, found, index, offers);
        let what = &text[token.range.clone()];
        let reason = format!("removes the unmatched `{what}` in line {}", token.line);
        offer(offers, 20, "stray bracket", token.range.clone(), "", reason);
        // Another closer of the same kind before it on the line may be the stray one.
        for earlier in found[..index]
            .iter()
            .rev()
            .take_while(|earlier| earlier.line + 1 >= token.line)
            .take(12)
        {
            if earlier.kind == token.kind {
                offer(
                    offers,
                    24,
                    "stray bracket",
                    earlier.range.clone(),
                    "",
                    format!("removes one `{what}` in line {}", earlier.line),
                );
            }
        }
        for right in [")", "]", "}"] {
            if right != what {
                let reason = format!("closes the bracket in line {} with the matching one", token.line);
                offer(offers, 21, "wrong bracket", token.range.clone(), right, reason);
            }
        }
    }
    // A stray closer of another kind may be due to an open bracket: close that one first.
    for index in open.iter().rev().take(2).copied() {
        close(text, found, index, offers);
    }
    if open.len() == 2 {
        close_both(text, found, &open, offers);
    }
}

/// Every place for the opener of a stray closer: after a name, which makes a call, or before a value.
fn open_before(text: &str, found: &[Token], index: usize, offers: &mut Offers) {
    let TokenKind::Close(close) = found[index].kind else {
        return;
    };
    let open = match close {
        b')' => "(",
        b']' => "[",
        _ => "{",
    };
    let line = found[index].line;
    for (back, at) in (0..index).rev().enumerate().take(40) {
        let token = &found[at];
        let new_line = at > 0 && found[at - 1].line < token.line;
        let rank = 22 + (back / 8) as u32;
        if token.kind == TokenKind::Name {
            let end = token.range.end;
            let reason = format!("opens the bracket that line {line} closes");
            offer(offers, rank, "unopened bracket", end..end, open, reason);
        }
        if !matches!(token.kind, TokenKind::Close(_)) {
            let start = token.range.start;
            offer(
                offers,
                rank + 1,
                "unopened bracket",
                start..start,
                open,
                format!("opens the bracket that line {line} closes"),
            );
        }
        if new_line && begins_statement(text, found, at) {
            break;
        }
    }
}

/// Every place for the closer of an open bracket.
fn close(text: &str, found: &[Token], index: usize, offers: &mut Offers) {
    let TokenKind::Open(open) = found[index].kind else {
        return;
    };
    let closes = char::from(closer(open)).to_string();
    let end = statement_end(text, found, index);
    let line = found[index].line;
    for (place, token) in found.iter().enumerate().take(end).skip(index) {
        let at = token.range.end;
        let next_line = found.get(place + 1).map_or(usize::MAX, |next| next.line);
        // The end of a line is the most likely place, then a place before a dot or a comma.
        let next = found.get(place + 1).map_or("", |next| &text[next.range.clone()]);
        let penalty = u32::from(next_line == token.line)
            + u32::from(next_line == token.line && !matches!(next, "." | "," | ")" | "]"));
        let reason = format!("closes the `{}` of line {line}", char::from(open));
        offer(offers, 20 + penalty, "unclosed bracket", at..at, &closes, reason);
    }
}

/// Closes two brackets at the end of the inner one's statement.
fn close_both(text: &str, found: &[Token], open: &[usize], offers: &mut Offers) {
    let closers: String = open
        .iter()
        .rev()
        .filter_map(|&index| match found[index].kind {
            TokenKind::Open(open) => Some(char::from(closer(open))),
            _ => None,
        })
        .collect();
    let end = statement_end(text, found, open[1]);
    if let Some(token) = end.checked_sub(1).and_then(|last| found.get(last)) {
        let at = token.range.end;
        offer(
            offers,
            30,
            "unclosed bracket",
            at..at,
            &closers,
            "closes both open brackets at the end of the statement",
        );
    }
}

/// The token after the statement of an open bracket: the first one on a new line, indented no deeper than the
/// statement, that begins like a statement.
fn statement_end(text: &str, found: &[Token], index: usize) -> usize {
    let first_line = (0..=index)
        .rev()
        .find(|&at| at == 0 || (found[at - 1].line < found[at].line && begins_statement(text, found, at)))
        .unwrap_or(0);
    let indent = column(text, found[first_line].range.start);
    for at in index + 1..found.len() {
        let new_line = found[at - 1].line < found[at].line;
        if new_line && column(text, found[at].range.start) <= indent && begins_statement(text, found, at) {
            return at;
        }
    }
    found.len()
}

fn begins_statement(text: &str, found: &[Token], at: usize) -> bool {
    if found[at].kind != TokenKind::Name {
        return false;
    }
    let word = &text[found[at].range.clone()];
    if [
        "def", "return", "for", "if", "import", "from", "class", "while", "with", "else", "elif", "try",
        "raise", "pass",
    ]
    .contains(&word)
    {
        return true;
    }
    let next = found.get(at + 1).map_or("", |next| &text[next.range.clone()]);
    matches!(next, "=" | "+=" | "-=" | "." | "(")
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// An open quote: every place on its line where it could be closed.
pub(super) fn quotes(text: &str, found: &[Token], offers: &mut Offers) {
    for token in found
        .iter()
        .filter(|token| token.kind == TokenKind::String(false))
        .take(2)
    {
        let body = &text[token.range.clone()];
        let quote = &body[body.find(['"', '\'']).unwrap_or(0)..][..1];
        let line_end = token.range.start
            + text[token.range.start..]
                .find('\n')
                .unwrap_or(text.len() - token.range.start);
        let inside = &text[token.range.start + 1..line_end];
        let ends = inside
            .char_indices()
            .filter(|(at, c)| *at > 0 && matches!(c, ')' | ',' | ']' | '.' | ' '));
        let places = ends.map(|(at, _)| token.range.start + 1 + at).chain([line_end]);
        for at in places {
            let reason = format!("closes the quote in line {}", token.line);
            offer(offers, 20, "unclosed quote", at..at, quote, reason);
        }
        offer(
            offers,
            26,
            "stray quote",
            token.range.start..token.range.start + 1,
            "",
            format!("removes the quote in line {}", token.line),
        );
        // The opening quote may be missing: `box(XY")`.
        let before = &text[..token.range.start];
        if let Some(at) = before.rfind(['(', '[', ',', '=', ' ']) {
            offer(
                offers,
                21,
                "unopened quote",
                at + 1..at + 1,
                quote,
                format!("opens the quote in line {}", token.line),
            );
        }
    }
}
