//! Rows of training runs: scoring, storing, reporting, curricula and exports.
//!
//! A row is a JSON object on one line; [`RowFormat`] lists the accepted forms. [`Lines`] reads files line by line, so files may exceed
//! available memory. Malformed lines are reported as [`BadLine`] and skipped. Nothing here starts a process: candidates are scored
//! through [`cadforge_assess`].
//!
//! ```
//! use std::io::Write as _;
//!
//! use cadforge_data::Lines;
//!
//! let mut file = tempfile::NamedTempFile::new()?;
//! writeln!(file, r#"{{"task_id": "four_leg_chair_600n", "completion": "import cadquery as cq"}}"#)?;
//! let mut lines = Lines::open(file.path())?;
//! assert!(lines.next_line()?.is_some());
//! assert!(lines.next_line()?.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod curriculum;
pub mod export;
mod groups;
mod lines;
mod output;
pub mod prompt;
pub mod repaired;
pub mod report;
mod row;
mod row_format;
pub mod score;
pub mod store;
mod surrogates;

use std::path::{Path, PathBuf};

pub use groups::{Compared, DEFAULT_GENERATIONS, Groups, Spread, compare};
pub use lines::{BadLine, Line, Lines};
pub use row::Row;
pub use row_format::RowFormat;
pub use surrogates::{file_of, json_of, line_of, value_of};

/// Why nothing could be made of some rows.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file system refused.
    #[error("cannot {action} {path}: {source}\nhint: check the path, its permissions and the disk")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// What was given cannot be used; the message says the way out.
    #[error("{0}")]
    Input(String),
    /// The index of a store refused.
    #[error(
        "cannot use the store in {path}: {source}\nhint: check the disk; `--store DIR` names another folder"
    )]
    Store {
        /// Its folder.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// A candidate's reference cannot be had, or the machinery is at fault.
    #[error(transparent)]
    Assess(#[from] cadforge_assess::AssessError),
}

impl DataError {
    /// Whether the caller can mend it.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Io { .. } | Self::Input(_) => true,
            Self::Store { .. } => false,
            Self::Assess(error) => error.is_input(),
        }
    }

    fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
