//! Round bosses, bars, pins and barrels along an axis. More than the required number are allowed.

use std::sync::Arc;

use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use super::round::Round;

pub(super) static KIND: CheckKind = CheckKind {
    name: "cylinder",
    needs_bbox: false,
    measures: "round bosses, bars, pins, barrels; additional ones are allowed",
    fields: "as `holes`; `coverage` 0.3",
    parse: |fields| Some(Arc::new(Cylinder(Round::parse(fields, 0.3, false)?))),
};

#[derive(Debug)]
struct Cylinder(Round);

impl Requirement for Cylinder {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let found = self.0.candidates(input, false);
        self.0.matched(&found, input, "cylinder", false)
    }

    fn faces(&self, input: &CheckInput<'_>) -> Vec<u32> {
        self.0.faces(&self.0.candidates(input, false), input)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_within, pipe_at, within};
    use super::*;

    fn score(outer: f64, height: f64) -> f64 {
        let ask = Cylinder(Round {
            axis: 2,
            at: vec![[0.0, 0.0]],
            count: None,
            diameter: Some(20.0),
            length: 0.9,
            through: false,
            coverage: 0.3,
            between: [0.0, 1.0],
        });
        check_within(
            &ask,
            &pipe_at(0.0, 4.0, outer, height),
            &pipe_at(0.0, 4.0, 10.0, 30.0),
        )
        .score
    }

    #[test]
    fn a_boss_of_the_right_size_passes_and_a_thin_or_short_one_does_not() {
        assert_eq!(score(10.0, 30.0), 1.0);
        assert!(score(9.5, 30.0) < 0.6);
        assert!(score(10.0, 20.0) < 0.1);
        assert_eq!(score(10.0, 10.0), 0.0);
    }

    #[test]
    fn a_drum_does_not_pass_as_an_axle_with_a_wide_tolerance() {
        let score = |radius: f64| {
            let round = Round {
                axis: 2,
                at: Vec::new(),
                count: Some(1),
                diameter: Some(12.0),
                length: 0.5,
                through: false,
                coverage: 0.3,
                between: [0.0, 1.0],
            };
            let shape = pipe_at(0.0, 1.0, radius, 30.0);
            let (geometry, frame) = within(&shape, &shape);
            let input = CheckInput {
                geometry: &geometry,
                frame: &frame,
                reference: None,
                tolerance: Some(10.0),
            };
            Cylinder(round).measure(&input).score
        };
        assert_eq!((score(5.0), score(10.0)), (1.0, 1.0));
        assert_eq!((score(12.0), score(40.0)), (0.0, 0.0));
    }
}
