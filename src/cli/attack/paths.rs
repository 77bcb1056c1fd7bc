//! Scripts that come nearer to the part, and groups of scripts near each other.

use std::fmt::Write;

use rand_pcg::Pcg64;
use serde::Serialize;

use super::AttackArgs;
use super::judge::Judge;
use super::suite::reference;
use crate::cli::context;
use crate::ordeal::{Script, spearman, wrong_dimensions};
use crate::reward::advantages;
use crate::task::Task;

/// Steps from the weak seed to the reference.
const STEPS: usize = 12;
/// Candidates of a group.
const GROUP: usize = 8;
/// Totals nearer than this are a plateau.
const PLATEAU: f64 = 0.002;

#[derive(Serialize)]
struct Path {
    task: String,
    /// From the weak seed over wrong dimensions to the reference; those that do not build are left out.
    totals: Vec<f64>,
    spearman: f64,
    /// Steps that change next to nothing.
    plateaus: usize,
}

pub(super) fn interpolate(args: &AttackArgs, judge: &Judge) -> anyhow::Result<bool> {
    let mut rows = Vec::new();
    for task in chosen(args, judge)? {
        let mut scripts = vec![task.weak_seed().to_owned()];
        scripts.extend(wrong_dimensions(reference(task)?, STEPS, args.seed));
        let evaluations = judge.all(task, &scripts, &judge.scoring)?;
        let totals: Vec<f64> = evaluations
            .iter()
            .filter(|evaluation| evaluation.ok)
            .map(|evaluation| evaluation.reward.total)
            .collect();
        let order: Vec<f64> = (0..totals.len()).map(|step| step as f64).collect();
        rows.push(Path {
            task: task.id.clone(),
            spearman: spearman(&order, &totals),
            plateaus: totals
                .windows(2)
                .filter(|pair| (pair[1] - pair[0]).abs() < PLATEAU)
                .count(),
            totals,
        });
    }
    if args.json {
        context::print_json(&rows)?;
    } else {
        let mut text = String::from("| task | Spearman | plateaus | totals |\n|---|---|---|---|\n");
        for row in &rows {
            let totals: Vec<String> = row.totals.iter().map(|total| format!("{total:.2}")).collect();
            let _ = writeln!(
                text,
                "| {} | {:.2} | {} of {} | {} |",
                row.task,
                row.spearman,
                row.plateaus,
                row.totals.len().saturating_sub(1),
                totals.join(" ")
            );
        }
        context::print(&text)?;
    }
    Ok(rows.iter().all(|row| row.spearman >= 0.9))
}

#[derive(Serialize)]
struct Groups {
    groups: usize,
    informative: usize,
    share: f64,
    failed: usize,
}

/// Groups of candidates that are a few changes away from a seed, or from the reference.
pub(super) fn groups(args: &AttackArgs, count: usize, judge: &Judge) -> anyhow::Result<bool> {
    let tasks = chosen(args, judge)?;
    let mut random = Pcg64::new(u128::from(args.seed), 0x6709);
    let (mut informative, mut failed) = (0, 0);
    for group in 0..count {
        let task = tasks[group % tasks.len()];
        let mut starts: Vec<&str> = task
            .seeds
            .iter()
            .filter(|(mode, _)| mode.as_str() != "build_error")
            .map(|(_, code)| code.as_str())
            .collect();
        starts.push(reference(task)?);
        let start = Script::of(starts[group / tasks.len() % starts.len()]);
        let scripts: Vec<String> = (0..GROUP)
            .map(|_| start.mutated(task, &mut random).mutated(task, &mut random).code())
            .collect();
        let evaluations = judge.all(task, &scripts, &judge.scoring)?;
        failed += evaluations.iter().filter(|evaluation| !evaluation.ok).count();
        let scores: Vec<f64> = evaluations
            .iter()
            .map(|evaluation| evaluation.shaped.unwrap_or(evaluation.reward.total))
            .collect();
        informative += usize::from(advantages(&scores, judge.scoring.profile).informative);
    }
    let found = Groups {
        groups: count,
        informative,
        share: informative as f64 / count.max(1) as f64,
        failed,
    };
    if args.json {
        context::print_json(&found)?;
    } else {
        context::print(&format!(
            "{} of {} groups of {GROUP} are informative ({:.0} %); {} candidates did not build\n",
            found.informative,
            found.groups,
            100.0 * found.share,
            found.failed
        ))?;
    }
    Ok(found.share >= 0.8)
}

fn chosen<'a>(args: &AttackArgs, judge: &'a Judge) -> anyhow::Result<Vec<&'a Task>> {
    Ok(match &args.task {
        Some(id) => vec![&**judge.tasks.get(id)?],
        None => judge
            .tasks
            .iter()
            .map(|task| &**task)
            .filter(|task| task.reference.is_some())
            .collect(),
    })
}
