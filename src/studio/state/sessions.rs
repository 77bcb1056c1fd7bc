//! All tasks with their steps, the jobs on them, and the workers that run these.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::documents::UnsavedEdit;
use super::session::{Card, CardId, Session};
use crate::assess::Scoring;
use crate::engine::JobId;
use crate::executor::PoolStatus;
use crate::task::{Task, TaskSet};

#[derive(Debug)]
pub struct Sessions {
    /// One session per task, in the order of the task set; never empty.
    pub all: Vec<Session>,
    /// Index of the session on screen.
    pub current: usize,
    /// Profile, mode and shaping.
    pub scoring: Scoring,
    pub pool: PoolStatus,
    /// Since when no worker is ready, s of window time; none once one was.
    pub warming_since: Option<f64>,
    /// Running jobs, oldest first.
    pub running: Vec<Running>,
    /// Streamed texts since the last repair began, one per proposal.
    pub streamed: Vec<StreamedText>,
    /// Proposal that waits for a decision.
    pub proposal: Option<PendingProposal>,
    /// Window time of the last update, s.
    pub now: f64,
}

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

/// Text of a proposal as far as it has arrived.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamedText {
    /// Card of the proposal, while it exists.
    pub card: CardId,
    pub text: String,
    /// How the text ended; none while it arrives.
    pub end: Option<StreamEnd>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StreamEnd {
    Complete,
    /// Cut at the token limit.
    Truncated,
    /// Incomplete: cancelled, or the connection was lost.
    Interrupted,
}

/// A proposal that waits to be accepted, edited or rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PendingProposal {
    pub card: CardId,
    pub base: CardId,
}

impl Sessions {
    /// A session for each task, nothing scored; `None` without a task.
    pub fn new(tasks: impl IntoIterator<Item = Arc<Task>>, scoring: Scoring) -> Option<Self> {
        let all: Vec<_> = tasks
            .into_iter()
            .zip(1..)
            .map(|(task, id)| Session::new(task, CardId(id)))
            .collect();
        (!all.is_empty()).then(|| Self {
            all,
            current: 0,
            scoring,
            pool: PoolStatus::default(),
            warming_since: None,
            running: Vec::new(),
            streamed: Vec::new(),
            proposal: None,
            now: 0.0,
        })
    }

    pub fn session(&self) -> &Session {
        &self.all[self.current]
    }

    /// Session on screen, mutable.
    pub fn session_mut(&mut self) -> &mut Session {
        &mut self.all[self.current]
    }

    pub fn card(&self) -> &Card {
        self.session().card()
    }

    pub fn tasks(&self) -> TaskSet {
        self.all.iter().map(|session| Arc::clone(&session.task)).collect()
    }

    /// Index of the session of a task.
    pub fn of_task(&self, id: &str) -> Option<usize> {
        self.all.iter().position(|session| session.task.id == id)
    }

    /// Index of the session of the task in whose folder a file lies, be it this copy of the task or another one, such as
    /// that of a checkout beside an installed program.
    pub fn of_file(&self, file: &Path) -> Option<usize> {
        let file = file.canonicalize().ok()?;
        let mut folders = file.ancestors().skip(1);
        let folder = folders.find(|folder| folder.join("task.toml").is_file())?;
        self.of_task(folder.file_name()?.to_str()?)
    }

    pub fn find(&self, id: CardId) -> Option<&Card> {
        self.all.iter().find_map(|session| session.get(id))
    }

    /// Like [`Self::find`], mutable.
    pub fn find_mut(&mut self, id: CardId) -> Option<&mut Card> {
        self.all.iter_mut().find_map(|session| session.get_mut(id))
    }

    pub fn cards(&self) -> impl Iterator<Item = (&Session, &Card)> {
        self.all
            .iter()
            .flat_map(|session| session.cards.iter().map(move |card| (session, card)))
    }

    /// Unsaved edits: code that no file holds.
    pub fn unsaved_edits(&self) -> Vec<UnsavedEdit> {
        let drafts = self.cards().filter(|(_, card)| card.is_draft());
        let edit = |(session, card): (&Session, &Card)| UnsavedEdit {
            task: session.task.id.clone(),
            file: card.file.clone(),
            code: card.code.clone(),
        };
        drafts.map(edit).collect()
    }

    /// Files that lack the latest edit of their card.
    pub fn unsaved_files(&self) -> Vec<(CardId, PathBuf)> {
        self.cards()
            .filter(|(_, card)| card.unsaved())
            .filter_map(|(_, card)| Some((card.id, card.file.clone()?)))
            .collect()
    }

    pub fn repair(&self) -> Option<&Running> {
        self.running.iter().find(|running| running.repair)
    }
}
