//! Undefined names: misspelt, defined too late, or with a lost definition.

use super::context::RuleContext;
use super::edit::Edit;
use super::imports::{import_of, top, with_import};
use cadforge_core::failure::Kind;
use cadforge_python::{Module, Node, children, enclosing, nearest, number, quoted, statement_of};

/// Whether two words differ in one letter.
pub(super) fn differs_in_one_letter(word: &str, of: &str) -> bool {
    word.len() >= 3 && nearest::osa_distance(word, of) == 1
}

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::UndefinedName {
        return;
    }
    let Some(&name) = quoted(context.message).first() else {
        return;
    };
    let source = context.source;
    if context.message.contains("UnboundLocalError") {
        unbound_local(context, name, edits);
    }
    let uses: Vec<_> = source
        .nodes()
        .into_iter()
        .filter(|node| node.kind() == "identifier" && source.at(*node) == name && is_use(*node))
        .collect();
    let Some(first) = uses
        .iter()
        .find(|node| Some(node.start_position().row + 1) == context.line)
        .or(uses.first())
        .copied()
    else {
        return;
    };
    // Elsewhere the name may be bound.
    let function = enclosing(first, "function_definition");
    let uses: Vec<_> = uses
        .into_iter()
        .filter(|node| {
            enclosing(*node, "function_definition") == function || !source.scope_with(*node).contains(name)
        })
        .collect();
    let replace = |rank: u32, with: &str, reason: String| {
        let mut edit = Edit::new("name", rank, 0..0, "", reason).needed();
        for node in &uses {
            edit = edit.and(node.byte_range(), with);
        }
        edit
    };
    if import_of(name).is_none() {
        constants(context, name, &replace, edits);
    }
    for (distance, known) in nearest::ranked(
        name,
        source.scope(first).iter().map(String::as_str).chain(BUILTINS),
    )
    .into_iter()
    .take(4)
    {
        let rank = 10 + (distance * 40.0) as u32;
        edits.push(replace(
            rank,
            known,
            format!("`{name}` is not defined, `{known}` is"),
        ));
    }
    defined_later(context, name, edits);
    builders(context, name, &replace, edits);
    missing_constant(context, name, first, edits);
    // A missing part cannot be joined: removes the operation.
    if let Some(call) = enclosing(first, "argument_list")
        .and_then(|list| list.parent())
        .and_then(|call| source.call(call))
        && let Some(receiver) = call.receiver
        && matches!(call.name, "union" | "cut" | "intersect" | "add")
        && call.args.len() == 1
        && call.args[0].value == first
    {
        let range = receiver.end_byte()..call.node.end_byte();
        edits.push(Edit::new(
            "name",
            60,
            range,
            "",
            format!("removes `{name}`, which is not defined"),
        ));
    }
}

/// Builtin functions of Python that candidates use.
const BUILTINS: [&str; 14] = [
    "range",
    "len",
    "abs",
    "min",
    "max",
    "round",
    "float",
    "int",
    "list",
    "tuple",
    "sorted",
    "enumerate",
    "zip",
    "sum",
];

/// Names of other languages and of modules without a prefix.
fn constants(
    context: &RuleContext<'_>,
    name: &str,
    replace: &dyn Fn(u32, &str, String) -> Edit,
    edits: &mut Vec<Edit>,
) {
    let source = context.source;
    let python = [
        ("true", "True"),
        ("false", "False"),
        ("null", "None"),
        ("none", "None"),
        ("undefined", "None"),
        ("TRUE", "True"),
        ("FALSE", "False"),
        ("PI", "math.pi"),
        ("M_PI", "math.pi"),
    ];
    if let Some((_, right)) = python.iter().find(|(wrong, _)| *wrong == name) {
        let edit = replace(6, right, format!("`{name}` is `{right}` in Python"));
        edits.push(if right.starts_with("math") {
            with_import(source, edit, "math")
        } else {
            edit
        });
    }
    let math = [
        "pi", "sin", "cos", "tan", "sqrt", "radians", "degrees", "atan2", "atan", "asin", "acos", "ceil",
        "floor", "hypot", "tau", "pow",
    ];
    if math.contains(&name) {
        let edit = replace(7, &format!("math.{name}"), format!("`{name}` is in `math`"));
        edits.push(with_import(source, edit, "math"));
    }
    let module = &context.api.module;
    if module.contains_key(name) {
        let edit = replace(7, &format!("cq.{name}"), format!("`{name}` is in CadQuery"));
        edits.push(with_import(source, edit, "cq"));
    }
    for (submodule, names) in &context.api.modules {
        if names.iter().any(|known| known == name) {
            let edit = replace(
                9,
                &format!("cq.{submodule}.{name}"),
                format!("`{name}` is in `cq.{submodule}`"),
            );
            edits.push(with_import(source, edit, "cq"));
        }
    }
}

/// Whether an identifier is used as a variable here.
fn is_use(node: Node<'_>) -> bool {
    let Some(parent) = node.parent() else { return true };
    let is_field = |field: &str| parent.child_by_field_name(field) == Some(node);
    match parent.kind() {
        "attribute" => !is_field("attribute"),
        "keyword_argument" => !is_field("name"),
        "function_definition" | "parameters" | "class_definition" => false,
        "default_parameter" => !is_field("name"),
        "assignment" => !is_field("left"),
        _ => true,
    }
}

/// Bound at module level, but after its first use: moves the definition up, or the use down.
fn defined_later(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = context.source;
    let text = source.text;
    // The statement at module level that was running.
    let running = context.frames().first().copied().or(context.line);
    let Some(outer) = running.and_then(|line| {
        children(source.root()).into_iter().find(|node| {
            node.is_named()
                && node.start_position().row < line
                && node.end_position().row + 1 >= line
                && node.kind() != "comment"
        })
    }) else {
        return;
    };
    if let Some(binding) = source.bindings().into_iter().find(|binding| {
        binding.global && binding.name == name && binding.node.start_byte() > outer.start_byte()
    }) {
        let statement = statement_of(binding.node);
        let moved = source.at(statement).to_owned();
        let end = (statement.end_byte() + 1).min(text.len());
        let start = outer.start_byte();
        edits.push(
            Edit::new(
                "order",
                12,
                start..start,
                format!("{moved}\n"),
                format!("defines `{name}` before it is used"),
            )
            .and(statement.start_byte()..end, "")
            .needed(),
        );
    }
    let function = source
        .functions()
        .into_iter()
        .find(|function| function.name == name && function.node.start_byte() > outer.start_byte());
    if function.is_some() {
        let moved = source.at(outer).to_owned();
        let end = (outer.end_byte() + 1).min(text.len());
        let last = text.len();
        let tail = super::fixture::at_end(source, &moved);
        edits.push(
            Edit::new(
                "order",
                11,
                outer.start_byte()..end,
                "",
                format!("uses `{name}` after its definition"),
            )
            .and(last..last, tail)
            .needed(),
        );
    }
}

/// A part that a function builds under another name.
fn builders(
    context: &RuleContext<'_>,
    name: &str,
    replace: &dyn Fn(u32, &str, String) -> Edit,
    edits: &mut Vec<Edit>,
) {
    let source = context.source;
    let wanted: Vec<String> = nearest::words(name);
    for function in source.functions() {
        let callable = function.params.iter().all(|(_, must)| !must);
        if !callable || function.returns.is_empty() {
            continue;
        }
        let words: Vec<String> = nearest::words(function.name)
            .into_iter()
            .filter(|word| !["make", "build", "create", "get", "add"].contains(&word.as_str()))
            .collect();
        let returns_it = function.returns.iter().any(|value| source.at(*value) == name);
        if words == wanted || returns_it {
            edits.push(replace(
                14,
                &format!("{}()", function.name),
                format!("`{}` builds `{name}`", function.name),
            ));
        }
    }
}

/// A constant whose line was lost: from a related constant, from the history, else a guess by its name.
fn missing_constant(context: &RuleContext<'_>, name: &str, first: Node<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    if source.bindings().iter().any(|binding| binding.name == name) {
        return;
    }
    let called = first.parent().is_some_and(|parent| {
        parent.kind() == "call" && parent.child_by_field_name("function") == Some(first)
    });
    let has_attributes = first.parent().is_some_and(|parent| parent.kind() == "attribute");
    if called || has_attributes {
        return;
    }
    let at = constants_end(source);
    let define = |rank: u32, value: String, reason: String| {
        Edit::new("constant", rank, at..at, format!("{name} = {value}\n"), reason).needed()
    };
    for earlier in context.history.iter().rev() {
        let module = Module::new(&earlier.code);
        let bindings = module.bindings();
        let known = bindings
            .iter()
            .find(|binding| binding.global && binding.name == name);
        if let Some(known) = known {
            edits.push(define(
                8,
                known.text.to_owned(),
                format!("`{name}` as step {} had it", earlier.step),
            ));
            break;
        }
    }
    let known = source.scope(first);
    for (from, to, factor) in [
        ("radius", "diameter", "/ 2"),
        ("diameter", "radius", "* 2"),
        ("r", "d", "/ 2"),
        ("d", "r", "* 2"),
        ("half", "", "/ 2"),
    ] {
        let words = nearest::words(name);
        if words.iter().any(|word| word == from) {
            let relative = words
                .iter()
                .map(|word| if word == from { to } else { word.as_str() })
                .filter(|word| !word.is_empty())
                .collect::<Vec<_>>()
                .join("_");
            if known.contains(&relative) {
                // After the related constant, which may be below the others.
                let behind = source
                    .bindings()
                    .into_iter()
                    .find(|binding| binding.global && binding.name == relative)
                    .map(|binding| binding.node.end_byte());
                if let Some(behind) = behind {
                    edits.push(
                        Edit::new(
                            "constant",
                            9,
                            behind..behind,
                            format!("\n{name} = {relative} {factor}"),
                            format!("`{name}` follows from `{relative}`"),
                        )
                        .needed(),
                    );
                }
            }
        }
    }
    // Constants with the same last word have similar values: their median.
    let last = nearest::words(name).pop().unwrap_or_default();
    let mut similar: Vec<f64> = source
        .bindings()
        .iter()
        .filter(|binding| binding.global && nearest::words(binding.name).last() == Some(&last))
        .filter_map(|binding| number(binding.text))
        .collect();
    similar.sort_by(f64::total_cmp);
    let guess = similar
        .get(similar.len() / 2)
        .map(|value| format!("{value:?}"))
        .unwrap_or_else(|| by_word(&last).to_owned());
    edits.push(define(
        32,
        guess.clone(),
        format!("defines `{name}` with a guess: {guess}"),
    ));
}

fn by_word(word: &str) -> &'static str {
    match word {
        "thickness" | "t" | "wall" => "5.0",
        "radius" | "r" | "fillet" | "chamfer" => "5.0",
        "diameter" | "d" | "bore" | "hole" => "8.0",
        "height" | "h" | "depth" => "20.0",
        "length" | "width" | "l" | "w" | "size" | "span" => "40.0",
        "count" | "n" | "number" | "sides" => "4",
        "angle" | "tilt" => "15.0",
        "clearance" | "gap" | "tolerance" => "0.5",
        "x" | "y" | "z" | "offset" | "shift" => "0.0",
        _ => "10.0",
    }
}

/// After the first block of plain numbers at module level, else after the imports.
pub(super) fn constants_end(source: &Module<'_>) -> usize {
    let text = source.text;
    let mut end = top(source);
    for statement in children(source.root()).into_iter().filter(Node::is_named) {
        let is_import = statement.kind().starts_with("import");
        let is_number = source
            .bindings()
            .iter()
            .any(|binding| statement_of(binding.node) == statement && number(binding.text).is_some());
        let is_text = statement.kind() == "comment" || source.at(statement).starts_with(['"', '\'']);
        if is_import || is_number {
            end = (statement.end_byte() + 1).min(text.len());
        } else if !is_text {
            break;
        }
    }
    end
}

fn unbound_local(context: &RuleContext<'_>, name: &str, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(statement) = context.statement() else {
        return;
    };
    let Some(function) = source
        .functions()
        .into_iter()
        .rev()
        .find(|function| function.node.byte_range().contains(&statement.start_byte()))
    else {
        return;
    };
    let global = source
        .bindings()
        .iter()
        .any(|binding| binding.global && binding.name == name);
    if global {
        let at = function.body.start_byte();
        let indent = " ".repeat(function.body.start_position().column);
        edits.push(
            Edit::new(
                "scope",
                10,
                at..at,
                format!("global {name}\n{indent}"),
                format!("uses the global `{name}`"),
            )
            .needed(),
        );
    }
}
