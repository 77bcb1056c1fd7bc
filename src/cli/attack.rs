//! `cadforge attack`: puts a reward to the trial, by known attacks, by ladders of honest parts, by scripts that come nearer
//! to the part step by step, by groups, and by an optimiser.

mod climb;
mod judge;
mod paths;
mod suite;

use std::path::PathBuf;
use std::process::ExitCode;

use super::context::Global;
use super::scoring::ScoringArgs;

/// Arguments of `cadforge attack`.
#[derive(Debug, clap::Args)]
pub struct AttackArgs {
    /// The task to climb, to interpolate or to group; all tasks if left out
    #[arg(long, value_name = "ID")]
    task: Option<String>,
    /// Score every attack of this folder under both profiles, and hold them against their limits
    #[arg(long, value_name = "DIR", conflicts_with_all = ["ladders", "interpolate", "groups"])]
    suite: Option<PathBuf>,
    /// Score every stage of the ladders in this folder: each must beat the one before
    #[arg(long, value_name = "DIR", conflicts_with_all = ["interpolate", "groups"])]
    ladders: Option<PathBuf>,
    /// Score scripts whose dimensions come right one after the other: the total must rise
    #[arg(long, conflicts_with = "groups")]
    interpolate: bool,
    /// Score that many groups of 8 candidates near each other: how many of them teach anything
    #[arg(long, value_name = "N")]
    groups: Option<usize>,
    /// How many scripts the optimiser may try, of each task
    #[arg(long, value_name = "N", default_value_t = 1000)]
    evaluations: usize,
    /// Equal seeds try equal scripts
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Add what the optimiser comes to as lines of JSON, and leave out what stands there already; another file for another reward
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    out: Option<PathBuf>,
    /// Draw the best scripts beside the references, as one sheet
    #[arg(long, value_name = "PNG", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    draw: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    scoring: ScoringArgs,
}

/// Exit 1 if a limit does not hold.
pub(super) fn run(args: &AttackArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let judge = judge::Judge::start(args, global)?;
    let good = if let Some(folder) = &args.suite {
        suite::attacks(folder, &judge, args.json)?
    } else if let Some(folder) = &args.ladders {
        suite::ladders(folder, args.task.as_deref(), &judge, args.json)?
    } else if args.interpolate {
        paths::interpolate(args, &judge)?
    } else if let Some(groups) = args.groups {
        paths::groups(args, groups, &judge)?
    } else {
        climb::run(&judge.chosen(args.task.as_deref())?, args, &judge)?
    };
    Ok(if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}
