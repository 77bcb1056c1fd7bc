//! What people say of rows: pinned ones and annotations, kept beside the file they are about.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::trajectory::replace_file;

/// Pins and annotations of a file of rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// By number of the row, from 1.
    #[serde(default)]
    pub rows: BTreeMap<u32, Note>,
}

/// What is said of a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// Whether it is to be found again.
    #[serde(default)]
    pub pinned: bool,
    /// In words.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Notes {
    /// The file that keeps them: beside that of the rows.
    pub fn path(rows: &Path) -> PathBuf {
        let mut name = rows.as_os_str().to_owned();
        name.push(".notes.json");
        name.into()
    }

    /// Reads those of a file of rows; none if there are none.
    ///
    /// # Errors
    /// For a file that is there and cannot be read: writing over it would lose what is in it.
    pub fn read(rows: &Path) -> Result<Self, String> {
        let path = Self::path(rows);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        serde_json::from_slice(&text).map_err(|error| {
            format!(
                "{}: {error}\nhint: mend or remove the file; nothing is written over it",
                path.display()
            )
        })
    }

    /// Writes them beside a file of rows.
    ///
    /// # Errors
    /// Where that folder cannot be written to.
    pub fn write(&self, rows: &Path) -> Result<(), String> {
        let path = Self::path(rows);
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        replace_file(&path, &bytes).map_err(|error| {
            format!(
                "cannot keep notes in {}: {error}\nhint: copy the rows to a folder that you may write to",
                path.display()
            )
        })
    }

    /// What is said of the row of that index (from 0).
    pub fn of(&self, index: usize) -> Option<&Note> {
        self.rows.get(&number(index))
    }

    /// Pins a row, or lets go of it.
    pub fn pin(&mut self, index: usize, pinned: bool) {
        self.change(index, |note| note.pinned = pinned);
    }

    /// Says something of a row; nothing takes it back.
    pub fn annotate(&mut self, index: usize, text: &str) {
        self.change(index, |note| text.trim().clone_into(&mut note.text));
    }

    fn change(&mut self, index: usize, change: impl FnOnce(&mut Note)) {
        let note = self.rows.entry(number(index)).or_default();
        change(note);
        if *note == Note::default() {
            self.rows.remove(&number(index));
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_kept_beside_their_rows_and_taken_back() {
        let dir = tempfile::tempdir().unwrap();
        let rows = dir.path().join("run.jsonl");
        let mut notes = Notes::read(&rows).unwrap();
        notes.pin(0, true);
        notes.annotate(41, " forgot the holes ");
        notes.write(&rows).unwrap();
        let again = Notes::read(&rows).unwrap();
        assert_eq!(again, notes);
        assert_eq!(again.of(41).unwrap().text, "forgot the holes");
        assert!(dir.path().join("run.jsonl.notes.json").exists());
        notes.pin(0, false);
        notes.annotate(41, "");
        assert!(notes.rows.is_empty());
    }

    #[test]
    fn a_file_that_is_no_notes_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let rows = dir.path().join("run.jsonl");
        std::fs::write(Notes::path(&rows), "{ half").unwrap();
        assert!(Notes::read(&rows).unwrap_err().contains("hint:"));
    }
}
