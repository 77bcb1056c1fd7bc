//! An edit of a candidate: byte ranges and their replacements.

use std::ops::Range;

use crate::proposer::Keep;

/// A proposal of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The rule's name.
    pub rule: &'static str,
    /// Reason, one line.
    pub reason: String,
    /// Byte ranges and their replacements, without overlap.
    pub changes: Vec<(Range<usize>, String)>,
    /// Rank by likelihood and size; the lowest is tried first.
    pub rank: u32,
    /// Condition for keeping the edit.
    pub keep: Keep,
    /// Whether changes away from the failing statement are part of it, such as the same mistake elsewhere or an
    /// import at the top.
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

    /// Marks changes away from the failing statement as part of the edit.
    pub fn needed(mut self) -> Self {
        self.needed = true;
        self
    }

    /// Adds a change.
    pub fn and(mut self, range: Range<usize>, text: impl Into<String>) -> Self {
        self.changes.push((range, text.into()));
        self
    }

    /// The edited text; `None` if the ranges overlap or exceed the text.
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

/// Edits of a text that does not parse, with their ranks.
pub(super) type Offers = Vec<(u32, Edit)>;

pub(super) fn offer(
    offers: &mut Offers,
    rank: u32,
    rule: &'static str,
    range: Range<usize>,
    text: &str,
    reason: impl Into<String>,
) {
    offers.push((rank, Edit::new(rule, rank, range, text, reason)));
}

/// A number in usual notation.
pub(super) fn format_number(value: f64) -> String {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded == 0.0 {
        "0.001".to_owned()
    } else {
        format!("{rounded:?}")
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
