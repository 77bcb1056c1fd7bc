//! Special tokens and role headers of chat templates that remain in decoded text.

use std::ops::Range;

/// Tokens with a form other than `<|name|>` or `<｜name｜>`.
const PLAIN: [&str; 24] = [
    "</s>",
    "<s>",
    "<pad>",
    "[PAD]",
    "<unk>",
    "<bos>",
    "<eos>",
    "[BOS]",
    "[EOS]",
    "<start_of_turn>",
    "<end_of_turn>",
    "<|turn>",
    "<turn|>",
    "[/INST]",
    "[INST]",
    "<EOT>",
    "<eot>",
    "<eoa>",
    "<eom>",
    "<sop>",
    "<eop>",
    "[gMASK]",
    "<|begin_of_box|>",
    "<|end_of_box|>",
];

/// Plain tokens that end a turn.
const PLAIN_ENDS: [&str; 9] = [
    "</s>",
    "<eos>",
    "[EOS]",
    "<end_of_turn>",
    "<turn|>",
    "<EOT>",
    "<eot>",
    "<eoa>",
    "<eom>",
];

/// Names in `<|…|>` that end a turn, in lower case.
const ENDS: [&str; 15] = [
    "im_end",
    "endoftext",
    "end_of_text",
    "eot_id",
    "eom_id",
    "eot",
    "eom",
    "end",
    "return",
    "eos",
    "end_of_turn_token",
    "end_of_turn",
    "endofturn",
    "end▁of▁sentence",
    "end_of_sentence",
];

/// Names of the model's role.
const ROLES: [&str; 4] = ["assistant", "model", "ai", "bot"];

/// Headers of the model's turn in templates without special tokens.
const TEXT_HEADERS: [&str; 8] = [
    "### Response:",
    "### Assistant:",
    "<assistant>",
    "ASSISTANT:",
    "Assistant:",
    "[ASSISTANT]",
    "[|assistant|]",
    "<role>ASSISTANT</role>",
];

/// A special token and its position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token {
    pub range: Range<usize>,
    /// Whether it ends a turn.
    pub ends: bool,
}

/// Length of the special token at the start of a text, and whether it ends a turn.
fn token_at(text: &str) -> Option<(usize, bool)> {
    if !text.starts_with(['<', '[']) {
        return None;
    }
    for (open, close) in [("<|", "|>"), ("<｜", "｜>")] {
        if let Some(rest) = text.strip_prefix(open) {
            let name_end = rest
                .find(|c: char| !c.is_alphanumeric() && !"_-.▁/:".contains(c))
                .unwrap_or(rest.len());
            if name_end > 0 && name_end <= 48 && rest[name_end..].starts_with(close) {
                let name = rest[..name_end].to_lowercase();
                return Some((open.len() + name_end + close.len(), ENDS.contains(&name.as_str())));
            }
        }
    }
    let token = PLAIN.iter().find(|token| text.starts_with(**token))?;
    Some((token.len(), PLAIN_ENDS.contains(token)))
}

/// All special tokens, in order.
pub(super) fn all(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['<', '[']) {
        let start = at + next;
        at = start + 1;
        if let Some((length, ends)) = token_at(&text[start..]) {
            at = start + length;
            found.push(Token {
                range: start..at,
                ends,
            });
        }
    }
    found
}

/// The text without tokens, role headers and blank lines at its ends. The first line keeps its indentation.
pub(super) fn stripped(text: &str) -> &str {
    let mut text = text;
    loop {
        let before = text.len();
        text = without_blank_lines(text).trim_start_matches(['\u{feff}', '\u{200b}', '\u{2060}']);
        let start = text.trim_start();
        if let Some((length, _)) = token_at(start) {
            text = without_role(&start[length..]);
        }
        for header in ["Assistant:", "ASSISTANT:"] {
            text = text.strip_prefix(header).unwrap_or(text);
        }
        let end = text.trim_end();
        if let Some(length) = token_before(end) {
            text = &end[..end.len() - length];
        }
        if text.len() == before {
            return text;
        }
    }
}

/// The text after a role's name that follows a token: `<|im_start|>assistant`.
fn without_role(text: &str) -> &str {
    let Some(role) = ROLES.iter().find(|role| text.starts_with(**role)) else {
        return text;
    };
    let rest = &text[role.len()..];
    if rest.is_empty() || rest.starts_with(['\n', '\r']) || token_at(rest).is_some() {
        rest
    } else {
        text
    }
}

/// Length of the special token at the end of a text.
fn token_before(text: &str) -> Option<usize> {
    if !text.ends_with(['>', ']']) {
        return None;
    }
    let from = (0..text.len())
        .rev()
        .take(64)
        .filter(|&at| text.is_char_boundary(at));
    from.filter(|&at| text[at..].starts_with(['<', '[']))
        .find_map(|at| {
            let (length, _) = token_at(&text[at..])?;
            (at + length == text.len()).then_some(length)
        })
}

fn without_blank_lines(text: &str) -> &str {
    let mut text = text.trim_end();
    while let Some(end) = text.find('\n') {
        if !text[..end].trim().is_empty() {
            break;
        }
        text = &text[end + 1..];
    }
    text
}

/// Start of the model's last turn; `None` if there is no known header.
pub(super) fn after_last_header(text: &str) -> Option<usize> {
    let tokens = all(text);
    let mut found = None;
    for (index, token) in tokens.iter().enumerate() {
        let name = text[token.range.clone()].to_lowercase();
        let rest = &text[token.range.end..];
        if !token.ends && without_role(rest).len() < rest.len() {
            let mut end = token.range.end + rest.len() - without_role(rest).len();
            // `<|start_header_id|>assistant<|end_header_id|>`: the header has its own end token.
            if let Some(next) = tokens.get(index + 1)
                && next.range.start == end
                && ["header", "role", "middle"]
                    .iter()
                    .any(|word| text[next.range.clone()].to_lowercase().contains(word))
            {
                end = next.range.end;
            }
            found = Some(end);
        } else if name == "[/inst]" || name.contains("assistant") || name.contains("chatbot") {
            found = Some(token.range.end);
        }
    }
    let in_text = TEXT_HEADERS.iter().filter_map(|header| {
        let (at, _) = text
            .rmatch_indices(header)
            .find(|&(at, _)| at == 0 || text[..at].ends_with(|c: char| c.is_whitespace() || c == '>'))?;
        Some(at + header.len())
    });
    found.or_else(|| in_text.max())
}

/// The characters compared when searching a prompt, each with the following byte offset: no special tokens, no white
/// space.
pub(super) fn letters(text: &str) -> Vec<(char, usize)> {
    let mut found = Vec::with_capacity(text.len());
    let mut from = 0;
    let mut take = |range: Range<usize>| {
        let (start, piece) = (range.start, &text[range]);
        found.extend(
            piece
                .char_indices()
                .filter(|(_, c)| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}' | '▁' | '�'))
                .map(|(at, c)| (c, start + at + c.len_utf8())),
        );
    };
    for token in all(text) {
        take(from..token.range.start);
        from = token.range.end;
    }
    take(from..text.len());
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_of_the_common_families_are_stripped() {
        for (text, left) in [
            ("x = 1<|im_end|>", "x = 1"),
            ("x = 1\n<|endoftext|><|endoftext|>\n", "x = 1"),
            ("x = 1</s>", "x = 1"),
            ("<s> x = 1</s>", " x = 1"),
            (
                "<|begin_of_text|><|start_header_id|>assistant<|end_header_id|>\n\nx = 1<|eot_id|>",
                "x = 1",
            ),
            ("<start_of_turn>model\nx = 1<end_of_turn>\n<eos>", "x = 1"),
            (
                "<｜begin▁of▁sentence｜><｜Assistant｜>x = 1<｜end▁of▁sentence｜>",
                "x = 1",
            ),
            ("[/INST] x = 1[EOS]", " x = 1"),
            ("<pad><pad><bos>x = 1<|finetune_right_pad_id|>[PAD]", "x = 1"),
            ("<|im_start|>assistant\n\n    x = 1\n", "    x = 1"),
            ("<|start|>assistant<|channel|>", ""),
            ("Assistant: x = 1", " x = 1"),
            ("a = b[i]", "a = b[i]"),
            ("a = b<|c", "a = b<|c"),
            ("<|im_start|>models = 1", "models = 1"),
        ] {
            assert_eq!(stripped(text), left, "{text}");
        }
    }

    #[test]
    fn the_last_turn_of_the_model_is_found() {
        for (before, answer) in [
            ("<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant", "\nx"),
            (
                "<|start_header_id|>user<|end_header_id|>\n\nhi<|eot_id|><|start_header_id|>assistant<|end_header_id|>",
                "\n\nx",
            ),
            (
                "<bos><start_of_turn>user\nhi<end_of_turn>\n<start_of_turn>model",
                "\nx",
            ),
            ("<s>[INST] hi [/INST]", " x"),
            ("<｜User｜>hi<｜Assistant｜>", "x"),
            ("### Instruction:\nhi\n\n### Response:", "\nx"),
            ("USER: hi\nASSISTANT:", " x"),
            ("USER: hi ASSISTANT:", " x"),
            (
                "<|im_user|>user<|im_middle|>hi<|im_end|><|im_assistant|>assistant<|im_middle|>",
                "x",
            ),
            ("<|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>", "x"),
            ("<s>assistant", "\nx"),
            ("<|start_of_role|>assistant<|end_of_role|>", "x"),
        ] {
            let text = format!("{before}{answer}");
            assert_eq!(
                after_last_header(&text).map(|at| &text[at..]),
                Some(answer),
                "{text}"
            );
        }
        assert_eq!(after_last_header("an assistant\nmodel: <|im_end|>"), None);
    }
}
