//! Rows of a training run: a JSONL file of candidates with their rewards, too large to hold.
//!
//! What a list needs of each row is kept, 24 bytes of it; code and notes are read again from the file when somebody
//! looks.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

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
    /// Lines that are no rows.
    pub bad: usize,
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
        loop {
            line.clear();
            let length = reader.read_until(b'\n', &mut line).map_err(fail)?;
            if length == 0 {
                break;
            }
            if !line.trim_ascii().is_empty() {
                rows.push(&line, start);
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

    fn push(&mut self, line: &[u8], start: u64) {
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
            .line(row)
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

    fn line(&self, row: &Row) -> std::io::Result<Vec<u8>> {
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
