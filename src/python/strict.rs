//! Constructs that the parser's grammar accepts and Python 3 does not.

use tree_sitter::Node;

/// Whether line breaks have no meaning inside.
pub(super) fn has_brackets(kind: &str) -> bool {
    matches!(
        kind,
        "parenthesized_expression"
            | "argument_list"
            | "parameters"
            | "list"
            | "tuple"
            | "dictionary"
            | "set"
            | "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression"
            | "subscript"
            | "list_pattern"
            | "tuple_pattern"
            | "string"
            | "with_clause"
            | "type_parameter"
    )
}

/// Whether Python 3 rejects a node that the grammar accepts: a statement of Python 2, joined lines without a bracket or backslash
/// (so that `Sure.` and the next line are no attribute), an empty body, a `return` outside a function.
pub(super) fn is_rejected(text: &str, node: Node<'_>, in_function: bool, in_brackets: bool) -> bool {
    matches!(node.kind(), "print_statement" | "exec_statement")
        || breaks_off(text, node, in_brackets)
        || has_empty_body(node)
        || (node.kind() == "return_statement" && !in_function)
}

/// Whether nothing follows a colon: the grammar accepts `def f():` at the end of a text.
fn has_empty_body(node: Node<'_>) -> bool {
    let is_compound = matches!(
        node.kind(),
        "function_definition"
            | "class_definition"
            | "if_statement"
            | "elif_clause"
            | "else_clause"
            | "for_statement"
            | "while_statement"
            | "with_statement"
            | "try_statement"
            | "except_clause"
            | "except_group_clause"
            | "finally_clause"
            | "case_clause"
    );
    if !is_compound {
        return false;
    }
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node
        .children(&mut cursor)
        .filter(|child| child.kind() != "comment")
        .collect();
    let is_empty = |body: &Node<'_>| {
        let mut cursor = body.walk();
        body.kind() == "block"
            && body
                .named_children(&mut cursor)
                .all(|child| child.kind() == "comment")
    };
    children.last().is_some_and(|last| last.kind() == ":") || children.iter().any(is_empty)
}

/// Whether a line ends within a simple statement.
fn breaks_off(text: &str, node: Node<'_>, in_brackets: bool) -> bool {
    let is_simple = matches!(
        node.kind(),
        "expression_statement"
            | "assignment"
            | "augmented_assignment"
            | "attribute"
            | "binary_operator"
            | "boolean_operator"
            | "comparison_operator"
            | "not_operator"
            | "unary_operator"
            | "conditional_expression"
            | "expression_list"
            | "pattern_list"
            | "lambda"
            | "await"
            | "named_expression"
            | "import_statement"
            | "import_from_statement"
            | "dotted_name"
            | "aliased_import"
            | "return_statement"
            | "raise_statement"
            | "assert_statement"
            | "delete_statement"
    );
    if in_brackets || !is_simple || node.start_position().row == node.end_position().row {
        return false;
    }
    let mut cursor = node.walk();
    let children: Vec<Node<'_>> = node.children(&mut cursor).collect();
    children.windows(2).any(|pair| {
        let between = &text[pair[0].end_byte()..pair[1].start_byte()];
        between.contains('\n') && !between.contains('\\')
    }) && !children
        .iter()
        .any(|child| child.kind() == "(" || child.kind() == "line_continuation")
}
