//! Times the stages of a run, if the client wants them.

use cadforge_platform::{linux, load};
use cadforge_protocol::stage::{ProcessUse, RunStages, Stage, StageProcess};
use nix::unistd::Pid;

/// Records stages of one process; each begins where the last one ended.
pub(crate) struct Stages {
    process: StageProcess,
    is_on: bool,
    since_us: u64,
    recorded: RunStages,
}

impl Stages {
    pub(crate) fn new(process: StageProcess, is_on: bool) -> Self {
        Self {
            process,
            is_on,
            since_us: linux::monotonic_us(),
            recorded: RunStages::default(),
        }
    }

    /// Ends a stage that began when the last one ended.
    pub(crate) fn end(&mut self, name: &str) {
        if !self.is_on {
            return;
        }
        let now_us = linux::monotonic_us();
        self.recorded.stages.push(Stage {
            process: self.process,
            name: name.to_owned(),
            begin_us: self.since_us,
            us: now_us.saturating_sub(self.since_us),
        });
        self.since_us = now_us;
    }

    /// Begins the next stage now: what came before belongs to none.
    pub(crate) fn skip(&mut self) {
        self.since_us = linux::monotonic_us();
    }

    /// Adds the stages that a process reports of itself.
    pub(crate) fn add_reported(&mut self, process: StageProcess, stages: Vec<Stage>) {
        if self.is_on {
            self.recorded.add_reported(process, stages);
        }
    }

    /// Records what a live process has used so far, in place of an earlier record.
    pub(crate) fn record_use(&mut self, process: StageProcess, pid: Pid) {
        if !self.is_on {
            return;
        }
        let (Some(cpu_s), Some(minor_faults)) =
            (linux::cpu_s(pid), load::minor_faults(pid.as_raw().unsigned_abs()))
        else {
            return;
        };
        self.recorded.uses.retain(|known| known.process != process);
        self.recorded.uses.push(ProcessUse {
            process,
            cpu_ms: cpu_s * 1e3,
            minor_faults,
        });
    }

    pub(crate) fn take(&mut self) -> RunStages {
        std::mem::take(&mut self.recorded)
    }
}
