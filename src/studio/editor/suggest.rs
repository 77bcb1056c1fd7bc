//! Suggests fixes for misspelled names.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::failure::Failure;
use crate::python::nearest::misspelt;
use crate::python::tokens::code_tokens;
use crate::python::{ApiIndex, callee, definitions, quoted};

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
    let named = quoted(message);
    let owner = message
        .contains("has no attribute")
        .then(|| named.first().copied());
    let wrong = *named.get(usize::from(owner.is_some()))?;
    let (text, place) = if let Some(owner) = owner.flatten() {
        let class = index.classes.get(owner);
        let text = match class {
            Some(class) => misspelt(wrong, class.members.keys().map(String::as_str)),
            None if owner == "cadquery" => misspelt(wrong, index.module.keys().map(String::as_str)),
            None => None,
        };
        (text?, Place::Member)
    } else if message.contains("unexpected keyword argument") {
        let (class, method) = callee(message);
        let params = index.params(class.unwrap_or("Workplane"), method)?;
        let names = params.iter().map(|param| param.name.as_str());
        (misspelt(wrong, names)?, Place::Keyword)
    } else if message.contains("is not defined") {
        let names: BTreeSet<&str> = definitions(code).iter().map(|one| one.name).collect();
        (misspelt(wrong, names)?, Place::Variable)
    } else {
        return None;
    };
    let text = text.to_owned();
    let place = word(code, failure.line? as usize, wrong, place)?;
    Some(SuggestedFix { place, text })
}

/// What a name is used as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Member,
    Keyword,
    Variable,
}

/// The first use of a name from a line on, or else from the start.
fn word(code: &str, line: usize, wanted: &str, place: Place) -> Option<Range<usize>> {
    let tokens = code_tokens(code);
    let text = |index: usize| tokens.get(index).map(|token| token.text(code));
    let fits = |index: &usize| {
        let before = (0..*index).rev().find(|before| text(*before) != Some("\\"));
        let is_member = before.and_then(text) == Some(".");
        text(*index) == Some(wanted)
            && match place {
                Place::Member => is_member,
                Place::Keyword => text(index + 1) == Some("="),
                Place::Variable => !is_member,
            }
    };
    let all: Vec<usize> = (0..tokens.len()).filter(fits).collect();
    let here = all.iter().find(|index| tokens[**index].line >= line);
    here.or(all.first()).map(|index| tokens[*index].range.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::Kind;

    fn fixed(code: &str, message: &str, line: u32) -> Option<String> {
        let failure = Failure {
            kind: Kind::InventedApi,
            message: message.to_owned(),
            line: Some(line),
            traceback: String::new(),
        };
        let fix = fix(ApiIndex::pinned(), &failure, code)?;
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
