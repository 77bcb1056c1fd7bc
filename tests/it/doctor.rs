//! `doctor` on this machine, where `make test` provided everything, and on one where something is wrong.

use serde_json::Value;

use crate::support::{cadforge, expect_exit, json};

/// Checks of the report with that status, as `group: name: found`.
fn with_status(report: &Value, status: &str) -> Vec<String> {
    let checks = report["checks"].as_array().expect("an array");
    let word = |check: &Value, key: &str| check[key].as_str().unwrap_or_default().to_owned();
    checks
        .iter()
        .filter(|check| check["status"] == status)
        .map(|check| {
            format!(
                "{}: {}: {}",
                word(check, "group"),
                word(check, "name"),
                word(check, "found")
            )
        })
        .collect()
}

#[test]
fn nothing_that_is_needed_is_missing_here() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let report = json(&expect_exit(cadforge(dir.path()).args(["doctor", "--json"]), 0));
    assert_eq!(report["ok"], true);
    assert_eq!(with_status(&report, "missing"), Vec::<String>::new());
    let fine = with_status(&report, "ok");
    for expected in [
        "programs: a box: built with CadQuery 2.8.0",
        "python: cadquery: 2.8.0",
        "files: tasks: ",
        "files: cache: off",
    ] {
        assert!(
            fine.iter().any(|line| line.starts_with(expected)),
            "no {expected:?} in {fine:#?}"
        );
    }
}

#[test]
fn a_missing_environment_is_named_with_its_fix_and_the_rest_still_looked_at() {
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
