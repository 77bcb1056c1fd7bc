//! The scoring flags, common to all subcommands that score.

use std::path::PathBuf;

use super::CliError;
use crate::assess::{ReferenceChoice, Scoring};
use crate::cache::Cache;
use crate::executor::project::Project;
use crate::executor::{Limits, PATCHES, WorkerConfig};
use crate::reward::{Mode, Profile, Shaping};
use crate::task::Task;

/// Scoring options and limits of a candidate.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "Scoring")]
pub(crate) struct ScoringArgs {
    /// Formulas that compute the total
    #[arg(long, value_enum, default_value_t = Profile::OF_PROGRAMS)]
    pub profile: Profile,
    /// Scoring mode; `fast` skips surface sampling and rasterisation
    #[arg(long, value_enum, default_value_t = Mode::Full)]
    pub mode: Mode,
    /// Add `shaped`, the reward for a GRPO loop
    #[arg(long, value_enum, default_value_t = Shaping::None)]
    pub shaping: Shaping,
    /// Reference to compare with: `task`, `none`, or a .py, .stl, .obj or .glb file
    #[arg(long, value_name = "task|none|FILE", default_value = "task", value_parser = parse_reference)]
    pub reference: ReferenceChoice,
    /// Under grounded-v2, how many named dimensions are changed at most [default: 16 in full mode, none in fast]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=200))]
    pub editability: Option<u32>,
    /// CPU seconds of a candidate; it may sleep for half as long, or 10 s, and waiting for the processor does not
    /// count
    #[arg(long, value_name = "S", default_value_t = Limits::DEFAULT.cpu_s, value_parser = parse_seconds)]
    pub timeout: f64,
    /// MB of memory of a candidate, above that of the idle worker
    #[arg(long, value_name = "MB", default_value_t = Limits::DEFAULT.memory_mb, value_parser = clap::value_parser!(u64).range(64..=65_536))]
    pub memory: u64,
    #[command(flatten)]
    pub cache: CacheArgs,
}

/// Execution options that do not affect results.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct CacheArgs {
    /// Build and score without the cache
    #[arg(long)]
    pub no_cache: bool,
    /// Patches that make CadQuery faster without changing results: `all`, `none`, or names separated by commas
    #[arg(long, value_name = "all|none|NAMES", default_value = "all", value_parser = parse_patches)]
    pub patches: String,
}

/// Files that scripts may read.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct ProjectArgs {
    /// Let the script read files of this folder and import modules from it; read-only
    #[arg(long, value_name = "DIR")]
    pub project: Option<PathBuf>,
}

impl ProjectArgs {
    /// The folder, if one is given; `task` is the task that is scored.
    pub(crate) fn open(&self, task: Option<&Task>) -> anyhow::Result<Option<Project>> {
        let Some(folder) = &self.project else {
            return Ok(None);
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
        Ok(Some(Project::open(folder)?))
    }
}

impl CacheArgs {
    /// Applies the options to the workers' configuration.
    pub(crate) fn apply(&self, config: &mut WorkerConfig) {
        config.patches.clone_from(&self.patches);
        if self.no_cache {
            config.cache = Cache::off();
        }
    }
}

impl ScoringArgs {
    /// The options as [`Scoring`].
    pub(crate) fn scoring(&self) -> Scoring {
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
            project: None,
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

/// More than any useful candidate takes.
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
