//! Statements and definitions of a text that may be broken, as while it is typed.

use std::ops::Range;

use crate::tokens::{Token, TokenKind, code_tokens, is_keyword};

/// A name that a text defines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition<'t> {
    /// The name.
    pub name: &'t str,
    /// What defines it.
    pub kind: DefinitionKind,
}

/// What defines a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DefinitionKind {
    /// `def`
    Function,
    /// `class`
    Class,
    /// `import`
    Import,
    /// An assignment, or the target of a `for` or `with`.
    Variable,
}

/// All definitions in order, at any depth; a name may have several.
pub fn definitions(text: &str) -> Vec<Definition<'_>> {
    let tokens = code_tokens(text);
    let mut found = Vec::new();
    for range in statements(text, &tokens) {
        let words: Vec<&str> = tokens[range.clone()]
            .iter()
            .map(|token| token.text(text))
            .collect();
        let is_name = |index: usize| {
            let token = tokens.get(range.start + index);
            token.is_some_and(|token| token.kind == TokenKind::Name && !is_keyword(token.text(text)))
        };
        let mut define = |kind, indices: &mut dyn Iterator<Item = usize>| {
            let names = indices.filter(|index| is_name(*index));
            found.extend(names.map(|index| Definition {
                name: words[index],
                kind,
            }));
        };
        let position = |word: &str| words.iter().position(|other| *other == word);
        match words[..] {
            ["def", _, ..] => define(DefinitionKind::Function, &mut [1].into_iter()),
            ["async", "def", _, ..] => define(DefinitionKind::Function, &mut [2].into_iter()),
            ["class", _, ..] => define(DefinitionKind::Class, &mut [1].into_iter()),
            ["import" | "from", ..] => {
                let mut imported = Vec::new();
                let mut names = Vec::new();
                let mut is_last = words[0] == "from";
                for index in position("import").map_or(words.len(), |import| import + 1)..=words.len() {
                    match words.get(index) {
                        // Of `a.b` the first name is bound, of `a as b` and of `from a import b` the last.
                        None | Some(&",") => {
                            imported.extend(if is_last { names.last() } else { names.first() });
                            names.clear();
                            is_last = words[0] == "from";
                        }
                        Some(&"as") => is_last = true,
                        Some(_) if is_name(index) => names.push(index),
                        Some(_) => {}
                    }
                }
                define(DefinitionKind::Import, &mut imported.into_iter());
            }
            ["for", ..] => {
                let end = position("in").unwrap_or(0);
                define(DefinitionKind::Variable, &mut (1..end));
            }
            ["with", ..] => {
                let aliases = (1..words.len()).filter(|index| words[index - 1] == "as");
                define(DefinitionKind::Variable, &mut aliases.into_iter());
            }
            _ => {
                let mut from = 0;
                while let Some(equals) = words[from..].iter().position(|word| *word == "=") {
                    let target = from..from + equals;
                    from = target.end + 1;
                    // `a: int`, `a, b`, `(a, b)`; but neither `a.b`, `a[b]` nor a keyword argument.
                    let end = words[target.clone()].iter().position(|word| *word == ":");
                    let target = target.start..end.map_or(target.end, |end| target.start + end);
                    let is_target =
                        |index: usize| is_name(index) || matches!(words[index], "," | "(" | ")" | "*");
                    if target.clone().all(is_target) {
                        define(DefinitionKind::Variable, &mut target.clone());
                    } else {
                        break;
                    }
                }
            }
        }
    }
    found
}

/// The statements of a text as ranges of its tokens; a compound one ends with the line of its head.
///
/// In broken code a bracket may never close: a line without indentation that begins like a statement ends it. A line that begins
/// with a dot continues a chain, as its author means it.
pub fn statements(text: &str, tokens: &[Token]) -> Vec<Range<usize>> {
    let mut starts = Vec::new();
    let mut depth = 0_usize;
    for (index, token) in tokens.iter().enumerate() {
        let before = index.checked_sub(1).map(|before| &tokens[before]);
        let starts_line = before.is_none_or(|before| {
            text[before.range.end..token.range.start].contains('\n') && before.text(text) != "\\"
        });
        if starts_line && depth > 0 && is_head(text, &tokens[index..]) {
            depth = 0;
        }
        let follows = before.is_some_and(|before| before.text(text) == ";");
        if depth == 0 && (follows || starts_line && token.text(text) != ".") {
            starts.push(index);
        }
        if token.kind.opens().is_some() {
            depth += 1;
        } else if token.kind.closes().is_some() {
            depth = depth.saturating_sub(1);
        }
    }
    let ends = starts.iter().skip(1).copied().chain([tokens.len()]);
    starts
        .iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..end)
        .collect()
}

/// Whether an unindented line begins with `name =` or with the keyword of a statement.
fn is_head(text: &str, tokens: &[Token]) -> bool {
    const HEADS: [&str; 9] = [
        "def", "class", "import", "from", "return", "with", "while", "try", "del",
    ];
    let is_unindented = tokens[0].range.start == crate::lines::line_start(text, tokens[0].range.start);
    let is_assigned = tokens.get(1).is_some_and(|next| next.text(text) == "=");
    is_unindented
        && tokens[0].kind == TokenKind::Name
        && (is_assigned || HEADS.contains(&tokens[0].text(text)))
}

#[cfg(test)]
mod tests {
    use super::DefinitionKind::{Class, Function, Import, Variable};
    use super::*;

    #[test]
    fn names_are_defined_by_statements_and_not_by_arguments() {
        let code = "import cadquery as cq, os.path\nfrom a import (b, c as d)\nsize = width = 3; h = 4\nx: float = 2\n\
            part = cq.box(\n    height=h,\n    w=2)\nlow, (high) = 1, 2\nfor i, j in e:\n    k = [l == 1]\n\
            def leg(n=1): pass\nclass Fork: pass\nwith open() as file: pass\na.b = c[d] = 1\n'''\nq = 1\n'''\n# r = 2\nm += 1";
        let found = definitions(code).into_iter().map(|one| (one.name, one.kind));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("cq", Import),
                ("os", Import),
                ("b", Import),
                ("d", Import),
                ("size", Variable),
                ("width", Variable),
                ("h", Variable),
                ("x", Variable),
                ("part", Variable),
                ("low", Variable),
                ("high", Variable),
                ("i", Variable),
                ("j", Variable),
                ("k", Variable),
                ("leg", Function),
                ("Fork", Class),
                ("file", Variable),
            ]
        );
    }

    #[test]
    fn statements_survive_a_bracket_that_never_closes() {
        let parts = |code: &str| {
            let tokens = code_tokens(code);
            let ranges = statements(code, &tokens).into_iter();
            let texts = ranges.map(|range| {
                code[tokens[range.start].range.start..tokens[range.end - 1].range.end].to_owned()
            });
            texts.collect::<Vec<_>>()
        };
        assert_eq!(parts("a = f(1,\nb = 2\nc"), ["a = f(1,", "b = 2", "c"]);
        assert_eq!(parts("a = f(1,\n  b = 2)\nc"), ["a = f(1,\n  b = 2)", "c"]);
        assert_eq!(
            parts("a = b \\\n  .c()\n.d()\ne"),
            ["a = b \\\n  .c()\n.d()", "e"]
        );
    }
}
