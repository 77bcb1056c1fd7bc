//! Clearance: the gap along a line that is nearest to a position.

use super::thickness::nearest;
use super::{CheckResult, graded, length_tolerance, letter, mm, point, wall};
use crate::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::Probe;
use cadforge_geometry::Volume;

pub(super) fn measure(
    probe: &Probe,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
    frame: &Frame,
    reference: Option<&CandidateGeometry>,
) -> CheckResult {
    let place = point(probe.axis, probe.at, probe.near);
    let tolerance = tolerance.unwrap_or(length_tolerance(probe.length));
    let found = |volume: &Volume, place| {
        let spans = volume.spans(probe.axis, place);
        let gaps: Vec<[f64; 2]> = spans.windows(2).map(|pair| [pair[0][1], pair[1][0]]).collect();
        nearest(&gaps, probe.near)
    };
    let of_line = |volume: &Volume, place| {
        found(volume, place).map_or(0.0, |[from, to]| {
            let away = (from - probe.near).max(probe.near - to).max(0.0);
            let size = graded((to - from - probe.length).abs(), tolerance);
            size * graded(away, probe.length.max(tolerance))
        })
    };
    let (score, share) = wall::score(probe, geometry, frame, reference, of_line);
    let measured = match found(&geometry.volume, place) {
        None => "no gap there".to_owned(),
        Some([from, to]) => format!("{} mm{}", mm(to - from), wall::partly(score, share)),
    };
    CheckResult {
        score,
        measured,
        asked: format!("a gap of {} mm along {}", mm(probe.length), letter(probe.axis)),
        place: Some(place),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use super::*;
    use cadforge_core::task::checks::Requirement;

    #[test]
    fn a_gap_of_the_right_width_passes_and_a_wide_or_closed_one_does_not() {
        let probe = Requirement::Clearance(Probe {
            axis: 0,
            at: [10.0, 10.0],
            near: 10.25,
            length: 0.5,
        });
        let pair = |gap: f64| {
            check_blocks(
                probe.clone(),
                &[
                    ([0.0; 3], [10.0, 20.0, 20.0]),
                    ([10.0 + gap, 0.0, 0.0], [10.0, 20.0, 20.0]),
                ],
            )
        };
        assert_eq!(pair(0.5).score, 1.0);
        assert!(pair(2.0).score < 0.1);
        assert_eq!(pair(0.0).score, 0.0);
    }
}
