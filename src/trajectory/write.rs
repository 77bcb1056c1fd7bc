//! Appends steps to a trajectory folder.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{FILE_NAME, Header, Step, TrajectoryError, artifacts};
use crate::assess::Artifacts;
use crate::geometry::Shape;

/// Writes one trajectory, a line a step. A line is written whole or not at all.
#[derive(Debug)]
pub struct TrajectoryWriter {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    length: u64,
}

/// The folder inside a trajectory where artifacts lie.
const ARTIFACTS: &str = "artifacts";

impl TrajectoryWriter {
    /// An error if `dir` holds a trajectory already.
    pub fn refuse_existing(dir: &Path) -> Result<(), TrajectoryError> {
        if dir.join(FILE_NAME).exists() {
            return Err(TrajectoryError::Exists(dir.to_owned()));
        }
        Ok(())
    }

    /// Makes `dir` a trajectory folder; refuses one that already holds a trajectory.
    pub fn create(dir: &Path, header: &Header) -> Result<Self, TrajectoryError> {
        std::fs::create_dir_all(dir).map_err(TrajectoryError::io("create", dir))?;
        let path = dir.join(FILE_NAME);
        let file = match OpenOptions::new().append(true).create_new(true).open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                return Err(TrajectoryError::Exists(dir.to_owned()));
            }
            Err(error) => return Err(TrajectoryError::io("create", &path)(error)),
        };
        let mut writer = Self {
            dir: dir.to_owned(),
            path,
            file,
            length: 0,
        };
        writer.line(header)?;
        Ok(writer)
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stores the step's artifacts and appends its line. The step's artifact paths become relative to the
    /// folder, so that it can be moved.
    pub fn append(&mut self, step: &mut Step, shape: Option<&Shape>) -> Result<(), TrajectoryError> {
        let code = artifacts::store(&self.dir, ARTIFACTS, "py", step.code.as_bytes())?;
        let stl = match shape {
            Some(shape) => Some(artifacts::store(&self.dir, ARTIFACTS, "stl", &shape.stl)?),
            None => None,
        };
        step.evaluation.artifacts = Artifacts {
            dir: Some(ARTIFACTS.into()),
            code: Some(code),
            stl,
            reward: None,
        };
        let json = serde_json::to_vec_pretty(&step.evaluation).expect("an evaluation is plain data");
        step.evaluation.artifacts.reward = Some(artifacts::store(&self.dir, ARTIFACTS, "json", &json)?);
        self.line(step)
    }

    fn line(&mut self, value: &impl Serialize) -> Result<(), TrajectoryError> {
        let mut line = serde_json::to_vec(value).expect("headers and steps are plain data");
        line.push(b'\n');
        if let Err(error) = self.file.write_all(&line).and_then(|()| self.file.sync_data()) {
            // Half a line would spoil the next one. If even this fails, a reader still skips and counts it.
            let _ = self.file.set_len(self.length);
            return Err(TrajectoryError::io("write", &self.path)(error));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}
