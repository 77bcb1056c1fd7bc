//! A box that is filled, or empty.

use super::{CheckResult, mm, percent};
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::Aabb;

/// Allowed shortfall of the required share.
const TOLERANCE: f64 = 0.04;

pub(super) fn measure(
    min: [f64; 3],
    max: [f64; 3],
    filled: bool,
    share: f64,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
) -> CheckResult {
    let region = Aabb { min, max };
    let material = geometry.volume.filled(&region).clamp(0.0, 1.0);
    let found = if filled { material } else { 1.0 - material };
    let tolerance = tolerance.unwrap_or(TOLERANCE);
    let word = if filled { "filled" } else { "empty" };
    let corner = |corner: [f64; 3]| corner.map(mm).join(", ");
    CheckResult {
        // Below the tolerance the score is proportional to the share, so that improvements count.
        score: if found >= share - tolerance {
            1.0
        } else {
            0.5 * (found / share).powi(2)
        },
        measured: format!("{} {word}", percent(found)),
        asked: format!(
            "{} {word} from ({}) to ({})",
            percent(share),
            corner(min),
            corner(max)
        ),
        place: Some(region.center()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_within;
    use cadforge_core::task::checks::Requirement;
    use cadforge_geometry::shapes;

    #[test]
    fn a_full_leg_passes_and_half_a_leg_does_not() {
        let frame = shapes::blocks(&[([0.0; 3], [100.0, 100.0, 100.0])]);
        let score = |height: f64, filled: bool| {
            let leg = shapes::blocks(&[([0.0; 3], [10.0, 10.0, height])]);
            check_within(
                Requirement::Region {
                    min: [1.0; 3],
                    max: [9.0, 9.0, 99.0],
                    filled,
                    share: 0.9,
                },
                &leg,
                &frame,
            )
            .score
        };
        assert_eq!((score(100.0, true), score(100.0, false)), (1.0, 0.0));
        assert!((0.1..0.3).contains(&score(50.0, true)), "{}", score(50.0, true));
        assert_eq!(score(5.0, false), 1.0);
    }
}
