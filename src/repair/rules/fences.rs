//! Takes code out of what a model wrapped around it: thoughts, fences, prose.

use super::tokens::{Lexeme, tokens};
use super::{Edit, Situation};
use crate::failure::Kind;
use crate::repair::answer;

pub(super) fn rule(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let text = situation.source.text;
    if situation.kind != Kind::SyntaxClosure {
        return;
    }
    let code = answer::code(text);
    if code.trim() != text.trim() && !code.trim().is_empty() {
        let whole = 0..text.len();
        let reason = "takes the code out of the text around it";
        edits.push(Edit::new("fences", 5, whole, code, reason).needed());
    }
    prose(situation, edits);
}

/// Sentences between statements become comments; those before and behind the code go.
fn prose(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let lines = source.text.lines().count();
    let inside_text = |line: usize| {
        tokens(source.text).iter().any(|token| {
            let ends = token.line + source.text[token.range.clone()].matches('\n').count();
            matches!(token.lexeme, Lexeme::Text(_))
                && ends > token.line
                && (token.line..=ends).contains(&line)
        })
    };
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
        "turns sentences between the code into comments",
    );
    for line in prose {
        let start = source.line(line).start;
        edit = edit.and(start..start, "# ");
    }
    edits.push(edit.needed());
}

/// Several words in a row with nothing between them, which no line of Python has.
pub(super) fn is_prose(line: &str) -> bool {
    const KEYWORDS: [&str; 22] = [
        "import", "from", "as", "def", "return", "for", "in", "if", "else", "elif", "not", "and", "or", "is",
        "lambda", "while", "with", "class", "assert", "raise", "global", "yield",
    ];
    let line = line.trim();
    if line.starts_with('#')
        || line.contains(" = ")
        || line.contains("('")
        || line.contains("(\"")
        || line.starts_with(['"', '\'', ')', '.'])
    {
        return false;
    }
    if line.starts_with("```") || line.starts_with("---") || line.starts_with("//") {
        return true;
    }
    let code = line.split(" #").next().unwrap_or(line);
    let mut run = 0;
    for word in code.trim_start_matches(['-', '*', '•']).split_whitespace() {
        let plain = word.trim_matches(['.', ',', ':', ';', '!', '?', '`', '\'', '"', '*']);
        let is_word = !plain.is_empty() && plain.chars().all(|c| c.is_alphabetic() || c == '\'' || c == '-');
        if is_word && !KEYWORDS.contains(&plain) {
            run += 1;
            if run >= 3 {
                return true;
            }
            if word.ends_with([',', ':']) && plain.len() + 1 == word.len() && run < 2 {
                run = 0;
            }
        } else {
            run = 0;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_told_from_code() {
        for line in [
            "Here is the repaired code:",
            "The fork now holds the wheel.",
            "```python",
            "// holes for the bolts",
        ] {
            assert!(is_prose(line), "{line}");
        }
        for line in [
            "from math import pi",
            "for x in range(3) if x else y:",
            "plate = make_plate()  # the plate of the part",
            "def make_plate(width, height):",
            "# here is a comment of words",
            "if a and b or not c in d:",
        ] {
            assert!(!is_prose(line), "{line}");
        }
    }
}
