//! Round bosses, bars, pins and barrels along an axis. There may be more than asked for.

use super::{Measure, round};
use crate::reward::specimen::{Frame, Specimen};
use crate::task::checks::Round;

pub(super) fn measure(asked: &Round, tolerance: Option<f64>, specimen: &Specimen, frame: &Frame) -> Measure {
    let found = round::candidates(asked, specimen, frame, false);
    round::matched(asked, tolerance, &found, frame, "cylinder", false)
}

#[cfg(test)]
mod tests {
    use super::super::testing::{check_within, pipe_at};
    use super::*;
    use crate::task::checks::Ask;

    fn score(outer: f64, height: f64) -> f64 {
        let ask = Ask::Cylinder(Round {
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
            ask,
            &pipe_at(0.0, 4.0, outer, height),
            &pipe_at(0.0, 4.0, 10.0, 30.0),
        )
        .score
    }

    #[test]
    fn a_boss_of_the_right_size_passes_and_a_thin_or_short_one_does_not() {
        assert_eq!(score(10.0, 30.0), 1.0);
        assert!(score(9.5, 30.0) < 0.6);
        assert_eq!(score(10.0, 20.0), 0.0);
    }
}
