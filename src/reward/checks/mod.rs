//! Measures a task's checks; each kind has a file.
//!
//! A check scores 1 within its tolerance τ and 0.5·exp(-(e-τ)/(4τ)) beyond, e being the error; counts are exact.
//! Measurements use the volume, which a script can change only by its geometry, and the faces read by a process without
//! candidate code.

mod arcs;
mod clearance;
mod cylinder;
mod envelope;
mod face;
pub(super) mod faces;
mod holes;
mod islands;
mod mirror;
mod region;
mod round;
mod solids;
mod symmetry;
#[cfg(test)]
mod testing;
mod thickness;
mod volume;
mod wall;

use super::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::{Check, Requirement};

/// Result of one check.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CheckResult {
    /// 0 to 1.
    pub(super) score: f64,
    /// The measured value, as text that follows the check's name.
    pub(super) measured: String,
    /// The required value, as text.
    pub(super) asked: String,
    /// Position in the task's frame, in mm, if the check has one.
    pub(super) place: Option<[f64; 3]>,
}

/// Measures one check. `reference` is the reference part, for checks whose tolerance depends on it.
pub(super) fn measure(
    check: &Check,
    geometry: &CandidateGeometry,
    frame: &Frame,
    reference: Option<&CandidateGeometry>,
) -> CheckResult {
    let tolerance = check.tolerance;
    match &check.ask {
        Requirement::Holes(round) => holes::measure(round, tolerance, geometry, frame),
        Requirement::Cylinder(round) => cylinder::measure(round, tolerance, geometry, frame),
        Requirement::Symmetry { axis, at, count } => {
            symmetry::measure(*axis, *at, *count, tolerance, geometry, reference)
        }
        Requirement::Mirror { axis, at } => mirror::measure(*axis, *at, tolerance, geometry),
        Requirement::Solids { count } => solids::measure(*count, geometry),
        Requirement::Thickness(probe) => thickness::measure(probe, tolerance, geometry, frame, reference),
        Requirement::Clearance(probe) => clearance::measure(probe, tolerance, geometry, frame, reference),
        Requirement::Envelope => envelope::measure(tolerance, geometry, frame),
        Requirement::Volume { least, most } => volume::measure(*least, *most, tolerance, geometry, frame),
        Requirement::Face { axis, up, at, share } => {
            face::measure(*axis, *up, *at, *share, tolerance, geometry, frame)
        }
        Requirement::Region {
            min,
            max,
            filled,
            share,
        } => region::measure(*min, *max, *filled, *share, tolerance, geometry),
        Requirement::Islands { .. } => islands::measure(&check.ask, geometry, frame, reference),
        Requirement::Arcs {
            axis,
            at,
            count,
            radius,
            between,
        } => arcs::measure(*axis, *at, *count, *radius, *between, geometry, frame),
    }
}

/// Number of features beyond a count that a check requires exactly: a sieve has a hole in every position.
pub(super) fn spare(check: &Check, geometry: &CandidateGeometry, frame: &Frame) -> usize {
    match &check.ask {
        Requirement::Holes(round) => holes::spare(round, check.tolerance, geometry, frame),
        _ => 0,
    }
}

/// 1 within the tolerance, then decreasing from one half.
fn graded(error: f64, tolerance: f64) -> f64 {
    if error <= tolerance {
        1.0
    } else {
        0.5 * (-(error - tolerance) / (4.0 * tolerance.max(1e-9))).exp()
    }
}

/// Tolerance of a length, in mm: 2 % and a tenth of a millimetre.
fn length_tolerance(asked: f64) -> f64 {
    0.02 * asked.abs() + 0.1
}

/// Score of a wrong count: below one half, and higher for nearer counts, so that improvements count.
fn count_score(found: usize, asked: usize) -> f64 {
    if found == asked {
        1.0
    } else {
        0.4 * found.min(asked) as f64 / found.max(asked).max(1) as f64
    }
}

/// The point at a position along an axis, given its two coordinates across it.
fn point(axis: usize, at: [f64; 2], along: f64) -> [f64; 3] {
    let mut point = [0.0; 3];
    let [first, second] = cadforge_core::task::checks::across(axis);
    point[axis] = along;
    point[first] = at[0];
    point[second] = at[1];
    point
}

fn letter(axis: usize) -> char {
    ['x', 'y', 'z'][axis]
}

/// A length as text: two decimals, or none for whole numbers.
fn mm(length: f64) -> String {
    let rounded = (100.0 * length).round() / 100.0 + 0.0;
    format!("{rounded}")
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
