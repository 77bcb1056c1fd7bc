//! All tasks of all packs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::{Task, TaskError, folder};

/// All tasks of all packs, sorted by id.
#[derive(Clone, Debug, Default)]
pub struct TaskSet {
    tasks: Vec<Arc<Task>>,
}

impl TaskSet {
    /// Loads packs in order; a task of a later pack replaces one with the same id. Any invalid folder is an error.
    pub fn load(dirs: &[impl AsRef<Path>]) -> Result<Self, TaskError> {
        let mut tasks = BTreeMap::new();
        let mut problems = Vec::new();
        for pack in dirs {
            for dir in folders(pack.as_ref())? {
                match folder::read(&dir) {
                    Ok(task) => {
                        tasks.insert(task.id.clone(), Arc::new(task));
                    }
                    Err(found) => problems.extend(found),
                }
            }
        }
        match TaskError::from_problems(&problems) {
            Some(error) => Err(error),
            None => Ok(Self {
                tasks: tasks.into_values().collect(),
            }),
        }
    }

    /// All tasks, sorted by id.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Task>> {
        self.tasks.iter()
    }

    /// The task whose whole prompt stands in a text, whatever the white space; of several the one with the longest.
    pub fn of_prompt(&self, text: &str) -> Option<&Arc<Task>> {
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = words(text);
        let asked = |task: &&Arc<Task>| {
            let prompt = words(&task.prompt);
            !prompt.is_empty() && text.contains(&prompt)
        };
        self.tasks
            .iter()
            .filter(asked)
            .max_by_key(|task| task.prompt.len())
    }

    /// The task of that id.
    pub fn get(&self, id: &str) -> Result<&Arc<Task>, TaskError> {
        self.tasks.iter().find(|task| task.id == id).ok_or_else(|| {
            let known: Vec<_> = self.tasks.iter().map(|task| task.id.as_str()).collect();
            let known = if known.is_empty() {
                "none".to_owned()
            } else {
                known.join(", ")
            };
            TaskError::Unknown {
                id: id.to_owned(),
                known,
            }
        })
    }
}

impl FromIterator<Arc<Task>> for TaskSet {
    /// Collects loaded tasks; of several with one id the last is kept.
    fn from_iter<I: IntoIterator<Item = Arc<Task>>>(tasks: I) -> Self {
        let tasks: BTreeMap<String, Arc<Task>> =
            tasks.into_iter().map(|task| (task.id.clone(), task)).collect();
        Self {
            tasks: tasks.into_values().collect(),
        }
    }
}

/// The task folders of a pack, sorted by name; files and hidden entries are skipped.
pub fn folders(pack: &Path) -> Result<Vec<PathBuf>, TaskError> {
    let refuse = |message: String| TaskError::Invalid {
        file: pack.display().to_string(),
        message,
    };
    if pack.join("task.toml").exists() {
        return Err(refuse(
            "is a task, not a pack of tasks\nhint: give the folder above it".to_owned(),
        ));
    }
    let unreadable = |error: std::io::Error| {
        refuse(format!(
            "cannot read the task pack: {error}\nhint: a pack is a folder with one folder per task"
        ))
    };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(pack).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        if path.is_dir() && !entry.file_name().as_encoded_bytes().starts_with(b".") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
