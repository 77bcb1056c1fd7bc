//! The thread of a job.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use super::events::{Event, EventSender, Job, RepairProgress};
use super::{AssessJob, ExportJob, JobId, ProposerConfig, RepairJob};
use cadforge_assess::{Assessment, Assessor, Progress, Request, with_task_files};
use cadforge_executor::{Build, CancelToken, Execution, Priority};
use cadforge_repair::{self as repair, Endpoint, Proposer, Repair, RepairSummary, Replay, Rules};
use cadforge_trajectory::replace_file;

pub(super) fn spawn<J: Job>(
    id: JobId,
    job: J,
    assessor: Assessor,
    mut events: EventSender<J>,
    cancel: CancelToken,
) {
    // Belongs to what submitted it, such as a request of the server.
    let span = tracing::debug_span!("job", id = id.0, kind = J::NAME);
    let work = move || {
        let _entered = span.enter();
        let run = AssertUnwindSafe(|| job.run(&assessor, &mut events, &cancel));
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

impl Job for ExportJob {
    const NAME: &'static str = "export";
    type Progress = Infallible;
    type Output = PathBuf;

    fn run(&self, assessor: &Assessor, events: &mut EventSender<Self>, cancel: &CancelToken) -> Event<Self> {
        events.send(Event::Started);
        let spec = with_task_files(self.spec.clone(), &self.task);
        match spec.and_then(|spec| assessor.executor().export(&self.code, &spec, cancel)) {
            _ if cancel.is_cancelled() => Event::Cancelled,
            Ok(execution) => match write_step(&self.path, &execution) {
                Ok(()) => Event::Done(Box::new(self.path.clone())),
                Err(message) => failed(message, true),
            },
            Err(error) if error.is_cancelled() => Event::Cancelled,
            Err(error) => failed(error.to_string(), error.is_input()),
        }
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

impl Job for AssessJob {
    const NAME: &'static str = "assess";
    type Progress = Progress;
    type Output = Assessment;

    fn run(&self, assessor: &Assessor, events: &mut EventSender<Self>, cancel: &CancelToken) -> Event<Self> {
        events.send(Event::Started);
        let request = Request {
            task: &self.task,
            code: &self.code,
            completion: None,
            scoring: &self.scoring,
            priority: self.priority,
        };
        let mut report = |progress| events.send(Event::Progress(progress));
        match assessor.assess_observed(&request, &mut report, cancel) {
            _ if cancel.is_cancelled() => Event::Cancelled,
            Ok(assessment) => Event::Done(Box::new(assessment)),
            Err(error) if error.is_cancelled() => Event::Cancelled,
            Err(error) => failed(error.to_string(), error.is_input()),
        }
    }
}

impl Job for RepairJob {
    const NAME: &'static str = "repair";
    type Progress = RepairProgress;
    type Output = RepairSummary;

    fn run(&self, assessor: &Assessor, events: &mut EventSender<Self>, cancel: &CancelToken) -> Event<Self> {
        let proposer: Box<dyn Proposer> = match &self.proposer {
            ProposerConfig::Rules => Box::new(Rules),
            ProposerConfig::Endpoint(config) => Box::new(Endpoint::new((**config).clone())),
            ProposerConfig::Replay {
                recording,
                skip,
                paced,
            } => match Replay::new(&self.task, recording.as_deref(), *skip) {
                Ok(proposer) => Box::new(proposer.paced(*paced)),
                Err(error) => return failed(error.to_string(), true),
            },
        };
        events.send(Event::Started);
        let repair = Repair {
            task: &self.task,
            from: self.from.as_deref(),
            earlier: &self.earlier,
            scoring: &self.scoring,
            max_steps: self.max_steps,
            candidates: self.candidates,
            target: self.target,
            out: self.out.as_deref(),
            // Live edits have priority over a repair loop.
            priority: Priority::Batch,
        };
        let end = repair::run(&repair, &*proposer, assessor, events, cancel);
        events.flush();
        match end {
            Ok(summary) => Event::Done(Box::new(summary)),
            Err(error) if error.is_cancelled() => Event::Cancelled,
            Err(error) => failed(error.to_string(), error.is_input()),
        }
    }
}

fn failed<J: Job>(message: String, input: bool) -> Event<J> {
    Event::Failed { message, input }
}
