//! Whether the part is symmetric about a plane.

use super::{CheckResult, graded, letter, mm, percent};
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::{Dexels, Lattice, TriMesh};

/// Allowed share of the part without a mirror image.
const TOLERANCE: f64 = 0.03;
/// Cells along each side of the part's own box.
pub(super) const CELLS: u32 = 96;

pub(super) fn measure(
    axis: usize,
    at: f64,
    tolerance: Option<f64>,
    geometry: &CandidateGeometry,
) -> CheckResult {
    // Rays along the axis itself, so that the mirror image has the same rays.
    let lattice = Lattice::over(&geometry.mesh.bbox(), CELLS);
    let cut = |mesh: &TriMesh| Dexels::new(mesh, &|_| 0, axis, &lattice);
    let (own, other) = (cut(&geometry.mesh), cut(&geometry.mesh.mirrored(axis, at)));
    let alike = iou(&own, &other);
    CheckResult {
        score: graded(1.0 - alike, tolerance.unwrap_or(TOLERANCE)),
        measured: format!("{} of both sides alike", percent(alike)),
        asked: format!("the same on both sides of {} = {}", letter(axis), mm(at)),
        place: None,
    }
}

/// Intersection over union along one axis.
pub(super) fn iou(one: &Dexels, other: &Dexels) -> f64 {
    let common = one.common(other);
    let union = one.volume() + other.volume() - common;
    if union > 0.0 { common / union } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_blocks;
    use cadforge_core::task::checks::Requirement;

    #[test]
    fn a_symmetric_part_passes_and_one_with_a_lug_on_one_side_does_not() {
        let body = ([-20.0, 0.0, 0.0], [40.0, 10.0, 10.0]);
        let lugs = [
            ([-24.0, 0.0, 0.0], [4.0, 10.0, 10.0]),
            ([20.0, 0.0, 0.0], [4.0, 10.0, 10.0]),
        ];
        let ask = Requirement::Mirror { axis: 0, at: 0.0 };
        assert_eq!(check_blocks(ask.clone(), &[body, lugs[0], lugs[1]]).score, 1.0);
        assert!(check_blocks(ask.clone(), &[body, lugs[0]]).score < 0.5);
    }
}
