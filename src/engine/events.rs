//! Events of a job, and the channel for them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use cadforge_assess::{Assessment, Built};
use cadforge_geometry::Shape;
use cadforge_repair::{Listener, RepairSummary};
use cadforge_trajectory::Step;

/// An event of a job. Exactly one of `Done`, `Failed` and `Cancelled` occurs, as the last event.
#[derive(Clone, Debug)]
pub enum Event {
    /// The job requests a worker.
    Started,
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
    /// The candidate of an [`super::AssessJob`] was built and is being scored.
    Built(Built),
    /// A step of a repair was built and scored.
    Step(Box<Step>, Option<Arc<Shape>>),
    /// Finished.
    Done(Box<JobOutcome>),
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

/// Result of a finished job.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "an event carries it in a box")]
pub enum JobOutcome {
    /// Of an [`super::AssessJob`].
    Assessed(Assessment),
    /// Of a [`super::RepairJob`].
    Repaired(RepairSummary),
    /// Of an [`super::ExportJob`]: the file was written.
    Exported(PathBuf),
}

/// Called after every event, on the job's thread; a window requests a repaint here.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// A channel that never blocks its sender.
pub(super) fn channel(wake: Option<Wake>) -> (EventSender, Receiver<Event>) {
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
pub(super) struct EventSender {
    sender: Sender<Event>,
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

impl EventSender {
    pub(super) fn send(&mut self, event: Event) {
        self.flush();
        self.send_now(event);
    }

    fn flush(&mut self) {
        if let Some(HeldText { step, delta, .. }) = self.text.take() {
            self.send_now(Event::ProposalText { step, delta });
        }
    }

    fn send_now(&self, event: Event) {
        // If the handle was dropped, the job ends by its cancel token.
        let _ = self.sender.send(event);
        if let Some(wake) = &self.wake {
            wake();
        }
    }
}

impl Listener for EventSender {
    fn proposing(&mut self, step: usize) {
        self.send(Event::Proposing { step });
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
        self.send(Event::Step(Box::new(step), shape));
    }
}
