//! Code that does not parse: closes brackets and quotes, removes stray tokens, completes truncated code. All places
//! for a bracket, quote, comma or colon are tried on the syntax tree, at a millisecond each; those that parse are
//! ranked by plausibility.

use super::context::RuleContext;
use super::edit::{Edit, Offers, offer};
use super::plausible::implausibility;
use super::{brackets, fixture, indentation, names};
use cadforge_core::failure::Kind;
use cadforge_python::tokens::{Token, TokenKind, closer, code_tokens, unbalanced};
use cadforge_python::{Module, line_range};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::SyntaxClosure {
        return;
    }
    let text = context.source.text;
    let found = code_tokens(text);
    let line = context.line.unwrap_or(1);
    let mut offers = Vec::new();
    characters(text, &mut offers);
    brackets::brackets(text, &found, &mut offers);
    brackets::quotes(text, &found, &mut offers);
    colons(text, line, &mut offers);
    between(text, &found, line, &mut offers);
    indentation::indentation(text, line, context.message, &mut offers);
    comments(text, line, &mut offers);
    let known = context.source.errors().max(1);
    for (rank, edit) in offers {
        let Some(code) = edit.apply(text) else { continue };
        let after = Module::new(&code);
        let errors = after.errors();
        if errors >= known && errors > 0 {
            continue;
        }
        let first = edit
            .changes
            .iter()
            .map(|(range, _)| range.start)
            .min()
            .unwrap_or(0);
        let last = edit.changes.iter().map(|(range, _)| range.end).max().unwrap_or(0);
        let lines =
            after.line_of(first.min(code.len())).min(line)..=after.line_of(last.min(code.len())).max(line);
        let odd = implausibility(&after, lines, context.api);
        let more = if errors > 0 { 300 } else { 0 };
        edits.push(Edit {
            rank: rank + odd * 10 + more,
            // One mistake in several places: the parser stops at the first.
            needed: edit.changes.len() > 1,
            ..edit
        });
    }
    cut(context, &found, edits);
}

/// Typographic characters, comments of other languages, operators that Python lacks.
fn characters(text: &str, offers: &mut Offers) {
    const PLAIN: [(&str, &str); 17] = [
        ("“", "\""),
        ("”", "\""),
        ("„", "\""),
        ("‘", "'"),
        ("’", "'"),
        ("−", "-"),
        ("–", "-"),
        ("—", "-"),
        ("×", "*"),
        ("÷", "/"),
        ("\u{a0}", " "),
        ("\u{200b}", ""),
        ("\u{feff}", ""),
        ("，", ","),
        ("（", "("),
        ("）", ")"),
        ("…", "..."),
    ];
    let mut edit = Edit::new("characters", 10, 0..0, "", "replaces typographic characters");
    for (from, to) in PLAIN {
        for (at, _) in text.match_indices(from) {
            edit = edit.and(at..at + from.len(), to);
        }
    }
    if edit.changes.len() > 1 {
        edit.changes.remove(0);
        offers.push((10, edit));
    }
    let mut edit = Edit::new("operators", 12, 0..0, "", "replaces operators of other languages");
    for (from, to) in [
        ("&&", "and"),
        ("||", "or"),
        ("else if ", "elif "),
        ("++", "+= 1"),
        (" = = ", " = "),
        ("=>", "="),
    ] {
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
            offer(
                offers,
                14,
                "comment",
                at..at + 2,
                "#",
                "a comment begins with `#` in Python",
            );
        }
    }
    // Last resort: the line at which the parser stops becomes a comment.
    let range = line_range(text, line);
    let indent = text[range.clone()].len() - text[range.clone()].trim_start().len();
    if !range.is_empty() {
        let at = range.start + indent;
        offer(
            offers,
            160,
            "drop line",
            at..at,
            "# ",
            format!("comments out line {line}, which does not parse"),
        );
    }
}

fn colons(text: &str, line: usize, offers: &mut Offers) {
    for line in [line, line.saturating_sub(1)] {
        let range = line_range(text, line);
        let last = code_tokens(&text[range.clone()]).pop();
        let code = &text[range.start..range.start + last.map_or(0, |last| last.range.end)];
        let word = code
            .trim_start()
            .split(|c: char| !c.is_alphanumeric())
            .next()
            .unwrap_or_default();
        let opens = [
            "def", "if", "for", "while", "else", "elif", "class", "try", "except", "with",
        ];
        if opens.contains(&word) && !code.ends_with(':') {
            let end = range.start + code.len();
            let last = end - code.chars().next_back().map_or(0, char::len_utf8);
            if code.ends_with([';', ',', '.', '{']) {
                offer(
                    offers,
                    17,
                    "colon",
                    last..end,
                    ":",
                    format!("ends the `{word}` in line {line} with a colon"),
                );
            }
            offer(
                offers,
                18,
                "colon",
                end..end,
                ":",
                format!("ends the `{word}` in line {line} with a colon"),
            );
            offer(
                offers,
                19,
                "colon",
                end..end,
                "):",
                format!("closes the `{word}` in line {line}"),
            );
        }
    }
}

/// Missing commas and operators between neighbours, and stray tokens.
fn between(text: &str, found: &[Token], line: usize, offers: &mut Offers) {
    let near = |token: &Token| token.line + 2 >= line && token.line <= line + 1;
    let ends = |token: &Token| {
        matches!(
            token.kind,
            TokenKind::Name | TokenKind::Number | TokenKind::String(_) | TokenKind::Close(_)
        )
    };
    let starts = |token: &Token| {
        matches!(
            token.kind,
            TokenKind::Name | TokenKind::Number | TokenKind::String(_) | TokenKind::Open(_)
        )
    };
    for pair in found.windows(2).filter(|pair| near(&pair[0]) || near(&pair[1])) {
        let (left, right) = (&pair[0], &pair[1]);
        let at = left.range.end;
        if ends(left) && starts(right) {
            let adjacent = matches!(right.kind, TokenKind::Open(_)) && left.kind == TokenKind::Name;
            if !adjacent {
                offer(
                    offers,
                    30,
                    "comma",
                    at..at,
                    ",",
                    format!("adds the missing comma in line {}", left.line),
                );
                if left.line == right.line {
                    offer(
                        offers,
                        40,
                        "operator",
                        at..at,
                        " *",
                        format!("adds the missing operator in line {}", left.line),
                    );
                    offer(
                        offers,
                        36,
                        "dot",
                        at..right.range.start,
                        ".",
                        format!("adds the missing dot in line {}", left.line),
                    );
                    offer(
                        offers,
                        38,
                        "equals",
                        at..at,
                        " =",
                        format!("adds the missing `=` in line {}", left.line),
                    );
                }
            }
        }
        let (a, b) = (&text[left.range.clone()], &text[right.range.clone()]);
        if left.kind == TokenKind::Operator && right.kind == TokenKind::Operator && a == b && a != "-" {
            offer(
                offers,
                28,
                "doubled",
                right.range.clone(),
                "",
                format!("`{a}` is repeated in line {}", right.line),
            );
        }
    }
    for token in found
        .iter()
        .filter(|token| token.line == line || token.line + 1 == line)
    {
        let what = &text[token.range.clone()];
        if token.kind == TokenKind::Operator {
            offer(
                offers,
                60,
                "stray token",
                token.range.clone(),
                "",
                format!("removes a `{what}` in line {}", token.line),
            );
            if what == "=" {
                offer(
                    offers,
                    44,
                    "equals",
                    token.range.clone(),
                    "==",
                    "compares with `==`",
                );
            }
        }
    }
    for (index, token) in found.iter().enumerate().filter(|(_, token)| near(token)) {
        // A misspelt `def` or other keyword.
        let word = &text[token.range.clone()];
        let first = index == 0 || found[index - 1].line < token.line;
        if token.kind == TokenKind::Name && first {
            for keyword in ["def", "return", "import", "from", "for", "while"] {
                if word != keyword
                    && (word.eq_ignore_ascii_case(keyword) || names::differs_in_one_letter(word, keyword))
                {
                    offer(
                        offers,
                        24,
                        "keyword",
                        token.range.clone(),
                        keyword,
                        format!("`{word}` should be `{keyword}`"),
                    );
                }
            }
            if ["function", "func", "fn", "fun"].contains(&word) {
                offer(
                    offers,
                    24,
                    "keyword",
                    token.range.clone(),
                    "def",
                    format!("`{word}` is `def` in Python"),
                );
            }
            if ["let", "var", "const", "float", "double", "int", "new"].contains(&word) {
                let next = found
                    .get(index + 1)
                    .map_or(token.range.end, |next| next.range.start);
                offer(
                    offers,
                    25,
                    "keyword",
                    token.range.start..next,
                    "",
                    format!("Python has no `{word}` before a name"),
                );
            }
        }
    }
}

/// The end of a truncated file: removes the incomplete statement, closes brackets, and binds `fixture` if it was
/// lost.
fn cut(context: &RuleContext<'_>, found: &[Token], edits: &mut Vec<Edit>) {
    let text = context.source.text;
    let mut offered = 0;
    for keep in (0..=found.len()).rev().take(60) {
        let end = keep.checked_sub(1).map_or(0, |last| found[last].range.end);
        let mut code = text[..end].to_owned();
        let (open, stray) = unbalanced(&found[..keep]);
        if !stray.is_empty() {
            continue;
        }
        for index in open.into_iter().rev() {
            if let TokenKind::Open(open) = found[index].kind {
                code.push(char::from(closer(open)));
            }
        }
        code.push('\n');
        let after = Module::new(&code);
        let line = found.get(keep.saturating_sub(1)).map_or(1, |token| token.line);
        if after.errors() > 0 {
            continue;
        }
        // A truncated name is undefined.
        let last = keep.checked_sub(1).map(|last| &text[found[last].range.clone()]);
        let broken = last.is_some_and(|last| {
            keep == found.len()
                && found[keep - 1].kind == TokenKind::Name
                && found[..keep - 1]
                    .iter()
                    .all(|token| text[token.range.clone()] != *last)
        });
        let odd = implausibility(&after, line..=line + 1, context.api) + 4 * u32::from(broken);
        // A selection alone is not a part.
        let selects = [".faces()", ".edges()", ".vertices()", ".workplane()"];
        let odd = odd + 2 * u32::from(selects.iter().any(|call| code.trim_end().ends_with(call)));
        // Nor is a method that is not called.
        let dangling = keep >= 2
            && found[keep - 1].kind == TokenKind::Name
            && text[found[keep - 2].range.clone()] == *".";
        let odd = odd + 4 * u32::from(dangling);
        let cut_lines = found.last().map_or(0, |last| last.line) - line;
        let whole = fixture::bound(&code).unwrap_or(code);
        let reason = "removes the incomplete end, closes brackets and binds `fixture`";
        // The removed text is lost: closing in place comes first, unless the file really ends there.
        let rank = 46 + odd * 6 + (found.len() - keep) as u32 + 4 * cut_lines as u32;
        edits.push(Edit::new("cut", rank, 0..text.len(), whole, reason).needed());
        offered += 1;
        if offered == 4 {
            break;
        }
    }
}
