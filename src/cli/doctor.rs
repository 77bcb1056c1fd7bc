//! `cadforge doctor`: lists what is installed, what is missing and how to get it. The checks are independent, so that
//! one fault does not hide the next. The only action is to start one worker and build a box.

mod files;
mod libraries;
mod programs;
mod python;
mod sandbox;
mod window;

use std::fmt::Write as _;
use std::process::ExitCode;

use serde::Serialize;

use super::context::{Global, print, print_json};
use crate::locate::Env;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
}

/// Exits with 0 if all requirements are met, else with 1.
pub(super) fn run(args: DoctorArgs, global: &Global) -> anyhow::Result<ExitCode> {
    let report = diagnose(global);
    if args.json {
        print_json(&report)?;
    } else {
        print(&report.text())?;
    }
    Ok(if report.ok {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(1)
    })
}

#[derive(Debug, Serialize)]
struct Report {
    format: u32,
    version: &'static str,
    /// Whether all requirements are met.
    ok: bool,
    checks: Vec<Check>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Check {
    group: &'static str,
    name: String,
    status: Status,
    /// What was found, or what is wrong.
    found: String,
    /// How to fix it, if needed.
    fix: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    /// Present and valid.
    Ok,
    /// Optional; something works less well without it.
    Warn,
    /// Required, and absent or wrong.
    Missing,
}

impl Check {
    fn ok(group: &'static str, name: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            group,
            name: name.into(),
            status: Status::Ok,
            found: found.into(),
            fix: None,
        }
    }

    fn warn(
        group: &'static str,
        name: impl Into<String>,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            fix: Some(fix.into()),
            status: Status::Warn,
            ..Self::ok(group, name, found)
        }
    }

    fn missing(
        group: &'static str,
        name: impl Into<String>,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            fix: Some(fix.into()),
            status: Status::Missing,
            ..Self::ok(group, name, found)
        }
    }

    /// A check that failed with an error; the error's hint becomes the fix.
    fn failed(group: &'static str, name: impl Into<String>, error: &impl ToString, fix: &str) -> Self {
        let text = error.to_string();
        let (found, fix) = text.split_once("\nhint: ").unwrap_or((&text, fix));
        Self::missing(group, name, found, fix)
    }
}

impl Report {
    fn of(checks: Vec<Check>) -> Self {
        let ok = checks.iter().all(|check| check.status != Status::Missing);
        Self {
            format: 1,
            version: env!("CARGO_PKG_VERSION"),
            ok,
            checks,
        }
    }

    /// One line per check under a heading per group, with its fix below.
    fn text(&self) -> String {
        let width = self
            .checks
            .iter()
            .map(|check| check.name.chars().count())
            .max()
            .unwrap_or(0);
        let mut text = format!("cadforge {}\n", self.version);
        let mut group = "";
        for check in &self.checks {
            if check.group != group {
                group = check.group;
                let _ = write!(text, "\n{group}\n");
            }
            let status = match check.status {
                Status::Ok => "ok",
                Status::Warn => "warn",
                Status::Missing => "missing",
            };
            // Further lines of a message are indented like the first.
            let found = check
                .found
                .replace('\n', &format!("\n{:width$}", "", width = width + 13));
            let _ = writeln!(text, "  {status:<7}  {:<width$}  {found}", check.name);
            if let Some(fix) = &check.fix {
                let _ = writeln!(text, "{:width$}fix: {fix}", "", width = width + 13);
            }
        }
        let count = |status| self.checks.iter().filter(|check| check.status == status).count();
        let (missing, warnings) = (count(Status::Missing), count(Status::Warn));
        let warned = if warnings == 1 {
            "1 warning".to_owned()
        } else {
            format!("{warnings} warnings")
        };
        let summary = match (missing, warnings) {
            (0, 0) => "all requirements met".to_owned(),
            (0, _) => format!("all requirements met, {warned}"),
            _ => format!("{missing} missing, {warned}"),
        };
        let _ = write!(text, "\n{summary}\n");
        text
    }
}

fn diagnose(global: &Global) -> Report {
    let env = Env::of_process();
    let overrides = global.overrides();
    let places = Places {
        assets: env.assets(&overrides),
        worker: env.worker(&overrides),
        python: env.python(&overrides),
        data: env.data(),
        cache: env.cache(),
    };
    let environment = places.python.as_deref().ok().map(python::Environment::of);

    let mut checks = programs::check(&env, &places, environment.as_ref());
    checks.extend(python::check(&places, environment.as_ref()));
    checks.extend(files::check(global, &places));
    checks.extend(window::check());
    checks.extend(sandbox::check());
    Report::of(checks)
}

type Place = Result<std::path::PathBuf, crate::locate::LocateError>;

/// Locations, or the errors of looking for them.
struct Places {
    assets: Place,
    worker: Place,
    python: Place,
    data: Place,
    /// `None` if caching is off.
    cache: Option<std::path::PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report::of(vec![
            Check::ok("programs", "cadforge", "bin/cadforge"),
            Check::missing(
                "window",
                "libEGL.so.1",
                "not found",
                "sudo apt-get install libegl1",
            ),
            Check::warn("window", "display", "none", "set DISPLAY"),
        ])
    }

    #[test]
    fn a_missing_requirement_is_not_ok_but_a_warning_is() {
        assert!(!report().ok);
        let mut checks = report().checks;
        checks.remove(1);
        assert!(Report::of(checks).ok);
    }

    #[test]
    fn the_text_groups_aligns_and_counts() {
        let expected = format!(
            "cadforge {}\n\nprograms\n  ok       cadforge     bin/cadforge\n\nwindow\n  missing  libEGL.so.1  \
             not found\n                        fix: sudo apt-get install libegl1\n  warn     display      none\n\
             {:24}fix: set DISPLAY\n\n1 missing, 1 warning\n",
            env!("CARGO_PKG_VERSION"),
            ""
        );
        assert_eq!(report().text(), expected);
    }

    #[test]
    fn an_errors_hint_becomes_the_fix() {
        let check = Check::failed(
            "programs",
            "worker",
            &"it is gone\nhint: bring it back",
            "look for it",
        );
        assert_eq!(
            (check.found.as_str(), check.fix.as_deref()),
            ("it is gone", Some("bring it back"))
        );
        let check = Check::failed("programs", "worker", &"it is gone", "look for it");
        assert_eq!(
            (check.found.as_str(), check.fix.as_deref()),
            ("it is gone", Some("look for it"))
        );
    }
}
