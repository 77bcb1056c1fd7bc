//! Notes on rows: pins and annotations, stored beside their file.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::trajectory::replace_file;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Notes {
    /// By row number, from 1.
    #[serde(default)]
    pub rows: BTreeMap<u32, Note>,
}

/// Note on a row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Note {
    #[serde(default)]
    pub pinned: bool,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Notes {
    /// Path of the notes of a file of rows.
    pub fn path(rows: &Path) -> PathBuf {
        let mut name = rows.as_os_str().to_owned();
        name.push(".notes.json");
        name.into()
    }

    /// Reads the notes of a file of rows; empty if there are none.
    ///
    /// # Errors
    /// For an existing file that cannot be read: writing over it would lose its content.
    pub fn read(rows: &Path) -> Result<Self, String> {
        let path = Self::path(rows);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("cannot read {}: {error}", path.display())),
        };
        serde_json::from_slice(&text).map_err(|error| {
            format!(
                "{}: {error}\nhint: repair or remove the file; it is not overwritten",
                path.display()
            )
        })
    }

    /// Writes the notes beside a file of rows.
    ///
    /// # Errors
    /// If the folder is not writable.
    pub fn write(&self, rows: &Path) -> Result<(), String> {
        let path = Self::path(rows);
        let bytes = serde_json::to_vec_pretty(self).map_err(|error| error.to_string())?;
        replace_file(&path, &bytes).map_err(|error| {
            format!(
                "cannot save notes in {}: {error}\nhint: copy the rows to a folder that you may write to",
                path.display()
            )
        })
    }

    /// Note on the row of that index (from 0).
    pub fn of(&self, index: usize) -> Option<&Note> {
        self.rows.get(&number(index))
    }

    /// Pins or unpins a row.
    pub fn pin(&mut self, index: usize, pinned: bool) {
        self.change(index, |note| note.pinned = pinned);
    }

    /// Sets the annotation of a row; an empty text removes it.
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
    fn notes_are_saved_beside_their_rows_and_removed() {
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
    fn an_unreadable_notes_file_is_not_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let rows = dir.path().join("run.jsonl");
        std::fs::write(Notes::path(&rows), "{ half").unwrap();
        assert!(Notes::read(&rows).unwrap_err().contains("hint:"));
    }
}
