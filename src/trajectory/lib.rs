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
pub use read::{BadLine, Trajectory, read};
pub use step::{GroupPlace, Header, Origin, Proposal, Step};
pub use under_way::{PLAN_FILE, begin, resume};
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
    /// A loop that did not end lies there, and it is another one, or one that cannot be gone on with.
    #[error(
        "{dir} holds a loop that did not end, and it cannot be gone on with: {reason}\nhint: choose a new folder, or move the old one away"
    )]
    Other {
        /// The folder.
        dir: std::path::PathBuf,
        /// What is in the way.
        reason: String,
    },
    /// Another process writes there.
    #[error("{0} is being written by another process\nhint: wait for it, or choose a new folder")]
    Busy(std::path::PathBuf),
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
