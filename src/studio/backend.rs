//! The studio's interface to the engine.
//!
//! A trait, so that tests can replace the workers and observe which jobs a command submits.

use crate::engine::{AssessJob, Engine, ExportJob, JobHandle, RepairJob, Wake};
use crate::executor::PoolStatus;
use crate::server::{self, Config, Hosting};
use crate::task::TaskSet;

/// Submitted jobs run in the background; `wake` is called after each of their events.
pub trait Backend {
    fn assess(&self, job: AssessJob, wake: Wake) -> JobHandle<AssessJob>;

    fn repair(&self, job: RepairJob, wake: Wake) -> JobHandle<RepairJob>;

    fn export(&self, job: ExportJob, wake: Wake) -> JobHandle<ExportJob>;

    /// Current state of the workers; never blocks.
    fn status(&self) -> PoolStatus;

    /// Starts a server that shares the workers and returns at once; `wake` is called after each of its events.
    fn host(&self, tasks: TaskSet, config: Config, wake: Wake) -> Hosting;

    /// Restarts workers that failed to start.
    fn try_again(&self);
}

impl Backend for Engine {
    fn assess(&self, job: AssessJob, wake: Wake) -> JobHandle<AssessJob> {
        self.submit(job, Some(wake))
    }

    fn repair(&self, job: RepairJob, wake: Wake) -> JobHandle<RepairJob> {
        self.submit(job, Some(wake))
    }

    fn export(&self, job: ExportJob, wake: Wake) -> JobHandle<ExportJob> {
        self.submit(job, Some(wake))
    }

    fn status(&self) -> PoolStatus {
        Self::status(self)
    }

    fn host(&self, tasks: TaskSet, config: Config, wake: Wake) -> Hosting {
        server::host(self, tasks, config, wake)
    }

    fn try_again(&self) {
        self.assessor().executor().retry_failed_slots();
    }
}
