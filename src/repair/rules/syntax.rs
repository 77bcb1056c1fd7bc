//! Code that does not parse: closes what is open, takes away what is too much, cuts what broke off.
//!
//! All places where a bracket, quote, comma or colon could stand are tried on the syntax tree, which costs a
//! millisecond each; what parses is ranked by how much sense it makes.

use std::ops::Range;

use super::plausible::oddness;
use super::source::{Source, line_range};
use super::tokens::{Lexeme, Token, closer, tokens, unbalanced};
use super::{Edit, Situation, fixture, names};
use crate::failure::Kind;

pub(super) fn rule(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    if situation.kind != Kind::SyntaxClosure {
        return;
    }
    let text = situation.source.text;
    let found = tokens(text);
    let line = situation.line.unwrap_or(1);
    let mut offers = Vec::new();
    characters(text, &mut offers);
    brackets(text, &found, &mut offers);
    quotes(text, &found, &mut offers);
    colons(text, line, &mut offers);
    between(text, &found, line, &mut offers);
    indentation(text, line, situation.message, &mut offers);
    comments(text, line, &mut offers);
    let known = situation.source.errors().max(1);
    for (rank, edit) in offers {
        let Some(code) = edit.apply(text) else { continue };
        let after = Source::new(&code);
        let errors = after.errors();
        if errors >= known && errors > 0 {
            continue;
        }
        let first = edit.changes.iter().map(|(range, _)| range.start).min().unwrap_or(0);
        let last = edit.changes.iter().map(|(range, _)| range.end).max().unwrap_or(0);
        let lines = after.line_of(first.min(code.len())).min(line)..=after.line_of(last.min(code.len())).max(line);
        let odd = oddness(&after, lines, situation.api);
        let more = if errors > 0 { 300 } else { 0 };
        edits.push(Edit { rank: rank + odd * 10 + more, ..edit });
    }
    cut(situation, &found, edits);
}

type Offers = Vec<(u32, Edit)>;

fn offer(offers: &mut Offers, rank: u32, rule: &'static str, range: Range<usize>, text: &str, reason: impl Into<String>) {
    offers.push((rank, Edit::new(rule, rank, range, text, reason)));
}

/// Typographic characters, comments of other languages, operators that Python lacks.
fn characters(text: &str, offers: &mut Offers) {
    const PLAIN: [(&str, &str); 17] = [
        ("“", "\""), ("”", "\""), ("„", "\""), ("‘", "'"), ("’", "'"), ("−", "-"), ("–", "-"), ("—", "-"), ("×", "*"), ("÷", "/"), ("\u{a0}", " "),
        ("\u{200b}", ""), ("\u{feff}", ""), ("，", ","), ("（", "("), ("）", ")"), ("…", "..."),
    ];
    let mut edit = Edit::new("characters", 10, 0..0, "", "writes typographic characters as Python knows them");
    for (from, to) in PLAIN {
        for (at, _) in text.match_indices(from) {
            edit = edit.and(at..at + from.len(), to);
        }
    }
    if edit.changes.len() > 1 {
        edit.changes.remove(0);
        offers.push((10, edit));
    }
    let mut edit = Edit::new("operators", 12, 0..0, "", "writes operators of other languages as Python knows them");
    for (from, to) in [("&&", "and"), ("||", "or"), ("else if ", "elif "), ("++", "+= 1"), (" = = ", " = "), ("=>", "=")] {
        for (at, _) in text.match_indices(from) {
            edit = edit.and(at..at + from.len(), to);
        }
    }
    for at in (0..text.len()).filter(|&at| text.as_bytes()[at] == b';' && text[at + 1..].starts_with('\n')) {
        edit = edit.and(at..at + 1, "");
    }
    if edit.changes.len() > 1 {
        edit.changes.remove(0);
        offers.push((12, edit));
    }
}

fn comments(text: &str, line: usize, offers: &mut Offers) {
    for (at, _) in text.match_indices("//") {
        let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
        if text[start..at].trim().is_empty() {
            offer(offers, 14, "comment", at..at + 2, "#", "a comment begins with `#` in Python");
        }
    }
    // The roughest way out: the line that the parser stops at becomes a comment.
    let range = line_range(text, line);
    let indent = text[range.clone()].len() - text[range.clone()].trim_start().len();
    if !range.is_empty() {
        let at = range.start + indent;
        offer(offers, 160, "drop line", at..at, "# ", format!("comments out line {line}, which does not parse"));
    }
}

/// Closers that are missing, stray or of the wrong kind.
fn brackets(text: &str, found: &[Token], offers: &mut Offers) {
    let (open, stray) = unbalanced(found);
    for &index in stray.iter().take(3) {
        let token = &found[index];
        open_before(text, found, index, offers);
        let what = &text[token.range.clone()];
        let reason = format!("takes away the `{what}` in line {} that closes nothing", token.line);
        offer(offers, 20, "stray bracket", token.range.clone(), "", reason);
        // Any other closer of the same kind before it on the line may be the one too many.
        for earlier in found[..index].iter().rev().take_while(|earlier| earlier.line + 1 >= token.line).take(12) {
            if earlier.lexeme == token.lexeme {
                offer(offers, 24, "stray bracket", earlier.range.clone(), "", format!("takes away one `{what}` in line {}", earlier.line));
            }
        }
        for right in [")", "]", "}"] {
            if right != what {
                let reason = format!("closes the bracket in line {} by its own kind", token.line);
                offer(offers, 21, "wrong bracket", token.range.clone(), right, reason);
            }
        }
    }
    // A stray closer of another kind may hide that its opener was never closed: close that one first.
    for index in open.iter().rev().take(2).copied() {
        close(text, found, index, offers);
    }
    if open.len() == 2 {
        close_both(text, found, &open, offers);
    }
}

/// Every place where the opener of a stray closer could stand: behind a name, which makes a call, or before a value.
fn open_before(text: &str, found: &[Token], index: usize, offers: &mut Offers) {
    let Lexeme::Close(close) = found[index].lexeme else { return };
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
        if token.lexeme == Lexeme::Name {
            let end = token.range.end;
            let reason = format!("opens the bracket that line {line} closes");
            offer(offers, rank, "unopened bracket", end..end, open, reason);
        }
        if !matches!(token.lexeme, Lexeme::Close(_)) {
            let start = token.range.start;
            offer(offers, rank + 1, "unopened bracket", start..start, open, format!("opens the bracket that line {line} closes"));
        }
        if new_line && begins_statement(text, found, at) {
            break;
        }
    }
}

/// Every place where the closer of an open bracket could stand.
fn close(text: &str, found: &[Token], index: usize, offers: &mut Offers) {
    let Lexeme::Open(open) = found[index].lexeme else { return };
    let closes = char::from(closer(open)).to_string();
    let end = statement_end(text, found, index);
    let line = found[index].line;
    for (place, token) in found.iter().enumerate().take(end).skip(index) {
        let at = token.range.end;
        let next_line = found.get(place + 1).map_or(usize::MAX, |next| next.line);
        // The end of a line is the likeliest place, before a dot or a comma the next.
        let next = found.get(place + 1).map_or("", |next| &text[next.range.clone()]);
        let lure = u32::from(next_line == token.line) + u32::from(next_line == token.line && !matches!(next, "." | "," | ")" | "]"));
        let reason = format!("closes the `{}` of line {line}", char::from(open));
        offer(offers, 20 + lure, "unclosed bracket", at..at, &closes, reason);
    }
}

/// Both of two brackets, at the end of the statement of the inner one.
fn close_both(text: &str, found: &[Token], open: &[usize], offers: &mut Offers) {
    let closers: String = open
        .iter()
        .rev()
        .filter_map(|&index| match found[index].lexeme {
            Lexeme::Open(open) => Some(char::from(closer(open))),
            _ => None,
        })
        .collect();
    let end = statement_end(text, found, open[1]);
    if let Some(token) = end.checked_sub(1).and_then(|last| found.get(last)) {
        let at = token.range.end;
        offer(offers, 30, "unclosed bracket", at..at, &closers, "closes both open brackets at the end of the statement");
    }
}

/// The token after the statement that an open bracket stands in: the first on a new line, no deeper than the statement,
/// that begins like a statement.
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
    if found[at].lexeme != Lexeme::Name {
        return false;
    }
    let word = &text[found[at].range.clone()];
    if ["def", "return", "for", "if", "import", "from", "class", "while", "with", "else", "elif", "try", "raise", "pass"].contains(&word) {
        return true;
    }
    let next = found.get(at + 1).map_or("", |next| &text[next.range.clone()]);
    matches!(next, "=" | "+=" | "-=" | "." | "(")
}

fn column(text: &str, at: usize) -> usize {
    at - text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// A quote that never closes: every place on its line where it could.
fn quotes(text: &str, found: &[Token], offers: &mut Offers) {
    for token in found.iter().filter(|token| token.lexeme == Lexeme::Text(false)).take(2) {
        let body = &text[token.range.clone()];
        let quote = &body[body.find(['"', '\'']).unwrap_or(0)..][..1];
        let line_end = token.range.start + text[token.range.start..].find('\n').unwrap_or(text.len() - token.range.start);
        let inside = &text[token.range.start + 1..line_end];
        let ends = inside.char_indices().filter(|(at, c)| *at > 0 && matches!(c, ')' | ',' | ']' | '.' | ' '));
        let places = ends.map(|(at, _)| token.range.start + 1 + at).chain([line_end]);
        for at in places {
            let reason = format!("closes the quote in line {}", token.line);
            offer(offers, 20, "unclosed quote", at..at, quote, reason);
        }
        offer(offers, 26, "stray quote", token.range.start..token.range.start + 1, "", format!("takes away the quote in line {}", token.line));
        // The opening quote may be what is missing: `box(XY")`.
        let before = &text[..token.range.start];
        if let Some(at) = before.rfind(['(', '[', ',', '=', ' ']) {
            offer(offers, 21, "unopened quote", at + 1..at + 1, quote, format!("opens the quote in line {}", token.line));
        }
    }
}

fn colons(text: &str, line: usize, offers: &mut Offers) {
    for line in [line, line.saturating_sub(1)] {
        let range = line_range(text, line);
        let code = text[range.clone()].split('#').next().unwrap_or_default().trim_end();
        let word = code.trim_start().split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
        let opens = ["def", "if", "for", "while", "else", "elif", "class", "try", "except", "with"];
        if opens.contains(&word) && !code.ends_with(':') {
            let end = range.start + code.len();
            let last = end - code.chars().next_back().map_or(0, char::len_utf8);
            if code.ends_with([';', ',', '.', '{']) {
                offer(offers, 17, "colon", last..end, ":", format!("ends the `{word}` in line {line} with a colon"));
            }
            offer(offers, 18, "colon", end..end, ":", format!("ends the `{word}` in line {line} with a colon"));
            offer(offers, 19, "colon", end..end, "):", format!("closes the `{word}` in line {line}"));
        }
    }
}

/// Commas and operators between neighbours that have none, and tokens that are too much.
fn between(text: &str, found: &[Token], line: usize, offers: &mut Offers) {
    let near = |token: &Token| token.line + 2 >= line && token.line <= line + 1;
    let ends = |token: &Token| matches!(token.lexeme, Lexeme::Name | Lexeme::Number | Lexeme::Text(_) | Lexeme::Close(_));
    let starts = |token: &Token| matches!(token.lexeme, Lexeme::Name | Lexeme::Number | Lexeme::Text(_) | Lexeme::Open(_));
    for pair in found.windows(2).filter(|pair| near(&pair[0]) || near(&pair[1])) {
        let (left, right) = (&pair[0], &pair[1]);
        let at = left.range.end;
        if ends(left) && starts(right) {
            let adjacent = matches!(right.lexeme, Lexeme::Open(_)) && left.lexeme == Lexeme::Name;
            if !adjacent {
                offer(offers, 30, "comma", at..at, ",", format!("puts the comma that is missing in line {}", left.line));
                if left.line == right.line {
                    offer(offers, 40, "operator", at..at, " *", format!("puts the operator that is missing in line {}", left.line));
                    offer(offers, 36, "dot", at..right.range.start, ".", format!("puts the dot that is missing in line {}", left.line));
                    offer(offers, 38, "equals", at..at, " =", format!("puts the `=` that is missing in line {}", left.line));
                }
            }
        }
        let (a, b) = (&text[left.range.clone()], &text[right.range.clone()]);
        if left.lexeme == Lexeme::Other && right.lexeme == Lexeme::Other && a == b && a != "-" {
            offer(offers, 28, "doubled", right.range.clone(), "", format!("`{a}` stands twice in line {}", right.line));
        }
    }
    for token in found.iter().filter(|token| token.line == line || token.line + 1 == line) {
        let what = &text[token.range.clone()];
        if token.lexeme == Lexeme::Other {
            offer(offers, 60, "stray token", token.range.clone(), "", format!("takes away a `{what}` in line {}", token.line));
            if what == "=" {
                offer(offers, 44, "equals", token.range.clone(), "==", "compares with `==`");
            }
        }
    }
    for (index, token) in found.iter().enumerate().filter(|(_, token)| near(token)) {
        // `def` and the like with a slip of the pen.
        let word = &text[token.range.clone()];
        let first = index == 0 || found[index - 1].line < token.line;
        if token.lexeme == Lexeme::Name && first {
            for keyword in ["def", "return", "import", "from", "for", "while"] {
                if word != keyword && (word.eq_ignore_ascii_case(keyword) || names::is_slip(word, keyword)) {
                    offer(offers, 24, "keyword", token.range.clone(), keyword, format!("`{word}` should be `{keyword}`"));
                }
            }
            if ["function", "func", "fn", "fun"].contains(&word) {
                offer(offers, 24, "keyword", token.range.clone(), "def", format!("`{word}` is `def` in Python"));
            }
            if ["let", "var", "const", "float", "double", "int", "new"].contains(&word) {
                let next = found.get(index + 1).map_or(token.range.end, |next| next.range.start);
                offer(offers, 25, "keyword", token.range.start..next, "", format!("Python has no `{word}` before a name"));
            }
        }
    }
}

fn indentation(text: &str, line: usize, message: &str, offers: &mut Offers) {
    if text.contains('\t') {
        let mut edit = Edit::new("tabs", 15, 0..0, "", "indents with blanks throughout");
        for (at, _) in text.match_indices('\t') {
            edit = edit.and(at..at + 1, "    ");
        }
        edit.changes.remove(0);
        offers.push((15, edit));
    }
    let lines: Vec<&str> = text.lines().collect();
    let indent = |line: usize| lines.get(line.wrapping_sub(1)).map_or(0, |text| text.len() - text.trim_start().len());
    let before = (1..line).rev().find(|&line| !lines[line - 1].trim().is_empty());
    let start = line_range(text, line).start;
    let own = indent(line);
    let mut levels: Vec<usize> = (1..line).filter(|&line| !lines[line - 1].trim().is_empty()).map(indent).collect();
    levels.sort_unstable();
    levels.dedup();
    let opened = before.is_some_and(|before| lines[before - 1].trim_end().ends_with(':'));
    let mut wanted: Vec<usize> = Vec::new();
    if let Some(before) = before {
        wanted.push(if opened { indent(before) + 4 } else { indent(before) });
    }
    levels.sort_by_key(|level| level.abs_diff(own));
    wanted.extend(levels);
    // A line that slipped to the left makes the next one look too deep.
    if let Some(before) = before.filter(|&before| message.contains("unexpected indent") && indent(before) < own) {
        let above = (1..before).rev().find(|&line| !lines[line - 1].trim().is_empty());
        if above.is_some_and(|above| indent(above) == own || (lines[above - 1].trim_end().ends_with(':') && indent(above) < own)) {
            let at = line_range(text, before).start;
            let blanks = " ".repeat(own);
            offer(offers, 14, "indentation", at..at + indent(before), &blanks, format!("indents line {before} like what is around it"));
        }
    }
    if message.contains("ndent") || message.contains("outside function") {
        for (order, &level) in wanted.iter().enumerate().filter(|(_, level)| **level != own).take(4) {
            let blanks = " ".repeat(level);
            let reason = format!("indents line {line} like what is around it");
            let rank = 16 + order as u32;
            offer(offers, rank, "indentation", start..start + own, &blanks, reason.clone());
            // The same for all that follows at least as deep: a whole block slipped.
            let mut edit = Edit::new("indentation", rank + 1, start..start + own, blanks, reason);
            let mut next = line + 1;
            while next <= lines.len() && (lines[next - 1].trim().is_empty() || indent(next) >= own.max(1)) {
                if !lines[next - 1].trim().is_empty() {
                    let at = line_range(text, next).start;
                    let moved = (indent(next) + level).saturating_sub(own);
                    edit = edit.and(at..at + indent(next), " ".repeat(moved));
                }
                next += 1;
            }
            if edit.changes.len() > 1 {
                offers.push((rank + 1, edit));
            }
        }
        // A body that is not indented at all: all lines to the next blank line or definition.
        if opened && own == before.map_or(0, indent) {
            let mut edit = Edit::new("indentation", 16, start..start, "    ", format!("indents the block that begins in line {line}"));
            let mut next = line + 1;
            while next <= lines.len() && !lines[next - 1].trim().is_empty() && !lines[next - 1].starts_with("def ") {
                let at = line_range(text, next).start;
                edit = edit.and(at..at, "    ");
                next += 1;
            }
            offers.push((15, edit));
        }
        if let Some(before) = before.filter(|_| opened) {
            let at = line_range(text, before).end;
            let body = format!("\n{}pass", " ".repeat(indent(before) + 4));
            offer(offers, 40, "empty block", at..at, &body, "gives the empty block a body");
        }
    }
}

/// The end of a file that broke off: cut back to what is whole, brackets closed, and `fixture` bound if it was lost.
fn cut(situation: &Situation<'_>, found: &[Token], edits: &mut Vec<Edit>) {
    let text = situation.source.text;
    let mut offered = 0;
    for keep in (0..=found.len()).rev().take(60) {
        let end = keep.checked_sub(1).map_or(0, |last| found[last].range.end);
        let mut code = text[..end].to_owned();
        let (open, stray) = unbalanced(&found[..keep]);
        if !stray.is_empty() {
            continue;
        }
        for index in open.into_iter().rev() {
            if let Lexeme::Open(open) = found[index].lexeme {
                code.push(char::from(closer(open)));
            }
        }
        code.push('\n');
        let after = Source::new(&code);
        let line = found.get(keep.saturating_sub(1)).map_or(1, |token| token.line);
        if after.errors() > 0 {
            continue;
        }
        // A name that broke off is known to nobody.
        let last = keep.checked_sub(1).map(|last| &text[found[last].range.clone()]);
        let broken = last.is_some_and(|last| {
            keep == found.len() && found[keep - 1].lexeme == Lexeme::Name && found[..keep - 1].iter().all(|token| text[token.range.clone()] != *last)
        });
        let odd = oddness(&after, line..=line + 1, situation.api) + 4 * u32::from(broken);
        let cut_lines = found.last().map_or(0, |last| last.line) - line;
        let whole = fixture::bound(&code).unwrap_or(code);
        let reason = "cuts what broke off at the end, closes what was open and binds `fixture`";
        // What is cut away is lost: closing in place goes first, unless the file really ends there.
        let rank = 46 + odd * 6 + (found.len() - keep) as u32 + 4 * cut_lines as u32;
        edits.push(Edit::new("cut", rank, 0..text.len(), whole, reason));
        offered += 1;
        if offered == 4 {
            break;
        }
    }
}
