//! Rows of training runs on screen.

use std::path::PathBuf;
use std::sync::Arc;

use crate::data::report::Run;
use crate::engine::JobId;
use crate::geometry::Shape;
use crate::studio::notes::Notes;
use crate::studio::rows::RowIndex;

/// Open rows of a training run, and what is read from them.
#[derive(Debug, Default)]
pub struct Runs {
    /// Open rows of a training run.
    pub rows: Option<Arc<RowIndex>>,
    /// Rows that match the search; none without a search.
    pub matches: Option<Vec<u32>>,
    /// Incremented with every change of `matches`.
    pub matches_serial: u64,
    /// Row whose code is on screen.
    pub open_row: Option<usize>,
    pub notes: Notes,
    /// Training run to compare with.
    pub other: Option<Arc<RowIndex>>,
    /// Group on screen, with its built candidates.
    pub group: Option<GroupView>,
    /// Report of the runs among the rows.
    pub report: RunReport,
    /// Folder of the row store, if available.
    pub store: Option<PathBuf>,
}

/// Candidates of one prompt, built for display.
#[derive(Clone, Debug)]
pub struct GroupView {
    pub group: usize,
    /// The first candidates of the group, in order.
    pub members: Vec<GroupMember>,
}

#[derive(Clone, Debug)]
pub struct GroupMember {
    pub row: usize,
    pub phase: BuildPhase,
}

/// Phase of a group's candidate.
#[derive(Clone, Debug)]
pub enum BuildPhase {
    /// Its code is being read.
    Reading,
    Building(JobId),
    Built(Arc<Shape>),
    /// Failed build, or not buildable here, with the reason.
    Broken(String),
}

#[derive(Clone, Debug, Default)]
pub enum RunReport {
    #[default]
    Unread,
    /// Being computed.
    Reading,
    Read(Arc<[Run]>),
    /// Failed, with the error.
    Failed(String),
}
