//! What is wrong with a task folder, and the errors made of it.

use std::fmt;
use std::path::Path;

use serde::Serialize;

/// One thing that is wrong with a task folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TaskProblem {
    /// The file, as a path that starts like the folder that was given.
    pub file: String,
    /// The field within it, e.g. `bbox_mm` or `step.2.file` (steps count from 1); null where the file as a whole
    /// is meant.
    pub field: Option<String>,
    /// What is wrong, with the value; names the field.
    pub message: String,
    /// The way out.
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

    /// A problem of one field; `message` goes on after the field's name.
    pub fn of_field(file: &Path, field: &str, message: impl fmt::Display) -> Self {
        Self {
            field: Some(field.to_owned()),
            message: format!("`{field}` {message}"),
            ..Self::of_file(file, String::new())
        }
    }

    /// The same with a way out.
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

/// Why a task pack is refused, or a task not found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TaskError {
    /// A file is missing or wrong; says which file and which field.
    #[error("{file}: {message}")]
    Invalid {
        /// The file, as given.
        file: String,
        /// What is wrong, with the field.
        message: String,
    },
    /// No task of that id.
    #[error("unknown task `{id}`\nhint: known tasks are {known}")]
    Unknown {
        /// The id asked for.
        id: String,
        /// Known ids, comma separated.
        known: String,
    },
}

impl TaskError {
    /// The first of several problems, with the number of the others; `None` if there are none.
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
