//! Rows of a training run: a JSONL file of candidates with their rewards, too large to hold.
//!
//! What a list needs of each row is kept, 24 bytes of it; code and notes are read again from the file when somebody
//! looks.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom, Write};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::notes::Notes;
use crate::reward::group_advantages;

/// A file of rows.
#[derive(Debug, Default)]
pub struct Rows {
    /// The file.
    pub path: PathBuf,
    /// Its rows, in order.
    pub rows: Vec<Row>,
    /// Names of tasks that rows refer to.
    pub tasks: Vec<String>,
    /// Names of kinds that rows refer to.
    pub kinds: Vec<String>,
    /// Candidates of one prompt, in order of their first row; rows without a `group_id` are in none.
    pub groups: Vec<Group>,
    /// The group of each row; `u32::MAX` for none.
    pub group_of: Vec<u32>,
    /// Lines that are no rows.
    pub bad: usize,
}

/// The candidates of one prompt.
#[derive(Debug, Default, PartialEq)]
pub struct Group {
    /// Its id.
    pub name: String,
    /// Its rows.
    pub rows: Vec<u32>,
}

/// What the list shows of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    start: u64,
    length: u32,
    /// Index of its task; `u16::MAX` for none.
    pub task: u16,
    /// Index of its kind; `u16::MAX` for none.
    pub kind: u16,
    /// Its reward; not a number for none.
    pub total: f32,
    /// Whether it built.
    pub built: bool,
}

/// Numbers about some rows.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// Share of those that built, 0 to 1.
    pub built: f64,
    /// Mean reward.
    pub mean: f64,
    /// Standard deviation of the rewards (of a sample).
    pub std: f64,
    /// Greatest reward.
    pub best: f64,
}

#[derive(Deserialize)]
struct Raw {
    #[serde(default)]
    task_id: Option<String>,
    #[serde(default)]
    reward: Option<Reward>,
    #[serde(default)]
    score: Option<f64>,
    #[serde(default)]
    kind: Option<String>,
    #[serde(default)]
    ok: Option<bool>,
    #[serde(default)]
    group_id: Option<Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Reward {
    Number(f64),
    Parts { total: f64 },
    Other(serde::de::IgnoredAny),
}

impl Rows {
    /// Reads a file through, a line at a time.
    pub fn read(path: &Path) -> Result<Self, String> {
        let fail = |error: std::io::Error| {
            format!(
                "cannot read {}: {error}\nhint: give a JSONL file of candidates",
                path.display()
            )
        };
        let mut reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(fail)?);
        let mut rows = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let (mut line, mut start) = (Vec::new(), 0);
        let mut groups = BTreeMap::new();
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(fail)?;
            if length == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                rows.push(&line, start, &mut groups);
            }
            start += length as u64;
        }
        if rows.rows.is_empty() {
            return Err(format!(
                "{} holds no rows with a reward or a kind\nhint: give a trajectory's folder, or what `cadforge score` wrote",
                path.display()
            ));
        }
        Ok(rows)
    }

    fn push(&mut self, line: &[u8], start: u64, groups: &mut BTreeMap<String, u32>) {
        let raw = match serde_json::from_slice::<Raw>(line) {
            Ok(raw) if raw.reward.is_some() || raw.score.is_some() || raw.kind.is_some() => raw,
            Ok(_) | Err(_) => return self.bad += 1,
        };
        let total = match raw.reward {
            Some(Reward::Number(total) | Reward::Parts { total }) => Some(total),
            Some(Reward::Other(_)) | None => raw.score,
        };
        let failed = raw.kind.as_deref().is_some_and(|kind| !built_kind(kind));
        let built = raw
            .ok
            .unwrap_or(!failed && total.is_none_or(|total| total > -0.999));
        let group = raw.group_id.filter(|id| !id.is_null()).map(|id| match id {
            Value::String(name) => name,
            other => other.to_string(),
        });
        let index = self.rows.len() as u32;
        self.group_of.push(group.map_or(u32::MAX, |name| {
            let next = self.groups.len() as u32;
            let group = *groups.entry(name).or_insert_with_key(|name| {
                self.groups.push(Group {
                    name: name.clone(),
                    rows: Vec::new(),
                });
                next
            });
            self.groups[group as usize].rows.push(index);
            group
        }));
        self.rows.push(Row {
            start,
            length: line.len() as u32,
            task: index_of(&mut self.tasks, raw.task_id),
            kind: index_of(&mut self.kinds, raw.kind),
            total: total.map_or(f32::NAN, |total| total as f32),
            built,
        });
    }

    /// Reads a row's code and the task that it is for.
    pub fn code(&self, index: usize) -> Result<(Option<String>, String), String> {
        let row = self.rows.get(index).ok_or("the row is not there any more")?;
        let whole = self
            .bytes(row)
            .map_err(|error| format!("cannot read {}: {error}", self.path.display()))?;
        let value: Value = serde_json::from_slice(&whole).map_err(|error| {
            format!(
                "row {} of {} has changed: {error}",
                index + 1,
                self.path.display()
            )
        })?;
        let code = code_of(&value).ok_or_else(|| format!("row {} holds no code", index + 1))?;
        Ok((self.tasks.get(row.task as usize).cloned(), code))
    }

    /// Line of a row in its file, from 1.
    pub fn line(&self, index: usize) -> Result<u64, String> {
        let row = self.rows.get(index).ok_or("the row is not there any more")?;
        let fail = |error: std::io::Error| format!("cannot read {}: {error}", self.path.display());
        let mut before =
            BufReader::with_capacity(1 << 20, File::open(&self.path).map_err(fail)?.take(row.start));
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

    fn bytes(&self, row: &Row) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(row.start))?;
        let mut line = vec![0; row.length as usize];
        file.read_exact(&mut line)?;
        Ok(line)
    }

    /// Rows whose line holds a text, capitals or not.
    pub fn holding(&self, text: &str) -> Result<Vec<u32>, String> {
        let wanted = text.to_lowercase().into_bytes();
        let fail = |error: std::io::Error| format!("cannot read {}: {error}", self.path.display());
        let mut reader = BufReader::with_capacity(1 << 20, File::open(&self.path).map_err(fail)?);
        let (mut found, mut at, mut line) = (Vec::new(), 0, Vec::new());
        for (index, row) in self.rows.iter().enumerate() {
            // Between rows there can be lines that are none.
            let gap = row.start - at;
            reader.seek_relative(gap.cast_signed()).map_err(fail)?;
            line.resize(row.length as usize, 0);
            reader.read_exact(&mut line).map_err(fail)?;
            at = row.start + u64::from(row.length);
            line.make_ascii_lowercase();
            if line.windows(wanted.len().max(1)).any(|window| window == wanted) {
                found.push(index as u32);
            }
        }
        Ok(found)
    }

    /// How much better a row is than its group, in standard deviations; as `cadforge score` has it. None without a group
    /// or a reward.
    pub fn advantage(&self, index: usize) -> Option<f64> {
        let group = self.groups.get(*self.group_of.get(index)? as usize)?;
        let scored = |index: &&u32| {
            self.rows
                .get(**index as usize)
                .is_some_and(|row| row.total.is_finite())
        };
        let rows: Vec<u32> = group.rows.iter().filter(scored).copied().collect();
        let place = rows.iter().position(|row| *row as usize == index)?;
        let totals: Vec<f64> = rows
            .iter()
            .map(|row| f64::from(self.rows[*row as usize].total))
            .collect();
        group_advantages(&totals).get(place).copied()
    }

    /// How many of some rows have a reward in each of equal stretches from -1 to 1.
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

    /// Numbers about some of the rows by a name that they share, most rows first.
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

    /// Writes some of the rows as they are to a file, with what is said of them.
    ///
    /// # Errors
    /// In words, where a file cannot be read or written.
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
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let mut file = tempfile::Builder::new()
            // Lets through what is usual for this person's files.
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666))
            .tempfile_in(folder.unwrap_or(Path::new(".")))
            .map_err(fail)?;
        let mut written = std::io::BufWriter::with_capacity(1 << 20, &mut file);
        let mut source = File::open(&self.path).map_err(|error| {
            format!(
                "cannot read {}: {error}\nhint: it was moved or deleted",
                self.path.display()
            )
        })?;
        let mut line = Vec::new();
        for (done, index) in of.iter().enumerate() {
            let Some(row) = self.rows.get(*index as usize) else {
                continue;
            };
            line.resize(row.length as usize, 0);
            source.seek(SeekFrom::Start(row.start)).map_err(fail)?;
            source.read_exact(&mut line).map_err(fail)?;
            let noted = notes.of(*index as usize).and_then(|note| {
                let mut value: Value = serde_json::from_slice(&line).ok()?;
                let keys = value.as_object_mut()?;
                keys.insert("pinned".to_owned(), note.pinned.into());
                keys.insert("annotation".to_owned(), note.text.clone().into());
                serde_json::to_vec(&value).ok()
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
        file.persist(path).map_err(|error| fail(error.error))?;
        Ok(())
    }

    /// Numbers about some of the rows.
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
        let mean = totals.iter().sum::<f64>() / totals.len().max(1) as f64;
        let squares: f64 = totals.iter().map(|total| (total - mean).powi(2)).sum();
        Summary {
            count,
            built: rows().filter(|row| row.built).count() as f64 / count as f64,
            mean,
            std: if totals.len() > 1 {
                (squares / (totals.len() - 1) as f64).sqrt()
            } else {
                0.0
            },
            best: totals.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    /// Mean reward and share built of equal stretches of some rows, in file order.
    pub fn curve(&self, of: &[u32], points: usize) -> Vec<[f32; 2]> {
        let mut of = of.to_vec();
        of.sort_unstable();
        let size = of.len().div_ceil(points.max(1)).max(1);
        of.chunks(size)
            .map(|chunk| {
                let summary = self.summary(chunk);
                [summary.mean as f32, summary.built as f32]
            })
            .collect()
    }
}

/// What rows are told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Their task.
    Task,
    /// Their kind.
    Kind,
}

/// Whether a kind is one of a candidate that built.
fn built_kind(kind: &str) -> bool {
    use crate::failure::Kind;
    match serde_json::from_value::<Kind>(Value::String(kind.to_owned())) {
        Ok(kind) => matches!(
            kind,
            Kind::BuildOk | Kind::LowEditability | Kind::DisconnectedOrWeak
        ),
        // Words of another program.
        Err(_) => !["error", "fail"].iter().any(|bad| kind.contains(bad)),
    }
}

fn index_of(names: &mut Vec<String>, name: Option<String>) -> u16 {
    let Some(name) = name else { return u16::MAX };
    let index = names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    });
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// The code of a row: as such, else in a completion, else in what the assistant said last.
fn code_of(row: &Value) -> Option<String> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Array(messages) => messages
            .iter()
            .rev()
            .find(|message| message["role"] == "assistant")
            .or(messages.last())
            .and_then(|message| message["content"].as_str())
            .map(str::to_owned),
        _ => None,
    };
    if let Some(code) = row.get("code").and_then(Value::as_str) {
        return Some(code.to_owned());
    }
    let said = ["completion", "messages"]
        .iter()
        .find_map(|key| row.get(*key).and_then(text))?;
    let fenced = said
        .split("```")
        .nth(1)
        .map(|inside| inside.trim_start_matches("python").trim_start_matches('\n'));
    Some(fenced.unwrap_or(&said).to_owned())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn rows(lines: &[&str]) -> (tempfile::TempDir, Result<Rows, String>) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        std::fs::write(&path, lines.join("\n")).unwrap();
        let rows = Rows::read(&path);
        (dir, rows)
    }

    #[test]
    fn rows_of_every_form_are_read_and_their_code_is_found_again() {
        let (_dir, rows) = rows(&[
            r#"{"task_id": "a", "code": "x = 1", "reward": 0.5, "kind": "build_ok"}"#,
            "",
            r#"{"task_id": "b", "completion": "so:\n```python\ny = 2\n```", "score": -1.0, "kind": "syntax_closure"}"#,
            "no row",
            r#"{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "z = 3"}], "reward": {"total": 0.9}}"#,
        ]);
        let rows = rows.unwrap();
        assert_eq!((rows.rows.len(), rows.bad), (3, 1));
        assert_eq!(
            rows.rows.iter().map(|row| row.built).collect::<Vec<_>>(),
            [true, false, true]
        );
        assert_eq!(rows.code(0), Ok((Some("a".to_owned()), "x = 1".to_owned())));
        assert_eq!(rows.code(1), Ok((Some("b".to_owned()), "y = 2\n".to_owned())));
        assert_eq!(rows.code(2), Ok((None, "z = 3".to_owned())));
        assert_eq!(rows.holding("SYNTAX").unwrap(), [1]);
        assert_eq!(rows.holding("z = 3").unwrap(), [2]);
        let summary = rows.summary(&[0, 1]);
        assert_eq!(
            (summary.count, summary.built, summary.mean, summary.best),
            (2, 0.5, -0.25, 0.5)
        );
        assert!((summary.std - 1.5 / 2f64.sqrt()).abs() < 1e-9);
        assert_eq!(rows.curve(&[2, 0, 1], 2), [[-0.25, 0.5], [0.9, 1.0]]);
    }

    #[test]
    fn groups_have_advantages_and_a_selection_is_written_with_its_notes() {
        let (dir, rows) = rows(&[
            r#"{"group_id": 7, "code": "a", "reward": 0.2, "kind": "build_ok"}"#,
            r#"{"group_id": "x", "code": "b", "reward": 0.9, "kind": "build_ok"}"#,
            r#"{"group_id": 7, "code": "c", "reward": 0.6, "kind": "syntax_closure"}"#,
            r#"{"code": "d", "reward": -1.0}"#,
        ]);
        let rows = rows.unwrap();
        assert_eq!(rows.groups.len(), 2);
        assert_eq!(
            (rows.groups[0].name.as_str(), &rows.groups[0].rows[..]),
            ("7", &[0, 2][..])
        );
        let half = 0.5f64.sqrt();
        assert!((rows.advantage(0).unwrap() + half).abs() < 1e-3);
        assert!((rows.advantage(2).unwrap() - half).abs() < 1e-3);
        assert_eq!((rows.advantage(1), rows.advantage(3)), (Some(0.0), None));
        assert_eq!(rows.histogram(&[0, 1, 2, 3], 4), [1, 0, 1, 2]);
        assert_eq!(rows.by(&[0, 1, 2, 3], Key::Kind)[0].0, "build_ok");

        let mut notes = Notes::default();
        notes.annotate(2, "nearly");
        let out = dir.path().join("chosen.jsonl");
        rows.export(&[0, 2], &notes, &out, &|_| ()).unwrap();
        let chosen = Rows::read(&out).unwrap();
        assert_eq!(chosen.code(1).unwrap().1, "c");
        let text = std::fs::read_to_string(&out).unwrap();
        assert!(
            text.lines().nth(1).unwrap().contains(r#""annotation":"nearly""#),
            "{text}"
        );
        let nowhere = dir.path().join("no/out.jsonl");
        assert!(
            rows.export(&[0], &notes, &nowhere, &|_| ())
                .unwrap_err()
                .contains("hint:")
        );
    }

    #[test]
    fn a_file_without_rows_says_so() {
        assert!(rows(&["{}", "x"]).1.unwrap_err().contains("hint:"));
    }

    #[test]
    fn a_hundred_thousand_rows_are_read_in_moments() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("rows.jsonl");
        let mut file = std::io::BufWriter::new(File::create(&path).unwrap());
        let code = "part = cq.Workplane('XY').box(1, 2, 3)\\n".repeat(20);
        for index in 0..100_000 {
            let reward = f64::from(index % 100) / 100.0;
            writeln!(
                file,
                r#"{{"task_id": "t{}", "code": "{code}", "reward": {reward}, "kind": "build_ok"}}"#,
                index % 24
            )
            .unwrap();
        }
        drop(file.into_inner().unwrap());
        let start = std::time::Instant::now();
        let rows = Rows::read(&path).unwrap();
        eprintln!("100,000 rows: read in {:?}", start.elapsed());
        assert_eq!((rows.rows.len(), rows.tasks.len()), (100_000, 24));
        assert!(size_of::<Row>() <= 24);
        assert!(rows.code(99_999).unwrap().1.starts_with("part = "));
    }
}
