//! Numbered lines of a JSON Lines file, plain or compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use super::{DataError, Row};

/// Longer lines are malformed; rows are far shorter.
const MAX_LINE: u64 = 64 << 20;

/// A malformed line, which was skipped.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct BadLine {
    /// Number, from 1.
    pub line: u64,
    /// Message.
    pub message: String,
}

/// A line that is not blank.
#[derive(Debug)]
pub struct Line {
    /// Number, from 1.
    pub number: u64,
    /// Offset in the (unpacked) file, bytes.
    pub start: u64,
    /// Length with its line break, bytes.
    pub length: u64,
    /// Whether it has its line break; the partial line of a killed writer has none.
    pub ended: bool,
    /// The row, or why the line is malformed.
    pub row: Result<Row, String>,
}

/// Reads a file line by line.
pub struct Lines {
    path: PathBuf,
    reader: Box<dyn BufRead + Send>,
    number: u64,
    at: u64,
    buffer: Vec<u8>,
}

impl Lines {
    /// Opens a file; its first bytes tell whether it is compressed.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let open = || -> io::Result<Box<dyn BufRead + Send>> {
            let mut file = BufReader::with_capacity(1 << 18, File::open(path)?);
            if file.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
                return Ok(Box::new(BufReader::with_capacity(
                    1 << 18,
                    flate2::bufread::MultiGzDecoder::new(file),
                )));
            }
            Ok(Box::new(file))
        };
        Ok(Self {
            reader: open().map_err(DataError::io("read", path))?,
            path: path.to_owned(),
            number: 0,
            at: 0,
            buffer: Vec::new(),
        })
    }

    /// The next line that is not blank.
    pub fn next_line(&mut self) -> Result<Option<Line>, DataError> {
        loop {
            let start = self.at;
            let Some(whole) = self.read().map_err(DataError::io("read", &self.path))? else {
                return Ok(None);
            };
            let ended = self.buffer.ends_with(b"\n");
            let row = if whole {
                let bytes = self.buffer.trim_ascii();
                // Some editors write a byte order mark before the first line.
                let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
                if bytes.is_empty() {
                    continue;
                }
                Row::parse(bytes)
            } else {
                Err(format!("the line is longer than {} MB", MAX_LINE >> 20))
            };
            return Ok(Some(Line {
                number: self.number,
                start,
                length: self.at - start,
                ended,
                row,
            }));
        }
    }

    /// Reads a line into the buffer; `false` if it is too long, `None` at the end.
    fn read(&mut self) -> io::Result<Option<bool>> {
        self.buffer.clear();
        let mut read = (&mut self.reader)
            .take(MAX_LINE)
            .read_until(b'\n', &mut self.buffer)? as u64;
        if read == 0 {
            return Ok(None);
        }
        let whole = read < MAX_LINE || self.buffer.ends_with(b"\n");
        while !whole && !self.buffer.ends_with(b"\n") {
            self.buffer.clear();
            match (&mut self.reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut self.buffer)?
            {
                0 => break,
                more => read += more as u64,
            }
        }
        self.at += read;
        self.number += 1;
        Ok(Some(whole))
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn read(bytes: &[u8]) -> Vec<Line> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rows.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let mut lines = Lines::open(&path).unwrap();
        std::iter::from_fn(|| lines.next_line().unwrap()).collect()
    }

    #[test]
    fn blank_and_malformed_lines_count_in_line_numbers() {
        let text = b"\xef\xbb\xbf{\"a\": 1}\r\n\n[1]\n{\"a\": NaN}\n  \n{\"a\": 2}\n{\"a\"";
        let lines = read(text);
        let seen: Vec<_> = lines
            .iter()
            .map(|line| (line.number, line.row.is_ok(), line.ended))
            .collect();
        assert_eq!(
            seen,
            [
                (1, true, true),
                (3, false, true),
                (4, false, true),
                (6, true, true),
                (7, false, false)
            ]
        );
        assert_eq!(lines[3].start, 32);
        assert!(lines[1].row.as_ref().unwrap_err().contains("not a JSON object"));
        assert!(read(b"").is_empty());
    }

    #[test]
    fn compressed_and_plain_files_read_alike() {
        let text = b"{\"a\": 1}\n{\"a\": 2}\n";
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        let (packed, plain) = (read(&packed.finish().unwrap()), read(text));
        assert_eq!(packed.len(), 2);
        for (packed, plain) in packed.iter().zip(&plain) {
            assert_eq!((&packed.row, packed.start), (&plain.row, plain.start));
        }
    }
}
