//! The checks of `cadforge doctor`, and their report.

use std::fmt::Write as _;

use serde::Serialize;

#[derive(Debug, Serialize)]
pub(super) struct DoctorReport {
    format: u32,
    version: &'static str,
    /// Whether all requirements are met.
    pub(super) ok: bool,
    checks: Vec<Check>,
}

#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Check {
    group: &'static str,
    pub(super) name: String,
    pub(super) status: Status,
    /// What was found, or what is wrong.
    pub(super) found: String,
    /// How to fix it, if needed.
    pub(super) fix: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Status {
    /// Present and valid.
    Ok,
    /// Optional; something works less well without it.
    Warn,
    /// Required, and absent or wrong.
    Missing,
}

impl Check {
    pub(super) fn ok(group: &'static str, name: impl Into<String>, found: impl Into<String>) -> Self {
        Self {
            group,
            name: name.into(),
            status: Status::Ok,
            found: found.into(),
            fix: None,
        }
    }

    pub(super) fn warn(
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

    pub(super) fn missing(
        group: &'static str,
        name: impl Into<String>,
        found: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            status: Status::Missing,
            ..Self::warn(group, name, found, fix)
        }
    }

    /// A check that failed with an error; the error's hint becomes the fix.
    pub(super) fn failed(
        group: &'static str,
        name: impl Into<String>,
        error: &impl ToString,
        fix: &str,
    ) -> Self {
        let text = error.to_string();
        let (found, fix) = text.split_once("\nhint: ").unwrap_or((&text, fix));
        Self::missing(group, name, found, fix)
    }
}

impl DoctorReport {
    pub(super) fn of(checks: Vec<Check>) -> Self {
        let ok = checks.iter().all(|check| check.status != Status::Missing);
        Self {
            format: 1,
            version: env!("CARGO_PKG_VERSION"),
            ok,
            checks,
        }
    }

    /// One line per check under a heading per group, with its fix below.
    pub(super) fn text(&self) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> DoctorReport {
        DoctorReport::of(vec![
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
        assert!(DoctorReport::of(checks).ok);
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
