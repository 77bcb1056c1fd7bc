//! Whether the part is unchanged after every rotation by a fraction of a full turn, and changed after half that angle:
//! a disk has every symmetry, and therefore fails.

use super::mirror::{CELLS, iou};
use super::{CheckResult, graded, letter, percent, point};
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::{Dexels, Lattice, Placement, TriMesh, rotation};

/// Allowed change for a rotation that should change nothing.
const TOLERANCE: f64 = 0.04;
/// Without a reference: required change for half the rotation.
const CONTRAST: f64 = 0.15;

pub(super) fn measure(
    axis: usize,
    at: [f64; 2],
    count: u32,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
    reference: Option<&CandidateGeometry>,
) -> CheckResult {
    let [right, wrong] = turns(axis, at, count, geometry);
    let (lost, contrast) = match reference.map(|reference| turns(axis, at, count, reference)) {
        // The loss of the reference's own mesh is not the candidate's.
        Some([right, wrong]) => (1.0 - right, (0.7 * (1.0 - wrong)).max(1e-3)),
        None => (0.0, CONTRAST),
    };
    let kept = graded((1.0 - right - lost).max(0.0), tolerance.unwrap_or(TOLERANCE));
    let seen = ((1.0 - wrong) / contrast).min(1.0);
    let angle = |part: f64| format!("{:.1}°", 360.0 / (part * f64::from(count)));
    CheckResult {
        score: kept * seen * seen,
        measured: format!(
            "{} stays after {}, {} after {}",
            percent(right),
            angle(1.0),
            percent(wrong),
            angle(2.0)
        ),
        asked: format!("{count} equal parts about {}", letter(axis)),
        place: Some(point(axis, at, geometry.mesh.bbox().center()[axis])),
    }
}

/// Share of the part that is unchanged after the rotation and after half of it.
fn turns(axis: usize, at: [f64; 2], count: u32, geometry: &CandidateGeometry) -> [f64; 2] {
    let lattice = Lattice::over(&geometry.mesh.bbox(), CELLS);
    let cut = |mesh: &TriMesh| Dexels::new(mesh, &|_| 0, axis, &lattice);
    let own = cut(&geometry.mesh);
    let middle = point(axis, at, 0.0);
    [1.0, 2.0].map(|part| {
        let turn = rotation(axis, std::f64::consts::TAU / (part * f64::from(count)));
        let placement = Placement::moved(1.0, middle, middle).with_turn(turn);
        iou(&own, &cut(&geometry.mesh.placed(&placement)))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_within, gathered, pipe_at};
    use cadforge_core::task::checks::Requirement;
    use cadforge_geometry::shapes;

    #[test]
    fn a_cross_has_four_equal_parts_and_a_disk_has_none() {
        let cross = shapes::blocks(&[
            ([-20.0, -4.0, 0.0], [40.0, 8.0, 6.0]),
            ([-4.0, 4.0, 0.0], [8.0, 16.0, 6.0]),
            ([-4.0, -20.0, 0.0], [8.0, 16.0, 6.0]),
        ]);
        let bar = shapes::blocks(&[([-20.0, -4.0, 0.0], [40.0, 8.0, 6.0])]);
        let disk = gathered(&[pipe_at(0.0, 4.0, 20.0, 6.0)]);
        let score = |shape| {
            check_within(
                Requirement::Symmetry {
                    axis: 2,
                    at: [0.0, 0.0],
                    count: 4,
                },
                shape,
                &cross,
            )
            .score
        };
        assert_eq!(score(&cross), 1.0);
        assert!(score(&bar) < 0.3, "{}", score(&bar));
        assert!(score(&disk) < 0.05, "{}", score(&disk));
    }
}
