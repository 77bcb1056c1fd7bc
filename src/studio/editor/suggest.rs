//! Suggests fixes for misspelled names.

use std::ops::Range;

use super::api::{ApiIndex, nearest, word_before};
use crate::failure::Failure;

/// An edit that may fix a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuggestedFix {
    /// Replaced range, bytes.
    pub place: Range<usize>,
    /// Replacement.
    pub text: String,
}

/// Replaces an unknown name by a similarly spelled one.
pub fn fix(index: &ApiIndex, failure: &Failure, code: &str) -> Option<SuggestedFix> {
    let message = failure.message.as_str();
    let quoted: Vec<&str> = message.split('\'').skip(1).step_by(2).collect();
    let from = line_start(code, failure.line? as usize);
    if message.contains("has no attribute") {
        let (&owner, &wrong) = (quoted.first()?, quoted.get(1)?);
        let class = (owner != "cadquery").then_some(owner);
        let text = index.similar(class, wrong).into_iter().next()?;
        let place = word(code, from, wrong, |before, _| before.trim_end().ends_with('.'))?;
        return Some(SuggestedFix { place, text });
    }
    if message.contains("unexpected keyword argument") {
        let wrong = *quoted.first()?;
        let callee = message.split("()").next()?.rsplit(' ').next()?;
        let (class, method) = callee.rsplit_once('.').unwrap_or(("Workplane", callee));
        let text = index
            .similar_parameters(class, method, wrong)
            .into_iter()
            .next()?;
        let place = word(code, from, wrong, |_, after| after.trim_start().starts_with('='))?;
        return Some(SuggestedFix { place, text });
    }
    if message.contains("is not defined") {
        let wrong = *quoted.first()?;
        let text = nearest(names(code).into_iter(), wrong).into_iter().next()?;
        let place = word(code, from, wrong, |before, _| !before.ends_with('.'))?;
        return Some(SuggestedFix { place, text });
    }
    None
}

/// Names that a script assigns, defines or imports.
fn names(code: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut push = |name: &str| {
        if !name.is_empty() && word_before(name) == name {
            names.push(name.to_owned());
        }
    };
    for line in code.split('\n') {
        let text = line.trim();
        if let Some(rest) = text.strip_prefix("def ").or_else(|| text.strip_prefix("class ")) {
            push(rest.split(['(', ':']).next().unwrap_or_default().trim());
        } else if text.starts_with("import ") || text.starts_with("from ") {
            push(word_before(text));
        } else if let Some((left, _)) = text.split_once('=') {
            left.split(',').for_each(|name| push(name.trim()));
        }
    }
    names.sort();
    names.dedup();
    names
}

/// The first whole word `wanted` after a position, or else from the start, that satisfies `fits`.
fn word(code: &str, from: usize, wanted: &str, fits: impl Fn(&str, &str) -> bool) -> Option<Range<usize>> {
    let inside = |c: char| c == '_' || c.is_alphanumeric();
    let all = code
        .match_indices(wanted)
        .map(|(at, _)| at..at + wanted.len())
        .filter(|range| {
            let (before, after) = (&code[..range.start], &code[range.end..]);
            !before.ends_with(inside) && !after.starts_with(inside) && fits(before, after)
        });
    let all: Vec<_> = all.collect();
    all.iter()
        .find(|range| range.start >= from)
        .or(all.first())
        .cloned()
}

fn line_start(code: &str, line: usize) -> usize {
    let ends = code.match_indices('\n').map(|(at, _)| at + 1);
    std::iter::once(0)
        .chain(ends)
        .take(line.max(1))
        .last()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;
    use crate::studio::editor::api;

    fn fixed(code: &str, message: &str, line: u32) -> Option<String> {
        let failure = Failure {
            kind: Kind::InventedApi,
            message: message.to_owned(),
            line: Some(line),
            traceback: String::new(),
        };
        let fix = fix(api::bundled(), &failure, code)?;
        let mut code = code.to_owned();
        code.replace_range(fix.place, &fix.text);
        Some(code)
    }

    #[test]
    fn a_misspelling_is_fixed_in_place() {
        let code = "cricle = 1\nw = cq.Workplane('XY')\\\n    .cricle(3)\n";
        assert_eq!(
            fixed(
                code,
                "AttributeError: 'Workplane' object has no attribute 'cricle'",
                2
            )
            .as_deref(),
            Some("cricle = 1\nw = cq.Workplane('XY')\\\n    .circle(3)\n")
        );
        assert_eq!(
            fixed(
                "w = cq.Workplan('XY')",
                "module 'cadquery' has no attribute 'Workplan'",
                1
            )
            .as_deref(),
            Some("w = cq.Workplane('XY')")
        );
        assert_eq!(
            fixed(
                "w.box(1, 2, heigth=3)",
                "Workplane.box() got an unexpected keyword argument 'heigth'",
                1
            )
            .as_deref(),
            Some("w.box(1, 2, height=3)")
        );
        assert_eq!(
            fixed("plate_w = 3\nb = palte_w + 1", "name 'palte_w' is not defined", 2).as_deref(),
            Some("plate_w = 3\nb = plate_w + 1")
        );
    }

    #[test]
    fn unrelated_names_get_no_suggestion() {
        assert_eq!(
            fixed("w.annulus(1)", "'Workplane' object has no attribute 'annulus'", 1),
            None
        );
        assert_eq!(fixed("(", "'(' was never closed", 1), None);
    }
}
