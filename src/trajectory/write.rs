//! Appends steps to a trajectory folder.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::artifacts;
use super::error::TrajectoryError;
use super::step::{FILE_NAME, Header, Step};
use cadforge_assess::Artifacts;
use cadforge_geometry::Shape;

/// Writes one trajectory, one line per step. A line is written whole or not at all.
#[derive(Debug)]
pub struct TrajectoryWriter {
    dir: PathBuf,
    path: PathBuf,
    file: File,
    length: u64,
}

/// The folder of artifacts inside a trajectory.
const ARTIFACTS: &str = "artifacts";

impl TrajectoryWriter {
    /// Creates the trajectory folder `dir`; an error if it already holds a trajectory.
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
        lock(&file, dir)?;
        let mut writer = Self::over(dir, path, file, 0);
        writer.lines(std::slice::from_ref(header))?;
        Ok(writer)
    }

    /// Continues after the first `length` bytes of a file that is open for appending and locked.
    pub(super) fn over(dir: &Path, path: PathBuf, file: File, length: u64) -> Self {
        let dir = dir.to_owned();
        Self {
            dir,
            path,
            file,
            length,
        }
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Stores the step's artifacts and appends its line. The step's artifact paths become relative to the folder, so
    /// that the folder can be moved.
    pub fn append(&mut self, step: &mut Step, shape: Option<&Shape>) -> Result<(), TrajectoryError> {
        self.store(step, shape)?;
        self.lines(std::slice::from_ref(step))
    }

    /// As [`Self::append`] for the steps of a group, whose lines are written together.
    pub fn append_group(&mut self, group: &mut [(Step, Option<Arc<Shape>>)]) -> Result<(), TrajectoryError> {
        for (step, shape) in &mut *group {
            self.store(step, shape.as_deref())?;
        }
        let steps: Vec<&Step> = group.iter().map(|(step, _)| step).collect();
        self.lines(&steps)
    }

    fn store(&self, step: &mut Step, shape: Option<&Shape>) -> Result<(), TrajectoryError> {
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
        Ok(())
    }

    fn lines(&mut self, values: &[impl Serialize]) -> Result<(), TrajectoryError> {
        let mut lines = Vec::new();
        for value in values {
            serde_json::to_writer(&mut lines, value).expect("headers and steps are plain data");
            lines.push(b'\n');
        }
        if let Err(error) = self.file.write_all(&lines).and_then(|()| self.file.sync_data()) {
            // A partial line would spoil the next one. If truncating fails too, a reader skips and counts it.
            let _ = self.file.set_len(self.length);
            return Err(TrajectoryError::io("write", &self.path)(error));
        }
        self.length += lines.len() as u64;
        Ok(())
    }
}

/// Locks the file against other processes while it is open; skipped on file systems without locks. Waits briefly,
/// since a process that was just killed may still hold the lock.
pub(super) fn lock(file: &File, dir: &Path) -> Result<(), TrajectoryError> {
    for _ in 0..20 {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(100)),
            Ok(()) | Err(TryLockError::Error(_)) => return Ok(()),
        }
    }
    Err(TrajectoryError::Busy(dir.to_owned()))
}
