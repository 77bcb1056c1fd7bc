//! Share of a wall, or gap, that has the required length: the length along a single line can be right by chance.
//!
//! An optimiser with two thousand scripts carved two blocks that had the thickness and width of a riser's legs along
//! just the measured lines, and earned 0.48 of the semantic score. So neighbouring lines are measured too, as far as
//! the reference has the same length there.

use super::point;
use crate::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::{Probe, across};
use cadforge_geometry::Volume;

/// Lines on either side, along both axes across.
const LINES: i32 = 3;
/// Distance between lines, as a share of the box's side.
const STEP: f64 = 0.03;
/// Share of the wall that counts as all of it: edges may be rounded, and ribs may stand elsewhere.
const ENOUGH: f64 = 0.8;

/// The score of the required line, limited by the share of lines around it with the right length; and that share, 0 to
/// 1. `of_line` scores the line through a point; without a reference only the required line is measured.
pub(super) fn score(
    probe: &Probe,
    geometry: &CandidateGeometry,
    frame: &Frame,
    reference: Option<&CandidateGeometry>,
    of_line: impl Fn(&Volume, [f64; 3]) -> f64,
) -> (f64, f64) {
    let place = |at: [f64; 2]| point(probe.axis, at, probe.near);
    let own = of_line(&geometry.volume, place(probe.at));
    let Some(reference) = reference else {
        return (own, own);
    };
    let size = frame.bbox.size();
    let steps = across(probe.axis).map(|axis| STEP * size[axis]);
    let (mut sum, mut count) = (own, 1.0);
    for first in -LINES..=LINES {
        for second in -LINES..=LINES {
            let at = [
                probe.at[0] + f64::from(first) * steps[0],
                probe.at[1] + f64::from(second) * steps[1],
            ];
            if (first, second) != (0, 0) && of_line(&reference.volume, place(at)) >= 1.0 {
                sum += of_line(&geometry.volume, place(at));
                count += 1.0;
            }
        }
    }
    let share = sum / count;
    (own.min(share / ENOUGH), share)
}

/// For a note on a wall that is right on the measured line only.
pub(super) fn partly(score: f64, share: f64) -> String {
    if score >= share / ENOUGH - 1e-12 && score < 1.0 {
        format!(", on {:.0} % of its surface", 100.0 * share)
    } else {
        String::new()
    }
}
