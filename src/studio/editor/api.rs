//! What the installed CadQuery offers, for completion, signatures and hover texts.
//!
//! The index is made by introspection (`python/api_index.py`). What a name stands for is guessed from its text alone:
//! code that is being typed seldom runs.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// Depth to which assignments are followed.
const DEPTH: usize = 8;

/// Classes with their members.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ApiIndex {
    /// Names of the module, with what they are.
    module: BTreeMap<String, String>,
    /// Names of its submodules.
    #[serde(default)]
    modules: BTreeMap<String, Vec<String>>,
    classes: BTreeMap<String, Class>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Class {
    #[serde(default)]
    doc: String,
    #[serde(default)]
    params: Option<Vec<Param>>,
    members: BTreeMap<String, Member>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Member {
    kind: String,
    #[serde(default)]
    params: Option<Vec<Param>>,
    #[serde(default)]
    doc: String,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Param {
    name: String,
    #[serde(default)]
    default: Option<String>,
    #[serde(default)]
    star: Option<String>,
}

/// Something that could be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Whether it is called.
    pub called: bool,
    /// Its parameters in brackets, or what it is.
    pub signature: String,
    /// The first line of its documentation.
    pub doc: String,
    /// Its parameters one by one.
    pub params: Vec<String>,
}

/// What stands before a dot.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Owner {
    Module,
    Submodule(String),
    Class(String),
}

/// The index of the pinned CadQuery.
pub fn bundled() -> &'static ApiIndex {
    static INDEX: LazyLock<ApiIndex> = LazyLock::new(|| {
        // A test reads it; without it there would be no completion, and nothing else would be lost.
        serde_json::from_str(include_str!("../../../assets/api/cadquery.json")).unwrap_or_default()
    });
    &INDEX
}

impl ApiIndex {
    /// What could follow at `at` (bytes), best first: members after a dot, names of the script otherwise. With the
    /// start of what has been typed of it.
    pub fn complete(&self, code: &str, at: usize) -> (usize, Vec<Entry>) {
        let start = at - word_before(&code[..at]).len();
        let typed = &code[start..at];
        if in_text(code, start) {
            return (start, Vec::new());
        }
        let mut entries = match code[..start].strip_suffix('.') {
            Some(before) => match self.owner(code, before, DEPTH) {
                Some(owner) => self.members(&owner),
                None => Vec::new(),
            },
            None => names_of(code, start),
        };
        let rank = |name: &str| {
            let lower = name.to_lowercase();
            let typed_lower = typed.to_lowercase();
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

    /// What the name that ends at `end` is, if the index has it.
    pub fn lookup(&self, code: &str, end: usize) -> Option<Entry> {
        let name = word_before(&code[..end]);
        let start = end - name.len();
        if name.is_empty() || in_text(code, start) {
            return None;
        }
        let before = code[..start].strip_suffix('.')?;
        let owner = self.owner(code, before, DEPTH)?;
        self.members(&owner).into_iter().find(|entry| entry.name == name)
    }

    /// Names like `wrong` that `class` (or the module, for none) has, nearest first.
    pub fn similar(&self, class: Option<&str>, wrong: &str) -> Vec<String> {
        let owner = match class {
            Some(class) => Owner::Class(class.to_owned()),
            None => Owner::Module,
        };
        let names = self.members(&owner).into_iter().map(|entry| entry.name);
        nearest(names, wrong)
    }

    /// Keyword parameters of a method like `wrong`.
    pub fn similar_parameters(&self, class: &str, method: &str, wrong: &str) -> Vec<String> {
        let params = self.classes.get(class).and_then(|class| {
            if method == "__init__" {
                class.params.as_ref()
            } else {
                class.members.get(method)?.params.as_ref()
            }
        });
        nearest(
            params.into_iter().flatten().map(|param| param.name.clone()),
            wrong,
        )
    }

    fn members(&self, owner: &Owner) -> Vec<Entry> {
        match owner {
            Owner::Module => self
                .module
                .iter()
                .map(|(name, kind)| {
                    let class = self.classes.get(name);
                    entry(
                        name,
                        kind,
                        class.and_then(|class| class.params.as_ref()),
                        class.map_or("", |class| &class.doc),
                    )
                })
                .collect(),
            Owner::Submodule(module) => self
                .modules
                .get(module)
                .into_iter()
                .flatten()
                .map(|name| entry(name, "function", None, ""))
                .collect(),
            Owner::Class(class) => self.classes.get(class).map_or_else(Vec::new, |class| {
                let members = class.members.iter();
                members
                    .map(|(name, member)| entry(name, &member.kind, member.params.as_ref(), &member.doc))
                    .collect()
            }),
        }
    }

    /// What the expression that `before` ends with stands for.
    fn owner(&self, code: &str, before: &str, depth: usize) -> Option<Owner> {
        let depth = depth.checked_sub(1)?;
        // A chain may go over lines, with a backslash at their ends.
        let before = before.trim_end_matches(|c: char| c.is_whitespace() || c == '\\');
        if let Some(inner) = before.strip_suffix(')') {
            let open = opening(inner)?;
            let callee = inner[..open].trim_end();
            let name = word_before(callee);
            if name.is_empty() {
                // Brackets around an expression.
                return self.owner(code, inner[open + 1..].trim(), depth);
            }
            let head = callee[..callee.len() - name.len()].trim_end();
            if let Some(head) = head.strip_suffix('.') {
                return match self.owner(code, head, depth)? {
                    Owner::Module if self.classes.contains_key(name) => Some(Owner::Class(name.to_owned())),
                    Owner::Module | Owner::Submodule(_) => None,
                    Owner::Class(class) => self.answer_of(&class, name),
                };
            }
            if self.classes.contains_key(name) {
                return Some(Owner::Class(name.to_owned()));
            }
            // A function of the script gives what its first `return` gives.
            let body = code.split(&format!("def {name}(")).nth(1)?;
            let returned = body
                .split('\n')
                .find_map(|line| line.trim().strip_prefix("return "))?;
            return self.owner(code, returned, depth);
        }
        let name = word_before(before);
        let head = before[..before.len() - name.len()].trim_end();
        if let Some(head) = head.strip_suffix('.') {
            return match self.owner(code, head, depth)? {
                Owner::Module if self.modules.contains_key(name) => Some(Owner::Submodule(name.to_owned())),
                _ => None,
            };
        }
        if name == "cq" || name == "cadquery" {
            return Some(Owner::Module);
        }
        if name.is_empty() {
            return None;
        }
        // The last assignment before this place; a chain over several lines ends where its brackets do.
        // All these texts are pieces of `code`.
        let place = before.as_ptr() as usize - code.as_ptr() as usize + before.len() - name.len();
        let earlier = &code[..place];
        let (at, value) = earlier
            .match_indices(name)
            .filter_map(|(at, _)| {
                let line = earlier[..at].rfind('\n').map_or(0, |newline| newline + 1);
                let rest = earlier[at + name.len()..].trim_start_matches(' ');
                let value = rest.strip_prefix('=')?;
                let alone = earlier[line..at].trim().is_empty() && !value.starts_with('=');
                alone.then(|| (at, earlier.len() - value.len()))
            })
            .last()?;
        debug_assert!(at < value);
        self.owner(code, expression(&code[value..place]), depth)
    }

    /// What a method of a class gives: most methods of CadQuery give their own class.
    fn answer_of(&self, class: &str, method: &str) -> Option<Owner> {
        let member = self.classes.get(class)?.members.get(method)?;
        if member.kind == "property" {
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
        Some(Owner::Class(gives.to_owned()))
    }
}

fn entry(name: &str, kind: &str, params: Option<&Vec<Param>>, doc: &str) -> Entry {
    let params: Vec<String> = params
        .into_iter()
        .flatten()
        .map(|param| {
            let star = param.star.as_deref().unwrap_or_default();
            match &param.default {
                Some(default) => format!("{star}{}={default}", param.name),
                None => format!("{star}{}", param.name),
            }
        })
        .collect();
    let called = !matches!(kind, "property" | "module" | "value");
    Entry {
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

/// Names that the script itself defines before a place.
fn names_of(code: &str, at: usize) -> Vec<Entry> {
    let mut names: BTreeMap<String, bool> = BTreeMap::new();
    for line in code[..at].split('\n') {
        let text = line.trim_start();
        if let Some(rest) = text.strip_prefix("def ") {
            let name: String = rest
                .chars()
                .take_while(|c| *c == '_' || c.is_alphanumeric())
                .collect();
            names.insert(name, true);
        } else if let Some((name, rest)) = text.split_once('=')
            && !rest.starts_with('=')
            && name.trim_end().chars().all(|c| c == '_' || c.is_alphanumeric())
        {
            names.entry(name.trim_end().to_owned()).or_insert(false);
        }
    }
    names.remove("");
    names
        .into_iter()
        .map(|(name, called)| Entry {
            signature: if called { "(…)".to_owned() } else { String::new() },
            doc: "of this script".to_owned(),
            params: Vec::new(),
            name,
            called,
        })
        .collect()
}

/// The expression that starts here: to the end of its line, or of its brackets.
fn expression(text: &str) -> &str {
    let mut depth = 0_i32;
    for (at, c) in text.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            '\n' if depth <= 0 && !text[..at].trim_end().ends_with('\\') => {
                let next = text[at + 1..].trim_start_matches([' ', '\n']);
                if !next.starts_with('.') {
                    return text[..at].split('#').next().unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    text
}

/// Where the bracket opens that `inner` and a closing one would end.
fn opening(inner: &str) -> Option<usize> {
    let mut depth = 0;
    for (at, c) in inner.char_indices().rev() {
        match c {
            ')' | ']' | '}' => depth += 1,
            '(' | '[' | '{' if depth == 0 => return Some(at),
            '(' | '[' | '{' => depth -= 1,
            _ => {}
        }
    }
    None
}

/// The name that a text ends with, perhaps empty.
pub fn word_before(text: &str) -> &str {
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| *c == '_' || c.is_alphanumeric())
        .last()
        .map_or(text.len(), |(at, _)| at);
    &text[start..]
}

/// Whether a place lies in a comment or, as far as its own line tells, in a string.
fn in_text(code: &str, at: usize) -> bool {
    let line = code[..at].rsplit('\n').next().unwrap_or_default();
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (None, '#') => return true,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

/// Those of some names that `wrong` could be a slip for, nearest first.
pub fn nearest(names: impl Iterator<Item = String>, wrong: &str) -> Vec<String> {
    let lower = wrong.to_lowercase();
    let most = (wrong.chars().count() / 3).max(1);
    let mut found: Vec<(usize, String)> = names
        .filter(|name| name != wrong)
        .filter_map(|name| {
            let distance = slips(&name.to_lowercase(), &lower);
            (distance <= most).then_some((distance, name))
        })
        .collect();
    found.sort();
    found.truncate(3);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Letters to add, leave out, change, or swap with their neighbour to make one word of the other.
fn slips(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<_>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = changed.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(code: &str) -> Vec<String> {
        let (_, entries) = bundled().complete(code, code.len());
        entries.into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn the_bundled_index_knows_cadquery() {
        let code = "import cadquery as cq\na = cq.Workplane('XY').box";
        let entry = bundled().lookup(code, code.len()).unwrap();
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
        assert_eq!(names("plate_w = 4\ndef plate(): pass\npla"), ["plate", "plate_w"]);
        assert_eq!(names("cq.Workplane().FILLE"), ["fillet"]);
    }

    #[test]
    fn slips_of_the_pen_are_near_and_other_words_are_not() {
        assert_eq!(bundled().similar(Some("Workplane"), "cricle"), ["circle"]);
        assert_eq!(bundled().similar(Some("Workplane"), "filet")[0], "fillet");
        assert_eq!(bundled().similar(None, "Workplan"), ["Workplane"]);
        assert!(bundled().similar(Some("Workplane"), "annulus").is_empty());
        assert_eq!(
            bundled().similar_parameters("Workplane", "box", "heigth")[0],
            "height"
        );
        assert_eq!(slips("abc", "acb"), 1);
        assert_eq!(slips("", "ab"), 2);
    }
}
