//! Completions, signatures and documentation of names in code that is being typed.
//!
//! Types of names are inferred from tokens alone: such code seldom parses or runs.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::api::{ApiIndex, Class, Param};
use crate::definitions::{DefinitionKind, definitions, statements};
use crate::tokens::{Token, TokenKind, code_tokens, is_keyword, partner, tokens};

/// Maximum depth to which assignments are followed.
const MAX_DEPTH: usize = 8;

/// A name with its description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The name.
    pub name: String,
    /// Whether it is callable.
    pub called: bool,
    /// Parameters in parentheses, or the kind.
    pub signature: String,
    /// First line of the documentation.
    pub doc: String,
    /// Parameters one by one.
    pub params: Vec<String>,
}

/// Type of the expression before a dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Owner<'i> {
    Module,
    Submodule(&'i [String]),
    Class(&'i str),
}

/// Code whose types are inferred.
struct Inference<'i, 'c> {
    index: &'i ApiIndex,
    code: &'c str,
    tokens: Vec<Token>,
    /// Ranges of the tokens.
    statements: Vec<Range<usize>>,
}

impl ApiIndex {
    /// Completions at `at` (bytes), best first: members after a dot, names of the script otherwise; and the start of the typed
    /// prefix.
    pub fn complete(&self, code: &str, at: usize) -> (usize, Vec<Completion>) {
        let start = at - word_before(&code[..at]).len();
        let typed = &code[start..at];
        if is_in_text(&code[..start]) {
            return (start, Vec::new());
        }
        let mut entries = if code[..start].ends_with('.') {
            let owner = Inference::new(self, code).owner_before(start);
            owner.map_or_else(Vec::new, |owner| self.entries(owner))
        } else {
            defined_names(&code[..start])
        };
        let typed_lower = typed.to_lowercase();
        let rank = |name: &str| {
            let lower = name.to_lowercase();
            if name.starts_with(typed) {
                Some(0)
            } else if lower.starts_with(&typed_lower) {
                Some(1)
            } else if typed.len() > 1 && lower.contains(&typed_lower) {
                Some(2)
            } else {
                None
            }
        };
        entries.retain(|entry| rank(&entry.name).is_some() && entry.name != typed);
        entries.sort_by(|a, b| {
            rank(&a.name)
                .cmp(&rank(&b.name))
                .then_with(|| a.name.cmp(&b.name))
        });
        (start, entries)
    }

    /// The description of the name that ends at `end`, if the index has it.
    pub fn lookup(&self, code: &str, end: usize) -> Option<Completion> {
        let name = word_before(&code[..end]);
        let start = end - name.len();
        if name.is_empty() || !code[..start].ends_with('.') || is_in_text(&code[..start]) {
            return None;
        }
        let owner = Inference::new(self, code).owner_before(start)?;
        self.entries(owner).into_iter().find(|entry| entry.name == name)
    }

    fn entries(&self, owner: Owner<'_>) -> Vec<Completion> {
        match owner {
            Owner::Module => {
                let names = self.module.iter().map(|(name, kind)| {
                    let class = self.classes.get(name);
                    let params = class.and_then(|class| class.params.as_deref());
                    entry(name, kind, params, class.map_or("", |class| &class.doc))
                });
                names.collect()
            }
            Owner::Submodule(names) => {
                let names = names.iter().map(|name| entry(name, "function", None, ""));
                names.collect()
            }
            Owner::Class(class) => {
                let members = self
                    .classes
                    .get(class)
                    .into_iter()
                    .flat_map(|class: &Class| &class.members);
                members
                    .map(|(name, member)| entry(name, &member.kind, member.params.as_deref(), &member.doc))
                    .collect()
            }
        }
    }

    /// Return type of a method: most methods of CadQuery return their own class.
    fn return_type<'i>(&'i self, class: &'i str, method: &str) -> Option<Owner<'i>> {
        if self.member(class, method)?.kind == "property" {
            return None;
        }
        let gives = match (class, method) {
            ("Workplane", "val" | "findSolid") => "Shape",
            ("Workplane", "sketch") => "Sketch",
            ("Workplane", "vals" | "size" | "all" | "toPending_") => return None,
            ("Sketch", "finalize") => "Workplane",
            (_, "BoundingBox") => "BoundBox",
            (_, "Center" | "normalAt" | "positionAt" | "tangentAt") => "Vector",
            ("Workplane" | "Sketch" | "Assembly" | "Vector" | "Location", _) => class,
            _ => return None,
        };
        Some(Owner::Class(gives))
    }
}

impl<'i> Inference<'i, '_> {
    fn new<'c>(index: &'i ApiIndex, code: &'c str) -> Inference<'i, 'c> {
        let tokens = code_tokens(code);
        Inference {
            index,
            code,
            statements: statements(code, &tokens),
            tokens,
        }
    }

    /// Type of the expression before the dot that ends at a byte.
    fn owner_before(&self, byte: usize) -> Option<Owner<'i>> {
        let end = self.tokens.partition_point(|token| token.range.end <= byte);
        // A decimal point is part of its number.
        let dot = end.checked_sub(1).filter(|dot| self.text(*dot) == ".")?;
        self.owner(dot, MAX_DEPTH)
    }

    fn text(&self, token: usize) -> &str {
        self.tokens[token].text(self.code)
    }

    /// Type of the expression that ends before a token.
    fn owner(&self, end: usize, depth: usize) -> Option<Owner<'i>> {
        let depth = depth.checked_sub(1)?;
        let last = (0..end).rev().find(|token| self.text(*token) != "\\")?;
        if self.tokens[last].kind == TokenKind::Close(b')') {
            let open = partner(&self.tokens, last)?;
            return match open.checked_sub(1).filter(|callee| self.is_name(*callee)) {
                Some(callee) => self.returned(callee, depth),
                // Parentheses around an expression.
                None => self.owner(last, depth),
            };
        }
        if !self.is_name(last) {
            return None;
        }
        let name = self.text(last);
        if self.is_member(last) {
            return match self.owner(last - 1, depth)? {
                Owner::Module => self.index.modules.get(name).map(|names| Owner::Submodule(names)),
                Owner::Submodule(_) | Owner::Class(_) => None,
            };
        }
        if matches!(name, "cq" | "cadquery") {
            return Some(Owner::Module);
        }
        self.owner(self.assigned(last)?, depth)
    }

    /// Type of the result of calling a name.
    fn returned(&self, callee: usize, depth: usize) -> Option<Owner<'i>> {
        let name = self.text(callee);
        let class = self
            .index
            .classes
            .get_key_value(name)
            .map(|(name, _)| Owner::Class(name));
        if self.is_member(callee) {
            return match self.owner(callee - 1, depth)? {
                Owner::Module => class,
                Owner::Submodule(_) => None,
                Owner::Class(class) => self.index.return_type(class, name),
            };
        }
        if class.is_some() {
            return class;
        }
        // A function of the script has the type of its first `return`.
        let defined =
            (1..self.tokens.len()).find(|at| self.text(*at) == name && self.text(at - 1) == "def")?;
        let returns = |range: &&Range<usize>| range.start > defined && self.text(range.start) == "return";
        self.owner(self.statements.iter().find(returns)?.end, depth)
    }

    /// End of the value that was last assigned to a name before a place.
    fn assigned(&self, place: usize) -> Option<usize> {
        let assigns = |range: &&Range<usize>| {
            range.end <= place
                && range.len() > 2
                && self.text(range.start) == self.text(place)
                && self.text(range.start + 1) == "="
        };
        self.statements.iter().rfind(assigns).map(|range| range.end)
    }

    fn is_name(&self, token: usize) -> bool {
        self.tokens[token].kind == TokenKind::Name && !is_keyword(self.text(token))
    }

    /// Whether a dot precedes a token.
    fn is_member(&self, token: usize) -> bool {
        token > 0 && self.text(token - 1) == "."
    }
}

fn entry(name: &str, kind: &str, params: Option<&[Param]>, doc: &str) -> Completion {
    let params: Vec<String> = params.unwrap_or_default().iter().map(Param::signature).collect();
    let called = !matches!(kind, "property" | "module" | "value");
    Completion {
        name: name.to_owned(),
        called,
        signature: if called {
            format!("({})", params.join(", "))
        } else {
            kind.to_owned()
        },
        doc: doc.to_owned(),
        params,
    }
}

/// Names that a script defines.
fn defined_names(code: &str) -> Vec<Completion> {
    let mut names: BTreeMap<&str, bool> = BTreeMap::new();
    for definition in definitions(code) {
        let called = matches!(definition.kind, DefinitionKind::Function | DefinitionKind::Class);
        *names.entry(definition.name).or_default() |= called;
    }
    let entries = names.into_iter().map(|(name, called)| Completion {
        signature: if called { "(…)".to_owned() } else { String::new() },
        doc: "of this script".to_owned(),
        params: Vec::new(),
        name: name.to_owned(),
        called,
    });
    entries.collect()
}

/// The name at the end of a text, possibly empty.
pub fn word_before(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| *c == '_' || c.is_alphanumeric())
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Whether a text ends in a comment or a string.
fn is_in_text(code: &str) -> bool {
    let last = tokens(code).last().map(|token| token.kind);
    matches!(last, Some(TokenKind::Comment | TokenKind::String(false)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        let (_, entries) = ApiIndex::pinned().complete(code, code.len());
        entries.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn the_bundled_index_knows_cadquery() {
        let code = "import cadquery as cq\na = cq.Workplane('XY').box";
        let entry = ApiIndex::pinned().lookup(code, code.len()).unwrap();
        assert!(
            entry.signature.starts_with("(length, width, height"),
            "{}",
            entry.signature
        );
        assert!(!entry.doc.is_empty());
    }

    #[test]
    fn members_follow_a_dot_and_names_do_not() {
        assert_eq!(names("cq.Workpl"), ["Workplane"]);
        assert!(names("cq.Workplane('XY').").len() > 100);
        assert_eq!(names("cq.Workplane('XY').box(1, 2, (3)).chamf"), ["chamfer"]);
        assert_eq!(
            names("p = cq.Workplane()\nq = p\nq.extru"),
            ["extrude", "twistExtrude"]
        );
        assert_eq!(
            names("p = (\n    cq.Workplane('XY')\n    .circle(3)\n)\np.fill"),
            ["fillet"]
        );
        assert_eq!(
            names("p = cq.Workplane('XY') \\\n  .circle(3)\np.fill"),
            ["fillet"]
        );
        assert_eq!(
            names("def f():\n    return cq.Workplane()\nf().revol"),
            ["revolve"]
        );
        assert_eq!(
            names("p = cq.Workplane().box(1,1,1).val().BoundingBox().enl"),
            ["enlarge"]
        );
        assert_eq!(names("cq.exporters.exp"), ["export", "ExportTypes"]);
        assert!(names("math.si").is_empty(), "nothing is known of it");
        assert!(names("# cq.Work").is_empty());
        assert!(names("'cq.Work").is_empty());
        assert!(names("'''a\ncq.Work").is_empty());
        assert_eq!(
            names("s = '(' + cq.Workplane(')').extru"),
            ["extrude", "twistExtrude"]
        );
        assert_eq!(
            names("p = cq.Workplane()\np = p.rect(1, 2)\nlow(p, 3).up\np.fill"),
            ["fillet"]
        );
        assert_eq!(names("plate_w = 4\ndef plate(): pass\npla"), ["plate", "plate_w"]);
        assert_eq!(names("cq.Workplane().FILLE"), ["fillet"]);
    }
}
