//! Reads files of a task folder, and none outside it.

use std::path::{Path, PathBuf};

use toml::Table;

use cadforge_core::TaskProblem;

pub(super) struct Folder {
    pub(super) dir: PathBuf,
    /// The folder with symbolic links resolved.
    pub(super) root: PathBuf,
    pub(super) problems: Vec<TaskProblem>,
}

impl Folder {
    /// Parses a TOML file.
    pub(super) fn table(&mut self, file: &Path) -> Option<Table> {
        let text = self.text(file)?;
        match text.parse::<Table>() {
            Ok(table) => Some(table),
            Err(error) => {
                let at = error.span().map_or(0, |span| span.start);
                let line = 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count();
                self.refuse(
                    file,
                    &format!("is not valid TOML: line {line}: {}", error.message()),
                );
                None
            }
        }
    }

    /// Source code that is not blank.
    pub(super) fn code(&mut self, file: &Path) -> Option<String> {
        let text = self.text(file)?;
        if text.trim().is_empty() {
            self.refuse(file, "is empty");
            return None;
        }
        Some(text)
    }

    pub(super) fn text(&mut self, file: &Path) -> Option<String> {
        let wrong = match self.inside(file) {
            Err(Outside::Missing) => "is missing".to_owned(),
            Err(Outside::Leaves) => "leads out of the task folder".to_owned(),
            // Reading a pipe would block for ever, and a device might not end.
            Ok(path) if !path.is_file() => "is not a file".to_owned(),
            Ok(path) => match std::fs::read(path).map(String::from_utf8) {
                Ok(Ok(text)) => return Some(text),
                Ok(Err(error)) => format!("is not UTF-8 at byte {}", error.utf8_error().valid_up_to()),
                Err(error) => format!("cannot be read: {error}"),
            },
        };
        self.refuse(file, &wrong);
        None
    }

    /// Names in a subfolder, sorted, without hidden ones; empty if the subfolder is missing.
    pub(super) fn names(&mut self, folder: &Path) -> Vec<String> {
        let path = match self.inside(folder) {
            Ok(path) => path,
            Err(Outside::Missing) => return Vec::new(),
            Err(Outside::Leaves) => {
                self.refuse(folder, "leads out of the task folder");
                return Vec::new();
            }
        };
        let entries = std::fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        match entries {
            Ok(entries) => {
                let names = entries
                    .iter()
                    .map(|entry| entry.file_name().to_string_lossy().into_owned());
                // Python writes its cache beside executed code.
                let mut names: Vec<_> = names
                    .filter(|name| !name.starts_with('.') && name != "__pycache__")
                    .collect();
                names.sort();
                names
            }
            Err(error) => {
                self.refuse(folder, &format!("cannot be read as a folder: {error}"));
                Vec::new()
            }
        }
    }

    /// Resolves a relative path.
    pub(super) fn inside(&self, path: &Path) -> Result<PathBuf, Outside> {
        let real = self
            .root
            .join(path)
            .canonicalize()
            .map_err(|_| Outside::Missing)?;
        if real.starts_with(&self.root) {
            Ok(real)
        } else {
            Err(Outside::Leaves)
        }
    }

    /// Whether there is an entry of that name, even a broken link.
    pub(super) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.dir.join(path).symlink_metadata().is_ok()
    }

    pub(super) fn refuse(&mut self, file: &Path, message: &str) -> &mut TaskProblem {
        self.problems
            .push(TaskProblem::of_file(&self.dir.join(file), message));
        self.problems.last_mut().expect("one was just added")
    }
}

/// Reason why a path cannot be used.
pub(super) enum Outside {
    Missing,
    Leaves,
}
