//! Texts in an unnamed temporary file, which is never left behind.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use super::DataError;

/// Texts by their offset.
#[derive(Debug)]
pub(crate) struct Spool {
    file: Arc<File>,
    end: u64,
}

/// A reader with an offset of its own: several may read one file at the same time.
#[derive(Debug)]
pub(crate) struct Positioned {
    file: Arc<File>,
    at: u64,
}

impl Spool {
    pub(crate) fn new() -> Result<Self, DataError> {
        let file = tempfile::tempfile().map_err(DataError::io("write", &std::env::temp_dir()))?;
        Ok(Self {
            file: Arc::new(file),
            end: 0,
        })
    }

    /// Offset after the last text.
    pub(crate) fn end(&self) -> u64 {
        self.end
    }

    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<u64, DataError> {
        let at = self.end;
        self.put_at(bytes, at)?;
        Ok(at)
    }

    /// Puts a text at an offset; a gap before it takes no space on disk.
    pub(crate) fn put_at(&mut self, bytes: &[u8], at: u64) -> Result<(), DataError> {
        self.file
            .write_all_at(bytes, at)
            .map_err(DataError::io("write", &std::env::temp_dir()))?;
        self.end = self.end.max(at + bytes.len() as u64);
        Ok(())
    }

    pub(crate) fn get(&self, at: u64, length: usize) -> Result<Vec<u8>, DataError> {
        let mut bytes = vec![0; length];
        self.file
            .read_exact_at(&mut bytes, at)
            .map_err(DataError::io("read", &std::env::temp_dir()))?;
        Ok(bytes)
    }

    pub(crate) fn reader(&self) -> Positioned {
        Positioned::new(Arc::clone(&self.file))
    }
}

impl Positioned {
    pub(crate) fn new(file: Arc<File>) -> Self {
        Self { file, at: 0 }
    }
}

impl Read for Positioned {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read_at(buffer, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

impl Seek for Positioned {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
            SeekFrom::End(by) => self.file.metadata()?.len().checked_add_signed(by),
        };
        self.at = at.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
