//! Operations whose result is valid until CadQuery's clean-up step: skips the clean-up.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_python::{Call, children};

/// The text of the note on such an operation, after name and line.
const BROKEN: &str = " is valid until CadQuery's clean-up step makes it invalid";

/// Name of an operation that is written as an operator.
const OPERATOR: &str = "a boolean";

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    for (method, line) in context.step.evaluation.notes.iter().filter_map(|note| read(note)) {
        if method == OPERATOR {
            operators(context, line, edits);
            continue;
        }
        let calls = context.source.calls_at(line).into_iter();
        for call in calls.filter(|call| call.name == method && call.receiver.is_some()) {
            edits.extend(without(context, &call));
        }
    }
    // The kernel returns nothing for a boolean with a shape that a clean-up broke, and that shape is not checked.
    if context.failure.is_some() && context.message.contains("Null TopoDS") {
        edits.extend(without_any(context));
        if let Some(line) = context.line {
            operators(context, line, edits);
        }
    }
}

/// Skips the clean-up after every boolean.
fn without_any(context: &RuleContext<'_>) -> Option<Edit> {
    let booleans = ["cut", "union", "intersect"];
    let calls = context.source.calls().into_iter();
    let mut changes = calls
        .filter(|call| booleans.contains(&call.name) && call.receiver.is_some())
        .filter_map(|call| without(context, &call))
        .flat_map(|edit| edit.changes);
    let (range, text) = changes.next()?;
    let reason = "the clean-up after a boolean may have broken the operand of the next one".to_owned();
    let first = edit(range, text, reason);
    Some(changes.fold(first, |edit, (range, text)| edit.and(range, text)))
}

/// Name and line of the operation in a note.
fn read(note: &str) -> Option<(&str, usize)> {
    let (method, line) = note.split_once(BROKEN)?.0.split_once(" on line ")?;
    Some((method, line.parse().ok()?))
}

fn edit(range: std::ops::Range<usize>, text: impl Into<String>, reason: String) -> Edit {
    Edit::new("clean", 4, range, text, reason).needed()
}

fn without(context: &RuleContext<'_>, call: &Call<'_>) -> Option<Edit> {
    if call.name == "clean" {
        let range = call.receiver?.end_byte()..call.node.end_byte();
        return Some(edit(range, "", "the clean-up breaks a valid solid".to_owned()));
    }
    let reason = format!("the clean-up after `{}` breaks a valid solid", call.name);
    let given = call.keyword("clean");
    if let Some(given) = given {
        return Some(edit(given.value.byte_range(), "False", reason));
    }
    let params = context.api.params("Workplane", call.name)?;
    let place = params.iter().position(|param| param.name == "clean")?;
    let before = params[..place].iter().all(|param| param.star.is_none());
    if before && let Some(arg) = call.args.get(place).filter(|arg| arg.keyword.is_none()) {
        return Some(edit(arg.value.byte_range(), "False", reason));
    }
    // After the last argument, or its trailing comma.
    let mut inside = children(call.list).into_iter().rev().skip(1);
    let last = inside.find(|node| node.kind() != "comment")?;
    let lead = match last.kind() {
        "(" => "",
        "," => " ",
        _ => ", ",
    };
    let at = last.end_byte();
    Some(edit(at..at, format!("{lead}clean=False"), reason))
}

/// The method of an operator.
fn method_of(sign: &str) -> Option<&'static str> {
    match sign {
        "-" => Some("cut"),
        "+" | "|" => Some("union"),
        "*" | "&" => Some("intersect"),
        _ => None,
    }
}

/// The operators of a line as methods, the outermost first; the result of the edit shows which one is meant.
fn operators(context: &RuleContext<'_>, line: usize, edits: &mut Vec<Edit>) {
    let source = context.source;
    let row = line.saturating_sub(1);
    let nodes = source.nodes().into_iter().filter(|node| {
        node.kind() == "binary_operator" && node.start_position().row <= row && node.end_position().row >= row
    });
    for node in nodes {
        let (Some(left), Some(sign), Some(right)) = (
            node.child_by_field_name("left"),
            node.child_by_field_name("operator"),
            node.child_by_field_name("right"),
        ) else {
            continue;
        };
        let Some(method) = method_of(source.at(sign)) else {
            continue;
        };
        let binds = matches!(
            left.kind(),
            "identifier" | "attribute" | "call" | "subscript" | "parenthesized_expression"
        );
        let (open, close) = if binds { ("", "") } else { ("(", ")") };
        let text = format!(
            "{open}{}{close}.{method}({}, clean=False)",
            source.at(left),
            source.at(right)
        );
        let reason = format!("the clean-up after `{}` breaks a valid solid", source.at(sign));
        edits.push(edit(node.byte_range(), text, reason));
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{offers, offers_on};

    fn edited(code: &str, method: &str, line: usize) -> Vec<String> {
        let note = format!("{method} on line {line}{}: pass clean=False to it", super::BROKEN);
        let offers = offers_on(code, &[&note]).into_iter();
        let own = offers.filter(|(_, edit)| edit.rule == "clean");
        own.map(|(code, _)| code).collect()
    }

    #[test]
    fn the_named_call_skips_the_clean_up() {
        let cases = [
            ("r = a.cut(b)\n", "cut", "r = a.cut(b, clean=False)\n"),
            ("r = a.cut(b,)\n", "cut", "r = a.cut(b, clean=False)\n"),
            ("r = a.cut(b, clean=True)\n", "cut", "r = a.cut(b, clean=False)\n"),
            ("r = a.union(b, True)\n", "union", "r = a.union(b, False)\n"),
            ("r = a.combine()\n", "combine", "r = a.combine(clean=False)\n"),
            (
                "r = a.union(b).cut(\n    b\n)\n",
                "cut",
                "r = a.union(b).cut(\n    b, clean=False\n)\n",
            ),
            ("r = a.union(b).clean()\n", "clean", "r = a.union(b)\n"),
            ("r = a - b\n", "a boolean", "r = a.cut(b, clean=False)\n"),
            ("r = a * b\n", "a boolean", "r = a.intersect(b, clean=False)\n"),
        ];
        for (code, method, expected) in cases {
            assert_eq!(edited(code, method, 1), [expected], "{code}");
        }
        assert_eq!(
            edited("r = a - b - c\n", "a boolean", 1),
            [
                "r = (a - b).cut(c, clean=False)\n",
                "r = a.cut(b, clean=False) - c\n"
            ]
        );
    }

    #[test]
    fn a_null_boolean_is_tried_without_any_clean_up() {
        let code = "r = a.cut(b).union(c, clean=False)\ns = r.intersect(b).fillet(1)\n";
        let (changed, edit) = offers(
            code,
            "type_or_value",
            "ValueError: Null TopoDS_Shape object",
            Some(2),
        )
        .into_iter()
        .next()
        .unwrap();
        assert_eq!(edit.rule, "clean");
        assert_eq!(
            changed,
            "r = a.cut(b, clean=False).union(c, clean=False)\ns = r.intersect(b, clean=False).fillet(1)\n"
        );
    }

    #[test]
    fn calls_without_the_parameter_are_unchanged() {
        for (code, method, line) in [
            ("r = a.translate(b)\n", "translate", 1),
            ("r = cut(b)\n", "cut", 1),
            ("r = a.cut(b)\n", "cut", 7),
        ] {
            assert!(edited(code, method, line).is_empty(), "{code}");
        }
    }
}
