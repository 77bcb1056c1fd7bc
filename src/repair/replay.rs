//! Proposes what a recording proposed, step by step.

use super::proposer::{Ask, Keep, ProposeError, Proposed, Proposer};
use crate::executor::CancelToken;
use crate::task::{RecordedRepair, RecordedStep, Task};
use crate::trajectory::Origin;

/// A proposer that follows a recorded repair and ends with it.
#[derive(Clone, Debug)]
pub struct Replay {
    steps: Vec<RecordedStep>,
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
        Ok(Self { steps })
    }

    /// What it proposes after that many proposals; `None` at the end of the recording.
    pub fn step(&self, proposed: usize) -> Option<&RecordedStep> {
        self.steps.get(proposed)
    }
}

impl Proposer for Replay {
    fn origin(&self) -> Origin {
        Origin::Replay
    }

    fn propose(
        &self,
        ask: &Ask<'_>,
        hear: &mut dyn FnMut(&str),
        _cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError> {
        let Some(recorded) = self.step(ask.history.len() - 1 + ask.candidate) else {
            return Ok(None);
        };
        hear(&recorded.code);
        Ok(Some(Proposed {
            code: recorded.code.clone(),
            reason: recorded.reason.clone(),
            keep: Keep::Always,
            ..Proposed::default()
        }))
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
