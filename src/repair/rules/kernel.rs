//! Operations that the geometry kernel rejects: smaller sizes first, removal last.

use super::context::RuleContext;
use super::edit::{Edit, format_number};
use cadforge_core::failure::Kind;
use cadforge_python::{Call, number};

/// Shares of the failed size, in order; they keep most of a fillet's purpose.
const SIZE_SHARES: [f64; 2] = [0.3, 0.05];

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let kinds = [
        Kind::TypeOrValue,
        Kind::EmptyGeometry,
        Kind::Crash,
        Kind::Timeout,
        Kind::UnknownBuildFailure,
    ];
    let kernel = [
        "StdFail",
        "BRep",
        "Standard_",
        "command not done",
        "GC_",
        "gp_",
        "Geom",
        "Null TopoDS",
        "More than one wire",
    ];
    let refused = kernel.iter().any(|words| context.message.contains(words));
    if !kinds.contains(&context.kind)
        || !(refused || context.kind == Kind::Crash || context.kind == Kind::EmptyGeometry)
    {
        return;
    }
    for (order, call) in suspects(context).into_iter().enumerate() {
        // A part without surface is seldom due to a fillet.
        let later = 4 * order as u32
            + if context.kind == Kind::EmptyGeometry {
                40
            } else {
                0
            };
        if context.message.contains("no suitable edges") {
            drop_call(context, &call, 7 + later, edits);
        }
        match call.name {
            "fillet" | "chamfer" => {
                shrink(context, &call, later, edits);
                let nothing = call.args.first().and_then(|arg| number(arg.text)) == Some(0.0);
                drop_call(context, &call, if nothing { 7 } else { 20 } + later, edits);
            }
            "shell" | "offset2D" => {
                shrink(context, &call, later, edits);
                if let Some(arg) = call.args.first() {
                    let value = arg.text;
                    let turned = value.strip_prefix('-').map_or_else(
                        || format!("-({value})").replace("-(", "-(").to_owned(),
                        |rest| rest.trim().to_owned(),
                    );
                    edits.push(Edit::new(
                        "shell",
                        14 + later,
                        arg.value.byte_range(),
                        turned,
                        "offsets to the other side",
                    ));
                }
                drop_call(context, &call, 24 + later, edits);
            }
            "loft" => {
                let ruled = if call.args.is_empty() {
                    "ruled=True"
                } else {
                    ", ruled=True"
                };
                if !context.source.at(call.list).contains("ruled") {
                    let at = call.list.end_byte() - 1;
                    edits.push(Edit::new(
                        "loft",
                        10 + later,
                        at..at,
                        ruled,
                        "lofts with straight lines",
                    ));
                }
                drop_call(context, &call, 30 + later, edits);
            }
            "sweep" => {
                let at = call.list.end_byte() - 1;
                for (rank, extra) in [
                    (10, ", transition=\"round\""),
                    (11, ", isFrenet=True"),
                    (12, ", transition=\"right\""),
                ] {
                    edits.push(Edit::new(
                        "sweep",
                        rank + later,
                        at..at,
                        extra,
                        "sweeps with another transition at corners",
                    ));
                }
                drop_call(context, &call, 30 + later, edits);
            }
            "extrude" | "twistExtrude" | "cutBlind" => {
                // A taper that is too steep, or impossible for the shape.
                if let Some(taper) = call.keyword("taper") {
                    edits.push(Edit::new(
                        "taper",
                        9 + later,
                        super::keywords::without(context.source.text, taper.node),
                        "",
                        "extrudes without taper",
                    ));
                }
            }
            "slot2D" => shrink_second(context, &call, later, edits),
            "revolve" => revolve(&call, later, edits),
            "threePointArc" => {
                if let [_, end] = call.args[..] {
                    let range = call.name_node.start_byte()..call.node.end_byte();
                    edits.push(Edit::new(
                        "arc",
                        12 + later,
                        range,
                        format!("lineTo(*{})", context.source.at(end.value)),
                        "a line, since no arc passes through the points",
                    ));
                }
            }
            _ => {}
        }
    }
}

/// Calls that the kernel may have rejected, those in the failing line first; without a line all such calls, the last
/// first.
fn suspects<'t>(context: &'t RuleContext<'_>) -> Vec<Call<'t>> {
    let names = [
        "fillet",
        "chamfer",
        "shell",
        "offset2D",
        "loft",
        "sweep",
        "extrude",
        "twistExtrude",
        "cutBlind",
        "slot2D",
        "revolve",
        "threePointArc",
    ];
    let here = context
        .line
        .map(|line| context.source.calls_at(line))
        .unwrap_or_default();
    let here: Vec<_> = here
        .into_iter()
        .filter(|call| names.contains(&call.name))
        .collect();
    if !here.is_empty() {
        return here;
    }
    if context.line.is_some() {
        return Vec::new();
    }
    let mut all: Vec<_> = context
        .source
        .calls()
        .into_iter()
        .filter(|call| names[..6].contains(&call.name))
        .collect();
    all.reverse();
    all
}

/// Smaller and smaller shares of the size; changes a constant if nothing else uses it.
fn shrink(context: &RuleContext<'_>, call: &Call<'_>, later: u32, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(arg) = call.args.first() else { return };
    let value = arg.text;
    for (order, share) in SIZE_SHARES.into_iter().enumerate() {
        let rank = 8 + order as u32 + later;
        let what = format!("a smaller `{}`: {share} of it", call.name);
        if let Some(size) = number(value) {
            if size == 0.0 {
                break;
            }
            edits.push(Edit::new(
                "shrink",
                rank,
                arg.value.byte_range(),
                format_number(size.abs() * share * size.signum()),
                what,
            ));
            continue;
        }
        let uses = source
            .nodes()
            .iter()
            .filter(|node| node.kind() == "identifier" && source.at(**node) == value)
            .count();
        let constant = source
            .bindings()
            .into_iter()
            .find(|binding| binding.global && binding.name == value);
        match constant.and_then(|binding| number(binding.text).map(|size| (binding, size))) {
            Some((binding, size)) if uses == 2 && size != 0.0 => {
                edits.push(
                    Edit::new(
                        "shrink",
                        rank,
                        binding.value.byte_range(),
                        format_number(size.abs() * share),
                        what,
                    )
                    .needed(),
                );
            }
            _ => {
                let simple = value.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
                let text = if simple {
                    format!("{value} * {share}")
                } else {
                    format!("({value}) * {share}")
                };
                edits.push(Edit::new("shrink", rank, arg.value.byte_range(), text, what));
            }
        }
    }
}

fn shrink_second(context: &RuleContext<'_>, call: &Call<'_>, later: u32, edits: &mut Vec<Edit>) {
    if let [length, width, ..] = call.args[..] {
        let value = context.source.at(length.value);
        edits.push(Edit::new(
            "slot",
            9 + later,
            width.value.byte_range(),
            format!("({value}) * 0.5"),
            "a slot is longer than wide",
        ));
    }
}

fn revolve(call: &Call<'_>, later: u32, edits: &mut Vec<Edit>) {
    // An axis through the profile, or of no length: profiles are drawn for the plane's own y or x axis.
    let angle = call
        .args
        .iter()
        .find(|arg| arg.value.kind() != "tuple")
        .map_or("360", |arg| arg.text);
    for (rank, axis) in [(8, "(0, 0, 0), (0, 1, 0)"), (9, "(0, 0, 0), (1, 0, 0)")] {
        edits.push(Edit::new(
            "revolve",
            rank + later,
            call.list.byte_range(),
            format!("({angle}, {axis})"),
            "revolves about an axis of the plane",
        ));
    }
}

fn drop_call(context: &RuleContext<'_>, call: &Call<'_>, rank: u32, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(receiver) = call.receiver else { return };
    // The selection before it is removed too, since nothing else uses it.
    let mut start = receiver;
    while let Some(before) = source.call(start)
        && matches!(before.name, "edges" | "faces" | "vertices")
        && let Some(from) = before.receiver
    {
        start = from;
    }
    let range = start.end_byte()..call.node.end_byte();
    edits.push(Edit::new(
        "drop call",
        rank,
        range,
        "",
        format!("removes the `{}` that the kernel rejects", call.name),
    ));
}

/// If no other rule applies: removes the call in the failing line, then the operand of the boolean that contains it.
pub(super) fn last_resort(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if !context.is_runtime() || context.kind == Kind::MissingFixture {
        return;
    }
    let source = context.source;
    let Some(line) = context.line else { return };
    for call in source.calls_at(line) {
        let Some(receiver) = call.receiver else { continue };
        if matches!(call.name, "Workplane" | "Sketch") || matches!(source.at(receiver), "cq" | "math") {
            continue;
        }
        let reason = format!("removes the failing `{}`", call.name);
        edits.push(Edit::new(
            "drop call",
            80,
            receiver.end_byte()..call.node.end_byte(),
            "",
            reason,
        ));
    }
    // In the statement that called the failing function, its part is removed from the whole.
    for outer in context.frames().into_iter().rev() {
        for call in source.calls_at(outer) {
            let Some(receiver) = call.receiver else { continue };
            if matches!(call.name, "union" | "cut" | "intersect") {
                let what = call.args.first().map_or("", |arg| arg.text).to_owned();
                let short: String = what.chars().take(40).collect();
                edits.push(Edit::new(
                    "drop part",
                    90,
                    receiver.end_byte()..call.node.end_byte(),
                    "",
                    format!("removes `{short}`, which fails"),
                ));
            }
        }
    }
}
