//! Scripts that come nearer to the part, and groups of scripts near each other.

use std::fmt::Write;

use rand_pcg::Pcg64;
use serde::Serialize;

use super::AttackArgs;
use super::judge::{Judge, overlap};
use super::suite::reference;
use crate::assess::Evaluation;
use crate::cli::context;
use crate::ordeal::{Script, nearing_dimensions, spearman, wrong_dimensions};
use crate::reward::advantages;
use crate::task::Task;

/// Steps from the weak seed to the reference.
const STEPS: usize = 12;
/// Candidates of a group.
const GROUP: usize = 8;
/// Totals nearer than this are a plateau.
const PLATEAU: f64 = 0.002;
/// How well the order of the totals must follow the way to the part.
const LEAST_SPEARMAN: f64 = 0.9;

#[derive(Serialize)]
struct Path {
    task: String,
    /// All dimensions come right together.
    together: Way,
    /// Dimensions come right one after the other, some before those that they go with.
    one_by_one: Way,
}

#[derive(Serialize)]
struct Way {
    /// From the weak seed over wrong dimensions to the reference; those that do not build to a valid, closed shape are left
    /// out.
    totals: Vec<f64>,
    /// How many were left out.
    unsound: usize,
    /// How much of the volume is the reference's, where that was measured.
    overlaps: Vec<Option<f64>>,
    spearman: f64,
    /// Steps that change next to nothing.
    plateaus: usize,
}

pub(super) fn interpolate(args: &AttackArgs, judge: &Judge) -> anyhow::Result<bool> {
    let mut rows = Vec::new();
    for task in chosen(args, judge)? {
        let own = reference(task)?;
        rows.push(Path {
            task: task.id.clone(),
            together: way(task, nearing_dimensions(own, STEPS), judge)?,
            one_by_one: way(task, wrong_dimensions(own, STEPS, args.seed), judge)?,
        });
        if !args.json {
            context::progress(&format!("{} done", task.id));
        }
    }
    if args.json {
        context::print_json(&rows)?;
    } else {
        context::print(&path_table(&rows))?;
    }
    Ok(rows.iter().all(|row| row.together.spearman >= LEAST_SPEARMAN))
}

fn way(task: &Task, nearing: Vec<String>, judge: &Judge) -> anyhow::Result<Way> {
    let mut scripts = vec![task.weak_seed().to_owned()];
    scripts.extend(nearing);
    let evaluations = judge.all(task, &scripts, &judge.scoring)?;
    let built = || {
        evaluations
            .iter()
            .filter(|evaluation| evaluation.ok && is_sound(evaluation))
    };
    let totals: Vec<f64> = built().map(|evaluation| evaluation.reward.total).collect();
    let order: Vec<f64> = (0..totals.len()).map(|step| step as f64).collect();
    Ok(Way {
        spearman: spearman(&order, &totals),
        plateaus: totals
            .windows(2)
            .filter(|pair| (pair[1] - pair[0]).abs() < PLATEAU)
            .count(),
        overlaps: built().map(overlap).collect(),
        unsound: evaluations.len() - totals.len(),
        totals,
    })
}

/// Whether the shape is valid and closed, as far as the profile looks.
fn is_sound(evaluation: &Evaluation) -> bool {
    evaluation.details.grounded.is_none() || evaluation.reward.topology == Some(1.0)
}

fn path_table(rows: &[Path]) -> String {
    let mut text = String::from(
        "| task | together: Spearman | plateaus | unsound | totals | one by one: Spearman | plateaus | unsound | totals |\n\
         |---|---|---|---|---|---|---|---|---|\n",
    );
    for row in rows {
        let _ = write!(text, "| {} ", row.task);
        for way in [&row.together, &row.one_by_one] {
            let totals: Vec<String> = way.totals.iter().map(|total| format!("{total:.2}")).collect();
            let _ = write!(
                text,
                "| {:.2} | {} of {} | {} | {} ",
                way.spearman,
                way.plateaus,
                way.totals.len().saturating_sub(1),
                way.unsound,
                totals.join(" ")
            );
        }
        text.push_str("|\n");
    }
    text
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
