//! Keywords that a call does not take: renames or removes them.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_python::{Node, Param, callee, nearest};

/// A keyword that a method does not take.
pub(super) fn keyword_of(context: &RuleContext<'_>, keyword: &str, edits: &mut Vec<Edit>) {
    let source = context.source;
    let (class, method) = callee(context.message);
    let class = class.unwrap_or("Workplane");
    let params = context.api.params(class, method).unwrap_or_default();
    let shown = if method == "__init__" { class } else { method };
    let mut calls = source.calls();
    calls.retain(|call| call.name == shown && call.keyword(keyword).is_some());
    let here = calls.iter().find(|call| {
        context.line.is_some_and(|line| {
            (call.node.start_position().row + 1..=call.node.end_position().row + 1).contains(&line)
        })
    });
    let Some(call) = here.or(calls.first()) else {
        return;
    };
    let known = |name: &str| params.iter().any(|param| param.name == name);
    let places = call.positional().len();
    let is_free = |param: &&Param| param.star.is_none() && call.keyword(&param.name).is_none();
    let names = |params: &mut dyn Iterator<Item = &'static Param>| -> Vec<&str> {
        params.map(|param| param.name.as_str()).collect()
    };
    let after = params.iter().skip(places).filter(is_free);
    let must = names(&mut after.clone().filter(|param| param.default.is_none()));
    let free = names(&mut after.clone());
    let wrong: Vec<_> = call
        .args
        .iter()
        .filter_map(|arg| Some((arg.keyword?, arg)))
        .filter(|(name, _)| !known(name))
        .collect();
    // All unknown keywords at once: renamed by meaning, else to a missing required parameter, else removed.
    let mut edit = Edit::new("keyword", 8, 0..0, "", "");
    let mut left = free.clone();
    let mut reasons = Vec::new();
    for &(name, arg) in &wrong {
        let target = meaning(name, &left)
            .or_else(|| nearest::nearest(name, left.iter().copied()))
            .or_else(|| must.iter().copied().find(|must| left.contains(must)));
        match target {
            Some(target) => {
                left.retain(|name| *name != target);
                reasons.push(format!("`{name}` is called `{target}`"));
                edit = edit.and(
                    arg.node.byte_range(),
                    format!("{target}={}", converted(name, target, arg.text)),
                );
            }
            None => {
                reasons.push(format!("`{shown}` takes no `{name}`"));
                edit = edit.and(without(source.text, arg.node), "");
            }
        }
    }
    edit.reason = reasons.join(", ");
    edits.push(edit);
    // One by one, in case the guess above was wrong.
    for &(name, arg) in &wrong {
        for (order, target) in must.iter().chain(&free).enumerate().take(5) {
            let text = format!("{target}={}", converted(name, target, arg.text));
            edits.push(Edit::new(
                "keyword",
                20 + order as u32,
                arg.node.byte_range(),
                text,
                format!("`{name}` is called `{target}`"),
            ));
        }
        edits.push(Edit::new(
            "keyword",
            24,
            without(source.text, arg.node),
            "",
            format!("`{shown}` takes no `{name}`"),
        ));
    }
    // The order may be right even if the names are not.
    if !wrong.is_empty() && call.args.len() <= params.len() {
        let values: Vec<&str> = call.args.iter().map(|arg| arg.text).collect();
        // `box(width=…, depth=…, height=…)` are the axes of another library, in order; a height first is z here.
        let ordered = shown == "box"
            && wrong.len() < call.args.len()
            && call.args[0].keyword.is_some_and(|name| name != "height");
        edits.push(Edit::new(
            "keyword",
            if ordered { 7 } else { 30 },
            call.list.byte_range(),
            format!("({})", values.join(", ")),
            "gives the arguments in order",
        ));
    }
}

/// The parameter for a keyword of another library.
fn meaning(name: &str, free: &[&str]) -> Option<&'static str> {
    const SYNONYMS: [(&str, &[&str]); 20] = [
        ("distance", &["until", "d", "length"]),
        ("depth", &["until", "height", "depth", "cboreDepth", "width"]),
        ("height", &["until", "yLen", "offset"]),
        ("length", &["until", "xLen", "height", "radius"]),
        ("amount", &["until"]),
        ("d", &["diameter", "radius"]),
        ("dia", &["diameter", "radius"]),
        ("diam", &["diameter", "radius"]),
        ("diameter", &["radius"]),
        ("r", &["radius", "diameter"]),
        ("radius", &["diameter"]),
        ("width", &["xLen", "length", "diameter"]),
        ("h", &["height", "until"]),
        ("w", &["width", "xLen"]),
        ("n", &["count", "nSides"]),
        ("sides", &["nSides"]),
        ("size", &["fontsize", "diameter", "length"]),
        ("angle", &["angleDegrees"]),
        ("x", &["xLen", "xDist", "length"]),
        ("y", &["yLen", "yDist", "width"]),
    ];
    const RENAMES: [(&str, &str); 16] = [
        ("centred", "centered"),
        ("center", "centered"),
        ("centre", "centered"),
        ("plane", "inPlane"),
        ("rotation", "rotate"),
        ("translation", "offset"),
        ("vector", "vec"),
        ("z", "height"),
        ("radius1", "radius"),
        ("num", "count"),
        ("number", "count"),
        ("symmetric", "both"),
        ("through", "depth"),
        ("points", "pntList"),
        ("pts", "listOfXYTuple"),
        ("direction", "direct"),
    ];
    let lower = name.to_lowercase();
    let twins = SYNONYMS
        .iter()
        .filter(|(known, _)| *known == lower)
        .flat_map(|(_, twins)| twins.iter().copied());
    let more = RENAMES
        .iter()
        .filter(|(known, _)| *known == lower)
        .map(|(_, twin)| *twin);
    twins.chain(more).find(|twin| free.contains(twin))
}

/// Converts a radius to a diameter, or a diameter to a radius.
fn converted(from: &str, to: &str, value: &str) -> String {
    let is = |name: &str, words: &[&str]| words.contains(&name.to_lowercase().as_str());
    let (diameter, radius) = (["diameter", "dia", "diam", "d"], ["radius", "r"]);
    let simple = value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    let value = if simple {
        value.to_owned()
    } else {
        format!("({value})")
    };
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

/// The range of an argument with its comma.
pub(super) fn without(text: &str, node: Node<'_>) -> std::ops::Range<usize> {
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
