//! Errors of plain Python: arguments of the candidate's own functions, indices, divisions, unpacking.

use super::arguments::suspects;
use super::context::RuleContext;
use super::edit::Edit;
use super::keywords::without;
use cadforge_python::{callee, nearest, number, quoted};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if !context.is_runtime() {
        return;
    }
    let message = context.message;
    if message.contains("unexpected keyword argument") {
        own_keyword(context, edits);
    }
    if message.contains("division by zero") {
        let source = context.source;
        for node in source.nodes().into_iter().filter(|node| {
            node.kind() == "binary_operator" && Some(node.start_position().row + 1) == context.line
        }) {
            let Some(right) = node.child_by_field_name("right") else {
                continue;
            };
            if number(source.at(right)) == Some(0.0) {
                edits.push(Edit::new(
                    "division",
                    8,
                    right.byte_range(),
                    "1",
                    "divides by one instead of zero",
                ));
            }
            let name = source.at(right);
            if let Some(binding) = source
                .bindings()
                .into_iter()
                .find(|binding| binding.name == name && number(binding.text) == Some(0.0))
            {
                edits.push(
                    Edit::new(
                        "division",
                        9,
                        binding.value.byte_range(),
                        "1",
                        format!("`{name}` divides and must not be zero"),
                    )
                    .needed(),
                );
            }
        }
    }
    if message.contains("index out of range") {
        let source = context.source;
        for node in source
            .nodes()
            .into_iter()
            .filter(|node| node.kind() == "subscript" && Some(node.start_position().row + 1) == context.line)
        {
            if let Some(index) = node.child_by_field_name("subscript") {
                edits.push(Edit::new(
                    "index",
                    8,
                    index.byte_range(),
                    "-1",
                    "uses the last element: the index is out of range",
                ));
                edits.push(Edit::new(
                    "index",
                    9,
                    index.byte_range(),
                    "0",
                    "uses the first element: the index is out of range",
                ));
            }
        }
    }
    if message.contains("can't multiply sequence") || message.contains("cannot be interpreted as an integer")
    {
        floats_as_counts(context, edits);
    }
    if message.contains("not subscriptable") {
        too_many_plain(context, edits);
    }
}

/// A keyword that the candidate's own function names otherwise.
fn own_keyword(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(&keyword) = quoted(context.message).first() else {
        return;
    };
    let (_, callee) = callee(context.message);
    let functions = source.functions();
    let Some(function) = functions.iter().find(|function| function.name == callee) else {
        return;
    };
    for call in suspects(context, callee) {
        let Some(arg) = call.keyword(keyword) else {
            continue;
        };
        let name = arg.node.start_byte()..arg.node.start_byte() + keyword.len();
        let places = call.positional().len();
        let free: Vec<&str> = function
            .params
            .iter()
            .skip(places)
            .map(|(name, _)| *name)
            .filter(|param| call.keyword(param).is_none())
            .collect();
        for (distance, right) in nearest::ranked(keyword, free.iter().copied()) {
            edits.push(Edit::new(
                "keyword",
                8 + (distance * 30.0) as u32,
                name.clone(),
                right,
                format!("`{callee}` calls it `{right}`"),
            ));
        }
        if let [only] = free[..] {
            edits.push(Edit::new(
                "keyword",
                9,
                name.clone(),
                only,
                format!("`{callee}` calls it `{only}`"),
            ));
        }
        edits.push(Edit::new(
            "keyword",
            24,
            without(source.text, arg.node),
            "",
            format!("`{callee}` takes no `{keyword}`"),
        ));
    }
}

/// `range(n / 2)` and `"x" * 1.5`: counts are integers.
fn floats_as_counts(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    for call in source.calls().into_iter().filter(|call| {
        context.line.is_none_or(|line| {
            call.node.start_position().row < line && call.node.end_position().row + 1 >= line
        })
    }) {
        for arg in &call.args {
            let counts = call.name == "range"
                || (call.name == "polarArray" && Some(arg.node) == call.args.get(3).map(|arg| arg.node))
                || arg
                    .keyword
                    .is_some_and(|name| ["count", "nSides", "xCount", "yCount"].contains(&name));
            let counts = counts
                || (call.name == "polygon" && Some(arg.node) == call.args.first().map(|arg| arg.node))
                || (call.name == "rarray" && call.args.iter().skip(2).any(|other| other.node == arg.node));
            if counts {
                let value = arg.text;
                let whole = number(value)
                    .map_or_else(|| format!("int({value})"), |value| format!("{}", value as i64));
                edits.push(Edit::new(
                    "count",
                    6,
                    arg.value.byte_range(),
                    whole,
                    "a count is an integer",
                ));
                if let Some(binding) = source
                    .bindings()
                    .into_iter()
                    .find(|binding| binding.name == value)
                    && let Some(number) = number(binding.text)
                {
                    edits.push(
                        Edit::new(
                            "count",
                            5,
                            binding.value.byte_range(),
                            format!("{}", number as i64),
                            format!("`{value}` is a count: an integer"),
                        )
                        .needed(),
                    );
                }
            }
        }
    }
}

/// `box(1, 2, 3, 4)`: the fourth argument has another meaning than intended.
fn too_many_plain(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(line) = context.line else { return };
    for call in source.calls_at(line) {
        let Some(arity) = context.api.arity("Workplane", call.name) else {
            continue;
        };
        let places = call.positional();
        if places.len() > arity.least && arity.least > 0 {
            let range = places[arity.least - 1].node.end_byte()..places[places.len() - 1].node.end_byte();
            edits.push(Edit::new(
                "arguments",
                10,
                range,
                "",
                format!("`{}` takes {} numbers", call.name, arity.least),
            ));
        }
    }
}
