//! State of the window.
//!
//! Plain data in slices: panels read all of them, and only the part of the controller that owns a slice changes it. Types shared
//! by panels, parts and files stand here, below all of them.

mod documents;
mod messages;
mod runs;
mod session;
mod sessions;
mod setup;

pub use documents::{
    Conflict, Documents, ExportFormat, Overwrite, PathPrompt, PathPurpose, Quit, UnsavedEdit, file_name,
    free_name,
};
pub(crate) use messages::WINDOW;
pub use messages::{LogLine, LongOperation, Messages, Notice};
pub use runs::{BuildPhase, GroupMember, GroupView, RunReport, Runs};
pub use session::{
    Activity, Card, CardId, CardResult, CardStatus, EditorId, Recorded, ReferenceShape, Scored, Session,
};
pub use sessions::{PendingProposal, Running, Sessions, StreamEnd, StreamedText};
pub use setup::{CacheUsage, Setup};

use super::proposing::Proposing;
use super::serving::Serving;

/// State of the window: a view of the slices that the parts of the controller own.
#[derive(Clone, Copy, Debug)]
pub struct State<'a> {
    /// Tasks with their steps, and the jobs on them.
    pub sessions: &'a Sessions,
    /// Open rows of training runs.
    pub runs: &'a Runs,
    pub proposing: &'a Proposing,
    /// The studio's server.
    pub serving: &'a Serving,
    /// Files, and questions about them.
    pub documents: &'a Documents,
    /// Settings and what they set up.
    pub setup: &'a Setup,
    pub messages: &'a Messages,
    /// Long file operations in progress, oldest first.
    pub operations: &'a [LongOperation],
}

impl<'a> State<'a> {
    pub fn session(&self) -> &'a Session {
        self.sessions.session()
    }

    pub fn card(&self) -> &'a Card {
        self.session().card()
    }

    pub fn repair(&self) -> Option<&'a Running> {
        self.sessions.repair()
    }
}
