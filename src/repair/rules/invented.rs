//! Calls, attributes and keywords that CadQuery lacks: the nearest existing ones.

use super::context::RuleContext;
use super::edit::Edit;
use super::{idioms, keywords, results};
use cadforge_core::failure::Kind;
use cadforge_python::{Call, nearest, quoted};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::InventedApi {
        return;
    }
    let named = quoted(context.message);
    if context.message.contains("unexpected keyword argument") {
        if let Some(&keyword) = named.first() {
            keywords::keyword_of(context, keyword, edits);
        }
        return;
    }
    let (Some(&owner), Some(&name)) = (named.first(), named.get(1)) else {
        return;
    };
    match owner {
        "NoneType" => results::missing_returns(context, 8, edits),
        "function" => results::uncalled(context, name, edits),
        "list" | "tuple" => results::of_list(context, name, edits),
        _ => {}
    }
    let module = context.message.contains("module 'cadquery'");
    for call in context.same_calls(name) {
        if module {
            of_module(context, &call, edits);
        } else {
            of_class(context, owner, &call, edits);
        }
    }
    attribute(context, owner, name, edits);
}

/// `.name(…)` on an object of some class.
fn of_class(context: &RuleContext<'_>, class: &str, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(receiver) = call.receiver else { return };
    let name = call.name;
    let workplane = context
        .api
        .classes
        .get("Workplane")
        .expect("the index has Workplane");
    if class == "Workplane" {
        for rewrite in idioms::rewrites(source, call) {
            let text = rewrite
                .text
                .trim_start_matches('.')
                .split('(')
                .next()
                .unwrap_or_default()
                .to_owned();
            let reason = if text.is_empty() {
                format!("a Workplane needs no `{name}`")
            } else {
                format!("a Workplane has no `{name}`: uses `{text}`")
            };
            edits.push(same_everywhere(
                context,
                call,
                Edit::new("invented call", rewrite.rank, rewrite.range, rewrite.text, reason),
            ));
        }
    }
    // Whatever the operation with another part, a union keeps both.
    if class == "Workplane"
        && let [arg] = call.args[..]
        && super::fixture::looks_solid(source, arg.value, &source.functions())
    {
        let reason = format!("a Workplane has no `{name}`: joins the part");
        edits.push(Edit::new(
            "invented call",
            45,
            call.name_node.byte_range(),
            "union",
            reason,
        ));
    }
    if let Some(known) = context.api.classes.get(class) {
        let given = call.args.len();
        let names = known
            .members
            .iter()
            .filter(|(_, member)| member.kind != "property")
            .map(|(name, _)| name.as_str());
        for (distance, real) in nearest::ranked(name, names).into_iter().take(5) {
            let fits = context
                .api
                .arity(class, real)
                .is_none_or(|arity| (arity.least..=arity.most).contains(&given));
            let rank = 10 + (distance * 40.0) as u32 + if fits { 0 } else { 12 };
            let reason = format!("a {class} has no `{name}`: uses `{real}`");
            let edit = Edit::new("invented call", rank, call.name_node.byte_range(), real, reason);
            edits.push(same_everywhere(context, call, edit));
        }
    }
    // A shape taken out of the chain: wraps it in a Workplane, which has the method.
    let shapes = [
        "Solid", "Compound", "Shape", "Face", "Shell", "Wire", "Edge", "Vector", "Assembly", "Sketch",
    ];
    if shapes.contains(&class) && workplane.members.contains_key(name) {
        let text = source.at(receiver);
        if let Some(chain) = text.strip_suffix(".val()") {
            let reason = format!("`.val()` leaves the chain that has `{name}`");
            edits.push(Edit::new(
                "left chain",
                6,
                receiver.byte_range(),
                chain.trim_end(),
                reason,
            ));
        }
        let inner = if class == "Assembly" {
            format!("{text}.toCompound()")
        } else {
            text.to_owned()
        };
        let reason = format!("a {class} has no `{name}`, a Workplane of it has");
        edits.push(Edit::new(
            "left chain",
            9,
            receiver.byte_range(),
            format!("cq.Workplane(obj={inner})"),
            reason,
        ));
    }
    // Constructors of shapes: `cq.Solid.box` for `cq.Solid.makeBox`.
    if context.message.contains("type object") {
        let make = format!("make{}", capital(name));
        if context.api.member(class, &make).is_some() {
            edits.push(Edit::new(
                "invented call",
                7,
                call.name_node.byte_range(),
                make.clone(),
                format!("{class} has no `{name}`: uses `{make}`"),
            ));
        }
        let solid = name
            .strip_prefix("make")
            .map_or_else(|| name.to_owned(), str::to_owned);
        if let Some(real) = nearest::ranked(
            &solid,
            workplane
                .members
                .keys()
                .map(String::as_str)
                .chain([solid.as_str()]),
        )
        .first()
        .map(|(_, real)| *real)
        .filter(|_| class != "Workplane")
        {
            let text = format!("cq.Workplane(\"XY\").{real}{}", source.at(call.list));
            edits.push(Edit::new(
                "invented call",
                14,
                call.node.byte_range(),
                text,
                format!("{class} has no `{name}`: draws it on a Workplane"),
            ));
        }
    }
    let range = receiver.end_byte()..call.node.end_byte();
    edits.push(Edit::new(
        "drop call",
        70,
        range,
        "",
        format!("removes `{name}`, which a {class} does not have"),
    ));
}

/// `cq.name(…)` that the module lacks.
fn of_module(context: &RuleContext<'_>, call: &Call<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(receiver) = call.receiver else { return };
    let module = source.at(receiver).to_owned();
    let methods = &context.api.classes["Workplane"].members;
    let arguments = source.at(call.list);
    let lower: String = call
        .name
        .chars()
        .filter(|c| *c != '_')
        .flat_map(char::to_lowercase)
        .collect();
    let bare = lower.strip_prefix("make").unwrap_or(&lower);
    if let Some(real) = methods.keys().find(|name| name.to_lowercase() == bare) {
        let text = format!("{module}.Workplane(\"XY\").{real}{arguments}");
        let reason = format!("`{real}` belongs to a Workplane");
        edits.push(same_everywhere(
            context,
            call,
            Edit::new("wrong owner", 7, call.node.byte_range(), text, reason),
        ));
    }
    for rewrite in idioms::rewrites(source, call) {
        if rewrite.range.start == receiver.end_byte() {
            let at = receiver.end_byte();
            let reason = format!("CadQuery has no `{}`: draws it on a Workplane", call.name);
            edits.push(Edit::new(
                "wrong owner",
                rewrite.rank + 1,
                at..rewrite.range.end,
                format!(".Workplane(\"XY\"){}", rewrite.text),
                reason,
            ));
        }
    }
    let names = context.api.module.keys().map(String::as_str);
    for (distance, real) in nearest::ranked(call.name, names).into_iter().take(3) {
        let reason = format!("CadQuery has no `{}`: uses `{real}`", call.name);
        let rank = 10 + (distance * 40.0) as u32;
        edits.push(same_everywhere(
            context,
            call,
            Edit::new("invented call", rank, call.name_node.byte_range(), real, reason),
        ));
    }
    for (distance, real) in nearest::ranked(bare, methods.keys().map(String::as_str))
        .into_iter()
        .take(2)
    {
        let text = format!("{module}.Workplane(\"XY\").{real}{arguments}");
        let reason = format!("CadQuery has no `{}`: uses a Workplane's `{real}`", call.name);
        edits.push(Edit::new(
            "wrong owner",
            18 + (distance * 40.0) as u32,
            call.node.byte_range(),
            text,
            reason,
        ));
    }
}

/// Applies the replacement of a name to all calls of that name, so that one mistake needs one repair.
fn same_everywhere(context: &RuleContext<'_>, call: &Call<'_>, mut edit: Edit) -> Edit {
    let source = context.source;
    let own = edit.changes[0].clone();
    let renames = own.0 == call.name_node.byte_range();
    for other in source.calls() {
        if other.name != call.name || other.node == call.node || other.receiver.is_none() {
            continue;
        }
        if renames {
            edit = edit.and(other.name_node.byte_range(), own.1.clone()).needed();
        } else if let Some(again) = idioms::rewrites(source, &other)
            .into_iter()
            .find(|rewrite| rewrite.rank == edit.rank)
            && edit
                .changes
                .iter()
                .all(|(range, _)| range.end <= again.range.start || again.range.end <= range.start)
        {
            edit = edit.and(again.range, again.text).needed();
        }
    }
    edit
}

/// An attribute that is not called.
fn attribute(context: &RuleContext<'_>, class: &str, name: &str, edits: &mut Vec<Edit>) {
    let Some(members) = context.api.classes.get(class).map(|class| &class.members) else {
        if context.message.contains("module 'math'") {
            math_name(context, name, edits);
        }
        if context.message.contains("module 'cadquery'") {
            module_name(context, name, edits);
        }
        return;
    };
    for (node, attribute) in context.attributes(name) {
        let called = node.parent().is_some_and(|parent| {
            parent.kind() == "call" && parent.child_by_field_name("function") == Some(node)
        });
        if called || Some(attribute.start_position().row + 1) != context.line {
            continue;
        }
        for (distance, real) in nearest::ranked(name, members.keys().map(String::as_str))
            .into_iter()
            .take(3)
        {
            let call = if members[real].kind == "property" {
                ""
            } else {
                "()"
            };
            let reason = format!("a {class} has no `{name}`: uses `{real}`");
            edits.push(Edit::new(
                "invented attribute",
                12 + (distance * 40.0) as u32,
                attribute.byte_range(),
                format!("{real}{call}"),
                reason,
            ));
        }
    }
}

fn math_name(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    let known = [
        "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "sqrt", "pi", "tau", "radians", "degrees",
        "hypot", "ceil", "floor", "pow", "exp", "log", "fabs", "dist",
    ];
    let source = context.source;
    for (node, attribute) in context.attributes(name) {
        if !source.at(node).starts_with("math.") {
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
            edits.push(Edit::new(
                "invented attribute",
                8,
                attribute.byte_range(),
                real,
                format!("`math` has no `{name}`: uses `{real}`"),
            ));
        }
        let plain = ["max", "min", "round", "abs", "sum", "int", "float"];
        if plain.contains(&name) {
            edits.push(Edit::new(
                "invented attribute",
                6,
                node.byte_range(),
                name,
                format!("`{name}` is a function of Python itself"),
            ));
        }
    }
}

fn module_name(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    for (node, attribute) in context.attributes(name) {
        let object = node.child_by_field_name("object");
        if object.is_none_or(|object| object.kind() != "identifier") {
            continue;
        }
        if context.api.modules["selectors"].iter().any(|known| known == name) {
            edits.push(Edit::new(
                "invented attribute",
                6,
                attribute.byte_range(),
                format!("selectors.{name}"),
                format!("`{name}` is in `cq.selectors`"),
            ));
        }
        for (distance, real) in nearest::ranked(name, context.api.module.keys().map(String::as_str))
            .into_iter()
            .take(3)
        {
            let reason = format!("CadQuery has no `{name}`: uses `{real}`");
            edits.push(Edit::new(
                "invented attribute",
                10 + (distance * 40.0) as u32,
                attribute.byte_range(),
                real,
                reason,
            ));
        }
    }
}

fn capital(name: &str) -> String {
    let mut chars = name.chars();
    chars
        .next()
        .map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
