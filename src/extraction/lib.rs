//! Extracts the program from a model's answer.
//!
//! `docs/extraction.md` states the rules. If an answer has several interpretations, the one whose program parses as
//! Python and uses CadQuery is used, so that a delimiter inside a string or comment of the program ends nothing. Pure:
//! runs nothing, and the work is bounded by the length of the answer.
//!
//! ```
//! let answer = "Here is the part:\n\n```python\nimport cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n```\nDone.";
//! assert_eq!(
//!     cadforge_extraction::program(answer).trim_end(),
//!     "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)"
//! );
//! ```

mod choice;
mod fences;
mod layout;
mod parses;
mod prompt;
mod prose;
mod reasoning;
mod tokens;
mod wrappers;

use std::borrow::Cow;
use std::ops::Range;

use cadforge_python::Usage;
use choice::Piece;
use fences::{Block, Language};
use layout::{tidy, without_prompts};
use parses::{Facts, Parses};

pub use prompt::answer;
pub use prose::is_prose;

/// Maximum nesting of wrappers, such as a fence in JSON in a tool call.
const DEPTH: usize = 4;

/// The program of a model's answer. If none parses, the text that is most likely a program is returned, so that the
/// error of running it helps its author; empty if the answer is only reasoning.
pub fn program(answer: &str) -> String {
    let answer = normal(answer);
    let parses = Parses::new(answer.len());
    find(&answer, &parses, DEPTH).unwrap_or_else(|guess| guess)
}

/// A text that is declared to be code: unchanged, unless it is an answer around a program.
///
/// It is an answer if it does not parse and contains a program that does, or begins with a fence.
pub fn code(text: &str) -> Cow<'_, str> {
    if !looks_wrapped(text) {
        return Cow::Borrowed(text);
    }
    match wrapped(text) {
        Some(program) => Cow::Owned(program),
        None => Cow::Borrowed(text),
    }
}

/// The program of a text that is an answer around one; `None` for plain code.
pub fn wrapped(text: &str) -> Option<String> {
    let answer = normal(text);
    let parses = Parses::new(answer.len());
    let start = answer.trim_start();
    // JSON parses as Python too.
    let is_literal =
        start.starts_with(['{', '[']) || (start.starts_with('"') && !start.starts_with("\"\"\""));
    let is_code =
        |facts: &Facts| facts.core.len() == answer.len() && (facts.usage.is_program() || !is_literal);
    if parses.facts(&answer).is_some_and(|facts| is_code(&facts)) {
        return None;
    }
    if let Some(program) = without_prompts(&answer).filter(|code| parses.program(code).is_some()) {
        // A transcript that is a program as a whole keeps its first blank lines too: messages name lines of the given text.
        return Some(program);
    }
    match find(&answer, &parses, DEPTH) {
        Ok(program) => Some(program),
        Err(guess) => (start.starts_with("```") || start.starts_with("~~~"))
            .then_some(guess)
            .filter(|guess| !guess.is_empty()),
    }
}

/// Whether a text can be an answer around code; cheaper than parsing, as most code is not and rows are read by the
/// million.
fn looks_wrapped(text: &str) -> bool {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let ends = [lines.next(), lines.next_back()];
    ["```", "~~~", "</", "<|", "<｜", "think"]
        .iter()
        .any(|mark| text.contains(mark))
        || ends.into_iter().flatten().any(|line| {
            is_prose(line)
                || line.starts_with([' ', '\t', '{', '[', '<', '"', '>'])
                || line.trim_end().ends_with(['>', ']'])
                || line.trim().chars().all(char::is_alphabetic)
        })
}

/// The text without invisible characters at the start of its lines, and with line breaks as Python reads them.
fn normal(text: &str) -> Cow<'_, str> {
    const UNSEEN: [char; 3] = ['\u{feff}', '\u{200b}', '\u{2060}'];
    const NO_BREAK: char = '\u{a0}';
    if !text.contains(UNSEEN) && !text.contains([NO_BREAK, '\r']) {
        return Cow::Borrowed(text);
    }
    let lines = text.split('\n').map(|line| {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let code = line.trim_start_matches(|c| c == NO_BREAK || c == ' ' || c == '\t' || UNSEEN.contains(&c));
        let margin = line[..line.len() - code.len()]
            .replace(UNSEEN, "")
            .replace(NO_BREAK, " ");
        format!("{margin}{code}")
    });
    Cow::Owned(lines.collect::<Vec<_>>().join("\n"))
}

/// The program in a text, or what is most likely one.
fn find(text: &str, parses: &Parses, depth: usize) -> Result<String, String> {
    if let Some(program) = as_it_is(text, parses) {
        return Ok(program);
    }
    let bare = tokens::stripped(text);
    if let Some(program) = direct(bare, parses) {
        return Ok(program);
    }
    // Before more expensive steps: most answers are a program after reasoning, and a long answer leaves little of the
    // work limit.
    let behind = |code: &[Range<usize>]| {
        let ends = reasoning::ends(text, code).into_iter();
        ends.map(|end| tokens::stripped(&text[end..]))
            .find_map(|rest| direct(rest, parses))
    };
    if reasoning::begins(text)
        && let Some(program) = behind(&[])
    {
        return Ok(program);
    }
    // Special tokens at the start select the channel.
    let code = islands(text, parses);
    if let Some(program) = behind(&code) {
        return Ok(program);
    }
    let answer = reasoning::without(text, &code);
    let answer = tokens::stripped(first_turn(&answer, parses));
    if answer.len() < bare.len()
        && let Some(program) = direct(answer, parses)
    {
        return Ok(program);
    }
    let blocks = fences::blocks(answer, parses);
    let in_json = |text: &str, code: &[Range<usize>]| {
        let texts = if depth == 0 {
            Vec::new()
        } else {
            wrappers::texts(text, code)
        };
        texts
            .into_iter()
            .rev()
            .find_map(|text| find(&normal(&text), parses, depth - 1).ok())
    };
    if answer.starts_with(['{', '[', '"'])
        && let Some(program) = in_json(answer, &[])
    {
        return Ok(program);
    }
    let code = programs_of(&blocks);
    let pieces = pieces(answer, &blocks, &code, parses, &|text| in_json(text, &[]));
    if let Some(program) = choice::whole(&pieces, parses) {
        return Ok(program);
    }
    if let Some(program) = in_json(answer, &code) {
        return Ok(program);
    }
    let unfenced = prose::code(answer, parses)
        .into_iter()
        .filter_map(|range| {
            let text = tidy(tokens::stripped(&answer[range.clone()]));
            let facts = parses.facts(&text)?;
            let raw = format!("{}\n", tokens::stripped(&answer[range.clone()]));
            Some(Piece {
                range,
                text,
                raw: Some(raw),
                facts: Some(facts),
                language: Language::Unnamed,
                in_answer: false,
            })
        })
        .collect::<Vec<_>>();
    choice::whole(&unfenced, parses)
        .or_else(|| choice::any(&pieces))
        .or_else(|| choice::any(&unfenced))
        .or_else(|| direct(&with_line_breaks(answer)?, parses))
        .ok_or_else(|| guess(answer, &pieces))
}

/// A text that is a program only. A template's `[EOS]` after it parses too, as an index with an unbound name.
fn as_it_is(text: &str, parses: &Parses) -> Option<String> {
    const TOKENS: [&str; 5] = ["EOS", "PAD", "BOS", "UNK", "INST"];
    let tidied = tidy(text);
    let facts = parses.program(&tidied)?;
    if TOKENS.iter().any(|token| facts.usage.free.contains(*token)) {
        return None;
    }
    Some(tidy(&tidied[facts.core.clone()]))
}

/// A text that is a program except for its layout.
fn direct(text: &str, parses: &Parses) -> Option<String> {
    let tidied = tidy(text);
    let tidied = without_prompts(&tidied).map_or(tidied, |code| tidy(&code));
    let facts = parses.program(&tidied)?;
    Some(tidy(&tidied[facts.core.clone()]))
}

/// A text of one line whose line breaks are escaped, as after JSON in JSON.
fn with_line_breaks(text: &str) -> Option<String> {
    let is_escaped = text.contains("\\n") && !text.contains('\n');
    is_escaped.then(|| {
        text.replace("\\n", "\n")
            .replace("\\t", "\t")
            .replace("\\\"", "\"")
    })
}

/// Positions of code in a text, found before anything is removed: delimiters inside code are ignored.
fn islands(text: &str, parses: &Parses) -> Vec<Range<usize>> {
    let mut islands = programs_of(&fences::blocks(text, parses));
    let unfenced = prose::code(text, parses).into_iter();
    islands.extend(unfenced.filter(|range| parses.program(&text[range.clone()]).is_some()));
    islands
}

fn programs_of(blocks: &[Block]) -> Vec<Range<usize>> {
    let programs = blocks
        .iter()
        .filter(|block| block.facts.as_ref().is_some_and(|facts| facts.usage.is_program()));
    programs.map(|block| block.range.clone()).collect()
}

/// The text before the first token that ends a turn: later text is not part of the answer.
fn first_turn<'t>(text: &'t str, parses: &Parses) -> &'t str {
    const TRIED: usize = 6;
    let islands = islands(text, parses);
    let ends: Vec<usize> = tokens::all(text)
        .into_iter()
        .filter(|token| token.ends && !reasoning::is_inside(token.range.start, &islands))
        .map(|token| token.range.start)
        .filter(|&end| !tokens::stripped(&text[..end]).is_empty())
        .collect();
    // The longest interpretation that is a program: one of its comments may contain a token.
    let program = ends
        .iter()
        .rev()
        .take(TRIED)
        .find(|&&end| direct(tokens::stripped(&text[..end]), parses).is_some());
    program.or(ends.first()).map_or(text, |&end| &text[..end])
}

/// Candidates for the program: fenced blocks, and tags with no other content.
fn pieces(
    text: &str,
    blocks: &[Block],
    code: &[Range<usize>],
    parses: &Parses,
    in_json: &dyn Fn(&str) -> Option<String>,
) -> Vec<Piece> {
    let tags = wrappers::tags(text, code);
    let mut pieces: Vec<Piece> = Vec::new();
    for tag in &tags {
        let program = tag
            .ends
            .iter()
            .find_map(|&end| Some((end, direct(tokens::stripped(&text[tag.inner..end]), parses)?)));
        if let Some((end, program)) = program {
            // Tags and fences inside it belong to the program.
            if !pieces
                .iter()
                .any(|piece| piece.facts.is_some() && piece.range.contains(&tag.range.start))
            {
                let facts = parses.program(&program);
                pieces.push(Piece {
                    range: tag.range.start..end,
                    text: program,
                    raw: None,
                    facts,
                    language: Language::Python,
                    in_answer: tag.is_answer,
                });
            }
        } else if (tag.is_answer || tag.is_code)
            && !blocks.iter().any(|block| tag.range.contains(&block.range.start))
        {
            let inner = &text[tag.inner..tag.ends.last().copied().unwrap_or(text.len())];
            pieces.push(Piece {
                range: tag.range.clone(),
                text: tidy(tokens::stripped(inner)),
                raw: None,
                facts: None,
                language: Language::Unnamed,
                in_answer: tag.is_answer,
            });
        }
    }
    for block in blocks {
        if pieces
            .iter()
            .any(|piece| piece.facts.is_some() && piece.range.contains(&block.range.start))
        {
            continue;
        }
        let in_answer = tags
            .iter()
            .any(|tag| tag.is_answer && tag.range.contains(&block.range.start));
        let mut piece = Piece {
            range: block.range.clone(),
            text: block.body.clone(),
            raw: Some(block.raw.clone()),
            facts: block.facts.clone(),
            language: block.language,
            in_answer,
        };
        match &block.facts {
            Some(facts) if facts.usage.is_program() => piece.text = tidy(&block.body[facts.core.clone()]),
            // JSON parses as Python too.
            _ => {
                let code = without_prompts(&block.body).map(|code| tidy(&code));
                let program = code.or_else(|| {
                    block
                        .body
                        .starts_with(['{', '[', '"'])
                        .then(|| in_json(&block.body))?
                });
                if let Some(program) = program {
                    piece.facts = parses.facts(&program);
                    piece.text = program;
                }
            }
        }
        pieces.push(piece);
    }
    pieces.sort_by_key(|piece| piece.range.start);
    pieces
}

/// The text that is most likely the program, in an answer without one that parses.
fn guess(answer: &str, pieces: &[Piece]) -> String {
    if let Some(text) = choice::broken(pieces) {
        return text;
    }
    let texts = wrappers::texts(answer, &[]);
    let text = texts.iter().rev().find(|text| Usage::is_possible(text));
    let text = text.map_or(answer, String::as_str);
    tidy(prose::from_first_to_last_line_of_code(text).unwrap_or(text))
}

#[cfg(test)]
mod tests;
