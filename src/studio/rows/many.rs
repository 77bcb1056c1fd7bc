//! Rows of a folder: every trajectory and file of rows below it is a run.

use std::path::{Path, PathBuf};

use super::Rows;
use super::groups::Grouping;
use crate::trajectory;

/// Maximum number of files; more belong in a store.
const MAX_FILES: usize = 20_000;
/// Maximum depth of nested folders.
const MAX_DEPTH: usize = 6;

impl Rows {
    /// Reads the trajectories and files of rows below a folder.
    ///
    /// # Errors
    /// If a folder or file cannot be read, or none holds rows.
    pub fn from_folder(folder: &Path, progress: &dyn Fn(f32)) -> Result<Self, String> {
        let found = files(folder)?;
        let mut rows = Self {
            path: folder.to_owned(),
            ..Self::default()
        };
        let mut groups = Grouping::default();
        let count = found.len();
        for (done, path) in found.into_iter().enumerate() {
            let (before, file) = (rows.rows.len(), rows.files.len());
            rows.runs.push(name(folder, &path));
            rows.files.push(path);
            rows.read_file(file, &mut groups)
                .map_err(|error| format!("cannot read {}: {error}", rows.files[file].display()))?;
            // Prompts and similar rows have no candidate to display.
            if rows.rows.len() == before {
                rows.runs.pop();
                rows.files.pop();
            }
            progress(done as f32 / count as f32);
        }
        groups.finish(&mut rows);
        if rows.rows.is_empty() {
            return Err(nothing(folder));
        }
        Ok(rows)
    }
}

/// Trajectories and files of rows below a folder, in order.
///
/// # Errors
/// If the folder cannot be read, or holds none or too many.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let mut found = Vec::new();
    collect(folder, MAX_DEPTH, &mut found)?;
    if found.is_empty() {
        return Err(nothing(folder));
    }
    found.sort();
    Ok(found)
}

fn nothing(folder: &Path) -> String {
    format!(
        "{} holds no trajectory.jsonl and no rows with a reward or a kind\nhint: give a folder that `cadforge repair --out` or \
         `cadforge score` wrote to",
        folder.display()
    )
}

/// Whether a folder is for [`Rows::from_folder`]: it is not itself a trajectory.
pub fn is_run_folder(path: &Path) -> bool {
    path.is_dir() && !path.join(trajectory::FILE_NAME).exists()
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), String> {
    let fail = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let path = entry.path();
        // Links are skipped, because they may form a cycle.
        let kind = entry.file_type().map_err(fail)?;
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, found)?;
        } else if kind.is_file() && path.extension().is_some_and(|extension| extension == "jsonl") {
            found.push(path);
        }
        if found.len() > MAX_FILES {
            return Err(format!(
                "more than {MAX_FILES} files of rows below {}\nhint: choose a subfolder, or import them with `cadforge store import`",
                folder.display()
            ));
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
        within.with_extension("")
    };
    named.display().to_string()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const HEADER: &str = r#"{"format":1,"task_id":"part","profile":"cadforge-v1","mode":"full","proposer":"rules","versions":{}}"#;

    fn step(number: u32, total: f64) -> String {
        format!(
            r#"{{"step":{number},"format":1,"task_id":"part","kind":"build_ok","reward":{{"build":1.0,"total":{total}}},"code":"box {number}"}}"#
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
        write("more.jsonl", &[row.to_owned()]);
        write("prompts.jsonl", &[r#"{"prompt":"make a part"}"#.to_owned()]);
        dir
    }

    #[test]
    fn every_file_below_a_folder_is_a_run() {
        let dir = folder();
        let rows = Rows::from_folder(dir.path(), &|_| {}).unwrap();
        assert_eq!(rows.runs, ["a", "deep/b", "more", "rows"]);
        assert!(rows.is_folder() && is_run_folder(dir.path()) && !is_run_folder(&dir.path().join("a")));
        let runs: Vec<u16> = rows.rows.iter().map(|row| row.run).collect();
        assert_eq!(runs, [0, 0, 1, 2, 3, 3]);
        assert_eq!(rows.malformed, 1, "the prompt, and no header");
        // The same group id in two files means two groups.
        let groups: Vec<_> = rows
            .groups
            .iter()
            .map(|group| (&group.name[..], group.rows.len()))
            .collect();
        assert_eq!(groups, [("more g", 1), ("rows g", 2)]);
    }

    #[test]
    fn rows_of_a_folder_are_read_from_their_files() {
        let dir = folder();
        let rows = Rows::from_folder(dir.path(), &|_| {}).unwrap();
        assert_eq!(rows.code(1), Ok((Some("part".to_owned()), "box 1".to_owned())));
        assert_eq!(rows.code(2), Ok((Some("part".to_owned()), "box 0".to_owned())));
        assert_eq!((rows.line(1), rows.line(5)), (Ok(3), Ok(2)));
        assert_eq!(
            rows.file(&rows.rows[2]),
            dir.path().join("deep/b/trajectory.jsonl")
        );
        assert_eq!(rows.search("ROUND").unwrap(), [3, 4, 5]);
        let out = dir.path().join("chosen.jsonl");
        rows.export(&[5, 2], &crate::studio::notes::Notes::default(), &out, &|_| {})
            .unwrap();
        let written = fs::read_to_string(out).unwrap();
        let lines: Vec<_> = written.lines().collect();
        assert!(
            lines.len() == 2 && lines[0].contains("round") && lines[1].contains("box 0"),
            "{written}"
        );
    }

    #[test]
    fn a_folder_without_rows_is_an_error_with_a_hint() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(
            dir.path().join("prompts.jsonl"),
            "{\"prompt\": \"make a part\"}\n",
        )
        .unwrap();
        let error = Rows::from_folder(dir.path(), &|_| {}).unwrap_err();
        assert!(
            error.contains("no trajectory.jsonl") && error.contains("hint: "),
            "{error}"
        );
    }
}
