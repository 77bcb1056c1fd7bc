//! Volume as a share of the task's box.

use super::{CheckResult, graded, percent};
use crate::candidate_geometry::{CandidateGeometry, Frame};

const TOLERANCE: f64 = 0.005;

pub(super) fn measure(
    least: f64,
    most: f64,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
    frame: &Frame,
) -> CheckResult {
    let share = geometry.volume.volume() / frame.bbox.size().iter().product::<f64>().max(f64::MIN_POSITIVE);
    CheckResult {
        score: graded(
            (least - share).max(share - most).max(0.0),
            tolerance.unwrap_or(TOLERANCE),
        ),
        measured: format!("{} of the box is filled", percent(share)),
        asked: format!("{} to {}", percent(least), percent(most)),
        place: None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_within;
    use cadforge_core::task::checks::Requirement;
    use cadforge_geometry::shapes;

    #[test]
    fn a_light_part_passes_and_a_block_does_not() {
        let frame = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        let score = |height: f64| {
            let part = shapes::blocks(&[([0.0; 3], [10.0, 10.0, height])]);
            check_within(
                Requirement::Volume {
                    least: 0.1,
                    most: 0.3,
                },
                &part,
                &frame,
            )
            .score
        };
        assert_eq!(score(3.0), 1.0);
        assert!(score(3.2) < 0.5 && score(10.0) < 0.01 && score(0.5) < 0.2);
    }
}
