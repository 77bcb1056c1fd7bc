//! Strips a model's reasoning from its answer.

use std::ops::Range;

/// Delimiters of reasoning, in lower case.
const PAIRS: [(&str, &str); 16] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<thoughts>", "</thoughts>"),
    ("<reasoning>", "</reasoning>"),
    ("<reflection>", "</reflection>"),
    ("<scratchpad>", "</scratchpad>"),
    ("<analysis>", "</analysis>"),
    ("<plan>", "</plan>"),
    ("<seed:think>", "</seed:think>"),
    ("◁think▷", "◁/think▷"),
    ("[think]", "[/think]"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|start_thinking|>", "<|end_thinking|>"),
    ("<unused94>", "<unused95>"),
    ("<|channel>thought", "<channel|>"),
];

/// Whether tags of that name contain reasoning.
pub(super) fn is_reasoning(name: &str) -> bool {
    PAIRS.iter().any(|(open, _)| {
        open.strip_prefix('<')
            .and_then(|open| open.strip_suffix('>'))
            .is_some_and(|open| open.eq_ignore_ascii_case(name))
    })
}

/// The answer without reasoning. Delimiters inside `code` are ignored.
///
/// If a template opens the reasoning in the prompt, the answer contains only its end: the text before it is removed. If
/// reasoning never ends, the rest is removed.
pub(super) fn without(text: &str, code: &[Range<usize>]) -> String {
    if let Some(answer) = harmony(text, code) {
        return answer;
    }
    let marks = marks(text, code);
    if marks.is_empty() {
        return text.to_owned();
    }
    let mut kept = String::new();
    let (mut from, mut open) = (0, None);
    for Delimiter { range, pair, closes } in marks {
        match (open, closes) {
            (None, false) => {
                kept.push_str(&text[from..range.start]);
                open = Some(pair);
            }
            (None, true) => {
                kept.clear();
                from = range.end;
            }
            (Some(opened), true) if opened == pair => {
                // Code before and after must not run into one line.
                kept.push('\n');
                from = range.end;
                open = None;
            }
            (Some(_), _) => {}
        }
    }
    if open.is_none() {
        kept.push_str(&text[from..]);
    }
    kept
}

/// Whether a text begins with reasoning.
pub(super) fn begins(text: &str) -> bool {
    let start = text.trim_start();
    PAIRS.iter().any(|(open, _)| {
        start
            .get(..open.len())
            .is_some_and(|held| held.eq_ignore_ascii_case(open))
    })
}

/// Positions at which reasoning may end, in order; only the first few.
pub(super) fn ends(text: &str, code: &[Range<usize>]) -> Vec<usize> {
    const TRIED: usize = 6;
    let closing = marks(text, code).into_iter().filter(|mark| mark.closes);
    closing.map(|mark| mark.range.end).take(TRIED).collect()
}

/// A delimiter of reasoning.
struct Delimiter {
    range: Range<usize>,
    /// Index of its pair.
    pair: usize,
    closes: bool,
}

fn marks(text: &str, code: &[Range<usize>]) -> Vec<Delimiter> {
    let lower = text.to_ascii_lowercase();
    let mut marks = Vec::new();
    for (pair, (open, close)) in PAIRS.iter().enumerate() {
        for (mark, closes) in [(open, false), (close, true)] {
            let found = lower.match_indices(mark).map(|(at, _)| at..at + mark.len());
            let outside = found.filter(|range| !is_inside(range.start, code));
            marks.extend(outside.map(|range| Delimiter { range, pair, closes }));
        }
    }
    marks.sort_by_key(|mark| mark.range.start);
    marks
}

/// The final channel of an answer in gpt-oss's format; `None` for other formats.
fn harmony(text: &str, code: &[Range<usize>]) -> Option<String> {
    // Without special tokens the channels' names run into the text.
    if text.trim_start().starts_with("analysis")
        && let Some((at, mark)) = text
            .rmatch_indices("assistantfinal")
            .find(|(at, _)| !is_inside(*at, code))
    {
        return Some(text[at + mark.len()..].to_owned());
    }
    const CHANNEL: &str = "<|channel|>";
    const MESSAGE: &str = "<|message|>";
    let (mut answer, mut other, mut any) = (None, String::new(), false);
    for (at, _) in text
        .match_indices(CHANNEL)
        .filter(|(at, _)| !is_inside(*at, code))
    {
        let rest = &text[at + CHANNEL.len()..];
        any = true;
        let Some(header) = rest.find(MESSAGE).filter(|&end| end <= 200) else {
            continue;
        };
        let start = at + CHANNEL.len() + header + MESSAGE.len();
        let ends = ["<|end|>", "<|return|>", "<|call|>", "<|start|>", CHANNEL];
        let end = ends
            .iter()
            .filter_map(|end| {
                let found = text[start..].match_indices(end).map(|(at, _)| start + at);
                found.into_iter().find(|at| !is_inside(*at, code))
            })
            .min()
            .unwrap_or(text.len());
        let body = &text[start..end];
        let name = rest[..header].trim_start();
        if name.starts_with("final") {
            answer = Some(body.to_owned());
        } else if !name.starts_with("analysis") {
            other.push_str(body);
            other.push('\n');
        }
    }
    any.then(|| answer.unwrap_or(other))
}

pub(super) fn is_inside(at: usize, ranges: &[Range<usize>]) -> bool {
    ranges.iter().any(|range| range.contains(&at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasoning_is_stripped_and_the_rest_kept() {
        for (text, left) in [
            ("<think>a</think>b", "\nb"),
            ("a</think>b", "b"),
            ("a<think>b", "a"),
            ("<think>a", ""),
            ("a<think>b</think>c<THINKING>d</thinking>e", "a\nc\ne"),
            ("◁think▷a◁/think▷b", "\nb"),
            ("<think>a<think>b</think>c", "\nc"),
            ("<reasoning>a</think>b</reasoning>c", "\nc"),
            ("a", "a"),
            (
                "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
                "b",
            ),
            (
                "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>commentary to=python<|message|>b<|call|>",
                "b\n",
            ),
            ("<|channel|>analysis<|message|>a", ""),
            ("analysisWe need a box.assistantfinalb", "b"),
        ] {
            assert_eq!(without(text, &[]), left, "{text}");
        }
        assert_eq!(
            without("<think>a</think># </think>\nb", std::slice::from_ref(&(16..30))),
            "\n# </think>\nb"
        );
    }
}
