//! Code fences of Markdown as models write them: indented, in lists and quotes, opened within a line, never closed, or
//! with a fence inside a string of the program.

use std::ops::Range;
use std::rc::Rc;

use super::layout::tidy;
use super::parses::{Facts, Parses};
use super::tokens;
use cadforge_python::{line_end, line_start};

/// Maximum number of fences in an answer.
const MARKS: usize = 256;
/// Maximum number of closing fences tried for a block, if the program contains fences.
const TRIED: usize = 12;

/// A fenced block.
#[derive(Clone, Debug)]
pub(super) struct Block {
    /// From its opening to its closing fence.
    pub range: Range<usize>,
    /// Its content without the indentation of its fence.
    pub raw: String,
    /// The same, normalised for Python.
    pub body: String,
    pub language: Language,
    /// Its facts as Python; `None` if it does not parse.
    pub facts: Option<Rc<Facts>>,
}

/// Language that a fence declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Python,
    Unnamed,
    Other,
}

/// A run of three or more backticks, or of tildes at the start of a line.
#[derive(Debug)]
struct Fence {
    range: Range<usize>,
    letter: u8,
    /// Whether only indentation, quote or list marks precede it.
    starts_line: bool,
    language: Language,
    /// Whether only special tokens follow it on its line.
    bare: bool,
    /// Start of the block that it would open.
    body: usize,
}

/// All blocks, in order. If a fence could end a block or belong to a string in it, the interpretation that parses is
/// used.
pub(super) fn blocks(text: &str, parses: &Parses) -> Vec<Block> {
    let marks = marks(text);
    let mut found = Vec::new();
    let mut index = 0;
    while index < marks.len() {
        let open = &marks[index];
        if !(open.starts_line
            || open.bare
            || open.language == Language::Python
            || is_inline(text, &marks, index))
        {
            index += 1;
            continue;
        }
        let (end, next, facts) = close(text, &marks, index, parses);
        let raw = raw(text, open, end);
        found.push(Block {
            range: open.range.start..next.map_or(text.len(), |mark| marks[mark].range.start.max(end)),
            body: tidy(&raw),
            raw,
            language: open.language,
            facts,
        });
        index = match next {
            // A fence that names a language opens a block, even if it also ends one that was never closed.
            Some(mark)
                if marks[mark].starts_line
                    && marks[mark].language == Language::Python
                    && !marks[mark].bare =>
            {
                mark
            }
            Some(mark) => mark + 1,
            None => marks.len(),
        };
    }
    found
}

/// Whether another fence follows on the same line.
fn is_inline(text: &str, marks: &[Fence], index: usize) -> bool {
    let end = line_end(text, marks[index].range.end);
    marks
        .get(index + 1)
        .is_some_and(|next| next.letter == marks[index].letter && next.range.end <= end)
}

/// End of the block, the fence there, and its facts if it parses.
fn close(
    text: &str,
    marks: &[Fence],
    index: usize,
    parses: &Parses,
) -> (usize, Option<usize>, Option<Rc<Facts>>) {
    let open = &marks[index];
    let later = |starts_line: bool| {
        (index + 1..marks.len()).filter(move |&mark| {
            let mark = &marks[mark];
            mark.letter == open.letter && mark.starts_line == starts_line && mark.range.start >= open.body
        })
    };
    let read = |end: usize| {
        let body = tidy(&raw(text, open, end));
        if body.trim().is_empty() {
            None
        } else {
            parses.facts(&body)
        }
    };
    let first = later(true).next();
    let first_end = first.map_or(text.len(), |mark| marks[mark].range.start);
    if let Some(facts) = read(content_end(text, first_end)) {
        return (content_end(text, first_end), first, Some(facts));
    }
    // The block's last line may contain its fence: `.box(1, 2, 3)` and three backticks. The longest match that parses
    // is used, because a comment may contain one too.
    let in_line = |from: usize, to: usize| {
        let marks_there = later(false)
            .filter(|&mark| (from..to).contains(&marks[mark].range.start))
            .take(TRIED);
        marks_there
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .find_map(|mark| {
                let end = marks[mark].range.start;
                Some((end, Some(mark), Some(read(end)?)))
            })
    };
    if let Some(found) = in_line(open.body, first_end) {
        return found;
    }
    // Only a multi-line string can contain a fence at the start of a line.
    let holds_string = |end: usize| {
        ["\"\"\"", "'''"]
            .iter()
            .any(|quotes| text[open.body..end].contains(quotes))
    };
    if first.is_some() && holds_string(first_end.max(open.body)) {
        let ends = later(true).skip(1).take(TRIED).map(Some).chain([None]);
        for mark in ends {
            let end = mark.map_or(text.len(), |mark| marks[mark].range.start);
            if let Some(facts) = read(content_end(text, end)) {
                return (content_end(text, end), mark, Some(facts));
            }
        }
        if let Some(found) = in_line(first_end, text.len()) {
            return found;
        }
    }
    // It does not parse, so Markdown's own rule applies; but a fence that declares Python starts a new block.
    let length = open.range.len();
    let bare = later(true).find(|&mark| marks[mark].bare && marks[mark].range.len() >= length);
    let python = later(true).find(|&mark| marks[mark].language == Language::Python);
    let behind_code = later(false).find(|&mark| marks[mark].bare && marks[mark].range.start < first_end);
    let end = match (bare, python) {
        (Some(bare), Some(python)) => Some(bare.min(python)),
        (bare, python) => bare.or(python),
    };
    let end = behind_code.or(end);
    let at = end.map_or(text.len(), |mark| marks[mark].range.start);
    (
        if behind_code.is_some() {
            at
        } else {
            content_end(text, at)
        },
        end,
        None,
    )
}

/// The start of the closing fence's line: its indentation is not code.
fn content_end(text: &str, end: usize) -> usize {
    if end == text.len() {
        end
    } else {
        line_start(text, end)
    }
}

/// A block's text, from an opening fence to `end`.
fn raw(text: &str, open: &Fence, end: usize) -> String {
    let inner = &text[open.body.min(end)..end];
    let prefix = if open.starts_line {
        &text[line_start(text, open.range.start)..open.range.start]
    } else {
        ""
    };
    let quotes = prefix.matches('>').count();
    let indent = prefix.chars().count();
    let lines = inner.split('\n').enumerate().map(|(number, line)| {
        // The first line may follow the fence on its own line.
        if number == 0 && open.body < text.len() && open.body != line_start(text, open.body) {
            return line;
        }
        let mut line = line;
        for _ in 0..quotes {
            line = line.trim_start().strip_prefix('>').unwrap_or(line);
        }
        if quotes > 0 {
            return line.strip_prefix(' ').unwrap_or(line);
        }
        let blank = line
            .chars()
            .take(indent)
            .take_while(|c| matches!(c, ' ' | '\t'))
            .count();
        &line[blank..]
    });
    let mut raw = tokens::stripped(&lines.collect::<Vec<_>>().join("\n")).to_owned();
    raw.push('\n');
    raw
}

fn marks(text: &str) -> Vec<Fence> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['`', '~']) {
        let start = at + next;
        let letter = bytes[start];
        let length = bytes[start..].iter().take_while(|&&byte| byte == letter).count();
        at = start + length;
        if length < 3 {
            continue;
        }
        let starts_line = is_margin(&text[line_start(text, start)..start]);
        if letter == b'~' && !starts_line {
            continue;
        }
        let end = line_end(text, at);
        let (language, code) = info(&text[at..end]);
        found.push(Fence {
            range: start..at,
            letter,
            starts_line,
            language,
            bare: tokens::stripped(&text[at..end]).is_empty(),
            body: code.map_or((end + 1).min(text.len()), |code| at + code),
        });
        if found.len() == MARKS {
            break;
        }
    }
    found
}

/// Whether a line may open a fence after this text: indentation, quotes, one list mark.
fn is_margin(before: &str) -> bool {
    let rest = before.trim_start_matches([' ', '\t', '>']);
    let rest = rest.trim_end();
    let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    rest.is_empty()
        || matches!(rest, "-" | "*" | "+" | "•")
        || (rest.len() - digits.len() <= 3 && digits.len() < rest.len() && matches!(digits, "." | ")"))
}

/// Parses the text after a fence: the language, and the start of code on the same line.
fn info(line: &str) -> (Language, Option<usize>) {
    let line = line.find("```").map_or(line, |end| &line[..end]);
    let start = line.len() - line.trim_start().len();
    let rest = line.trim();
    if rest.starts_with('{') {
        let language = if rest.contains("py") {
            Language::Python
        } else {
            Language::Other
        };
        return (language, None);
    }
    if is_code(rest) {
        return (Language::Unnamed, Some(start));
    }
    let word = rest.split([' ', '\t', '{', ',', ';']).next().unwrap_or_default();
    let lower = word.trim_start_matches('.').to_ascii_lowercase();
    if lower.starts_with("py") || matches!(lower.as_str(), "cadquery" | "ipython" | "ipython3" | "cq") {
        let behind = rest[word.len()..].trim_start();
        let code = is_code(behind).then(|| start + rest.len() - behind.len());
        return (Language::Python, code);
    }
    let language = if tokens::stripped(word).is_empty() {
        Language::Unnamed
    } else {
        Language::Other
    };
    (language, None)
}

/// Whether the text after a fence is code and not an attribute of the fence (`title="x"`).
fn is_code(line: &str) -> bool {
    const STARTS: [&str; 12] = [
        "import ", "from ", "def ", "class ", "#", "@", "\"\"\"", "'''", "try:", "if ", "for ", "with ",
    ];
    let bound = line.strip_prefix("type ").unwrap_or(line);
    STARTS.iter().any(|start| line.starts_with(start))
        || bound
            .find(" = ")
            .is_some_and(|at| bound[..at].chars().all(|c| c.is_alphanumeric() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bodies(text: &str) -> Vec<String> {
        let parses = Parses::new(text.len());
        blocks(text, &parses)
            .into_iter()
            .map(|block| block.body)
            .collect()
    }

    #[test]
    fn fences_of_every_form_open_and_close() {
        for (text, found) in [
            ("```python\na = 1\n```\n", &["a = 1\n"][..]),
            ("~~~~py\na = 1\n~~~~", &["a = 1\n"]),
            ("Here: ```python\na = 1\n```", &["a = 1\n"]),
            ("Here: ```python import os\na = 1\n```", &["import os\na = 1\n"]),
            ("```python title=\"x.py\"\na = 1\n```", &["a = 1\n"]),
            (
                "Here: ```python type Size = float\na = 1\n```",
                &["type Size = float\na = 1\n"],
            ),
            ("```{.python .numberLines}\na = 1\n```", &["a = 1\n"]),
            (
                "1. First:\n   ```python\n   a = 1\n\n   if a:\n       b = 2\n   ```\n",
                &["a = 1\n\nif a:\n    b = 2\n"],
            ),
            ("- ```python\n  a = 1\n  ```", &["a = 1\n"]),
            ("> ```python\n> a = 1\n>\n> b = 2\n> ```", &["a = 1\n\nb = 2\n"]),
            ("```python\na = 1```\nDone.", &["a = 1\n"]),
            ("```python\na = 1", &["a = 1\n"]),
            ("```python\na = 1\n```<|im_end|>", &["a = 1\n"]),
            ("```\na = 1\n\n```python\nb = 2\n```", &["a = 1\n", "b = 2\n"]),
            (
                "```python\nOops (\n```python\nb = 2\n```",
                &["Oops (\n", "b = 2\n"],
            ),
            (
                "````markdown\n```python\nb = 2\n```\n````",
                &["```python\nb = 2\n```\n", "b = 2\n"],
            ),
            (
                "```python\ns = '''\n```\nx\n```\n'''\n```\nok",
                &["s = '''\n```\nx\n```\n'''\n"],
            ),
            (
                "```python\ns = 1 # ``` no\nb = 2\n```",
                &["s = 1 # ``` no\nb = 2\n"],
            ),
            ("Use ```a = 1``` here", &["a = 1\n"]),
            ("no fence `at` all", &[]),
        ] {
            let got = bodies(text);
            // A block that contains another one is not code: its own text is irrelevant.
            let got: Vec<_> = got.iter().filter(|body| !body.is_empty()).collect();
            if text.starts_with("````") {
                assert_eq!(got.last().copied(), Some(&found[1].to_owned()), "{text}");
            } else {
                assert_eq!(got, found, "{text}");
            }
        }
    }
}
