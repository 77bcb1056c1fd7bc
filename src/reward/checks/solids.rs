//! The number of solids.

use std::sync::Arc;

use super::grade::count_score;
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};

pub(super) static KIND: CheckKind = CheckKind {
    name: "solids",
    needs_bbox: false,
    measures: "number of solids",
    fields: "`count`",
    parse: |fields| {
        Some(Arc::new(Solids {
            count: fields.count("count")?,
        }))
    },
};

#[derive(Debug)]
struct Solids {
    count: u32,
}

impl Requirement for Solids {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let found = input.geometry.solids;
        let noun = |count: u32| if count == 1 { "solid" } else { "solids" };
        CheckResult {
            score: count_score(found as usize, self.count as usize),
            measured: format!("{found} {}", noun(found)),
            asked: format!("{} {}", self.count, noun(self.count)),
            place: None,
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }

    fn solids(&self) -> Option<u32> {
        Some(self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_blocks, faces_of};
    use super::*;
    use cadforge_geometry::shapes;

    #[test]
    fn an_extra_solid_fails() {
        let one = [([0.0; 3], [1.0; 3])];
        let two = [([0.0; 3], [1.0; 3]), ([2.0, 0.0, 0.0], [1.0; 3])];
        assert_eq!(check_blocks(&Solids { count: 1 }, &one).score, 1.0);
        assert!(check_blocks(&Solids { count: 1 }, &two).score < 0.3);
        assert_eq!(check_blocks(&Solids { count: 2 }, &two).score, 1.0);
    }

    #[test]
    fn a_count_highlights_no_face() {
        let block = shapes::blocks(&[([0.0; 3], [1.0; 3])]);
        assert!(faces_of(&Solids { count: 1 }, &block).is_empty());
    }
}
