//! Errors of reading and writing trajectories.

use std::path::{Path, PathBuf};

/// Error of reading or writing a trajectory.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// Error of the file system.
    #[error("cannot {action} {path}: {error}\nhint: check the path, its permissions and the disk")]
    Io {
        /// The action, a verb.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's error.
        error: std::io::Error,
    },
    /// The folder holds a trajectory, which is not overwritten.
    #[error("{0} already holds a trajectory\nhint: choose a new folder, or move the old one")]
    Exists(PathBuf),
    /// The folder holds an unfinished loop that cannot be resumed.
    #[error(
        "{dir} holds an unfinished loop that cannot be resumed: {reason}\nhint: choose a new folder, or move the old one"
    )]
    Other {
        /// The folder.
        dir: PathBuf,
        /// The reason.
        reason: String,
    },
    /// Another process writes to the folder.
    #[error("{0} is being written by another process\nhint: wait for it, or choose a new folder")]
    Busy(PathBuf),
    /// The first line is not a header that this version supports.
    #[error("{path}: {message}")]
    BadHeader {
        /// The file.
        path: PathBuf,
        /// The reason.
        message: String,
    },
}

impl TrajectoryError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |error| Self::Io { action, path, error }
    }
}
