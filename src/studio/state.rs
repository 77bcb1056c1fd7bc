//! State of the window.
//!
//! Plain data: panels read it, only the controller changes it.

mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use session::{
    Activity, Card, CardId, CardStatus, EditorId, NO_GROUP, Outcome, Recorded, ReferenceShape, Scored,
    Session,
};

use super::files::CacheUsage;
use super::notes::Notes;
use super::proposing::Proposing;
use super::rows::RowIndex;
use super::serving::Serving;
use super::session_store::Draft;
use super::settings::Settings;
use super::share::ExportFormat;
use crate::assess::Scoring;
use crate::data::report::Run;
use crate::engine::JobId;
use crate::executor::PoolStatus;
use crate::executor::project::Project;
use crate::geometry::Shape;
use crate::studio::environment::Recipe;
use crate::task::Task;

/// State of the window.
#[derive(Debug)]
pub struct State {
    /// One session per task, in the order of the task set; never empty.
    pub sessions: Vec<Session>,
    /// Index of the session on screen.
    pub current: usize,
    /// Profile, mode and shaping.
    pub scoring: Scoring,
    pub pool: PoolStatus,
    /// Since when no worker is ready, s of window time; none once one was.
    pub warming_since: Option<f64>,
    /// Running jobs, oldest first.
    pub running: Vec<Running>,
    /// Long file operations in progress, oldest first.
    pub work: Vec<Work>,
    /// Log lines, oldest first.
    pub log: Vec<LogLine>,
    /// Banner above the panels.
    pub notice: Option<Notice>,
    /// Folders whose files the scripts in them may read.
    pub projects: BTreeMap<PathBuf, Project>,
    /// Folder that a question about reading is open for.
    pub project_question: Option<Project>,
    /// Folders denied in this window.
    pub denied_projects: Vec<PathBuf>,
    /// Folder that a question was requested for.
    pub requested_project: Option<PathBuf>,
    /// Folders that cannot be project folders, with the reason, until it is displayed.
    pub unusable_projects: BTreeMap<PathBuf, String>,
    /// How to create a missing Python environment, if possible here.
    pub recipe: Option<Recipe>,
    /// Whether the environment is being created.
    pub creating_environment: bool,
    /// Path field, shown if no file dialog is available.
    pub path_prompt: Option<PathPrompt>,
    /// Open rows of a training run.
    pub rows: Option<Arc<RowIndex>>,
    /// Rows that match the search; none without a search.
    pub row_matches: Option<Vec<u32>>,
    /// Incremented with every change of `row_matches`.
    pub row_matches_serial: u64,
    /// Row whose code is on screen.
    pub open_row: Option<usize>,
    /// Notes on the rows.
    pub notes: Notes,
    /// Training run to compare with.
    pub other_rows: Option<Arc<RowIndex>>,
    /// Group on screen, with its built candidates.
    pub group: Option<GroupView>,
    /// Report of the runs among the rows.
    pub report: Report,
    /// Folder of the row store, if available.
    pub row_store: Option<PathBuf>,
    pub proposing: Proposing,
    /// The studio's server.
    pub serving: Serving,
    pub settings: Settings,
    /// Settings file, if available.
    pub settings_file: Option<PathBuf>,
    /// Folder for new tasks, if available.
    pub pack: Option<PathBuf>,
    /// Why the new task was not written.
    pub new_task_problem: Option<String>,
    /// Size of the cache, once measured.
    pub cache: Option<CacheUsage>,
    /// Recovered edits that wait for a decision.
    pub recovered: Vec<Draft>,
    /// A file with unsaved edits that changed on disk.
    pub conflict: Option<Conflict>,
    /// An existing file that a typed path would replace.
    pub overwrite: Option<Overwrite>,
    /// Open question whether to quit.
    pub quit: Option<Quit>,
    /// Window time of the last update, s.
    pub now: f64,
}

/// A running job.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    pub job: JobId,
    /// Displayed description.
    pub what: String,
    /// Whether it is a repair rather than an assessment.
    pub repair: bool,
    /// Window time of its submission, s.
    pub since: f64,
    /// Whether it left the queue.
    pub started: bool,
}

/// Candidates of one prompt, built for display.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// Index of the group.
    pub group: usize,
    /// The first candidates of the group, in order.
    pub members: Vec<Member>,
}

/// State of the report.
#[derive(Clone, Debug, Default)]
pub enum Report {
    /// Not requested.
    #[default]
    Unread,
    /// Being computed.
    Reading,
    /// Ready.
    Read(Arc<[Run]>),
    /// Failed, with the error.
    Failed(String),
}

/// A candidate of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Index of its row.
    pub row: usize,
    pub phase: Phase,
}

/// Phase of a group's candidate.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Its code is being read.
    Reading,
    /// Its build is running.
    Building(JobId),
    /// Built.
    Built(Arc<Shape>),
    /// Failed build, or not buildable here, with the reason.
    Broken(String),
}

/// A long file operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// Displayed description.
    pub what: String,
    /// Progress, 0 to 1.
    pub share: f32,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it reports an internal error.
    pub is_error: bool,
    pub text: String,
}

/// A banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Problem.
    pub text: String,
    /// Hint, if any.
    pub hint: Option<String>,
    /// Whether it disappears once the workers are ready.
    pub from_pool: bool,
}

impl Notice {
    /// Splits a message into its text and its `hint:`.
    pub fn from_message(message: &str, from_pool: bool) -> Self {
        match message.split_once("hint:") {
            Some((text, hint)) => {
                let hint = Some(hint.trim().to_owned());
                Self {
                    text: text.trim().to_owned(),
                    hint,
                    from_pool,
                }
            }
            None => Self {
                text: message.trim().to_owned(),
                hint: None,
                from_pool,
            },
        }
    }
}

/// A file with unsaved edits that changed on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Card with the edits.
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
    /// Running jobs.
    pub running: Option<String>,
    /// Files with unsaved edits.
    pub unsaved: Vec<String>,
    /// Edits without a file that cannot be saved for the next start.
    pub lost: Vec<String>,
}

/// Last component of a path.
pub fn file_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// Purpose of a typed path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// A file to read.
    Open,
    /// A folder to read.
    Folder,
    /// A file for that card's code, whatever is on screen by then.
    Save(CardId),
    /// Rows to compare with.
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

/// Path field in place of a file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrompt {
    pub purpose: PathPurpose,
    /// Initial text.
    pub start: String,
    /// Incremented with every prompt, so that a view detects a new one.
    pub serial: u64,
}

impl State {
    /// A session for each task, nothing scored; `None` without a task.
    pub fn new(tasks: impl IntoIterator<Item = Arc<Task>>, scoring: Scoring) -> Option<Self> {
        let sessions: Vec<_> = tasks
            .into_iter()
            .zip(1..)
            .map(|(task, id)| Session::new(task, CardId(id)))
            .collect();
        (!sessions.is_empty()).then(|| Self {
            sessions,
            current: 0,
            scoring,
            pool: PoolStatus::default(),
            warming_since: None,
            running: Vec::new(),
            work: Vec::new(),
            log: Vec::new(),
            notice: None,
            projects: BTreeMap::new(),
            project_question: None,
            denied_projects: Vec::new(),
            requested_project: None,
            unusable_projects: BTreeMap::new(),
            recipe: None,
            creating_environment: false,
            path_prompt: None,
            rows: None,
            row_matches: None,
            row_matches_serial: 0,
            open_row: None,
            notes: Notes::default(),
            other_rows: None,
            group: None,
            report: Report::default(),
            row_store: None,
            proposing: Proposing::default(),
            serving: Serving::default(),
            settings: Settings::default(),
            settings_file: None,
            pack: None,
            new_task_problem: None,
            cache: None,
            recovered: Vec::new(),
            conflict: None,
            overwrite: None,
            quit: None,
            now: 0.0,
        })
    }

    /// Session on screen.
    pub fn session(&self) -> &Session {
        &self.sessions[self.current]
    }

    /// Session on screen, mutable.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.sessions[self.current]
    }

    /// Card on screen.
    pub fn card(&self) -> &Card {
        self.session().card()
    }

    /// Running repair, if any.
    pub fn repair(&self) -> Option<&Running> {
        self.running.iter().find(|running| running.repair)
    }
}
