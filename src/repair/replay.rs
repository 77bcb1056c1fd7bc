//! Proposes what a recording proposed, step by step.

use crate::task::{RecordedRepair, RecordedStep, Task};

/// A proposer that follows a recorded repair and ends with it.
#[derive(Clone, Debug)]
pub struct Replay {
    steps: std::vec::IntoIter<RecordedStep>,
}

/// Why nothing can be replayed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// The task has no recordings.
    #[error(
        "task `{task}` has no recorded repair\nhint: put one under {dir}/repairs, or choose another proposer"
    )]
    NoRecording {
        /// The task.
        task: String,
        /// Its folder.
        dir: String,
    },
    /// It has others.
    #[error("task `{task}` has no recorded repair named `{name}`\nhint: it has {known}")]
    Unknown {
        /// The task.
        task: String,
        /// The name asked for.
        name: String,
        /// The names there are, comma separated.
        known: String,
    },
}

impl Replay {
    /// Follows the recording of that name, or the first by name, from after its first `skip` steps.
    pub fn new(task: &Task, recording: Option<&str>, skip: usize) -> Result<Self, ReplayError> {
        let recording = find(task, recording)?;
        let mut steps = recording.steps.clone();
        steps.drain(..skip.min(steps.len()));
        Ok(Self {
            steps: steps.into_iter(),
        })
    }

    /// The next step; `None` at the end of the recording.
    pub fn propose(&mut self) -> Option<RecordedStep> {
        self.steps.next()
    }
}

fn find<'a>(task: &'a Task, name: Option<&str>) -> Result<&'a RecordedRepair, ReplayError> {
    let found = match name {
        None => task.repairs.first(),
        Some(name) => task.repairs.iter().find(|repair| repair.name == name),
    };
    found.ok_or_else(|| match name {
        Some(name) if !task.repairs.is_empty() => {
            let known: Vec<_> = task.repairs.iter().map(|repair| repair.name.as_str()).collect();
            ReplayError::Unknown {
                task: task.id.clone(),
                name: name.to_owned(),
                known: known.join(", "),
            }
        }
        _ => ReplayError::NoRecording {
            task: task.id.clone(),
            dir: task.dir.display().to_string(),
        },
    })
}
