//! Round holes and bores along an axis: diameter, exact count, positions, open at both ends.

use std::sync::Arc;

use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use super::round::Round;
use crate::candidate_geometry::CandidateGeometry;
use cadforge_geometry::Cylinder;

/// Length beyond its ends that must be empty on a through hole's axis, in radii: a drill tip is shorter.
const BEYOND: f64 = 1.2;

pub(super) static KIND: CheckKind = CheckKind {
    name: "holes",
    needs_bbox: false,
    measures: "round holes and bores along an axis: diameter, exact count, places, open at both ends",
    fields: "`axis`, `at` (a list of places) or `count`; `diameter`, `blind`, `coverage` (share of the full turn, 0.85), \
             `length` (share of the box at least), `between` (shares of the box)",
    parse: |fields| Some(Arc::new(Holes(Round::parse(fields, 0.85, true)?))),
};

#[derive(Debug)]
struct Holes(Round);

impl Holes {
    fn found<'a>(&self, input: &CheckInput<'a>) -> Vec<&'a Cylinder> {
        let mut found = self.0.candidates(input, true);
        if self.0.through {
            found.retain(|hole| is_through(hole, input.geometry));
        }
        found
    }
}

impl Requirement for Holes {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let noun = if self.0.through { "through hole" } else { "hole" };
        self.0.matched(&self.found(input), input, noun, true)
    }

    fn faces(&self, input: &CheckInput<'_>) -> Vec<u32> {
        self.0.faces(&self.found(input), input)
    }

    fn spare(&self, input: &CheckInput<'_>) -> usize {
        self.0.spare(&self.found(input), input)
    }
}

/// Whether the hole and the space right behind it are empty.
fn is_through(hole: &Cylinder, geometry: &CandidateGeometry) -> bool {
    let beyond = BEYOND * hole.radius;
    let [from, to] = [hole.extent[0] - beyond, hole.extent[1] + beyond];
    let steps = 24;
    (0..=steps).all(|step| {
        let place = from + (to - from) * f64::from(step) / f64::from(steps);
        !geometry.volume.holds(hole.at(place))
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_within, faces_of, gathered, pipe_at};
    use super::*;
    use cadforge_geometry::{Shape, shapes};

    fn ask(at: &[[f64; 2]], diameter: f64) -> Holes {
        Holes(Round {
            axis: 2,
            at: at.to_vec(),
            count: None,
            diameter: Some(diameter),
            length: 0.0,
            through: true,
            coverage: 0.85,
            between: [0.0, 1.0],
        })
    }

    fn pair(inner: f64, apart: f64) -> Shape {
        gathered(&[pipe_at(0.0, inner, 10.0, 6.0), pipe_at(apart, inner, 10.0, 6.0)])
    }

    fn score(shape: &Shape) -> f64 {
        check_within(&ask(&[[0.0, 0.0], [40.0, 0.0]], 8.0), shape, &pair(4.0, 40.0)).score
    }

    #[test]
    fn two_holes_in_place_pass_and_one_moved_resized_or_missing_does_not() {
        assert_eq!(score(&pair(4.0, 40.0)), 1.0);
        assert!(
            (0.2..0.95).contains(&score(&pair(4.0, 41.0))),
            "moved: {}",
            score(&pair(4.0, 41.0))
        );
        assert!(score(&pair(4.4, 40.0)) < 0.6, "resized");
        assert!(score(&pipe_at(0.0, 4.0, 10.0, 6.0)) <= 0.5, "missing");
    }

    #[test]
    fn one_hole_too_many_costs_half() {
        let three = gathered(&[pair(4.0, 40.0), pipe_at(80.0, 4.0, 10.0, 6.0)]);
        assert_eq!(score(&three), 0.5);
    }

    #[test]
    fn a_blind_hole_is_not_a_through_hole() {
        let stopped = gathered(&[
            pair(4.0, 40.0),
            shapes::blocks(&[
                ([-4.0, -4.0, 0.0], [8.0, 8.0, 1.0]),
                ([36.0, -4.0, 0.0], [8.0, 8.0, 1.0]),
            ]),
        ]);
        assert_eq!(score(&stopped), 0.0);
    }

    #[test]
    fn a_short_hole_loses_in_proportion() {
        let score = |depth: f64| {
            let Holes(round) = ask(&[[0.0, 0.0]], 8.0);
            let ask = Holes(Round {
                length: 0.5,
                through: false,
                ..round
            });
            let frame = pipe_at(0.0, 4.0, 10.0, 40.0);
            check_within(&ask, &pipe_at(0.0, 4.0, 10.0, depth), &frame)
        };
        // At least 20 mm, with half a millimetre of tolerance.
        let [whole, near, shorter, stub] = [20.0, 18.0, 17.0, 4.0].map(|depth| score(depth).score);
        assert_eq!(whole, 1.0);
        assert!(0.5 > near && near > shorter && shorter > 0.05, "{near} {shorter}");
        assert_eq!(stub, 0.0);
        assert_eq!(score(18.0).measured, "one is 18 mm long, and not 20");
    }

    #[test]
    fn a_peg_does_not_pass_as_a_hole() {
        let peg = gathered(&[pipe_at(0.0, 1.0, 4.0, 6.0), pipe_at(40.0, 1.0, 4.0, 6.0)]);
        assert_eq!(score(&peg), 0.0);
    }

    #[test]
    fn results_state_the_measured_and_the_required_value() {
        let measure = check_within(
            &ask(&[[0.0, 0.0], [40.0, 0.0]], 8.0),
            &pipe_at(0.0, 4.0, 10.0, 6.0),
            &pair(4.0, 40.0),
        );
        assert_eq!(measure.measured, "1 of 2 found");
        assert_eq!(
            measure.asked,
            "2 through holes of 8 mm along z, at (x, y) = (0, 0), (40, 0)"
        );
    }

    #[test]
    fn a_bore_highlights_its_face() {
        let pipe = pipe_at(0.0, 4.0, 10.0, 20.0);
        assert_eq!(faces_of(&ask(&[[0.0, 0.0]], 8.0), &pipe), [0]);
    }
}
