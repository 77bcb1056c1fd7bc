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
mod text_kind;

use std::path::{Path, PathBuf};

pub use groups::{Compared, DEFAULT_GENERATIONS, Groups, Spread, compare};
pub use lines::{BadLine, Line, Lines};
pub use row::Row;
pub use row_format::RowFormat;
pub use surrogates::{file_of, json_of, line_of, value_of};

/// Error of reading or writing rows.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Error of the file system.
    #[error("cannot {action} {path}: {source}\nhint: check the path, its permissions and the disk")]
    Io {
        /// The action, a verb.
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// Invalid input; the message has a hint.
    #[error("{0}")]
    Input(String),
    /// Error of the index of a store.
    #[error(
        "cannot use the store in {path}: {source}\nhint: check the disk; `--store DIR` sets another folder"
    )]
    Store {
        /// Folder of the store.
        path: PathBuf,
        /// SQLite's error.
        source: rusqlite::Error,
    },
    /// A reference cannot be built, or an internal error.
    #[error(transparent)]
    Assess(#[from] cadforge_assess::AssessError),
}

impl DataError {
    /// Whether the user can fix it.
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
