//! An edit of a candidate: some ranges of bytes and what to put there.

use std::ops::Range;

use crate::Keep;

/// What a rule proposes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The rule's name.
    pub rule: &'static str,
    /// Why, in a line for people.
    pub reason: String,
    /// Ranges of the text and their replacements; none overlap.
    pub changes: Vec<(Range<usize>, String)>,
    /// How unlikely or how rough: the least is tried first.
    pub rank: u32,
    /// What the edit must achieve to be kept.
    pub keep: Keep,
    /// Whether changes away from the failing statement belong to it: the same mistake elsewhere, an import at the top.
    pub needed: bool,
}

impl Edit {
    /// An edit of one range.
    pub fn new(
        rule: &'static str,
        rank: u32,
        range: Range<usize>,
        text: impl Into<String>,
        reason: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            reason: reason.into(),
            changes: vec![(range, text.into())],
            rank,
            keep: Keep::Clears,
            needed: false,
        }
    }

    /// The same, wherever in the file its changes are.
    pub fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// The same with another change in it.
    pub fn and(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.changes.push((range, text.into()));
        self
    }

    /// The text after the edit; `None` if its ranges overlap or do not fit the text.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut changes: Vec<_> = self.changes.iter().collect();
        changes.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 64);
        let mut at = 0;
        for (range, new) in changes {
            out.push_str(text.get(at..range.start)?);
            out.push_str(new);
            at = range.end;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_applied_in_order_and_must_not_overlap() {
        let edit = Edit::new("r", 0, 4..5, "B", "why").and(0..1, "A").and(5..5, "!");
        assert_eq!(edit.apply("a = b").unwrap(), "A = B!");
        assert_eq!(
            Edit::new("r", 0, 0..3, "x", "").and(2..4, "y").apply("abcdef"),
            None
        );
        assert_eq!(Edit::new("r", 0, 7..9, "x", "").apply("abc"), None);
    }
}
