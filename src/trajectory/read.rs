//! Reads a trajectory folder.

use std::path::{Path, PathBuf};

use super::error::TrajectoryError;
use super::step::{FILE_NAME, Header, Step};
use cadforge_assess::FORMAT;

/// A stored trajectory.
#[derive(Clone, Debug)]
pub struct Trajectory {
    /// The folder; artifact paths of steps are relative to it.
    pub dir: PathBuf,
    /// The header.
    pub header: Header,
    /// The readable steps, in file order.
    pub steps: Vec<Step>,
    /// Lines that could not be read.
    pub malformed_lines: Vec<MalformedStep>,
}

/// A line that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MalformedStep {
    /// Number, from 1.
    pub line: usize,
    /// Message.
    pub message: String,
}

/// Reads a trajectory folder, or its `trajectory.jsonl` given by name.
pub fn read(path: &Path) -> Result<Trajectory, TrajectoryError> {
    let file = if path.is_dir() {
        path.join(FILE_NAME)
    } else {
        path.to_owned()
    };
    let text = std::fs::read(&file).map_err(TrajectoryError::io("read", &file))?;
    parse(&file, &text)
}

/// Parses the content of a trajectory file.
pub(super) fn parse(file: &Path, text: &[u8]) -> Result<Trajectory, TrajectoryError> {
    let mut lines = text.split(|&byte| byte == b'\n').enumerate();
    let header = lines.next().map_or(&[][..], |(_, line)| line);
    let header: Header = serde_json::from_slice(header).map_err(|error| TrajectoryError::BadHeader {
        path: file.to_owned(),
        message: format!("the first line is not a trajectory header: {error}\nhint: give a folder that `cadforge repair --out` wrote"),
    })?;
    if header.format != FORMAT {
        return Err(TrajectoryError::BadHeader {
            path: file.to_owned(),
            message: format!(
                "format {} is not supported by this version, which reads format {FORMAT}\nhint: open it with the version that wrote it",
                header.format
            ),
        });
    }
    let mut steps = Vec::new();
    let mut malformed_lines = Vec::new();
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        match serde_json::from_slice(line) {
            Ok(step) => steps.push(step),
            Err(error) => malformed_lines.push(MalformedStep {
                line: index + 1,
                message: error.to_string(),
            }),
        }
    }
    let dir = file.parent().unwrap_or(Path::new(".")).to_owned();
    Ok(Trajectory {
        dir,
        header,
        steps,
        malformed_lines,
    })
}
