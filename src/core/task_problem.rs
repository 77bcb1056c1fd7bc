//! Problems of task folders.

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
    pub fn of_field(file: &Path, field: &str, message: impl fmt::Display) -> Self {
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
