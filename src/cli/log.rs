//! Diagnostics of all crates, on standard error and in the window's log.
//!
//! The crates emit `tracing` events. By default warnings and errors are printed as the command line prints its own; with
//! `--log` the chosen events are printed with time, level, crate, and the request, job and candidate that they belong to.

use std::fmt;
use std::io;

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::{FmtSpan, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::prelude::*;
use tracing_subscriber::registry::LookupSpan;

use super::CliError;
use super::timing::Recorder;
use crate::studio::console;

/// Installs the subscriber of this process. `filter` is the value of `--log`; the default is that of `CADFORGE_LOG`.
/// `recorder` is told all spans of our own crates.
pub(super) fn init(filter: Option<&str>, recorder: Option<Recorder>) -> Result<(), CliError> {
    let variable = std::env::var("CADFORGE_LOG").ok().filter(|text| !text.is_empty());
    let own = Targets::new().with_target("cadforge", Level::TRACE);
    let recorder = recorder.map(|recorder| recorder.with_filter(own));
    let registry = tracing_subscriber::registry()
        .with(console::layer())
        .with(recorder);
    // Another subscriber can only be one of a test that runs in the same process.
    let _ = match filter.or(variable.as_deref()) {
        Some(filter) => {
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(io::stderr)
                .with_ansi(false)
                .with_span_events(FmtSpan::CLOSE)
                .with_filter(targets(filter)?);
            registry.with(layer).try_init()
        }
        None => {
            let layer = tracing_subscriber::fmt::layer()
                .with_writer(io::stderr)
                .event_format(Plain)
                .with_filter(own_warnings());
            registry.with(layer).try_init()
        }
    };
    Ok(())
}

/// Warnings of our own crates and of the window, errors of all.
fn own_warnings() -> Targets {
    Targets::new()
        .with_default(Level::ERROR)
        .with_target("cadforge", Level::WARN)
        .with_target(console::WINDOW, Level::WARN)
}

fn targets(filter: &str) -> Result<Targets, CliError> {
    filter.parse().map_err(|error| {
        CliError::Input(format!(
            "cannot read the log filter `{filter}`: {error}\nhint: give a level (error, warn, info, debug, trace), or levels of \
             crates, such as warn,cadforge_executor=debug"
        ))
    })
}

/// The format of the command line's own messages: `cadforge: warning: …`.
struct Plain;

impl<S, N> FormatEvent<S, N> for Plain
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        writer.write_str("cadforge: ")?;
        if *event.metadata().level() == Level::WARN {
            writer.write_str("warning: ")?;
        }
        context.format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_filter_other_crates_only_report_errors() {
        let default = own_warnings();
        assert!(default.would_enable("cadforge_executor::pool", &Level::WARN));
        assert!(!default.would_enable("cadforge_executor::pool", &Level::INFO));
        assert!(!default.would_enable("winit::platform", &Level::WARN));
        assert!(default.would_enable("winit::platform", &Level::ERROR));
    }

    #[test]
    fn filters_are_levels_of_all_or_of_single_crates() {
        let mixed = targets("warn,cadforge_executor=debug").unwrap();
        assert!(mixed.would_enable("cadforge_executor::pool", &Level::DEBUG));
        assert!(!mixed.would_enable("cadforge_server", &Level::INFO));
        assert!(
            targets("debug")
                .unwrap()
                .would_enable("cadforge_server", &Level::DEBUG)
        );
        let error = targets("loud=very").unwrap_err().to_string();
        assert!(
            error.contains("`loud=very`") && error.contains("hint: give a level"),
            "{error}"
        );
    }
}
