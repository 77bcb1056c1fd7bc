//! Numbered lines of a JSON Lines file, plain or compressed with gzip.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::{DataError, Row};
use cadforge_trajectory as trajectory;

/// Longer lines are malformed; rows are far shorter.
pub(crate) const MAX_LINE: u64 = 64 << 20;

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
    packed: bool,
    number: u64,
    at: u64,
    buffer: Vec<u8>,
}

/// Result of reading one line into the buffer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    TooLong,
    /// The compressed file ends in the middle of its data, as that of a killed writer does.
    CutOff,
}

impl Lines {
    /// Opens a file, or the file of steps in a trajectory's folder; its first bytes tell whether it is compressed.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = if path.is_dir() {
            path.join(trajectory::FILE_NAME)
        } else {
            path.to_owned()
        };
        let open = || -> io::Result<(Box<dyn BufRead + Send>, bool)> {
            let mut reader = BufReader::with_capacity(1 << 18, File::open(&file)?);
            if !reader.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
                return Ok((Box::new(reader), false));
            }
            let unpacked = flate2::bufread::MultiGzDecoder::new(reader);
            Ok((Box::new(BufReader::with_capacity(1 << 18, unpacked)), true))
        };
        let (reader, packed) = open().map_err(DataError::io("read", &file))?;
        Ok(Self {
            path: file,
            reader,
            packed,
            number: 0,
            at: 0,
            buffer: Vec::new(),
        })
    }

    /// The lines of a text in memory, never unpacked: a small compressed text may be a huge plain one.
    pub fn of_text(text: impl AsRef<[u8]> + Send + 'static) -> Self {
        Self {
            path: PathBuf::new(),
            reader: Box::new(io::Cursor::new(text)),
            packed: false,
            number: 0,
            at: 0,
            buffer: Vec::new(),
        }
    }

    /// The open file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is compressed.
    pub fn is_packed(&self) -> bool {
        self.packed
    }

    /// The bytes of the last line that [`Self::next_line`] returned.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// The next line that is not blank.
    pub fn next_line(&mut self) -> Result<Option<Line>, DataError> {
        loop {
            let start = self.at;
            let Some(extent) = self.read()? else {
                return Ok(None);
            };
            let ended = self.buffer.ends_with(b"\n");
            let row = match extent {
                Extent::Whole if Row::is_blank(&self.buffer) => continue,
                Extent::Whole => Row::parse(&self.buffer),
                Extent::TooLong => Err(format!("the line is longer than {} MB", MAX_LINE >> 20)),
                Extent::CutOff => Err("the compressed file ends early".to_owned()),
            };
            return Ok(Some(Line {
                number: self.number,
                start,
                length: self.at - start,
                ended,
                row: row.map_err(|message| {
                    if ended {
                        message
                    } else {
                        format!("{message} (the last line is incomplete: is the file still being written?)")
                    }
                }),
            }));
        }
    }

    /// The row on that line, at or after the next one; `None` if there is none.
    pub fn row_at(&mut self, number: u64) -> Result<Option<Row>, DataError> {
        while self.number < number {
            match self.read()? {
                None => return Ok(None),
                Some(Extent::Whole) if self.number == number => return Ok(Row::parse(&self.buffer).ok()),
                Some(_) => {}
            }
        }
        Ok(None)
    }

    /// Number of the line that begins at an offset in the (unpacked) file; `None` if none does.
    pub fn number_at(&mut self, start: u64) -> Result<Option<u64>, DataError> {
        while self.at < start {
            if self.read()?.is_none() {
                return Ok(None);
            }
        }
        Ok((self.at == start).then_some(self.number + 1))
    }

    /// Reads a line into the buffer; `None` at the end. The buffer has only the last part of a line that is too long.
    fn read(&mut self) -> Result<Option<Extent>, DataError> {
        self.buffer.clear();
        let mut length = 0;
        let mut extent = Extent::Whole;
        loop {
            let before = self.buffer.len();
            let read = (&mut self.reader)
                .take(MAX_LINE)
                .read_until(b'\n', &mut self.buffer);
            match read {
                Ok(_) => {}
                Err(error) if self.packed && error.kind() == ErrorKind::UnexpectedEof => {
                    self.reader = Box::new(io::empty());
                    extent = Extent::CutOff;
                }
                Err(error) => return Err(DataError::io("read", &self.path)(error)),
            }
            let read = (self.buffer.len() - before) as u64;
            length += read;
            if read < MAX_LINE || self.buffer.ends_with(b"\n") {
                break;
            }
            self.buffer.clear();
            extent = Extent::TooLong;
        }
        if length == 0 && extent == Extent::Whole {
            return Ok(None);
        }
        self.at += length;
        self.number += 1;
        Ok(Some(extent))
    }
}

/// The name of a file of rows without its extensions, or that of a folder.
pub fn file_stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.strip_suffix(".jsonl").unwrap_or(name).to_owned()
}

/// Name of the run in a file or folder: that of a trajectory is its folder's.
pub(crate) fn run_name(path: &Path) -> String {
    // Canonical paths of `.` and `..` have a name.
    let whole = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match whole.parent() {
        Some(folder) if whole.file_name() == Some(trajectory::FILE_NAME.as_ref()) => file_stem(folder),
        Some(_) | None => file_stem(&whole),
    }
}

/// Whether a path names a file of rows, compressed or not.
pub fn is_row_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.strip_suffix(".gz").unwrap_or(&name).ends_with(".jsonl")
}

#[cfg(test)]
pub(crate) mod tests {
    use std::io::Write as _;

    use super::*;

    pub(crate) fn packed(text: &[u8]) -> Vec<u8> {
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(text).unwrap();
        packed.finish().unwrap()
    }

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
        let message = |line: &Line| line.row.as_ref().unwrap_err().clone();
        assert!(message(&lines[1]).contains("not a JSON object"));
        assert!(
            message(&lines[4]).ends_with("(the last line is incomplete: is the file still being written?)")
        );
        assert!(!message(&lines[2]).contains("incomplete"));
        assert!(read(b"").is_empty());
        // A last line without its line break is a row if it is complete.
        assert!(read(b"{\"a\": 1}")[0].row.is_ok());
    }

    #[test]
    fn compressed_and_plain_files_read_alike() {
        let text = b"{\"a\": 1}\n\n[2]\n{\"a\": 2}\n{\"a\"";
        let (packed, plain) = (read(&packed(text)), read(text));
        assert_eq!(packed.len(), 4);
        for (packed, plain) in packed.iter().zip(&plain) {
            assert_eq!(
                (&packed.row, packed.start, packed.number),
                (&plain.row, plain.start, plain.number)
            );
        }
    }

    #[test]
    fn a_compressed_file_that_was_cut_keeps_its_complete_lines() {
        let text: Vec<u8> = (0..20_000)
            .flat_map(|number| format!("{{\"a\": {}}}\n", number * 7919 % 104_729).into_bytes())
            .collect();
        let whole = packed(&text);
        let lines = read(&whole[..whole.len() / 2]);
        let (last, rows) = lines.split_last().unwrap();
        assert!(rows.len() > 1000 && rows.iter().all(|line| line.row.is_ok()));
        let message = last.row.as_ref().unwrap_err();
        assert!(
            message.starts_with("the compressed file ends early (the last line is incomplete"),
            "{message}"
        );
        assert_eq!(last.number, rows.len() as u64 + 1);
        assert_eq!(read(&whole).len(), 20_000);
    }

    #[test]
    fn a_line_that_is_too_long_is_malformed_and_the_next_one_is_read() {
        let fits = MAX_LINE as usize - 1;
        for (length, is_row) in [(fits, true), (fits + 1, false), (2 * fits, false)] {
            // With its line break the first has the limit's length, which is the longest that fits.
            let text = format!("{{}}\n{{\"a\":\"{}\"}}\n{{\"b\":1}}\n", "x".repeat(length - 8));
            let lines = read(text.as_bytes());
            let seen: Vec<_> = lines.iter().map(|line| (line.number, line.row.is_ok())).collect();
            assert_eq!(seen, [(1, true), (2, is_row), (3, true)], "{length}");
            assert_eq!(lines[2].start, 3 + length as u64 + 1);
            if !is_row {
                assert_eq!(lines[1].row, Err("the line is longer than 64 MB".to_owned()));
            }
        }
    }

    #[test]
    fn a_line_is_found_by_number_and_by_offset() {
        let dir = tempfile::tempdir().unwrap();
        let text = b"{\"a\": 1}\n\nno row\n{\"a\": 2}\n";
        for (name, bytes) in [("a.jsonl", text.to_vec()), ("a.jsonl.gz", packed(text))] {
            let path = dir.path().join(name);
            std::fs::write(&path, bytes).unwrap();
            let row = |number| Lines::open(&path).unwrap().row_at(number).unwrap();
            assert_eq!(row(4).unwrap().number("a"), Some(2.0));
            assert_eq!([2, 3, 5].map(row), [None, None, None]);
            let number = |start| Lines::open(&path).unwrap().number_at(start).unwrap();
            assert_eq!([0, 17, 18, 99].map(number), [Some(1), Some(4), None, None]);
        }
    }

    #[test]
    fn names_have_no_extensions() {
        for (path, stem) in [
            ("a/run.jsonl", "run"),
            ("run.jsonl.gz", "run"),
            ("run.gz", "run"),
            ("a/b.c", "b.c"),
        ] {
            assert_eq!(file_stem(Path::new(path)), stem);
        }
        assert_eq!(run_name(Path::new("/nowhere/caster/trajectory.jsonl")), "caster");
        for (path, is) in [
            ("a.jsonl", true),
            ("a.jsonl.gz", true),
            ("a.gz", false),
            ("a.json", false),
        ] {
            assert_eq!(is_row_file(Path::new(path)), is, "{path}");
        }
    }
}
