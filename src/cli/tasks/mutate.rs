//! Mutants of a task's reference, scored: what the prompt names and a check does not notice.

use std::fmt::Write;

use serde::Serialize;

use super::context;
use crate::adversarial::{Mutant, MutantKind, mutants};
use crate::assess::{AssessError, Assessor, Evaluation, Request, Scoring};
use crate::executor::CancelToken;
use crate::reward::Profile;
use crate::task::{Task, TaskProblem};

/// Least loss of total for a feature that is left out.
const LEAST_FOR_FEATURE: f64 = 0.05;
/// Least loss of total for a dimension that is a fifth off.
const LEAST_FOR_DIMENSION: f64 = 0.03;
/// Intersection over union from which a mutant is the same part: the rays' own error.
const SAME: f64 = 0.9999;

/// A mutant in `tasks check --mutate --json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct MutantResult {
    name: String,
    /// `feature` or `dimension`.
    kind: &'static str,
    line: usize,
    /// What of the prompt it concerns.
    named: Option<String>,
    /// Whether the task's `not_asked` holds it.
    not_asked: bool,
    outcome: MutantOutcome,
    /// Score of the checks.
    semantic: Option<f64>,
    total: Option<f64>,
    /// Loss of total against the reference.
    loss: Option<f64>,
    /// Intersection over union with the reference.
    iou: Option<f64>,
}

/// What a mutant proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MutantOutcome {
    /// It does not build.
    Failed,
    /// It is the same part.
    Unchanged,
    /// It loses enough.
    Covered,
    /// It loses too little, and the prompt does not ask for it.
    Free,
    /// It loses too little, though the prompt names it.
    Uncovered,
}

/// Scores all mutants of the reference under grounded-v2, without rebuilds.
pub(super) fn results(task: &Task, assessor: &Assessor) -> Result<Vec<MutantResult>, AssessError> {
    let Some(reference) = &task.reference else {
        return Ok(Vec::new());
    };
    let scoring = Scoring {
        profile: Profile::GroundedV2,
        editability: Some(0),
        ..Scoring::default()
    };
    let evaluate = |code: &str| {
        let request = Request::batch(task, code.as_bytes(), &scoring);
        assessor.evaluate(&request, &CancelToken::never())
    };
    let whole = evaluate(reference)?.reward.total;
    let all = mutants(reference, &task.prompt);
    let count = all.len();
    let mut results = Vec::with_capacity(count);
    for (place, mutant) in all.into_iter().enumerate() {
        context::progress(&format!("checking {}: mutant {} of {count}", task.id, place + 1));
        let evaluation = evaluate(&mutant.code)?;
        results.push(judge(mutant, &evaluation, whole, &task.not_asked));
    }
    Ok(results)
}

fn judge(mutant: Mutant, evaluation: &Evaluation, whole: f64, not_asked: &[String]) -> MutantResult {
    let not_asked = not_asked.contains(&mutant.name);
    let least = match mutant.kind {
        MutantKind::Dropped => LEAST_FOR_FEATURE,
        MutantKind::Dimension => LEAST_FOR_DIMENSION,
    };
    let total = evaluation.ok.then_some(evaluation.reward.total);
    let loss = total.map(|total| whole - total);
    let iou = evaluation
        .details
        .grounded
        .as_ref()
        .and_then(|grounded| Some(grounded.similarity.as_ref()?.iou));
    let outcome = match loss {
        None => MutantOutcome::Failed,
        Some(loss) if loss >= least => MutantOutcome::Covered,
        Some(_) if iou.is_some_and(|iou| iou >= SAME) => MutantOutcome::Unchanged,
        Some(_) if not_asked || mutant.named.is_none() => MutantOutcome::Free,
        Some(_) => MutantOutcome::Uncovered,
    };
    MutantResult {
        name: mutant.name,
        kind: match mutant.kind {
            MutantKind::Dropped => "feature",
            MutantKind::Dimension => "dimension",
        },
        line: mutant.line,
        named: mutant.named,
        not_asked,
        outcome,
        semantic: evaluation.reward.semantic_parts,
        total,
        loss,
        iou,
    }
}

/// What the checks do not notice, and names in `not_asked` that no mutant has.
pub(super) fn problems(task: &Task, results: &[MutantResult]) -> Vec<TaskProblem> {
    let file = task.dir.join("task.toml");
    let uncovered = results
        .iter()
        .filter(|result| result.outcome == MutantOutcome::Uncovered)
        .map(|result| {
            let loss = result.loss.unwrap_or_default();
            let what = match result.kind {
                "feature" => format!("the reference without `{}`", result.name),
                _ => format!("the reference with another `{}`", result.name),
            };
            let named = result.named.as_deref().unwrap_or_default();
            TaskProblem::of_file(
                &file,
                format!(
                    "{what} (line {}) loses only {loss:.3} of the total, and the prompt names `{named}`\nhint: add a check that \
                     measures it, or list it in `not_asked` if the prompt leaves it free",
                    result.line
                ),
            )
        });
    let unknown = task
        .not_asked
        .iter()
        .filter(|name| !results.is_empty() && results.iter().all(|result| result.name != **name))
        .map(|name| {
            TaskProblem::of_file(
                &file,
                format!("`not_asked` holds `{name}`, which is no feature or dimension of the reference"),
            )
        });
    uncovered.chain(unknown).collect()
}

/// A line per mutant that the checks do not notice or that is left free, and the counts.
pub(super) fn table(results: &[MutantResult]) -> String {
    let mut text = String::new();
    if results.is_empty() {
        return text;
    }
    let count = |outcome: MutantOutcome| results.iter().filter(|result| result.outcome == outcome).count();
    let _ = writeln!(
        text,
        "  {} mutants: {} covered, {} uncovered, {} free, {} unchanged, {} failed",
        results.len(),
        count(MutantOutcome::Covered),
        count(MutantOutcome::Uncovered),
        count(MutantOutcome::Free),
        count(MutantOutcome::Unchanged),
        count(MutantOutcome::Failed),
    );
    text
}
