//! Calls, attributes and keywords that CadQuery does not have: the nearest that it has.

use super::idioms;
use super::source::{Call, enclosing};
use super::{Edit, Situation, nearest};
use crate::failure::Kind;
use crate::repair::keep::quoted;

pub(super) fn rule(situation: &Situation<'_>, edits: &mut Vec<Edit>) {
    if situation.kind != Kind::InventedApi {
        return;
    }
    let named = quoted(situation.message);
    if situation.message.contains("unexpected keyword argument") {
        if let Some(&keyword) = named.first() {
            keyword_of(situation, keyword, edits);
        }
        return;
    }
    let (Some(&owner), Some(&name)) = (named.first(), named.get(1)) else {
        return;
    };
    match owner {
        "NoneType" => nothing_returned(situation, name, edits),
        "function" => uncalled(situation, name, edits),
        "list" | "tuple" => of_list(situation, name, edits),
        _ => {}
    }
    let module = situation.message.contains("module 'cadquery'");
    for call in situation.same_calls(name) {
        if module {
            of_module(situation, &call, edits);
        } else {
            of_class(situation, owner, &call, edits);
        }
    }
    attribute(situation, owner, name, edits);
}

impl Situation<'_> {
    /// Calls of that name in the failing line; all in the file if there are none.
    fn same_calls(&self, name: &str) -> Vec<Call<'_>> {
        let calls: Vec<_> = self.source.calls().into_iter().filter(|call| call.name == name).collect();
        let here: Vec<_> = calls.iter().filter(|call| Some(call.name_node.start_position().row + 1) == self.line).cloned().collect();
        let mut here = if here.is_empty() { calls.clone() } else { here };
        here.truncate(3);
        here
    }
}

/// `.name(…)` on an object of some class.
fn of_class(situation: &Situation<'_>, class: &str, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let Some(receiver) = call.receiver else { return };
    let name = call.name;
    let workplane = situation.api.classes.get("Workplane").expect("the index has Workplane");
    if class == "Workplane" {
        for rewrite in idioms::rewrites(source, call) {
            let text = rewrite.text.trim_start_matches('.').split('(').next().unwrap_or_default().to_owned();
            let reason = if text.is_empty() { format!("a Workplane needs no `{name}`") } else { format!("a Workplane has no `{name}`: uses `{text}`") };
            edits.push(same_everywhere(situation, call, Edit::new("invented call", rewrite.rank, rewrite.range, rewrite.text, reason)));
        }
    }
    if let Some(known) = situation.api.classes.get(class) {
        let given = call.args.len();
        let names = known.members.iter().filter(|(_, member)| member.kind != "property").map(|(name, _)| name.as_str());
        for (distance, real) in nearest::ranked(name, names).into_iter().take(5) {
            let fits = situation.api.arity(class, real).is_none_or(|arity| (arity.least..=arity.most).contains(&given));
            let rank = 10 + (distance * 40.0) as u32 + if fits { 0 } else { 12 };
            let reason = format!("a {class} has no `{name}`: uses `{real}`");
            let edit = Edit::new("invented call", rank, call.name_node.byte_range(), real, reason);
            edits.push(same_everywhere(situation, call, edit));
        }
    }
    // A shape out of the chain: back into a Workplane, which has the method.
    let shapes = ["Solid", "Compound", "Shape", "Face", "Shell", "Wire", "Edge", "Vector", "Assembly", "Sketch"];
    if shapes.contains(&class) && workplane.members.contains_key(name) {
        let text = source.at(receiver);
        if let Some(chain) = text.strip_suffix(".val()") {
            let reason = format!("`.val()` leaves the chain that has `{name}`");
            edits.push(Edit::new("left chain", 6, receiver.byte_range(), chain.trim_end(), reason));
        }
        let inner = if class == "Assembly" { format!("{text}.toCompound()") } else { text.to_owned() };
        let reason = format!("a {class} has no `{name}`, a Workplane of it has");
        edits.push(Edit::new("left chain", 9, receiver.byte_range(), format!("cq.Workplane(obj={inner})"), reason));
    }
    // Constructors of shapes: `cq.Solid.box` for `cq.Solid.makeBox`.
    if situation.message.contains("type object") {
        let make = format!("make{}", capital(name));
        if situation.api.member(class, &make).is_some() {
            edits.push(Edit::new("invented call", 7, call.name_node.byte_range(), make.clone(), format!("{class} has no `{name}`: uses `{make}`")));
        }
        let solid = name.strip_prefix("make").map_or_else(|| name.to_owned(), str::to_owned);
        if let Some(real) = nearest::ranked(&solid, workplane.members.keys().map(String::as_str).chain([solid.as_str()])).first().map(|(_, real)| *real).filter(|_| class != "Workplane") {
            let text = format!("cq.Workplane(\"XY\").{real}{}", source.at(call.list));
            edits.push(Edit::new("invented call", 14, call.node.byte_range(), text, format!("{class} has no `{name}`: draws it on a Workplane")));
        }
    }
    let range = receiver.end_byte()..call.node.end_byte();
    edits.push(Edit::new("drop call", 70, range, "", format!("leaves out `{name}`, which a {class} does not have")));
}

/// `cq.name(…)` that the module does not have.
fn of_module(situation: &Situation<'_>, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let Some(receiver) = call.receiver else { return };
    let module = source.at(receiver).to_owned();
    let methods = &situation.api.classes["Workplane"].members;
    let arguments = source.at(call.list);
    let lower: String = call.name.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect();
    let bare = lower.strip_prefix("make").unwrap_or(&lower);
    if let Some(real) = methods.keys().find(|name| name.to_lowercase() == bare) {
        let text = format!("{module}.Workplane(\"XY\").{real}{arguments}");
        let reason = format!("`{real}` belongs to a Workplane");
        edits.push(same_everywhere(situation, call, Edit::new("wrong owner", 7, call.node.byte_range(), text, reason)));
    }
    for rewrite in idioms::rewrites(source, call) {
        if rewrite.range.start == receiver.end_byte() {
            let at = receiver.end_byte();
            let reason = format!("CadQuery has no `{}`: draws it on a Workplane", call.name);
            edits.push(Edit::new("wrong owner", rewrite.rank + 1, at..rewrite.range.end, format!(".Workplane(\"XY\"){}", rewrite.text), reason));
        }
    }
    let names = situation.api.module.keys().map(String::as_str);
    for (distance, real) in nearest::ranked(call.name, names).into_iter().take(3) {
        let reason = format!("CadQuery has no `{}`: uses `{real}`", call.name);
        let rank = 10 + (distance * 40.0) as u32;
        edits.push(same_everywhere(situation, call, Edit::new("invented call", rank, call.name_node.byte_range(), real, reason)));
    }
    for (distance, real) in nearest::ranked(bare, methods.keys().map(String::as_str)).into_iter().take(2) {
        let text = format!("{module}.Workplane(\"XY\").{real}{arguments}");
        let reason = format!("CadQuery has no `{}`: uses a Workplane's `{real}`", call.name);
        edits.push(Edit::new("wrong owner", 18 + (distance * 40.0) as u32, call.node.byte_range(), text, reason));
    }
}

/// The same replacement of every call of that name with a name alone, so that one mistake is one repair.
fn same_everywhere(situation: &Situation<'_>, call: &Call<'_>, mut edit: Edit) -> Edit {
    let source = situation.source;
    let own = edit.changes[0].clone();
    let renames = own.0 == call.name_node.byte_range();
    for other in source.calls() {
        if other.name != call.name || other.node == call.node || other.receiver.is_none() {
            continue;
        }
        if renames {
            edit = edit.and(other.name_node.byte_range(), own.1.clone()).needed();
        } else if let Some(again) = idioms::rewrites(source, &other).into_iter().find(|rewrite| rewrite.rank == edit.rank)
            && edit.changes.iter().all(|(range, _)| range.end <= again.range.start || again.range.end <= range.start)
        {
            edit = edit.and(again.range, again.text).needed();
        }
    }
    edit
}

/// An attribute that is read, not called.
fn attribute(situation: &Situation<'_>, class: &str, name: &str, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let Some(members) = situation.api.classes.get(class).map(|class| &class.members) else {
        if situation.message.contains("module 'math'") {
            math_name(situation, name, edits);
        }
        if situation.message.contains("module 'cadquery'") {
            module_name(situation, name, edits);
        }
        return;
    };
    for node in source.nodes().into_iter().filter(|node| node.kind() == "attribute") {
        let Some(attribute) = node.child_by_field_name("attribute") else { continue };
        let called = node.parent().is_some_and(|parent| parent.kind() == "call" && parent.child_by_field_name("function") == Some(node));
        if source.at(attribute) != name || called || Some(attribute.start_position().row + 1) != situation.line {
            continue;
        }
        for (distance, real) in nearest::ranked(name, members.keys().map(String::as_str)).into_iter().take(3) {
            let call = if members[real].kind == "property" { "" } else { "()" };
            let reason = format!("a {class} has no `{name}`: uses `{real}`");
            edits.push(Edit::new("invented attribute", 12 + (distance * 40.0) as u32, attribute.byte_range(), format!("{real}{call}"), reason));
        }
    }
}

fn math_name(situation: &Situation<'_>, name: &str, edits: &mut Vec<Edit>) {
    let known = ["sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt", "pi", "tau", "radians", "degrees", "hypot", "ceil", "floor", "pow", "exp", "log", "fabs", "dist"];
    let source = situation.source;
    for node in source.nodes().into_iter().filter(|node| node.kind() == "attribute") {
        let Some(attribute) = node.child_by_field_name("attribute") else { continue };
        if source.at(attribute) != name || !source.at(node).starts_with("math.") {
            continue;
        }
        let twin = match name {
            "deg2rad" | "rad" | "toRadians" | "to_radians" => Some("radians"),
            "rad2deg" | "deg" | "toDegrees" | "to_degrees" => Some("degrees"),
            "PI" => Some("pi"),
            "abs" => Some("fabs"),
            _ => None,
        };
        for real in twin.into_iter().chain(nearest::nearest(name, known)) {
            edits.push(Edit::new("invented attribute", 8, attribute.byte_range(), real, format!("`math` has no `{name}`: uses `{real}`")));
        }
        let plain = ["max", "min", "round", "abs", "sum", "int", "float"];
        if plain.contains(&name) {
            edits.push(Edit::new("invented attribute", 6, node.byte_range(), name, format!("`{name}` is a function of Python itself")));
        }
    }
}

fn module_name(situation: &Situation<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = situation.source;
    for node in source.nodes().into_iter().filter(|node| node.kind() == "attribute") {
        let Some(attribute) = node.child_by_field_name("attribute") else { continue };
        if source.at(attribute) != name || node.child_by_field_name("object").is_none_or(|object| object.kind() != "identifier") {
            continue;
        }
        if situation.api.modules["selectors"].iter().any(|known| known == name) {
            edits.push(Edit::new("invented attribute", 6, attribute.byte_range(), format!("selectors.{name}"), format!("`{name}` is in `cq.selectors`")));
        }
        for (distance, real) in nearest::ranked(name, situation.api.module.keys().map(String::as_str)).into_iter().take(3) {
            let reason = format!("CadQuery has no `{name}`: uses `{real}`");
            edits.push(Edit::new("invented attribute", 10 + (distance * 40.0) as u32, attribute.byte_range(), real, reason));
        }
    }
}

/// A keyword that a method does not take.
fn keyword_of(situation: &Situation<'_>, keyword: &str, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let callee = situation.message.split("() got").next().unwrap_or_default().rsplit(' ').next().unwrap_or_default();
    let (class, method) = callee.split_once('.').unwrap_or(("Workplane", callee));
    let params: Vec<_> = situation.api.params(class, method).unwrap_or_default().to_vec();
    let shown = if method == "__init__" { class } else { method };
    let has = |call: &Call<'_>| call.args.iter().any(|arg| arg.name.is_some_and(|name| source.at(name) == keyword));
    let calls: Vec<_> = source.calls().into_iter().filter(|call| call.name == shown && has(call)).collect();
    let here = calls.iter().find(|call| situation.line.is_some_and(|line| (call.node.start_position().row + 1..=call.node.end_position().row + 1).contains(&line)));
    let Some(call) = here.or(calls.first()) else { return };
    let known = |name: &str| params.iter().any(|param| param.name == name);
    let places = call.args.iter().filter(|arg| arg.name.is_none()).count();
    let free: Vec<&str> = params
        .iter()
        .skip(places)
        .filter(|param| param.star.is_none() && !call.args.iter().any(|arg| arg.name.is_some_and(|name| source.at(name) == param.name)))
        .map(|param| param.name.as_str())
        .collect();
    let must: Vec<&str> = free.iter().copied().filter(|name| params.iter().any(|param| param.name == *name && param.default.is_none())).collect();
    let wrong: Vec<_> = call.args.iter().filter_map(|arg| arg.name.map(|name| (name, *arg))).filter(|(name, _)| !known(source.at(*name))).collect();
    // All unknown keywords at once: to what they mean, else to what must be given and is not, else away.
    let mut edit = Edit::new("keyword", 8, 0..0, "", "");
    let mut left = free.clone();
    let mut told = Vec::new();
    for (node, arg) in &wrong {
        let name = source.at(*node);
        let value = source.at(arg.value);
        let target = meaning(name, &left).or_else(|| nearest::nearest(name, left.iter().copied()).map(str::to_owned)).or_else(|| {
            let still: Vec<_> = must.iter().filter(|must| left.contains(must)).collect();
            still.first().map(|name| (**name).to_owned())
        });
        match target {
            Some(target) => {
                left.retain(|name| *name != target);
                told.push(format!("`{name}` is called `{target}`"));
                edit = edit.and(arg.node.byte_range(), format!("{target}={}", converted(name, &target, value)));
            }
            None => {
                told.push(format!("`{shown}` takes no `{name}`"));
                edit = edit.and(without(source.text, arg.node), "");
            }
        }
    }
    edit.reason = told.join(", ");
    edits.push(edit);
    // One by one, for where the guess above was wrong.
    for (node, arg) in &wrong {
        let name = source.at(*node);
        for (order, target) in must.iter().chain(&free).enumerate().take(5) {
            let text = format!("{target}={}", converted(name, target, source.at(arg.value)));
            edits.push(Edit::new("keyword", 20 + order as u32, arg.node.byte_range(), text, format!("`{name}` is called `{target}`")));
        }
        edits.push(Edit::new("keyword", 24, without(source.text, arg.node), "", format!("`{shown}` takes no `{name}`")));
    }
    // The order may be right where the names are not.
    if !wrong.is_empty() && call.args.len() <= params.len() {
        let values: Vec<&str> = call.args.iter().map(|arg| source.at(arg.value)).collect();
        // `box(width=…, depth=…, height=…)` names the axes of another library in its order; a height first is the z of this one.
        let ordered = shown == "box" && wrong.len() < call.args.len() && call.args[0].name.is_some_and(|name| source.at(name) != "height");
        edits.push(Edit::new("keyword", if ordered { 7 } else { 30 }, call.list.byte_range(), format!("({})", values.join(", ")), "gives the arguments in order"));
    }
}

/// What a keyword of another library means here.
fn meaning(name: &str, free: &[&str]) -> Option<String> {
    const TWINS: [(&str, &[&str]); 20] = [
        ("distance", &["until", "d", "length"]), ("depth", &["until", "height", "depth", "cboreDepth", "width"]), ("height", &["until", "yLen", "offset"]), ("length", &["until", "xLen", "height", "radius"]),
        ("amount", &["until"]), ("d", &["diameter", "radius"]), ("dia", &["diameter", "radius"]), ("diam", &["diameter", "radius"]), ("diameter", &["radius"]),
        ("r", &["radius", "diameter"]), ("radius", &["diameter"]), ("width", &["xLen", "length", "diameter"]), ("h", &["height", "until"]), ("w", &["width", "xLen"]),
        ("n", &["count", "nSides"]), ("sides", &["nSides"]), ("size", &["fontsize", "diameter", "length"]), ("angle", &["angleDegrees"]), ("x", &["xLen", "xDist", "length"]), ("y", &["yLen", "yDist", "width"]),
    ];
    const MORE: [(&str, &str); 16] = [
        ("centred", "centered"), ("center", "centered"), ("centre", "centered"), ("plane", "inPlane"), ("rotation", "rotate"), ("translation", "offset"), ("vector", "vec"), ("z", "height"),
        ("radius1", "radius"), ("num", "count"), ("number", "count"), ("symmetric", "both"), ("through", "depth"), ("points", "pntList"), ("pts", "listOfXYTuple"), ("direction", "direct"),
    ];
    let lower = name.to_lowercase();
    let twins = TWINS.iter().filter(|(known, _)| *known == lower).flat_map(|(_, twins)| twins.iter().copied());
    let more = MORE.iter().filter(|(known, _)| *known == lower).map(|(_, twin)| *twin);
    twins.chain(more).find(|twin| free.contains(twin)).map(str::to_owned)
}

/// A radius where a diameter was given, and the other way round.
fn converted(from: &str, to: &str, value: &str) -> String {
    let is = |name: &str, words: &[&str]| words.contains(&name.to_lowercase().as_str());
    let (diameter, radius) = (["diameter", "dia", "diam", "d"], ["radius", "r"]);
    let simple = value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let value = if simple { value.to_owned() } else { format!("({value})") };
    if is(from, &diameter) && is(to, &radius) {
        format!("{value} / 2")
    } else if is(from, &radius) && is(to, &diameter) {
        format!("{value} * 2")
    } else if simple {
        value
    } else {
        value[1..value.len() - 1].to_owned()
    }
}

/// An argument with the comma that parts it from its neighbour.
pub(super) fn without(text: &str, node: tree_sitter::Node<'_>) -> std::ops::Range<usize> {
    let (start, end) = (node.start_byte(), node.end_byte());
    let before = text[..start].trim_end();
    if before.ends_with(',') {
        return before.len() - 1..end;
    }
    let rest = &text[end..];
    let comma = rest.len() - rest.trim_start().len();
    if rest[comma..].starts_with(',') {
        let behind = &rest[comma + 1..];
        return start..end + comma + 1 + (behind.len() - behind.trim_start().len());
    }
    start..end
}

/// A function that should return its part and does not.
fn nothing_returned(situation: &Situation<'_>, _name: &str, edits: &mut Vec<Edit>) {
    missing_returns(situation, 8, edits);
}

/// Adds the return to functions that are called for a value and give none.
pub(super) fn missing_returns(situation: &Situation<'_>, rank: u32, edits: &mut Vec<Edit>) {
    let source = situation.source;
    let functions = source.functions();
    for function in functions.iter().filter(|function| function.returns.is_empty()) {
        let used = source.calls().iter().any(|call| {
            call.receiver.is_none() && call.name == function.name && call.node.parent().is_some_and(|parent| parent.kind() != "expression_statement")
        });
        let bound = source.bindings().into_iter().filter(|binding| function.node.byte_range().contains(&binding.node.start_byte()) && enclosing(binding.node, "function_definition") == Some(function.node)).last();
        if !used {
            continue;
        }
        let indent = " ".repeat(function.body.start_position().column);
        let end = function.body.end_byte();
        let last = function.body.named_child(function.body.named_child_count().saturating_sub(1) as u32);
        // A value that is worked out in the last line and dropped.
        if let Some(last) = last.filter(|last| last.kind() == "expression_statement" && last.named_child(0).is_some_and(|value| value.kind() == "call")) {
            let at = last.start_byte();
            edits.push(Edit::new("return", rank, at..at, "return ", format!("returns what `{}` makes", function.name)).needed());
        } else if let Some(bound) = bound {
            edits.push(Edit::new("return", rank, end..end, format!("\n{indent}return {}", bound.name), format!("returns `{}` from `{}`", bound.name, function.name)).needed());
        }
    }
    // `return` alone.
    for node in source.nodes().into_iter().filter(|node| node.kind() == "return_statement" && node.named_child_count() == 0) {
        let inside = enclosing(node, "function_definition");
        let bound = source.bindings().into_iter().filter(|binding| binding.node.end_byte() <= node.start_byte() && enclosing(binding.node, "function_definition") == inside).last();
        if let Some(bound) = bound {
            edits.push(Edit::new("return", rank, node.byte_range(), format!("return {}", bound.name), format!("returns `{}`", bound.name)).needed());
        }
    }
}

/// A function where its result was meant.
fn uncalled(situation: &Situation<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = situation.source;
    for node in source.nodes().into_iter().filter(|node| node.kind() == "attribute") {
        let (Some(object), Some(attribute)) = (node.child_by_field_name("object"), node.child_by_field_name("attribute")) else { continue };
        if source.at(attribute) == name && object.kind() == "identifier" && source.functions().iter().any(|function| function.name == source.at(object)) {
            let at = object.end_byte();
            edits.push(Edit::new("uncalled", 6, at..at, "()", format!("calls `{}`", source.at(object))));
        }
    }
    for binding in source.bindings() {
        if binding.value.kind() == "identifier" && source.functions().iter().any(|function| function.name == source.at(binding.value)) {
            let at = binding.value.end_byte();
            edits.push(Edit::new("uncalled", 8, at..at, "()", format!("calls `{}`", source.at(binding.value))).needed());
        }
    }
}

/// A list where one part was meant.
fn of_list(situation: &Situation<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = situation.source;
    for call in situation.same_calls(name) {
        let Some(receiver) = call.receiver else { continue };
        if let Some(chain) = source.at(receiver).strip_suffix(".vals()") {
            edits.push(Edit::new("left chain", 6, receiver.byte_range(), chain, format!("`.vals()` leaves the chain that has `{name}`")));
        }
        // A comma at a line's end makes a tuple of it.
        if let Some(binding) = source.bindings().into_iter().find(|binding| binding.name == source.at(receiver) && matches!(binding.value.kind(), "expression_list" | "tuple") && binding.value.named_child_count() == 1) {
            let inner = binding.value.named_child(0).expect("counted");
            edits.push(Edit::new("stray comma", 5, binding.value.byte_range(), source.at(inner), "takes away the comma that makes a tuple").needed());
        }
        let at = receiver.end_byte();
        edits.push(Edit::new("list", 20, at..at, "[0]", "takes the first of the list"));
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
