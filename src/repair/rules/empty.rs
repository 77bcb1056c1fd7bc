//! Parts without a surface: sketches that are never extruded, booleans with an empty result.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_core::failure::Kind;
use cadforge_python::{RESULT_NAMES, number};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::EmptyGeometry {
        return;
    }
    let source = context.source;
    let globals: Vec<_> = source
        .bindings()
        .into_iter()
        .filter(|binding| binding.global)
        .collect();
    let Some(fixture) = globals
        .iter()
        .rev()
        .find(|binding| RESULT_NAMES.contains(&binding.name))
    else {
        return;
    };
    // A boolean that removes everything: intersections first, then cuts, the last first.
    let mut booleans: Vec<_> = source
        .calls()
        .into_iter()
        .filter(|call| matches!(call.name, "intersect" | "cut") && call.receiver.is_some())
        .collect();
    booleans.sort_by_key(|call| (call.name == "cut", std::cmp::Reverse(call.node.end_byte())));
    for (order, call) in booleans.iter().enumerate() {
        let receiver = call.receiver.expect("filtered");
        let rank = 14 + order as u32;
        let name = call.name;
        // A cut with swapped operands: the small body minus the large one.
        if let [arg] = call.args[..] {
            let swapped = format!("({}).{name}({})", arg.text, source.at(receiver));
            if name == "cut" {
                edits.push(
                    Edit::new(
                        "swap cut",
                        rank + 1,
                        call.node.byte_range(),
                        swapped,
                        "swaps the operands of the cut",
                    )
                    .needed(),
                );
            }
        }
        edits.push(
            Edit::new(
                "drop call",
                rank,
                receiver.end_byte()..call.node.end_byte(),
                "",
                format!("removes the `{name}` whose result is empty"),
            )
            .needed(),
        );
    }
    // A sketch that is never extruded.
    if !has_solid_text(source.at(fixture.value)) {
        let height = globals
            .iter()
            .filter(|binding| {
                ["thickness", "height", "depth"]
                    .iter()
                    .any(|word| binding.name.contains(word))
            })
            .find(|binding| number(binding.text).is_some())
            .map_or_else(|| "10.0".to_owned(), |binding| binding.name.to_owned());
        for binding in globals.iter().rev().filter(|binding| is_sketch(binding.text)) {
            let at = binding.value.end_byte();
            edits.push(
                Edit::new(
                    "extrude",
                    8,
                    at..at,
                    format!(".extrude({height})"),
                    "extrudes the outline",
                )
                .needed(),
            );
        }
        for function in source.functions() {
            for value in function
                .returns
                .iter()
                .filter(|value| is_sketch(source.at(**value)))
            {
                let at = value.end_byte();
                edits.push(
                    Edit::new(
                        "extrude",
                        9,
                        at..at,
                        format!(".extrude({height})"),
                        format!("extrudes the outline of `{}`", function.name),
                    )
                    .needed(),
                );
            }
        }
        // Unused parts may be the whole.
        let end = source.text.len();
        for (rank, (line, reason)) in super::fixture::choices(source)
            .into_iter()
            .filter(|(line, _)| !line.ends_with(fixture.name))
            .enumerate()
        {
            edits.push(Edit::new("fixture", 5 + rank as u32, end..end, format!("{line}\n"), reason).needed());
        }
        let at = fixture.value.end_byte();
        edits.push(
            Edit::new(
                "extrude",
                12,
                at..at,
                format!(".extrude({height})"),
                "extrudes the outline",
            )
            .needed(),
        );
    }
}

fn is_sketch(text: &str) -> bool {
    let draws = [
        "circle(",
        "rect(",
        "polygon(",
        "polyline(",
        "close()",
        "slot2D(",
        "ellipse(",
    ]
    .iter()
    .any(|word| text.contains(word));
    draws && !has_solid_text(text)
}

fn has_solid_text(text: &str) -> bool {
    [
        "extrude(",
        "revolve(",
        "loft(",
        "sweep(",
        "box(",
        "cylinder(",
        "sphere(",
        "cutThruAll",
        "cutBlind",
        "hole(",
        "union(",
        ".cut(",
        ".intersect(",
    ]
    .iter()
    .any(|word| text.contains(word))
}
