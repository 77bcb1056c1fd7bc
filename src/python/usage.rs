//! Analyses a text as Python: whether it parses, the names that it binds, and its use of CadQuery.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::{ControlFlow, Range};
use std::rc::Rc;

use tree_sitter::{Node, ParseOptions, Parser, Tree};

use super::grammar::{breaks_off, has_brackets, has_empty_body};

/// Result names in search order; the worker's harness has the same list.
const RESULTS: [&str; 6] = ["fixture", "result", "model", "solid", "body", "part"];

/// Functions that show an object.
const SHOWS: [&str; 4] = ["show_object", "show", "display", "debug"];

/// CadQuery's classes that scripts call without the module's name.
const CLASSES: [&str; 3] = ["Workplane", "Sketch", "Assembly"];

/// Maximum length of a parsed text: programs are a few kilobytes, and parsing a body of 16 MB could be an attack.
const LONGEST: usize = 1 << 20;

/// Facts about a text that parses.
#[derive(Debug, Default)]
pub(super) struct Facts {
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
    /// The text without lines of bare words at its ends: `Sure` and `Done` parse as names, but fail when run.
    pub core: Range<usize>,
}

impl Facts {
    /// Whether it uses CadQuery.
    pub(super) fn is_program(&self) -> bool {
        self.imports || self.builds
    }

    /// Whether it needs one of these names from elsewhere.
    pub(super) fn depends_on(&self, names: &BTreeSet<String>) -> bool {
        !self.free.is_disjoint(names)
    }
}

/// A parser with a cache; stops when an answer exceeds its limit of work.
pub(super) struct Parses {
    known: RefCell<HashMap<u64, Option<Rc<Facts>>>>,
    /// Bytes that may still be parsed.
    left: Cell<usize>,
}

impl Parses {
    /// For an answer of this length.
    pub fn new(length: usize) -> Self {
        Self {
            known: RefCell::default(),
            left: Cell::new((24 * length).clamp(1 << 16, 24 * LONGEST)),
        }
    }

    /// Facts about a text that parses as Python 3 without errors.
    pub fn facts(&self, text: &str) -> Option<Rc<Facts>> {
        if text.len() > LONGEST {
            return None;
        }
        let key = BuildHasherDefault::<DefaultHasher>::default().hash_one(text);
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        self.left.set(self.left.get().checked_sub(text.len())?);
        let facts = read(text).map(Rc::new);
        self.known.borrow_mut().insert(key, facts.clone());
        facts
    }

    /// Facts about a text that is a CadQuery program.
    pub fn program(&self, text: &str) -> Option<Rc<Facts>> {
        if !mentions(text) {
            return None;
        }
        self.facts(text).filter(|facts| facts.is_program())
    }
}

/// Whether a text can use CadQuery; cheaper than parsing.
pub(super) fn mentions(text: &str) -> bool {
    text.contains("cadquery") || text.contains("cq") || CLASSES.iter().any(|class| text.contains(class))
}

fn tree(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser
        .set_language(&tree_sitter_python::LANGUAGE.into())
        .expect("grammar and library are pinned together");
    // The parser calls back every hundred steps, so this limits work and not time: error recovery on nested brackets
    // takes more than linear work.
    let mut left = 200 + text.len() / 2;
    let mut limit = |_: &tree_sitter::ParseState| match left.checked_sub(1) {
        Some(rest) => {
            left = rest;
            ControlFlow::Continue(())
        }
        None => ControlFlow::Break(()),
    };
    let bytes = text.as_bytes();
    parser.parse_with_options(
        &mut |at, _| bytes.get(at..).unwrap_or_default(),
        None,
        Some(ParseOptions::new().progress_callback(&mut limit)),
    )
}

fn read(text: &str) -> Option<Facts> {
    let tree = tree(text)?;
    let root = tree.root_node();
    if root.has_error() {
        return None;
    }
    let mut reading = Reading {
        text,
        facts: Facts::default(),
        names: ["cq", "cadquery"].map(str::to_owned).into(),
        imported: BTreeSet::new(),
        late: BTreeSet::new(),
    };
    let mut stack = vec![Visit {
        node: root,
        role: Role::Read,
        in_function: false,
        in_brackets: false,
    }];
    let mut inner = Vec::new();
    while let Some(visit) = stack.pop() {
        // Constructs that the grammar accepts and Python 3 does not: Python 2 statements, and joined lines without a
        // bracket or backslash. So `Sure.` and the next line are not an attribute.
        if matches!(visit.node.kind(), "print_statement" | "exec_statement")
            || breaks_off(text, visit.node, visit.in_brackets)
            || has_empty_body(visit.node)
            || (visit.node.kind() == "return_statement" && !visit.in_function)
        {
            return None;
        }
        reading.node(&visit, &mut inner);
        stack.extend(inner.drain(..).rev());
    }
    let Reading { mut facts, late, .. } = reading;
    facts.free.extend(late.difference(&facts.bound).cloned());
    facts.core = core(text, root, &facts.bound);
    Some(facts)
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
    facts: Facts,
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
                self.facts.result |= RESULTS.contains(&name);
                self.facts.bound.insert(name.to_owned());
            }
            Role::Read => {
                self.facts.builds |= self.imported.contains(name);
                if in_function {
                    self.late.insert(name.to_owned());
                } else if !self.facts.bound.contains(name) {
                    self.facts.free.insert(name.to_owned());
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
        self.facts.builds |=
            self.names.contains(object) && !["exporters", "importers", "vis"].contains(&name);
    }

    fn call(&mut self, node: Node<'_>) {
        if let Some(function) = node.child_by_field_name("function")
            && function.kind() == "identifier"
        {
            let name = self.at(function);
            self.facts.builds |= CLASSES.contains(&name);
            self.facts.result |= SHOWS.contains(&name);
        }
    }

    fn import(&mut self, node: Node<'t>) {
        let module = node
            .child_by_field_name("module_name")
            .map(|module| self.at(module));
        let is_cadquery = |name: &str| name == "cadquery" || name.starts_with("cadquery.");
        let from_cadquery = module.is_some_and(is_cadquery);
        self.facts.imports |= from_cadquery;
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
                self.facts.imports = true;
                self.names.insert(name.to_owned());
            }
            if from_cadquery {
                self.imported.insert(name.to_owned());
            }
            // A part from another file is not built by this one.
            self.facts.bound.insert(name.to_owned());
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

/// The text without lines of bare words at its ends.
fn core(text: &str, root: Node<'_>, bound: &BTreeSet<String>) -> Range<usize> {
    let mut cursor = root.walk();
    let statements: Vec<Node<'_>> = root
        .named_children(&mut cursor)
        .filter(|node| node.kind() != "comment")
        .collect();
    let is_words = |node: &&Node<'_>| {
        let line = text[line_start(text, node.start_byte())..line_end(text, node.end_byte())].trim();
        line == &text[node.byte_range()] && is_bare_words(line, bound)
    };
    let leading = statements.iter().take_while(is_words).count();
    let trailing = statements[leading..].iter().rev().take_while(is_words).count();
    if statements.len() == leading {
        return 0..text.len();
    }
    let start = match leading.checked_sub(1) {
        Some(last) => line_end(text, statements[last].end_byte()),
        None => 0,
    };
    let end = match trailing {
        0 => text.len(),
        count => line_start(text, statements[statements.len() - count].start_byte()),
    };
    start..end.max(start)
}

/// `Sure`, `Done`, `Answer: below`, `python`: words that no statement binds.
fn is_bare_words(line: &str, bound: &BTreeSet<String>) -> bool {
    const LABELS: [&str; 6] = ["python", "python3", "py", "code", "assistant", "model"];
    let mut words = line.split([' ', ',', ':', '-']).filter(|word| !word.is_empty());
    let plain = |word: &str| word.chars().all(char::is_alphabetic) && !bound.contains(word);
    match words.next() {
        Some(first) if LABELS.contains(&first) => words.next().is_none() && !bound.contains(first),
        Some(first) => first.starts_with(char::is_uppercase) && plain(first) && words.all(plain),
        None => false,
    }
}

pub(super) fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |end| end + 1)
}

/// End of the line that contains a byte, without its line break.
pub(super) fn line_end(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |end| at + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Option<Rc<Facts>> {
        Parses::new(text.len()).facts(text)
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
            let facts = facts(text).unwrap();
            assert_eq!(
                (facts.imports, facts.builds, facts.result),
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
            assert!(facts(text).is_none(), "{text}");
        }
    }

    #[test]
    fn names_that_are_missing_are_found() {
        let text = "r = cq.Workplane().box(w, *[h for h in sizes], key=w)\ndef f(a, b=c): return a + late\nlate = 1\nr = r\n\
                    for i in row: i\nlast = last\nif (n := m): n";
        let facts = facts(text).unwrap();
        let free: Vec<&str> = facts.free.iter().map(String::as_str).collect();
        assert_eq!(free, ["c", "cq", "last", "m", "row", "sizes", "w"]);
        assert!(facts.depends_on(&BTreeSet::from(["w".to_owned(), "x".to_owned()])));
        assert!(!facts.depends_on(&BTreeSet::from(["h".to_owned(), "late".to_owned()])));
    }

    #[test]
    fn bare_words_at_the_ends_are_not_code() {
        for (text, core) in [
            ("Sure\nimport cadquery\nDone", "\nimport cadquery\n"),
            ("python\nx = cq.f()", "\nx = cq.f()"),
            ("X = cq.f()\nX", "X = cq.f()\nX"),
            ("x = cq.f()\nx", "x = cq.f()\nx"),
            ("Done", "Done"),
        ] {
            assert_eq!(&text[facts(text).unwrap().core.clone()], core, "{text}");
        }
    }

    #[test]
    fn work_is_bounded() {
        assert!(read(&"(".repeat(200_000)).is_none());
        let parses = Parses::new(0);
        let long = format!("# cq {}\n", "x".repeat(1 << 15));
        assert!(parses.facts(&long).is_some());
        assert!(
            parses.facts(&format!("{long} ")).is_none(),
            "the second one is beyond the limit"
        );
        assert!(parses.facts(&long).is_some(), "a cached text costs nothing");
    }
}
