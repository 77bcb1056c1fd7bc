//! A box that is filled, or empty.

use std::sync::Arc;

use super::grade::{mm, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use cadforge_geometry::Aabb;

/// Allowed shortfall of the required share.
const TOLERANCE: f64 = 0.04;

pub(super) static KIND: CheckKind = CheckKind {
    name: "region",
    needs_bbox: false,
    measures: "a box that is filled or empty",
    fields: "`min`, `max`, `is = \"filled\"` or `\"empty\"`, `share`",
    parse: |fields| {
        let (min, max) = (fields.list("min", 3), fields.list("max", 3));
        let filled = fields.choice("is", &[("filled", true), ("empty", false)]);
        let share = fields.limited("share", 1.0).unwrap_or(0.9);
        let (min, max): ([f64; 3], [f64; 3]) = (min?.try_into().ok()?, max?.try_into().ok()?);
        if (0..3).any(|axis| min[axis] >= max[axis]) {
            fields.refuse("max", "must be greater than `min` along every axis");
            return None;
        }
        Some(Arc::new(Region {
            min,
            max,
            filled: filled?,
            share,
        }))
    },
};

#[derive(Debug)]
struct Region {
    /// One corner of the box.
    min: [f64; 3],
    /// The opposite corner.
    max: [f64; 3],
    /// Whether it must be filled, or empty.
    filled: bool,
    /// Required share.
    share: f64,
}

impl Requirement for Region {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let Self {
            min,
            max,
            filled,
            share,
        } = *self;
        let region = Aabb { min, max };
        let material = input.geometry.volume.filled(&region).clamp(0.0, 1.0);
        let found = if filled { material } else { 1.0 - material };
        let tolerance = input.tolerance.unwrap_or(TOLERANCE);
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
    fn a_full_leg_passes_and_half_a_leg_does_not() {
        let frame = shapes::blocks(&[([0.0; 3], [100.0, 100.0, 100.0])]);
        let score = |height: f64, filled: bool| {
            let leg = shapes::blocks(&[([0.0; 3], [10.0, 10.0, height])]);
            check_within(
                &Region {
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
