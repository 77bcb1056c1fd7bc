//! Arguments and chains of another form than a call takes: vectors, open outlines, operands that are not parts.

use super::arguments::rotate;
use super::context::RuleContext;
use super::edit::Edit;
use super::idioms::{positional, vector};
use super::results;
use cadforge_core::failure::Kind;

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind == Kind::TypeOrValue {
        forms(context, edits);
        pending(context, edits);
        operands(context, edits);
    }
}

/// Invalid vectors, `move` for `translate`, points that are not a list.
fn forms(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let message = context.message;
    let Some(line) = context.line else { return };
    for call in source.calls_at(line) {
        let places = positional(&call);
        if message.contains("Expected three floats")
            || message.contains("vector")
            || message.contains("Vec")
            || message.contains("tuple")
        {
            if call.name == "translate"
                && let [only] = places[..]
                && !only.starts_with('(')
            {
                let list = call.list.byte_range();
                for (rank, form) in [
                    (7, format!("((0, 0, {only}))")),
                    (9, format!("(({only}, 0, 0))")),
                    (10, format!("((0, {only}, 0))")),
                ] {
                    edits.push(Edit::new(
                        "arguments",
                        rank,
                        list.clone(),
                        form,
                        "`translate` takes a vector",
                    ));
                }
            }
            if call.name == "rotate" {
                rotate(&call, edits);
            }
            if call.name == "rotateAboutCenter" && places.len() == 2 && places[1].starts_with('(') {
                edits.push(Edit::new(
                    "arguments",
                    6,
                    call.list.byte_range(),
                    format!("({}, {})", places[1], places[0]),
                    "the axis comes before the angle",
                ));
            }
            // Pairs instead of triples.
            for arg in call.args.iter().filter(|arg| {
                arg.value.kind() == "tuple" && arg.value.named_child_count() == 2 && call.name == "translate"
            }) {
                let at = arg.value.end_byte() - 1;
                edits.push(Edit::new(
                    "arguments",
                    8,
                    at..at,
                    ", 0",
                    "a vector has three numbers",
                ));
            }
            for arg in call
                .args
                .iter()
                .filter(|arg| arg.value.kind() == "tuple" && arg.value.named_child_count() > 3)
            {
                let third = arg.value.named_child(2).expect("counted");
                edits.push(Edit::new(
                    "arguments",
                    8,
                    third.end_byte()..arg.value.end_byte() - 1,
                    "",
                    "a vector has three numbers",
                ));
            }
            for arg in call.args.iter().filter(|arg| {
                arg.keyword
                    .is_some_and(|name| ["origin", "offset", "rotate", "dir", "direct"].contains(&name))
                    && matches!(arg.value.kind(), "integer" | "float" | "identifier")
            }) {
                let value = arg.text;
                edits.push(Edit::new(
                    "arguments",
                    8,
                    arg.value.byte_range(),
                    format!("(0, 0, {value})"),
                    "a vector has three numbers",
                ));
            }
        }
        if call.name == "move" && (message.contains("vector") || message.contains("convert")) {
            edits.push(Edit::new(
                "arguments",
                5,
                call.name_node.start_byte()..call.node.end_byte(),
                format!("translate({})", vector(&call)),
                "`translate` moves a part",
            ));
        }
        if call.name == "pushPoints"
            && let [only] = places[..]
            && (only.starts_with('(') || message.contains("has no len"))
        {
            let text = if only.starts_with("((") {
                format!("[{}]", &only[1..only.len() - 1])
            } else if only.starts_with('(') {
                format!("[{only}]")
            } else {
                continue;
            };
            edits.push(Edit::new(
                "arguments",
                7,
                call.args[0].value.byte_range(),
                text,
                "`pushPoints` takes a list of points",
            ));
        }
    }
}

/// Open sketches, operations without a sketch or a solid.
fn pending(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let message = context.message;
    let Some(line) = context.line else { return };
    for call in source.calls_at(line) {
        let Some(receiver) = call.receiver else { continue };
        let chain = source.at(receiver);
        if message.contains("No pending wires") {
            let open = [
                "lineTo(",
                "line(",
                "polyline(",
                "hLine",
                "vLine",
                "threePointArc(",
                "spline(",
                "tangentArc",
                "radiusArc",
                "sagittaArc",
            ];
            let at = receiver.end_byte();
            if open.iter().any(|word| chain.contains(word)) && !chain.contains(".close()") {
                edits.push(Edit::new(
                    "close",
                    5,
                    at..at,
                    ".close()",
                    format!("closes the outline before `{}`", call.name),
                ));
                edits.push(Edit::new(
                    "close",
                    9,
                    at..at,
                    ".wire()",
                    format!("makes a wire of the outline before `{}`", call.name),
                ));
            } else if open.iter().any(|word| chain.contains(word)) {
                edits.push(Edit::new(
                    "close",
                    12,
                    at..at,
                    ".wire()",
                    format!("makes a wire of the outline before `{}`", call.name),
                ));
            }
            if chain.contains("forConstruction=True") {
                let from = receiver.start_byte() + chain.find("forConstruction=True").expect("just seen");
                edits.push(Edit::new(
                    "close",
                    6,
                    from..from + "forConstruction=True".len(),
                    "forConstruction=False",
                    "draws the outline without `forConstruction`",
                ));
            }
            // Nothing is drawn in this chain; the sketch may be in another statement.
            edits.push(Edit::new(
                "drop call",
                40,
                at..call.node.end_byte(),
                "",
                format!("removes `{}`, which has no outline", call.name),
            ));
        }
        if message.contains("Cannot find a solid") {
            let at = receiver.end_byte();
            edits.push(Edit::new(
                "drop call",
                30,
                at..call.node.end_byte(),
                "",
                format!("removes `{}`, which has no part", call.name),
            ));
            if call.name == "hole" || call.name == "cutThruAll" {
                edits.push(Edit::new(
                    "drop call",
                    28,
                    call.node.byte_range(),
                    format!("{chain}.circle(1).extrude(1)"),
                    "draws a part to work on",
                ));
            }
        }
        if message.contains("No start point") || message.contains("cannot close") {
            edits.push(Edit::new(
                "drop call",
                10,
                receiver.end_byte()..call.node.end_byte(),
                "",
                "removes `close`: no outline is open",
            ));
        }
        if message.contains("More than one wire") {
            let at = receiver.end_byte();
            edits.push(Edit::new(
                "loft",
                10,
                at..call.node.end_byte(),
                ".extrude(10.0)",
                "one outline is extruded, not lofted",
            ));
        }
    }
}

/// Operands that are not parts: uncalled functions, lists, `None`.
fn operands(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let message = context.message;
    let is_operand = ["Cannot union", "Cannot cut", "Cannot intersect"]
        .iter()
        .any(|words| message.contains(words));
    if !is_operand && !message.contains("NoneType") && !message.contains("'function'") {
        return;
    }
    if message.contains("NoneType") {
        super::results::missing_returns(context, 7, edits);
    }
    let Some(line) = context.line else { return };
    for call in source
        .calls_at(line)
        .iter()
        .filter(|call| matches!(call.name, "union" | "cut" | "intersect" | "add"))
    {
        let Some(arg) = call.args.first() else { continue };
        let text = arg.text;
        if source.functions().iter().any(|function| function.name == text) {
            let at = arg.value.end_byte();
            edits.push(Edit::new("uncalled", 5, at..at, "()", format!("calls `{text}`")));
        }
        if matches!(arg.value.kind(), "list" | "tuple") {
            let items: Vec<_> = (0..arg.value.named_child_count())
                .filter_map(|index| arg.value.named_child(index as u32))
                .collect();
            let chain: Vec<String> = items
                .iter()
                .map(|item| format!("({})", source.at(*item)))
                .collect();
            let joined = chain.join(&format!(".{}", call.name));
            edits.push(Edit::new(
                "arguments",
                5,
                call.list.byte_range(),
                joined,
                format!("`{}` takes one part at a time", call.name),
            ));
        }
        if arg.value.kind() == "identifier" && message.contains("list") {
            let at = call.list.byte_range();
            let text = format!(
                "(cq.Workplane(\"XY\").newObject([shape for piece in {text} for shape in piece.vals()]).combine())"
            );
            edits.push(Edit::new("list", 8, at, text, "joins the list into one part"));
        }
        if let Some(receiver) = call.receiver {
            edits.push(Edit::new(
                "drop call",
                50,
                receiver.end_byte()..call.node.end_byte(),
                "",
                format!("removes `{text}`, which is not a part"),
            ));
        }
    }
    results::bound(context, edits);
}
