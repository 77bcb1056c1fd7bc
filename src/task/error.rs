//! Error of task packs.

use cadforge_core::TaskProblem;

/// Reason why a task pack is refused, or a task not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// A file is missing or invalid.
    #[error("{file}: {message}")]
    Invalid {
        /// Path, as given.
        file: String,
        /// The problem, with the field.
        message: String,
    },
    /// There is no task with that id.
    #[error("unknown task `{id}`\nhint: known tasks are {known}")]
    Unknown {
        /// The requested id.
        id: String,
        /// Known ids, separated by commas.
        known: String,
    },
}

impl TaskError {
    /// The first of several problems, and the number of others; `None` if there are none.
    pub(crate) fn from_problems(problems: &[TaskProblem]) -> Option<Self> {
        let (first, others) = problems.split_first()?;
        let mut message = first.message.clone();
        if !others.is_empty() {
            message += &format!(" (and {} more: `cadforge tasks check` lists them)", others.len());
        }
        if let Some(hint) = &first.hint {
            message += &format!("\nhint: {hint}");
        }
        Some(Self::Invalid {
            file: first.file.clone(),
            message,
        })
    }
}
