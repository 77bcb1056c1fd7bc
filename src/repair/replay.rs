//! The proposer `replay`: proposes the steps of a recording.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::proposer::{Keep, ProposalRequest, ProposeError, Proposed, Proposer};
use cadforge_executor::CancelToken;
use cadforge_task::{RecordedRepair, RecordedStep, Task};
use cadforge_trajectory::Origin;

/// Proposes the steps of a recorded repair in order.
#[derive(Clone, Debug)]
pub struct Replay {
    steps: Vec<RecordedStep>,
    skip: usize,
    paced: bool,
}

/// Error of choosing a recording.
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
    /// No recording of this name.
    #[error("task `{task}` has no recorded repair named `{name}`\nhint: it has {known}")]
    Unknown {
        /// The task.
        task: String,
        /// The requested name.
        name: String,
        /// Existing names, comma separated.
        known: String,
    },
}

impl Replay {
    /// Replays the recording that [`Self::find`] returns, from after its first `skip` steps.
    pub fn new(task: &Task, recording: Option<&str>, skip: usize) -> Result<Self, ReplayError> {
        let recording = Self::find(task, recording)?;
        Ok(Self {
            steps: recording.steps.clone(),
            skip: skip.min(recording.steps.len()),
            paced: false,
        })
    }

    /// The recording with the given name; without a name the first by name that starts from the weak seed, else the
    /// first.
    pub fn find<'a>(task: &'a Task, name: Option<&str>) -> Result<&'a RecordedRepair, ReplayError> {
        let found = match name {
            None => {
                let from_seed = task.repairs.iter().find(|repair| repair.start.is_none());
                from_seed.or(task.repairs.first())
            }
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

    /// With `paced`, keeps the recorded pauses.
    pub fn paced(self, paced: bool) -> Self {
        Self { paced, ..self }
    }

    /// The step after `proposed` proposals; `None` at the end of the recording.
    pub fn step(&self, proposed: usize) -> Option<&RecordedStep> {
        self.steps.get(self.skip + proposed)
    }

    /// Streams the recorded text of a step; ends early when cancelled.
    fn stream_text(&self, step: &RecordedStep, on_text: &mut dyn FnMut(&str), cancel: &CancelToken) {
        let text = step.text.as_deref().unwrap_or(&step.code);
        let start = Instant::now();
        let mut rest = text;
        let mut streamed = 0;
        for [due, by_then] in &step.stream {
            if self.paced {
                let due = Duration::from_millis(u64::from(*due)).saturating_sub(start.elapsed());
                if due > Duration::ZERO {
                    let _ = cancel.receiver().recv_timeout(due);
                }
                if cancel.is_cancelled() {
                    return;
                }
            }
            let count = by_then.saturating_sub(streamed) as usize;
            let (now, later) = match rest.char_indices().nth(count) {
                Some((at, _)) => rest.split_at(at),
                None => (rest, ""),
            };
            if !now.is_empty() {
                on_text(now);
            }
            (rest, streamed) = (later, *by_then);
        }
        if !rest.is_empty() {
            on_text(rest);
        }
    }
}

impl Proposer for Replay {
    fn origin(&self) -> Origin {
        Origin::Replay
    }

    fn plan(&self) -> String {
        let mut hash = Sha256::new();
        for step in &self.steps {
            hash.update(step.code.as_bytes());
            hash.update([0]);
        }
        let name: String = hash
            .finalize()
            .iter()
            .take(6)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        format!("replay of {name} from step {}", self.skip)
    }

    fn propose(
        &self,
        proposal_request: &ProposalRequest<'_>,
        on_text: &mut dyn FnMut(&str),
        cancel: &CancelToken,
    ) -> Result<Option<Proposed>, ProposeError> {
        let Some(recorded) = self.step(proposal_request.history.len() - 1 + proposal_request.candidate)
        else {
            return Ok(None);
        };
        self.stream_text(recorded, on_text, cancel);
        Ok(Some(Proposed {
            code: recorded.code.clone(),
            reason: recorded.reason.clone(),
            text: recorded.text.clone(),
            clipped: recorded.clipped,
            keep: recorded.kept.map_or(Keep::Always, Keep::Recorded),
            // A step whose parent precedes the start of the replay has the start as its parent.
            from: recorded.parent.map(|parent| parent.saturating_sub(self.skip)),
            ..Proposed::default()
        }))
    }
}
