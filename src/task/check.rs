//! Verifies a task by the results of building its files.
//!
//! `folder` checks the files themselves. Whether the task is good shows when its code is built and scored; the
//! caller does that and passes the measurements to [`judge`]. A task is good if
//!
//! 1. its weak seed builds: a loop that starts from a failure has no first part to show;
//! 2. every other seed builds too, except `build_error`, whose failure is to be repaired;
//! 3. its reference builds, to a valid solid and a watertight mesh, with extents of `bbox_mm` within 1 %, and for sizes
//!    in mm not larger than `bbox_mm`;
//! 4. the reference's total is above every seed's;
//! 5. the last step of every recorded repair builds, with a total above the weak seed's;
//! 6. the reference's total is above every recorded step's, and no component of such a step is above the reference's by
//!    more than 0.01, the uncertainty of sampling;
//! 7. if the reference's dimensions were perturbed, it has at least six, and each changes the part;
//! 8. if the task has checks, its reference has at least 0.95 under grounded-v2, and every seed less;
//! 9. further references satisfy 3 and 8 too.
//!
//! A step before the last may fail to build: recordings show failures and their repair.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{RecordedRepair, Scale, Task, TaskProblem, recording};

/// The seed that must not build.
const FAILING_SEED: &str = "build_error";
/// Minimum number of named dimensions of a parametric part.
const MIN_DIMENSIONS: usize = 6;

/// Minimum total of a reference under grounded-v2.
const MIN_GROUNDED: f64 = 0.95;
/// Allowed deviation of the reference's extents from `bbox_mm`, as a share of each.
const BOX_TOLERANCE: f64 = 0.01;
/// Allowed excess of the reference over an envelope in mm, as a share: rounding only.
const ENVELOPE_TOLERANCE: f64 = 1e-4;
/// Uncertainty of a component due to the seed of its samples.
const COMPONENT_TOLERANCE: f64 = 0.01;

/// Measurements of a task's files.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The weak seed.
    pub weak: Outcome,
    /// Other seeds by mode.
    pub seeds: BTreeMap<String, Outcome>,
    /// The reference, if there is one, scored against itself.
    pub reference: Option<Outcome>,
    /// Further references by name.
    pub further_references: BTreeMap<String, Outcome>,
    /// Each step of each recorded repair, in the order of [`Task::repairs`].
    pub repairs: Vec<Vec<Outcome>>,
    /// The reference's named dimensions, if they were perturbed.
    pub dimensions: Option<Vec<DimensionPerturbation>>,
}

/// A named dimension of the reference, perturbed and rebuilt.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionPerturbation {
    /// Its name.
    pub name: String,
    /// `None` if a change of it changes the part; else a description of the values tried.
    pub dead: Option<String>,
}

/// Result of building one file.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It does not build, for this reason in one line.
    Failed(String),
    /// It builds.
    Built(Measurement),
}

/// Measurements of a file that builds.
#[derive(Clone, Debug, PartialEq)]
pub struct Measurement {
    /// Total under cadforge-v1, full mode, against the task's own references.
    pub total: f64,
    /// The reward's components by name, in a fixed order.
    pub components: Vec<(&'static str, f64)>,
    /// Extents in mm.
    pub size: [f64; 3],
    /// Whether every edge of the mesh is in exactly two triangles.
    pub watertight: bool,
    /// Whether the kernel's check finds the shape valid.
    pub valid: bool,
    /// Total under grounded-v2 without perturbations, for a task with checks.
    pub grounded: Option<f64>,
}

/// Problems of a task according to its measurements; empty if it is good.
///
/// Panics if `measured.repairs` does not match the task's repairs.
pub fn judge(task: &Task, measured: &Measured) -> Vec<TaskProblem> {
    assert_eq!(
        task.repairs.len(),
        measured.repairs.len(),
        "measured repairs must be the task's"
    );
    let weak_file = task.dir.join("seeds/weak.py");
    let reference_file = task.dir.join("reference.py");
    let mut problems = Vec::new();
    let weak = built(&measured.weak, |reason| {
        problems.push(TaskProblem::of_file(
            &weak_file,
            format!("does not build: {reason}"),
        ));
    });
    let reference = measured.reference.as_ref().and_then(|outcome| {
        built(outcome, |reason| {
            problems.push(TaskProblem::of_file(
                &reference_file,
                format!("does not build: {reason}"),
            ));
        })
    });
    if let Some(reference) = reference {
        problems.extend(judge_reference(task, reference, &reference_file));
        problems.extend(weak.and_then(|weak| not_worse("weak", weak, reference, task)));
    }
    for (name, outcome) in &measured.further_references {
        let file = task.dir.join(format!("references/{name}.py"));
        match outcome {
            Outcome::Failed(reason) => {
                problems.push(TaskProblem::of_file(&file, format!("does not build: {reason}")));
            }
            Outcome::Built(further) => problems.extend(judge_reference(task, further, &file)),
        }
    }
    for (mode, outcome) in &measured.seeds {
        problems.extend(judge_seed(task, mode, outcome, reference));
    }
    problems.extend(
        dimension_problems(measured.dimensions.as_deref())
            .map(|message| TaskProblem::of_file(&reference_file, message)),
    );
    for (repair, outcomes) in task.repairs.iter().zip(&measured.repairs) {
        if repair.start.is_some() {
            // Recorded steps are valid whatever they start from, but the recording must repair something.
            if !outcomes
                .iter()
                .any(|outcome| matches!(outcome, Outcome::Built(_)))
            {
                let file = list_of(task, repair).with_file_name(recording::FILE);
                problems.push(TaskProblem::of_file(&file, "holds no proposal that builds"));
            }
            continue;
        }
        let of_step = |index: usize, message: String| {
            TaskProblem::of_field(&list_of(task, repair), &format!("step.{}", index + 1), message)
        };
        let last = outcomes.len().saturating_sub(1);
        for (index, outcome) in outcomes.iter().enumerate() {
            match outcome {
                Outcome::Failed(reason) if index == last => {
                    problems.push(of_step(
                        index,
                        format!("ends the recording but does not build: {reason}"),
                    ));
                }
                Outcome::Failed(_) => {}
                Outcome::Built(step) => {
                    if let Some(weak) = weak
                        && index == last
                        && step.total <= weak.total
                    {
                        let message = format!(
                            "ends the recording with a total of {:.4}, not above the weak seed's {:.4}",
                            step.total, weak.total
                        );
                        problems.push(of_step(index, message));
                    }
                    if let Some(reference) = reference {
                        problems.extend(excesses(reference, step).map(|message| of_step(index, message)));
                    }
                }
            }
        }
    }
    problems
}

fn seed_file(task: &Task, mode: &str) -> PathBuf {
    task.dir.join("seeds").join(format!("{mode}.py"))
}

/// Problems of a seed other than the weak one.
fn judge_seed(
    task: &Task,
    mode: &str,
    outcome: &Outcome,
    reference: Option<&Measurement>,
) -> Option<TaskProblem> {
    let message = match outcome {
        Outcome::Failed(_) if mode == FAILING_SEED => return None,
        Outcome::Failed(reason) => format!("does not build: {reason}"),
        Outcome::Built(_) if mode == FAILING_SEED => "builds, which this seed must not".to_owned(),
        Outcome::Built(seed) => return not_worse(mode, seed, reference?, task),
    };
    Some(TaskProblem::of_file(&seed_file(task, mode), message))
}

/// A seed that leaves nothing to repair.
fn not_worse(mode: &str, seed: &Measurement, reference: &Measurement, task: &Task) -> Option<TaskProblem> {
    let grounded = seed.grounded.zip(reference.grounded);
    let pairs = [
        Some((seed.total, reference.total, "")),
        grounded.map(|(seed, reference)| (seed, reference, " under grounded-v2")),
    ];
    pairs
        .into_iter()
        .flatten()
        .find(|(seed, reference, _)| seed >= reference)
        .map(|(seed, reference, profile)| {
            let message =
                format!("has a total of {seed:.4}{profile}, not below the reference's {reference:.4}");
            TaskProblem::of_file(&seed_file(task, mode), message)
        })
}

fn dimension_problems(perturbations: Option<&[DimensionPerturbation]>) -> impl Iterator<Item = String> {
    let few = perturbations
        .filter(|perturbations| perturbations.len() < MIN_DIMENSIONS)
        .map(|perturbations| {
            format!(
                "has {} named dimensions, {MIN_DIMENSIONS} make a parametric part\n\
             hint: a dimension is a line `name = 12.5` that begins in the first column",
                perturbations.len()
            )
        });
    let dead = perturbations.unwrap_or_default().iter().filter_map(|trial| {
        let tried = trial.dead.as_ref()?;
        Some(format!(
            "has a dimension `{}` that changes nothing: {tried}",
            trial.name
        ))
    });
    few.into_iter().chain(dead)
}

fn list_of(task: &Task, repair: &RecordedRepair) -> PathBuf {
    task.dir.join("repairs").join(&repair.name).join("repair.toml")
}

fn built(outcome: &Outcome, failed: impl FnOnce(&str)) -> Option<&Measurement> {
    match outcome {
        Outcome::Built(measurement) => Some(measurement),
        Outcome::Failed(reason) => {
            failed(reason);
            None
        }
    }
}

/// Problems of a reference itself.
fn judge_reference(task: &Task, reference: &Measurement, file: &Path) -> impl Iterator<Item = TaskProblem> {
    let invalid = (!reference.valid)
        .then(|| "builds to a shape that the geometry kernel's check finds invalid".to_owned());
    let open = (!reference.watertight).then(|| "builds to a mesh that is not watertight".to_owned());
    let boxed = task.bbox_mm.and_then(|bbox| {
        let fits = |(size, target): (&f64, &f64)| (size - target).abs() <= BOX_TOLERANCE * target;
        let inside = |(size, target): (&f64, &f64)| *size <= target * (1.0 + ENVELOPE_TOLERANCE);
        let pairs = || reference.size.iter().zip(&bbox);
        let [x, y, z] = reference.size;
        let [tx, ty, tz] = bbox;
        if !pairs().all(fits) {
            Some(format!(
                "is {x:.2} × {y:.2} × {z:.2} mm, but `bbox_mm` requires {tx} × {ty} × {tz} within 1 %"
            ))
        } else if task.scale == Scale::Mm && !pairs().all(inside) {
            Some(format!(
                "is {x:.2} × {y:.2} × {z:.2} mm and exceeds its envelope, `bbox_mm` {tx} × {ty} × {tz}"
            ))
        } else {
            None
        }
    });
    let low = reference
        .grounded
        .filter(|total| *total < MIN_GROUNDED)
        .map(|total| {
            let message =
                format!("has {total:.4} under grounded-v2, {MIN_GROUNDED} is what a reference needs");
            let hint =
                "`cadforge eval --profile grounded-v2` names the failed check: fix the check or the part";
            TaskProblem::of_file(file, message).hint(hint)
        });
    let messages = invalid.into_iter().chain(open).chain(boxed);
    messages
        .map(|message| TaskProblem::of_file(file, message))
        .chain(low)
}

/// Values in which a recorded step exceeds the reference it is scored against.
fn excesses(reference: &Measurement, step: &Measurement) -> impl Iterator<Item = String> {
    let total = (step.total >= reference.total).then(|| {
        format!(
            "has a total of {:.4}, not below the reference's {:.4}",
            step.total, reference.total
        )
    });
    let components = reference
        .components
        .iter()
        .zip(&step.components)
        .filter_map(|(reference, step)| {
            debug_assert_eq!(reference.0, step.0, "components must come in one order");
            (step.1 > reference.1 + COMPONENT_TOLERANCE).then(|| {
                format!(
                    "has {} {:.4}, above the reference's {:.4}",
                    step.0, step.1, reference.1
                )
            })
        });
    total.into_iter().chain(components)
}
