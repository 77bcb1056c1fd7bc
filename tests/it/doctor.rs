//! `cadforge doctor` on this machine, which `make test` has set up, and with a missing environment.

use serde_json::Value;

use crate::support::{cadforge, expect_exit, json};

/// The checks of a report that have a status, as `group: name: found`.
fn with_status(report: &Value, status: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("an array");
    let text = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    checks
        .iter()
        .filter(|check| check["status"] == status)
        .map(|check| {
            format!(
                "{}: {}: {}",
                text(check, "group"),
                text(check, "name"),
                text(check, "found")
            )
        })
        .collect()
}

#[test]
fn doctor_finds_all_requirements_met() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let report = json(&expect_exit(cadforge(dir.path()).args(["doctor", "--json"]), 0));
    assert_eq!(report["ok"], true);
    assert_eq!(with_status(&report, "missing"), Vec::<String>::new());
    let ok = with_status(&report, "ok");
    for expected in [
        "programs: a box: built with CadQuery 2.8.0",
        "python: cadquery: 2.8.0",
        "files: tasks: ",
        "files: cache: off",
    ] {
        assert!(
            ok.iter().any(|line| line.starts_with(expected)),
            "no {expected:?} in {ok:#?}"
        );
    }
}

#[test]
fn a_missing_environment_is_reported_with_a_fix_and_other_checks_still_run() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut command = cadforge(dir.path());
    command
        .args(["doctor", "--json"])
        .env("CADFORGE_PYTHON", "/nowhere/bin/python");
    let report = json(&expect_exit(&mut command, 1));
    assert_eq!(report["ok"], false);
    let missing = with_status(&report, "missing");
    assert!(
        missing.iter().any(|line| line.contains("/nowhere/bin/python")),
        "{missing:#?}"
    );
    assert!(
        report["checks"]
            .as_array()
            .expect("an array")
            .iter()
            .all(|check| {
                check["status"] == "ok" || check["fix"].as_str().is_some_and(|fix| !fix.is_empty())
            })
    );
    assert!(!with_status(&report, "ok").is_empty());

    command = cadforge(dir.path());
    command
        .arg("doctor")
        .env("CADFORGE_PYTHON", "/nowhere/bin/python");
    let output = expect_exit(&mut command, 1);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("missing") && text.contains("fix: "), "{text}");
}
