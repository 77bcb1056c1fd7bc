//! What a program uses: the names that it binds and needs, and CadQuery.

use std::collections::BTreeSet;

use tree_sitter::Node;

use crate::module::Module;
use crate::strict::{has_brackets, is_rejected};

/// Names that are searched for the part, in order; the worker's harness has the same list.
pub const RESULT_NAMES: [&str; 6] = ["fixture", "result", "model", "solid", "body", "part"];

/// Functions that show an object.
const SHOWS: [&str; 4] = ["show_object", "show", "display", "debug"];

/// CadQuery's classes that scripts call without the module's name.
const CLASSES: [&str; 3] = ["Workplane", "Sketch", "Assembly"];

/// What a program uses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Whether it imports CadQuery.
    pub imports: bool,
    /// Whether it uses CadQuery beyond the import.
    pub builds: bool,
    /// Whether it binds or shows a result.
    pub result: bool,
    /// Names bound anywhere.
    pub bound: BTreeSet<String>,
    /// Names read before they are bound; in functions, names that are never bound.
    pub free: BTreeSet<String>,
}

impl Usage {
    /// Whether a text can use CadQuery; cheaper than parsing.
    pub fn is_possible(text: &str) -> bool {
        text.contains("cadquery") || text.contains("cq") || CLASSES.iter().any(|class| text.contains(class))
    }

    /// Whether the program uses CadQuery.
    pub fn is_program(&self) -> bool {
        self.imports || self.builds
    }

    /// Whether it needs one of these names from elsewhere.
    pub fn depends_on(&self, names: &BTreeSet<String>) -> bool {
        !self.free.is_disjoint(names)
    }
}

impl Module<'_> {
    /// What the text uses; `None` if it is not Python 3 without errors.
    pub fn usage(&self) -> Option<Usage> {
        if self.root().has_error() {
            return None;
        }
        let mut reading = Reading {
            text: self.text,
            usage: Usage::default(),
            names: ["cq", "cadquery"].map(str::to_owned).into(),
            imported: BTreeSet::new(),
            late: BTreeSet::new(),
        };
        let mut stack = vec![Visit {
            node: self.root(),
            role: Role::Read,
            in_function: false,
            in_brackets: false,
        }];
        let mut inner = Vec::new();
        while let Some(visit) = stack.pop() {
            if is_rejected(self.text, visit.node, visit.in_function, visit.in_brackets) {
                return None;
            }
            reading.node(&visit, &mut inner);
            stack.extend(inner.drain(..).rev());
        }
        let Reading { mut usage, late, .. } = reading;
        usage.free.extend(late.difference(&usage.bound).cloned());
        Some(usage)
    }
}

/// Use of a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Read,
    Bind,
    /// An attribute's name or a keyword argument: not a name of the program.
    Neither,
}

/// A node to analyse.
struct Visit<'t> {
    node: Node<'t>,
    role: Role,
    in_function: bool,
    in_brackets: bool,
}

struct Reading<'t> {
    text: &'t str,
    usage: Usage,
    /// Names bound to CadQuery's modules.
    names: BTreeSet<String>,
    /// Names imported from them.
    imported: BTreeSet<String>,
    /// Names read in functions, which run after everything is bound.
    late: BTreeSet<String>,
}

impl<'t> Reading<'t> {
    fn at(&self, node: Node<'_>) -> &'t str {
        &self.text[node.byte_range()]
    }

    /// Analyses one node, and adds the children to analyse in order of execution.
    fn node(&mut self, visit: &Visit<'t>, children: &mut Vec<Visit<'t>>) {
        let &Visit {
            node,
            role,
            in_function,
            in_brackets,
        } = visit;
        match node.kind() {
            "identifier" => return self.identifier(self.at(node), role, in_function),
            "comment" => return,
            "import_statement" | "import_from_statement" => return self.import(node),
            "attribute" => self.attribute(node),
            "call" => self.call(node),
            _ => {}
        }
        let in_function = in_function || matches!(node.kind(), "function_definition" | "lambda");
        let in_brackets = in_brackets || has_brackets(node.kind());
        let mut cursor = node.walk();
        if !cursor.goto_first_child() {
            return;
        }
        loop {
            let child = cursor.node();
            if child.is_named() {
                children.push(Visit {
                    node: child,
                    role: role_of(node.kind(), cursor.field_name(), role),
                    in_function,
                    in_brackets,
                });
            }
            if !cursor.goto_next_sibling() {
                break;
            }
        }
        match node.kind() {
            // The assigned value is read before the target is bound.
            "assignment" | "for_in_clause" | "named_expression" => {
                children.sort_by_key(|visit| visit.role == Role::Bind);
            }
            // The target of a `for` comes after its sequence and before its body.
            "for_statement" if children.len() >= 2 => children.swap(0, 1),
            "list_comprehension"
            | "set_comprehension"
            | "dictionary_comprehension"
            | "generator_expression" => {
                children.sort_by_key(|visit| visit.node.kind() != "for_in_clause");
            }
            _ => {}
        }
    }

    fn identifier(&mut self, name: &str, role: Role, in_function: bool) {
        match role {
            Role::Neither => {}
            Role::Bind => {
                self.usage.result |= RESULT_NAMES.contains(&name);
                self.usage.bound.insert(name.to_owned());
            }
            Role::Read => {
                self.usage.builds |= self.imported.contains(name);
                if in_function {
                    self.late.insert(name.to_owned());
                } else if !self.usage.bound.contains(name) {
                    self.usage.free.insert(name.to_owned());
                }
            }
        }
    }

    fn attribute(&mut self, node: Node<'_>) {
        let part = |field| {
            node.child_by_field_name(field)
                .map(|node| (node.kind(), self.at(node)))
        };
        let (Some(("identifier", object)), Some((_, name))) = (part("object"), part("attribute")) else {
            return;
        };
        // Writing a part to a file builds nothing.
        self.usage.builds |=
            self.names.contains(object) && !["exporters", "importers", "vis"].contains(&name);
    }

    fn call(&mut self, node: Node<'_>) {
        if let Some(function) = node.child_by_field_name("function")
            && function.kind() == "identifier"
        {
            let name = self.at(function);
            self.usage.builds |= CLASSES.contains(&name);
            self.usage.result |= SHOWS.contains(&name);
        }
    }

    fn import(&mut self, node: Node<'t>) {
        let module = node
            .child_by_field_name("module_name")
            .map(|module| self.at(module));
        let is_cadquery = |name: &str| name == "cadquery" || name.starts_with("cadquery.");
        let from_cadquery = module.is_some_and(is_cadquery);
        self.usage.imports |= from_cadquery;
        let mut cursor = node.walk();
        let named: Vec<Node<'t>> = node.children_by_field_name("name", &mut cursor).collect();
        for item in named {
            let (path, alias) = match item.kind() {
                "aliased_import" => (
                    item.child_by_field_name("name"),
                    item.child_by_field_name("alias"),
                ),
                _ => (Some(item), None),
            };
            let path = path.map(|path| self.at(path)).unwrap_or_default();
            let name = alias.map_or_else(
                || path.split('.').next().unwrap_or_default(),
                |alias| self.at(alias),
            );
            if module.is_none() && is_cadquery(path) {
                self.usage.imports = true;
                self.names.insert(name.to_owned());
            }
            if from_cadquery {
                self.imported.insert(name.to_owned());
            }
            // A part from another file is not built by this one.
            self.usage.bound.insert(name.to_owned());
        }
    }
}

/// Use of the names in a child.
fn role_of(parent: &str, field: Option<&str>, role: Role) -> Role {
    match (parent, field) {
        ("attribute", Some("attribute")) | ("keyword_argument", Some("name")) => Role::Neither,
        ("assignment" | "for_statement" | "for_in_clause", Some("left"))
        | ("named_expression" | "function_definition" | "class_definition", Some("name"))
        | ("default_parameter" | "typed_default_parameter", Some("name"))
        | ("function_definition" | "lambda", Some("parameters"))
        | ("as_pattern", Some("alias"))
        | ("global_statement" | "nonlocal_statement" | "as_pattern_target" | "case_pattern", _) => Role::Bind,
        ("typed_parameter", Some("type")) => Role::Read,
        (
            "typed_parameter"
            | "parameters"
            | "lambda_parameters"
            | "pattern_list"
            | "tuple_pattern"
            | "list_pattern"
            | "list_splat_pattern"
            | "dictionary_splat_pattern",
            _,
        ) => role,
        _ => Role::Read,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(text: &str) -> Option<Usage> {
        Module::new(text).usage()
    }

    #[test]
    fn use_of_cadquery_is_distinguished_from_words() {
        for (text, imports, builds, result) in [
            (
                "import cadquery as cq\nfixture = cq.Workplane()",
                true,
                true,
                true,
            ),
            ("import cadquery as cad\nw = cad.Workplane()", true, true, false),
            (
                "from cadquery import Workplane as W\nshow_object(W().box(1, 2, 3))",
                true,
                true,
                true,
            ),
            ("from cadquery import *\nresult = Workplane()", true, true, true),
            ("import cadquery", true, false, false),
            (
                "import cadquery as cq\nfrom part import result\ncq.exporters.export(result, 'a.step')",
                true,
                false,
                false,
            ),
            ("x = cq.Workplane()", false, true, false),
            ("x = '''import cadquery as cq'''", false, false, false),
            ("# import cadquery as cq\ncqx = part", false, false, false),
            ("def f(part): return part.cq", false, false, true),
            (
                "x = (cq.\n  Workplane()\n  .box(1,\n 2, 3))\ny = a + \\\n  b",
                false,
                true,
                false,
            ),
            (
                "from cadquery import (\n  Workplane,\n  Sketch\n)\nwith a as b, \\\n   c as d:\n  pass",
                true,
                false,
                false,
            ),
        ] {
            let usage = usage(text).unwrap();
            assert_eq!(
                (usage.imports, usage.builds, usage.result),
                (imports, builds, result),
                "{text}"
            );
        }
        for text in [
            "Here is the part:",
            "x = (",
            "print 'x'",
            "Sure.\nx = cq",
            "Here:\ncq = 1",
            "a = b +\ncq",
            "cq.f()\ndef f():\n",
            "cq.f()\nif a:\n    # nothing\nelse:\n    b",
            "cq.f()\nfor a in b:\n\nc = 1",
            "class A:\n",
            "return cq",
            "try:\n    cq\nexcept:\n    # nothing\n",
            "if a:\n    cq\nelse:\n",
            "try:\n    cq\nexcept A:\n",
            "with a:\n",
            "while a:\n",
            "try:\n    cq\nfinally:\n",
            "import cadquery as cq\n```\n",
            "a < /b>",
        ] {
            assert!(usage(text).is_none(), "{text}");
        }
    }

    #[test]
    fn names_that_are_missing_are_found() {
        let text = "r = cq.Workplane().box(w, *[h for h in sizes], key=w)\ndef f(a, b=c): return a + late\nlate = 1\nr = r\n\
                    for i in row: i\nlast = last\nif (n := m): n";
        let usage = usage(text).unwrap();
        let free: Vec<&str> = usage.free.iter().map(String::as_str).collect();
        assert_eq!(free, ["c", "cq", "last", "m", "row", "sizes", "w"]);
        assert!(usage.depends_on(&BTreeSet::from(["w".to_owned(), "x".to_owned()])));
        assert!(!usage.depends_on(&BTreeSet::from(["h".to_owned(), "late".to_owned()])));
    }
}
