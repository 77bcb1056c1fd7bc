//! Whether the part is unchanged after every rotation by a fraction of a full turn, and changed after half that angle:
//! a disk has every symmetry, and therefore fails.

use std::sync::Arc;

use super::axis::{letter, point};
use super::grade::{graded, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use super::mirror::{CELLS, iou};
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::{Dexels, Lattice, Placement, TriMesh, rotation};

/// Allowed change for a rotation that should change nothing.
const TOLERANCE: f64 = 0.04;
/// Without a reference: required change for half the rotation.
const CONTRAST: f64 = 0.15;

pub(super) static KIND: CheckKind = CheckKind {
    name: "symmetry",
    needs_bbox: false,
    measures: "rotational symmetry: equal after 360°/n, and not after half of that",
    fields: "`axis`, `at`, `count`",
    parse: |fields| {
        let (axis, at, count) = (fields.axis(), fields.place("at"), fields.count("count"));
        Some(Arc::new(Symmetry {
            axis: axis?,
            at: at?,
            count: count?,
        }))
    },
};

#[derive(Debug)]
struct Symmetry {
    /// Axis of the rotation.
    axis: usize,
    /// Position of the axis.
    at: [f64; 2],
    /// Equal parts per full turn, at least 2.
    count: u32,
}

impl Requirement for Symmetry {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let [right, wrong] = self.turns(input.geometry);
        let (lost, contrast) = match input.reference.map(|reference| self.turns(reference)) {
            // The loss of the reference's own mesh is not the candidate's.
            Some([right, wrong]) => (1.0 - right, (0.7 * (1.0 - wrong)).max(1e-3)),
            None => (0.0, CONTRAST),
        };
        let tolerance = input.tolerance.unwrap_or(TOLERANCE);
        let kept = graded((1.0 - right - lost).max(0.0), tolerance);
        let seen = ((1.0 - wrong) / contrast).min(1.0);
        let angle = |part: f64| format!("{:.1}°", 360.0 / (part * f64::from(self.count)));
        CheckResult {
            score: kept * seen * seen,
            measured: format!(
                "{} stays after {}, {} after {}",
                percent(right),
                angle(1.0),
                percent(wrong),
                angle(2.0)
            ),
            asked: format!("{} equal parts about {}", self.count, letter(self.axis)),
            place: Some(point(
                self.axis,
                self.at,
                input.geometry.mesh.bbox().center()[self.axis],
            )),
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

impl Symmetry {
    /// Share of the part that is unchanged after the rotation and after half of it.
    fn turns(&self, geometry: &CandidateGeometry) -> [f64; 2] {
        let Self { axis, at, count } = *self;
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
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_within, gathered, pipe_at};
    use super::*;
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
                &Symmetry {
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
