//! Normalises the lines of a program.

/// The text without outer blank lines and common indentation, with one final line break; empty if it is blank.
pub(super) fn tidy(text: &str) -> String {
    let text = text.trim_end();
    let lines: Vec<&str> = text
        .split('\n')
        .skip_while(|line| line.trim().is_empty())
        .collect();
    if lines.is_empty() {
        return String::new();
    }
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let margin = lines
        .iter()
        .filter(|line| !line.trim().is_empty())
        .map(|line| indent(line))
        .min()
        .unwrap_or(0);
    let mut tidied = String::with_capacity(text.len() + 1);
    for (number, line) in lines.iter().enumerate() {
        // Only the first line may be indented, after a word or a special token.
        let cut = if number == 0 {
            indent(line)
        } else {
            margin.min(indent(line))
        };
        tidied.push_str(&line[cut..]);
        tidied.push('\n');
    }
    tidied
}

/// The code in a transcript of the Python prompt; `None` for any other text. Lines of output become blank, so that line numbers of
/// the code are those of the transcript.
pub(super) fn without_prompts(text: &str) -> Option<String> {
    let first = text.lines().find(|line| !line.trim().is_empty())?;
    if !first.trim_start().starts_with(">>> ") {
        return None;
    }
    let code = text.lines().map(|line| {
        let line = line.trim_start();
        let rest = line.strip_prefix(">>>").or_else(|| line.strip_prefix("..."));
        let code = rest.map_or("", |rest| rest.strip_prefix(' ').unwrap_or(rest));
        format!("{code}\n")
    });
    Some(code.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn margins_and_outer_blank_lines_are_removed() {
        for (text, tidied) in [
            ("\n\n  a\n    b\n\n  c\n\n", "a\n  b\n\nc\n"),
            ("  a\nb", "a\nb\n"),
            ("\ta\n\t\tb", "a\n\tb\n"),
            ("a\n b", "a\n b\n"),
            (" \n\t", ""),
        ] {
            assert_eq!(tidy(text), tidied, "{text:?}");
        }
        let transcript = ">>> import os\n>>> for a in b:\n...     c\n...\n3\n>>> d";
        assert_eq!(
            without_prompts(transcript).unwrap(),
            "import os\nfor a in b:\n    c\n\n\nd\n"
        );
        assert_eq!(without_prompts("a = b"), None);
    }
}
