//! Errors that are not results of candidates.

use cadforge_protocol::project;

/// Internal errors and refusals: never scored.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The worker cannot be started or did not become ready.
    #[error("{0}")]
    Start(String),
    /// The worker died or sent malformed frames, twice for the same candidate.
    #[error("{0}")]
    Broken(String),
    /// The queue is full. This is not the candidate's fault: it can be submitted again.
    #[error(
        "{queued} candidates wait already\nhint: submit it again in {retry_after_ms} ms, or fewer at once"
    )]
    Overloaded {
        /// Waiting candidates.
        queued: usize,
        /// Estimated time until the queue has room, in ms, from recent runs.
        retry_after_ms: u64,
    },
    /// The project folder cannot be read.
    #[error(transparent)]
    Project(#[from] project::ProjectError),
    #[error("cancelled")]
    /// The caller cancelled the run.
    Cancelled,
}

impl ExecutorError {
    /// Whether the caller cancelled the run.
    pub fn is_cancelled(&self) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Project(_) => false,
        }
    }

    /// Whether the input caused the error, and not this program.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Project(_) => true,
            Self::Start(_) | Self::Broken(_) | Self::Overloaded { .. } | Self::Cancelled => false,
        }
    }
}
