//! Distinguishes sentences from code, and finds a program between sentences without a fence.

use std::ops::Range;

use super::parses::Parses;
use super::tokens;
use cadforge_python::tokens::{is_keyword, is_soft_keyword};

/// Maximum number of tried stretches of code between sentences.
const STRETCHES: usize = 48;

/// Maximum number of tried ends for a program that begins in one of them.
const ENDS: usize = 6;

/// Whether a word appears beside other words in lines of Python, or begins them.
fn is_python(word: &str) -> bool {
    is_keyword(word) || is_soft_keyword(word)
}

/// Whether a line is a sentence, or other Markdown that cannot be a line of Python.
pub fn is_prose(line: &str) -> bool {
    let line = line.trim();
    if line.is_empty() || line.starts_with('#') || line.contains("\"\"\"") || line.contains("'''") {
        return false;
    }
    if line.starts_with("```") || line.starts_with("~~~") || line.starts_with("//") || is_tag(line) {
        return true;
    }
    if line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '=' | '*' | '_')) {
        return true;
    }
    let code = without_strings(line.split(" #").next().unwrap_or(line));
    if code.contains(['，', '。', '：', '；', '！', '？', '、', '“', '”']) {
        return true;
    }
    if code.starts_with("- **") || code.starts_with("* **") {
        return true;
    }
    if code.contains("**")
        && code.matches("**").count().is_multiple_of(2)
        && (line.starts_with("**") || line.ends_with("**"))
    {
        return true;
    }
    words(&code, 3) || is_short_sentence(&code)
}

/// Whether at least `least` words follow each other, which no line of Python has.
fn words(code: &str, least: usize) -> bool {
    let mut run = 0;
    for word in code.trim_start_matches(['-', '*', '•']).split_whitespace() {
        let plain = word.trim_matches(['.', ',', ':', ';', '!', '?', '`', '*']);
        let is_word = plain.contains(char::is_alphabetic)
            && plain
                .chars()
                .all(|c| c.is_alphabetic() || c == '\'' || c == '’' || c == '-');
        let is_keyword = is_python(plain);
        // `The volume is`: no keyword follows two names.
        if is_keyword && run >= 2 {
            return true;
        }
        if is_word && !is_keyword {
            run += 1;
            if run >= least {
                return true;
            }
            if word.ends_with([',', ':', ';']) && run < 2 {
                run = 0;
            }
        } else {
            run = 0;
        }
    }
    false
}

/// `Sure.`, `Final code:`, `Good luck`, `1. Base`.
fn is_short_sentence(code: &str) -> bool {
    let code = code.trim();
    let numbered = code.trim_start_matches(|c: char| c.is_ascii_digit());
    if numbered.len() < code.len()
        && numbered.starts_with(". ")
        && numbered[2..].starts_with(char::is_alphabetic)
    {
        return true;
    }
    let plain = |c: char| c.is_alphanumeric() || " .,!?:;'’*-_`".contains(c);
    let first = code.split([' ', ':']).next().unwrap_or_default();
    if !code.starts_with(|c: char| c.is_alphabetic() || c == '*')
        || !code.chars().all(plain)
        || is_python(first)
    {
        return false;
    }
    let ends = code.trim_end_matches(['*', '`', ' ']);
    // `result.` is a truncated line of code, `width:` a key.
    let is_sentence = code.contains(' ') || code.trim_start_matches('*').starts_with(char::is_uppercase);
    let is_dotted = code.trim_end_matches('.').contains(['.', '_']);
    ends.ends_with(['!', '?']) || (ends.ends_with(['.', ':']) && is_sentence && !is_dotted) || words(code, 2)
}

/// A line that consists of one markup tag.
fn is_tag(line: &str) -> bool {
    let Some(inner) = line.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) else {
        return false;
    };
    let name = inner.trim_start_matches(['/', '!', '|', '｜']);
    name.starts_with(char::is_alphabetic) && !inner.contains(['<', '>', '('])
}

/// The line without the content of its strings.
fn without_strings(line: &str) -> String {
    let mut kept = String::with_capacity(line.len());
    let mut rest = line.chars();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        // An apostrophe follows a letter; so does the quote of a string with a prefix, but only `f`, `r`, `b` or `u`.
        let opens = match c {
            '"' => true,
            '\'' => !before.is_alphanumeric() || kept.ends_with([' ', '(', ',']),
            _ => false,
        };
        let tail = rest.as_str();
        if opens && let Some(end) = closing(tail, c) {
            kept.push_str("\"\"");
            rest = tail[end..].chars();
            before = '"';
            continue;
        }
        kept.push(c);
        before = c;
    }
    kept
}

/// End of the string after an opening quote, including its closing quote.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// Lines of code without a sentence between them; outer blank lines are left out.
fn stretches(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut open = false;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        if is_prose(line) || (!line.trim().is_empty() && tokens::stripped(line).is_empty()) {
            open = false;
        } else if !line.trim().is_empty() {
            match found.last_mut() {
                Some(last) if open => last.end = at,
                _ => found.push(start..at),
            }
            open = true;
        }
    }
    found
}

/// Code between sentences that parses, in order and without overlap. A program may contain sentences in its strings.
pub(super) fn code(text: &str, parses: &Parses) -> Vec<Range<usize>> {
    let stretches = stretches(text);
    let stretches = &stretches[stretches.len().saturating_sub(STRETCHES)..];
    let mut found = Vec::new();
    let mut first = 0;
    while first < stretches.len() {
        let range = |last: usize| stretches[first].start..stretches[last].end;
        let holds_string = |range: &Range<usize>| {
            let text = &text[range.clone()];
            text.contains("\"\"\"") || text.contains("'''")
        };
        // From the longest on, because a program continues after its strings; then the stretch alone.
        let ends = (first + 1..stretches.len()).rev().take(ENDS).chain([first]);
        let last = ends.into_iter().find(|&last| {
            let range = range(last);
            (last == first || holds_string(&range)) && parses.program(&text[range]).is_some()
        });
        match last {
            Some(last) => {
                found.push(range(last));
                first = last + 1;
            }
            None => {
                let mut after = imports(text, &stretches[first]).into_iter();
                // Code that continues an earlier stretch uses CadQuery only through names from there.
                let goes_on = || {
                    let facts = parses.facts(&text[range(first)])?;
                    (!facts.usage.bound.is_empty() || facts.usage.result).then(|| range(first))
                };
                found.extend(
                    after
                        .find(|range| parses.program(&text[range.clone()]).is_some())
                        .or_else(goes_on),
                );
                first += 1;
            }
        }
    }
    found
}

/// Suffixes of a stretch that begin with an import: a heading may look like code, such as `The part (a box):`. Only
/// text before a blank line, or that does not parse by itself, is removed.
fn imports(text: &str, stretch: &Range<usize>) -> Vec<Range<usize>> {
    const TRIED: usize = 3;
    let mut found = Vec::new();
    let mut at = stretch.start;
    let mut is_droppable = true;
    for line in text[stretch.clone()].split_inclusive('\n') {
        if at > stretch.start && is_droppable && (line.starts_with("import ") || line.starts_with("from ")) {
            found.push(at..stretch.end);
            if found.len() == TRIED {
                break;
            }
        }
        at += line.len();
        is_droppable = line.trim().is_empty() || (is_droppable && !parses_alone(line));
    }
    found
}

fn parses_alone(line: &str) -> bool {
    Parses::new(line.len()).facts(line).is_some()
}

/// From the first line that looks like code to the last one; `None` if no line does.
pub(super) fn from_first_to_last_line_of_code(text: &str) -> Option<&str> {
    let stretches = stretches(text);
    Some(&text[stretches.first()?.start..stretches.last()?.end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_distinguished_from_code() {
        for line in [
            "Here is the repaired code:",
            "The fork now holds the wheel.",
            "```python",
            "// holes for the bolts",
            "Sure.",
            "Sure!",
            "Done!",
            "Hope this helps!",
            "Let me know if it doesn't fit",
            "Final code:",
            "Copy code",
            "**Explanation**",
            "- **Base**: 30 mm (a plate)",
            "1. Base plate",
            "That's it",
            "Explanation:",
            "</answer>",
            "<tool_call>",
            "---",
            "好的，这是代码：",
            "Voici le code corrigé :",
            "Call `show_object(part)` to see the part.",
            "The volume is $60$.",
        ] {
            assert!(is_prose(line), "{line}");
        }
        for line in [
            "",
            "from math import pi",
            "from typing import List, Dict, Tuple",
            "for x in range(3) if x else y:",
            "plate = make_plate()  # the plate of the part",
            "def make_plate(width, height):",
            "# here is a comment of words",
            "if a and b or not c in d:",
            "show_object(part, \"my great old part\")",
            "raise ValueError(f\"bad thing happened here\")",
            "raise ValueError(f'bad thing happened here')",
            "log('it''s here now and then')",
            "\"a string of several words\"",
            "\"\"\"A part with a base and two arms.",
            "It has two arms and a base.\"\"\"",
            "low, high = start - rise * radius, start - rise",
            "    start - rise - height",
            "else:",
            "try:",
            "result",
            "result.",
            "    .box(1, 2, 3)",
            "    **options,",
            "    - b",
            "    * height",
            "    width, height, depth,",
            "pass",
            "return result",
            "del part",
            "x: float = 3",
            "@dataclass",
            "a < b > c",
            "match shape:",
            "case other:",
        ] {
            assert!(!is_prose(line), "{line}");
        }
    }

    #[test]
    fn programs_are_found_between_sentences() {
        let text = "Sure.\n\nimport cadquery as cq\n\nx = cq.Workplane()\n\nThat is all.\nx = (\n";
        let parses = Parses::new(text.len());
        let found: Vec<&str> = code(text, &parses)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(found, ["import cadquery as cq\n\nx = cq.Workplane()\n"]);
        let text =
            "\"\"\"A part.\n\nIt has a hole in it.\n\"\"\"\nimport cadquery as cq\nThis is it, with a hole.";
        let parses = Parses::new(text.len());
        let found: Vec<&str> = code(text, &parses)
            .into_iter()
            .map(|range| &text[range])
            .collect();
        assert_eq!(
            found,
            ["\"\"\"A part.\n\nIt has a hole in it.\n\"\"\"\nimport cadquery as cq\n"]
        );
        for before in ["The part (a box) of 3 x 4:\n", "Volume = 3 * 4 = 12\n\n"] {
            let text = format!("{before}import cadquery as cq\nx = cq.Workplane()\n");
            let found = code(&text, &Parses::new(text.len()));
            assert_eq!(
                found.first().map(|range| &text[range.clone()]),
                Some(&text[before.len()..])
            );
        }
        // A truncated line is not a sentence: it is kept.
        let text = "import cadquery as cq\nx = cq.Workplane()\n\ny = x.box(1,\n";
        assert!(code(text, &Parses::new(text.len())).is_empty());
        assert_eq!(
            from_first_to_last_line_of_code(&format!("Sure, here it is.\n{text}\nHope this helps!")),
            Some(text)
        );
    }
}
