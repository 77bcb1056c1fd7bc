//! Arguments of `cadforge attack`.

use std::path::PathBuf;

use crate::cli::scoring::ScoringArgs;

#[derive(Debug, clap::Args)]
pub(crate) struct AttackArgs {
    /// Only this task, for the optimiser, --interpolate and --groups [default: all tasks]
    #[arg(long, value_name = "ID")]
    pub(super) task: Option<String>,
    /// Score every attack of this folder under both profiles, and compare with its limit
    #[arg(long, value_name = "DIR", conflicts_with_all = ["ladders", "interpolate", "groups"])]
    pub(super) suite: Option<PathBuf>,
    /// Score every stage of the ladders in this folder: each must score higher than the previous one
    #[arg(long, value_name = "DIR", conflicts_with_all = ["interpolate", "groups"])]
    pub(super) ladders: Option<PathBuf>,
    /// Score scripts whose dimensions become right step by step: the total must rise
    #[arg(long, conflicts_with = "groups")]
    pub(super) interpolate: bool,
    /// Score N groups of 8 similar candidates, and report the share of informative groups
    #[arg(long, value_name = "N")]
    pub(super) groups: Option<usize>,
    /// Scripts that the optimiser tries per task
    #[arg(long, value_name = "N", default_value_t = 1000)]
    pub(super) evaluations: usize,
    /// Seed of the optimiser; equal seeds try equal scripts
    #[arg(long, value_name = "S", default_value_t = 1)]
    pub(super) seed: u64,
    /// Append the optimiser's results to this file as JSON Lines, and skip results that it holds; use one file per
    /// reward
    #[arg(long, short, value_name = "FILE", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    pub(super) out: Option<PathBuf>,
    /// Draw the best scripts beside the references on one sheet
    #[arg(long, value_name = "PNG", conflicts_with_all = ["suite", "ladders", "interpolate", "groups"])]
    pub(super) draw: Option<PathBuf>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    #[command(flatten)]
    pub(super) scoring: ScoringArgs,
}
