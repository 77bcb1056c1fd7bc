//! Texts of listed rows: read one by one, in order, or written to a file.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rows::{IndexedRow, RowIndex};
use crate::lines::MAX_LINE;
use crate::output::write_whole;
use crate::spool::Positioned;
use crate::store::Store;
use crate::{DataError, Lines, Row};

/// Rows are not written over the file that they are read from.
pub const REPLACES_ITSELF: &str =
    "the selection would replace the file that it comes from\nhint: choose another name";

/// Changes the line of a row that is written, by the row's index; `None` leaves it as it is.
pub type ChangeLine<'a> = dyn Fn(usize, &[u8]) -> Option<Vec<u8>> + 'a;

/// Reader of row texts.
enum Texts<'a> {
    Store(Box<Store>),
    /// The open file, with its number and the offset of the next byte.
    Files(&'a RowIndex, Option<(u16, BufReader<Positioned>, u64)>),
}

impl RowIndex {
    fn texts(&self) -> Result<Texts<'_>, DataError> {
        Ok(if self.stored {
            Texts::Store(Box::new(self.open_store()?))
        } else {
            Texts::Files(self, None)
        })
    }

    fn at(&self, index: usize) -> Result<&IndexedRow, DataError> {
        let gone = || DataError::Input("the row no longer exists".to_owned());
        self.rows.get(index).ok_or_else(gone)
    }

    /// Reads a row's code and its task.
    pub fn code(&self, index: usize) -> Result<(Option<String>, String), DataError> {
        let row = self.at(index)?;
        let mut line = Vec::new();
        self.texts()?.read(row, &mut line)?;
        let number = index + 1;
        let changed = |error| {
            let file = self.file(row).display();
            DataError::Input(format!("row {number} of {file} has changed: {error}"))
        };
        let code = Row::parse(&line).map_err(changed)?.code();
        let code = code.ok_or_else(|| DataError::Input(format!("row {number} holds no code")))?;
        Ok((self.tasks.get(row.task as usize).cloned(), code))
    }

    /// Line number of a row in its file, from 1.
    pub fn line(&self, index: usize) -> Result<u64, DataError> {
        let row = self.at(index)?;
        let number = Lines::open(self.file(row))?.number_at(row.start)?;
        number.ok_or_else(|| changed(self.file(row)))
    }

    /// Passes the line of each row, which may be changed, in order.
    pub(super) fn each_text(&self, take: &mut dyn FnMut(u32, &mut [u8])) -> Result<(), DataError> {
        let mut line = Vec::new();
        if self.stored {
            let mut rows = (0..).zip(&self.rows).peekable();
            return self.open_store()?.texts(&mut |id, text| {
                if let Some((index, _)) = rows.next_if(|(_, row)| row.start == id.cast_unsigned()) {
                    line.clear();
                    line.extend_from_slice(text.as_bytes());
                    take(index, &mut line);
                }
            });
        }
        let mut texts = self.texts()?;
        for (index, row) in (0..).zip(&self.rows) {
            texts.read(row, &mut line)?;
            take(index, &mut line);
        }
        Ok(())
    }

    /// Whether writing to a path would replace a file that the rows are read from, however the path is spelled.
    pub fn is_source(&self, path: &Path) -> bool {
        let same = |file: &PathBuf, whole: &Path| file.canonicalize().is_ok_and(|file| file == whole);
        path.canonicalize()
            .is_ok_and(|whole| self.files.iter().any(|file| same(file, &whole)))
    }

    /// Writes some rows to a file.
    ///
    /// # Errors
    /// If a file cannot be read or written, or would replace a source of the rows.
    pub fn write(
        &self,
        of: &[u32],
        path: &Path,
        change: &ChangeLine<'_>,
        progress: &dyn Fn(f32),
    ) -> Result<(), DataError> {
        if self.is_source(path) {
            return Err(DataError::Input(REPLACES_ITSELF.to_owned()));
        }
        let mut texts = self.texts()?;
        let mut line = Vec::new();
        write_whole(path, |out| {
            for (done, index) in of.iter().map(|index| *index as usize).enumerate() {
                let Some(row) = self.rows.get(index) else { continue };
                texts.read(row, &mut line)?;
                let changed = change(index, &line);
                let whole = changed.as_deref().unwrap_or(&line).trim_ascii();
                out.write_all(whole)
                    .and_then(|()| out.write_all(b"\n"))
                    .map_err(DataError::io("write", path))?;
                if done % 1000 == 999 {
                    progress(done as f32 / of.len() as f32);
                }
            }
            Ok(())
        })
    }
}

impl Texts<'_> {
    /// Reads a row's line.
    fn read(&mut self, row: &IndexedRow, line: &mut Vec<u8>) -> Result<(), DataError> {
        match self {
            Self::Store(store) => {
                let text = store.text(row.start.cast_signed())?;
                let gone = || {
                    DataError::Input(format!(
                        "row {} is no longer in the store in {}\nhint: open it again",
                        row.start,
                        store.folder().display()
                    ))
                };
                *line = text.ok_or_else(gone)?.into_bytes();
            }
            Self::Files(index, open) => {
                let file = index.file(row);
                let mut read = || -> io::Result<bool> {
                    let base = index.unpacked.get(row.run as usize).copied().flatten();
                    if open.as_ref().is_none_or(|(number, ..)| *number != row.run) {
                        let source = match (&index.spool, base) {
                            (Some(spool), Some(_)) => spool.reader(),
                            _ => Positioned::new(Arc::new(File::open(file)?)),
                        };
                        *open = Some((row.run, BufReader::with_capacity(1 << 18, source), 0));
                    }
                    let Some((_, reader, at)) = open else {
                        return Ok(false);
                    };
                    let start = base.unwrap_or(0) + row.start;
                    reader.seek_relative(start.cast_signed() - at.cast_signed())?;
                    line.clear();
                    let length = reader.take(MAX_LINE).read_until(b'\n', line)?;
                    *at = start + length as u64;
                    Ok(length > 0)
                };
                match read() {
                    Ok(true) => {}
                    Ok(false) => return Err(changed(file)),
                    Err(error) => return Err(DataError::io("read", file)(error)),
                }
            }
        }
        Ok(())
    }
}

fn changed(file: &Path) -> DataError {
    DataError::Input(format!(
        "{} has changed since it was read\nhint: open it again",
        file.display()
    ))
}
