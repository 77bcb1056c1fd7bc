//! Rows of training runs as the window lists them: [`RowIndex`] with the user's filter and notes.

mod choice;

use std::path::Path;

use super::notes::Notes;
use crate::data::{Row, line_of};

pub use crate::data::index::{GroupBy, IndexedGroup, REPLACES_ITSELF, RowIndex};
pub use choice::{Order, RowClass, RowFilter, RowList};

/// Writes some rows to a file, with their notes.
///
/// # Errors
/// If a file cannot be read or written.
pub fn write_rows(
    rows: &RowIndex,
    of: &[u32],
    notes: &Notes,
    path: &Path,
    progress: &dyn Fn(f32),
) -> Result<(), String> {
    let noted = |index: usize, line: &[u8]| {
        let note = notes.of(index)?;
        let mut row = Row::parse(line).ok()?;
        row.0.insert("pinned".to_owned(), note.pinned.into());
        row.0.insert("annotation".to_owned(), note.text.clone().into());
        Some(line_of(&row.0))
    };
    rows.write(of, path, &noted, progress)
        .map_err(|error| error.to_string())
}
