//! Trajectories of unfinished loops, and how an interrupted loop is resumed.
//!
//! An unfinished loop has its plan beside its steps: everything that affects the next step. A loop with an equal plan
//! resumes after the last complete round. A trajectory without a plan is finished, and is never changed.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Read};
use std::path::Path;

use serde_json::Value;

use super::artifacts::write_atomically;
use super::error::TrajectoryError;
use super::read::{Trajectory, parse};
use super::step::{FILE_NAME, Header, Step};
use super::write::{TrajectoryWriter, lock};

/// The file of the plan, which exists until the loop has ended.
pub const PLAN_FILE: &str = "under-way.json";

/// Creates the trajectory folder of a loop with the given plan.
pub fn begin(dir: &Path, header: &Header, plan: &Value) -> Result<TrajectoryWriter, TrajectoryError> {
    std::fs::create_dir_all(dir).map_err(TrajectoryError::io("create", dir))?;
    // The plan first: a trajectory without a plan is a finished one.
    write_atomically(&dir.join(PLAN_FILE), format!("{plan:#}\n").as_bytes())?;
    TrajectoryWriter::create(dir, header)
}

/// Resumes a loop with an equal plan in `dir`; `None` if there is none yet. A partial line at the end is removed, and
/// so is an incomplete group. A finished trajectory, one with another plan or header, and a damaged file are errors.
pub fn resume(
    dir: &Path,
    plan: &Value,
    header: impl FnOnce() -> Result<Header, TrajectoryError>,
) -> Result<Option<(TrajectoryWriter, Trajectory)>, TrajectoryError> {
    let path = dir.join(FILE_NAME);
    let mut file = match OpenOptions::new().read(true).append(true).open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(TrajectoryError::io("open", &path)(error)),
    };
    let plan_path = dir.join(PLAN_FILE);
    let other = |reason: String| TrajectoryError::Other {
        dir: dir.to_owned(),
        reason,
    };
    match std::fs::read(&plan_path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(TrajectoryError::Exists(dir.to_owned()));
        }
        Err(error) => return Err(TrajectoryError::io("read", &plan_path)(error)),
        Ok(text) => {
            let was: Value = serde_json::from_slice(&text)
                .map_err(|error| other(format!("{PLAN_FILE} is damaged: {error}")))?;
            if let Some(difference) = difference(&was, plan) {
                return Err(other(difference));
            }
        }
    }
    lock(&file, dir)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text)
        .map_err(TrajectoryError::io("read", &path))?;
    text.truncate(
        text.iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |end| end + 1),
    );
    if text.is_empty() {
        // Killed while writing the first line.
        drop(file);
        std::fs::remove_file(&path).map_err(TrajectoryError::io("remove", &path))?;
        return Ok(None);
    }
    let mut trajectory = parse(&path, &text)?;
    if let Some(bad) = trajectory.malformed_lines.first() {
        return Err(other(format!(
            "its line {} is damaged: {}",
            bad.line, bad.message
        )));
    }
    if let Some(odd) = (0..)
        .zip(&trajectory.steps)
        .find(|(index, step)| step.step != *index)
    {
        return Err(other(format!(
            "step {} is in the place of step {}",
            odd.1.step, odd.0
        )));
    }
    if trajectory.header != header()? {
        return Err(other(
            "its scores are of other versions, or of another profile or mode".to_owned(),
        ));
    }
    let whole = whole_rounds(&trajectory.steps);
    trajectory.steps.truncate(whole);
    let length = text
        .split_inclusive(|&byte| byte == b'\n')
        .take(1 + whole)
        .map(<[u8]>::len)
        .sum::<usize>() as u64;
    file.set_len(length)
        .map_err(TrajectoryError::io("truncate", &path))?;
    Ok(Some((
        TrajectoryWriter::over(dir, path, file, length),
        trajectory,
    )))
}

impl TrajectoryWriter {
    /// Marks the loop as finished, by removing the plan.
    pub fn finish(self) -> Result<(), TrajectoryError> {
        let plan = self.dir().join(PLAN_FILE);
        match std::fs::remove_file(&plan) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(TrajectoryError::io("remove", &plan)(error))
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Number of steps without a last, incomplete group.
fn whole_rounds(steps: &[Step]) -> usize {
    let group = |step: &Step| step.proposal.as_ref().and_then(|proposal| proposal.group.clone());
    let Some(last) = steps.last().and_then(group) else {
        return steps.len();
    };
    let same = |step: &&Step| group(step).is_some_and(|group| group.group_id == last.group_id);
    let there = steps.iter().rev().take_while(same).count();
    if there < last.size {
        steps.len() - there
    } else {
        steps.len()
    }
}

/// Describes the first value of the plan that differs.
fn difference(was: &Value, is: &Value) -> Option<String> {
    let (Some(was), Some(is)) = (was.as_object(), is.as_object()) else {
        return (was != is).then(|| format!("its plan is {was}, not {is}"));
    };
    let mut names = was.keys().chain(is.keys());
    let name = names.find(|name| was.get(*name) != is.get(*name))?;
    let show = |value: Option<&Value>| value.map_or("not given".to_owned(), Value::to_string);
    Some(format!(
        "its {name} was {}, not {}",
        show(was.get(name)),
        show(is.get(name))
    ))
}
