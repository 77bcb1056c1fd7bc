//! Counts in a candidate's source for cadforge-v1.
//!
//! The published environment counts with Python regular expressions in multiline mode. These scanners give the same
//! counts in linear time: `\s` spans lines, matches do not overlap, `^` matches after every `
//! ` and nowhere else. One difference: `\w` here also matches combining marks, which `re` does not.

/// Counts of definitions, named numbers and returns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Counts {
    /// `^\s*def\s+\w+\s*\(`
    pub(super) functions: usize,
    /// `^\s*[a-zA-Z_][a-zA-Z0-9_]*\s*=\s*[-+]?\d`
    pub(super) named_values: usize,
    /// `^\s*return\s+`
    pub(super) returns: usize,
}

impl Counts {
    pub(super) fn of(code: &str) -> Self {
        Self {
            functions: count_at_lines(code, function),
            named_values: count_at_lines(code, named_value),
            returns: count_at_lines(code, |rest| skip_some(rest.strip_prefix("return")?, is_space)),
        }
    }
}

/// Whether a line assigns to `fixture`: `^\s*fixture\s*=` not followed by another `=`.
pub fn assigns_fixture(code: &str) -> bool {
    let assignment = |rest: &str| {
        let rest = skip(rest.strip_prefix("fixture")?, is_space).strip_prefix('=')?;
        (!rest.starts_with('=')).then_some(())
    };
    code.lines()
        .any(|line| assignment(skip(line, is_space)).is_some())
}

fn function(rest: &str) -> Option<&str> {
    let rest = skip_some(rest.strip_prefix("def")?, is_space)?;
    let rest = skip_some(rest, is_word)?;
    skip(rest, is_space).strip_prefix('(')
}

fn named_value(rest: &str) -> Option<&str> {
    if !rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        return None;
    }
    let rest = skip(rest, |c| c.is_ascii_alphanumeric() || c == '_');
    let rest = skip(skip(rest, is_space).strip_prefix('=')?, is_space);
    let rest = rest.strip_prefix(['-', '+']).unwrap_or(rest);
    rest.strip_prefix(is_decimal)
}

/// Counts matches of `^\s*` followed by `pattern`, which returns the text after its match.
///
/// No pattern begins with white space or matches it where it needs something else, so that consuming all of it equals
/// the result of a backtracking search. All line starts within one run of white space then lead to the same place: one
/// attempt covers them all.
fn count_at_lines(code: &str, pattern: impl Fn(&str) -> Option<&str>) -> usize {
    let mut count = 0;
    let mut rest = code;
    loop {
        let word = skip(rest, is_space);
        let behind = match pattern(word) {
            Some(behind) => {
                count += 1;
                behind
            }
            None => word,
        };
        // The next attempt is at the next line start; a match may have ended on one.
        let consumed = &code[..code.len() - behind.len()];
        if consumed.ends_with('\n') && behind.len() < word.len() {
            rest = behind;
        } else {
            let Some(line_end) = behind.find('\n') else {
                return count;
            };
            rest = &behind[line_end + 1..];
        }
    }
}

fn skip(text: &str, class: impl Fn(char) -> bool) -> &str {
    text.trim_start_matches(class)
}

fn skip_some(text: &str, class: impl Fn(char) -> bool) -> Option<&str> {
    let rest = skip(text, class);
    (rest.len() < text.len()).then_some(rest)
}

/// `\s` of Python: Unicode white space and the four information separators.
fn is_space(c: char) -> bool {
    c.is_whitespace() || ('\x1c'..='\x1f').contains(&c)
}

/// `\w` of Python, except for combining marks.
fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// `\d` of Python: any decimal digit of Unicode 14.
fn is_decimal(c: char) -> bool {
    let after = DECIMAL_ZEROS.partition_point(|&zero| zero <= c as u32);
    after > 0 && c as u32 - DECIMAL_ZEROS[after - 1] < 10
}

/// The zero of each run of ten decimal digits in Unicode 14.
const DECIMAL_ZEROS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50,
    0xed0, 0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40,
    0x1c50, 0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066,
    0x110f0, 0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950,
    0x11c50, 0x11d50, 0x11da0, 0x16a60, 0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6,
    0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases and counts of Python's `re.findall(pattern, text, re.M)`.
    #[test]
    fn counts_are_those_of_pythons_re() {
        let cases = include_str!("source_cases.tsv");
        let mut seen = 0;
        for line in cases.lines().filter(|line| !line.starts_with('#')) {
            let (text, counts) = line.split_once('\t').expect("text, tab, counts");
            let text: String = serde_json::from_str(text).expect("a JSON string");
            let expected: Vec<usize> = counts.split(' ').map(|count| count.parse().unwrap()).collect();
            let Counts {
                functions,
                named_values,
                returns,
            } = Counts::of(&text);
            assert_eq!(vec![functions, named_values, returns], expected, "{text:?}");
            seen += 1;
        }
        assert!(seen > 300, "only {seen} cases");
    }

    #[test]
    fn a_comparison_is_not_an_assignment() {
        assert!(assigns_fixture("x = 1\n  fixture=x"));
        assert!(!assigns_fixture("fixture == x"));
        assert!(!assigns_fixture("my_fixture = x"));
    }

    #[test]
    fn a_megabyte_of_white_space_takes_linear_time() {
        let code = format!("def{}", "\n ".repeat(500_000));
        assert_eq!(Counts::of(&code).functions, 0);
    }
}
