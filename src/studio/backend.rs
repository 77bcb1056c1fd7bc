//! The studio's interface to the engine.
//!
//! A trait, so that tests can replace the workers and observe which jobs a command submits.

use crossbeam_channel::Receiver;

use crate::engine::{Engine, Event, Job, JobId, Wake};
use crate::executor::PoolStatus;
use crate::server::{self, Config, Hosting};
use crate::task::TaskSet;

pub trait Backend {
    /// Submits a job and returns at once; `wake` is called after each of its events.
    fn submit(&self, job: Job, wake: Wake) -> Ticket;

    /// Current state of the workers; never blocks.
    fn status(&self) -> PoolStatus;

    /// Starts a server that shares the workers and returns at once; `wake` is called after each of its events.
    fn host(&self, tasks: TaskSet, config: Config, wake: Wake) -> Hosting;

    /// Restarts workers that failed to start.
    fn try_again(&self);
}

/// A submitted job; dropping it cancels the job.
pub struct Ticket {
    pub id: JobId,
    /// Events in order.
    pub events: Receiver<Event>,
    /// Cancels the job.
    pub cancel: Box<dyn FnOnce() + Send>,
}

impl Backend for Engine {
    fn submit(&self, job: Job, wake: Wake) -> Ticket {
        let mut handle = Self::submit(self, job, Some(wake));
        Ticket {
            id: handle.id,
            events: handle.events.clone(),
            cancel: Box::new(move || handle.cancel()),
        }
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
