//! Checks of grounded-v2; each kind is a file that defines its [`CheckKind`] and its [`Requirement`](kind::Requirement).
//!
//! A check scores 1 within its tolerance τ and 0.5·exp(-(e-τ)/(4τ)) beyond, e being the error; counts are exact.
//! Measurements use the volume, which a script can change only by its geometry, and the faces read by a process without
//! candidate code.

mod arcs;
mod axis;
mod clearance;
mod cylinder;
mod envelope;
mod face;
mod fields;
mod grade;
mod holes;
mod islands;
mod kind;
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
mod tip;
mod volume;

use std::path::Path;

use toml::Table;

pub(crate) use kind::CheckResult;
pub use kind::{Check, CheckKind};

use cadforge_core::TaskProblem;
use fields::CheckFields;

/// All kinds of check, in the order of the documentation.
const KINDS: [&CheckKind; 14] = [
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
    &tip::KIND,
];

/// The checks in order; invalid ones are reported and left out.
pub fn read_checks(tables: Vec<Table>, file: &Path, problems: &mut Vec<TaskProblem>) -> Vec<Check> {
    let mut checks: Vec<Check> = Vec::new();
    for (index, table) in tables.into_iter().enumerate() {
        let fields = CheckFields::new(table, format!("checks.{}.", index + 1), file, problems);
        if let Some(check) = read_check(fields) {
            if checks.iter().any(|other| other.name == check.name) {
                let field = format!("checks.{}.name", index + 1);
                problems.push(TaskProblem::of_field(
                    file,
                    &field,
                    format!("is used by an earlier check: `{}`", check.name),
                ));
            }
            checks.push(check);
        }
    }
    checks
}

fn read_check(mut fields: CheckFields<'_>) -> Option<Check> {
    let name = fields.name();
    let kind = fields.choice("kind", &KINDS.map(|kind| (kind.name, kind)));
    let hidden = fields.flag("hidden");
    let tolerance = fields.limited("tolerance", f64::MAX);
    let ask = kind.and_then(|kind| (kind.parse)(&mut fields));
    let literals = fields.finish();
    Some(Check {
        name: name?,
        hidden,
        tolerance,
        ask: ask?,
        literals,
    })
}

#[cfg(test)]
mod tests {
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
