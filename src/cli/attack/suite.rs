//! Known attacks and ladders, as tables.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use serde::Serialize;

use super::evaluator::Evaluator;
use crate::adversarial::{self, AttackKind};
use crate::assess::Scoring;
use crate::cli::context::{self, CliError};
use crate::reward::Profile;

#[derive(Serialize)]
struct AttackResult {
    name: String,
    task: String,
    trick: String,
    not_the_part: bool,
    /// Deprecated name of `not_the_part`.
    talk: bool,
    v1: f64,
    v1_weak: f64,
    v1_reference: f64,
    v2: f64,
    most: f64,
    holds: bool,
    /// `not_the_part`, `defect` or `partial`.
    kind: &'static str,
}

pub(super) fn attacks(folder: &Path, evaluator: &Evaluator, json: bool) -> anyhow::Result<bool> {
    let attacks = adversarial::attacks(folder).map_err(|error| CliError::Input(error.to_string()))?;
    let mut jobs: Vec<(&crate::task::Task, String)> = Vec::new();
    for attack in &attacks {
        let task: &crate::task::Task = evaluator.tasks.get(&attack.task)?;
        let script = attack.script(reference(task)?).map_err(CliError::Input)?;
        jobs.push((task, script));
        jobs.push((task, task.weak_seed().to_owned()));
        jobs.push((task, reference(task)?.to_owned()));
    }
    let jobs: Vec<(&crate::task::Task, &str)> =
        jobs.iter().map(|(task, code)| (*task, code.as_str())).collect();
    let totals = |profile| -> anyhow::Result<Vec<f64>> {
        let evaluations = evaluator.evaluate_jobs(&jobs, &evaluator.with_profile(profile))?;
        Ok(evaluations
            .iter()
            .map(|evaluation| evaluation.reward.total)
            .collect())
    };
    let (v1, mut v2) = (totals(Profile::CadforgeV1)?, totals(Profile::GroundedV2)?);
    let with_rebuilds = Scoring {
        editability: None,
        ..evaluator.with_profile(Profile::GroundedV2)
    };
    for (index, _) in attacks.iter().enumerate().filter(|(_, attack)| attack.rebuilds) {
        let own = 3 * index..3 * index + 1;
        let evaluations = evaluator.evaluate_jobs(&jobs[own.clone()], &with_rebuilds)?;
        v2[own.start] = evaluations[0].reward.total;
    }
    let mut rows = Vec::new();
    for (index, attack) in attacks.iter().enumerate() {
        let [own, weak, reference] = [0, 1, 2].map(|at| v2[3 * index + at]);
        let most = attack.most(weak, reference);
        rows.push(AttackResult {
            name: attack.name.clone(),
            task: attack.task.clone(),
            trick: attack.trick.clone(),
            not_the_part: attack.kind == AttackKind::NotThePart,
            kind: match attack.kind {
                AttackKind::NotThePart => "not_the_part",
                AttackKind::Defect { .. } => "defect",
                AttackKind::Partial { .. } => "partial",
            },
            talk: attack.kind == AttackKind::NotThePart,
            v1: v1[3 * index],
            v1_weak: v1[3 * index + 1],
            v1_reference: v1[3 * index + 2],
            v2: own,
            most,
            holds: own <= most,
        });
    }
    if json {
        context::print_json(&rows)?;
    } else {
        context::print(&attack_table(&rows))?;
    }
    Ok(rows.iter().all(|row| row.holds))
}

fn attack_table(rows: &[AttackResult]) -> String {
    let mut text = String::new();
    for (kind, title) in [
        ("not_the_part", "not the part"),
        ("defect", "a defect of the reference"),
        ("partial", "half of the named features or less"),
    ] {
        let _ = writeln!(
            text,
            "| {title} | trick | v1 | reference v1 | v2 | at most | |\n|---|---|---|---|---|---|---|"
        );
        for row in rows.iter().filter(|row| row.kind == kind) {
            let verdict = if row.holds { "" } else { "**exceeded**" };
            let _ = writeln!(
                text,
                "| {} ({}) | {} | {:.3} | {:.3} | {:.3} | {:.3} | {verdict} |",
                row.name.replace('_', " "),
                row.task,
                row.trick,
                row.v1,
                row.v1_reference,
                row.v2,
                row.most
            );
        }
        let _ = writeln!(text);
    }
    text
}

#[derive(Serialize)]
struct LadderResult {
    task: String,
    /// Totals of the seeds that build, by mode.
    seeds: BTreeMap<String, f64>,
    /// Totals of the stages; the reference is last.
    stages: Vec<f64>,
    rises: bool,
}

pub(super) fn ladders(
    folder: &Path,
    only: Option<&str>,
    evaluator: &Evaluator,
    json: bool,
) -> anyhow::Result<bool> {
    let ladders = adversarial::ladders(folder).map_err(|error| CliError::Input(error.to_string()))?;
    let mut rows = Vec::new();
    for ladder in ladders
        .iter()
        .filter(|ladder| only.is_none_or(|only| only == ladder.task))
    {
        let task = evaluator.tasks.get(&ladder.task)?;
        let evaluations = evaluator.evaluate(task, &ladder.scripts(reference(task)?), &evaluator.scoring)?;
        let stages: Vec<f64> = evaluations
            .iter()
            .map(|evaluation| evaluation.reward.total)
            .collect();
        let (modes, seeds): (Vec<String>, Vec<String>) = task
            .seeds
            .iter()
            .map(|(mode, code)| (mode.clone(), code.clone()))
            .unzip();
        let evaluations = evaluator.evaluate(task, &seeds, &evaluator.scoring)?;
        rows.push(LadderResult {
            task: ladder.task.clone(),
            seeds: modes
                .into_iter()
                .zip(evaluations.iter().map(|evaluation| evaluation.reward.total))
                .collect(),
            rises: stages.len() >= 5 && stages.windows(2).all(|pair| pair[0] < pair[1]),
            stages,
        });
        if !json {
            context::progress(&format!("{} done", ladder.task));
        }
    }
    if json {
        context::print_json(&rows)?;
    } else {
        let mut text = String::from("| task | weak seed | stages | reference | |\n|---|---|---|---|---|\n");
        for row in &rows {
            let (reference, stages) = row.stages.split_last().expect("the reference is one");
            let stages: Vec<String> = stages.iter().map(|total| format!("{total:.3}")).collect();
            let verdict = if row.rises { "" } else { "**falls**" };
            let _ = writeln!(
                text,
                "| {} | {:.3} | {} | {reference:.3} | {verdict} |",
                row.task,
                row.seeds["weak"],
                stages.join(" ")
            );
        }
        context::print(&text)?;
    }
    Ok(rows.iter().all(|row| row.rises))
}

pub(super) fn reference(task: &crate::task::Task) -> Result<&str, CliError> {
    task.reference
        .as_deref()
        .ok_or_else(|| CliError::Input(format!("task `{}` has no reference.py", task.id)))
}
