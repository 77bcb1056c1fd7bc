//! Opens and saves files on background threads.
//!
//! Saving is atomic: a file holds its old or its new content, whatever happens in between.

mod writer;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::exporting;
use super::new_task::NewTask;
use super::notes::Notes;
use super::rows::{RowIndex, write_rows};
use super::settings::Settings;
use super::share::{self, ExportFormat, Timeline};
use super::state::{CardId, PathPurpose, Work, file_name};
use crate::cache;
use crate::data::DataError;
use crate::data::index::is_run_folder;
use crate::data::report::Run;
use crate::data::store::{self, Imported, Store};
use crate::engine::Wake;
use crate::executor::project::Project;
use crate::executor::scratch;
use crate::locate;
use crate::studio::environment::Recipe;
use crate::task::Task;
use crate::trajectory::{self, Trajectory, TrajectoryError, replace_file};
use writer::{Latest, Stamp, Watched, Write, Writer, changed, hash, lock, read_stamp, start_writer};

/// `rfd` returns nothing both when the user cancels and when no dialog can be shown. Users do not cancel faster than this, so a
/// faster empty result means that the path field is needed.
const NO_PORTAL: Duration = Duration::from_millis(400);

/// Polling interval of watched files: changes are noticed by the time the user returns to the window.
const WATCH: Duration = Duration::from_millis(700);

/// Result of a file operation.
#[derive(Debug)]
pub enum FileEvent {
    /// A dialog returned a path.
    PathChosen(PathPurpose, PathBuf),
    /// No dialog could be shown.
    NoDialog(PathPurpose),
    /// Whether a file that would be written exists.
    PathChecked(PathPurpose, PathBuf, bool),
    /// Content of a file.
    Read(PathBuf, Result<String, String>),
    /// A folder as project folder.
    Project(PathBuf, Box<Result<Project, String>>),
    /// A trajectory was read.
    Trajectory(Box<Result<Trajectory, String>>),
    /// A file of rows was read, with its notes.
    Rows(Arc<RowIndex>, Result<Notes, String>),
    /// Rows to compare with were read.
    Other(Result<Arc<RowIndex>, String>),
    /// Codes of a group were read: row index, task and code of each.
    Group(usize, Vec<(usize, RowCode)>),
    /// A row's code was read: its index, task and code.
    RowCode(usize, RowCode),
    /// Rows that contain a text, with the serial number of the search.
    Matches(u64, Result<Vec<u32>, String>),
    /// Settings could not be saved.
    NotSaved(String),
    /// The Python environment was created.
    EnvironmentCreated(Result<(), String>),
    /// A task was written.
    TaskWritten(Result<Arc<Task>, String>),
    /// Size of the cache on disk.
    CacheUsage(CacheUsage),
    /// Report of the runs among rows.
    Report(Arc<RowIndex>, Result<Vec<Run>, String>),
    /// Rows were imported into the store in a folder.
    Imported(PathBuf, Result<Imported, String>),
    /// A timeline was exported.
    Exported(PathBuf, Result<(), String>),
    /// A watched file has new content.
    Changed(PathBuf, String),
    /// A card's revision was written.
    Written {
        path: PathBuf,
        card: CardId,
        /// Revision that the file now holds.
        revision: u64,
        /// Error, if writing failed.
        result: Result<(), String>,
    },
}

/// Size of the cache on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CacheUsage {
    /// Cache folder; none where results are not cached.
    pub folder: Option<PathBuf>,
    pub entries: u64,
    /// Size of the results in bytes.
    pub bytes: u64,
    /// Whether the cache was just cleared.
    pub cleaned: bool,
    /// Files that could not be removed.
    pub problem: Option<String>,
}

/// Task and code of a row, or the error.
pub type RowCode = Result<(Option<String>, String), String>;

/// Runs file operations on threads and collects their results.
pub struct Files {
    sender: Sender<FileEvent>,
    /// Results in order of completion.
    pub events: Receiver<FileEvent>,
    wake: Wake,
    writer: Option<Writer>,
    watched: Watched,
    watching: bool,
    work: Arc<Mutex<BTreeMap<u64, Work>>>,
    serial: u64,
    settings: Latest,
    notes: Latest,
}

impl Drop for Files {
    /// A closing window waits until saved files are on the disk.
    fn drop(&mut self) {
        if let Some(Writer { queue, thread }) = self.writer.take() {
            drop(queue);
            // A writer that panicked has nothing more to write.
            let _ = thread.join();
        }
        for latest in [&mut self.settings, &mut self.notes] {
            if let Some(thread) = latest.last.take() {
                let _ = thread.join();
            }
        }
    }
}

impl Files {
    /// Calls `wake` after each event.
    pub fn new(wake: Wake) -> Self {
        let (sender, events) = crossbeam_channel::unbounded();
        Self {
            sender,
            events,
            wake,
            writer: None,
            watched: Arc::default(),
            watching: false,
            work: Arc::default(),
            serial: 0,
            settings: Latest::default(),
            notes: Latest::default(),
        }
    }

    /// Reports from now on when a file no longer holds `code`.
    pub fn watch(&mut self, path: PathBuf, code: &str) {
        let stamp = Stamp {
            seen: read_stamp(&path),
            content: hash(code),
        };
        lock(&self.watched).insert(path, stamp);
        self.start_watching();
    }

    fn start_watching(&mut self) {
        if std::mem::replace(&mut self.watching, true) {
            return;
        }
        let (sender, wake) = (self.sender.clone(), self.wake.clone());
        let watched = Arc::downgrade(&self.watched);
        thread::spawn(move || {
            loop {
                thread::sleep(WATCH);
                // The window is closed.
                let Some(watched) = watched.upgrade() else { return };
                for (path, code) in changed(&mut lock(&watched)) {
                    let _ = sender.send(FileEvent::Changed(path, code));
                    wake();
                }
            }
        });
    }

    /// Reads a trajectory, a file of rows, a store, or a folder of trajectories and files of rows.
    pub fn read_trajectory(&mut self, path: PathBuf) {
        self.run_long(format!("reading {}", file_name(&path)), move |progress| {
            if store::exists(&path) || is_run_folder(&path) {
                return Some(match RowIndex::open(&path, progress) {
                    Ok(rows) => FileEvent::Rows(Arc::new(rows), Notes::read(&path)),
                    Err(error) => FileEvent::NotSaved(error.to_string()),
                });
            }
            match trajectory::read(&path) {
                Ok(read) => Some(FileEvent::Trajectory(Box::new(Ok(read)))),
                // A JSONL file without a header holds rows of a training run.
                Err(TrajectoryError::BadHeader { .. }) if path.is_file() => {
                    Some(match RowIndex::read(&path) {
                        Ok(rows) => FileEvent::Rows(Arc::new(rows), Notes::read(&path)),
                        Err(error) => FileEvent::Trajectory(Box::new(Err(error.to_string()))),
                    })
                }
                Err(error) => Some(FileEvent::Trajectory(Box::new(Err(error.to_string())))),
            }
        });
    }

    pub fn read_row(&self, rows: Arc<RowIndex>, index: usize) {
        self.run(move || Some(FileEvent::RowCode(index, code(&rows, index))));
    }

    /// Reads rows to compare with: a file, a store or a folder.
    pub fn read_other(&mut self, path: PathBuf) {
        self.run_long(format!("reading {}", file_name(&path)), move |progress| {
            let rows = RowIndex::open(&path, progress);
            Some(FileEvent::Other(
                rows.map(Arc::new).map_err(|error| error.to_string()),
            ))
        });
    }

    /// Reads the codes of a group's rows.
    pub fn read_group(&self, rows: Arc<RowIndex>, group: usize, members: Vec<usize>) {
        self.run(move || {
            let codes = members.into_iter().map(|row| (row, code(&rows, row))).collect();
            Some(FileEvent::Group(group, codes))
        });
    }

    /// Writes some rows with their notes.
    pub fn export_rows(&mut self, path: PathBuf, rows: Arc<RowIndex>, chosen: Vec<u32>, notes: Notes) {
        self.run_long(format!("writing {}", file_name(&path)), move |progress| {
            let done = write_rows(&rows, &chosen, &notes, &path, progress);
            Some(FileEvent::Exported(path, done))
        });
    }

    /// Runs an export in the background; `path` is its destination.
    pub fn export_data(&mut self, path: PathBuf, make: impl FnOnce() -> Result<(), String> + Send + 'static) {
        self.run_long(format!("writing {}", file_name(&path)), move |_| {
            let made = make();
            Some(FileEvent::Exported(path, made))
        });
    }

    /// Computes the report of the runs among the rows, and of another run to compare with.
    pub fn read_report(&mut self, rows: Arc<RowIndex>, other: Option<Arc<RowIndex>>) {
        self.run_long("reading the report".to_owned(), move |_| {
            let read = exporting::runs(&rows).and_then(|mut runs| {
                if let Some(other) = other {
                    runs.extend(exporting::runs(&other)?);
                }
                Ok(runs)
            });
            Some(FileEvent::Report(rows, read))
        });
    }

    /// Imports the files of rows into the store in a folder, which is created if missing. The counts of several files are
    /// summed, without a run's name.
    pub fn import_rows(&mut self, rows: Arc<RowIndex>, folder: PathBuf) {
        self.run_long(format!("importing {}", file_name(&rows.path)), move |progress| {
            let import = || {
                let mut store = Store::open(&folder)?;
                let mut all = Imported::default();
                for (done, file) in rows.files.iter().enumerate() {
                    let imported = store.import(file, None, &mut |_| {})?;
                    all.rows += imported.rows;
                    all.added += imported.added;
                    all.malformed.append(imported.malformed);
                    if rows.files.len() == 1 {
                        all.run = imported.run;
                    }
                    progress((done + 1) as f32 / rows.files.len() as f32);
                }
                Ok(all)
            };
            let imported = import().map_err(|error: DataError| error.to_string());
            Some(FileEvent::Imported(folder, imported))
        });
    }

    /// Saves notes beside their file of rows.
    pub fn save_notes(&mut self, rows: PathBuf, notes: Notes) {
        let events = (self.sender.clone(), self.wake.clone());
        self.notes.write(events, move || notes.write(&rows));
    }

    /// Writes a task to a pack.
    pub fn write_task(&self, pack: PathBuf, task: NewTask) {
        self.run(move || Some(FileEvent::TaskWritten(task.write(&pack))));
    }

    pub fn create_environment(&mut self, recipe: Recipe) {
        self.run_long("setting up Python, 340 MB".to_owned(), move |_| {
            Some(FileEvent::EnvironmentCreated(recipe.create()))
        });
    }

    /// Measures the cache, after clearing it if requested.
    pub fn measure_cache(&mut self, clean: bool) {
        let what = if clean { "clearing the cache" } else { "measuring" };
        self.run_long(what.to_owned(), move |_| {
            // Tests never clear the user's cache.
            let (folder, clean) = (locate::cache(), clean && !cfg!(test));
            let problem = clean.then(|| clear_cache(folder.as_deref())).flatten();
            let usage = folder.as_deref().map(cache::usage).unwrap_or_default();
            Some(FileEvent::CacheUsage(CacheUsage {
                folder,
                entries: usage.entries,
                bytes: usage.bytes,
                cleaned: clean && problem.is_none(),
                problem,
            }))
        });
    }

    /// Searches the rows for a text.
    pub fn search_rows(&mut self, rows: Arc<RowIndex>, text: String, serial: u64) {
        self.run_long("searching".to_owned(), move |_| {
            let found = rows.search(&text).map_err(|error| error.to_string());
            Some(FileEvent::Matches(serial, found))
        });
    }

    pub fn save_settings(&mut self, path: PathBuf, settings: Settings) {
        let events = (self.sender.clone(), self.wake.clone());
        self.settings.write(events, move || settings.write(&path));
    }

    pub fn export(&mut self, path: PathBuf, timeline: Timeline, format: ExportFormat) {
        self.run_long(format!("writing {}", file_name(&path)), move |progress| {
            let done = share::render(&timeline, format, progress).and_then(|bytes| {
                replace_file(&path, &bytes).map_err(|error| {
                    format!(
                        "cannot write {}: {error}\nhint: choose another folder",
                        path.display()
                    )
                })
            });
            Some(FileEvent::Exported(path, done))
        });
    }

    /// Long operations in progress, oldest first.
    pub fn work(&self) -> Vec<Work> {
        let work = self.work.lock().unwrap_or_else(PoisonError::into_inner);
        work.values().cloned().collect()
    }

    /// Asks for a path with the desktop's dialog. `suggested` is a file name for saving.
    pub fn choose_path(&self, purpose: PathPurpose, suggested: String) {
        self.run(move || {
            // Nobody answers dialogs in tests.
            if cfg!(test) {
                return Some(FileEvent::NoDialog(purpose));
            }
            let start = Instant::now();
            let dialog = rfd::FileDialog::new();
            let dialog = match purpose {
                PathPurpose::Open => {
                    dialog.add_filter("CadQuery code, trajectories, rows", &["py", "jsonl", "gz"])
                }
                PathPurpose::Folder => dialog,
                PathPurpose::Save(_) => dialog.add_filter("CadQuery code", &["py"]),
                PathPurpose::Compare | PathPurpose::Rows => dialog.add_filter("rows", &["jsonl", "gz"]),
                PathPurpose::Step => dialog.add_filter("STEP", &["step", "stp"]),
                PathPurpose::Export(format) => dialog.add_filter(format.extension(), &[format.extension()]),
            };
            let path = match purpose {
                PathPurpose::Open => dialog.set_title("Open code, a trajectory or rows").pick_file(),
                PathPurpose::Folder => dialog
                    .set_title("Open a folder of trajectories or rows")
                    .pick_folder(),
                PathPurpose::Save(_) => dialog.set_title("Save code").set_file_name(suggested).save_file(),
                PathPurpose::Compare => dialog.set_title("Compare with another run").pick_file(),
                PathPurpose::Rows | PathPurpose::Export(_) | PathPurpose::Step => {
                    dialog.set_title("Export").set_file_name(suggested).save_file()
                }
            };
            match path {
                Some(path) => Some(FileEvent::PathChosen(purpose, path)),
                None if start.elapsed() < NO_PORTAL => Some(FileEvent::NoDialog(purpose)),
                None => None,
            }
        });
    }

    /// Checks a folder that scripts might read.
    pub fn open_project(&self, folder: PathBuf) {
        self.run(move || {
            let opened = Project::open(&folder).map_err(|error| error.to_string());
            Some(FileEvent::Project(folder, Box::new(opened)))
        });
    }

    /// Checks whether a path that would be written exists.
    pub fn check_path(&self, purpose: PathPurpose, path: PathBuf) {
        self.run(move || {
            // A dangling link exists as well.
            let there = fs::symlink_metadata(&path).is_ok();
            Some(FileEvent::PathChecked(purpose, path, there))
        });
    }

    /// Reads a file as UTF-8.
    pub fn read(&self, path: PathBuf) {
        self.run(move || {
            let result = read(&path);
            Some(FileEvent::Read(path, result))
        });
    }

    /// Writes a card's code, after the writes queued before, and watches the file from then on.
    pub fn write(&mut self, path: PathBuf, code: String, card: CardId, revision: u64) {
        self.start_watching();
        let (sender, wake) = (&self.sender, &self.wake);
        let writer = self
            .writer
            .get_or_insert_with(|| start_writer(sender.clone(), wake.clone(), self.watched.clone()));
        // The thread receives for as long as this value holds its queue.
        let _ = writer.queue.send(Write {
            path,
            code,
            card,
            revision,
        });
    }

    /// Like [`Self::run`], with a progress entry while it lasts.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers build the text for the call"
    )]
    fn run_long(
        &mut self,
        what: String,
        work: impl FnOnce(&dyn Fn(f32)) -> Option<FileEvent> + Send + 'static,
    ) {
        self.serial += 1;
        let (serial, all, wake) = (self.serial, Arc::clone(&self.work), self.wake.clone());
        let lock = |all: &Arc<Mutex<BTreeMap<u64, Work>>>, change: &dyn Fn(&mut BTreeMap<u64, Work>)| {
            change(&mut all.lock().unwrap_or_else(PoisonError::into_inner));
        };
        lock(&all, &|all| {
            all.insert(
                serial,
                Work {
                    what: what.clone(),
                    share: 0.0,
                },
            );
        });
        self.run(move || {
            let event = work(&|share| {
                lock(&all, &|all| {
                    if let Some(work) = all.get_mut(&serial) {
                        work.share = share;
                    }
                });
                wake();
            });
            lock(&all, &|all| drop(all.remove(&serial)));
            wake();
            event
        });
    }

    fn run(&self, work: impl FnOnce() -> Option<FileEvent> + Send + 'static) {
        let (sender, wake) = (self.sender.clone(), self.wake.clone());
        thread::spawn(move || {
            if let Some(event) = work() {
                // A closed window needs no result.
                let _ = sender.send(event);
                wake();
            }
        });
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
        let path = left.path.clone();
        if left.remove().is_err() && problem.is_none() {
            problem = Some(format!(
                "cannot remove {}\nhint: another user's worker left it",
                path.display()
            ));
        }
    }
    problem
}

fn code(rows: &RowIndex, index: usize) -> RowCode {
    rows.code(index).map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    let bytes = fs::read(path).map_err(|error| {
        format!(
            "cannot open {}: {error}\nhint: give the path of a Python file",
            path.display()
        )
    })?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!(
            "cannot open {}: byte {at} is not UTF-8\nhint: save the file as UTF-8 first",
            path.display()
        )
    })
}

#[cfg(test)]
mod tests;
