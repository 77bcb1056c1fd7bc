//! Stored repair loops: a folder with `trajectory.jsonl` and artifacts named by their content's hash.
//!
//! [`TrajectoryWriter`] appends steps; [`read`] reads them back. Complete steps are kept; a partial line at the end of a file that
//! was cut is discarded and reported. Knows nothing of how steps are made.
//!
//! ```no_run
//! let trajectory = cadforge_trajectory::read("runs/caster".as_ref())?;
//! for step in &trajectory.steps {
//!     println!("{} {}", step.step, step.evaluation.reward.total);
//! }
//! # Ok::<(), cadforge_trajectory::TrajectoryError>(())
//! ```

mod artifacts;
mod read;
mod step;
mod under_way;
mod write;

pub use artifacts::{replace_file, write_atomically, write_evaluation};
pub use read::{MalformedStep, Trajectory, read};
pub use step::{GroupPlace, Header, Origin, Proposal, Step};
pub use under_way::{PLAN_FILE, begin, resume};
pub use write::TrajectoryWriter;

/// The file of steps inside a trajectory folder.
pub const FILE_NAME: &str = "trajectory.jsonl";

/// Error of reading or writing a trajectory.
#[derive(Debug, thiserror::Error)]
pub enum TrajectoryError {
    /// Error of the file system.
    #[error("cannot {action} {path}: {source}\nhint: check the path, its permissions and the disk")]
    Io {
        /// The action, a verb.
        action: &'static str,
        /// The path.
        path: std::path::PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The folder holds a trajectory, which is not overwritten.
    #[error("{0} already holds a trajectory\nhint: choose a new folder, or move the old one")]
    Exists(std::path::PathBuf),
    /// The folder holds an unfinished loop that cannot be resumed.
    #[error(
        "{dir} holds an unfinished loop that cannot be resumed: {reason}\nhint: choose a new folder, or move the old one"
    )]
    Other {
        /// The folder.
        dir: std::path::PathBuf,
        /// The reason.
        reason: String,
    },
    /// Another process writes to the folder.
    #[error("{0} is being written by another process\nhint: wait for it, or choose a new folder")]
    Busy(std::path::PathBuf),
    /// The first line is not a header that this version supports.
    #[error("{path}: {message}")]
    BadHeader {
        /// The file.
        path: std::path::PathBuf,
        /// The reason.
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
