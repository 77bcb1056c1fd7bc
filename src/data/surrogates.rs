//! Rows and bodies with half of a surrogate pair: JSON can escape one, but it is not a character and cannot occur in
//! UTF-8.
//!
//! A tokenizer that cuts a character produces such rows. In memory each half is a mark of two private characters, so
//! that the JSON can be read. Written JSON has the escape again; code that is run has the bytes of Python's
//! `surrogatepass`, which are not UTF-8, and fails like a file with these bytes.

use std::borrow::Cow;

/// First character of a mark; from plane 16, which is for private use.
const MARK: char = '\u{10fffd}';
/// Second character of a mark: this plus the index of the half.
const FIRST: u32 = 0x0010_f000;
const HALVES: std::ops::RangeInclusive<u32> = 0xd800..=0xdfff;

/// Parses JSON; halves of surrogate pairs become marks.
pub fn value_of(json: &[u8]) -> serde_json::Result<serde_json::Value> {
    serde_json::from_slice(json).or_else(|error| {
        let marked = marked(json).ok_or(error)?;
        serde_json::from_slice(&marked)
    })
}

/// A line of JSON with marks in place of halves; `None` if there are none.
fn marked(line: &[u8]) -> Option<Vec<u8>> {
    let mut marked: Vec<u8> = Vec::new();
    let (mut kept, mut at) = (0, 0);
    while let Some(found) = line[at..].iter().position(|&byte| byte == b'\\') {
        let start = at + found;
        at = (start + 2).min(line.len());
        let Some(unit) = escape(&line[start..]) else {
            continue;
        };
        at = start + 6;
        if !HALVES.contains(&unit) {
            continue;
        }
        let is_pair =
            unit < 0xdc00 && escape(&line[at..]).is_some_and(|next| (0xdc00..=0xdfff).contains(&next));
        if is_pair {
            at += 6;
            continue;
        }
        marked.extend_from_slice(&line[kept..start]);
        let half = char::from_u32(FIRST + unit - HALVES.start()).expect("a private character");
        marked.extend_from_slice(format!("{MARK}{half}").as_bytes());
        kept = at;
    }
    if kept == 0 {
        return None;
    }
    marked.extend_from_slice(&line[kept..]);
    Some(marked)
}

/// The UTF-16 unit of an escape at the start of the text.
fn escape(text: &[u8]) -> Option<u32> {
    let digits = text.strip_prefix(b"\\u")?.get(..4)?;
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    u32::from_str_radix(digits, 16).ok()
}

/// JSON text with escapes in place of marks.
fn escaped(json: String) -> String {
    replaced(&json, |out, half| {
        out.extend_from_slice(format!("\\u{half:04x}").as_bytes());
    })
    .map_or(json, |bytes| String::from_utf8(bytes).expect("text and ASCII"))
}

/// A value as JSON.
pub fn json_of(value: &impl serde::Serialize) -> String {
    escaped(serde_json::to_string(value).expect("plain data"))
}

/// A value as a line of JSON, without its line break.
pub fn line_of(value: &impl serde::Serialize) -> Vec<u8> {
    json_of(value).into_bytes()
}

/// Code as the bytes of a file.
pub fn file_of(code: &str) -> Cow<'_, [u8]> {
    let bytes = replaced(code, |out, half| {
        let [low, middle, high] = [half, half >> 6, half >> 12].map(|bits| (bits & 0x3f) as u8 | 0x80);
        out.extend_from_slice(&[high & 0x0f | 0xe0, middle, low]);
    });
    bytes.map_or(Cow::Borrowed(code.as_bytes()), Cow::Owned)
}

/// The text with marks replaced; `None` if there are none.
fn replaced(text: &str, write: impl Fn(&mut Vec<u8>, u32)) -> Option<Vec<u8>> {
    let mut out: Option<Vec<u8>> = None;
    let mut rest = text;
    while let Some(at) = rest.find(MARK) {
        let behind = &rest[at + MARK.len_utf8()..];
        let half = behind.chars().next().map_or(0, u32::from).wrapping_sub(FIRST) + HALVES.start();
        let out = out.get_or_insert_with(Vec::new);
        if HALVES.contains(&half) {
            out.extend_from_slice(&rest.as_bytes()[..at]);
            write(out, half);
            rest = &behind[MARK.len_utf8()..];
        } else {
            out.extend_from_slice(&rest.as_bytes()[..at + MARK.len_utf8()]);
            rest = behind;
        }
    }
    let mut out = out?;
    out.extend_from_slice(rest.as_bytes());
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_become_marks_and_escapes_again() {
        for (json, code) in [
            (r#"{"code":"a\ud800b"}"#, &b"a\xed\xa0\x80b"[..]),
            (r#"{"code":"\udfff\ud800"}"#, b"\xed\xbf\xbf\xed\xa0\x80"),
            (r#"{"code":"\ud83d\ude00\ud83d"}"#, "😀".as_bytes()),
        ] {
            let line = marked(json.as_bytes()).unwrap();
            let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
            let read = value["code"].as_str().unwrap();
            if json.contains("de00") {
                assert_eq!(file_of(read), [code, b"\xed\xa0\xbd"].concat());
                assert_eq!(escaped(value.to_string()), "{\"code\":\"😀\\ud83d\"}");
            } else {
                assert_eq!(file_of(read), code);
                assert_eq!(escaped(value.to_string()), json);
            }
            assert!(std::str::from_utf8(&file_of(read)).is_err());
        }
    }

    #[test]
    fn other_characters_are_unchanged() {
        for json in [
            r#"{"a":"\ud83d\ude00"}"#,
            r#"{"a":"\\ud800"}"#,
            r#"{"a":"\u00e9"}"#,
            r#"{"a":"\"#,
            r#"\ud8"#,
            "",
        ] {
            assert!(marked(json.as_bytes()).is_none(), "{json}");
        }
        for text in ["plain", "\u{10fffd}", "\u{10fffd}x", "a\u{10fffd}\u{10fffd}é"] {
            assert_eq!(&*file_of(text), text.as_bytes());
            assert_eq!(escaped(text.to_owned()), text);
        }
    }
}
