//! Plausibility of code that parses: of several places for a bracket, the most plausible one.

use cadforge_python::{ApiIndex, Call, Function, Module, Node, enclosing, number};

/// Weighted number of implausible constructs in some lines; 0 is best.
pub fn implausibility(source: &Module<'_>, lines: std::ops::RangeInclusive<usize>, api: &ApiIndex) -> u32 {
    let rows = lines.start().saturating_sub(1)..=lines.end().saturating_sub(1);
    let own = source.functions();
    let numbers: Vec<&str> = source
        .bindings()
        .iter()
        .filter(|binding| binding.global && number(binding.text).is_some())
        .map(|binding| binding.name)
        .collect();
    let mut odd = 0;
    for node in source.nodes() {
        if node.end_position().row < *rows.start() || node.start_position().row > *rows.end() {
            continue;
        }
        odd += match node.kind() {
            "ERROR" => 20,
            "attribute" => odd_attribute(source, node, &numbers),
            "call" => source.call(node).map_or(2, |call| {
                let mut odd = arguments(source, &call, &own, api);
                if call
                    .receiver
                    .is_some_and(|receiver| receiver.kind() == "parenthesized_expression")
                {
                    odd += 1;
                }
                odd
            }),
            "expression_list" => 2,
            // An unused value: a chain whose beginning is elsewhere, or a name alone.
            "expression_statement" => {
                let only = node.named_child(0).map_or("", |child| child.kind());
                u32::from(!matches!(
                    only,
                    "assignment" | "call" | "string" | "augmented_assignment"
                )) * 3
            }
            "parenthesized_expression" => u32::from(is_redundant(node)),
            "tuple" => u32::from(node.named_child_count() == 1) * 2,
            "keyword_argument" => keyword_place(node),
            "comparison_operator" | "generator_expression" => 1,
            _ => 0,
        };
    }
    odd
}

fn odd_attribute(source: &Module<'_>, node: Node<'_>, numbers: &[&str]) -> u32 {
    let object = node.child_by_field_name("object");
    let name = node
        .child_by_field_name("attribute")
        .map_or("", |name| source.at(name));
    let known_of_text = ["join", "format", "upper", "lower", "strip", "append"].contains(&name);
    match object.map_or("", |object| object.kind()) {
        "string" if !known_of_text => 6,
        "integer" | "float" | "tuple" | "list" | "binary_operator" => 6,
        "identifier" if object.is_some_and(|object| numbers.contains(&source.at(object))) => 6,
        "call" => {
            // Numbers have no methods: `abs(x).extrude(…)`.
            let callee = object.and_then(|object| object.child_by_field_name("function"));
            let callee = callee.map_or("", |callee| source.at(callee));
            u32::from(
                ["abs", "max", "min", "len", "range", "float", "int"].contains(&callee)
                    || callee.starts_with("math."),
            ) * 6
        }
        _ => 0,
    }
}

fn arguments(source: &Module<'_>, call: &Call<'_>, own: &[Function<'_>], api: &ApiIndex) -> u32 {
    let given = call.positional().len();
    let named = call.args.len() - given;
    let starred = call.args.iter().any(|arg| arg.value.kind().ends_with("splat"));
    let bounds = match call.receiver {
        Some(receiver) if source.at(receiver) == "math" => Some(match call.name {
            "atan2" | "hypot" | "pow" | "fmod" => (2, 2),
            _ => (1, 2),
        }),
        Some(receiver) if source.at(receiver) == "cq" => match call.name {
            "Workplane" => Some((0, 3)),
            _ => None,
        },
        Some(_) => {
            // Workplanes and sketches share names; the better fit counts.
            let classes = ["Workplane", "Sketch", "Shape", "Assembly"];
            let fits = classes
                .iter()
                .filter_map(|class| api.arity(class, call.name))
                .map(|arity| (arity.least, arity.most));
            let fits: Vec<_> = fits.collect();
            let good = fits
                .iter()
                .find(|(least, most)| given <= *most && given + named >= *least);
            good.or(fits.first()).copied()
        }
        None => own
            .iter()
            .find(|function| function.name == call.name)
            .map(|function| {
                (
                    function.params.iter().filter(|(_, must)| *must).count(),
                    function.params.len(),
                )
            })
            .or(match call.name {
                "abs" | "len" | "float" | "list" | "tuple" | "sorted" => Some((1, 1)),
                "range" => Some((1, 3)),
                "round" | "int" => Some((1, 2)),
                "min" | "max" => Some((2, usize::MAX)),
                _ => None,
            }),
    };
    match bounds {
        Some((least, most)) if !starred && (given > most || given + named < least) => 4,
        _ => 0,
    }
}

/// Brackets around a whole argument or value that no operator needs.
fn is_redundant(node: Node<'_>) -> bool {
    let holds = node.named_child(0).map_or("", |child| child.kind());
    let parent = node.parent().map_or("", |parent| parent.kind());
    if node.start_position().row != node.end_position().row {
        return false;
    }
    match parent {
        "binary_operator" => !matches!(
            holds,
            "binary_operator" | "conditional_expression" | "unary_operator"
        ),
        "attribute" | "unary_operator" => false,
        _ => true,
    }
}

fn keyword_place(node: Node<'_>) -> u32 {
    // A positional argument after a keyword does not compile.
    let mut next = node.next_named_sibling();
    while let Some(sibling) = next {
        if !matches!(
            sibling.kind(),
            "keyword_argument" | "dictionary_splat" | "list_splat" | "comment"
        ) {
            return 10;
        }
        next = sibling.next_named_sibling();
    }
    let in_call = enclosing(node, "argument_list").is_some() || enclosing(node, "class_definition").is_some();
    u32::from(!in_call) * 10
}
