//! Errors of reading and writing rows.

use std::path::{Path, PathBuf};

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

    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
