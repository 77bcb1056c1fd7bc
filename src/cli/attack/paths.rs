//! Interpolation from the weak seed to the reference, and groups of similar candidates.

use std::fmt::Write;

use rand_pcg::Pcg64;
use serde::Serialize;

use super::args::AttackArgs;
use super::evaluator::{Evaluator, iou};
use super::suite::reference;
use crate::adversarial::{Script, nearing_dimensions, spearman, wrong_dimensions};
use crate::assess::Evaluation;
use crate::cli::context;
use crate::reward::{AgreementDetails, CheckDetails, Reward, advantages};
use crate::task::Task;
use crate::task::dimensions::dimensions;

/// Steps from the weak seed to the reference.
const STEPS: usize = 12;
/// Candidates per group.
const GROUP: usize = 8;
/// Totals that differ by less are a plateau.
const PLATEAU: f64 = 0.002;
/// Lowest accepted rank correlation of totals and steps.
const LEAST_SPEARMAN: f64 = 0.9;

#[derive(Serialize)]
struct Path {
    task: String,
    /// All dimensions become right together.
    together: Interpolation,
    /// Dimensions become right one by one, some before related ones.
    one_by_one: Interpolation,
}

#[derive(Serialize)]
struct Interpolation {
    /// From the weak seed over wrong dimensions to the reference, without steps that do not build.
    stages: Vec<Stage>,
    /// Number of steps without a valid, closed shape in one piece; left out of the values below.
    unsound: usize,
    /// Rank correlation of totals and steps.
    spearman: f64,
    /// Rank correlation of steps and the intersection over union with the reference.
    spearman_overlap: Option<f64>,
    /// Rank correlation of totals and that intersection over union.
    agreement: Option<f64>,
    /// Steps with almost no change.
    plateaus: usize,
}

#[derive(Serialize)]
struct Stage {
    code: String,
    sound: bool,
    /// Dimensions that have the reference's value from this stage on.
    corrected: Vec<String>,
    /// Deprecated name of `corrected`.
    righted: Vec<String>,
    total: f64,
    /// Intersection over union with the reference, if measured.
    iou: Option<f64>,
    reward: Reward,
    agreement: Option<AgreementDetails>,
    /// Shown checks, in the task's order.
    checks: Vec<(String, f64)>,
}

pub(super) fn interpolate(args: &AttackArgs, evaluator: &Evaluator) -> anyhow::Result<bool> {
    let mut rows = Vec::new();
    for task in evaluator.selected_tasks(args.task.as_deref())? {
        let own = reference(task)?;
        rows.push(Path {
            task: task.id.clone(),
            together: interpolation(task, nearing_dimensions(own, STEPS), evaluator)?,
            one_by_one: interpolation(task, wrong_dimensions(own, STEPS, args.seed), evaluator)?,
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

fn interpolation(task: &Task, nearing: Vec<String>, evaluator: &Evaluator) -> anyhow::Result<Interpolation> {
    let mut scripts = vec![task.weak_seed().to_owned()];
    scripts.extend(nearing);
    let evaluations = evaluator.evaluate(task, &scripts, &evaluator.scoring)?;
    let mut stages = Vec::new();
    let mut corrected = Vec::new();
    for (at, evaluation) in evaluations.iter().enumerate() {
        if at >= 2 {
            corrected.extend(corrected_between(
                &scripts[at - 1],
                &scripts[at],
                reference(task)?,
            ));
        }
        if evaluation.ok {
            stages.push(stage(&scripts[at], evaluation, std::mem::take(&mut corrected)));
        }
    }
    let sound = || stages.iter().filter(|stage| stage.sound);
    let totals: Vec<f64> = sound().map(|stage| stage.total).collect();
    let order: Vec<f64> = (0..totals.len()).map(|step| step as f64).collect();
    let overlaps: Option<Vec<f64>> = sound().map(|stage| stage.iou).collect();
    Ok(Interpolation {
        spearman: spearman(&order, &totals),
        spearman_overlap: overlaps.as_ref().map(|overlaps| spearman(&order, overlaps)),
        agreement: overlaps.as_ref().map(|overlaps| spearman(overlaps, &totals)),
        plateaus: totals
            .windows(2)
            .filter(|pair| (pair[1] - pair[0]).abs() < PLATEAU)
            .count(),
        unsound: evaluations.len() - totals.len(),
        stages,
    })
}

fn stage(code: &str, evaluation: &Evaluation, corrected: Vec<String>) -> Stage {
    let grounded = evaluation.details.grounded.as_ref();
    let checks = grounded.and_then(|grounded| grounded.checks.as_ref());
    Stage {
        code: code.to_owned(),
        sound: is_valid_shape(evaluation),
        righted: corrected.clone(),
        corrected,
        total: evaluation.reward.total,
        iou: iou(evaluation),
        reward: evaluation.reward,
        agreement: grounded.and_then(|grounded| grounded.agreement.clone()),
        checks: checks.map_or_else(Vec::new, |checks| {
            let of = |check: &CheckDetails| (check.name.clone(), check.score);
            checks.list.iter().map(of).collect()
        }),
    }
}

/// Names of dimensions whose value equals the reference's in `after`, but not in `before`.
fn corrected_between(before: &str, after: &str, reference: &str) -> Vec<String> {
    let [before, after, reference] = [before, after, reference].map(dimensions);
    let both = before.iter().zip(&after).zip(&reference);
    both.filter(|((before, after), right)| before.literal != right.literal && after.literal == right.literal)
        .map(|(_, right)| right.name.clone())
        .collect()
}

/// Whether the shape is valid, closed and in one piece, as far as the profile measures it. Dimensions that do not fit
/// together may split a part, and the kernel sometimes leaves two solids where it should fuse them.
fn is_valid_shape(evaluation: &Evaluation) -> bool {
    let Reward {
        topology, contact, ..
    } = evaluation.reward;
    evaluation.details.grounded.is_none() || (topology == Some(1.0) && contact == Some(1.0))
}

fn path_table(rows: &[Path]) -> String {
    let columns = "Spearman | plateaus | invalid steps | Spearman of the IoU | of total and IoU";
    let mut text = format!("| task | together: {columns} | one by one: {columns} |\n|");
    text.push_str(&"---|".repeat(11));
    text.push('\n');
    let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
    for row in rows {
        let _ = write!(text, "| {} ", row.task);
        for interpolation in [&row.together, &row.one_by_one] {
            let _ = write!(
                text,
                "| {:.2} | {} of {} | {} | {} | {} ",
                interpolation.spearman,
                interpolation.plateaus,
                interpolation
                    .stages
                    .iter()
                    .filter(|stage| stage.sound)
                    .count()
                    .saturating_sub(1),
                interpolation.unsound,
                number(interpolation.spearman_overlap),
                number(interpolation.agreement),
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
    /// Share of the pairs within groups whose totals differ by less than a thousandth.
    ties: f64,
    /// Median of the standard deviations of the groups.
    std: f64,
}

/// Totals that differ by less count as equal.
const TIE: f64 = 0.001;

/// Groups of candidates that differ from a seed or the reference by a few changes.
pub(super) fn groups(args: &AttackArgs, count: usize, evaluator: &Evaluator) -> anyhow::Result<bool> {
    let tasks = evaluator.selected_tasks(args.task.as_deref())?;
    let mut random = Pcg64::new(u128::from(args.seed), 0x6709);
    let (mut informative, mut failed) = (0, 0);
    let (mut ties, mut pairs, mut deviations) = (0, 0, Vec::new());
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
        let evaluations = evaluator.evaluate(task, &scripts, &evaluator.scoring)?;
        failed += evaluations.iter().filter(|evaluation| !evaluation.ok).count();
        let scores: Vec<f64> = evaluations
            .iter()
            .map(|evaluation| evaluation.shaped.unwrap_or(evaluation.reward.total))
            .collect();
        let advantages = advantages(&scores, evaluator.scoring.profile);
        informative += usize::from(advantages.informative);
        deviations.push(advantages.std);
        for (index, one) in scores.iter().enumerate() {
            ties += scores[..index]
                .iter()
                .filter(|other| (*other - one).abs() < TIE)
                .count();
            pairs += index;
        }
    }
    deviations.sort_by(f64::total_cmp);
    let found = Groups {
        groups: count,
        informative,
        share: informative as f64 / count.max(1) as f64,
        failed,
        ties: ties as f64 / pairs.max(1) as f64,
        std: deviations.get(deviations.len() / 2).copied().unwrap_or_default(),
    };
    if args.json {
        context::print_json(&found)?;
    } else {
        context::print(&format!(
            "{} of {} groups of {GROUP} are informative ({:.0} %); {} candidates did not build; {:.0} % of the pairs are ties; \
             standard deviation {:.3} at the median\n",
            found.informative,
            found.groups,
            100.0 * found.share,
            found.failed,
            100.0 * found.ties,
            found.std
        ))?;
    }
    Ok(found.share >= 0.8)
}
