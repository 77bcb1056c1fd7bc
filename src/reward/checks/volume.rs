//! Volume as a share of the task's box.

use std::sync::Arc;

use super::grade::{graded, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};

const TOLERANCE: f64 = 0.005;

pub(super) static KIND: CheckKind = CheckKind {
    name: "volume",
    needs_bbox: true,
    measures: "volume as a share of the box",
    fields: "`least`, `most`",
    parse: |fields| {
        Some(Arc::new(Volume {
            least: fields.limited("least", 1.0).unwrap_or(0.0),
            most: fields.limited("most", 1.0).unwrap_or(1.0),
        }))
    },
};

#[derive(Debug)]
struct Volume {
    least: f64,
    most: f64,
}

impl Requirement for Volume {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let Self { least, most } = *self;
        let whole = input.frame.bbox.size().iter().product::<f64>();
        let share = input.geometry.volume.volume() / whole.max(f64::MIN_POSITIVE);
        CheckResult {
            score: graded(
                (least - share).max(share - most).max(0.0),
                input.tolerance.unwrap_or(TOLERANCE),
            ),
            measured: format!("{} of the box is filled", percent(share)),
            asked: format!("{} to {}", percent(least), percent(most)),
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
    fn a_light_part_passes_and_a_block_does_not() {
        let frame = shapes::blocks(&[([0.0; 3], [10.0; 3])]);
        let score = |height: f64| {
            let part = shapes::blocks(&[([0.0; 3], [10.0, 10.0, height])]);
            check_within(
                &Volume {
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
