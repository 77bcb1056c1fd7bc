//! Scripts that end with the last solid bound before the failing statement. Uses the text and the line of the
//! traceback; building shows whether a name is bound to a solid.

use cadforge_core::failure::Failure;

/// Maximum number of names to try, last bound first.
const MAX_NAMES: usize = 4;

/// Scripts that stop before the failing top-level statement, the longest first; none for an error without a line,
/// such as a syntax error.
pub(super) fn scripts(code: &str, failure: &Failure) -> Vec<String> {
    let Some(line) = module_line(&failure.traceback).or(failure.line) else {
        return Vec::new();
    };
    let lines: Vec<&str> = code.lines().collect();
    let failing = (line as usize).min(lines.len());
    // A statement begins on a line that does not continue the previous one.
    let begins = |index: &usize| {
        let line = lines[*index];
        !line.is_empty() && !line.starts_with([' ', '\t', ')', ']', '}', '#', '.'])
    };
    let Some(start) = (0..failing).rev().find(begins) else {
        return Vec::new();
    };
    let before = lines[..start].join("\n");
    let mut names: Vec<&str> = lines[..start]
        .iter()
        .rev()
        .filter_map(|line| bound(line))
        .collect();
    let mut seen = Vec::new();
    names.retain(|name| {
        let fresh = !seen.contains(name);
        seen.push(*name);
        fresh
    });
    names.truncate(MAX_NAMES);
    names
        .into_iter()
        .map(|name| format!("{before}\nfixture = {name}\n"))
        .collect()
}

/// The line at module level in a traceback.
fn module_line(traceback: &str) -> Option<u32> {
    traceback
        .lines()
        .find(|line| line.contains("in <module>"))
        .and_then(|line| {
            let rest = &line[line.find("line ")? + 5..];
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest[..end].parse().ok()
        })
}

/// The name that a top-level line binds.
fn bound(line: &str) -> Option<&str> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end();
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // A plain number is not a solid.
    (is_name && !value.starts_with('=') && value.trim().parse::<f64>().is_err()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cadforge_core::failure::Kind;

    fn failure(line: Option<u32>, traceback: &str) -> Failure {
        Failure {
            kind: Kind::TypeOrValue,
            message: String::new(),
            line,
            traceback: traceback.to_owned(),
        }
    }

    const CODE: &str = "import cadquery as cq\nwidth = 3\nplate = cq.Workplane().box(\n    1, 2, width\n)\npeg = plate.faces()\nbad = (\n    peg.fillet(9)\n)\nfixture = bad\n";

    #[test]
    fn names_bound_before_the_error_are_tried_from_the_last() {
        let found = scripts(CODE, &failure(Some(8), ""));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(
            found[0].ends_with("peg = plate.faces()\nfixture = peg\n"),
            "{}",
            found[0]
        );
        assert!(found[1].ends_with("fixture = plate\n"));
        assert!(!found[0].contains("bad"));
    }

    #[test]
    fn an_error_in_a_function_counts_at_its_call() {
        let traceback = "Traceback:\n  File \"candidate.py\", line 6, in <module>\n  File \"candidate.py\", line 2, in make\n";
        let found = scripts(CODE, &failure(Some(2), traceback));
        assert!(
            found.len() == 1 && found[0].ends_with(")\nfixture = plate\n"),
            "{found:?}"
        );
    }

    #[test]
    fn an_error_without_a_line_has_no_scripts() {
        assert!(scripts(CODE, &failure(None, "")).is_empty());
        assert!(scripts("", &failure(Some(1), "")).is_empty());
    }
}
