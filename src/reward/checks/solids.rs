//! The number of solids.

use super::{CheckResult, count_score};
use crate::candidate_geometry::CandidateGeometry;

pub(super) fn measure(count: u32, geometry: &CandidateGeometry) -> CheckResult {
    let noun = |count: u32| if count == 1 { "solid" } else { "solids" };
    CheckResult {
        score: count_score(geometry.solids as usize, count as usize),
        measured: format!("{} {}", geometry.solids, noun(geometry.solids)),
        asked: format!("{count} {}", noun(count)),
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use cadforge_core::task::checks::Requirement;

    #[test]
    fn an_extra_solid_fails() {
        let one = [([0.0; 3], [1.0; 3])];
        let two = [([0.0; 3], [1.0; 3]), ([2.0, 0.0, 0.0], [1.0; 3])];
        assert_eq!(check_blocks(Requirement::Solids { count: 1 }, &one).score, 1.0);
        assert!(check_blocks(Requirement::Solids { count: 1 }, &two).score < 0.3);
        assert_eq!(check_blocks(Requirement::Solids { count: 2 }, &two).score, 1.0);
    }
}
