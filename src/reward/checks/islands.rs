//! Separate pieces of a slice, or holes in it: legs, teeth, slots, openings.

use std::sync::Arc;

use super::axis::letter;
use super::grade::{count_score, mm, percent};
use super::kind::{CheckInput, CheckKind, CheckResult, Requirement};
use crate::candidate_geometry::CandidateGeometry;

/// Number of slices tried across a range.
const SLICES: u32 = 21;
/// Share of the reference's slices with the right number that must show it too: in a random heap some slice cuts the
/// right number of pieces.
const ENOUGH: f64 = 0.5;
/// Score of the right number in any slice; a nearly right number scores less.
const SOMEWHERE: f64 = 0.4;

pub(super) static KIND: CheckKind = CheckKind {
    name: "islands",
    needs_bbox: false,
    measures: "separate pieces of a slice, or with `voids` the holes in it",
    fields: "`axis`, `at` or `between` (shares of the box: anywhere in between, but in at least half as many slices as in \
             the reference), `count`, `share`",
    parse: |fields| {
        let axis = fields.axis();
        let mm = if fields.has("at") {
            fields.number("at").map(|at| [at, at])
        } else {
            None
        };
        let shares = fields.range("between", [0.02, 0.98]);
        let voids = fields.flag("voids");
        let count = fields.count("count");
        let share = fields.limited("share", 1.0).unwrap_or(0.0005);
        Some(Arc::new(Islands {
            axis: axis?,
            between: mm.unwrap_or(shares),
            shares: mm.is_none(),
            count: count?,
            voids,
            share,
        }))
    },
};

#[derive(Debug)]
struct Islands {
    /// Normal of the slice.
    axis: usize,
    /// Range of positions; any position in it counts.
    between: [f64; 2],
    /// Whether `between` is a range of shares of the box instead of mm.
    shares: bool,
    /// Required number.
    count: u32,
    /// Whether holes are counted in place of pieces.
    voids: bool,
    /// Minimum area of a piece, as a share of the box's side.
    share: f64,
}

impl Requirement for Islands {
    fn kind(&self) -> &'static CheckKind {
        &KIND
    }

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult {
        let Self {
            axis,
            between,
            shares,
            count,
            voids,
            share,
        } = *self;
        let CheckInput {
            geometry,
            frame,
            reference,
            ..
        } = *input;
        let least = share * frame.side(axis);
        let places: Vec<f64> = if between[0] == between[1] {
            vec![between[0]]
        } else {
            (0..SLICES)
                .map(|step| between[0] + (between[1] - between[0]) * f64::from(step) / f64::from(SLICES - 1))
                .collect()
        };
        let height = |place: &f64| if shares { frame.place(axis, *place) } else { *place };
        let found_at = |geometry: &CandidateGeometry, at: f64| {
            let slice = geometry.volume.slice(axis, at);
            if voids {
                slice.voids(least).len()
            } else {
                slice.islands(least).len()
            }
        };
        let right_in = |geometry: &CandidateGeometry| {
            let heights = places.iter().map(height);
            heights
                .filter(|at| found_at(geometry, *at) == count as usize)
                .count()
        };
        let slices: Vec<(usize, f64)> = places
            .iter()
            .map(height)
            .map(|at| (found_at(geometry, at), at))
            .collect();
        let worth = |(found, _): &(usize, f64)| count_score(*found, count as usize);
        let &(found, at) = slices
            .iter()
            .reduce(|best, next| if worth(next) > worth(best) { next } else { best })
            .expect("at least one slice");
        let mut score = worth(&(found, at));
        let mut measured = format!("{found}");
        let right = slices
            .iter()
            .filter(|(found, _)| *found == count as usize)
            .count();
        // Only a range has several slices, and only the right number can occur by chance.
        if let Some(reference) = reference.filter(|_| slices.len() > 1 && right > 0 && right < slices.len()) {
            let asked = ENOUGH * right_in(reference) as f64;
            if (right as f64) < asked {
                score = SOMEWHERE + (1.0 - SOMEWHERE) * right as f64 / asked;
                measured = format!("{found}, but in {right} of {SLICES} slices only");
            }
        }
        let noun = match (voids, count) {
            (false, 1) => "piece",
            (false, _) => "pieces",
            (true, 1) => "opening",
            (true, _) => "openings",
        };
        let place = if places.len() == 1 {
            format!("at {} = {}", letter(axis), mm(at))
        } else if shares {
            format!(
                "somewhere from {} to {} of the {} extent",
                percent(between[0]),
                percent(between[1]),
                letter(axis)
            )
        } else {
            format!(
                "somewhere from {} = {} to {}",
                letter(axis),
                mm(between[0]),
                mm(between[1])
            )
        };
        let mut center = frame.bbox.center();
        center[axis] = at;
        CheckResult {
            score,
            measured,
            asked: format!("{count} {noun} in the slice across {} {place}", letter(axis)),
            place: Some(center),
        }
    }

    fn faces(&self, _input: &CheckInput<'_>) -> Vec<u32> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_beside, check_blocks};
    use super::*;
    use cadforge_geometry::shapes;

    #[test]
    fn a_table_of_four_legs_passes_and_one_of_three_does_not() {
        let top = ([0.0, 0.0, 90.0], [100.0, 100.0, 10.0]);
        let leg = |x: f64, y: f64| ([x, y, 0.0], [10.0, 10.0, 90.0]);
        let ask = |count| Islands {
            axis: 2,
            between: [0.2, 0.6],
            shares: true,
            count,
            voids: false,
            share: 0.001,
        };
        let four = [
            top,
            leg(0.0, 0.0),
            leg(90.0, 0.0),
            leg(0.0, 90.0),
            leg(90.0, 90.0),
        ];
        assert_eq!(check_blocks(&ask(4), &four).score, 1.0);
        assert!(check_blocks(&ask(4), &four[..4]).score < 0.5);
        assert_eq!(check_blocks(&ask(4), &four[..4]).measured, "3");
    }

    #[test]
    fn a_frame_has_one_opening_and_a_plate_none() {
        let side = |x: f64, y: f64, w: f64, h: f64| ([x, y, 0.0], [w, h, 5.0]);
        let ask = Islands {
            axis: 2,
            between: [2.5, 2.5],
            shares: false,
            count: 1,
            voids: true,
            share: 0.01,
        };
        let frame = [
            side(0.0, 0.0, 50.0, 10.0),
            side(0.0, 40.0, 50.0, 10.0),
            side(0.0, 10.0, 10.0, 30.0),
            side(40.0, 10.0, 10.0, 30.0),
        ];
        assert_eq!(check_blocks(&ask, &frame).score, 1.0);
        assert_eq!(check_blocks(&ask, &[side(0.0, 0.0, 50.0, 50.0)]).score, 0.0);
    }

    #[test]
    fn the_right_number_in_a_single_slice_scores_little() {
        let top = ([0.0, 0.0, 90.0], [100.0, 100.0, 10.0]);
        let ask = Islands {
            axis: 2,
            between: [0.1, 0.8],
            shares: true,
            count: 2,
            voids: false,
            share: 0.001,
        };
        let legs = |height: f64| {
            shapes::blocks(&[
                top,
                ([0.0, 0.0, 90.0 - height], [10.0, 10.0, height]),
                ([90.0, 0.0, 90.0 - height], [10.0, 10.0, height]),
            ])
        };
        let of = |height: f64| check_beside(&ask, &legs(height), &legs(90.0));
        assert_eq!(of(90.0).score, 1.0);
        assert_eq!(of(60.0).score, 1.0, "legs too short, but legs");
        let stumps = of(14.0);
        assert!((0.4..0.6).contains(&stumps.score), "{stumps:?}");
        assert_eq!(stumps.measured, "2, but in 2 of 21 slices only");
    }
}
