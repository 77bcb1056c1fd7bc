//! Reads and writes files on background threads.
//!
//! Saving is atomic: a file holds its old or its new content, whatever happens in between.

mod watcher;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::background::{Background, Operations};
use super::notes::Notes;
use super::rows::RowIndex;
use super::share::{self, Timeline};
use super::state::{CardId, ExportFormat, PathPurpose, file_name};
use crate::data::index::is_run_folder;
use crate::data::{DataError, is_row_file, store};
use crate::engine::Wake;
use crate::executor::project::Project;
use crate::trajectory::{self, Trajectory, TrajectoryError, replace_file};
use watcher::{Stamp, Watcher, lock};
pub use writer::Written;
use writer::{CodeWrite, Writer};

/// `rfd` returns nothing both when the user cancels and when no dialog can be shown. Users do not cancel faster than this, so a
/// faster empty result means that the path field is needed.
const NO_PORTAL: Duration = Duration::from_millis(400);

/// Result of a file operation.
#[derive(Debug)]
pub enum FileEvent {
    /// A dialog returned a path.
    PathChosen(PathPurpose, PathBuf),
    /// No dialog could be shown; with the suggested file name.
    NoDialog(PathPurpose, String),
    /// Whether a file that would be written exists.
    PathChecked(PathPurpose, PathBuf, bool),
    /// Content of a file.
    Read(PathBuf, Result<String, String>),
    /// A folder as project folder.
    Project(PathBuf, Box<Result<Project, String>>),
    Trajectory(Box<Result<Trajectory, String>>),
    Rows(Result<Arc<RowIndex>, String>, Result<Notes, String>),
    Exported(PathBuf, Result<(), String>),
    /// A watched file has new content.
    Changed(PathBuf, String),
    /// A card's code was written, or not.
    Written(Written),
}

/// Runs file operations on threads and collects their results.
pub struct Files {
    background: Background<FileEvent>,
    watcher: Watcher,
    /// A closing window waits until saved files are on the disk.
    writer: Option<Writer>,
}

impl Files {
    /// Calls `wake` after each event.
    pub fn new(wake: Wake, operations: Operations) -> Self {
        Self {
            background: Background::new(wake, operations),
            watcher: Watcher::default(),
            writer: None,
        }
    }

    /// Next result in the order of completion.
    pub fn next(&self) -> Option<FileEvent> {
        self.background.next()
    }

    /// Reports from now on when a file no longer holds `code`.
    pub fn watch(&mut self, path: &Path, code: &str) {
        lock(self.watcher.watched()).insert(path.to_owned(), Stamp::of(path, code));
        self.start_watching(path);
    }

    fn start_watching(&mut self, path: &Path) {
        let events = self.background.sender();
        self.watcher.start(path, move |path, code| {
            events.send(FileEvent::Changed(path, code));
        });
    }

    /// Opens a Python file, a trajectory, a file of rows, a store, or a folder of trajectories and files of rows.
    pub fn open(&self, path: PathBuf) {
        if path.is_dir() || is_row_file(&path) {
            self.read_trajectory(path);
        } else {
            self.background.run(move || {
                let result = read(&path);
                FileEvent::Read(path, result)
            });
        }
    }

    fn read_trajectory(&self, path: PathBuf) {
        let what = format!("reading {}", file_name(&path));
        self.background.run_long(what, move |progress| {
            let rows = |rows: Result<RowIndex, DataError>| {
                let rows = rows.map(Arc::new).map_err(|error| error.to_string());
                FileEvent::Rows(rows, Notes::read(&path))
            };
            if store::exists(&path) || is_run_folder(&path) {
                return rows(RowIndex::open(&path, progress));
            }
            match trajectory::read(&path) {
                Ok(read) => FileEvent::Trajectory(Box::new(Ok(read))),
                // A JSONL file without a header holds rows of a training run.
                Err(TrajectoryError::BadHeader { .. }) if path.is_file() => rows(RowIndex::read(&path)),
                Err(error) => FileEvent::Trajectory(Box::new(Err(error.to_string()))),
            }
        });
    }

    pub fn export(&self, path: PathBuf, timeline: Timeline, format: ExportFormat) {
        let what = format!("writing {}", file_name(&path));
        self.background.run_long(what, move |progress| {
            let done = share::render(&timeline, format, progress).and_then(|bytes| {
                replace_file(&path, &bytes).map_err(|error| {
                    format!(
                        "cannot write {}: {error}\nhint: choose another folder",
                        path.display()
                    )
                })
            });
            FileEvent::Exported(path, done)
        });
    }

    /// Asks for a path with the desktop's dialog. `suggested` is a file name for saving.
    pub fn choose_path(&self, purpose: PathPurpose, suggested: impl Into<String>) {
        let suggested = suggested.into();
        self.background.run_if_any(move || {
            // Nobody answers dialogs in tests.
            if cfg!(test) {
                return Some(FileEvent::NoDialog(purpose, suggested));
            }
            let start = Instant::now();
            match ask_for_path(purpose, &suggested) {
                Some(path) => Some(FileEvent::PathChosen(purpose, path)),
                None if start.elapsed() < NO_PORTAL => Some(FileEvent::NoDialog(purpose, suggested)),
                None => None,
            }
        });
    }

    /// Checks a folder that scripts might read.
    pub fn open_project(&self, folder: PathBuf) {
        self.background.run(move || {
            let opened = Project::open(&folder).map_err(|error| error.to_string());
            FileEvent::Project(folder, Box::new(opened))
        });
    }

    /// Checks whether a path that would be written exists.
    pub fn check_path(&self, purpose: PathPurpose, path: PathBuf) {
        self.background.run(move || {
            // A dangling link exists as well.
            let there = fs::symlink_metadata(&path).is_ok();
            FileEvent::PathChecked(purpose, path, there)
        });
    }

    /// Writes a card's code, after the writes queued before, and watches the file from then on.
    pub fn write(&mut self, path: PathBuf, code: String, card: CardId, revision: u64) {
        self.start_watching(&path);
        let (events, watched) = (self.background.sender(), self.watcher.watched());
        let writer = self.writer.get_or_insert_with(|| {
            Writer::start(Arc::clone(watched), move |written| {
                events.send(FileEvent::Written(written));
            })
        });
        writer.write(CodeWrite {
            path,
            code,
            card,
            revision,
        });
    }
}

fn ask_for_path(purpose: PathPurpose, suggested: &str) -> Option<PathBuf> {
    let dialog = rfd::FileDialog::new();
    let dialog = match purpose {
        PathPurpose::Open => dialog.add_filter("CadQuery code, trajectories, rows", &["py", "jsonl", "gz"]),
        PathPurpose::Folder => dialog,
        PathPurpose::Save(_) => dialog.add_filter("CadQuery code", &["py"]),
        PathPurpose::Compare | PathPurpose::Rows => dialog.add_filter("rows", &["jsonl", "gz"]),
        PathPurpose::Step => dialog.add_filter("STEP", &["step", "stp"]),
        PathPurpose::Export(format) => dialog.add_filter(format.extension(), &[format.extension()]),
    };
    match purpose {
        PathPurpose::Open => dialog.set_title("Open code, a trajectory or rows").pick_file(),
        PathPurpose::Folder => dialog
            .set_title("Open a folder of trajectories or rows")
            .pick_folder(),
        PathPurpose::Save(_) => dialog.set_title("Save code").set_file_name(suggested).save_file(),
        PathPurpose::Compare => dialog.set_title("Compare with another run").pick_file(),
        PathPurpose::Rows | PathPurpose::Export(_) | PathPurpose::Step => {
            dialog.set_title("Export").set_file_name(suggested).save_file()
        }
    }
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
