//! Thickness of a wall or plate: the segment of material along a line that is nearest to a position.

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
    let found = |volume: &Volume, place| nearest(volume.spans(probe.axis, place), probe.near);
    let of_line = |volume: &Volume, place| {
        found(volume, place).map_or(0.0, |[from, to]| {
            let away = (from - probe.near).max(probe.near - to).max(0.0);
            let size = graded((to - from - probe.length).abs(), tolerance);
            // A wall elsewhere is another wall.
            size * graded(away, 0.5 * probe.length)
        })
    };
    let (score, share) = wall::score(probe, geometry, frame, reference, of_line);
    let measured = match found(&geometry.volume, place) {
        None => "no material there".to_owned(),
        Some([from, to]) => format!("{} mm{}", mm(to - from), wall::partly(score, share)),
    };
    CheckResult {
        score,
        measured,
        asked: format!("{} mm along {}", mm(probe.length), letter(probe.axis)),
        place: Some(place),
    }
}

/// The span that contains a position, or the nearest one.
pub(super) fn nearest(spans: &[[f64; 2]], place: f64) -> Option<[f64; 2]> {
    let away = |[from, to]: &[f64; 2]| (from - place).max(place - to).max(0.0);
    spans.iter().min_by(|a, b| away(a).total_cmp(&away(b))).copied()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_beside, check_blocks};
    use super::*;
    use cadforge_core::task::checks::Requirement;
    use cadforge_geometry::shapes;

    #[test]
    fn a_wall_of_the_right_thickness_passes_and_a_thin_or_missing_one_does_not() {
        let probe = Requirement::Thickness(Probe {
            axis: 0,
            at: [10.0, 10.0],
            near: 2.0,
            length: 4.0,
        });
        let wall = |thick: f64| {
            check_blocks(
                probe.clone(),
                &[
                    ([0.0; 3], [thick, 20.0, 20.0]),
                    ([60.0, 0.0, 0.0], [9.0, 20.0, 20.0]),
                ],
            )
        };
        assert_eq!(wall(4.0).score, 1.0);
        assert!((0.2..0.5).contains(&wall(3.5).score), "{}", wall(3.5).score);
        assert_eq!(wall(3.5).measured, "3.5 mm");
        assert!(check_blocks(probe.clone(), &[([60.0, 0.0, 0.0], [4.0, 20.0, 20.0])]).score < 0.01);
    }

    #[test]
    fn the_right_thickness_along_one_line_alone_does_not_pass() {
        let probe = Requirement::Thickness(Probe {
            axis: 2,
            at: [50.0, 30.0],
            near: 42.0,
            length: 4.0,
        });
        let plate = shapes::blocks(&[([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])]);
        let of = |blocks: &[_]| check_beside(probe.clone(), &shapes::blocks(blocks), &plate);
        assert_eq!(of(&[([0.0, 0.0, 40.0], [100.0, 60.0, 4.0])]).score, 1.0);
        // Six of seven rows of lines suffice.
        assert_eq!(of(&[([0.0, 0.0, 40.0], [58.0, 60.0, 4.0])]).score, 1.0);
        let pin = of(&[
            ([49.0, 29.0, 40.0], [2.0, 2.0, 4.0]),
            ([0.0, 0.0, 0.0], [100.0, 60.0, 3.0]),
        ]);
        assert!(pin.score < 0.1, "{pin:?}");
        assert_eq!(pin.measured, "4 mm, on 2 % of its surface");
    }
}
