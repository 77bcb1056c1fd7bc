//! `--timing` and `--trace`: how long each stage took, in this program and in the processes of the workers.
//!
//! Spans of this program come from its `tracing` subscriber, stages of other processes from the events that the executor
//! reports. All times are of the machine's monotonic clock.

mod table;
mod trace;

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::CliError;
use crate::cache::Cache;
use crate::executor::{STAGE_TARGET, USE_TARGET, WorkerConfig, monotonic_us};

/// Where the time of a command went.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "Timing")]
pub(crate) struct TimingArgs {
    /// Print on standard error how long each stage took, in this program and in each process; uses no cache
    #[arg(long)]
    pub timing: bool,
    /// Write the stages as a trace for Perfetto (ui.perfetto.dev); uses no cache
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,
    #[arg(skip)]
    recorder: Recorder,
}

impl TimingArgs {
    /// The layer that records stages; `None` if nobody wants them.
    pub(super) fn recorder(&self) -> Option<Recorder> {
        (self.timing || self.trace.is_some()).then(|| self.recorder.clone())
    }

    /// Has the workers time their runs, which then really take place.
    pub(super) fn apply(&self, config: &mut WorkerConfig) {
        if self.recorder().is_some() {
            config.timed = true;
            config.cache = Cache::off();
        }
    }

    /// Creates the trace's file, so that a wrong path is reported before anything runs.
    pub(super) fn open(&self) -> Result<Option<File>, CliError> {
        let create = |path: &PathBuf| File::create(path).map_err(|error| cannot_write(path, &error));
        self.trace.as_ref().map(create).transpose()
    }

    /// Prints the table and writes the trace. With `merged`, statements of all scripts are one row.
    pub(super) fn finish(&self, file: Option<File>, merged: bool) -> Result<(), CliError> {
        let records = self.recorder.take();
        if self.timing {
            eprint!("{}", table::of(&records, merged));
        }
        if let (Some(path), Some(mut file)) = (&self.trace, file) {
            let text = trace::of(&records);
            file.write_all(text.as_bytes())
                .map_err(|error| cannot_write(path, &error))?;
        }
        Ok(())
    }
}

fn cannot_write(path: &Path, error: &std::io::Error) -> CliError {
    CliError::Input(format!("cannot write {}: {error}", path.display()))
}

/// A timed stage.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Record {
    track: Track,
    name: String,
    begin_us: u64,
    us: u64,
}

/// Stages of one track follow or contain each other.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Track {
    /// A thread of this program, numbered in the order in which they were seen.
    Program { thread: usize },
    /// A process of a run, by its worker.
    Process { worker: u64, process: String },
}

impl Track {
    /// What all tracks of a kind are called.
    fn kind(&self) -> &str {
        match self {
            Self::Program { .. } => "this program",
            Self::Process { process, .. } => process,
        }
    }
}

/// What a process of a run has used.
#[derive(Clone, Debug, PartialEq)]
struct Used {
    process: String,
    cpu_ms: f64,
    minor_faults: u64,
}

#[derive(Clone, Debug, Default)]
struct Records {
    stages: Vec<Record>,
    used: Vec<Used>,
    threads: Vec<std::thread::ThreadId>,
}

/// Records spans and reported stages.
#[derive(Clone, Debug, Default)]
pub(super) struct Recorder(Arc<Mutex<Records>>);

impl Recorder {
    fn with<R>(&self, work: impl FnOnce(&mut Records) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn take(&self) -> Records {
        self.with(std::mem::take)
    }
}

/// When a span began, and in which thread.
struct Begun {
    us: u64,
    thread: std::thread::ThreadId,
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Recorder {
    fn on_new_span(&self, _attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().insert(Begun {
                us: monotonic_us(),
                thread: std::thread::current().id(),
            });
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let Some(span) = context.span(&id) else { return };
        let extensions = span.extensions();
        let Some(Begun { us, thread }) = extensions.get::<Begun>() else {
            return;
        };
        let end_us = monotonic_us();
        self.with(|records| {
            let known = records.threads.iter().position(|known| known == thread);
            let number = known.unwrap_or_else(|| {
                records.threads.push(*thread);
                records.threads.len() - 1
            });
            records.stages.push(Record {
                track: Track::Program { thread: number },
                name: span.name().to_owned(),
                begin_us: *us,
                us: end_us.saturating_sub(*us),
            });
        });
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let target = event.metadata().target();
        if target != STAGE_TARGET && target != USE_TARGET {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let Fields {
            worker,
            process,
            name,
            begin_us,
            us,
            cpu_ms,
            minor_faults,
        } = fields;
        self.with(|records| {
            if target == STAGE_TARGET {
                records.stages.push(Record {
                    track: Track::Process { worker, process },
                    name,
                    begin_us,
                    us,
                });
            } else {
                records.used.push(Used {
                    process,
                    cpu_ms,
                    minor_faults,
                });
            }
        });
    }
}

/// Fields of the executor's events.
#[derive(Default)]
struct Fields {
    worker: u64,
    process: String,
    name: String,
    begin_us: u64,
    us: u64,
    cpu_ms: f64,
    minor_faults: u64,
}

impl Visit for Fields {
    fn record_u64(&mut self, field: &Field, value: u64) {
        match field.name() {
            "worker" => self.worker = value,
            "begin_us" => self.begin_us = value,
            "us" => self.us = value,
            "minor_faults" => self.minor_faults = value,
            _ => {}
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "cpu_ms" {
            self.cpu_ms = value;
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "process" => value.clone_into(&mut self.process),
            "name" => value.clone_into(&mut self.name),
            _ => {}
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn std::fmt::Debug) {}
}
