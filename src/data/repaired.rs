//! A repair by hand: a row of its own that names the row it repairs.

use std::fs::OpenOptions;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use serde_json::{Map, json};
use sha2::{Digest, Sha256};

use super::score::add_evaluation;
use super::{DataError, Lines, Row, file_stem};
use cadforge_assess::Evaluation;

/// The repaired row.
#[derive(Clone, Debug, PartialEq)]
pub struct RepairedRow {
    /// Its file.
    pub file: PathBuf,
    /// Its line, from 1.
    pub line: u64,
}

/// The file for repairs of the rows of a file: `run.jsonl` has `run.repaired.jsonl` beside it.
pub fn path_beside(rows: &Path) -> PathBuf {
    rows.with_file_name(format!("{}.repaired.jsonl", file_stem(rows)))
}

/// Appends a repair to a file, as a row in the format of `score`, with the keys by which rows of a curriculum name
/// their source.
pub fn append(
    path: &Path,
    source: &RepairedRow,
    code: &str,
    evaluation: &Evaluation,
) -> Result<(), DataError> {
    let before = Lines::open(&source.file)?.row_at(source.line)?.ok_or_else(|| {
        DataError::Input(format!(
            "line {} of {} is no longer a row\nhint: open the file again",
            source.line,
            source.file.display()
        ))
    })?;
    append_to(path, &before, source, code, evaluation)
}

/// As [`append`], if the repaired row is at hand.
pub fn append_to(
    path: &Path,
    before: &Row,
    source: &RepairedRow,
    code: &str,
    evaluation: &Evaluation,
) -> Result<(), DataError> {
    let hash = Sha256::digest(before.code().unwrap_or_default().as_bytes());
    let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut row = Map::new();
    for (key, value) in [
        ("task_id", json!(evaluation.task_id)),
        ("origin", json!("hand")),
        ("code", json!(code)),
    ] {
        row.insert(key.to_owned(), value);
    }
    add_evaluation(&mut row, evaluation);
    let mut set = |key: &str, value| row.insert(key.to_owned(), value);
    set("previous_score", json!(before.score()));
    set("previous_reward", json!(before.total()));
    set("failure_type", json!(before.kind()));
    set(
        "source_file",
        json!(source.file.file_name().unwrap_or_default().to_string_lossy()),
    );
    set("source_line", json!(source.line));
    set("source_reward_call", json!(before.call()));
    set(
        "source_index",
        json!(before.count("index").or_else(|| before.count("step"))),
    );
    set("source_code_sha256", json!(hash));
    let mut line = super::line_of(&row);
    line.push(b'\n');
    write(path, &line).map_err(DataError::io("write", path))
}

/// Appends a line; a partial line at the end of the file is terminated first.
fn write(path: &Path, line: &[u8]) -> std::io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .open(path)?;
    if file.seek(SeekFrom::End(0))? > 0 {
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        if last != *b"\n" {
            file.write_all(b"\n")?;
        }
    }
    file.write_all(line)?;
    file.sync_data()
}
