//! Whether the part is symmetric about a plane.

use std::sync::Arc;

use super::axis::letter;
use super::grade::{graded, mm, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use cadforge_geometry::{Dexels, Lattice, TriMesh};

/// Allowed share of the part without a mirror image.
const TOLERANCE: f64 = 0.03;
/// Cells along each side of the part's own box.
pub(super) const CELLS: u32 = 96;

pub(super) static KIND: CheckKind = CheckKind {
    name: "mirror",
    needs_bbox: false,
    measures: "mirror symmetry about a plane",
    fields: "`axis`, `at`",
    parse: |fields| {
        let (axis, at) = (fields.axis(), fields.number("at"));
        Some(Arc::new(Mirror { axis: axis?, at: at? }))
    },
};

#[derive(Debug)]
struct Mirror {
    /// Normal of the plane.
    axis: usize,
    /// Position of the plane.
    at: f64,
}

impl Requirement for Mirror {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let Self { axis, at } = *self;
        let mesh = &input.geometry.mesh;
        // Rays along the axis itself, so that the mirror image has the same rays.
        let lattice = Lattice::over(&mesh.bbox(), CELLS);
        let cut = |mesh: &TriMesh| Dexels::new(mesh, &|_| 0, axis, &lattice);
        let alike = iou(&cut(mesh), &cut(&mesh.mirrored(axis, at)));
        CheckResult {
            score: graded(1.0 - alike, input.tolerance.unwrap_or(TOLERANCE)),
            measured: format!("{} of both sides alike", percent(alike)),
            asked: format!("the same on both sides of {} = {}", letter(axis), mm(at)),
            place: None,
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
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
    use super::*;

    #[test]
    fn a_symmetric_part_passes_and_one_with_a_lug_on_one_side_does_not() {
        let body = ([-20.0, 0.0, 0.0], [40.0, 10.0, 10.0]);
        let lugs = [
            ([-24.0, 0.0, 0.0], [4.0, 10.0, 10.0]),
            ([20.0, 0.0, 0.0], [4.0, 10.0, 10.0]),
        ];
        let ask = Mirror { axis: 0, at: 0.0 };
        assert_eq!(check_blocks(&ask, &[body, lugs[0], lugs[1]]).score, 1.0);
        assert!(check_blocks(&ask, &[body, lugs[0]]).score < 0.5);
    }
}
