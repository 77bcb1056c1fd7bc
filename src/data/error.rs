//! Errors of reading and writing rows.

use std::path::{Path, PathBuf};

/// Error of reading or writing rows.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
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
    /// Invalid input; the message has a hint.
    #[error("{0}")]
    Input(String),
    /// Error of the index of a store.
    #[error(
        "cannot use the store in {path}: {error}\nhint: check the disk; `--store DIR` sets another folder"
    )]
    Store {
        /// Folder of the store.
        path: PathBuf,
        /// SQLite's error.
        error: rusqlite::Error,
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
        move |error| Self::Io { action, path, error }
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn the_cause_is_named_once() {
        // A source would be printed after the message, which has it already.
        let error = DataError::io("read", Path::new("log.jsonl"))(std::io::ErrorKind::NotFound.into());
        assert!(error.source().is_none());
        assert_eq!(
            error.to_string(),
            "cannot read log.jsonl: entity not found\nhint: check the path, its permissions and the disk"
        );
    }
}
