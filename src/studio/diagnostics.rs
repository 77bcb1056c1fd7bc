//! Diagnostics for bug reports: versions, the desktop, settings, the last lines of the log, and the last panic, which is stored
//! in a file.

use std::fmt::Write as _;
use std::panic::PanicHookInfo;
use std::path::{Path, PathBuf};

use super::state::{Messages, Sessions, Setup};

/// Number of log lines included.
const LINES: usize = 80;

/// Diagnostics of this window; the home folder is written `~`.
pub fn report(sessions: &Sessions, setup: &Setup, messages: &Messages) -> String {
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    };
    line("CADForge Studio", env!("CARGO_PKG_VERSION"));
    let system = std::fs::read_to_string("/proc/version").unwrap_or_default();
    line("system", system.trim());
    for name in [
        "XDG_SESSION_TYPE",
        "XDG_CURRENT_DESKTOP",
        "DISPLAY",
        "WAYLAND_DISPLAY",
    ] {
        if let Ok(value) = std::env::var(name) {
            line(name, &value);
        }
    }
    let pool = &sessions.pool;
    line(
        "workers",
        &format!(
            "{} ready, {} starting, {} busy, {} queued, {} replaced",
            pool.ready, pool.starting, pool.busy, pool.queued, pool.restarts
        ),
    );
    if let Some(versions) = &pool.versions {
        line("CadQuery", &versions.cadquery);
    }
    if let Some(error) = &pool.error {
        line("worker error", error);
    }
    line("task", &sessions.session().task.id);
    line("settings", &format!("{:?}", setup.settings));
    let _ = writeln!(text, "\nlog:");
    let skipped = messages.log.len().saturating_sub(LINES);
    for entry in messages.log.iter().skip(skipped) {
        let sign = if entry.is_error { "! " } else { "  " };
        let _ = writeln!(text, "{sign}{}", entry.text);
    }
    if let Some(panic) = &setup.last_panic {
        let _ = writeln!(text, "\nlast panic:\n{panic}");
    }
    match std::env::var("HOME") {
        Ok(home) if home.len() > 1 => text.replace(&home, "~"),
        Ok(_) | Err(_) => text,
    }
}

/// Installs a hook that stores every panic of this process in a file of a folder, then calls the previous hook.
pub fn store_panics(folder: &Path) {
    let path = file(folder);
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let report = describe(info);
        if let Some(folder) = path.parent() {
            // A report that cannot be stored is still printed below.
            let _ = std::fs::create_dir_all(folder);
            let _ = std::fs::write(&path, report);
        }
        before(info);
    }));
}

/// Panic stored by an earlier window. It is renamed, so that it is reported once.
pub fn last_panic(folder: &Path) -> Option<String> {
    let path = file(folder);
    let text = std::fs::read_to_string(&path).ok()?;
    let _ = std::fs::rename(&path, path.with_extension("old.txt"));
    Some(text)
}

fn file(folder: &Path) -> PathBuf {
    folder.join("panic.txt")
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let message = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    let place = info.location().map_or(String::new(), ToString::to_string);
    let name = std::thread::current().name().unwrap_or("unnamed").to_owned();
    let trace = std::backtrace::Backtrace::force_capture();
    format!("{message}\nat {place}, thread {name}\n{trace}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::Scoring;
    use crate::studio::testing::task;

    #[test]
    fn diagnostics_hide_the_home_folder() {
        let sessions = Sessions::new([task("part", "First part")], Scoring::default()).unwrap();
        let setup = Setup {
            last_panic: Some("index out of bounds".to_owned()),
            ..Setup::default()
        };
        let mut messages = Messages::default();
        let home = std::env::var("HOME").unwrap_or_default();
        for index in 0..200 {
            let text = format!("line {index} in {home}/parts");
            if index == 199 {
                messages.log_error(text);
            } else {
                messages.log(text);
            }
        }
        let text = report(&sessions, &setup, &messages);
        assert!(
            text.contains("task: part") && text.contains("! line 199"),
            "{text}"
        );
        assert!(!text.contains("line 100 "), "only the last lines");
        assert!(text.contains("last panic:\nindex out of bounds"));
        assert!(home.len() < 2 || !text.contains(&home));
    }

    #[test]
    fn a_panic_is_reported_once() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(last_panic(dir.path()), None);
        std::fs::write(file(dir.path()), "went wrong").unwrap();
        assert_eq!(last_panic(dir.path()).as_deref(), Some("went wrong"));
        assert_eq!(last_panic(dir.path()), None);
    }
}
