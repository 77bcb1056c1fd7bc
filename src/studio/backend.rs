//! The studio's side of the engine: what a job's submission gives back.
//!
//! A trait, so that tests can stand in for the workers and see which jobs a person's act leads to.

use crossbeam_channel::Receiver;

use crate::engine::{Engine, Event, Job, JobId, Wake};
use crate::executor::PoolStatus;
use crate::server::{self, Config, Hosting};
use crate::task::TaskSet;

/// Takes jobs.
pub trait Backend {
    /// Hands a job over and returns at once; `wake` is called after each of its events.
    fn submit(&self, job: Job, wake: Wake) -> Ticket;

    /// The workers as they are now; never blocks.
    fn status(&self) -> PoolStatus;

    /// Starts a server over the same workers and returns at once; `wake` is called after each of its events.
    fn host(&self, tasks: TaskSet, config: Config, wake: Wake) -> Hosting;

    /// Starts workers anew where that had failed.
    fn try_again(&self);
}

/// A submitted job; dropping it stops the job.
pub struct Ticket {
    /// Its id.
    pub id: JobId,
    /// Its events, in order.
    pub events: Receiver<Event>,
    /// Stops it; called when the studio cancels.
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
