//! Rows of a folder: every trajectory and file of rows below it is a run.

use std::path::{Path, PathBuf};

use super::grouping::Grouping;
use super::rows::RowIndex;
use crate::DataError;
use crate::lines::{file_stem, is_row_file};
use cadforge_trajectory as trajectory;

/// Maximum number of files; more belong in a store.
const MAX_FILES: usize = 20_000;
/// Maximum depth of nested folders.
const MAX_DEPTH: usize = 6;

impl RowIndex {
    /// Reads the trajectories and files of rows below a folder.
    ///
    /// # Errors
    /// If a folder or file cannot be read, or none holds rows.
    pub fn from_folder(folder: &Path, progress: &dyn Fn(f32)) -> Result<Self, DataError> {
        let found = files(folder)?;
        let mut index = Self {
            path: folder.to_owned(),
            ..Self::default()
        };
        let mut grouping = Grouping::new();
        let count = found.len();
        for (done, path) in found.into_iter().enumerate() {
            let before = index.rows.len();
            index.runs.push(name(folder, &path));
            index.read_file(&path, &mut grouping)?;
            // Prompts and similar rows have no candidate to display.
            if index.rows.len() == before {
                index.runs.pop();
                index.files.pop();
                index.unpacked.pop();
            }
            progress(done as f32 / count as f32);
        }
        grouping.finish(&mut index);
        if index.rows.is_empty() {
            return Err(nothing(folder));
        }
        Ok(index)
    }
}

/// Trajectories and files of rows below a folder, in order.
///
/// # Errors
/// If the folder cannot be read, or holds none or too many.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, DataError> {
    let mut found = Vec::new();
    collect(folder, MAX_DEPTH, &mut found)?;
    if found.is_empty() {
        return Err(nothing(folder));
    }
    found.sort();
    Ok(found)
}

fn nothing(folder: &Path) -> DataError {
    DataError::Input(format!(
        "{} holds no trajectory.jsonl and no rows with a reward or a kind\nhint: give a folder that `cadforge repair --out` or \
         `cadforge score` wrote to",
        folder.display()
    ))
}

/// Whether a folder is for [`RowIndex::from_folder`]: it is not itself a trajectory.
pub fn is_run_folder(path: &Path) -> bool {
    path.is_dir() && !path.join(trajectory::FILE_NAME).exists()
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), DataError> {
    let fail = || DataError::io("read", folder);
    for entry in std::fs::read_dir(folder).map_err(fail())? {
        let entry = entry.map_err(fail())?;
        let path = entry.path();
        // Links are skipped, because they may form a cycle.
        let kind = entry.file_type().map_err(fail())?;
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, found)?;
        } else if kind.is_file() && is_row_file(&path) {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(DataError::Input(format!(
                "more than {MAX_FILES} files of rows below {}\nhint: choose a subfolder, or import them with `cadforge store import`",
                folder.display()
            )));
        }
    }
    Ok(())
}

/// A trajectory is named after its folder, any other file after itself.
fn name(folder: &Path, path: &Path) -> String {
    let within = path.strip_prefix(folder).unwrap_or(path);
    let named = if within.file_name() == Some(trajectory::FILE_NAME.as_ref()) {
        within.parent().unwrap_or(within).to_owned()
    } else {
        within.with_file_name(file_stem(within))
    };
    named.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::lines::tests::packed;

    const HEADER: &str = r#"{"format":1,"task_id":"part","profile":"cadforge-v1","mode":"full","proposer":"rules","versions":{}}"#;

    fn step(number: u32, total: f64) -> String {
        format!(
            r#"{{"step":{number},"origin":"rules","parent":{number},"format":1,"task_id":"part","kind":"build_ok","reward":{{"build":1.0,"total":{total}}},"code":"box {number}"}}"#
        )
    }

    /// Two trajectories, one of them nested, a file of rows in groups, and a file of prompts.
    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, lines: &[String]| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, lines.join("\n")).unwrap();
        };
        let header = || HEADER.to_owned();
        write("a/trajectory.jsonl", &[header(), step(0, 0.2), step(1, 0.9)]);
        write("deep/b/trajectory.jsonl", &[header(), step(0, 0.4)]);
        let row = r#"{"group_id":"g","task_id":"other","code":"round","reward":0.1,"kind":"build_ok"}"#;
        write("rows.jsonl", &[row.to_owned(), row.to_owned()]);
        fs::write(dir.path().join("more.jsonl.gz"), packed(row.as_bytes())).unwrap();
        write("prompts.jsonl", &[r#"{"prompt":"make a part"}"#.to_owned()]);
        dir
    }

    #[test]
    fn every_file_below_a_folder_is_a_run() {
        let dir = folder();
        let rows = RowIndex::from_folder(dir.path(), &|_| {}).unwrap();
        assert_eq!(rows.runs, ["a", "deep/b", "more", "rows"]);
        assert!(rows.is_folder() && is_run_folder(dir.path()) && !is_run_folder(&dir.path().join("a")));
        let runs: Vec<u16> = rows.rows.iter().map(|row| row.run).collect();
        assert_eq!(runs, [0, 0, 1, 2, 3, 3]);
        assert_eq!(rows.malformed.count, 1, "the prompt, and no header");
        assert!(rows.malformed.first[0].file.ends_with("prompts.jsonl"));
        // The same group id in two files means two groups.
        let groups: Vec<_> = rows
            .groups
            .iter()
            .map(|group| (rows.group_name(group), rows.members(group).len()))
            .collect();
        assert_eq!(groups, [("more g".to_owned(), 1), ("rows g".to_owned(), 2)]);
    }

    #[test]
    fn rows_of_a_folder_are_read_from_their_files() {
        let dir = folder();
        let rows = RowIndex::from_folder(dir.path(), &|_| {}).unwrap();
        let code = |index| rows.code(index).unwrap();
        assert_eq!(code(1), (Some("part".to_owned()), "box 1".to_owned()));
        assert_eq!(code(2), (Some("part".to_owned()), "box 0".to_owned()));
        assert_eq!(code(3), (Some("other".to_owned()), "round".to_owned()));
        assert_eq!([1, 3, 5].map(|index| rows.line(index).unwrap()), [3, 1, 2]);
        assert_eq!(
            rows.file(&rows.rows[2]),
            dir.path().join("deep/b/trajectory.jsonl")
        );
        assert_eq!(rows.search("ROUND").unwrap(), [3, 4, 5]);
        let out = dir.path().join("chosen.jsonl");
        rows.write(&[5, 2, 3], &out, &|_, _| None, &|_| {}).unwrap();
        let written = fs::read_to_string(out).unwrap();
        let lines: Vec<_> = written.lines().map(|line| line.contains("round")).collect();
        assert_eq!(lines, [true, false, true], "{written}");
    }

    #[test]
    fn a_folder_without_rows_is_an_error_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("prompts.jsonl"),
            "{\"prompt\": \"make a part\"}\n",
        )
        .unwrap();
        let error = RowIndex::from_folder(dir.path(), &|_| {})
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("no trajectory.jsonl") && error.contains("hint: "),
            "{error}"
        );
    }
}
