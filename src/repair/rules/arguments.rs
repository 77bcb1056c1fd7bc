//! Calls that exist, with wrong arguments: too few, too many, or of another form.

use super::context::RuleContext;
use super::edit::Edit;
use super::guesses::{in_place, value_for};
use super::idioms::{positional, vector};
use cadforge_python::{Call, number, quoted};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if !context.is_runtime() {
        return;
    }
    let message = context.message;
    if message.contains("missing") && message.contains("required positional argument") {
        too_few(context, edits);
    }
    if message.contains("positional argument") && message.contains("given") {
        too_many(context, edits);
    }
}

/// `Class.method` or `function` before the brackets of a message.
fn callee(message: &str) -> (Option<&str>, &str) {
    let name = message
        .split("()")
        .next()
        .unwrap_or_default()
        .rsplit(' ')
        .next()
        .unwrap_or_default();
    match name.rsplit_once('.') {
        Some((class, name)) if class != "<locals>" && !class.ends_with("<locals>") => (Some(class), name),
        Some((_, name)) => (None, name),
        None => (None, name),
    }
}

/// Calls of that name that the failure may mean: those in the lines of the traceback, else all.
pub(super) fn suspects<'t>(context: &'t RuleContext<'_>, name: &str) -> Vec<Call<'t>> {
    let mut lines = context.frames();
    lines.extend(context.line);
    let all: Vec<_> = context
        .source
        .calls()
        .into_iter()
        .filter(|call| call.name == name)
        .collect();
    for line in lines.iter().rev() {
        let exact: Vec<_> = all
            .iter()
            .filter(|call| call.name_node.start_position().row + 1 == *line)
            .cloned()
            .collect();
        if !exact.is_empty() {
            return exact;
        }
    }
    let near: Vec<_> = all
        .iter()
        .filter(|call| {
            lines.iter().any(|line| {
                (call.node.start_position().row + 1..=call.node.end_position().row + 1).contains(line)
            })
        })
        .cloned()
        .collect();
    if near.is_empty() { all } else { near }
}

fn too_few(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let (class, method) = callee(context.message);
    let missing = quoted(context.message);
    let shown = if method == "__init__" {
        class.unwrap_or(method)
    } else {
        method
    };
    for call in suspects(context, shown) {
        // `cq.Workplane.box(1, 2, 3)`: called on the class instead of an object.
        if let Some(receiver) = call.receiver
            && source.at(receiver).ends_with("Workplane")
        {
            let at = receiver.end_byte();
            edits.push(Edit::new(
                "wrong owner",
                5,
                at..at,
                "(\"XY\")",
                "creates a Workplane to draw on",
            ));
        }
        if shown == "rotate" {
            let known = edits.len();
            rotate(&call, edits);
            if edits.len() > known {
                continue;
            }
        }
        let places = positional(&call);
        if shown == "box" && places.len() == 1 && missing.len() == 2 {
            let at = call
                .args
                .last()
                .map_or(call.list.end_byte() - 1, |arg| arg.node.end_byte());
            edits.push(Edit::new(
                "arguments",
                9,
                at..at,
                format!(", {0}, {0}", places[0]),
                "a box takes three lengths",
            ));
        }
        // A tuple instead of its elements: `box((1, 2, 3))`.
        if let [only] = call.args[..]
            && only.value.kind() == "tuple"
            && only.value.named_child_count() > missing.len()
        {
            let inner = only.text;
            edits.push(Edit::new(
                "arguments",
                6,
                only.value.byte_range(),
                &inner[1..inner.len() - 1],
                "passes the numbers as separate arguments",
            ));
        }
        let names = source.scope(call.node);
        if let Some(edit) = in_place(context, &call, shown, &names) {
            edits.push(edit);
        }
        let end = call.list.end_byte() - 1;
        let lead = if call.args.is_empty() { "" } else { ", " };
        let mut guesses: Vec<Vec<String>> = vec![Vec::new()];
        for name in &missing {
            let choices = value_for(context, &call, name, &names);
            guesses = guesses
                .iter()
                .flat_map(|guess| {
                    choices
                        .iter()
                        .take(3)
                        .map(move |choice| [guess.clone(), vec![format!("{name}={choice}")]].concat())
                })
                .take(6)
                .collect();
        }
        for (order, guess) in guesses.into_iter().enumerate() {
            let trailing = source.text[..end].trim_end().ends_with(',');
            let text = format!("{}{}", if trailing { " " } else { lead }, guess.join(", "));
            edits.push(Edit::new(
                "arguments",
                16 + 2 * order as u32,
                end..end,
                text,
                format!("`{shown}` requires {}", missing.join(", ")),
            ));
        }
    }
}

fn too_many(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let (class, method) = callee(context.message);
    let numbers: Vec<usize> = context
        .message
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect();
    let [.., most, given] = numbers[..] else { return };
    let own_self = usize::from(class.is_some());
    let (most, given) = (most.saturating_sub(own_self), given.saturating_sub(own_self));
    let shown = if method == "__init__" {
        class.unwrap_or(method)
    } else {
        method
    };
    for call in suspects(context, shown) {
        let places = call.positional();
        if places.len() != given {
            continue;
        }
        let whole = places[0].node.start_byte()..places[given - 1].node.end_byte();
        match shown {
            "translate" | "Vector" | "Location" if given >= 2 => {
                edits.push(Edit::new(
                    "arguments",
                    5,
                    whole.clone(),
                    vector(&call),
                    format!("`{shown}` takes one vector"),
                ));
            }
            "move" if given == 3 => {
                let range = call.name_node.start_byte()..call.node.end_byte();
                edits.push(Edit::new(
                    "arguments",
                    5,
                    range,
                    format!("translate({})", vector(&call)),
                    "`move` draws in the plane; `translate` moves a part",
                ));
            }
            "pushPoints" | "polyline" | "spline" => {
                let text = source.text[whole.clone()].to_owned();
                let text = if places.iter().all(|arg| arg.value.kind() == "tuple") {
                    format!("[{text}]")
                } else {
                    format!("[({text})]")
                };
                edits.push(Edit::new(
                    "arguments",
                    5,
                    whole.clone(),
                    text,
                    format!("`{shown}` takes a list of points"),
                ));
            }
            "union" | "cut" | "intersect" if places.iter().all(|arg| arg.value.kind() != "true") => {
                let chain: String = places[1..]
                    .iter()
                    .map(|arg| format!(".{shown}({})", arg.text))
                    .collect();
                let range = places[0].node.end_byte()..call.node.end_byte();
                edits.push(Edit::new(
                    "arguments",
                    5,
                    range,
                    format!("){chain}"),
                    format!("`{shown}` takes one part at a time"),
                ));
            }
            "rotate" => rotate(&call, edits),
            "center" | "moveTo" | "lineTo" if given == 3 => {
                let text = places[..2]
                    .iter()
                    .map(|arg| arg.text)
                    .collect::<Vec<_>>()
                    .join(", ");
                edits.push(Edit::new(
                    "arguments",
                    6,
                    whole.clone(),
                    text,
                    format!("`{shown}` takes x and y"),
                ));
            }
            _ => {}
        }
        if most < given {
            let range = if most == 0 {
                whole.clone()
            } else {
                places[most - 1].node.end_byte()..whole.end
            };
            edits.push(Edit::new(
                "arguments",
                14,
                range,
                "",
                format!("`{shown}` takes {most} arguments: removes the rest"),
            ));
            if let Some(least) = class
                .and_then(|class| context.api.arity(class, method))
                .map(|arity| arity.least)
                .filter(|least| *least > 0 && *least < most)
            {
                let range = places[least - 1].node.end_byte()..whole.end;
                edits.push(Edit::new(
                    "arguments",
                    15,
                    range,
                    "",
                    format!("passes only the required arguments to `{shown}`"),
                ));
            }
            for (index, arg) in places
                .iter()
                .enumerate()
                .take(given - 1)
                .filter(|_| given == most + 1)
            {
                let range = super::keywords::without(source.text, arg.node);
                edits.push(Edit::new(
                    "arguments",
                    20 + index as u32,
                    range,
                    "",
                    format!("`{shown}` takes {most} arguments: removes one"),
                ));
            }
        }
    }
}

/// Maps all forms of calling `rotate` to the valid one.
pub(super) fn rotate(call: &Call<'_>, edits: &mut Vec<Edit>) {
    let axis_of = |text: &str| match text.trim_matches(['"', '\'']).to_ascii_uppercase().as_str() {
        "X" => Some("(1, 0, 0)"),
        "Y" => Some("(0, 1, 0)"),
        "Z" => Some("(0, 0, 1)"),
        _ => None,
    };
    let is_vector = |text: &str| text.starts_with('(') || text.contains("Vector");
    let values: Vec<&str> = call.args.iter().map(|arg| arg.text).collect();
    let named_axis = values.iter().find_map(|text| axis_of(text));
    let vectors: Vec<&str> = values.iter().copied().filter(|text| is_vector(text)).collect();
    let angles: Vec<&str> = values
        .iter()
        .copied()
        .filter(|text| !is_vector(text) && axis_of(text).is_none())
        .collect();
    let text = match (&vectors[..], &angles[..]) {
        ([axis], [angle]) => Some(format!("((0, 0, 0), {axis}, {angle})")),
        ([from, to, ..], [angle]) => Some(format!("({from}, {to}, {angle})")),
        ([], [angle]) => Some(format!(
            "((0, 0, 0), {}, {angle})",
            named_axis.unwrap_or("(0, 0, 1)")
        )),
        // Three angles about the axes: usually only one is not zero.
        ([], [x, y, z]) => {
            let turns = [(x, "(1, 0, 0)"), (y, "(0, 1, 0)"), (z, "(0, 0, 1)")];
            let turns: Vec<String> = turns
                .iter()
                .filter(|(angle, _)| number(angle) != Some(0.0))
                .map(|(angle, axis)| format!("((0, 0, 0), {axis}, {angle})"))
                .collect();
            Some(turns.join(".rotate"))
        }
        ([angles], []) => {
            let inner: Vec<&str> = angles
                .trim_matches(['(', ')'])
                .split(',')
                .map(str::trim)
                .collect();
            let axes = ["(1, 0, 0)", "(0, 1, 0)", "(0, 0, 1)"];
            let turns: Vec<String> = inner
                .iter()
                .zip(axes)
                .filter(|(angle, _)| number(angle) != Some(0.0))
                .map(|(angle, axis)| format!("((0, 0, 0), {axis}, {angle})"))
                .collect();
            (!turns.is_empty()).then(|| turns.join(".rotate"))
        }
        _ => None,
    };
    if let Some(text) = text {
        edits.push(Edit::new(
            "arguments",
            6,
            call.list.byte_range(),
            text,
            "`rotate` takes two points of the axis and the angle",
        ));
    }
}
