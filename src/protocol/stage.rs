//! Timed stages of a run, for `--timing` and `--trace`.
//!
//! Times are microseconds of the machine's monotonic clock, so that stages of all processes are on one scale. What the
//! candidate's process reports is unverified, as everything from there; it is displayed and decides nothing.

use serde::{Deserialize, Serialize};

/// Maximum number of stages of one process; more are left out.
pub const MAX_STAGES: usize = 4096;

/// Maximum length of a name, in bytes; the rest is cut off.
const MAX_NAME: usize = 120;

/// A process of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StageProcess {
    /// The worker, which supervises the others and waits for them.
    Worker,
    /// The process that runs the candidate.
    Candidate,
    /// The process that parses the code and measures the shape.
    Reader,
}

impl StageProcess {
    /// Name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Worker => "worker",
            Self::Candidate => "candidate's process",
            Self::Reader => "reader",
        }
    }
}

/// A timed stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The process in which it ran.
    pub process: StageProcess,
    /// What was done.
    pub name: String,
    /// Begin, µs.
    pub begin_us: u64,
    /// Duration, µs.
    pub us: u64,
}

/// What a process has used in all.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProcessUse {
    /// The process.
    pub process: StageProcess,
    /// Processor time since its fork, ms.
    pub cpu_ms: f64,
    /// Page faults without a read from a disk, most of them the first writes to pages that the fork shares.
    pub minor_faults: u64,
}

/// The stages of a run; empty unless the client asked for them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RunStages {
    /// In no particular order.
    pub stages: Vec<Stage>,
    /// The processes of the run that were alive when it ended.
    pub uses: Vec<ProcessUse>,
}

impl RunStages {
    /// Adds the stages that a process reports of itself, within the bounds of number and length.
    pub fn add_reported(&mut self, process: StageProcess, stages: Vec<Stage>) {
        let checked = stages.into_iter().take(MAX_STAGES).map(|mut stage| {
            stage.process = process;
            if stage.name.len() > MAX_NAME {
                let end = (0..=MAX_NAME).rev().find(|at| stage.name.is_char_boundary(*at));
                stage.name.truncate(end.unwrap_or_default());
            }
            stage
        });
        self.stages.extend(checked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reported_stages_are_bounded_and_belong_to_the_process_that_reported_them() {
        let stage = |name: &str| Stage {
            process: StageProcess::Worker,
            name: name.to_owned(),
            begin_us: 1,
            us: 2,
        };
        let mut all = RunStages::default();
        let mut reported = vec![stage(&"ä".repeat(100)), stage("run")];
        reported.extend((0..5000).map(|_| stage("fuse")));
        all.add_reported(StageProcess::Candidate, reported);
        assert_eq!(all.stages.len(), MAX_STAGES);
        assert_eq!(all.stages[0].name, "ä".repeat(60));
        assert_eq!(all.stages[1].name, "run");
        assert!(
            all.stages
                .iter()
                .all(|stage| stage.process == StageProcess::Candidate)
        );
    }
}
