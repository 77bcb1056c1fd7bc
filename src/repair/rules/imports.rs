//! Imports that are missing, misspelt or unavailable.

use super::context::RuleContext;
use super::edit::Edit;
use cadforge_core::failure::Kind;
use cadforge_python::{Definition, DefinitionKind, Module, Node, children, definitions, nearest, quoted};

/// Modules that candidates commonly use, by name, with their import lines.
const KNOWN: [(&str, &str); 7] = [
    ("cq", "import cadquery as cq"),
    ("cadquery", "import cadquery"),
    ("math", "import math"),
    ("np", "import numpy as np"),
    ("numpy", "import numpy"),
    ("random", "import random"),
    ("itertools", "import itertools"),
];

/// The import line for a name.
pub(super) fn import_of(name: &str) -> Option<&'static str> {
    KNOWN
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, line)| *line)
}

/// Adds an import of `name` at the top to an edit, if the file lacks it.
pub(super) fn with_import(source: &Module<'_>, edit: Edit, name: &str) -> Edit {
    let is_import = |one: &Definition<'_>| one.kind == DefinitionKind::Import && one.name == name;
    let imported = definitions(source.text).iter().any(is_import);
    match import_of(name) {
        Some(line) if !imported => {
            let at = top(source);
            edit.and(at..at, format!("{line}\n")).needed()
        }
        _ => edit,
    }
}

/// Place for imports: before the first import, else after a docstring.
pub(super) fn top(source: &Module<'_>) -> usize {
    let statements: Vec<_> = children(source.root())
        .into_iter()
        .filter(Node::is_named)
        .collect();
    if let Some(import) = statements
        .iter()
        .find(|node| matches!(node.kind(), "import_statement" | "import_from_statement"))
    {
        return import.start_byte();
    }
    match statements.first() {
        Some(first)
            if first.kind() == "expression_statement"
                && first.named_child(0).is_some_and(|child| child.kind() == "string") =>
        {
            (first.end_byte() + 1).min(source.text.len())
        }
        _ => 0,
    }
}

pub(super) fn rule(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    match context.kind {
        Kind::UndefinedName => {
            let Some(line) = quoted(context.message).first().and_then(|name| import_of(name)) else {
                return;
            };
            let at = top(source);
            edits
                .push(Edit::new("import", 5, at..at, format!("{line}\n"), format!("adds `{line}`")).needed());
        }
        Kind::ImportError => import_error(context, edits),
        _ => {}
    }
}

fn import_error(context: &RuleContext<'_>, edits: &mut Vec<Edit>) {
    let source = context.source;
    let Some(statement) = context.statement() else {
        return;
    };
    let range = statement.byte_range();
    let whole = range.start..(range.end + 1).min(source.text.len());
    let text = source.at(statement);
    let named = quoted(context.message);
    let module = named.first().copied().unwrap_or_default();
    let root = module.split('.').next().unwrap_or_default();
    if context.message.contains("cannot import name") {
        // `cannot import name 'X' from 'cadquery'`: the other names of the list may be valid.
        let names = statement_names(source, statement);
        let rest: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| name.split(' ').next() != Some(module))
            .collect();
        let from = named.get(1).copied().unwrap_or("cadquery");
        let offered = context.api.module.keys().map(String::as_str).chain(
            context
                .api
                .modules
                .get("exporters")
                .into_iter()
                .flatten()
                .map(String::as_str),
        );
        if let Some(right) = nearest::nearest(module, offered) {
            let mut list: Vec<String> = rest.iter().map(|name| (*name).to_owned()).collect();
            list.push(format!("{right} as {module}"));
            edits.push(Edit::new(
                "import",
                12,
                range.clone(),
                format!("from {from} import {}", list.join(", ")),
                format!("`{module}` is called `{right}`"),
            ));
        }
        let line = if rest.is_empty() {
            String::new()
        } else {
            format!("from {from} import {}", rest.join(", "))
        };
        let line = if from.starts_with("cadquery") && rest.is_empty() {
            "import cadquery as cq".to_owned()
        } else {
            line
        };
        edits.push(Edit::new(
            "import",
            15,
            range,
            line,
            format!("removes the import of `{module}`, which does not exist"),
        ));
        return;
    }
    let close = nearest::osa_distance(root, "cadquery") <= 3 || root.starts_with("cad") || root == "cq";
    if close && root != "cadquery" {
        let alias = text
            .rsplit(" as ")
            .next()
            .filter(|_| text.contains(" as "))
            .unwrap_or("cq");
        edits.push(Edit::new(
            "import",
            8,
            range.clone(),
            format!("import cadquery as {alias}"),
            format!("`{root}` is called `cadquery`"),
        ));
        edits.push(Edit::new(
            "import",
            9,
            range.clone(),
            text.replacen(root, "cadquery", 1),
            format!("`{root}` is called `cadquery`"),
        ));
    }
    for known in ["math", "numpy"] {
        if nearest::osa_distance(root, known) <= 2 {
            edits.push(Edit::new(
                "import",
                8,
                range.clone(),
                text.replacen(root, known, 1),
                format!("`{root}` is called `{known}`"),
            ));
        }
    }
    if root == "cadquery" {
        edits.push(Edit::new(
            "import",
            12,
            range.clone(),
            "import cadquery as cq",
            format!("`{module}` is not part of CadQuery"),
        ));
    }
    edits.push(Edit::new(
        "import",
        14,
        whole,
        "",
        format!("removes the import of `{module}`, which does not exist"),
    ));
}

fn statement_names<'s>(source: &'s Module<'_>, statement: Node<'_>) -> Vec<&'s str> {
    let listed = children(statement)
        .into_iter()
        .skip_while(|node| node.kind() != "import");
    listed
        .filter(Node::is_named)
        .map(|node| &source.text[node.byte_range()])
        .collect()
}
