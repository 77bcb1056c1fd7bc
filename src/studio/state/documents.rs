//! Files of the window, and the questions about them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::session::CardId;
use crate::executor::project::Project;

/// Questions about files that wait for an answer.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// Path field, shown if no file dialog is available.
    pub path_prompt: Option<PathPrompt>,
    /// An existing file that a typed path would replace.
    pub overwrite: Option<Overwrite>,
    /// A file with unsaved edits that changed on disk.
    pub conflict: Option<Conflict>,
    /// Recovered edits that wait for a decision.
    pub recovered: Vec<UnsavedEdit>,
    /// Open question whether to quit.
    pub quit: Option<Quit>,
    /// Card of a file for which no task was chosen, until the user answers.
    pub task_question: Option<CardId>,
    /// Folder that a question about reading is open for.
    pub project_question: Option<Project>,
    /// Folders that cannot be project folders, with the reason, until it is displayed.
    pub unusable_projects: BTreeMap<PathBuf, String>,
}

/// A file with unsaved edits that changed on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    pub card: CardId,
    pub path: PathBuf,
    /// New content of the file.
    pub code: String,
}

/// An existing file that would be replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// What would be written.
    pub purpose: PathPurpose,
    pub path: PathBuf,
}

/// Reasons to ask before closing the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quit {
    pub running: Option<String>,
    /// Files with unsaved edits.
    pub unsaved: Vec<String>,
    /// Edits without a file that cannot be saved for the next start.
    pub lost: Vec<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct UnsavedEdit {
    pub task: String,
    /// File that it was opened from or saved to, if any.
    pub file: Option<PathBuf>,
    pub code: String,
}

/// Path field in place of a file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrompt {
    pub purpose: PathPurpose,
    /// Initial text.
    pub start: String,
    /// Incremented with every prompt, so that a view detects a new one.
    pub serial: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// A file to read.
    Open,
    Folder,
    /// A file for that card's code, whatever is on screen by then.
    Save(CardId),
    Compare,
    /// A file for selected rows.
    Rows,
    /// A file for an export of the session or part.
    Export(ExportFormat),
    /// A STEP file for the part on screen.
    Step,
}

impl PathPurpose {
    /// Whether a file is written, which could replace another.
    pub fn writes(self) -> bool {
        match self {
            Self::Open | Self::Folder | Self::Compare => false,
            Self::Save(_) | Self::Rows | Self::Export(_) | Self::Step => true,
        }
    }
}

/// Formats of an export of the session or part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// One HTML file.
    Page,
    /// An animated GIF.
    Animation,
    /// The part on screen, as exported by CadQuery.
    Stl,
    /// A PNG of the seed beside the step on screen.
    Picture,
}

impl ExportFormat {
    /// File name extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Page => "html",
            Self::Animation => "gif",
            Self::Stl => "stl",
            Self::Picture => "png",
        }
    }
}

/// Last component of a path.
pub fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// The path with an ending that no file has yet.
pub fn free_name(path: &Path, ending: &str) -> PathBuf {
    let name = |number: u32| {
        let mut name = path.as_os_str().to_owned();
        name.push(format!(".{ending}"));
        if number > 1 {
            name.push(number.to_string());
        }
        PathBuf::from(name)
    };
    let mut number = 1;
    while name(number).exists() && number < 1000 {
        number += 1;
    }
    name(number)
}
