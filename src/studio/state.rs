//! What the window shows.
//!
//! Plain data: panels read it and never change it, the [`super::controller`] alone writes it.

mod session;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use session::{
    Activity, Card, CardId, CardStatus, EditorId, NO_GROUP, Outcome, Recorded, ReferenceShape, Scored,
    Session,
};

use super::files::Stored;
use super::notes::Notes;
use super::proposing::Proposing;
use super::rows::Rows;
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

/// Everything that is shown.
#[derive(Debug)]
pub struct State {
    /// One session per task, in the order of the task set; never empty.
    pub sessions: Vec<Session>,
    /// Index of the session on screen.
    pub current: usize,
    /// How candidates are scored.
    pub scoring: Scoring,
    /// The workers.
    pub pool: PoolStatus,
    /// Since when no worker is ready, s of window time; none once one was.
    pub warming_since: Option<f64>,
    /// Jobs under way, oldest first.
    pub running: Vec<Running>,
    /// Long work on files under way, oldest first.
    pub work: Vec<Work>,
    /// What happened, oldest first.
    pub log: Vec<LogLine>,
    /// Something to be told above the panels.
    pub notice: Option<Notice>,
    /// Folders that scripts opened from them may read.
    pub projects: BTreeMap<PathBuf, Project>,
    /// One about which a person is asked.
    pub asked_project: Option<Project>,
    /// Those that a person did not allow in this window.
    pub refused_projects: Vec<PathBuf>,
    /// One that a person wants to be asked about.
    pub wanted_project: Option<PathBuf>,
    /// Folders that cannot be project folders, with the reason, until it is told.
    pub unusable_projects: BTreeMap<PathBuf, String>,
    /// How a missing Python environment is made, if that is possible here.
    pub recipe: Option<Recipe>,
    /// It is being made.
    pub making_environment: bool,
    /// A path is wanted, because no file dialog came up.
    pub path_prompt: Option<PathPrompt>,
    /// Rows of a training run, if a file of them is open.
    pub rows: Option<Arc<Rows>>,
    /// Those that hold the text looked for; none while nothing is looked for.
    pub row_matches: Option<Vec<u32>>,
    /// Grows with every change of `row_matches`.
    pub row_matches_serial: u64,
    /// The row whose code is on screen.
    pub open_row: Option<usize>,
    /// What was said of the rows.
    pub notes: Notes,
    /// Another training run, to be compared.
    pub other_rows: Option<Arc<Rows>>,
    /// The group on screen, with what its candidates built.
    pub group: Option<GroupView>,
    /// What the runs among the rows came to.
    pub report: Report,
    /// The folder of the store of this person's rows, if there is a place for one.
    pub row_store: Option<PathBuf>,
    /// Who proposes, and what it says.
    pub proposing: Proposing,
    /// The server of this window.
    pub serving: Serving,
    /// What a person has set.
    pub settings: Settings,
    /// The file that keeps it, if there is a place for one.
    pub settings_file: Option<PathBuf>,
    /// The folder for tasks of one's own, if there is a place for one.
    pub pack: Option<PathBuf>,
    /// Why the task that was asked for was not written.
    pub new_task_problem: Option<String>,
    /// What is kept on the disk, once somebody has asked.
    pub store: Option<Stored>,
    /// Edits that a window left which was not closed, until somebody decides.
    pub rescued: Vec<Draft>,
    /// A file changed outside while it had edits here.
    pub conflict: Option<Conflict>,
    /// A path was typed for a file that is there already.
    pub overwrite: Option<Overwrite>,
    /// The window was asked to close and is busy.
    pub quit: Option<Quit>,
    /// Window time of the last update, s.
    pub now: f64,
}

/// A job under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Running {
    /// Its id.
    pub job: JobId,
    /// What it does, for people.
    pub what: String,
    /// Whether it is a repair rather than an assessment.
    pub repair: bool,
    /// Window time of its submission, s.
    pub since: f64,
    /// Whether it left the queue.
    pub started: bool,
}

/// The candidates of one prompt, built to be looked at.
#[derive(Clone, Debug)]
pub struct GroupView {
    /// Index of the group.
    pub group: usize,
    /// Its first candidates, in order.
    pub members: Vec<Member>,
}

/// What runs came to, as far as it is read.
#[derive(Clone, Debug, Default)]
pub enum Report {
    /// Nobody has asked.
    #[default]
    Unread,
    /// The rows are read.
    Reading,
    /// Here it is.
    Read(Arc<[Run]>),
    /// It cannot be had, and why.
    Failed(String),
}

/// A candidate of a group.
#[derive(Clone, Debug)]
pub struct Member {
    /// Index of its row.
    pub row: usize,
    /// How far it has come.
    pub phase: Phase,
}

/// How far a candidate of a group has come.
#[derive(Clone, Debug)]
pub enum Phase {
    /// Its code is read.
    Reading,
    /// It is built.
    Building(JobId),
    /// It was built.
    Built(Arc<Shape>),
    /// It does not build, or cannot be built here; and why.
    Broken(String),
}

/// Long work on a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Work {
    /// What is done, for people.
    pub what: String,
    /// The share that is done, 0 to 1.
    pub share: f32,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Whether it tells of a fault of our own.
    pub fault: bool,
    /// The text.
    pub text: String,
}

/// A banner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What is wrong.
    pub text: String,
    /// The way out, if known.
    pub hint: Option<String>,
    /// Whether it goes away by itself once the workers are well.
    pub from_pool: bool,
}

impl Notice {
    /// Splits a message of our own into what failed and its `hint:`.
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

/// A file that changed outside while it had edits here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The card with the edits.
    pub card: CardId,
    /// The file.
    pub path: PathBuf,
    /// What it holds now.
    pub code: String,
}

/// A file that would be replaced by what was to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Overwrite {
    /// What was to be written.
    pub purpose: PathPurpose,
    /// The file.
    pub path: PathBuf,
}

/// Why closing the window is a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quit {
    /// What is under way.
    pub running: Option<String>,
    /// Files with edits that are not saved.
    pub unsaved: Vec<String>,
    /// Edits without a file that cannot be kept for the next start.
    pub lost: Vec<String>,
}

/// The last part of a path, for people.
pub fn file_name(path: &std::path::Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    name.to_string_lossy().into_owned()
}

/// What a typed path is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathPurpose {
    /// A file to read.
    Open,
    /// A folder to read.
    Folder,
    /// A file to write that card to, whatever is on screen by then.
    Save(CardId),
    /// A file of rows to compare with.
    Compare,
    /// A file to write chosen rows to.
    Rows,
    /// A file to write what is on screen to.
    Export(ExportFormat),
    /// A STEP file to write the part on screen to.
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

/// The path field in place of a file dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPrompt {
    /// What for.
    pub purpose: PathPurpose,
    /// What the field starts with.
    pub start: String,
    /// Grows with every prompt, so that a view knows a new one.
    pub serial: u64,
}

impl State {
    /// A session for each task, with nothing scored; `None` without a task.
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
            asked_project: None,
            refused_projects: Vec::new(),
            wanted_project: None,
            unusable_projects: BTreeMap::new(),
            recipe: None,
            making_environment: false,
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
            store: None,
            rescued: Vec::new(),
            conflict: None,
            overwrite: None,
            quit: None,
            now: 0.0,
        })
    }

    /// The session on screen.
    pub fn session(&self) -> &Session {
        &self.sessions[self.current]
    }

    /// The session on screen, to be changed.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.sessions[self.current]
    }

    /// The card on screen.
    pub fn card(&self) -> &Card {
        self.session().card()
    }

    /// The repair under way, if any.
    pub fn repair(&self) -> Option<&Running> {
        self.running.iter().find(|running| running.repair)
    }
}
