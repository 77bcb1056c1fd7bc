//! `cadforge [studio]`: open the window.

use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;

use super::context::{Global, Problem};
use crate::assess::Scoring;
use crate::studio::{self, Opened, StudioOptions};
use crate::trajectory;

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
    let open = match args.open {
        Some(path) if path.is_dir() || path.extension().is_some_and(|extension| extension == "jsonl") => {
            Some(Opened::Trajectory(Box::new(trajectory::read(&path)?)))
        }
        Some(path) if !path.is_file() => {
            let message = format!(
                "cannot open {}: no such file\nhint: give a Python file with CadQuery code, or a trajectory's folder",
                path.display()
            );
            return Err(Problem::Input(message).into());
        }
        path => path.map(Opened::File),
    };
    // One worker for the edit at hand, and for repair loops as many as there are cores, started when they are needed.
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    let engine = global.engine_with(1 + cores, |config| config.live_slot = true)?;
    engine.warm_up();
    studio::run(StudioOptions {
        tasks,
        engine,
        initial_task: args.task,
        open,
        scoring: Scoring::default(),
    })?;
    Ok(ExitCode::SUCCESS)
}
