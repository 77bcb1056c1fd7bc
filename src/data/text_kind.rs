//! The kind of a failed row from another source that has only text.

use super::source::assigns_fixture;
use cadforge_core::failure::Kind;

/// Classifies a failure by its code and the logged error text.
///
/// Syntax errors come first (an error of that class, or brackets and quotes that do not close), then a missing
/// assignment to `fixture`, then the error's class.
pub fn kind_of_text(code: &str, error: &str) -> Kind {
    let says = |words: &[&str]| words.iter().any(|word| error.contains(word));
    if says(&["SyntaxError", "IndentationError", "TabError"]) || !is_closed(code) {
        return Kind::SyntaxClosure;
    }
    if !assigns_fixture(code) {
        return Kind::MissingFixture;
    }
    let by_name: [(&[&str], Kind); 8] = [
        (
            &["AttributeError", "unexpected keyword argument"],
            Kind::InventedApi,
        ),
        // Before shorter names that these messages also contain.
        (&["UnicodeDecodeError"], Kind::BadEncoding),
        (&["UnboundLocalError", "NameError"], Kind::UndefinedName),
        (&["ImportError", "ModuleNotFoundError"], Kind::ImportError),
        (&["MemoryError"], Kind::OutOfMemory),
        (&["TimeoutExpired", "TimeoutError", "timed out"], Kind::Timeout),
        (
            &[
                "TypeError",
                "ValueError",
                "StdFail",
                "BRep_API",
                "Null TopoDS",
                "Standard_",
            ],
            Kind::TypeOrValue,
        ),
        (&["Segmentation fault", "SIGSEGV", "SIGABRT"], Kind::Crash),
    ];
    let found = by_name.iter().find(|(words, _)| says(words));
    found.map_or(Kind::UnknownBuildFailure, |&(_, kind)| kind)
}

/// Whether every bracket and quote of some Python code is closed by its own kind.
fn is_closed(code: &str) -> bool {
    let mut open = Vec::new();
    let mut rest = code;
    while let Some(c) = rest.chars().next() {
        match c {
            '#' => {
                rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
                continue;
            }
            '"' | '\'' => {
                let Some(behind) = behind_string(rest, c) else {
                    return false;
                };
                rest = behind;
                continue;
            }
            '(' => open.push(')'),
            '[' => open.push(']'),
            '{' => open.push('}'),
            ')' | ']' | '}' if open.pop() != Some(c) => return false,
            _ => {}
        }
        rest = &rest[c.len_utf8()..];
    }
    open.is_empty()
}

/// The text after the string literal at the start of `text`; `None` if the literal does not end.
fn behind_string(text: &str, quote: char) -> Option<&str> {
    let triple = text.as_bytes().starts_with(&[quote as u8; 3]);
    let (mut rest, ends) = if triple {
        (&text[3..], &text[..3])
    } else {
        (&text[1..], &text[..1])
    };
    loop {
        if let Some(behind) = rest.strip_prefix(ends) {
            return Some(behind);
        }
        let mut chars = rest.chars();
        match chars.next()? {
            // An escape includes the next character, even the end of a line.
            '\\' => {
                chars.next()?;
            }
            '\n' if !triple => return None,
            _ => {}
        }
        rest = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUILDS: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";

    #[test]
    fn the_error_names_the_kind() {
        for (error, kind) in [
            (
                "AttributeError: 'Workplane' object has no attribute 'tube'",
                Kind::InventedApi,
            ),
            (
                "TypeError: box() got an unexpected keyword argument 'depth'",
                Kind::InventedApi,
            ),
            ("TypeError: unsupported operand", Kind::TypeOrValue),
            ("NameError: name 'leg' is not defined", Kind::UndefinedName),
            ("ModuleNotFoundError: No module named 'x'", Kind::ImportError),
            (
                "OCP.StdFail_NotDone: BRep_API: command not done",
                Kind::TypeOrValue,
            ),
            ("ValueError: Null TopoDS_Shape object", Kind::TypeOrValue),
            ("subprocess.TimeoutExpired: timed out after 60 s", Kind::Timeout),
            ("", Kind::UnknownBuildFailure),
        ] {
            assert_eq!(kind_of_text(BUILDS, error), kind, "{error}");
        }
    }

    #[test]
    fn syntax_comes_before_a_missing_fixture_and_that_before_the_error() {
        assert_eq!(kind_of_text("x = (1", "NameError"), Kind::SyntaxClosure);
        assert_eq!(
            kind_of_text(BUILDS, "SyntaxError: invalid syntax"),
            Kind::SyntaxClosure
        );
        assert_eq!(kind_of_text("x = (1)", "NameError"), Kind::MissingFixture);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        for closed in [
            "",
            "a[{(1)}]",
            "'('",
            "\"\\\"(\"",
            "# (\n",
            "'''(\n'''",
            "f'{x}'",
            "''",
            "'''a''b'''",
        ] {
            assert!(is_closed(closed), "{closed}");
        }
        for open in ["(", ")", "(]", "'", "'a\n'", "'''a''", "\"\\\"", "'\\"] {
            assert!(!is_closed(open), "{open}");
        }
    }
}
