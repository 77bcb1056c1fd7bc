//! Rows of training runs: a JSONL file of candidates with their rewards, a folder of such files and of trajectories, or a store;
//! files may exceed available memory.
//!
//! A list keeps 24 bytes per row; code and notes are read on demand.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::notes::Notes;
use crate::data;
use crate::failure::Kind;
use groups::Grouping;

pub use choice::{Order, RowClass, RowFilter, RowList};
pub use groups::Group;

/// Rows are not written over the file that they are read from.
pub const REPLACES_ITSELF: &str =
    "the selection would replace the file that it comes from\nhint: choose another name";

/// Rows of a file, a folder or a store.
#[derive(Debug, Default)]
pub struct Rows {
    /// The file, or the folder of a store or of several files.
    pub path: PathBuf,
    /// Whether the rows come from a store.
    pub stored: bool,
    /// Files of the rows, in the order of `runs`; empty for a store.
    pub files: Vec<PathBuf>,
    /// Rows in order.
    pub rows: Vec<Row>,
    /// Task names that rows refer to.
    pub tasks: Vec<String>,
    /// Kinds that rows refer to.
    pub kinds: Vec<String>,
    /// Run names that rows refer to; empty for one file.
    pub runs: Vec<String>,
    /// Candidates of one prompt, in order of their first row; rows without a `group_id` are in no group.
    pub groups: Vec<Group>,
    /// Group of each row; `u32::MAX` for none.
    pub group_of: Vec<u32>,
    /// Advantage of each row in its group; NaN for none.
    advantages: Vec<f32>,
    /// Number of malformed lines.
    pub malformed: usize,
}

/// A row as displayed in the list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Offset of the line in the file, or id in the store.
    start: u64,
    /// Length of the line in bytes.
    length: u32,
    pub run: u16,
    /// Index of its task; `u16::MAX` for none.
    pub task: u16,
    /// Index of its kind; `u16::MAX` for none.
    pub kind: u16,
    /// Reward; NaN for none.
    pub total: f32,
    /// Whether it built; none if unknown.
    pub built: Option<bool>,
}

/// Statistics of some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    pub count: usize,
    /// Share that built among the rows with a known build status, 0 to 1.
    pub built: Option<f64>,
    /// Number of rows with unknown build status.
    pub unknown: usize,
    pub mean: f64,
    /// Sample standard deviation of the rewards.
    pub std: f64,
    pub best: f64,
}

impl Rows {
    /// Reads a file line by line.
    pub fn read(path: &Path) -> Result<Self, String> {
        let fail = |error: std::io::Error| {
            format!(
                "cannot read {}: {error}\nhint: give a JSONL file of candidates",
                path.display()
            )
        };
        let mut rows = Self {
            path: path.to_owned(),
            files: vec![path.to_owned()],
            ..Self::default()
        };
        let mut groups = Grouping::default();
        rows.read_file(0, &mut groups).map_err(fail)?;
        groups.finish(&mut rows);
        if rows.rows.is_empty() {
            return Err(format!(
                "{} holds no rows with a reward or a kind\nhint: give a trajectory's folder, or what `cadforge score` wrote",
                path.display()
            ));
        }
        Ok(rows)
    }

    /// Reads one of the files.
    fn read_file(&mut self, file: usize, groups: &mut Grouping) -> std::io::Result<()> {
        let mut reader = BufReader::with_capacity(1 << 20, File::open(&self.files[file])?);
        let (mut line, mut start) = (Vec::new(), 0);
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line)?;
            if length == 0 {
                return Ok(());
            }
            if !line.trim_ascii().is_empty() {
                self.push(&line, start, file as u16, groups);
            }
            start += length as u64;
        }
    }

    fn push(&mut self, line: &[u8], start: u64, file: u16, groups: &mut Grouping) {
        let Ok(row) = data::Row::parse(line) else {
            return self.malformed += 1;
        };
        if row.is_header() {
            return;
        }
        let total = row.total().or_else(|| row.score());
        let kind = row.kind();
        if total.is_none() && kind.is_none() {
            return self.malformed += 1;
        }
        let built = row.built();
        // A group id is unique within its file only.
        let group = row.group_id().map(|id| match self.runs.get(file as usize) {
            Some(run) => format!("{run} {id}"),
            None => id,
        });
        groups.push(group, row.score(), row.profile());
        self.rows.push(Row {
            start,
            length: line.len() as u32,
            run: file,
            task: index_of(&mut self.tasks, row.task_id()),
            kind: index_of(&mut self.kinds, kind.map(Kind::name)),
            total: total.map_or(f32::NAN, |total| total as f32),
            built,
        });
    }

    /// Reads a row's code and its task.
    pub fn code(&self, index: usize) -> Result<(Option<String>, String), String> {
        let row = self.rows.get(index).ok_or("the row no longer exists")?;
        let whole = self.bytes(row)?;
        let changed = |error| {
            format!(
                "row {} of {} has changed: {error}",
                index + 1,
                self.file(row).display()
            )
        };
        let code = data::Row::parse(&whole)
            .map_err(changed)?
            .code()
            .ok_or_else(|| format!("row {} holds no code", index + 1))?;
        Ok((self.tasks.get(row.task as usize).cloned(), code))
    }

    /// Line number of a row in its file, from 1.
    pub fn line(&self, index: usize) -> Result<u64, String> {
        let row = self.rows.get(index).ok_or("the row no longer exists")?;
        let file = self.file(row);
        let fail = |error: std::io::Error| format!("cannot read {}: {error}", file.display());
        let mut before = BufReader::with_capacity(1 << 20, File::open(file).map_err(fail)?.take(row.start));
        let mut line = 1;
        loop {
            let buffer = before.fill_buf().map_err(fail)?;
            if buffer.is_empty() {
                return Ok(line);
            }
            line += buffer.iter().filter(|byte| **byte == b'\n').count() as u64;
            let length = buffer.len();
            before.consume(length);
        }
    }

    fn bytes(&self, row: &Row) -> Result<Vec<u8>, String> {
        if self.stored {
            return stored::text(&self.open_store()?, row.start);
        }
        let read = || {
            let mut file = File::open(self.file(row))?;
            file.seek(SeekFrom::Start(row.start))?;
            let mut line = vec![0; row.length as usize];
            file.read_exact(&mut line)?;
            Ok(line)
        };
        read().map_err(|error: std::io::Error| format!("cannot read {}: {error}", self.file(row).display()))
    }

    /// File of a row, or folder of the store.
    pub fn file(&self, row: &Row) -> &Path {
        self.files.get(row.run as usize).unwrap_or(&self.path)
    }

    /// Whether the rows come from the files of a folder.
    pub fn is_folder(&self) -> bool {
        !self.stored && !self.runs.is_empty()
    }

    /// Rows whose line contains a text, ignoring case.
    pub fn search(&self, text: &str) -> Result<Vec<u32>, String> {
        let wanted = JsonNeedle::new(text);
        if self.stored {
            return self.search_store(&wanted);
        }
        let (mut found, mut line, mut source) = (Vec::new(), Vec::new(), self.source()?);
        for (index, row) in self.rows.iter().enumerate() {
            source.read(row, &mut line)?;
            if wanted.is_in(&mut line) {
                found.push(index as u32);
            }
        }
        Ok(found)
    }

    /// Number of rows in each of `bins` equal reward intervals from -1 to 1.
    pub fn histogram(&self, of: &[u32], bins: usize) -> Vec<u32> {
        let mut counts = vec![0; bins.max(1)];
        for row in of.iter().filter_map(|index| self.rows.get(*index as usize)) {
            if row.total.is_finite() {
                let share = (f64::from(row.total).clamp(-1.0, 1.0) + 1.0) / 2.0;
                let bin = (share * counts.len() as f64) as usize;
                let last = counts.len() - 1;
                counts[bin.min(last)] += 1;
            }
        }
        counts
    }

    /// Statistics of some rows by task or kind, most rows first.
    pub fn by(&self, of: &[u32], key: Key) -> Vec<(String, Summary)> {
        let names = match key {
            Key::Task => &self.tasks,
            Key::Kind => &self.kinds,
        };
        let mut members: BTreeMap<u16, Vec<u32>> = BTreeMap::new();
        for index in of {
            if let Some(row) = self.rows.get(*index as usize) {
                let name = match key {
                    Key::Task => row.task,
                    Key::Kind => row.kind,
                };
                members.entry(name).or_default().push(*index);
            }
        }
        let mut found: Vec<_> = members
            .into_iter()
            .filter_map(|(name, rows)| Some((names.get(name as usize)?.clone(), self.summary(&rows))))
            .collect();
        found.sort_by(|a, b| b.1.count.cmp(&a.1.count).then_with(|| a.0.cmp(&b.0)));
        found
    }

    /// Writes some rows unchanged to a file, with their notes.
    ///
    /// # Errors
    /// If a file cannot be read or written.
    pub fn export(
        &self,
        of: &[u32],
        notes: &Notes,
        path: &Path,
        progress: &dyn Fn(f32),
    ) -> Result<(), String> {
        let fail = |error: std::io::Error| {
            format!(
                "cannot write {}: {error}\nhint: choose another folder",
                path.display()
            )
        };
        // However the path is spelled: rows are read again from this file.
        if let Ok(whole) = path.canonicalize()
            && self
                .files
                .iter()
                .any(|file| file.canonicalize().is_ok_and(|file| file == whole))
        {
            return Err(REPLACES_ITSELF.to_owned());
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            // Applies the user's umask.
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(fail)?;
        let mut written = std::io::BufWriter::with_capacity(1 << 20, &mut file);
        let mut source = self.source()?;
        let mut line = Vec::new();
        for (done, index) in of.iter().enumerate() {
            let Some(row) = self.rows.get(*index as usize) else {
                continue;
            };
            source.read(row, &mut line)?;
            let noted = notes.of(*index as usize).and_then(|note| {
                let mut row = data::Row::parse(line.trim_ascii()).ok()?;
                let keys = &mut row.0;
                keys.insert("pinned".to_owned(), note.pinned.into());
                keys.insert("annotation".to_owned(), note.text.clone().into());
                Some(data::line_of(&row.0))
            });
            let whole = noted.as_deref().unwrap_or(&line).trim_ascii_end();
            written.write_all(whole).map_err(fail)?;
            written.write_all(b"\n").map_err(fail)?;
            if done % 1000 == 999 {
                progress(done as f32 / of.len() as f32);
            }
        }
        written.flush().map_err(fail)?;
        drop(written);
        // Flushed to the disk before it is renamed.
        file.as_file().sync_all().map_err(fail)?;
        file.persist(path).map_err(|error| fail(error.error))?;
        Ok(())
    }

    /// Statistics of some rows.
    pub fn summary(&self, of: &[u32]) -> Summary {
        let rows = || of.iter().filter_map(|index| self.rows.get(*index as usize));
        let totals: Vec<f64> = rows()
            .map(|row| f64::from(row.total))
            .filter(|total| total.is_finite())
            .collect();
        let count = of.len();
        if count == 0 {
            return Summary::default();
        }
        let unknown = rows().filter(|row| row.built.is_none()).count();
        let mean = totals.iter().sum::<f64>() / totals.len().max(1) as f64;
        let squares: f64 = totals.iter().map(|total| (total - mean).powi(2)).sum();
        Summary {
            count,
            built: (unknown < rows().count()).then(|| {
                let built = rows().filter(|row| row.built == Some(true)).count();
                built as f64 / (rows().count() - unknown) as f64
            }),
            unknown,
            mean,
            std: if totals.len() > 1 {
                (squares / (totals.len() - 1) as f64).sqrt()
            } else {
                0.0
            },
            best: totals.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Mean reward and share built of equal intervals of some rows, in file order; NaN for a share without known build status.
    pub fn curve(&self, of: &[u32], points: usize) -> Vec<[f32; 2]> {
        let mut of = of.to_vec();
        of.sort_unstable();
        let size = of.len().div_ceil(points.max(1)).max(1);
        of.chunks(size)
            .map(|chunk| {
                let summary = self.summary(chunk);
                [
                    summary.mean as f32,
                    summary.built.map_or(f32::NAN, |built| built as f32),
                ]
            })
            .collect()
    }
}

/// What rows are grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Task,
    Kind,
}

/// A text to search for in lines of JSON.
pub(super) struct JsonNeedle {
    lower: String,
}

impl JsonNeedle {
    fn new(text: &str) -> Self {
        Self {
            lower: text.to_lowercase(),
        }
    }

    /// Whether a line contains it, ignoring case; converts the line to lower case.
    fn is_in(&self, line: &mut [u8]) -> bool {
        line.make_ascii_lowercase();
        let wanted = self.lower.as_bytes();
        if line.windows(wanted.len().max(1)).any(|window| window == wanted) {
            return true;
        }
        // Lower-case letters of other scripts can differ in length from their capitals, many writers escape both, and two
        // capitals of other scripts have ASCII lower-case letters: the dotted I and the Kelvin sign.
        let folds = !self.lower.is_ascii() || self.lower.contains(['i', 'k']);
        let others = !line.is_ascii() || line.windows(2).any(|pair| pair == b"\\u");
        folds
            && others
            && serde_json::from_slice::<serde_json::Value>(line)
                .is_ok_and(|value| value.to_string().to_lowercase().contains(&self.lower))
    }
}

fn index_of(names: &mut Vec<String>, name: Option<&str>) -> u16 {
    let Some(name) = name else { return u16::MAX };
    let index = names.iter().position(|known| known == name).unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}

mod choice;
mod groups;
mod many;
mod stored;

pub use many::{files, is_run_folder};
#[cfg(test)]
mod tests;
