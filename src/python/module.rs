//! A text as Python with its syntax tree; it may contain syntax errors.

use std::ops::{ControlFlow, Range};

use tree_sitter::{Node, ParseOptions, ParseState, Parser, Tree};

use crate::lines::line_range;

/// Text with its syntax tree.
#[derive(Clone, Debug)]
pub struct Module<'s> {
    /// The whole file.
    pub text: &'s str,
    tree: Tree,
}

/// A call `receiver.name(args)` or `name(args)`.
#[derive(Clone, Debug)]
pub struct Call<'t> {
    /// The whole call.
    pub node: Node<'t>,
    /// The expression before the last dot.
    pub receiver: Option<Node<'t>>,
    /// The identifier that is called.
    pub name_node: Node<'t>,
    /// Its text.
    pub name: &'t str,
    /// The argument list with its brackets.
    pub list: Node<'t>,
    /// The arguments in order.
    pub args: Vec<Arg<'t>>,
}

/// One argument.
#[derive(Clone, Copy, Debug)]
pub struct Arg<'t> {
    /// Its keyword.
    pub keyword: Option<&'t str>,
    /// Text of its value.
    pub text: &'t str,
    /// The value.
    pub value: Node<'t>,
    /// Keyword and value.
    pub node: Node<'t>,
}

/// A function definition.
#[derive(Clone, Debug)]
pub struct Function<'t> {
    /// The whole definition.
    pub node: Node<'t>,
    /// Its name.
    pub name: &'t str,
    /// The body.
    pub body: Node<'t>,
    /// Parameters, and whether each is required.
    pub params: Vec<(&'t str, bool)>,
    /// Values of its return statements, without those of inner functions.
    pub returns: Vec<Node<'t>>,
}

/// `name = value`, at any depth.
#[derive(Clone, Copy, Debug)]
pub struct Binding<'t> {
    /// The assignment.
    pub node: Node<'t>,
    /// The name.
    pub name: &'t str,
    /// Its node.
    pub name_node: Node<'t>,
    /// The value.
    pub value: Node<'t>,
    /// Its text.
    pub text: &'t str,
    /// Whether it is at module level.
    pub global: bool,
}

fn parser() -> Parser {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_python::LANGUAGE.into())
        .expect("grammar and library are pinned together");
    parser
}

impl<'s> Module<'s> {
    /// Parses a text.
    pub fn new(text: &'s str) -> Self {
        let tree = parser().parse(text, None);
        Self {
            text,
            tree: tree.expect("a parser with a language and no limit"),
        }
    }

    /// Parses a text with work in proportion to its length: error recovery on nested brackets takes more. `None` beyond that.
    pub fn bounded(text: &'s str) -> Option<Self> {
        // The parser calls back every hundred steps, so this limits work and not time.
        let mut left = 200 + text.len() / 2;
        let mut limit = |_: &ParseState| match left.checked_sub(1) {
            Some(rest) => {
                left = rest;
                ControlFlow::Continue(())
            }
            None => ControlFlow::Break(()),
        };
        let bytes = text.as_bytes();
        let tree = parser().parse_with_options(
            &mut |at, _| bytes.get(at..).unwrap_or_default(),
            None,
            Some(ParseOptions::new().progress_callback(&mut limit)),
        )?;
        Some(Self { text, tree })
    }

    /// The whole text as a node.
    pub fn root(&self) -> Node<'_> {
        self.tree.root_node()
    }

    /// Text of a node.
    pub fn at(&self, node: Node<'_>) -> &str {
        &self.text[node.byte_range()]
    }

    /// Number of syntax errors and missing tokens.
    pub fn errors(&self) -> usize {
        errors(self.root())
    }

    /// All nodes in document order.
    pub fn nodes(&self) -> Vec<Node<'_>> {
        descendants(self.root())
    }

    /// Bytes of a line counted from 1, without its line end.
    pub fn line(&self, line: usize) -> Range<usize> {
        line_range(self.text, line)
    }

    /// The line of a byte, counted from 1.
    pub fn line_of(&self, byte: usize) -> usize {
        let bytes = self.text.as_bytes();
        1 + bytes[..byte.min(bytes.len())]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
    }

    /// All calls whose callee's name starts on the line (as in a traceback), or whose argument list spans it.
    pub fn calls_at(&self, line: usize) -> Vec<Call<'_>> {
        let row = line.saturating_sub(1);
        let mut calls = self.calls();
        let exact: Vec<_> = calls
            .iter()
            .filter(|call| call.name_node.start_position().row == row)
            .cloned()
            .collect();
        if exact.is_empty() {
            calls.retain(|call| call.node.start_position().row <= row && call.node.end_position().row >= row);
            return calls;
        }
        exact
    }

    /// All calls in the order of their callees' names.
    pub fn calls(&self) -> Vec<Call<'_>> {
        let mut calls: Vec<_> = self
            .nodes()
            .into_iter()
            .filter_map(|node| self.call(node))
            .collect();
        calls.sort_by_key(|call| call.name_node.start_byte());
        calls
    }

    /// A node as a call.
    pub fn call<'t>(&'t self, node: Node<'t>) -> Option<Call<'t>> {
        if node.kind() != "call" {
            return None;
        }
        let function = node.child_by_field_name("function")?;
        let list = node.child_by_field_name("arguments")?;
        let (receiver, name_node) = match function.kind() {
            "attribute" => (
                function.child_by_field_name("object"),
                function.child_by_field_name("attribute")?,
            ),
            "identifier" => (None, function),
            _ => return None,
        };
        let args = if list.kind() == "argument_list" {
            children(list)
                .into_iter()
                .filter(|child| child.is_named() && child.kind() != "comment")
                .map(|node| self.arg(node))
                .collect()
        } else {
            Vec::new()
        };
        Some(Call {
            node,
            receiver,
            name_node,
            name: self.at(name_node),
            list,
            args,
        })
    }

    fn arg<'t>(&'t self, node: Node<'t>) -> Arg<'t> {
        let part = |name| Some(node.child_by_field_name(name)?).filter(|_| node.kind() == "keyword_argument");
        let value = part("value").unwrap_or(node);
        Arg {
            keyword: part("name").map(|name| self.at(name)),
            text: self.at(value),
            value,
            node,
        }
    }

    /// All function definitions.
    pub fn functions(&self) -> Vec<Function<'_>> {
        let nodes = self.nodes();
        nodes.into_iter().filter_map(|node| self.function(node)).collect()
    }

    fn function<'t>(&'t self, node: Node<'t>) -> Option<Function<'t>> {
        if node.kind() != "function_definition" {
            return None;
        }
        let body = node.child_by_field_name("body")?;
        let params = children(node.child_by_field_name("parameters")?)
            .into_iter()
            .filter_map(|child| match child.kind() {
                "identifier" => Some((self.at(child), true)),
                "typed_parameter" => Some((self.at(child.child(0)?), true)),
                "default_parameter" | "typed_default_parameter" => {
                    Some((self.at(child.child_by_field_name("name")?), false))
                }
                _ => None,
            });
        let returns = descendants(body).into_iter().filter(|inner| {
            inner.kind() == "return_statement" && enclosing(*inner, "function_definition") == Some(node)
        });
        Some(Function {
            node,
            name: self.at(node.child_by_field_name("name")?),
            body,
            params: params.collect(),
            returns: returns.filter_map(|node| node.named_child(0)).collect(),
        })
    }

    /// All plain assignments.
    pub fn bindings(&self) -> Vec<Binding<'_>> {
        let nodes = self.nodes();
        nodes.into_iter().filter_map(|node| self.binding(node)).collect()
    }

    fn binding<'t>(&'t self, node: Node<'t>) -> Option<Binding<'t>> {
        if node.kind() != "assignment" {
            return None;
        }
        let name_node = node.child_by_field_name("left")?;
        let value = node.child_by_field_name("right")?;
        (name_node.kind() == "identifier").then(|| Binding {
            node,
            name: self.at(name_node),
            name_node,
            value,
            text: self.at(value),
            global: enclosing(node, "function_definition").is_none(),
        })
    }

    /// The innermost statement that covers a line.
    pub fn statement_at(&self, line: usize) -> Option<Node<'_>> {
        let row = line.saturating_sub(1);
        let covers = |node: &Node<'_>| node.start_position().row <= row && node.end_position().row >= row;
        self.nodes()
            .into_iter()
            .rfind(|node| is_statement(*node) && covers(node))
    }
}

impl<'t> Call<'t> {
    /// The argument with a keyword.
    pub fn keyword(&self, name: &str) -> Option<&Arg<'t>> {
        self.args.iter().find(|arg| arg.keyword == Some(name))
    }

    /// The arguments without keywords.
    pub fn positional(&self) -> Vec<&Arg<'t>> {
        self.args.iter().filter(|arg| arg.keyword.is_none()).collect()
    }
}

/// Direct children.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    (0..node.child_count())
        .filter_map(|index| node.child(index as _))
        .collect()
}

/// All nodes below and including one, in document order.
pub fn descendants(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut stack = vec![node];
    while let Some(node) = stack.pop() {
        found.push(node);
        stack.extend(children(node).into_iter().rev());
    }
    found
}

/// The nearest ancestor of the given kind.
pub fn enclosing<'t>(node: Node<'t>, kind: &str) -> Option<Node<'t>> {
    let mut at = node.parent();
    while let Some(node) = at {
        if node.kind() == kind {
            return Some(node);
        }
        at = node.parent();
    }
    None
}

/// The statement of a node.
pub fn statement_of(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    while !is_statement(at) {
        match at.parent() {
            Some(parent) => at = parent,
            None => return at,
        }
    }
    at
}

fn is_statement(node: Node<'_>) -> bool {
    let kind = node.kind();
    node.is_named()
        && (kind.ends_with("_statement")
            || matches!(kind, "function_definition" | "class_definition" | "ERROR"))
}

fn errors(node: Node<'_>) -> usize {
    if !node.has_error() {
        return 0;
    }
    descendants(node)
        .iter()
        .filter(|node| node.is_error() || node.is_missing())
        .count()
}

/// The value of a number literal, with a leading minus.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text.strip_prefix('-').unwrap_or(text).trim_start();
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.replace(['_', ' '], "").parse().ok()
}
