//! Whether the part stays within the box that the prompt gives.
//!
//! The check of the envelope is nearly worthless, since every box has it, and what sticks out weighs little in a
//! volume: a bar that made a good part half as long again cost 0.06 to 0.08 of the total on 40 of 48 tries (24 tasks,
//! along x and z). So what sticks out takes its share of everything, as an open mesh does.

use super::details::FitDetails;
use crate::reward::specimen::Specimen;

/// Rounding, and the chords of a mesh.
const FREE: f64 = 0.01;
/// What is left of the total however far the part sticks out.
const LEAST: f64 = 0.3;
/// Overhang at which the loss has come to 1 - 1/e of what it can be: a tenth too long keeps 0.84, a fifth 0.71, a half 0.47.
const STEEPNESS: f64 = 0.35;

/// Both extents along x, y and z in mm, in the pose that is scored.
pub(super) fn score(specimen: &Specimen, envelope: [f64; 3]) -> FitDetails {
    let size = specimen.mesh.bbox().size();
    let over = [0, 1, 2].map(|axis| size[axis] / envelope[axis] - 1.0);
    let axis = (0..3)
        .max_by(|&a, &b| over[a].total_cmp(&over[b]))
        .expect("three axes");
    let beyond = (over[axis] - FREE).max(0.0);
    FitDetails {
        over: over[axis].max(0.0),
        axis,
        factor: LEAST + (1.0 - LEAST) * (-beyond / STEEPNESS).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::{Placement, shapes};
    use crate::reward::specimen::Frame;

    fn factor(size: [f64; 3]) -> f64 {
        let shape = shapes::blocks(&[([0.0; 3], size)]);
        let frame = Frame::new(shape.mesh.bbox(), None);
        score(
            &Specimen::of_shape(&shape, &Placement::NONE, &frame),
            [100.0, 50.0, 20.0],
        )
        .factor
    }

    #[test]
    fn what_is_in_the_box_keeps_all_and_what_sticks_out_the_less_the_farther_it_does() {
        assert_eq!(factor([100.0, 50.0, 20.0]), 1.0);
        assert_eq!(factor([100.9, 30.0, 1.0]), 1.0);
        let factors = [102.0, 110.0, 120.0, 150.0, 300.0].map(|x| factor([x, 50.0, 20.0]));
        assert!(factors.windows(2).all(|pair| pair[0] > pair[1]), "{factors:?}");
        assert!(
            (0.96..1.0).contains(&factors[0]) && factors[4] >= LEAST,
            "{factors:?}"
        );
        // Per axis: 20 mm along x are too many along z.
        assert!(factor([20.0, 20.0, 30.0]) < 0.5);
    }
}
