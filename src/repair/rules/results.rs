//! Functions whose result is not the expected one: `None`, the function itself, a list.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_python::enclosing;

/// Adds the missing return to functions whose value is used.
pub(super) fn missing_returns(context: &RuleContext<'_>, rank: u32, edits: &mut Vec<Edit>) {
    let source = context.source;
    let functions = source.functions();
    for function in functions.iter().filter(|function| function.returns.is_empty()) {
        let used = source.calls().iter().any(|call| {
            call.receiver.is_none()
                && call.name == function.name
                && call
                    .node
                    .parent()
                    .is_some_and(|parent| parent.kind() != "expression_statement")
        });
        let bound = source.bindings().into_iter().rfind(|binding| {
            function.node.byte_range().contains(&binding.node.start_byte())
                && enclosing(binding.node, "function_definition") == Some(function.node)
        });
        if !used {
            continue;
        }
        let indent = " ".repeat(function.body.start_position().column);
        let end = function.body.end_byte();
        let last = function
            .body
            .named_child(function.body.named_child_count().saturating_sub(1) as u32);
        // A value that the last line computes and discards.
        if let Some(last) = last.filter(|last| {
            last.kind() == "expression_statement"
                && last.named_child(0).is_some_and(|value| value.kind() == "call")
        }) {
            let at = last.start_byte();
            edits.push(
                Edit::new(
                    "return",
                    rank,
                    at..at,
                    "return ",
                    format!("returns the result of `{}`", function.name),
                )
                .needed(),
            );
        } else if let Some(bound) = bound {
            edits.push(
                Edit::new(
                    "return",
                    rank,
                    end..end,
                    format!("\n{indent}return {}", bound.name),
                    format!("returns `{}` from `{}`", bound.name, function.name),
                )
                .needed(),
            );
        }
    }
    // `return` without a value.
    for node in source
        .nodes()
        .into_iter()
        .filter(|node| node.kind() == "return_statement" && node.named_child_count() == 0)
    {
        let inside = enclosing(node, "function_definition");
        let bound = source.bindings().into_iter().rfind(|binding| {
            binding.node.end_byte() <= node.start_byte()
                && enclosing(binding.node, "function_definition") == inside
        });
        if let Some(bound) = bound {
            edits.push(
                Edit::new(
                    "return",
                    rank,
                    node.byte_range(),
                    format!("return {}", bound.name),
                    format!("returns `{}`", bound.name),
                )
                .needed(),
            );
        }
    }
}

/// A function instead of its result.
pub(super) fn uncalled(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = context.source;
    for (node, _) in context.attributes(name) {
        let Some(object) = node.child_by_field_name("object") else {
            continue;
        };
        if object.kind() == "identifier"
            && source
                .functions()
                .iter()
                .any(|function| function.name == source.at(object))
        {
            let at = object.end_byte();
            edits.push(Edit::new(
                "uncalled",
                6,
                at..at,
                "()",
                format!("calls `{}`", source.at(object)),
            ));
        }
    }
    bound(context, edits);
}

/// A name that is bound to a function.
pub(super) fn bound(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    for binding in source.bindings() {
        if binding.value.kind() == "identifier"
            && source
                .functions()
                .iter()
                .any(|function| function.name == binding.text)
        {
            let at = binding.value.end_byte();
            edits.push(Edit::new("uncalled", 8, at..at, "()", format!("calls `{}`", binding.text)).needed());
        }
    }
}

/// A list instead of one part.
pub(super) fn of_list(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = context.source;
    for call in context.same_calls(name) {
        let Some(receiver) = call.receiver else { continue };
        if let Some(chain) = source.at(receiver).strip_suffix(".vals()") {
            edits.push(Edit::new(
                "left chain",
                6,
                receiver.byte_range(),
                chain,
                format!("`.vals()` leaves the chain that has `{name}`"),
            ));
        }
        // A trailing comma makes a tuple.
        if let Some(binding) = source.bindings().into_iter().find(|binding| {
            binding.name == source.at(receiver)
                && matches!(binding.value.kind(), "expression_list" | "tuple")
                && binding.value.named_child_count() == 1
        }) {
            let inner = binding.value.named_child(0).expect("counted");
            edits.push(
                Edit::new(
                    "stray comma",
                    5,
                    binding.value.byte_range(),
                    source.at(inner),
                    "removes the comma that makes a tuple",
                )
                .needed(),
            );
        }
        let at = receiver.end_byte();
        edits.push(Edit::new(
            "list",
            20,
            at..at,
            "[0]",
            "uses the first element of the list",
        ));
    }
}
