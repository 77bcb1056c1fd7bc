//! Measures what a task's checks ask for, each kind in a file of its own.
//!
//! A check scores 1 within its tolerance τ and 0.5·exp(-(e-τ)/(4τ)) beyond, e being how far off it is; counts are exact.
//! Measures come from the volume, which nothing in a script but its geometry can change, and from the faces that a
//! process without candidate code read.

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

/// What came of one check.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct CheckResult {
    /// 0 to 1.
    pub(super) score: f64,
    /// What was found, in words that follow the check's name.
    pub(super) measured: String,
    /// What was asked for.
    pub(super) asked: String,
    /// Where, mm in the task's frame, if it is at a place.
    pub(super) place: Option<[f64; 3]>,
}

/// Measures one check. `reference` is the reference part, for checks that need to know how clearly it can be seen, and how far.
pub(super) fn measure(
    check: &Check,
    specimen: &CandidateGeometry,
    frame: &Frame,
    reference: Option<&CandidateGeometry>,
) -> CheckResult {
    let tolerance = check.tolerance;
    match &check.ask {
        Requirement::Holes(round) => holes::measure(round, tolerance, specimen, frame),
        Requirement::Cylinder(round) => cylinder::measure(round, tolerance, specimen, frame),
        Requirement::Symmetry { axis, at, count } => {
            symmetry::measure(*axis, *at, *count, tolerance, specimen, reference)
        }
        Requirement::Mirror { axis, at } => mirror::measure(*axis, *at, tolerance, specimen),
        Requirement::Solids { count } => solids::measure(*count, specimen),
        Requirement::Thickness(probe) => thickness::measure(probe, tolerance, specimen, frame, reference),
        Requirement::Clearance(probe) => clearance::measure(probe, tolerance, specimen, frame, reference),
        Requirement::Envelope => envelope::measure(tolerance, specimen, frame),
        Requirement::Volume { least, most } => volume::measure(*least, *most, tolerance, specimen, frame),
        Requirement::Face { axis, up, at, share } => {
            face::measure(*axis, *up, *at, *share, tolerance, specimen, frame)
        }
        Requirement::Region {
            min,
            max,
            filled,
            share,
        } => region::measure(*min, *max, *filled, *share, tolerance, specimen),
        Requirement::Islands { .. } => islands::measure(&check.ask, specimen, frame, reference),
        Requirement::Arcs {
            axis,
            at,
            count,
            radius,
            between,
        } => arcs::measure(*axis, *at, *count, *radius, *between, specimen, frame),
    }
}

/// How many features there are beyond the number that a check asks for exactly: a sieve has a hole in every place.
pub(super) fn spare(check: &Check, specimen: &CandidateGeometry, frame: &Frame) -> usize {
    match &check.ask {
        Requirement::Holes(round) => holes::spare(round, check.tolerance, specimen, frame),
        _ => 0,
    }
}

/// 1 within the tolerance, then falling from one half.
fn graded(error: f64, tolerance: f64) -> f64 {
    if error <= tolerance {
        1.0
    } else {
        0.5 * (-(error - tolerance) / (4.0 * tolerance.max(1e-9))).exp()
    }
}

/// How far a length may be off, mm: 2 % and a tenth of a millimetre.
fn of_length(asked: f64) -> f64 {
    0.02 * asked.abs() + 0.1
}

/// What a wrong count earns: less than half, more for coming near, so that there is a slope to climb.
fn counted(found: usize, asked: usize) -> f64 {
    if found == asked {
        1.0
    } else {
        0.4 * found.min(asked) as f64 / found.max(asked).max(1) as f64
    }
}

/// The point at a place along an axis, given the two coordinates across it.
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

/// A length for a note: two digits behind the point, or none for whole numbers.
fn mm(length: f64) -> String {
    let rounded = (100.0 * length).round() / 100.0 + 0.0;
    format!("{rounded}")
}

fn percent(share: f64) -> String {
    format!("{:.0} %", 100.0 * share)
}
