//! The scoring flags, the same for every verb that scores.

use std::path::PathBuf;

use super::CliError;
use crate::assess::{ReferenceChoice, Scoring};
use crate::cache::Cache;
use crate::executor::project::Project;
use crate::executor::{Limits, PATCHES, WorkerConfig};
use crate::reward::{Mode, Profile, Shaping};
use crate::task::Task;

/// How to score and what a candidate may use.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Scoring")]
pub struct ScoringArgs {
    /// Formulas that turn evidence into the total
    #[arg(long, value_enum, default_value_t = Profile::CadforgeV1)]
    pub profile: Profile,
    /// How much is measured; `fast` samples and rasterises nothing
    #[arg(long, value_enum, default_value_t = Mode::Full)]
    pub mode: Mode,
    /// Add `shaped`, the reward of a GRPO loop
    #[arg(long, value_enum, default_value_t = Shaping::None)]
    pub shaping: Shaping,
    /// What to compare with: `task`, `none`, or a .py, .stl, .obj or .glb file in its place
    #[arg(long, value_name = "task|none|FILE", default_value = "task", value_parser = parse_reference)]
    pub reference: ReferenceChoice,
    /// Under grounded-v2, named dimensions to change and rebuild [default: 16 in full mode, none in fast]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=200))]
    pub editability: Option<u32>,
    /// CPU seconds a candidate may use; it may sleep for half as long,
    /// or 10 s, and time that it waits for the processor is not counted
    #[arg(long, value_name = "S", default_value_t = 20.0, value_parser = parse_seconds)]
    pub timeout: f64,
    /// MB of memory a candidate may use above that of the idle worker
    #[arg(long, value_name = "MB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..=65_536))]
    pub memory: u64,
    /// How candidates are run.
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// How candidates are run, without a difference to their results.
#[derive(Clone, Debug, clap::Args)]
pub struct CacheArgs {
    /// Build and score anew even what is known, and keep nothing of it
    #[arg(long)]
    pub no_cache: bool,
    /// What makes CadQuery faster without changing results: `all`, `none`, or names separated by commas
    #[arg(long, value_name = "all|none|NAMES", default_value = "all", value_parser = parse_patches)]
    pub patches: String,
}

/// Which files scripts may read.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct ProjectArgs {
    /// Let the script read files and modules of this folder, and import from it; nothing there is written
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

impl ProjectArgs {
    /// The folder as an input of runs; `task` is what is scored against.
    pub fn apply(&self, task: Option<&Task>, limits: &mut Limits) -> anyhow::Result<()> {
        let Some(folder) = &self.project else {
            return Ok(());
        };
        if let Some(task) = task
            && Project::of_task(&task.dir)?.is_some()
        {
            return Err(CliError::Input(format!(
                "the task {} brings its own files, and a script has one project folder\nhint: leave out --project",
                task.id
            ))
            .into());
        }
        limits.project = Some(Project::open(folder)?);
        Ok(())
    }
}

impl CacheArgs {
    /// The choice as a change to the workers' configuration.
    pub fn apply(&self, config: &mut WorkerConfig) {
        config.patches.clone_from(&self.patches);
        if self.no_cache {
            config.cache = Cache::off();
        }
    }
}

impl ScoringArgs {
    /// The choices as the engine takes them.
    pub fn scoring(&self) -> Scoring {
        Scoring {
            profile: self.profile,
            mode: self.mode,
            shaping: self.shaping,
            reference: self.reference.clone(),
            limits: Limits {
                cpu_s: self.timeout,
                memory_mb: self.memory,
                ..Limits::default()
            },
            editability: self.editability,
        }
    }
}

fn parse_reference(text: &str) -> Result<ReferenceChoice, std::convert::Infallible> {
    Ok(match text {
        "task" => ReferenceChoice::Task,
        "none" => ReferenceChoice::None,
        file => ReferenceChoice::File(PathBuf::from(file)),
    })
}

fn parse_patches(text: &str) -> Result<String, String> {
    let known = |name: &str| PATCHES.contains(&name);
    if matches!(text, "all" | "none") || text.split(',').all(known) {
        Ok(text.to_owned())
    } else {
        Err(format!("give all, none, or some of {}", PATCHES.join(",")))
    }
}

/// An hour is far beyond any candidate that is worth waiting for.
const SECONDS: std::ops::RangeInclusive<f64> = 0.1..=3600.0;

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if SECONDS.contains(&seconds) => Ok(seconds),
        _ => Err(format!(
            "give seconds from {} to {}",
            SECONDS.start(),
            SECONDS.end()
        )),
    }
}
