//! `cadforge attack`: adversarial evaluation of a reward, by known attacks, ladders of honest parts, interpolation
//! from the weak seed to the reference, groups, and an optimiser.

mod climb;
mod evaluator;
mod paths;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;

use super::context::Global;
use super::scoring::ScoringArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct AttackArgs {
    /// Only this task, for the optimiser, --interpolate and --groups [default: all tasks]
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Score every attack of this folder under both profiles, and compare with its limit
    #[arg(long, value_name = "DIR", conflicts_with_all = ["ladders", "interpolate", "groups"])]
    suite: Option<PathBuf>,
    /// Score every stage of the ladders in this folder: each must score higher than the previous one
    #[arg(long, value_name = "DIR", conflicts_with_all = ["interpolate", "groups"])]
    ladders: Option<PathBuf>,
    /// Score scripts whose dimensions become right step by step: the total must rise
    #[arg(long, conflicts_with = "groups")]
    interpolate: bool,
    /// Score N groups of 8 similar candidates, and report the share of informative groups
    #[arg(long, value_name = "N")]
    groups: Option<usize>,
    /// Scripts that the optimiser tries per task
    #[arg(long, value_name = "N", default_value_t = 1000)]
    evaluations: usize,
    /// Seed of the optimiser; equal seeds try equal scripts
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Append the optimiser's results to this file as JSON Lines, and skip results that it holds; use one file per
    /// reward
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    out: Option<PathBuf>,
    /// Draw the best scripts beside the references on one sheet
    #[arg(long, value_name = "PNG", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    draw: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// Exits with 1 if a limit is exceeded.
pub(super) fn run(args: &AttackArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let evaluator = evaluator::Evaluator::start(args, global)?;
    let good = if let Some(folder) = &args.suite {
        suite::attacks(folder, &evaluator, args.json)?
    } else if let Some(folder) = &args.ladders {
        suite::ladders(folder, args.task.as_deref(), &evaluator, args.json)?
    } else if args.interpolate {
        paths::interpolate(args, &evaluator)?
    } else if let Some(groups) = args.groups {
        paths::groups(args, groups, &evaluator)?
    } else {
        climb::run(&evaluator.selected_tasks(args.task.as_deref())?, args, &evaluator)?
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
