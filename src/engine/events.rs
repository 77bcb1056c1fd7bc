//! Events of a job, and the channel for them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::RepairJob;
use cadforge_assess::Assessor;
use cadforge_executor::CancelToken;
use cadforge_geometry::Shape;
use cadforge_repair::Listener;
use cadforge_trajectory::Step;

/// A kind of job: its progress, its result, and how it runs.
///
/// Implemented by [`AssessJob`], [`RepairJob`] and [`ExportJob`].
///
/// [`AssessJob`]: super::AssessJob
/// [`RepairJob`]: super::RepairJob
/// [`ExportJob`]: super::ExportJob
pub trait Job: Send + Sized + 'static {
    /// Its name in diagnostics.
    const NAME: &'static str;
    /// Reported while it runs.
    type Progress: Send;
    /// Its result.
    type Output: Send;

    /// Runs on the job's thread and returns the last event.
    #[doc(hidden)]
    fn run(&self, assessor: &Assessor, events: &mut EventSender<Self>, cancel: &CancelToken) -> Event<Self>;
}

/// An event of a job. Exactly one of `Done`, `Failed` and `Cancelled` occurs, as the last event.
#[derive(Clone, Debug)]
pub enum Event<J: Job> {
    /// The job requests a worker.
    Started,
    /// The job made progress.
    Progress(J::Progress),
    /// Finished.
    Done(Box<J::Output>),
    /// Error; never a score.
    Failed {
        /// Message with a hint.
        message: String,
        /// Whether the input is at fault (a reference that does not build, a folder in use); otherwise it is an
        /// internal error.
        input: bool,
    },
    /// Cancelled.
    Cancelled,
}

/// Progress of a repair loop.
#[derive(Clone, Debug)]
pub enum RepairProgress {
    /// A proposal begins.
    Proposing {
        /// Index of the step being proposed.
        step: usize,
    },
    /// More of a proposal's text, coalesced to the rate of a display.
    ProposalText {
        /// Index of the step being proposed.
        step: usize,
        /// Text since the last event.
        delta: String,
    },
    /// A step was built and scored.
    Step(Box<Step>, Option<Arc<Shape>>),
}

/// Called after every event, on the job's thread; a window requests a repaint here.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A channel that never blocks its sender.
pub(super) fn channel<J: Job>(wake: Option<Wake>) -> (EventSender<J>, Receiver<Event<J>>) {
    let (sender, receiver) = crossbeam_channel::unbounded();
    (
        EventSender {
            sender,
            wake,
            text: None,
        },
        receiver,
    )
}

/// Sends events and wakes the receiver; text is collected for a moment and sent together.
pub struct EventSender<J: Job> {
    sender: Sender<Event<J>>,
    wake: Option<Wake>,
    text: Option<HeldText>,
}

struct HeldText {
    step: usize,
    delta: String,
    since: Instant,
}

/// One frame at 60 Hz.
const TEXT_INTERVAL: Duration = Duration::from_millis(16);

impl<J: Job> EventSender<J> {
    pub(super) fn send(&self, event: Event<J>) {
        // If the handle was dropped, the job ends by its cancel token.
        let _ = self.sender.send(event);
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}

impl EventSender<RepairJob> {
    /// Sends the text held back, then this.
    fn report(&mut self, progress: RepairProgress) {
        self.flush();
        self.send(Event::Progress(progress));
    }

    pub(super) fn flush(&mut self) {
        if let Some(HeldText { step, delta, .. }) = self.text.take() {
            self.send(Event::Progress(RepairProgress::ProposalText { step, delta }));
        }
    }
}

impl Listener for EventSender<RepairJob> {
    fn proposing(&mut self, step: usize) {
        self.report(RepairProgress::Proposing { step });
    }

    fn text(&mut self, step: usize, delta: &str) {
        // Candidates of a group are interleaved, but an event belongs to one step.
        if self.text.as_ref().is_some_and(|held| held.step != step) {
            self.flush();
        }
        let held = self.text.get_or_insert_with(|| HeldText {
            step,
            delta: String::new(),
            since: Instant::now(),
        });
        held.delta.push_str(delta);
        if held.since.elapsed() >= TEXT_INTERVAL {
            self.flush();
        }
    }

    fn pause(&mut self) {
        self.flush();
    }

    fn step(&mut self, step: Step, shape: Option<Arc<Shape>>) {
        self.report(RepairProgress::Step(Box::new(step), shape));
    }
}
