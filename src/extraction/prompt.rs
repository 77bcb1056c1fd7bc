//! Finds the start of the answer in a text of prompt and answer, decoded with a template's special tokens.

use super::tokens::{after_last_header, letters};

/// Minimum number of letters of a prompt's end, if its beginning was cut off to fit the model's context.
const LEAST: usize = 24;

/// The text after the prompt in a query; `None` if the prompt is not found. Without a prompt the answer starts after
/// the last header of the model's turn; without a known header the whole query is the answer.
///
/// The prompt may be preceded by padding or a template's header, may differ in white space and special tokens, or lack
/// its beginning.
pub fn answer<'q>(query: &'q str, prompt: &str) -> Option<&'q str> {
    let wanted = letters(prompt);
    if wanted.is_empty() {
        return Some(after_last_header(query).map_or(query, |at| &query[at..]));
    }
    if let Some(at) = query.find(prompt) {
        return Some(&query[at + prompt.len()..]);
    }
    let held = letters(query);
    let pattern: Vec<char> = wanted.iter().map(|(c, _)| *c).collect();
    let text: Vec<char> = held.iter().map(|(c, _)| *c).collect();
    let end = match first_end(&text, &pattern) {
        Some(end) => end,
        // A prompt that is too long loses its beginning, so that the query starts inside it.
        None => Some(overlap(&pattern, &text)).filter(|&length| length >= LEAST)?,
    };
    Some(&query[held[end - 1].1..])
}

/// For each prefix of the pattern, the length of its longest proper border (Knuth, Morris and Pratt).
fn borders(pattern: &[char]) -> Vec<usize> {
    let mut borders = vec![0; pattern.len()];
    let mut length = 0;
    for at in 1..pattern.len() {
        while length > 0 && pattern[at] != pattern[length] {
            length = borders[length - 1];
        }
        length += usize::from(pattern[at] == pattern[length]);
        borders[at] = length;
    }
    borders
}

/// End of the first occurrence of a pattern.
fn first_end(text: &[char], pattern: &[char]) -> Option<usize> {
    let borders = borders(pattern);
    let mut length = 0;
    for (at, &c) in text.iter().enumerate() {
        while length > 0 && c != pattern[length] {
            length = borders[length - 1];
        }
        length += usize::from(c == pattern[length]);
        if length == pattern.len() {
            return Some(at + 1);
        }
    }
    None
}

/// Length of the longest suffix of `prompt` that is a prefix of `text`.
fn overlap(prompt: &[char], text: &[char]) -> usize {
    let pattern = &text[..text.len().min(prompt.len())];
    let borders = borders(pattern);
    let mut length = 0;
    for &c in prompt {
        if length == pattern.len() {
            length = borders.last().copied().unwrap_or(0);
        }
        while length > 0 && pattern.get(length) != Some(&c) {
            length = borders[length - 1];
        }
        length += usize::from(pattern.get(length) == Some(&c));
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_answer_follows_the_prompt() {
        let prompt = "<|im_start|>user\nRepair:\nimport cadquery as cq\n<|im_end|>\n<|im_start|>assistant\n";
        for (query, prompt, found) in [
            (
                format!("{prompt}x = 1<|im_end|>"),
                prompt,
                Some("x = 1<|im_end|>"),
            ),
            (format!("<|endoftext|><|endoftext|>{prompt}x"), prompt, Some("x")),
            (
                "user\nRepair:\nimport cadquery as cq\n\nassistant\nx".to_owned(),
                prompt,
                Some("\nx"),
            ),
            (
                "<s> [INST] Make a box . [/INST] x</s>".to_owned(),
                "Make a box.",
                Some(" [/INST] x</s>"),
            ),
            (
                "<bos><start_of_turn>user\nMake a box.<end_of_turn>\n<start_of_turn>model\nx".to_owned(),
                "Make a box.",
                Some("<end_of_turn>\n<start_of_turn>model\nx"),
            ),
            // The model's context cut off the beginning.
            (
                "import cadquery as cq\n<|im_end|>\n<|im_start|>assistant\nx".to_owned(),
                prompt,
                Some("\nx"),
            ),
            ("cq\n<|im_end|>\nx".to_owned(), prompt, None),
            ("x".to_owned(), prompt, None),
            (String::new(), prompt, None),
            (
                "<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nx".to_owned(),
                "",
                Some("\nx"),
            ),
            ("x".to_owned(), "", Some("x")),
            ("x".to_owned(), "<s>\n", Some("x")),
        ] {
            assert_eq!(answer(&query, prompt), found, "{query:?} {prompt:?}");
        }
    }

    proptest! {
        #[test]
        fn a_prompt_is_found_behind_any_padding(prompt in "[a-c ]{1,12}x", before in "(<pad>|<s>| |\n){0,8}", after in ".*") {
            let query = format!("{before}{prompt}{after}");
            prop_assert_eq!(answer(&query, &prompt), Some(after.as_str()));
        }

        #[test]
        fn the_search_agrees_with_the_standard_library(text in "[ab]{0,20}", pattern in "[ab]{1,4}") {
            let chars = |text: &str| text.chars().collect::<Vec<_>>();
            prop_assert_eq!(first_end(&chars(&text), &chars(&pattern)), text.find(&pattern).map(|at| at + pattern.len()));
            let longest = (0..=text.len().min(pattern.len())).rev().find(|&length| pattern.ends_with(&text[..length]));
            prop_assert_eq!(overlap(&chars(&pattern), &chars(&text)), longest.unwrap());
        }

        #[test]
        fn nothing_panics(query in ".*", prompt in ".*") {
            let _ = answer(&query, &prompt);
        }
    }
}
