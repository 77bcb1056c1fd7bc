//! Shared by all subcommands: global flags, exit codes, start of the engine, output.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::render::Drawing;
use crate::assess::AssessError;
use crate::cache::{Bounds, Cache};
use crate::data::{DataError, MalformedLines};
use crate::engine::Engine;
use crate::executor::project::ProjectError;
use crate::executor::{Build, CancelToken, ExecutorError, Priority, RunSpec, WorkerConfig};
use crate::locate::{self, LocateError, Overrides};
use crate::repair::ReplayError;
use crate::task::{TaskError, TaskSet};
use crate::trajectory::TrajectoryError;

/// Flags of every subcommand.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Global {
    /// Also use the task packs in this folder; may be repeated
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub tasks: Vec<PathBuf>,
    /// Folder of fonts, icons and samples [env: CADFORGE_ASSETS]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        help_heading = "Places",
        hide_short_help = true
    )]
    pub assets: Option<PathBuf>,
    /// The cadforge-worker executable [env: CADFORGE_WORKER]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Places",
        hide_short_help = true
    )]
    pub worker: Option<PathBuf>,
    /// Python of the environment that holds CadQuery [env: CADFORGE_PYTHON]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        help_heading = "Places",
        hide_short_help = true
    )]
    pub python: Option<PathBuf>,
    #[arg(
        long,
        global = true,
        value_name = "FILTER",
        hide_short_help = true,
        help = "Write diagnostics to standard error: error, warn, info, debug or trace, or levels of parts, such as \
                warn,cadforge_executor=debug [env: CADFORGE_LOG]"
    )]
    pub log: Option<String>,
}

impl Global {
    /// Rejects `--tasks` on both sides of a subcommand: clap would silently drop the first ones.
    pub(super) fn check(&self, arguments: impl Iterator<Item = OsString>) -> Result<(), CliError> {
        let given = arguments
            .filter(|argument| {
                argument
                    .to_str()
                    .is_some_and(|text| text == "--tasks" || text.starts_with("--tasks="))
            })
            .count();
        if given > self.tasks.len() {
            let message =
                "--tasks is given before and after the subcommand\nhint: give all of them in one place";
            return Err(CliError::Input(message.to_owned()));
        }
        Ok(())
    }

    /// Locations given on the command line.
    pub(crate) fn overrides(&self) -> Overrides {
        Overrides {
            tasks: self.tasks.clone(),
            assets: self.assets.clone(),
            worker: self.worker.clone(),
            python: self.python.clone(),
        }
    }

    /// All tasks of all packs.
    pub(crate) fn task_set(&self) -> anyhow::Result<TaskSet> {
        Ok(TaskSet::load(&locate::tasks(&self.overrides())?)?)
    }

    /// An engine with at most `workers` workers, with the cache.
    pub(crate) fn engine(&self, workers: usize) -> anyhow::Result<Engine> {
        self.engine_with(workers, |_| {})
    }

    /// As [`Self::engine`], with changes to the configuration.
    pub(crate) fn engine_with(
        &self,
        workers: usize,
        change: impl FnOnce(&mut WorkerConfig),
    ) -> anyhow::Result<Engine> {
        let python = locate::python(&self.overrides())?;
        self.engine_of(python, workers, change)
    }

    /// As [`Self::engine_with`], with a given Python, which may not exist yet.
    pub(crate) fn engine_of(
        &self,
        python: PathBuf,
        workers: usize,
        change: impl FnOnce(&mut WorkerConfig),
    ) -> anyhow::Result<Engine> {
        let worker = locate::worker(&self.overrides())?;
        let mut config = WorkerConfig::new(worker, python, workers);
        if let Some(folder) = locate::cache() {
            config.cache = Cache::open(folder, Bounds::default());
        }
        change(&mut config);
        Ok(Engine::start(config))
    }
}

/// An error that determines the exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// Wrong use or bad input: exit 2.
    #[error("{0}")]
    Input(String),
    /// The goal was not reached: exit 1.
    #[error("{0}")]
    NotReached(String),
}

/// The exit code of an error: 1 if the goal was not reached, 2 for input errors, 3 for internal errors.
pub(super) fn exit_code(error: &anyhow::Error) -> u8 {
    if matches!(error.downcast_ref(), Some(CliError::NotReached(_))) {
        return 1;
    }
    let input = error.chain().any(|cause| {
        cause.is::<CliError>()
            || cause.is::<TaskError>()
            || cause.is::<ReplayError>()
            || cause.is::<TrajectoryError>()
            || cause.is::<ProjectError>()
            || cause.downcast_ref().is_some_and(LocateError::is_input)
            || cause.downcast_ref().is_some_and(ExecutorError::is_input)
            || cause.downcast_ref().is_some_and(AssessError::is_input)
            || cause.downcast_ref().is_some_and(DataError::is_input)
    });
    if input { 2 } else { 3 }
}

/// Whether standard output was closed, as by `head`; not an error.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// Prints progress to standard error if that is a terminal.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
    }
}

/// Reports malformed lines on standard error.
pub(super) fn report_malformed(lines: &MalformedLines) {
    for message in lines.messages() {
        eprintln!("cadforge: {message}");
    }
}

/// Reads a candidate from a file, or from standard input for `-`.
pub(super) fn read_candidate(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| ())
    } else {
        std::fs::read(path).map(|content| bytes = content)
    };
    match read {
        Ok(()) => Ok(bytes),
        Err(error) => Err(CliError::Input(format!(
            "cannot read {}: {error}\nhint: give a CadQuery file, or `-` for standard input",
            path.display()
        ))
        .into()),
    }
}

/// Prints one JSON object and a newline.
pub(super) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let mut text = serde_json::to_string_pretty(value).context("cannot write JSON")?;
    text.push('\n');
    print(&text)
}

/// Prints to standard output; unlike `print!` it does not panic when standard output is closed.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Builds a file for display, without scoring it.
pub(super) fn build_drawing(
    engine: &Engine,
    path: &Path,
    code: &[u8],
    spec: &RunSpec,
) -> anyhow::Result<Drawing> {
    let executor = engine.assessor().executor();
    // Live runs return all objects that a script shows.
    let execution = executor.build(code, spec, Priority::Live, &CancelToken::never())?;
    match execution.build {
        Build::Shape(shape) => Ok(Drawing {
            shape,
            scene: execution.scene,
        }),
        Build::Failed(failure) => {
            let line = failure
                .line
                .map(|line| format!(" at line {line}"))
                .unwrap_or_default();
            Err(CliError::NotReached(format!(
                "{} does not build{line}: {}\nhint: run `cadforge eval` for details",
                path.display(),
                failure.message
            ))
            .into())
        }
    }
}
