//! Invalid values: numbers in quotes, `None` instead of a number, zero and negative sizes.

use super::context::RuleContext;
use super::edit::{Edit, format_number};
use cadforge_core::failure::Kind;
use cadforge_python::{Binding, Module, Node, children, enclosing, nearest, number};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if !matches!(
        context.kind,
        Kind::TypeOrValue | Kind::UnknownBuildFailure | Kind::InventedApi | Kind::EmptyGeometry
    ) {
        return;
    }
    let source = context.source;
    let message = context.message;
    let of_text = message.contains("'str'")
        || message.contains("str (not")
        || message.contains("incompatible")
        || message.contains("must be real number");
    if of_text {
        numbers_in_quotes(source, edits);
    }
    if message.contains("NoneType") || (message.contains("incompatible") && source.text.contains("None")) {
        for binding in source
            .bindings()
            .into_iter()
            .filter(|binding| binding.value.kind() == "none")
        {
            let last = nearest::words(binding.name).pop().unwrap_or_default();
            let similar = source
                .bindings()
                .into_iter()
                .filter(|other| nearest::words(other.name).last() == Some(&last))
                .find_map(|other| number(other.text));
            let value = similar.map_or_else(|| "10.0".to_owned(), |value| format!("{value:?}"));
            edits.push(
                Edit::new(
                    "nothing",
                    14,
                    binding.value.byte_range(),
                    value,
                    format!("gives `{}` a value (a guess)", binding.name),
                )
                .needed(),
            );
        }
        for node in source
            .nodes()
            .into_iter()
            .filter(|node| node.kind() == "none" && Some(node.start_position().row + 1) == context.line)
        {
            edits.push(Edit::new(
                "nothing",
                16,
                node.byte_range(),
                "10.0",
                "a number instead of `None` (a guess)",
            ));
        }
    }
    commas(context, edits);
    if context.kind != Kind::InventedApi {
        sizes(context, edits);
    }
    shadows(context, edits);
}

/// `"10"` and `"10 mm"` become 10.
fn numbers_in_quotes(source: &Module<'_>, edits: &mut Vec<Edit>) {
    let mut edit = Edit::new("quotes", 6, 0..0, "", "removes quotes around numbers").needed();
    for node in source.nodes().into_iter().filter(|node| node.kind() == "string") {
        let inner = source.at(node).trim_matches(['"', '\'']);
        let plain = inner
            .trim()
            .trim_end_matches("mm")
            .trim_end_matches("deg")
            .trim_end_matches('°')
            .trim();
        if number(plain).is_some() {
            edit = edit.and(node.byte_range(), plain);
        }
    }
    if edit.changes.len() > 1 {
        edits.push(edit);
    }
}

/// `x = 5,` and `(5,)` are tuples.
fn commas(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    if !context.message.contains("tuple")
        && !context.message.contains("sequence")
        && !context.message.contains("incompatible")
    {
        return;
    }
    for binding in source.bindings() {
        let single = binding.value.named_child_count() == 1;
        if matches!(binding.value.kind(), "expression_list" | "tuple") && single && binding.text.contains(',')
        {
            let inner = binding.value.named_child(0).expect("counted");
            edits.push(
                Edit::new(
                    "stray comma",
                    5,
                    binding.value.byte_range(),
                    source.at(inner),
                    format!("removes the comma that makes `{}` a tuple", binding.name),
                )
                .needed(),
            );
        }
        // A decimal comma: `5,5`.
        if binding.value.kind() == "expression_list" && binding.value.named_child_count() == 2 {
            let parts: Vec<&str> = binding.text.split(',').map(str::trim).collect();
            if parts.iter().all(|part| part.chars().all(|c| c.is_ascii_digit())) {
                edits.push(
                    Edit::new(
                        "decimal comma",
                        6,
                        binding.value.byte_range(),
                        parts.join("."),
                        format!("writes `{}` with a decimal point", binding.name),
                    )
                    .needed(),
                );
            }
        }
    }
}

/// Sizes of zero or less, in the failing statement and its constants.
fn sizes(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let kernel = [
        "radius should be positive",
        "zero norm",
        "Standard_",
        "StdFail",
        "BRep",
        "gp_",
        "GC_",
        "not planar",
        "At least 1 element",
        "division by zero",
        "empty",
        "meshed",
        "Null",
    ];
    if !kernel.iter().any(|words| context.message.contains(words)) {
        return;
    }
    let regions = context.regions();
    let bindings = source.bindings();
    for region in regions.iter().rev() {
        let inside = |node: &Node<'_>| region.start <= node.start_byte() && node.end_byte() <= region.end;
        for node in source.nodes().into_iter().filter(inside) {
            let parent = node.parent().map_or("", |parent| parent.kind());
            let is_sign = node.kind() == "unary_operator" && source.at(node).starts_with('-');
            // Numbers inside vectors are places, not sizes.
            let holder = enclosing(node, "call")
                .and_then(|call| source.call(call))
                .map_or("", |call| call.name);
            // A fillet of size 0 is removed by another rule.
            if (parent == "argument_list" || parent == "keyword_argument")
                && !matches!(holder, "fillet" | "chamfer")
            {
                let value = source.at(node);
                if number(value) == Some(0.0) && node.kind() != "string" {
                    edits.push(Edit::new(
                        "size",
                        12,
                        node.byte_range(),
                        similar(source, node.parent().unwrap_or(node)),
                        "a size must be above zero: a guess",
                    ));
                } else if is_sign {
                    let positive = value.trim_start_matches('-').trim_start();
                    edits.push(Edit::new(
                        "size",
                        10,
                        node.byte_range(),
                        positive,
                        "a size must be above zero",
                    ));
                }
            }
            if node.kind() == "identifier"
                && let Some(binding) = bindings
                    .iter()
                    .find(|binding| binding.name == source.at(node) && binding.global)
            {
                constant(source, binding, 0, edits);
            }
        }
    }
    // A value may come from a constant by way of others.
    for binding in bindings.iter().filter(|binding| binding.global) {
        constant(source, binding, 3, edits);
    }
}

/// A named size of zero or less.
fn constant(source: &Module<'_>, binding: &Binding<'_>, later: u32, edits: &mut Vec<Edit>) {
    let Some(value) = number(binding.text) else {
        return;
    };
    let words = nearest::words(binding.name);
    let place = [
        "x", "y", "z", "offset", "angle", "tilt", "start", "bottom", "shift",
    ];
    if words.iter().any(|word| place.contains(&word.as_str())) {
        return;
    }
    if value < 0.0 {
        edits.push(
            Edit::new(
                "size",
                8 + later,
                binding.value.byte_range(),
                format!("{:?}", -value),
                format!("`{}` must be above zero", binding.name),
            )
            .needed(),
        );
    } else if value == 0.0 {
        let guess = alike_constant(source, binding);
        edits.push(
            Edit::new(
                "size",
                12 + later,
                binding.value.byte_range(),
                guess,
                format!("`{}` must be above zero: a guess", binding.name),
            )
            .needed(),
        );
    }
}

fn alike_constant(source: &Module<'_>, binding: &Binding<'_>) -> String {
    let last = nearest::words(binding.name).pop().unwrap_or_default();
    let mut others: Vec<f64> = source
        .bindings()
        .iter()
        .filter(|other| other.global && nearest::words(other.name).last() == Some(&last))
        .filter_map(|other| number(other.text))
        .filter(|value| *value > 0.0)
        .collect();
    others.sort_by(f64::total_cmp);
    others.get(others.len() / 2).map_or_else(
        || {
            if last == "count" {
                "4".to_owned()
            } else {
                "5.0".to_owned()
            }
        },
        |value| format!("{value:?}"),
    )
}

/// Another number of the same call, reduced to be harmless.
fn similar(source: &Module<'_>, list: Node<'_>) -> String {
    let others = children(list)
        .into_iter()
        .filter_map(|node| number(source.at(node)))
        .filter(|value| *value > 0.0);
    others
        .fold(None, |least: Option<f64>, value| {
            Some(least.map_or(value, |least| least.min(value)))
        })
        .map_or_else(|| "10.0".to_owned(), format_number)
}

/// A variable that shadows a function or module: `'float' object is not callable`.
fn shadows(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    if !context.message.contains("object is not callable") {
        return;
    }
    let Some(line) = context.line else { return };
    for call in source
        .calls_at(line)
        .iter()
        .filter(|call| call.receiver.is_none())
    {
        // `name = name()` hides the function from the next call.
        let hides: Vec<_> = source
            .bindings()
            .into_iter()
            .filter(|binding| binding.name == call.name && binding.global)
            .collect();
        for binding in &hides {
            if source
                .functions()
                .iter()
                .any(|function| function.name == call.name)
            {
                edits.push(
                    Edit::new(
                        "shadow",
                        10,
                        binding.name_node.byte_range(),
                        format!("{}_value", call.name),
                        format!("renames the variable that shadows `{}`", call.name),
                    )
                    .needed(),
                );
            }
        }
        if !hides.is_empty() && call.args.is_empty() {
            edits.push(Edit::new(
                "shadow",
                9,
                call.list.byte_range(),
                "",
                format!("`{}` is a value: removes the call", call.name),
            ));
        }
        let at = call.name_node.end_byte();
        if !hides.is_empty() && call.args.len() == 1 {
            edits.push(Edit::new(
                "operator",
                8,
                at..at,
                " * ",
                format!("multiplies `{}`", call.name),
            ));
        }
    }
    for node in source.nodes().into_iter().filter(|node| {
        node.kind() == "call" && node.start_position().row < line && node.end_position().row + 1 >= line
    }) {
        let Some(function) = node.child_by_field_name("function") else {
            continue;
        };
        let list = node
            .child_by_field_name("arguments")
            .map_or(0, |list| list.start_byte());
        match function.kind() {
            "tuple" | "list" => edits.push(Edit::new(
                "comma",
                5,
                function.end_byte()..list,
                ", ",
                "adds the missing comma",
            )),
            "integer" | "float" | "parenthesized_expression" => {
                edits.push(Edit::new(
                    "operator",
                    6,
                    function.end_byte()..list,
                    " * ",
                    "adds the missing operator",
                ));
            }
            "attribute" => {
                // A property that is called.
                let arguments = list..node.end_byte();
                edits.push(Edit::new(
                    "property",
                    12,
                    arguments,
                    "",
                    "a property is not called",
                ));
            }
            _ => {}
        }
    }
}
