//! Calls that exist, with arguments that do not fit: too few, too many, not in the form that is asked for.

use super::idioms::{positional, vector};
use super::names::scope;
use super::source::{Call, number};
use super::{Edit, Situation, nearest};
use crate::failure::Kind;
use crate::repair::keep::quoted;

pub(super) fn rule(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    if !situation.is_runtime() {
        return;
    }
    let message = situation.message;
    if message.contains("missing") && message.contains("required positional argument") {
        too_few(situation, edits);
    }
    if message.contains("positional argument") && message.contains("given") {
        too_many(situation, edits);
    }
    if situation.kind == Kind::TypeOrValue {
        forms(situation, edits);
        pending(situation, edits);
        operands(situation, edits);
    }
}

/// `Class.method` or `function` before the brackets of a message.
fn callee(message: &str) -> (Option<&str>, &str) {
    let name = message.split("()").next().unwrap_or_default().rsplit(' ').next().unwrap_or_default();
    match name.rsplit_once('.') {
        Some((class, name)) if class != "<locals>" && !class.ends_with("<locals>") => (Some(class), name),
        Some((_, name)) => (None, name),
        None => (None, name),
    }
}

/// Calls of that name that the failure can mean: those in the lines of the traceback, else all.
pub(super) fn suspects<'t>(situation: &'t Situation<'_>, name: &str) -> Vec<Call<'t>> {
    let mut lines = situation.frames();
    lines.extend(situation.line);
    let all: Vec<_> = situation.source.calls().into_iter().filter(|call| call.name == name).collect();
    for line in lines.iter().rev() {
        let exact: Vec<_> = all.iter().filter(|call| call.name_node.start_position().row + 1 == *line).cloned().collect();
        if !exact.is_empty() {
            return exact;
        }
    }
    let near: Vec<_> = all
        .iter()
        .filter(|call| lines.iter().any(|line| (call.node.start_position().row + 1..=call.node.end_position().row + 1).contains(line)))
        .cloned()
        .collect();
    if near.is_empty() { all } else { near }
}

fn too_few(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let (class, method) = callee(situation.message);
    let missing = quoted(situation.message);
    let shown = if method == "__init__" { class.unwrap_or(method) } else { method };
    for call in suspects(situation, shown) {
        // `cq.Workplane.box(1, 2, 3)`: the class itself stands where an object belongs.
        if let Some(receiver) = call.receiver
            && source.at(receiver).ends_with("Workplane")
        {
            let at = receiver.end_byte();
            edits.push(Edit::new("wrong owner", 5, at..at, "(\"XY\")", "makes a Workplane to draw on"));
        }
        if shown == "rotate" {
            let known = edits.len();
            rotate(situation, &call, edits);
            if edits.len() > known {
                continue;
            }
        }
        let places = positional(source, &call);
        if shown == "box" && places.len() == 1 && missing.len() == 2 {
            let at = call.args.last().map_or(call.list.end_byte() - 1, |arg| arg.node.end_byte());
            edits.push(Edit::new("arguments", 9, at..at, format!(", {0}, {0}", places[0]), "a box takes three lengths"));
        }
        // A tuple given where its parts were meant: `box((1, 2, 3))`.
        if let [only] = call.args[..]
            && only.value.kind() == "tuple"
            && only.value.named_child_count() > missing.len()
        {
            let inner = source.at(only.value);
            edits.push(Edit::new("arguments", 6, only.value.byte_range(), &inner[1..inner.len() - 1], "gives the numbers one by one"));
        }
        let names = scope(source, call.node);
        let end = call.list.end_byte() - 1;
        let lead = if call.args.is_empty() { "" } else { ", " };
        let mut guesses: Vec<Vec<String>> = vec![Vec::new()];
        for name in &missing {
            let choices = value_for(situation, &call, name, &names);
            guesses = guesses
                .iter()
                .flat_map(|guess| choices.iter().take(3).map(move |choice| [guess.clone(), vec![format!("{name}={choice}")]].concat()))
                .take(6)
                .collect();
        }
        for (order, guess) in guesses.into_iter().enumerate() {
            let trailing = source.text[..end].trim_end().ends_with(',');
            let text = format!("{}{}", if trailing { " " } else { lead }, guess.join(", "));
            edits.push(Edit::new("arguments", 16 + 2 * order as u32, end..end, text, format!("`{shown}` must be given {}", missing.join(", "))));
        }
    }
}

/// Values that may stand for a parameter, the likeliest first.
fn value_for(situation: &Situation<'_>, call: &Call<'_>, param: &str, names: &std::collections::BTreeSet<String>) -> Vec<String> {
    let source = situation.source;
    let mut found = Vec::new();
    if names.contains(param) {
        found.push(param.to_owned());
    }
    // What other calls of the same name give.
    for other in source.calls().iter().filter(|other| other.name == call.name && other.node != call.node) {
        let place = situation.api.params("Workplane", call.name).and_then(|params| params.iter().position(|known| known.name == param));
        let own = source.functions().iter().find(|function| function.name == call.name).and_then(|function| function.params.iter().position(|(known, _)| *known == param));
        if let Some(value) = place.or(own).and_then(|place| positional(source, other).get(place).map(|text| (*text).to_owned())) {
            found.push(value);
        }
    }
    let used: Vec<&str> = call.args.iter().map(|arg| source.at(arg.value)).collect();
    let numbers: Vec<&String> = names.iter().filter(|name| !used.contains(&name.as_str()) && is_number(situation, name)).collect();
    let wanted = nearest::words(param).pop().unwrap_or_default();
    // A constant of that meaning, best one that shares a word with the arguments that are there.
    let mut scored: Vec<(usize, &String)> = numbers
        .iter()
        .map(|name| {
            let words = nearest::words(name);
            let kindred: &[&str] = match wanted.as_str() {
                "height" | "depth" => &["height", "thickness", "depth", "h", "t"],
                "degrees" | "angle" => &["angle", "degrees", "turn"],
                _ => &[],
            };
            let means = |word: &String| word.starts_with(&wanted) || wanted.starts_with(word.as_str()) || kindred.contains(&word.as_str());
            let same = words.iter().filter(|word| means(word)).count() * 3;
            let kin = words.iter().filter(|word| used.iter().any(|text| nearest::words(text).contains(word))).count() * 2;
            (same + kin, *name)
        })
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.extend(scored.into_iter().take(3).map(|(_, name)| name.clone()));
    if let Some(last) = used.last().filter(|text| !text.starts_with(['"', '\'', '('])) {
        found.push((*last).to_owned());
    }
    let plain = match param {
        "startAngle" => "0",
        "angleDegrees" if call.name == "rotate" => "90",
        "angle" | "angleDegrees" => "360",
        "count" | "xCount" | "yCount" => "4",
        "nSides" => "6",
        "vec" => "(0, 0, 0)",
        "fontsize" => "10",
        _ => "10.0",
    };
    found.push(plain.to_owned());
    let mut seen = std::collections::BTreeSet::new();
    let known = |value: &str| {
        let words = value.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'));
        words.into_iter().all(|word| names.contains(word) || ["math", "pi", "cq"].contains(&word))
    };
    found.retain(|value| known(value) && seen.insert(value.clone()));
    if matches!(param, "startAngle" | "angle" | "vec") {
        found.sort_by_key(|value| value != plain);
    }
    found
}

fn is_number(situation: &Situation<'_>, name: &str) -> bool {
    let source = situation.source;
    source.bindings().iter().any(|binding| {
        binding.name == name && matches!(binding.value.kind(), "integer" | "float" | "binary_operator" | "unary_operator")
    })
}

fn too_many(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let (class, method) = callee(situation.message);
    let numbers: Vec<usize> = situation.message.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect();
    let [.., most, given] = numbers[..] else { return };
    let own_self = usize::from(class.is_some());
    let (most, given) = (most.saturating_sub(own_self), given.saturating_sub(own_self));
    let shown = if method == "__init__" { class.unwrap_or(method) } else { method };
    for call in suspects(situation, shown) {
        let places: Vec<_> = call.args.iter().filter(|arg| arg.name.is_none()).collect();
        if places.len() != given {
            continue;
        }
        let whole = places[0].node.start_byte()..places[given - 1].node.end_byte();
        match shown {
            "translate" | "Vector" | "Location" if given >= 2 => {
                edits.push(Edit::new("arguments", 5, whole.clone(), vector(source, &call), format!("`{shown}` takes one vector")));
            }
            "move" if given == 3 => {
                let range = call.name_node.start_byte()..call.node.end_byte();
                edits.push(Edit::new("arguments", 5, range, format!("translate({})", vector(source, &call)), "`move` draws in the plane: a part is moved by `translate`"));
            }
            "pushPoints" | "polyline" | "spline" => {
                let text = source.text[whole.clone()].to_owned();
                let text = if places.iter().all(|arg| arg.value.kind() == "tuple") { format!("[{text}]") } else { format!("[({text})]") };
                edits.push(Edit::new("arguments", 5, whole.clone(), text, format!("`{shown}` takes a list of points")));
            }
            "union" | "cut" | "intersect" if places.iter().all(|arg| arg.value.kind() != "true") => {
                let chain: String = places[1..].iter().map(|arg| format!(".{shown}({})", source.at(arg.value))).collect();
                let range = places[0].node.end_byte()..call.node.end_byte();
                edits.push(Edit::new("arguments", 5, range, format!("){chain}"), format!("`{shown}` takes one part at a time")));
            }
            "rotate" => rotate(situation, &call, edits),
            "center" | "moveTo" | "lineTo" if given == 3 => {
                let text = places[..2].iter().map(|arg| source.at(arg.value)).collect::<Vec<_>>().join(", ");
                edits.push(Edit::new("arguments", 6, whole.clone(), text, format!("`{shown}` takes x and y")));
            }
            _ => {}
        }
        if most < given {
            let range = if most == 0 { whole.clone() } else { places[most - 1].node.end_byte()..whole.end };
            edits.push(Edit::new("arguments", 14, range, "", format!("`{shown}` takes {most} arguments, leaves out the rest")));
            if let Some(least) = class.and_then(|class| situation.api.arity(class, method)).map(|arity| arity.least).filter(|least| *least > 0 && *least < most) {
                let range = places[least - 1].node.end_byte()..whole.end;
                edits.push(Edit::new("arguments", 15, range, "", format!("gives `{shown}` only what it must be given")));
            }
            for (index, arg) in places.iter().enumerate().take(given - 1).filter(|_| given == most + 1) {
                let range = super::invented::without(source.text, arg.node);
                edits.push(Edit::new("arguments", 20 + index as u32, range, "", format!("`{shown}` takes {most} arguments, leaves out one")));
            }
        }
    }
}

/// All the ways that `rotate` is called, as the one it takes.
fn rotate(situation: &Situation<'_>, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let axis_of = |text: &str| match text.trim_matches(['"', '\'']).to_ascii_uppercase().as_str() {
        "X" => Some("(1, 0, 0)"),
        "Y" => Some("(0, 1, 0)"),
        "Z" => Some("(0, 0, 1)"),
        _ => None,
    };
    let is_vector = |text: &str| text.starts_with('(') || text.contains("Vector");
    let values: Vec<&str> = call.args.iter().map(|arg| source.at(arg.value)).collect();
    let named_axis = values.iter().find_map(|text| axis_of(text));
    let vectors: Vec<&str> = values.iter().copied().filter(|text| is_vector(text)).collect();
    let angles: Vec<&str> = values.iter().copied().filter(|text| !is_vector(text) && axis_of(text).is_none()).collect();
    let text = match (&vectors[..], &angles[..]) {
        ([axis], [angle]) => Some(format!("((0, 0, 0), {axis}, {angle})")),
        ([from, to, ..], [angle]) => Some(format!("({from}, {to}, {angle})")),
        ([], [angle]) => Some(format!("((0, 0, 0), {}, {angle})", named_axis.unwrap_or("(0, 0, 1)"))),
        // Three angles about the axes: only one of them is often not zero.
        ([], [x, y, z]) => {
            let turns = [(x, "(1, 0, 0)"), (y, "(0, 1, 0)"), (z, "(0, 0, 1)")];
            let turns: Vec<String> = turns.iter().filter(|(angle, _)| number(angle) != Some(0.0)).map(|(angle, axis)| format!("((0, 0, 0), {axis}, {angle})")).collect();
            Some(turns.join(".rotate"))
        }
        ([angles], []) => {
            let inner: Vec<&str> = angles.trim_matches(['(', ')']).split(',').map(str::trim).collect();
            let axes = ["(1, 0, 0)", "(0, 1, 0)", "(0, 0, 1)"];
            let turns: Vec<String> = inner.iter().zip(axes).filter(|(angle, _)| number(angle) != Some(0.0)).map(|(angle, axis)| format!("((0, 0, 0), {axis}, {angle})")).collect();
            (!turns.is_empty()).then(|| turns.join(".rotate"))
        }
        _ => None,
    };
    if let Some(text) = text {
        edits.push(Edit::new("arguments", 6, call.list.byte_range(), text, "`rotate` takes two points of the axis and the angle"));
    }
}

/// Vectors that are none, `move` for `translate`, points that are no list.
fn forms(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let message = situation.message;
    let Some(line) = situation.line else { return };
    for call in source.calls_at(line) {
        let places = positional(source, &call);
        if message.contains("Expected three floats") || message.contains("vector") || message.contains("Vec") || message.contains("tuple") {
            if call.name == "translate"
                && let [only] = places[..]
                && !only.starts_with('(')
            {
                let list = call.list.byte_range();
                for (rank, form) in [(7, format!("((0, 0, {only}))")), (9, format!("(({only}, 0, 0))")), (10, format!("((0, {only}, 0))"))] {
                    edits.push(Edit::new("arguments", rank, list.clone(), form, "`translate` takes a vector"));
                }
            }
            if call.name == "rotate" {
                rotate(situation, &call, edits);
            }
            if call.name == "rotateAboutCenter" && places.len() == 2 && places[1].starts_with('(') {
                edits.push(Edit::new("arguments", 6, call.list.byte_range(), format!("({}, {})", places[1], places[0]), "the axis comes before the angle"));
            }
            // Tuples of two where three are asked for.
            for arg in call.args.iter().filter(|arg| arg.value.kind() == "tuple" && arg.value.named_child_count() == 2 && call.name == "translate") {
                let at = arg.value.end_byte() - 1;
                edits.push(Edit::new("arguments", 8, at..at, ", 0", "a vector has three numbers"));
            }
            for arg in call.args.iter().filter(|arg| arg.value.kind() == "tuple" && arg.value.named_child_count() > 3) {
                let third = arg.value.named_child(2).expect("counted");
                edits.push(Edit::new("arguments", 8, third.end_byte()..arg.value.end_byte() - 1, "", "a vector has three numbers"));
            }
            for arg in call.args.iter().filter(|arg| arg.name.is_some_and(|name| ["origin", "offset", "rotate", "dir", "direct"].contains(&source.at(name))) && matches!(arg.value.kind(), "integer" | "float" | "identifier")) {
                let value = source.at(arg.value);
                edits.push(Edit::new("arguments", 8, arg.value.byte_range(), format!("(0, 0, {value})"), "a vector has three numbers"));
            }
        }
        if call.name == "move" && (message.contains("vector") || message.contains("convert")) {
            edits.push(Edit::new("arguments", 5, call.name_node.start_byte()..call.node.end_byte(), format!("translate({})", vector(source, &call)), "a part is moved by `translate`"));
        }
        if call.name == "pushPoints"
            && let [only] = places[..]
            && (only.starts_with('(') || message.contains("has no len"))
        {
            let text = if only.starts_with("((") { format!("[{}]", &only[1..only.len() - 1]) } else if only.starts_with('(') { format!("[{only}]") } else { continue };
            edits.push(Edit::new("arguments", 7, call.args[0].value.byte_range(), text, "`pushPoints` takes a list of points"));
        }
    }
}

/// Sketches that are not closed, operations without a sketch or a solid.
fn pending(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let message = situation.message;
    let Some(line) = situation.line else { return };
    for call in source.calls_at(line) {
        let Some(receiver) = call.receiver else { continue };
        let chain = source.at(receiver);
        if message.contains("No pending wires") {
            let open = ["lineTo(", "line(", "polyline(", "hLine", "vLine", "threePointArc(", "spline(", "tangentArc", "radiusArc", "sagittaArc"];
            let at = receiver.end_byte();
            if open.iter().any(|word| chain.contains(word)) && !chain.contains(".close()") {
                edits.push(Edit::new("close", 5, at..at, ".close()", format!("closes the outline before `{}`", call.name)));
                edits.push(Edit::new("close", 9, at..at, ".wire()", format!("makes a wire of the outline before `{}`", call.name)));
            } else if open.iter().any(|word| chain.contains(word)) {
                edits.push(Edit::new("close", 12, at..at, ".wire()", format!("makes a wire of the outline before `{}`", call.name)));
            }
            if chain.contains("forConstruction=True") {
                let from = receiver.start_byte() + chain.find("forConstruction=True").expect("just seen");
                edits.push(Edit::new("close", 6, from..from + "forConstruction=True".len(), "forConstruction=False", "draws the outline for real"));
            }
            // Nothing is drawn in this chain: what was drawn may stand in a chain of its own line.
            edits.push(Edit::new("drop call", 40, at..call.node.end_byte(), "", format!("leaves out `{}`, which has nothing to work on", call.name)));
        }
        if message.contains("Cannot find a solid") {
            let at = receiver.end_byte();
            edits.push(Edit::new("drop call", 30, at..call.node.end_byte(), "", format!("leaves out `{}`, which has no part to work on", call.name)));
            if call.name == "hole" || call.name == "cutThruAll" {
                edits.push(Edit::new("drop call", 28, call.node.byte_range(), format!("{chain}.circle(1).extrude(1)"), "draws a part to work on"));
            }
        }
        if message.contains("No start point") || message.contains("cannot close") {
            edits.push(Edit::new("drop call", 10, receiver.end_byte()..call.node.end_byte(), "", "leaves out `close`: there is nothing open"));
        }
        if message.contains("More than one wire") {
            let at = receiver.end_byte();
            edits.push(Edit::new("loft", 10, at..call.node.end_byte(), ".extrude(10.0)", "one outline is extruded, not lofted"));
        }
    }
}

/// Parts that are no parts: functions not called, lists, nothing.
fn operands(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let message = situation.message;
    let is_operand = ["Cannot union", "Cannot cut", "Cannot intersect"].iter().any(|words| message.contains(words));
    if !is_operand && !message.contains("NoneType") && !message.contains("'function'") {
        return;
    }
    if message.contains("NoneType") {
        super::invented::missing_returns(situation, 7, edits);
    }
    let Some(line) = situation.line else { return };
    for call in source.calls_at(line).iter().filter(|call| matches!(call.name, "union" | "cut" | "intersect" | "add")) {
        let Some(arg) = call.args.first() else { continue };
        let text = source.at(arg.value);
        if source.functions().iter().any(|function| function.name == text) {
            let at = arg.value.end_byte();
            edits.push(Edit::new("uncalled", 5, at..at, "()", format!("calls `{text}`")));
        }
        if matches!(arg.value.kind(), "list" | "tuple") {
            let items: Vec<_> = (0..arg.value.named_child_count()).filter_map(|index| arg.value.named_child(index as u32)).collect();
            let chain: Vec<String> = items.iter().map(|item| format!("({})", source.at(*item))).collect();
            let joined = chain.join(&format!(".{}", call.name));
            edits.push(Edit::new("arguments", 5, call.list.byte_range(), joined, format!("`{}` takes one part at a time", call.name)));
        }
        if arg.value.kind() == "identifier" && message.contains("list") {
            let at = call.list.byte_range();
            let text = format!("(cq.Workplane(\"XY\").newObject([shape for piece in {text} for shape in piece.vals()]).combine())");
            edits.push(Edit::new("list", 8, at, text, "joins the list into one part"));
        }
        if let Some(receiver) = call.receiver {
            edits.push(Edit::new("drop call", 50, receiver.end_byte()..call.node.end_byte(), "", format!("leaves out `{text}`, which is no part")));
        }
    }
    // A name bound to a function.
    for binding in source.bindings() {
        if binding.value.kind() == "identifier" && source.functions().iter().any(|function| function.name == source.at(binding.value)) {
            let at = binding.value.end_byte();
            edits.push(Edit::new("uncalled", 8, at..at, "()", format!("calls `{}`", source.at(binding.value))).needed());
        }
    }
}
