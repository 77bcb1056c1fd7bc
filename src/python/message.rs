//! Names in the messages of Python's exceptions.

/// Parts of a message, each with its quote (`'` or a backtick), if it had one; the quotes are removed.
///
/// An apostrophe inside a word and an unpaired quote are text.
pub fn parts(message: &str) -> Vec<(Option<char>, &str)> {
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
            parts.push((None, &message[from..open]));
            parts.push((quote.chars().next(), &message[at..close]));
            (from, at) = (close + 1, close + 1);
        }
    }
    parts.push((None, &message[from..]));
    parts.retain(|(_, part)| !part.is_empty());
    parts
}

/// The names in a message: parts in single quotes.
pub fn quoted(message: &str) -> Vec<&str> {
    let names = parts(message)
        .into_iter()
        .filter(|(quote, _)| *quote == Some('\''));
    names.map(|(_, name)| name).collect()
}

/// Class, if named, and function of `Workplane.box() got an unexpected keyword argument 'heigth'` and its like.
pub fn callee(message: &str) -> (Option<&str>, &str) {
    let called = message.split("()").next().unwrap_or_default();
    let path = called.rsplit(' ').next().unwrap_or_default();
    match path.rsplit_once('.') {
        Some((class, function)) => (Some(class), function),
        None => (None, path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_messages() {
        let message = "TypeError: Workplane.box() got an unexpected keyword argument 'heigth'";
        assert_eq!(callee(message), (Some("Workplane"), "box"));
        assert_eq!(quoted(message), ["heigth"]);
        assert_eq!(
            callee("leg() missing 1 required positional argument: 'x'"),
            (None, "leg")
        );
    }

    #[test]
    fn names_are_quoted_and_apostrophes_are_not() {
        let all = |message| {
            let quoted = parts(message).into_iter().filter(|(quote, _)| quote.is_some());
            quoted.map(|(_, part)| part).collect::<Vec<_>>()
        };
        assert_eq!(
            quoted("can't multiply sequence by non-int of type 'float'"),
            ["float"]
        );
        let attribute = "'Workplane' object has no attribute 'cricle'";
        assert_eq!(quoted(attribute), ["Workplane", "cricle"]);
        assert_eq!(
            quoted("No module named 'helper' (open the script's file)"),
            ["helper"]
        );
        assert_eq!(
            all("'(' was never closed, bind it: `fixture = r`"),
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
