//! Code that runs but leaves no part: finds the part and binds it to `fixture`.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_core::failure::Kind;
use cadforge_python::{
    Arg, Call, Function, Module, Node, RESULT_NAMES, descendants, enclosing, nearest, statement_of,
};

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    if context.kind != Kind::MissingFixture {
        return;
    }
    let source = context.source;
    let end = source.text.len();
    // `fixture` is bound, but not to a part.
    if context.message.contains("is of type function") {
        let name = context.message.split('`').nth(1).unwrap_or("fixture");
        let bound = source
            .bindings()
            .into_iter()
            .rev()
            .find(|binding| binding.global && binding.name == name);
        if let Some(binding) = bound.filter(|binding| binding.value.kind() == "identifier") {
            let at = binding.value.end_byte();
            let reason = format!("calls `{}`", binding.text);
            edits.push(Edit::new("uncalled", 8, at..at, "()", reason).needed());
        }
    }
    edits.extend(exported(context));
    let mut push = |rank: u32, line: String, reason: String| {
        edits.push(Edit::new(
            "fixture",
            rank,
            end..end,
            at_end(source, &line),
            reason,
        ));
    };
    for (rank, (line, reason)) in of_wrong_type(context).into_iter().enumerate() {
        push(10 + rank as u32, line, reason);
    }
    for (rank, (line, reason)) in choices(source).into_iter().enumerate() {
        push(20 + rank as u32, line, reason);
    }
    // Bound in another way than by an assignment that is parsed here: by unpacking, or from an object.
    if let Some((_, rest)) = context.message.split_once("bind it: `fixture = ")
        && let Some((name, _)) = rest.split_once('`')
        && name != "…"
    {
        push(
            40,
            format!("fixture = {name}"),
            format!("binds `{name}`, which holds a shape"),
        );
    }
}

/// A statement for the end of a file: two blank lines after a function.
pub(super) fn at_end(source: &Module<'_>, line: &str) -> String {
    let text = source.text;
    let last = source
        .root()
        .named_child(source.root().named_child_count().saturating_sub(1) as u32);
    let after_function = last.is_some_and(|last| last.kind() == "function_definition");
    let lead = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    let gap = if after_function && !text.ends_with("\n\n\n") {
        "\n\n"
    } else {
        ""
    };
    format!("{lead}{gap}{line}\n")
}

/// The text with `fixture` bound, if it is not bound and a part is found; for code that was cut.
pub(super) fn bound(text: &str) -> Option<String> {
    let source = Module::new(text);
    let has = source
        .bindings()
        .iter()
        .any(|binding| binding.global && RESULT_NAMES.contains(&binding.name));
    let shown = text.contains("show_object(");
    let (line, _) = choices(&source).into_iter().next()?;
    (!has && !shown).then(|| format!("{}\n{line}\n", text.trim_end()))
}

/// Lines that bind `fixture`, the most likely first.
pub(super) fn choices(source: &Module<'_>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let functions = source.functions();
    let globals: Vec<_> = source
        .bindings()
        .into_iter()
        .filter(|binding| binding.global)
        .collect();
    // A name that resembles `fixture`, or has the same meaning.
    if let Some(binding) = globals
        .iter()
        .rev()
        .find(|binding| nearest::osa_distance(&binding.name.to_lowercase(), "fixture") <= 2)
    {
        found.push((
            format!("fixture = {}", binding.name),
            format!("`{}` is the part", binding.name),
        ));
    }
    // Bound inside a function that is never called, or that returns nothing.
    for function in functions.iter().filter(|function| is_outer(function)) {
        let inner = descendants(function.body);
        let makes = inner.iter().any(|node| {
            node.kind() == "assignment"
                && node
                    .child_by_field_name("left")
                    .is_some_and(|left| RESULT_NAMES.contains(&source.at(left)))
        });
        if makes && !function.returns.is_empty() && callable(function) && !is_called(source, function.name) {
            found.push((
                format!("fixture = {}()", function.name),
                format!("`{}` builds the part, but is never called", function.name),
            ));
        }
    }
    let last_statement = source
        .root()
        .named_child(source.root().named_child_count().saturating_sub(1) as u32);
    // The last line builds the part and does not bind it.
    if let Some(statement) = last_statement
        && statement.kind() == "expression_statement"
        && let Some(value) = statement.named_child(0)
        && value.kind() == "call"
        && !source.at(value).starts_with("print")
    {
        let text = source.at(value);
        found.push((
            format!("fixture = {text}"),
            "binds the result of the last line".to_owned(),
        ));
    }
    let uncalled = uncalled_builders(source, &functions);
    let parts: Vec<_> = globals
        .iter()
        .filter(|binding| looks_solid(source, binding.value, &functions))
        .collect();
    // A single function for the whole that is never called.
    let whole = [
        "assemble", "assembly", "build", "main", "create", "fixture", "model", "part", "all", "make",
    ];
    let main = uncalled.iter().rev().find(|name| {
        let words = nearest::words(name);
        words.iter().any(|word| whole[..5].contains(&word.as_str()))
            || words.last().is_some_and(|word| whole.contains(&word.as_str()))
    });
    if let Some(name) = main {
        found.push((
            format!("fixture = {name}()"),
            format!("`{name}` builds the part, but is never called"),
        ));
    }
    // All parts that are not used elsewhere, joined.
    let loose: Vec<&str> = parts
        .iter()
        .filter(|part| !is_used_after(source, part.name, part.node.end_byte()))
        .map(|part| part.name)
        .collect();
    let mut pieces: Vec<String> = Vec::new();
    for name in loose {
        if !pieces.iter().any(|piece| piece == name) {
            pieces.push(name.to_owned());
        }
    }
    pieces.extend(
        uncalled
            .iter()
            .filter(|name| Some(*name) != main)
            .map(|name| format!("{name}()")),
    );
    if let Some((first, rest)) = pieces.split_first() {
        let chain: String = rest.iter().map(|piece| format!(".union({piece})")).collect();
        let reason = match rest.len() {
            0 => format!("binds `{first}` to `fixture`"),
            more => format!("joins the {} unused parts", more + 1),
        };
        found.push((format!("fixture = {first}{chain}"), reason));
    }
    if let Some(part) = parts.last() {
        found.push((
            format!("fixture = {}", part.name),
            format!("binds `{}`, the last part built", part.name),
        ));
    }
    if let Some(name) = uncalled.last() {
        found.push((
            format!("fixture = {name}()"),
            format!("calls `{name}`, which is never called"),
        ));
    }
    // A function whose result is discarded.
    for function in functions
        .iter()
        .rev()
        .filter(|function| is_outer(function) && callable(function) && !function.returns.is_empty())
    {
        found.push((
            format!("fixture = {}()", function.name),
            format!("binds the result of `{}`", function.name),
        ));
    }
    found
}

/// Binds a part that is only written to a file, as the failure's message names it.
fn exported(context: &RuleContext<'_>) -> Option<Edit> {
    let source = context.source;
    let (what, rest) = context
        .message
        .split_once(" was only written to a file, on line ")?;
    let edit = |at: usize, text, reason: &str| Edit::new("fixture", 4, at..at, text, reason).needed();
    if let Some(name) = what.strip_suffix('`').and_then(|what| what.rsplit('`').next()) {
        let reason = format!("binds `{name}`, which is exported");
        let end = source.text.len();
        return Some(edit(end, at_end(source, &format!("fixture = {name}")), &reason));
    }
    let line = rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    let part = source
        .calls_at(line)
        .into_iter()
        .find_map(|call| exported_part(source, &call))?;
    let statement = statement_of(part);
    let start = statement.start_byte();
    let indent = source.line(source.line_of(start)).start..start;
    if !source.text[indent.clone()].trim().is_empty() {
        return None;
    }
    // A function's local name needs a `global` statement; a name that it has used already cannot become global.
    let inside = enclosing(statement, "function_definition");
    let is_free = |name: &&str| {
        inside.is_none()
            || !descendants(source.root())
                .iter()
                .any(|node| source.at(*node) == *name)
    };
    let name = RESULT_NAMES.into_iter().find(is_free)?;
    let indent = &source.text[indent];
    let global = inside.map_or(String::new(), |_| format!("global {name}\n{indent}"));
    let bind = format!("{global}{name} = {}\n{indent}", source.at(part));
    Some(edit(start, bind, "binds the exported part").and(part.byte_range(), name))
}

/// The part that a call exports: the first argument of a function, or the object of a method.
fn exported_part<'t>(source: &Module<'_>, call: &Call<'t>) -> Option<Node<'t>> {
    let method = matches!(
        call.name,
        "export" | "exportStl" | "exportStep" | "exportBrep" | "exportBin" | "exportSvg" | "save"
    );
    let of_module = call
        .receiver
        .is_none_or(|receiver| source.at(receiver).ends_with("exporters"));
    if of_module && call.name.starts_with("export") {
        let named = |arg: &&Arg<'_>| arg.keyword.is_none_or(|name| name == "w");
        return call.args.iter().find(named).map(|arg| arg.value);
    }
    call.receiver.filter(|_| method && !of_module)
}

fn of_wrong_type(context: &RuleContext<'_>) -> Vec<(String, String)> {
    let Some(kind) = context
        .message
        .split("is of type ")
        .nth(1)
        .and_then(|rest| rest.split(':').next())
    else {
        return Vec::new();
    };
    let name = context.message.split('`').nth(1).unwrap_or("fixture");
    match kind {
        "function" | "method" | "builtin_function_or_method" => {
            vec![(
                format!("fixture = {name}()"),
                format!("`{name}` is a function: calls it"),
            )]
        }
        "list" | "tuple" => vec![
            (
                format!(
                    "fixture = cq.Workplane(\"XY\").newObject([shape for piece in {name} for shape in (piece.vals() if hasattr(piece, \"vals\") else [piece])]).combine()"
                ),
                format!("joins the pieces in `{name}`"),
            ),
            (
                format!("fixture = {name}[0]"),
                format!("takes the first of `{name}`"),
            ),
        ],
        "dict" => vec![(
            format!(
                "fixture = cq.Workplane(\"XY\").newObject([shape for piece in {name}.values() for shape in piece.vals()]).combine()"
            ),
            format!("joins the pieces in `{name}`"),
        )],
        _ => Vec::new(),
    }
}

/// Functions at module level without required parameters that return something and are never called.
fn uncalled_builders(source: &Module<'_>, functions: &[Function<'_>]) -> Vec<String> {
    let uncalled = functions
        .iter()
        .filter(|function| is_outer(function) && callable(function) && !function.returns.is_empty())
        .filter(|function| {
            function
                .returns
                .iter()
                .any(|value| looks_solid(source, *value, functions) || value.kind() == "identifier")
        })
        .filter(|function| !is_called(source, function.name));
    uncalled.map(|function| function.name.to_owned()).collect()
}

fn is_outer(function: &Function<'_>) -> bool {
    enclosing(function.node, "function_definition").is_none()
        && enclosing(function.node, "class_definition").is_none()
}

fn callable(function: &Function<'_>) -> bool {
    function.params.iter().all(|(_, must)| !must)
}

fn is_called(source: &Module<'_>, name: &str) -> bool {
    source
        .calls()
        .iter()
        .any(|call| call.receiver.is_none() && call.name == name)
}

fn is_used_after(source: &Module<'_>, name: &str, at: usize) -> bool {
    source
        .nodes()
        .iter()
        .any(|node| node.kind() == "identifier" && node.start_byte() > at && source.at(*node) == name)
}

/// Whether an expression is likely to be a part.
pub(super) fn looks_solid(source: &Module<'_>, value: Node<'_>, functions: &[Function<'_>]) -> bool {
    if value.kind() == "parenthesized_expression" {
        return value
            .named_child(0)
            .is_some_and(|inner| looks_solid(source, inner, functions));
    }
    let Some(call) = source.call(value) else {
        return false;
    };
    match call.receiver {
        Some(receiver) => {
            source.at(receiver) != "math"
                && !matches!(call.name, "val" | "vals" | "BoundingBox" | "Volume" | "size")
        }
        None => functions
            .iter()
            .any(|function| function.name == call.name && !function.returns.is_empty()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::offers;

    fn first(code: &str, what: &str, line: usize) -> String {
        let message = format!(
            "the code ran but left nothing to score: {what} was only written to a file, on line {line}; bind it: `fixture = …`"
        );
        let offers = offers(code, "missing_fixture", &message, None);
        offers
            .into_iter()
            .next()
            .map(|(code, _)| code)
            .unwrap_or_default()
    }

    #[test]
    fn a_part_that_is_only_exported_is_bound() {
        let cases = [
            (
                "lid = f()\nr = g()\njig = f()\nexporters.export(r, 'a.step')\n",
                "`r`",
                4,
                "lid = f()\nr = g()\njig = f()\nexporters.export(r, 'a.step')\nfixture = r\n",
            ),
            (
                "cq.exporters.export(a.union(b), 'a.stl')\n",
                "a Workplane",
                1,
                "fixture = a.union(b)\ncq.exporters.export(fixture, 'a.stl')\n",
            ),
            (
                "exporters.export(fname='a.stl', w=f(1))\n",
                "a Workplane",
                1,
                "fixture = f(1)\nexporters.export(fname='a.stl', w=fixture)\n",
            ),
            (
                "a.box(1, 2, 3).export('a.stl')\n",
                "a Workplane",
                1,
                "fixture = a.box(1, 2, 3)\nfixture.export('a.stl')\n",
            ),
            (
                "def main():\n    fixture = f()\n    export(fixture.cut(b), 'a.stl')\nmain()\n",
                "a Workplane",
                3,
                "def main():\n    fixture = f()\n    global result\n    result = fixture.cut(b)\n    export(result, 'a.stl')\nmain()\n",
            ),
        ];
        for (code, what, line, expected) in cases {
            assert_eq!(first(code, what, line), expected, "{code}");
        }
    }
}
