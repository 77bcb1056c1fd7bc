//! The thread of a job.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::events::{Event, EventSender, Outcome};
use super::{AssessJob, Job, JobId, ProposerChoice, RepairJob};
use crate::assess::{Assessor, Request};
use crate::executor::{CancelToken, Priority};
use crate::repair::{self, Endpoint, Proposer, Repair, Replay, Rules};

pub(super) fn spawn(id: JobId, job: Job, assessor: Assessor, mut events: EventSender, cancel: CancelToken) {
    let work = move || {
        let run = AssertUnwindSafe(|| run(&job, &assessor, &mut events, &cancel));
        let last = catch_unwind(run).unwrap_or_else(|panic| {
            let message = panic
                .downcast_ref::<String>()
                .map(String::as_str)
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("no message");
            failed(
                format!("internal error: {message}\nhint: please report it with the code that led here"),
                false,
            )
        });
        events.send(last);
    };
    // A machine that cannot start a thread cannot go on; the handle's channel closes and says so.
    if let Err(error) = std::thread::Builder::new()
        .name(format!("job {}", id.0))
        .spawn(work)
    {
        eprintln!("cannot start a thread for a job: {error}");
    }
}

/// Runs a job and returns its last event.
fn run(job: &Job, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    match job {
        Job::Assess(job) => assess(job, assessor, events, cancel),
        Job::Repair(job) => repair(job, assessor, events, cancel),
    }
}

fn assess(job: &AssessJob, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    events.send(Event::Started);
    let request = Request {
        task: &job.task,
        code: &job.code,
        completion: None,
        scoring: &job.scoring,
        priority: job.priority,
    };
    match assessor.assess(&request, cancel) {
        _ if cancel.is_cancelled() => Event::Cancelled,
        Ok(assessment) => Event::Done(Box::new(Outcome::Assessed(assessment))),
        Err(error) if error.is_cancelled() => Event::Cancelled,
        Err(error) => failed(error.to_string(), error.is_input()),
    }
}

fn repair(job: &RepairJob, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    let proposer: Box<dyn Proposer> = match &job.proposer {
        ProposerChoice::Rules => Box::new(Rules),
        ProposerChoice::Endpoint(config) => Box::new(Endpoint::new((**config).clone())),
        ProposerChoice::Replay {
            recording,
            skip,
            paced,
        } => match Replay::new(&job.task, recording.as_deref(), *skip) {
            Ok(proposer) => Box::new(proposer.paced(*paced)),
            Err(error) => return failed(error.to_string(), true),
        },
    };
    events.send(Event::Started);
    let repair = Repair {
        task: &job.task,
        from: job.from.as_deref(),
        earlier: &job.earlier,
        scoring: &job.scoring,
        max_steps: job.max_steps,
        candidates: job.candidates,
        target: job.target,
        out: job.out.as_deref(),
        // A person who edits meanwhile does not wait for it.
        priority: Priority::Batch,
    };
    match repair::run(&repair, &*proposer, assessor, events, cancel) {
        Ok(summary) => Event::Done(Box::new(Outcome::Repaired(summary))),
        Err(error) if error.is_cancelled() => Event::Cancelled,
        Err(error) => failed(error.to_string(), error.is_input()),
    }
}

fn failed(message: String, input: bool) -> Event {
    Event::Failed { message, input }
}
