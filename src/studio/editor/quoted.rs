//! Quoted parts of a message.

/// Parts of a message, each with whether it was quoted; the quotes are removed.
///
/// An apostrophe inside a word and an unpaired quote are text.
pub(super) fn parts(message: &str) -> Vec<(bool, &str)> {
    let is_word = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let mut parts = Vec::new();
    let (mut from, mut at) = (0, 0);
    while let Some(found) = message[at..].find(['\'', '`']) {
        let open = at + found;
        at = open + 1;
        if is_word(message[..open].chars().next_back()) {
            continue;
        }
        let quote = &message[open..at];
        let closes = |close: &usize| !is_word(message[close + 1..].chars().next());
        let mut closing = message[at..].match_indices(quote).map(|(close, _)| at + close);
        if let Some(close) = closing.find(closes) {
            parts.push((false, &message[from..open]));
            parts.push((true, &message[at..close]));
            (from, at) = (close + 1, close + 1);
        }
    }
    parts.push((false, &message[from..]));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

#[cfg(test)]
mod tests {
    use super::parts;

    fn quoted(message: &str) -> Vec<&str> {
        let quoted = parts(message).into_iter().filter(|(is_quoted, _)| *is_quoted);
        quoted.map(|(_, part)| part).collect()
    }

    #[test]
    fn names_are_quoted_and_apostrophes_are_not() {
        let attribute = "'Workplane' object has no attribute 'cricle'";
        assert_eq!(quoted(attribute), ["Workplane", "cricle"]);
        assert_eq!(
            quoted("No module named 'helper' (open the script's file)"),
            ["helper"]
        );
        assert_eq!(
            quoted("'(' was never closed, bind it: `fixture = r`"),
            ["(", "fixture = r"]
        );
        assert_eq!(quoted("two scripts' files aren't 'there"), [""; 0]);
        assert_eq!(quoted("the file 'it's here.step' is missing"), ["it's here.step"]);
    }

    #[test]
    fn only_paired_quotes_are_removed() {
        let text = |message: &str| {
            parts(message)
                .into_iter()
                .map(|(_, part)| part)
                .collect::<String>()
        };
        assert_eq!(text("the script's 'a' isn't `b`"), "the script's a isn't b");
        assert_eq!(text("Größe's 'ä' — ’"), "Größe's ä — ’");
        assert_eq!(text("a quote ' alone"), "a quote ' alone");
        assert!(parts("").is_empty());
    }
}
