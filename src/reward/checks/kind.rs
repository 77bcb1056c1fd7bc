//! What a check is, and what a kind of check supplies.

use std::fmt;
use std::sync::Arc;

use super::fields::CheckFields;
use crate::candidate_geometry::{CandidateGeometry, Frame};

/// One measurement with a required value.
#[derive(Clone, Debug)]
pub struct Check {
    /// Short description for notes: `four bolt holes`.
    pub name: String,
    /// Whether it is scored but never named to a model.
    pub hidden: bool,
    /// Allowed error in the unit of the check: mm, or a share for shares; `None` for the check's default.
    pub(crate) tolerance: Option<f64>,
    /// The required feature.
    pub(crate) ask: Arc<dyn Requirement>,
    /// The numbers in the check's definition.
    pub(super) literals: Vec<f64>,
}

/// A kind of check.
#[derive(Debug)]
pub struct CheckKind {
    /// Name in `task.toml`.
    pub name: &'static str,
    /// Whether the task must give `bbox_mm`.
    pub needs_bbox: bool,
    /// What it measures, for the table in `docs/tasks.md`.
    pub measures: &'static str,
    /// Its fields, for the same table.
    pub fields: &'static str,
    /// Reads the fields of a check of this kind; `None` if one was reported as invalid.
    pub(super) parse: fn(&mut CheckFields<'_>) -> Option<Arc<dyn Requirement>>,
}

/// The required feature of a check. Lengths are in mm in the task's frame; axes are 0, 1, 2 for x, y, z; a position
/// across an axis has the two other coordinates in the order x, y, z; shares are relative to the task's box.
///
/// The `Debug` text is part of a task's version: new names of types or fields give all tasks other versions.
pub(crate) trait Requirement: fmt::Debug + Send + Sync {
    fn kind(&self) -> &'static CheckKind;

    fn measure(&self, input: &CheckInput<'_>) -> CheckResult;

    /// The measured faces, for display, in any order; empty if the check is about no face, or none was found.
    fn faces(&self, input: &CheckInput<'_>) -> Vec<u32>;

    /// Number of features beyond a count that is required exactly: a sieve has a hole in every position.
    fn spare(&self, _input: &CheckInput<'_>) -> usize {
        0
    }

    /// The required number of solids, if it is about that.
    fn solids(&self) -> Option<u32> {
        None
    }
}

/// What a check measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CheckInput<'a> {
    pub(crate) geometry: &'a CandidateGeometry,
    pub(crate) frame: &'a Frame,
    /// The reference part, for checks whose tolerance depends on it.
    pub(crate) reference: Option<&'a CandidateGeometry>,
    /// See [`Check::tolerance`].
    pub(crate) tolerance: Option<f64>,
}

/// Result of one check.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CheckResult {
    /// 0 to 1.
    pub(crate) score: f64,
    /// The measured value, as text that follows the check's name.
    pub(crate) measured: String,
    /// The required value, as text.
    pub(crate) asked: String,
    /// Position in the task's frame, in mm, if the check has one.
    pub(crate) place: Option<[f64; 3]>,
}

impl Check {
    /// Its kind.
    pub fn kind(&self) -> &'static CheckKind {
        self.ask.kind()
    }

    /// The required number of solids, if it is about that.
    pub fn solids(&self) -> Option<u32> {
        self.ask.solids()
    }

    /// The numbers in its definition that the model must be shown.
    pub fn literals(&self) -> &[f64] {
        &self.literals
    }

    pub(crate) fn measure(
        &self,
        geometry: &CandidateGeometry,
        frame: &Frame,
        reference: Option<&CandidateGeometry>,
    ) -> CheckResult {
        self.ask.measure(&self.input(geometry, frame, reference))
    }

    /// Unique indices of the measured faces in the shape's order.
    pub(crate) fn faces(&self, geometry: &CandidateGeometry, frame: &Frame) -> Vec<u32> {
        let mut found = self.ask.faces(&self.input(geometry, frame, None));
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(crate) fn spare(&self, geometry: &CandidateGeometry, frame: &Frame) -> usize {
        self.ask.spare(&self.input(geometry, frame, None))
    }

    fn input<'a>(
        &self,
        geometry: &'a CandidateGeometry,
        frame: &'a Frame,
        reference: Option<&'a CandidateGeometry>,
    ) -> CheckInput<'a> {
        CheckInput {
            geometry,
            frame,
            reference,
            tolerance: self.tolerance,
        }
    }
}
