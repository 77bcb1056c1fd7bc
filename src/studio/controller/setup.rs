//! Settings, and what they set up: the Python environment, the cache, new tasks, panic reports.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::cache;
use crate::engine::Wake;
use crate::executor::scratch;
use crate::locate;
use crate::studio::background::{Background, LatestWrite, Operations};
use crate::studio::diagnostics;
use crate::studio::new_task::NewTask;
use crate::studio::settings::Settings;
use crate::studio::state::{CacheUsage, Messages, Notice, Setup};
use crate::task::Task;

/// Settings and what they set up.
pub(super) struct SetupPart {
    pub state: Setup,
    background: Background<SetupEvent>,
    settings_writes: LatestWrite,
}

#[derive(Debug)]
enum SetupEvent {
    EnvironmentCreated(Result<(), String>),
    TaskWritten(Result<Arc<Task>, String>),
    /// The cache was measured or cleared.
    CacheUsage(CacheUsage),
    /// Settings could not be saved.
    NotSaved(String),
}

/// What the sessions have to do.
#[derive(Debug)]
pub(super) enum SetupReport {
    /// Start the workers in the new environment.
    EnvironmentCreated,
    /// Display a new task.
    TaskWritten(Arc<Task>),
}

impl SetupPart {
    pub fn new(wake: Wake, operations: Operations) -> Self {
        Self {
            state: Setup::default(),
            background: Background::new(wake, operations),
            settings_writes: LatestWrite::default(),
        }
    }

    /// Handles the results received so far; returns what the sessions have to do.
    pub fn update(&mut self, messages: &mut Messages) -> Vec<SetupReport> {
        let mut reports = Vec::new();
        while let Some(event) = self.background.next() {
            match event {
                SetupEvent::EnvironmentCreated(made) => {
                    self.state.creating_environment = false;
                    // Replaces the workers' message, which has the same cause.
                    messages.notice = None;
                    match made {
                        Ok(()) => {
                            messages.log("Python environment installed");
                            reports.push(SetupReport::EnvironmentCreated);
                        }
                        Err(message) => {
                            messages.log_error(&message);
                            messages.notice = Some(Notice::from_message(&message, true));
                        }
                    }
                }
                SetupEvent::TaskWritten(Ok(task)) => {
                    messages.log(format!(
                        "wrote the task {} to {}; `cadforge tasks check {}` verifies it",
                        task.id,
                        task.dir.display(),
                        task.id
                    ));
                    reports.push(SetupReport::TaskWritten(task));
                }
                SetupEvent::TaskWritten(Err(message)) => self.state.new_task_problem = Some(message),
                SetupEvent::CacheUsage(usage) => {
                    if usage.cleaned {
                        messages.log("cache cleared");
                    }
                    if let Some(message) = &usage.problem {
                        messages.report_error(message);
                    }
                    self.state.cache = Some(usage);
                }
                SetupEvent::NotSaved(message) => messages.report_error(&message),
            }
        }
        reports
    }

    /// Changes settings and saves them.
    pub fn save(&mut self, settings: Settings) {
        self.state.settings = settings.clone();
        if let Some(path) = self.state.settings_file.clone() {
            let write = move || settings.write(&path);
            self.settings_writes
                .write(self.background.sender(), write, SetupEvent::NotSaved);
        }
    }

    /// Stores panic reports in that folder, and reports one of an earlier window.
    pub fn store_panics(&mut self, folder: &Path, messages: &mut Messages) {
        self.state.last_panic = diagnostics::last_panic(folder);
        diagnostics::store_panics(folder);
        if let Some(panic) = &self.state.last_panic {
            let first = panic.lines().next().unwrap_or_default();
            messages.notice = Some(Notice {
                text: format!("the studio crashed in an earlier session: {first}"),
                hint: Some("Copy diagnostics (in the menu) includes the full report".to_owned()),
                from_pool: false,
            });
        }
    }

    pub fn write_task(&mut self, task: NewTask) {
        let Some(pack) = self.state.pack.clone() else {
            self.state.new_task_problem = Some("no folder for new tasks".to_owned());
            return;
        };
        self.state.new_task_problem = None;
        self.background
            .run(move || SetupEvent::TaskWritten(task.write(&pack)));
    }

    /// Creates the missing Python environment, unless that is under way.
    pub fn create_environment(&mut self) {
        if let Some(recipe) = self.state.recipe.clone()
            && !std::mem::replace(&mut self.state.creating_environment, true)
        {
            self.background.run_long("setting up Python, 340 MB", move |_| {
                SetupEvent::EnvironmentCreated(recipe.create())
            });
        }
    }

    /// Measures the cache, after clearing it if requested.
    pub fn measure_cache(&self, clean: bool) {
        let what = if clean { "clearing the cache" } else { "measuring" };
        self.background
            .run_long(what, move |_| SetupEvent::CacheUsage(measure_cache(clean)));
    }
}

fn measure_cache(clean: bool) -> CacheUsage {
    // Tests never clear the user's cache.
    let (folder, clean) = (locate::cache(), clean && !cfg!(test));
    let problem = clean.then(|| clear_cache(folder.as_deref())).flatten();
    let usage = folder.as_deref().map(cache::usage).unwrap_or_default();
    CacheUsage {
        folder,
        entries: usage.entries,
        bytes: usage.bytes,
        cleaned: clean && problem.is_none(),
        problem,
    }
}

/// Clears the cache and what killed workers left; returns what could not be removed.
fn clear_cache(folder: Option<&Path>) -> Option<String> {
    let mut problem = None;
    if let Some(folder) = folder
        && let Err(error) = cache::remove(folder)
    {
        problem = Some(format!(
            "cannot remove the results in {}: {error}\nhint: is the folder yours? CADFORGE_CACHE names another",
            folder.display()
        ));
    }
    for left in scratch::abandoned() {
        let path: PathBuf = left.path.clone();
        if left.remove().is_err() && problem.is_none() {
            problem = Some(format!(
                "cannot remove {}\nhint: another user's worker left it",
                path.display()
            ));
        }
    }
    problem
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_task_without_a_folder_is_not_written_and_settings_reach_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("settings.toml");
        let mut part = SetupPart::new(Arc::new(|| {}), Operations::default());
        part.state.settings_file = Some(path.clone());
        part.save(Settings {
            workers: 3,
            ..Settings::default()
        });
        part.measure_cache(false);
        let mut messages = Messages::default();
        let deadline = Instant::now() + Duration::from_secs(20);
        while part.state.cache.is_none() && Instant::now() < deadline {
            assert!(part.update(&mut messages).is_empty());
        }
        assert_eq!(part.state.cache.as_ref().map(|usage| usage.cleaned), Some(false));
        drop(part);
        assert_eq!(Settings::read(&path).settings.workers, 3);
    }
}
