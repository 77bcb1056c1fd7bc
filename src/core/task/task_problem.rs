//! Problems of task folders, and the errors made from them.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// A problem of a task folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskProblem {
    /// Path of the file, beginning with the given folder.
    pub file: String,
    /// The field, e.g. `bbox_mm` or `step.2.file` (steps count from 1); null for a problem of the whole file.
    pub field: Option<String>,
    /// Description with the value; names the field.
    pub message: String,
    /// Advice.
    pub hint: Option<String>,
}

impl TaskProblem {
    /// A problem of a whole file.
    pub fn of_file(file: &Path, message: impl Into<String>) -> Self {
        Self {
            file: file.display().to_string(),
            field: None,
            message: message.into(),
            hint: None,
        }
    }

    /// A problem of one field; `message` continues after the field's name.
    pub(crate) fn of_field(file: &Path, field: &str, message: impl fmt::Display) -> Self {
        Self {
            field: Some(field.to_owned()),
            message: format!("`{field}` {message}"),
            ..Self::of_file(file, String::new())
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        Self {
            hint: Some(hint.into()),
            ..self
        }
    }
}

impl fmt::Display for TaskProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

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
    pub(super) fn from_problems(problems: &[TaskProblem]) -> Option<Self> {
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
