//! Writes a task folder that `cadforge tasks check` accepts, or reports what is missing.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use serde::Serialize;

use crate::task::{self, Level, Task};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NewTask {
    /// Id and folder name.
    pub id: String,
    pub level: Level,
    /// Kind of part.
    pub family: String,
    /// Displayed name.
    pub label: String,
    pub prompt: String,
    /// Keywords expected in the code.
    pub semantic_hints: Vec<String>,
    /// Required bounding box, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox_mm: Option<[f64; 3]>,
    /// Code of the weak seed.
    #[serde(skip)]
    pub seed: String,
    #[serde(skip)]
    pub reference: Option<String>,
}

impl NewTask {
    /// Writes the task as a folder of `pack` and reads it back.
    ///
    /// # Errors
    /// A message about the folder; nothing is left behind. An existing folder is not changed.
    pub fn write(&self, pack: &Path) -> Result<Arc<Task>, String> {
        let dir = pack.join(&self.id);
        // The id is the folder's name: reject one that leads elsewhere.
        if self.id.is_empty()
            || !self
                .id
                .bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
        {
            return Err(format!(
                "`{}` is not a valid id\nhint: use small letters, digits and _, as in `hinge_leaf`",
                self.id
            ));
        }
        if dir.exists() {
            return Err(format!(
                "{} already exists\nhint: choose another id",
                dir.display()
            ));
        }
        let done = self.fill(&dir);
        if done.is_err() {
            // A partial folder would be rejected by everything that lists tasks.
            let _ = fs::remove_dir_all(&dir);
        }
        done
    }

    fn fill(&self, dir: &Path) -> Result<Arc<Task>, String> {
        let fail = |error: std::io::Error| {
            format!(
                "cannot write {}: {error}\nhint: choose a folder that you may write to",
                dir.display()
            )
        };
        let card = toml::to_string(self).map_err(|error| error.to_string())?;
        fs::create_dir_all(dir.join("seeds")).map_err(fail)?;
        fs::write(dir.join("task.toml"), card).map_err(fail)?;
        fs::write(dir.join("seeds/weak.py"), &self.seed).map_err(fail)?;
        if let Some(reference) = &self.reference {
            fs::write(dir.join("reference.py"), reference).map_err(fail)?;
        }
        match task::read(dir) {
            Ok(task) => Ok(Arc::new(task)),
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(|problem| problem.message.clone()).collect();
                Err(lines.join("\n"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hinge() -> NewTask {
        NewTask {
            id: "hinge_leaf".to_owned(),
            level: Level::Medium,
            family: "hardware".to_owned(),
            label: "Hinge leaf".to_owned(),
            prompt: "Design a leaf of a hinge.\nWith \"three\" holes.".to_owned(),
            semantic_hints: vec!["leaf".to_owned(), "three_holes".to_owned()],
            bbox_mm: Some([40.0, 60.0, 3.0]),
            seed: "fixture = None\n".to_owned(),
            reference: Some("fixture = 1\n".to_owned()),
        }
    }

    #[test]
    fn a_written_task_can_be_read() {
        let dir = tempfile::tempdir().unwrap();
        let task = hinge().write(dir.path()).unwrap();
        assert_eq!((task.id.as_str(), task.level), ("hinge_leaf", Level::Medium));
        assert_eq!(task.prompt, hinge().prompt);
        assert_eq!(task.bbox_mm, hinge().bbox_mm);
        assert_eq!(task.weak_seed(), "fixture = None\n");
        assert!(task::check_statically(&dir.path().join("hinge_leaf")).is_empty());
        assert!(hinge().write(dir.path()).unwrap_err().contains("already exists"));
    }

    #[test]
    fn a_missing_value_is_an_error_and_leaves_no_files() {
        let dir = tempfile::tempdir().unwrap();
        let mut task = hinge();
        task.semantic_hints.clear();
        task.label.clear();
        let message = task.write(dir.path()).unwrap_err();
        assert!(
            message.contains("semantic_hints") && message.contains("label"),
            "{message}"
        );
        task.id = "../elsewhere".to_owned();
        assert!(task.write(dir.path()).unwrap_err().contains("is not a valid id"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
