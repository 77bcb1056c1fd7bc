//! Checks of grounded-v2; each kind is a file that defines its [`CheckKind`] and its [`Requirement`].
//!
//! A check scores 1 within its tolerance τ and 0.5·exp(-(e-τ)/(4τ)) beyond, e being the error; counts are exact.
//! Measurements use the volume, which a script can change only by its geometry, and the faces read by a process without
//! candidate code.

mod arcs;
mod clearance;
mod cylinder;
mod envelope;
mod face;
mod fields;
mod holes;
mod islands;
mod mirror;
mod numbers;
mod probe;
mod region;
mod round;
mod solids;
mod symmetry;
#[cfg(test)]
mod testing;
mod thickness;
mod volume;

use std::fmt;
use std::sync::Arc;

use super::candidate_geometry::{CandidateGeometry, Frame};
pub use fields::read_checks;

use fields::CheckFields;

/// All kinds of check, in the order of the documentation.
const KINDS: [&CheckKind; 13] = [
    &holes::KIND,
    &cylinder::KIND,
    &symmetry::KIND,
    &mirror::KIND,
    &solids::KIND,
    &thickness::KIND,
    &clearance::KIND,
    &envelope::KIND,
    &volume::KIND,
    &face::KIND,
    &region::KIND,
    &islands::KIND,
    &arcs::KIND,
];

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
    literals: Vec<f64>,
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
    parse: fn(&mut CheckFields<'_>) -> Option<Arc<dyn Requirement>>,
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

    /// Whether it asks for the part to stay within the task's box.
    pub(super) fn is_envelope(&self) -> bool {
        self.kind().name == envelope::KIND.name
    }

    pub(super) fn measure(
        &self,
        geometry: &CandidateGeometry,
        frame: &Frame,
        reference: Option<&CandidateGeometry>,
    ) -> CheckResult {
        self.ask.measure(&self.input(geometry, frame, reference))
    }

    /// Unique indices of the measured faces in the shape's order.
    pub(super) fn faces(&self, geometry: &CandidateGeometry, frame: &Frame) -> Vec<u32> {
        let mut found = self.ask.faces(&self.input(geometry, frame, None));
        found.sort_unstable();
        found.dedup();
        found
    }

    pub(super) fn spare(&self, geometry: &CandidateGeometry, frame: &Frame) -> usize {
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
    let [first, second] = across(axis);
    point[axis] = along;
    point[first] = at[0];
    point[second] = at[1];
    point
}

/// The two other axes, in the order x, y, z.
fn across(axis: usize) -> [usize; 2] {
    match axis {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
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

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The documentation's table is made of the kinds: `CADFORGE_UPDATE=1` writes it.
    #[test]
    fn the_documentation_lists_every_kind() {
        const HEAD: &str = "| kind | measures | fields |\n|---|---|---|\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/tasks.md");
        let text = std::fs::read_to_string(&path).unwrap();
        let (before, rest) = text.split_once(HEAD).expect("the table of kinds");
        let (found, after) = rest.split_at(rest.find("\n\n").expect("an end of the table") + 1);
        let row = |kind: &CheckKind| format!("| `{}` | {} | {} |\n", kind.name, kind.measures, kind.fields);
        let rows: String = KINDS
            .into_iter()
            .map(row)
            .collect::<String>()
            .replace("|  |", "| |");
        if std::env::var_os("CADFORGE_UPDATE").is_some() {
            std::fs::write(&path, format!("{before}{HEAD}{rows}{after}")).unwrap();
        } else {
            assert_eq!(found, rows);
        }
    }

    #[test]
    fn names_are_unique_and_read_as_kinds() {
        for (index, kind) in KINDS.iter().enumerate() {
            assert!(KINDS[..index].iter().all(|other| other.name != kind.name));
            let table = format!("name = \"n\"\nkind = \"{}\"\nunknown = 1", kind.name);
            let mut problems = Vec::new();
            read_checks(
                vec![table.parse().unwrap()],
                Path::new("task.toml"),
                &mut problems,
            );
            let field = |name: &str| {
                problems
                    .iter()
                    .any(|problem| problem.field.as_deref() == Some(name))
            };
            assert!(
                field("checks.1.unknown") && !field("checks.1.kind"),
                "{problems:?}"
            );
        }
    }

    #[test]
    fn the_debug_text_of_a_check_is_that_of_published_task_versions() {
        let table = "name = \"top\"\nkind = \"thickness\"\naxis = \"z\"\nat = [0, 5.5]\nnear = 2\nthickness = \"2 * 2\"";
        let mut problems = Vec::new();
        let checks = read_checks(
            vec![table.parse().unwrap()],
            Path::new("task.toml"),
            &mut problems,
        );
        let text = "Check { name: \"top\", hidden: false, tolerance: None, ask: Thickness(Probe { axis: 2, at: [0.0, 5.5], \
                    near: 2.0, length: 4.0 }), literals: [0.0, 5.5, 2.0, 2.0, 2.0] }";
        assert_eq!(format!("{:?}", checks[0]), text);
    }
}
