//! Whether the part stays within the box that the prompt gives.
//!
//! The check of the envelope is nearly worthless, since every box has it, and what sticks out weighs little in a
//! volume: a bar that made a good part half as long again cost 0.04 to 0.09 of the total on 39 of 48 tries (24 tasks,
//! along x and z). So what sticks out takes its share of everything, as an open mesh does. A task whose scale is free has no
//! such box: there a weak seed of other proportions would fall below blobs of the right ones.

use super::baselines::Envelope;
use super::details::FitDetails;
use crate::candidate_geometry::CandidateGeometry;

/// What is left of the total however far the part sticks out, as of a part in pieces.
const LEAST: f64 = 0.3;
/// A bar half as long again must cost more than a check or two, and a dimension an eighth off must leave a slope to climb: a
/// tenth too long keeps 0.84, a fifth 0.71, a half 0.47.
const STEEPNESS: f64 = 0.35;
/// A side shorter than this share of the diagonal counts as one of that length: a millimetre of a thin plate is a millimetre.
const SHORTEST: f64 = 0.2;

/// Goes by the extents along x, y and z in mm, in the pose that is scored; where the part stands is a matter of its likeness.
pub(super) fn score(specimen: &CandidateGeometry, envelope: &Envelope) -> FitDetails {
    let Envelope { size, free } = envelope;
    let own = specimen.mesh.bbox().size();
    let diagonal = size.iter().map(|side| side * side).sum::<f64>().sqrt();
    let share = |axis: usize, side: f64| (own[axis] - size[axis]).max(0.0) / side;
    let beyond = [0, 1, 2].map(|axis| {
        let side = size[axis].max(SHORTEST * diagonal);
        (share(axis, side) - free).max(0.0)
    });
    // Along every axis there is something to gain.
    let all = beyond.iter().map(|one| one * one).sum::<f64>().sqrt();
    let axis = (0..3)
        .max_by(|&a, &b| beyond[a].total_cmp(&beyond[b]))
        .expect("three axes");
    FitDetails {
        over: share(axis, size[axis]),
        axis: ['x', 'y', 'z'][axis],
        factor: LEAST + (1.0 - LEAST) * (-all / STEEPNESS).exp(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::candidate_geometry::Frame;
    use cadforge_geometry::{Placement, shapes};

    fn factor(size: [f64; 3]) -> f64 {
        let shape = shapes::blocks(&[([0.0; 3], size)]);
        let frame = Frame::new(shape.mesh.bbox(), None);
        let envelope = Envelope {
            size: [100.0, 50.0, 20.0],
            free: 0.01,
        };
        score(
            &CandidateGeometry::of_shape(&shape, &Placement::NONE, &frame),
            &envelope,
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
        assert!(factor([20.0, 20.0, 35.0]) < 0.5);
    }

    #[test]
    fn every_axis_counts_and_a_thin_side_is_measured_by_the_whole() {
        assert!(factor([150.0, 75.0, 20.0]) < factor([150.0, 50.0, 20.0]) - 0.02);
        // 3 mm are 15 % of the side, and 13 % of a fifth of the diagonal.
        let expected = LEAST + (1.0 - LEAST) * (-(3.0 / (0.2 * 12_900f64.sqrt()) - 0.01) / STEEPNESS).exp();
        assert!((factor([100.0, 50.0, 23.0]) - expected).abs() < 1e-12);
    }
}
