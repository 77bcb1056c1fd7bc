//! Whether the part fits into its box, and uses it.

use std::sync::Arc;

use super::grade::{graded, mm};
use super::kind::{Check, CheckInput, CheckKind, CheckResult, Requirement};

/// Minimum use of the longest side, as a share.
const LONGEST: f64 = 0.8;
/// Allowed excess, as a share of the side.
const TOLERANCE: f64 = 0.005;

pub(super) static KIND: CheckKind = CheckKind {
    name: "envelope",
    needs_bbox: true,
    measures: "fits into `bbox_mm`, uses 0.8 of its longest side",
    fields: "",
    parse: |_| Some(Arc::new(Envelope)),
};

impl Check {
    /// Whether it asks for the part to stay within the task's box.
    pub(crate) fn is_envelope(&self) -> bool {
        self.kind().name == KIND.name
    }
}

#[derive(Debug)]
struct Envelope;

impl Requirement for Envelope {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let asked = input.frame.envelope.unwrap_or(input.frame.bbox.size());
        let size = input.geometry.mesh.bbox().size();
        let longest = (0..3)
            .max_by(|&a, &b| asked[a].total_cmp(&asked[b]))
            .expect("three axes");
        let over = (0..3)
            .map(|axis| size[axis] / asked[axis] - 1.0)
            .fold(0.0, f64::max);
        let used = size[longest] / asked[longest];
        let [x, y, z] = size.map(mm);
        let [ax, ay, az] = asked.map(mm);
        CheckResult {
            score: graded(over, input.tolerance.unwrap_or(TOLERANCE)) * (used / LONGEST).min(1.0).powi(2),
            measured: format!("{x} × {y} × {z} mm"),
            asked: format!("within {ax} × {ay} × {az} mm, the longest side used by {LONGEST} or more"),
            place: None,
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::check_within;
    use super::*;
    use cadforge_geometry::shapes;

    #[test]
    fn a_fitting_part_passes_and_a_large_or_small_one_does_not() {
        let frame = shapes::blocks(&[([0.0; 3], [100.0, 50.0, 20.0])]);
        let score =
            |size: [f64; 3]| check_within(&Envelope, &shapes::blocks(&[([0.0; 3], size)]), &frame).score;
        assert_eq!(score([100.0, 50.0, 20.0]), 1.0);
        assert_eq!(score([82.0, 10.0, 20.0]), 1.0);
        assert!(score([100.0, 51.0, 20.0]) < 0.5);
        assert!(score([40.0, 50.0, 20.0]) < 0.3);
    }
}
