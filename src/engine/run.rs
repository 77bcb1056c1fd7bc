//! The thread of a job.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::events::{Event, EventSender, JobOutcome};
use super::{AssessJob, ExportJob, Job, JobId, ProposerConfig, RepairJob};
use cadforge_assess::{Assessor, Request, with_task_files};
use cadforge_executor::{Build, CancelToken, Execution, Priority};
use cadforge_repair::{self as repair, Endpoint, Proposer, Repair, Replay, Rules};
use cadforge_trajectory::replace_file;

pub(super) fn spawn(id: JobId, job: Job, assessor: Assessor, mut events: EventSender, cancel: CancelToken) {
    // Belongs to what submitted it, such as a request of the server.
    let span = tracing::debug_span!("job", id = id.0, kind = job.kind());
    let work = move || {
        let _entered = span.enter();
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
    // If the thread cannot be started, the handle's channel closes.
    if let Err(error) = std::thread::Builder::new()
        .name(format!("job {}", id.0))
        .spawn(work)
    {
        tracing::error!("cannot start a thread for a job: {error}");
    }
}

/// Runs a job and returns its last event.
fn run(job: &Job, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    match job {
        Job::Assess(job) => assess(job, assessor, events, cancel),
        Job::Repair(job) => repair(job, assessor, events, cancel),
        Job::Export(job) => export(job, assessor, events, cancel),
    }
}

fn export(job: &ExportJob, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    events.send(Event::Started);
    let ExportJob {
        task,
        code,
        spec,
        path,
    } = job;
    let spec = with_task_files(spec.clone(), task);
    match spec.and_then(|spec| assessor.executor().export(code, &spec, cancel)) {
        _ if cancel.is_cancelled() => Event::Cancelled,
        Ok(execution) => match write_step(path, &execution) {
            Ok(()) => Event::Done(Box::new(JobOutcome::Exported(path.clone()))),
            Err(message) => failed(message, true),
        },
        Err(error) if error.is_cancelled() => Event::Cancelled,
        Err(error) => failed(error.to_string(), error.is_input()),
    }
}

/// Writes the result of [`cadforge_executor::Executor::export`] atomically.
///
/// # Errors
/// A message with a hint: the candidate did not build, or the file cannot be written.
pub fn write_step(path: &Path, execution: &Execution) -> Result<(), String> {
    let step = match (&execution.build, &execution.step) {
        (Build::Shape(_), Some(step)) => step,
        (Build::Shape(_), None) => return Err("the kernel wrote no STEP file".to_owned()),
        (Build::Failed(failure), _) => {
            let line = failure
                .line
                .map_or(String::new(), |line| format!(", line {line}"));
            return Err(format!(
                "no STEP file: the code does not build ({}{line})\nhint: choose a step that builds, or fix the code",
                failure.message
            ));
        }
    };
    replace_file(path, step).map_err(|error| {
        format!(
            "cannot write {}: {error}\nhint: choose another folder",
            path.display()
        )
    })
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
    let mut built = |built| events.send(Event::Built(built));
    match assessor.assess_observed(&request, &mut built, cancel) {
        _ if cancel.is_cancelled() => Event::Cancelled,
        Ok(assessment) => Event::Done(Box::new(JobOutcome::Assessed(assessment))),
        Err(error) if error.is_cancelled() => Event::Cancelled,
        Err(error) => failed(error.to_string(), error.is_input()),
    }
}

fn repair(job: &RepairJob, assessor: &Assessor, events: &mut EventSender, cancel: &CancelToken) -> Event {
    let proposer: Box<dyn Proposer> = match &job.proposer {
        ProposerConfig::Rules => Box::new(Rules),
        ProposerConfig::Endpoint(config) => Box::new(Endpoint::new((**config).clone())),
        ProposerConfig::Replay {
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
        // Live edits have priority over a repair loop.
        priority: Priority::Batch,
    };
    match repair::run(&repair, &*proposer, assessor, events, cancel) {
        Ok(summary) => Event::Done(Box::new(JobOutcome::Repaired(summary))),
        Err(error) if error.is_cancelled() => Event::Cancelled,
        Err(error) => failed(error.to_string(), error.is_input()),
    }
}

fn failed(message: String, input: bool) -> Event {
    Event::Failed { message, input }
}
