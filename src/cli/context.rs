//! What all verbs share: global flags, exit codes, the parts they start.

use std::ffi::OsString;
use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde::Serialize;

use super::render::Drawing;
use crate::assess::AssessError;
use crate::cache::{Bounds, Cache};
use crate::data::DataError;
use crate::engine::Engine;
use crate::executor::project::ProjectError;
use crate::executor::{Build, CancelToken, ExecutorError, Limits, Priority, WorkerConfig};
use crate::locate::{self, LocateError, Overrides};
use crate::repair::ReplayError;
use crate::task::{TaskError, TaskSet};
use crate::trajectory::TrajectoryError;

/// Flags that every verb takes.
#[derive(Clone, Debug, clap::Args)]
pub struct Global {
    /// Add the task packs in this folder; may be given more than once
    #[arg(long, global = true, value_name = "DIR", help_heading = "Places")]
    pub tasks: Vec<PathBuf>,
    /// The folder of fonts, icons and samples [env: CADFORGE_ASSETS]
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
}

impl Global {
    /// Refuses `--tasks` on both sides of a verb: clap keeps those behind it alone, and says nothing.
    pub(super) fn check(&self, arguments: impl Iterator<Item = OsString>) -> Result<(), CliError> {
        let given = arguments
            .filter(|argument| {
                argument
                    .to_str()
                    .is_some_and(|text| text == "--tasks" || text.starts_with("--tasks="))
            })
            .count();
        if given > self.tasks.len() {
            let message = "--tasks stands before and behind the verb\nhint: give all of them in one place";
            return Err(CliError::Input(message.to_owned()));
        }
        Ok(())
    }

    /// Where to look first.
    pub fn overrides(&self) -> Overrides {
        Overrides {
            tasks: self.tasks.clone(),
            assets: self.assets.clone(),
            worker: self.worker.clone(),
            python: self.python.clone(),
        }
    }

    /// All tasks of all packs.
    pub fn task_set(&self) -> anyhow::Result<TaskSet> {
        Ok(TaskSet::load(&locate::tasks(&self.overrides())?)?)
    }

    /// An engine with that many workers at most, which keeps results.
    pub fn engine(&self, workers: usize) -> anyhow::Result<Engine> {
        self.engine_with(workers, |_| {})
    }

    /// As [`Self::engine`], with changes to the configuration.
    pub fn engine_with(
        &self,
        workers: usize,
        change: impl FnOnce(&mut WorkerConfig),
    ) -> anyhow::Result<Engine> {
        let python = locate::python(&self.overrides())?;
        self.engine_of(python, workers, change)
    }

    /// As [`Self::engine_with`], on that Python, which may not be there yet.
    pub fn engine_of(
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

/// An error that says by itself with which code the program ends.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// Wrong use or bad input: exit 2.
    #[error("{0}")]
    Input(String),
    /// The thing asked for did not come about: exit 1.
    #[error("{0}")]
    NotReached(String),
}

/// The exit code of an error: 1 for what did not come about, 2 for what the user can mend, 3 for our own
/// machinery.
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

/// Whether the reader of standard output went away, as `head` does: no fault of anyone.
pub(super) fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<std::io::Error>()
            .is_some_and(|io| io.kind() == std::io::ErrorKind::BrokenPipe)
    })
}

/// Says on standard error what is under way, if a person watches.
pub(super) fn progress(text: &str) {
    if std::io::stderr().is_terminal() {
        eprintln!("{text}");
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

/// Prints to standard output; unlike `print!` it does not panic when the reader has gone.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Builds a file for showing, without scoring it.
pub(super) fn build_drawing(
    engine: &Engine,
    path: &Path,
    code: &[u8],
    limits: &Limits,
) -> anyhow::Result<Drawing> {
    let executor = engine.assessor().executor();
    // All that a script shows is handed over to whoever waits for it.
    let execution = executor.build(code, limits, Priority::Live, &CancelToken::never())?;
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
                "{} does not build{line}: {}\nhint: `cadforge eval` says more",
                path.display(),
                failure.message
            ))
            .into())
        }
    }
}
