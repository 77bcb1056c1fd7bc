//! Extracts code from a model's answer: reasoning, fences, prose.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_core::failure::Kind;
use cadforge_extraction::{self as extraction, is_prose};
use cadforge_python::tokens::{TokenKind, code_tokens};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let text = context.source.text;
    if context.kind != Kind::SyntaxClosure {
        return;
    }
    let code = extraction::program(text);
    // For a sentence between statements the rule below is better: it keeps the sentence as a comment.
    let is_whole = text.contains(code.trim()) || ["```", "~~~", "</"].iter().any(|mark| text.contains(mark));
    if code.trim() != text.trim() && !code.trim().is_empty() && is_whole {
        let whole = 0..text.len();
        let reason = "extracts the code from the text around it";
        edits.push(Edit::new("fences", 5, whole, code, reason).needed());
    }
    prose(context, edits);
}

/// Turns sentences between statements into comments, and removes those before and after the code.
fn prose(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let lines = source.text.lines().count();
    let strings = code_tokens(source.text).into_iter().filter_map(|token| {
        let breaks = token.text(source.text).matches('\n').count();
        (matches!(token.kind, TokenKind::String(_)) && breaks > 0).then(|| token.line..=token.line + breaks)
    });
    let strings: Vec<_> = strings.collect();
    let inside_text = |line: usize| strings.iter().any(|lines| lines.contains(&line));
    let prose: Vec<usize> = (1..=lines)
        .filter(|&line| is_prose(&source.text[source.line(line)]) && !inside_text(line))
        .collect();
    if prose.is_empty() {
        return;
    }
    let mut edit = Edit::new(
        "prose",
        8,
        0..0,
        "",
        "turns sentences between statements into comments",
    );
    for line in prose {
        let start = source.line(line).start;
        edit = edit.and(start..start, "# ");
    }
    edits.push(edit.needed());
}
