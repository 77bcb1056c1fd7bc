//! Names that can be used at a place.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::module::{Module, children, enclosing};

impl Module<'_> {
    /// Names that can be used at a node: module level, parameters and locals of its functions, loop variables.
    pub fn scope(&self, at: Node<'_>) -> BTreeSet<String> {
        let mut names = BTreeSet::new();
        let functions = self.functions();
        let in_scope = |node: Node<'_>| match enclosing(node, "function_definition") {
            None => true,
            Some(function) => function.byte_range().contains(&at.start_byte()),
        };
        let global_use = enclosing(at, "function_definition").is_none();
        for function in &functions {
            if enclosing(function.node, "function_definition").is_none() {
                names.insert(function.name.to_owned());
            }
            if function.node.byte_range().contains(&at.start_byte()) {
                names.extend(function.params.iter().map(|(name, _)| (*name).to_owned()));
            }
        }
        for node in self.nodes() {
            // At module level only earlier names exist.
            let before = !global_use || node.start_byte() < at.start_byte();
            match node.kind() {
                "assignment" | "for_statement" | "for_in_clause" if before && in_scope(node) => {
                    let comprehension =
                        enclosing(node, "list_comprehension").or(enclosing(node, "generator_expression"));
                    if node.kind() == "for_in_clause"
                        && !comprehension.is_some_and(|inside| inside.byte_range().contains(&at.start_byte()))
                    {
                        continue;
                    }
                    if let Some(left) = node.child_by_field_name("left") {
                        bound(self, left, &mut names);
                    }
                }
                "aliased_import" => {
                    if let Some(alias) = node.child_by_field_name("alias") {
                        names.insert(self.at(alias).to_owned());
                    }
                }
                "parameters" | "lambda_parameters"
                    if node
                        .parent()
                        .is_some_and(|owner| owner.byte_range().contains(&at.start_byte())) =>
                {
                    for child in children(node) {
                        bound(self, child, &mut names);
                    }
                }
                _ => {}
            }
        }
        names.remove(self.at(at));
        names
    }

    /// As [`Self::scope`], with the name at the node itself if it is bound.
    pub fn scope_with(&self, at: Node<'_>) -> BTreeSet<String> {
        let mut names = self.scope(at);
        let own = self.at(at);
        let function = enclosing(at, "function_definition");
        let bound = self.bindings().iter().any(|binding| {
            binding.name == own
                && (binding.global || enclosing(binding.node, "function_definition") == function)
        });
        let parameter = self.functions().iter().any(|function| {
            function.node.byte_range().contains(&at.start_byte())
                && function.params.iter().any(|(name, _)| *name == own)
        });
        if bound || parameter {
            names.insert(own.to_owned());
        }
        names
    }
}

fn bound(module: &Module<'_>, target: Node<'_>, names: &mut BTreeSet<String>) {
    if target.kind() == "identifier" {
        names.insert(module.at(target).to_owned());
    } else if matches!(target.kind(), "pattern_list" | "tuple_pattern" | "list_pattern") {
        for child in children(target) {
            bound(module, child, names);
        }
    }
}
