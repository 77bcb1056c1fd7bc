//! Collects the diagnostics of all crates for the window's log.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::state::LogLine;
pub(crate) use super::state::WINDOW;
use crate::engine::Wake;

/// Maximum number of lines that wait for the window; the oldest are dropped.
const WAITING: usize = 500;

/// A subscriber layer whose lines the window of this process displays: [`Console::take`].
pub(crate) fn layer<S: Subscriber + for<'a> LookupSpan<'a>>() -> impl Layer<S> {
    ConsoleLayer(Console::of_process()).with_filter(filter())
}

/// Of our own crates, all but what is only for `--log`.
fn filter() -> Targets {
    Targets::new().with_target("cadforge", Level::INFO)
}

/// Lines that wait for the window.
#[derive(Clone, Default)]
pub(crate) struct Console(Arc<Mutex<Waiting>>);

#[derive(Default)]
struct Waiting {
    lines: VecDeque<LogLine>,
    /// Set while a window displays the lines; without one, nothing is collected.
    wake: Option<Wake>,
}

impl Console {
    /// The console of this process.
    pub(crate) fn of_process() -> Self {
        static CONSOLE: OnceLock<Console> = OnceLock::new();
        CONSOLE.get_or_init(Self::default).clone()
    }

    /// Collects lines from now on and calls `wake` for each.
    pub(crate) fn open(&self, wake: Wake) {
        self.lock().wake = Some(wake);
    }

    /// Removes and returns the lines, oldest first.
    pub(crate) fn take(&self) -> Vec<LogLine> {
        self.lock().lines.drain(..).collect()
    }

    fn push(&self, line: LogLine) {
        let mut waiting = self.lock();
        let Some(wake) = waiting.wake.clone() else { return };
        if waiting.lines.len() == WAITING {
            waiting.lines.pop_front();
        }
        waiting.lines.push_back(line);
        drop(waiting);
        wake();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct ConsoleLayer(Console);

impl<S: Subscriber> Layer<S> for ConsoleLayer {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut text = Text::default();
        event.record(&mut text);
        self.0.push(LogLine {
            is_error: *event.metadata().level() <= Level::WARN,
            text: text.0,
        });
    }
}

/// The message of an event, then its fields as `name=value`.
#[derive(Default)]
struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string cannot fail.
        let _ = if field.name() == "message" {
            // The message is recorded first or last, depending on the macro.
            let rest = std::mem::take(&mut self.0);
            write!(self.0, "{value:?}{rest}")
        } else {
            write!(self.0, " {}={value:?}", field.name())
        };
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::prelude::*;

    use super::*;

    #[test]
    fn the_window_gets_warnings_and_information_of_our_crates_only() {
        let console = Console::default();
        let woken = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let counter = Arc::clone(&woken);
        let subscriber =
            tracing_subscriber::registry().with(ConsoleLayer(console.clone()).with_filter(filter()));
        tracing::subscriber::with_default(subscriber, || {
            tracing::warn!("before a window is open");
            console.open(Arc::new(move || {
                counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            }));
            tracing::warn!(slot = 1, "a worker died");
            tracing::info!("ready");
            tracing::debug!("details");
            tracing::warn!(target: "hyper", "of another crate");
        });
        let line = |is_error, text: &str| LogLine {
            is_error,
            text: text.to_owned(),
        };
        assert_eq!(
            console.take(),
            [line(true, "a worker died slot=1"), line(false, "ready")]
        );
        assert_eq!(woken.load(std::sync::atomic::Ordering::Relaxed), 2);
        assert_eq!(console.take(), []);
    }

    #[test]
    fn a_flood_drops_the_oldest_lines() {
        let console = Console::default();
        console.open(Arc::new(|| {}));
        for number in 0..=WAITING {
            console.push(LogLine {
                is_error: false,
                text: number.to_string(),
            });
        }
        let lines = console.take();
        assert_eq!((lines.len(), lines[0].text.as_str()), (WAITING, "1"));
    }
}
