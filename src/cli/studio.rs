//! `cadforge [studio]`: open the window.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use super::context::{CliError, Global};
use crate::assess::Scoring;
use crate::data::index::{self, is_run_folder};
use crate::data::{Content, Lines, is_row_file, store};
use crate::locate;
use crate::reward::Profile;
use crate::studio::environment::Recipe;
use crate::studio::settings::Settings;
use crate::studio::{self, Opened, StudioOptions};
use crate::trajectory::{self, TrajectoryError};

#[derive(Debug, clap::Args)]
pub(crate) struct StudioArgs {
    /// File to open: a CadQuery file, a trajectory, rows of a training run (JSON Lines, plain or compressed with gzip), a folder of these, or a store
    #[arg(value_name = "FILE.py|TRAJECTORY|FOLDER")]
    open: Option<PathBuf>,
    /// Initial task
    #[arg(long, value_name = "ID")]
    task: Option<String>,
}

impl StudioArgs {
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_none() && self.task.is_none()
    }
}

/// Whether the first line of a file is a candidate, as training runs write it, and no step of a trajectory.
fn holds_rows(path: &Path) -> bool {
    let first = Lines::open(path).and_then(|mut lines| lines.next_line());
    let row = first.ok().flatten().and_then(|line| line.row.ok());
    row.is_some_and(|row| {
        let is_candidate = matches!(Content::of(&row), Content::Candidate(_));
        is_candidate && row.get("origin").is_none()
    })
}

/// The Python of the workers: that of the command line, of the settings, or the one found. If there is none, the path
/// where one can be created, and how.
fn python(global: &Global, settings: &Settings) -> anyhow::Result<(PathBuf, Option<Recipe>)> {
    let overrides = global.overrides();
    let named = overrides.python.is_some()
        || std::env::var_os("CADFORGE_PYTHON").is_some_and(|path| !path.is_empty());
    if !named && !settings.python.is_empty() {
        // The window opens even if this Python does not exist: the user can change the setting there.
        return Ok((PathBuf::from(&settings.python), None));
    }
    match locate::python(&overrides) {
        Ok(python) => Ok((python, None)),
        Err(error) if named => Err(error.into()),
        Err(_) => {
            let python = locate::environment()?.join("bin/python");
            let recipe = Recipe::find(&overrides, &python);
            Ok((python, recipe))
        }
    }
}

pub(super) fn run(args: StudioArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let tasks = global.task_set()?;
    if let Some(id) = &args.task {
        tasks.get(id)?;
    }
    let open = match args.open {
        // Read after the first frame: there may be a hundred thousand rows.
        Some(path) if store::exists(&path) => Some(Opened::File(path)),
        Some(path) if is_run_folder(&path) => {
            index::files(&path)?;
            Some(Opened::File(path))
        }
        Some(path) if path.is_dir() || is_row_file(&path) => {
            match trajectory::read(&path) {
                Ok(read) => Some(Opened::Trajectory(Box::new(read))),
                // A file of rows is read there too.
                Err(TrajectoryError::BadHeader { .. }) if holds_rows(&path) => Some(Opened::File(path)),
                Err(error) => return Err(error.into()),
            }
        }
        Some(path) if !path.is_file() => {
            let message = format!(
                "cannot open {}: no such file\nhint: give a Python file with CadQuery code, or a trajectory's folder",
                path.display()
            );
            return Err(CliError::Input(message).into());
        }
        path => path.map(Opened::File),
    };
    let data = locate::data().ok();
    let settings_file = data.as_ref().map(|data| data.join("settings.toml"));
    let (settings, settings_problem) = match &settings_file {
        Some(path) => {
            let read = Settings::read(path);
            let problem = read.message(path);
            (read.settings, problem)
        }
        None => (Settings::default(), None),
    };
    // One worker for live edits, and the configured number for repair loops, started on demand.
    let (python, recipe) = python(global, &settings)?;
    let engine = global.engine_of(python, 1 + settings.workers, |config| config.live_slot = true)?;
    engine.warm_up();
    studio::run(StudioOptions {
        pack: data.as_ref().map(|data| data.join("tasks")),
        memory: data.map(|data| data.join("studio")),
        settings,
        settings_problem,
        settings_file,
        started,
        recipe,
        tasks,
        engine,
        initial_task: args.task,
        open,
        scoring: Scoring {
            profile: Profile::OF_PROGRAMS,
            ..Scoring::default()
        },
        prompts: locate::assets(&global.overrides())
            .ok()
            .map(|assets| assets.join("prompts")),
    })?;
    Ok(ExitCode::SUCCESS)
}
