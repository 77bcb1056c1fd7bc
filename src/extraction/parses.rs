//! Texts as Python programs, within a limit of work.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::ops::Range;
use std::rc::Rc;

use cadforge_python::{Module, Node, Usage, line_end, line_start};

/// Maximum length of a parsed text: programs are a few kilobytes, and parsing a body of 16 MB could be an attack.
const LONGEST: usize = 1 << 20;

/// Facts about a text that parses.
#[derive(Debug)]
pub(super) struct Facts {
    /// Names that it binds and needs, and its use of CadQuery.
    pub usage: Usage,
    /// The text without lines of bare words at its ends: `Sure` and `Done` parse as names, but fail when run.
    pub core: Range<usize>,
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
        if !Usage::is_possible(text) {
            return None;
        }
        self.facts(text).filter(|facts| facts.usage.is_program())
    }
}

fn read(text: &str) -> Option<Facts> {
    let module = Module::bounded(text)?;
    let usage = module.usage()?;
    let core = core(text, module.root(), &usage.bound);
    Some(Facts { usage, core })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(text: &str) -> Option<Rc<Facts>> {
        Parses::new(text.len()).facts(text)
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
