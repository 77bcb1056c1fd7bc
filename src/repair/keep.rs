//! Decides whether the loop continues from a proposal.

use super::proposer::Keep;
use cadforge_core::failure::{Failure, Kind};
use cadforge_geometry::Shape;
use cadforge_python::{definitions, quoted};
use cadforge_trajectory::Step;

/// Compares a scored proposal with the step that it was made from.
pub(super) fn is_kept(
    keep: Keep,
    (before, before_shape): (&Step, Option<&Shape>),
    (after, after_shape): (&Step, Option<&Shape>),
) -> bool {
    let (was, is) = (before.evaluation.reward.total, after.evaluation.reward.total);
    match keep {
        Keep::Always => true,
        Keep::Recorded(kept) => kept,
        Keep::NoWorse => is >= was,
        Keep::Better => after.evaluation.ok && is > was,
        Keep::SameGeometry => is > was && same_geometry(before_shape, after_shape),
        Keep::Clears => match (&before.evaluation.failure, &after.evaluation.failure) {
            (_, None) => is >= was,
            (None, Some(_)) => false,
            (Some(was), Some(is)) => is_progress((was, &before.code), (is, &after.code)),
        },
    }
}

/// Whether two parts are equal within the kernel's accuracy.
fn same_geometry(before: Option<&Shape>, after: Option<&Shape>) -> bool {
    let (Some(before), Some(after)) = (before, after) else {
        return false;
    };
    let (a, b) = (&before.facts, &after.facts);
    let near = |x: f64, y: f64| (x - y).abs() <= 1e-6 * (1.0 + x.abs());
    let (a_box, b_box) = (before.mesh.bbox(), after.mesh.bbox());
    let corners = a_box.min.iter().chain(&a_box.max);
    (a.solids, a.faces, a.edges, a.vertices) == (b.solids, b.faces, b.edges, b.vertices)
        && near(a.volume, b.volume)
        && near(a.area, b.area)
        && corners
            .zip(b_box.min.iter().chain(&b_box.max))
            .all(|(x, y)| (x - y).abs() <= 1e-4)
}

/// Whether one failure was cleared and another one, not caused by the edit, became visible.
fn is_progress((was, before): (&Failure, &str), (is, after): (&Failure, &str)) -> bool {
    if is.kind < Kind::SyntaxClosure {
        // Limits and crashes are worse than a plain error.
        return false;
    }
    let changed = changed_lines(before, after);
    if is.kind == Kind::SyntaxClosure {
        // The parser stops at the first error: only a later one can have existed before.
        return was.kind == Kind::SyntaxClosure
            && matches!((was.line, is.line), (Some(_), Some(line)) if line as usize > changed.new_end);
    }
    if was.kind != Kind::SyntaxClosure
        && was.message == is.message
        && statement(before, was.line) == statement(after, is.line)
    {
        return false;
    }
    let culprit = quoted(&is.message).last().copied().unwrap_or_default();
    let in_change = is
        .line
        .is_some_and(|line| (changed.start..=changed.new_end).contains(&(line as usize)));
    if matches!(is.kind, Kind::MissingFixture | Kind::EmptyGeometry) {
        return was.kind != is.kind;
    }
    // A name that the old code bound and the new one does not.
    if is.kind == Kind::UndefinedName && binds(before, culprit) && !binds(after, culprit) {
        return false;
    }
    // After the repair of a selector or plane, the operation that uses it runs for the first time.
    let repaired = ["ParseException", "Supported names are", "access index"];
    if is.kind == Kind::TypeOrValue && repaired.iter().any(|words| was.message.contains(words)) {
        return true;
    }
    // In the changed lines, only content that was there before is not the edit's fault.
    if in_change && was.kind == Kind::SyntaxClosure {
        return !matches!(is.kind, Kind::InventedApi | Kind::TypeOrValue)
            && !culprit.is_empty()
            && before.contains(culprit);
    }
    if in_change {
        let mut old = before
            .lines()
            .skip(changed.start - 1)
            .take(changed.old_end + 1 - changed.start);
        return !culprit.is_empty() && old.any(|line| line.contains(culprit));
    }
    true
}

struct Changed {
    start: usize,
    old_end: usize,
    new_end: usize,
}

/// Differing lines, counted from 1: all between the common head and the common tail.
fn changed_lines(before: &str, after: &str) -> Changed {
    let (old, new): (Vec<_>, Vec<_>) = (before.lines().collect(), after.lines().collect());
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let most = old.len().min(new.len()) - head;
    let tail = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take(most)
        .take_while(|(a, b)| a == b)
        .count();
    Changed {
        start: head + 1,
        old_end: old.len() - tail,
        new_end: new.len() - tail,
    }
}

fn statement(code: &str, line: Option<u32>) -> &str {
    line.and_then(|line| code.lines().nth((line as usize).checked_sub(1)?))
        .unwrap_or_default()
        .trim()
}

fn binds(code: &str, name: &str) -> bool {
    definitions(code).iter().any(|definition| definition.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(kind: Kind, message: &str, line: u32) -> Failure {
        Failure {
            kind,
            message: message.to_owned(),
            line: Some(line),
            traceback: String::new(),
        }
    }

    const BROKEN: &str = "import cadquery as cq\na = cq.Workplane().cub(1)\nb = a.bevel(2)\nfixture = b\n";

    #[test]
    fn a_later_error_that_existed_before_is_progress() {
        let was = failure(
            Kind::InventedApi,
            "AttributeError: 'Workplane' object has no attribute 'cub'",
            2,
        );
        let after = BROKEN.replace("cub(1)", "box(1, 1, 1)");
        let later = failure(
            Kind::InventedApi,
            "AttributeError: 'Workplane' object has no attribute 'bevel'",
            3,
        );
        assert!(is_progress((&was, BROKEN), (&later, &after)));
        // The same error is not progress, nor is a new error in the changed line.
        assert!(!is_progress((&was, BROKEN), (&was, BROKEN)));
        let made = failure(
            Kind::TypeOrValue,
            "TypeError: Workplane.box() missing 'height'",
            2,
        );
        assert!(!is_progress((&was, BROKEN), (&made, &after)));
    }

    #[test]
    fn removing_a_name_is_not_progress() {
        let was = failure(
            Kind::InventedApi,
            "AttributeError: 'Workplane' object has no attribute 'cub'",
            2,
        );
        let after = BROKEN.replace("a = cq.Workplane().cub(1)\n", "");
        let lost = failure(Kind::UndefinedName, "NameError: name 'a' is not defined", 2);
        assert!(!is_progress((&was, BROKEN), (&lost, &after)));
    }

    #[test]
    fn a_second_syntax_error_must_be_further_down() {
        let before = "a = (1\nb = 2\nc = [3\n";
        let was = failure(Kind::SyntaxClosure, "SyntaxError: '(' was never closed", 1);
        let next = failure(Kind::SyntaxClosure, "SyntaxError: '[' was never closed", 3);
        let after = "a = (1)\nb = 2\nc = [3\n";
        assert!(is_progress((&was, before), (&next, after)));
        assert!(!is_progress((&was, before), (&was, before)));
        // Lines without a statement.
        for line in [Some(0), Some(u32::MAX), None] {
            assert_eq!(statement(before, line), "");
        }
    }
}
