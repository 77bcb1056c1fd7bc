//! Fit: whether the part stays within the task's box.
//!
//! The envelope check has little weight, since every box passes it, and excess changes the volume little: a bar that
//! made a good part half as long again cost 0.04 to 0.09 of the total in 39 of 48 cases (24 tasks, along x and z).
//! Excess therefore multiplies the total, as an open mesh does. A task with free scale has no such box: there a weak
//! seed of other proportions would score below blobs of the right ones.

use super::baselines::AllowedBox;
use super::details::FitDetails;
use crate::candidate_geometry::CandidateGeometry;

/// Minimum factor, equal to that of a part in pieces.
const LEAST: f64 = 0.3;
/// A bar half as long again must cost more than a check or two, and an excess of an eighth must leave a slope for
/// improvement: an excess of a tenth keeps 0.84, of a fifth 0.71, of a half 0.47.
const STEEPNESS: f64 = 0.35;
/// Minimum side, as a share of the diagonal: an excess of a millimetre on a thin plate counts as a millimetre.
const SHORTEST: f64 = 0.2;

/// Uses the extents along x, y and z in mm, in the scored pose; the position affects the similarity only.
pub(super) fn score(geometry: &CandidateGeometry, envelope: &AllowedBox) -> FitDetails {
    let AllowedBox { size, free } = envelope;
    let own = geometry.mesh.bbox().size();
    let diagonal = size.iter().map(|side| side * side).sum::<f64>().sqrt();
    let share = |axis: usize, side: f64| (own[axis] - size[axis]).max(0.0) / side;
    let beyond = [0, 1, 2].map(|axis| {
        let side = size[axis].max(SHORTEST * diagonal);
        (share(axis, side) - free).max(0.0)
    });
    // Every axis contributes, so that reducing any excess helps.
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
        let envelope = AllowedBox {
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
    fn the_factor_decreases_with_the_excess() {
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
    fn every_axis_counts_and_thin_sides_have_a_minimum() {
        assert!(factor([150.0, 75.0, 20.0]) < factor([150.0, 50.0, 20.0]) - 0.02);
        // 3 mm are 15 % of the side, and 13 % of a fifth of the diagonal.
        let expected = LEAST + (1.0 - LEAST) * (-(3.0 / (0.2 * 12_900f64.sqrt()) - 0.01) / STEEPNESS).exp();
        assert!((factor([100.0, 50.0, 23.0]) - expected).abs() < 1e-12);
    }
}
