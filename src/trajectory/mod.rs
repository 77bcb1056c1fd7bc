//! Stored repair loops: a folder with `trajectory.jsonl` and artifacts named by content hash.
//!
//! Writes and reads files; knows nothing of how steps are made.

mod artifacts;
mod read;
mod step;
mod write;

pub use artifacts::{replace_file, write_atomically, write_evaluation};
pub use read::{BadLine, Trajectory, read};
pub use step::{GroupPlace, Header, Origin, Proposal, Step};
pub use write::TrajectoryWriter;

/// The file of steps inside a trajectory folder.
pub const FILE_NAME: &str = "trajectory.jsonl";

/// Why a trajectory cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// The file system refused.
    #[error("cannot {action} {path}: {source}\nhint: check the path, its permissions and the disk")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// There is one already, and it is not overwritten.
    #[error("{0} already holds a trajectory\nhint: choose a new folder, or move the old one away")]
    Exists(std::path::PathBuf),
    /// The first line is no header that this version reads.
    #[error("{path}: {message}")]
    BadHeader {
        /// The file.
        path: std::path::PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl TrajectoryError {
    fn io(action: &'static str, path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

#[cfg(test)]
mod tests;
