//! Tags and JSON around a program.

use std::ops::Range;

use serde_json::Value;

use super::reasoning::{is_inside, is_reasoning};

/// Maximum number of tags in an answer.
const TAGS: usize = 64;
/// Maximum number of JSON values in an answer, and of texts in a value.
const VALUES: usize = 8;
const TEXTS: usize = 64;

/// Tags whose content is the answer, whatever surrounds them.
const ANSWERS: [&str; 9] = [
    "answer",
    "final_answer",
    "final-answer",
    "finalanswer",
    "final",
    "solution",
    "response",
    "output",
    "result",
];
/// Tags whose content is code.
const CODES: [&str; 9] = [
    "code",
    "python",
    "program",
    "cadquery",
    "script",
    "source",
    "parameter",
    "execute",
    "pre",
];
/// Names in square brackets.
const BRACKETS: [&str; 6] = ["PYTHON", "CODE", "ANSWER", "SOLUTION", "PROGRAM", "RESPONSE"];

/// Keys whose value is code, the most certain first.
const KEYS: [&str; 14] = [
    "code",
    "program",
    "cadquery",
    "python",
    "script",
    "source",
    "file",
    "answer",
    "solution",
    "completion",
    "content",
    "text",
    "output",
    "response",
];

/// A tag and its content.
#[derive(Clone, Debug)]
pub(super) struct Tagged {
    pub range: Range<usize>,
    /// Start of its content.
    pub inner: usize,
    /// Possible ends of its content, the last one first: a program can contain the closing tag.
    pub ends: Vec<usize>,
    pub is_answer: bool,
    pub is_code: bool,
}

/// Tags outside of `code`, in order. A tag that is never closed extends to the end.
pub(super) fn tags(text: &str, code: &[Range<usize>]) -> Vec<Tagged> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = text[at..].find(['<', '[']) {
        let start = at + next;
        at = start + 1;
        if is_inside(start, code) {
            continue;
        }
        let Some((name, length)) = opening(&text[start..]) else {
            continue;
        };
        let inner = start + length;
        let closing = if text[start..].starts_with('<') {
            format!("</{name}>")
        } else {
            format!("[/{name}]")
        };
        let closes = text[inner..].match_indices(&closing).map(|(at, _)| inner + at);
        let mut ends: Vec<usize> = closes.filter(|&at| !is_inside(at, code)).take(VALUES).collect();
        let end = ends.first().map_or(text.len(), |end| end + closing.len());
        if ends.is_empty() {
            ends.push(text.len());
        }
        ends.reverse();
        let lower = name.to_ascii_lowercase();
        found.push(Tagged {
            range: start..end,
            inner,
            ends,
            is_answer: ANSWERS.contains(&lower.as_str()),
            is_code: CODES.contains(&lower.as_str()),
        });
        at = inner;
        if found.len() == TAGS {
            break;
        }
    }
    found
}

/// Name and length of the opening tag at the start of a text.
fn opening(text: &str) -> Option<(&str, usize)> {
    if let Some(rest) = text.strip_prefix('[') {
        let name = BRACKETS.into_iter().find(|name| {
            rest.get(..name.len())
                .is_some_and(|held| held.eq_ignore_ascii_case(name))
        })?;
        return rest[name.len()..]
            .starts_with(']')
            .then_some((&rest[..name.len()], name.len() + 2));
    }
    let rest = text.strip_prefix('<')?;
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"_-.:".contains(c))?;
    let name = &rest[..end];
    let attributes = rest[end..].find(['<', '>', '\n'])?;
    let is_tag = rest[end + attributes..].starts_with('>') && rest[end..].starts_with([' ', '=', '>']);
    (is_tag && !is_reasoning(name)).then_some((name, 1 + end + attributes + 1))
}

/// Texts in the JSON values of a text; the most likely code comes last.
pub(super) fn texts(text: &str, code: &[Range<usize>]) -> Vec<String> {
    let mut found = Vec::new();
    let whole = text.len() - text.trim_start().len();
    let starts_whole = text[whole..].starts_with(['{', '[', '"']).then_some(whole);
    let objects = text.match_indices('{').map(|(at, _)| at);
    let objects = objects.filter(|&at| text[at + 1..].trim_start().starts_with('"') && !is_inside(at, code));
    let mut behind = 0;
    for start in starts_whole.into_iter().chain(objects).take(VALUES) {
        if start < behind {
            continue;
        }
        if let Some((value, length)) = value(&text[start..]) {
            behind = start + length;
            collect(&value, "", &mut found);
        }
    }
    // Values in triple quotes are not JSON, but models write them.
    for quotes in ["\"\"\"", "'''"] {
        if let (Some(first), Some(last)) = (text.find(quotes), text.rfind(quotes))
            && first + 3 <= last
            && !is_inside(first, code)
        {
            found.push((KEYS.len(), text[first + 3..last].to_owned()));
        }
    }
    // A stable sort: of equal keys the last one wins.
    found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
    found.into_iter().map(|(_, text)| text).collect()
}

/// The JSON value at the start of a text, and its length; line breaks inside strings are accepted.
fn value(text: &str) -> Option<(Value, usize)> {
    let read = |text: &str| {
        let mut values = serde_json::Deserializer::from_str(text).into_iter::<Value>();
        let value = values.next()?.ok()?;
        Some((value, values.byte_offset()))
    };
    read(text).or_else(|| {
        let escaped = with_escaped_breaks(text);
        // This is the length of the escaped text, which is not shorter: the search continues after it.
        (escaped.len() > text.len()).then(|| read(&escaped))?
    })
}

/// The text with line breaks and tabs in JSON strings escaped.
fn with_escaped_breaks(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 64);
    let (mut inside, mut backslash) = (false, false);
    for c in text.chars() {
        match c {
            '\n' if inside => escaped.push_str("\\n"),
            '\t' if inside => escaped.push_str("\\t"),
            '"' if !backslash => {
                inside = !inside;
                escaped.push(c);
            }
            _ => escaped.push(c),
        }
        backslash = c == '\\' && !backslash;
    }
    escaped
}

/// All texts of a value, with the rank of their key.
fn collect(value: &Value, key: &str, found: &mut Vec<(usize, String)>) {
    if found.len() >= TEXTS {
        return;
    }
    match value {
        Value::String(text) => {
            let rank = KEYS
                .iter()
                .position(|known| key.eq_ignore_ascii_case(known))
                .unwrap_or(KEYS.len());
            found.push((rank, text.clone()));
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, key, found)),
        Value::Object(map) => map.iter().for_each(|(key, value)| collect(value, key, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_open_and_close() {
        let shown = |text: &str| -> Vec<String> {
            tags(text, &[])
                .iter()
                .map(|tag| text[tag.inner..*tag.ends.last().unwrap()].to_owned())
                .collect()
        };
        for (text, found) in [
            ("<answer>a</answer>", &["a"][..]),
            ("<code class=\"x\">a", &["a"]),
            ("[PYTHON]a[/PYTHON]", &["a"]),
            (
                "<tool_call><parameter=code>a</parameter></tool_call>",
                &["<parameter=code>a</parameter>", "a"],
            ),
            ("<think>a</think>", &[]),
            ("a < b > c, x[CODE", &[]),
            ("a <b> c", &[" c"]),
        ] {
            assert_eq!(shown(text), found, "{text}");
        }
        let tag = &tags("<answer># </answer>\nb</answer>", &[])[0];
        assert_eq!(tag.ends, [21, 10]);
    }

    #[test]
    fn texts_of_json_are_found() {
        for (text, last) in [
            (r#"{"code": "a", "explanation": "b"}"#, "a"),
            (r#"{"explanation": "b", "program": "a"}"#, "a"),
            (
                r#"Here: {"name": "run", "arguments": {"code": "a"}} and more"#,
                "a",
            ),
            (r#"[{"type": "text", "text": "a"}]"#, "a"),
            (r#""a""#, "a"),
            ("{\"code\": \"a\nb\"}", "a\nb"),
            ("{\"code\": \"\"\"a\"\"\"}", "a"),
        ] {
            assert_eq!(texts(text, &[]).last().map(String::as_str), Some(last), "{text}");
        }
        assert!(texts("x = {1: 2}", &[]).is_empty());
    }
}
