//! `cadforge tasks check`: checks every task folder and builds its scripts.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::context::{self, Global};
use super::dimensions;
use super::mutate::{self, MutantResult};
use crate::assess::{AssessError, Assessor, ReferenceChoice, Request, Scoring, parallel};
use crate::cli::scoring::CacheArgs;
use crate::executor::CancelToken;
use crate::locate;
use crate::reward::{Component, Profile};
use crate::task::check::{Measured, Measurement, Outcome, judge};
use crate::task::{self, Task, TaskError, TaskProblem};

/// One task folder in `tasks check --json`.
#[derive(Debug, Serialize)]
struct Checked {
    id: String,
    dir: PathBuf,
    ok: bool,
    problems: Vec<TaskProblem>,
    /// Total of each file, -1 for a failed build; empty if the folder was refused.
    totals: BTreeMap<String, f64>,
    /// Mutants of the reference, with `--mutate`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    mutants: Vec<MutantResult>,
}

/// What is checked on request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Also {
    pub dimensions: bool,
    pub mutate: bool,
}

/// Exits with 1 if any folder has a problem. Workers are started only for folders whose files are valid.
pub(super) fn run(
    id: Option<&str>,
    also: Also,
    json: bool,
    cache: &CacheArgs,
    global: &Global,
) -> anyhow::Result<ExitCode> {
    let folders: Vec<_> = chosen(id, global)?
        .into_iter()
        .map(|dir| (task::read(&dir), dir))
        .collect();
    let readable = folders.iter().filter(|(task, _)| task.is_ok()).count();
    let threads = parallel::workers(readable);
    let engine = (readable > 0)
        .then(|| global.engine_with(threads, |config| cache.apply(config)))
        .transpose()?;
    let all = parallel::map(&folders, threads, |(task, dir)| match (task, &engine) {
        (Ok(task), Some(engine)) => build(task, also, engine.assessor()),
        (Ok(_), None) => unreachable!("a task that was read has an engine"),
        (Err(problems), _) => Ok(Checked::of(dir.clone(), problems.clone(), BTreeMap::new())),
    })?;
    if json {
        context::print_json(&all)?;
    } else {
        context::print(&summary(&all))?;
    }
    let good = all.iter().all(|checked| checked.ok);
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

impl Checked {
    fn of(dir: PathBuf, problems: Vec<TaskProblem>, totals: BTreeMap<String, f64>) -> Self {
        Self {
            id: name(&dir),
            ok: problems.is_empty(),
            dir,
            problems,
            totals,
            mutants: Vec::new(),
        }
    }
}

/// The folders of all packs, or those with the given name.
fn chosen(id: Option<&str>, global: &Global) -> anyhow::Result<Vec<PathBuf>> {
    let mut dirs = Vec::new();
    for pack in locate::tasks(&global.overrides())? {
        dirs.extend(task::folders(&pack)?);
    }
    let Some(id) = id else { return Ok(dirs) };
    let (found, others): (Vec<_>, Vec<_>) = dirs.into_iter().partition(|dir| name(dir) == id);
    if found.is_empty() {
        let known: Vec<_> = others.iter().map(|dir| name(dir)).collect();
        return Err(TaskError::Unknown {
            id: id.to_owned(),
            known: known.join(", "),
        }
        .into());
    }
    Ok(found)
}

fn name(dir: &Path) -> String {
    dir.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Builds and scores all scripts of the task, and judges the results.
fn build(task: &Task, also: Also, assessor: &Assessor) -> Result<Checked, AssessError> {
    context::progress(&format!("checking {}", task.id));
    match measure(task, also.dimensions, assessor) {
        Ok(measured) => {
            let mut problems = judge(task, &measured);
            let mutants = if also.mutate {
                mutate::results(task, assessor)?
            } else {
                Vec::new()
            };
            problems.extend(mutate::problems(task, &mutants));
            let mut checked = Checked::of(task.dir.clone(), problems, totals(task, &measured));
            checked.mutants = mutants;
            Ok(checked)
        }
        // The reference's code was tried before, so the mesh beside the task is invalid.
        Err(error) if error.is_input() => {
            let problem = TaskProblem::of_file(&task.dir, error.to_string());
            Ok(Checked::of(task.dir.clone(), vec![problem], BTreeMap::new()))
        }
        Err(error) => Err(error),
    }
}

fn measure(task: &Task, with_dimensions: bool, assessor: &Assessor) -> Result<Measured, AssessError> {
    let mut scoring = Scoring::default();
    let reference = task
        .reference
        .as_ref()
        .map(|code| outcome(task, code, &scoring, assessor))
        .transpose()?;
    if matches!(reference, Some(Outcome::Failed(_))) {
        // Nothing can be compared with the reference; the other scripts are still built.
        scoring.reference = ReferenceChoice::None;
    }
    let of = |code: &str| outcome(task, code, &scoring, assessor);
    let weak = of(task.weak_seed())?;
    let further_references = task
        .further_references
        .iter()
        .map(|(name, code)| Ok((name.clone(), of(code)?)))
        .collect::<Result<_, AssessError>>()?;
    let others = task.seeds.iter().filter(|(mode, _)| *mode != "weak");
    let seeds = others
        .map(|(mode, code)| Ok((mode.clone(), of(code)?)))
        .collect::<Result<_, AssessError>>()?;
    let repairs = task
        .repairs
        .iter()
        .map(|repair| repair.steps.iter().map(|step| of(&step.code)).collect())
        .collect::<Result<_, _>>()?;
    let dimensions = if with_dimensions {
        dimensions::perturbations(task, assessor, |place, count| {
            context::progress(&format!("checking {}: dimension {place} of {count}", task.id));
        })?
    } else {
        None
    };
    Ok(Measured {
        weak,
        seeds,
        reference,
        further_references,
        repairs,
        dimensions,
    })
}

fn outcome(task: &Task, code: &str, scoring: &Scoring, assessor: &Assessor) -> Result<Outcome, AssessError> {
    let request = Request::batch(task, code.as_bytes(), scoring);
    let assessment = assessor.assess(&request, &CancelToken::never())?;
    let evaluation = assessment.evaluation;
    if let Some(failure) = evaluation.failure {
        let line = failure
            .line
            .map(|line| format!(" (line {line})"))
            .unwrap_or_default();
        return Ok(Outcome::Failed(format!("{}{line}", failure.message)));
    }
    let grounded = if task.checks.is_empty() {
        None
    } else {
        let scoring = Scoring {
            profile: Profile::GroundedV2,
            editability: Some(0),
            ..scoring.clone()
        };
        let request = Request {
            scoring: &scoring,
            ..request
        };
        let evaluation = assessor.evaluate(&request, &CancelToken::never())?;
        Some(evaluation.reward.total)
    };
    let components = Component::ALL
        .into_iter()
        .filter_map(|component| Some((component.key(), evaluation.reward.component(component)?)))
        .collect();
    Ok(Outcome::Built(Measurement {
        total: evaluation.reward.total,
        components,
        size: evaluation.bbox.map(|bbox| bbox.size).unwrap_or_default(),
        watertight: evaluation
            .details
            .topology
            .is_some_and(|topology| topology.watertight),
        valid: assessment.shape.is_some_and(|shape| shape.facts.valid),
        grounded,
    }))
}

fn totals(task: &Task, measured: &Measured) -> BTreeMap<String, f64> {
    let total = |outcome: &Outcome| match outcome {
        Outcome::Failed(_) => -1.0,
        Outcome::Built(measurement) => measurement.total,
    };
    let mut totals = BTreeMap::from([("seeds/weak.py".to_owned(), total(&measured.weak))]);
    for (mode, outcome) in &measured.seeds {
        totals.insert(format!("seeds/{mode}.py"), total(outcome));
    }
    if let Some(reference) = &measured.reference {
        totals.insert("reference.py".to_owned(), total(reference));
    }
    for (name, outcome) in &measured.further_references {
        totals.insert(format!("references/{name}.py"), total(outcome));
    }
    for (repair, outcomes) in task.repairs.iter().zip(&measured.repairs) {
        for (index, outcome) in outcomes.iter().enumerate() {
            totals.insert(
                format!("repairs/{} step {}", repair.name, index + 1),
                total(outcome),
            );
        }
    }
    totals
}

fn summary(all: &[Checked]) -> String {
    let mut text = String::new();
    for checked in all {
        let _ = writeln!(
            text,
            "{} {}",
            if checked.ok { "ok   " } else { "error" },
            checked.id
        );
        for (file, total) in &checked.totals {
            let _ = writeln!(text, "  {total:>8.4}  {file}");
        }
        text.push_str(&mutate::table(&checked.mutants));
        for problem in &checked.problems {
            let _ = writeln!(text, "  {}", problem.to_string().replace('\n', "\n  "));
        }
    }
    let wrong = all.iter().filter(|checked| !checked.ok).count();
    let _ = match wrong {
        0 if all.len() == 1 => writeln!(text, "1 task, no errors"),
        0 => writeln!(text, "{} tasks, no errors", all.len()),
        _ => writeln!(text, "{wrong} of {} tasks have errors", all.len()),
    };
    text
}
