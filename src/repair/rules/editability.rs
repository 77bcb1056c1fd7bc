//! Code that builds but is hard to edit: numbers become named constants, parts become functions. The geometry is
//! unchanged.

use std::collections::BTreeSet;

use super::context::RuleContext;
use super::edit::Edit;
use super::names::constants_end;
use crate::proposer::Keep;
use cadforge_core::failure::Kind;
use cadforge_python::{Module, Node, children, descendants, enclosing, nearest, number, statement_of};

/// Number of names with the full score under cadforge-v1: `min(1, named / 8)`.
const NAMED: usize = 8;

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::LowEditability || context.source.errors() > 0 {
        return;
    }
    let functions = wrap_in_functions(context.source);
    let names = name_dimensions(context);
    if let Some(edit) = both(functions.clone(), names.clone()) {
        edits.push(edit);
    }
    edits.extend(functions);
    edits.extend(names);
}

/// Both edits at once, if they do not overlap.
fn both(functions: Option<Edit>, names: Option<Edit>) -> Option<Edit> {
    let (functions, names) = (functions?, names?);
    let changes = [functions.changes.clone(), names.changes].concat();
    let reason = format!("{}; {}", names.reason, functions.reason);
    Some(Edit {
        rule: "editability",
        rank: 20,
        changes,
        reason,
        ..functions
    })
}

/// Turns each part that is built at module level into a function that returns it.
fn wrap_in_functions(source: &Module<'_>) -> Option<Edit> {
    let mut edit = Edit::new("functions", 24, 0..0, "", "");
    let mut wrapped = 0;
    let taken: BTreeSet<&str> = source.functions().iter().map(|function| function.name).collect();
    let mut seen = BTreeSet::new();
    for binding in source.bindings() {
        let statement = statement_of(binding.node);
        let at_top = statement.parent() == Some(source.root());
        let made = source
            .call(binding.value)
            .is_some_and(|call| call.receiver.is_some() && binding.text.contains("Workplane("));
        let name = format!("make_{}", binding.name);
        // A name that is bound twice would need its old value inside the function.
        if !at_top
            || !made
            || taken.contains(name.as_str())
            || !seen.insert(binding.name)
            || uses_itself(source, binding.value, binding.name)
        {
            continue;
        }
        let value = binding.text;
        // Continuation lines of a chain are unchanged: inside brackets the indent is free.
        let body = if value.contains('\n') && !value.starts_with('(') {
            format!("({value})")
        } else {
            value.to_owned()
        };
        let range = statement.byte_range();
        let before = source.text[..range.start].trim_end_matches(' ');
        let gap = if before.ends_with("\n\n\n") || before.is_empty() {
            ""
        } else if before.ends_with("\n\n") {
            "\n"
        } else {
            "\n\n"
        };
        // In two pieces around the value, so that the same edit can replace numbers in it.
        let start = binding.value.start_byte();
        let open = if body.len() > value.len() { "(" } else { "" };
        let close = if body.len() > value.len() { ")" } else { "" };
        let end = binding.value.end_byte();
        edit = edit.and(
            range.start..start,
            format!("{gap}def {name}():\n    return {open}"),
        );
        edit = edit.and(
            end..range.end,
            format!("{close}\n\n\n{} = {name}()", binding.name),
        );
        wrapped += 1;
    }
    if wrapped == 0 {
        return None;
    }
    edit.reason = format!("puts {wrapped} parts into functions that return them");
    edit.keep = Keep::SameGeometry;
    Some(edit.needed())
}

fn uses_itself(source: &Module<'_>, value: Node<'_>, name: &str) -> bool {
    descendants(value)
        .iter()
        .any(|node| node.kind() == "identifier" && source.at(*node) == name)
}

/// Replaces numbers in arguments by constants at the top, named by their meaning and owner.
fn name_dimensions(context: &RuleContext<'_>) -> Option<Edit> {
    let source = context.source;
    let named = context
        .step
        .evaluation
        .details
        .editability
        .as_ref()
        .map_or(0, |details| details.named_values);
    if named >= NAMED {
        return None;
    }
    let mut used: BTreeSet<String> = source
        .nodes()
        .iter()
        .filter(|node| node.kind() == "identifier")
        .map(|node| source.at(*node).to_owned())
        .collect();
    let at = constants_end(source);
    let mut block = String::new();
    let mut edit = Edit::new("names", 22, 0..0, "", "");
    let mut lifted = 0;
    for call in source.calls() {
        let Some(_) = call.receiver else { continue };
        if call.node.start_byte() < at {
            continue;
        }
        let owner = owner(source, call.node);
        let params = context.api.params("Workplane", call.name).unwrap_or_default();
        for (place, arg) in call.args.iter().enumerate() {
            let value = arg.text;
            if !matches!(arg.value.kind(), "integer" | "float")
                || number(value).is_none_or(|value| value <= 0.0)
            {
                continue;
            }
            let param = arg
                .keyword
                .or_else(|| params.get(place).map(|param| param.name.as_str()));
            let Some(word) = param.and_then(|param| word_for(call.name, param)) else {
                continue;
            };
            let base = format!("{owner}_{word}");
            let name = (1..)
                .map(|number| {
                    if number == 1 {
                        base.clone()
                    } else {
                        format!("{base}_{number}")
                    }
                })
                .find(|name| !used.contains(name))
                .expect("endless");
            block.push_str(&format!("{name} = {value}\n"));
            edit = edit.and(arg.value.byte_range(), name.clone());
            used.insert(name);
            lifted += 1;
        }
    }
    if lifted == 0 {
        return None;
    }
    if source.text[..at]
        .lines()
        .next_back()
        .is_some_and(|line| line.contains("import"))
    {
        block.insert(0, '\n');
    }
    edit = edit.and(at..at, block);
    edit.reason = format!("names {lifted} dimensions");
    edit.keep = Keep::SameGeometry;
    Some(edit.needed())
}

/// The owner of a number: the name that its statement binds, or its function.
fn owner(source: &Module<'_>, node: Node<'_>) -> String {
    let function = enclosing(node, "function_definition")
        .and_then(|function| function.child_by_field_name("name"))
        .map(|name| source.at(name));
    let statement = statement_of(node);
    let bound = children(statement)
        .into_iter()
        .find(|child| child.kind() == "assignment")
        .and_then(|assignment| assignment.child_by_field_name("left"))
        .filter(|left| left.kind() == "identifier")
        .map(|left| source.at(left));
    let name = bound.or(function).unwrap_or("part");
    let words: Vec<String> = nearest::words(name)
        .into_iter()
        .filter(|word| !["make", "build", "create", "get"].contains(&word.as_str()))
        .collect();
    if words.is_empty() {
        "part".to_owned()
    } else {
        words.join("_")
    }
}

fn word_for(method: &str, param: &str) -> Option<&'static str> {
    Some(match (method, param) {
        ("extrude", "until") => "height",
        ("cutBlind", "until") => "depth",
        ("fillet", _) => "fillet",
        ("chamfer", _) => "chamfer",
        ("shell", _) => "wall",
        ("rect", "xLen") | ("box", "length") | ("slot2D", "length") => "length",
        ("rect", "yLen") | ("box", "width") => "width",
        (_, "height") => "height",
        (_, "radius") => "radius",
        (_, "diameter") => "diameter",
        ("polarArray", "count") | ("rarray", "xCount" | "yCount") => "count",
        ("polygon", "nSides") => "sides",
        ("workplane", "offset") => "offset",
        ("rarray", "xSpacing" | "ySpacing") => "spacing",
        _ => return None,
    })
}
