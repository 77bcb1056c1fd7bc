//! `cadforge [studio]`: open the window.

use std::path::PathBuf;
use std::process::ExitCode;

use super::context::Global;
use crate::assess::Scoring;
use crate::studio::{self, StudioOptions};

/// Arguments of the window.
#[derive(Debug, clap::Args)]
pub struct StudioArgs {
    /// A CadQuery file or a trajectory to open
    #[arg(value_name = "FILE.py|TRAJECTORY|FOLDER")]
    open: Option<PathBuf>,
    /// The task to start with
    #[arg(long, value_name = "ID")]
    task: Option<String>,
}

impl StudioArgs {
    /// Whether nothing was given.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.task.is_none()
    }
}

pub(super) fn run(args: StudioArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let tasks = global.task_set()?;
    if let Some(id) = &args.task {
        tasks.get(id)?;
    }
    // One worker for the edit at hand; a second one keeps a repair loop from making it wait.
    let engine = global.engine(2)?;
    studio::run(StudioOptions {
        tasks,
        engine,
        initial_task: args.task,
        open: args.open,
        scoring: Scoring::default(),
    })?;
    Ok(ExitCode::SUCCESS)
}
