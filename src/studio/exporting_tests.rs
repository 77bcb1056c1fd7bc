//! Exports of a training run: repairs of rows, reports, curricula, data sets.

use std::path::Path;

use egui_kittest::kittest::Queryable as _;
use serde_json::{Value, json};

use super::command::ControllerCommand;
use super::exporting::ExportKind;
use super::state::RunReport;
use super::testing::{FakeBackend, Window, ask, built, failed, notice, state, studio, until, window};
use crate::data::export::DataSetKind;
use crate::data::store::{Filter, Store};
use crate::failure::Kind;

/// Waits until `count` files were written.
fn written(window: &mut Window, count: usize) {
    until(window, "the file", |state| {
        state
            .messages
            .log
            .iter()
            .filter(|line| line.text.starts_with("wrote "))
            .count()
            >= count
    });
}

/// A window with a training run of one group: a good candidate, and a failed build.
fn training_run(folder: &Path) -> (FakeBackend, Window) {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    let rows = [
        json!({"task_id": "part", "group_id": "g", "code": "box", "kind": "build_ok", "reward": {"build": 1.0, "total": 0.8}, "score": 0.8}),
        json!({"task_id": "part", "group_id": "g", "code": "bax", "kind": "undefined_name", "reward": {"build": 0.0, "total": -1.0}, "score": -0.7}),
    ];
    let path = folder.join("run.jsonl");
    // Blank lines count as lines.
    std::fs::write(&path, format!("{}\n\n{}\n", rows[0], rows[1])).unwrap();
    ask(&mut window, ControllerCommand::Open(vec![path]));
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    (backend, window)
}

#[test]
fn a_repair_of_a_failed_row_is_saved_with_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = training_run(dir.path());
    ask(&mut window, ControllerCommand::OpenRow(1));
    until(&mut window, "the row", |state| state.runs.open_row == Some(1));
    backend.last(|job| {
        assert_eq!(job.code(), "bax");
        job.answer(failed(
            Kind::UndefinedName,
            "NameError: name 'bax' is not defined",
            1,
        ));
    });
    window.run();
    // The editor marks the line by this.
    assert_eq!(state(&window).card().failure().unwrap().line, Some(1));

    let card = state(&window).card().id;
    ask(
        &mut window,
        ControllerCommand::Edit {
            card,
            code: "box".to_owned(),
        },
    );
    ask(
        &mut window,
        ControllerCommand::ExportRun(ExportKind::Repair, None),
    );
    assert!(notice(&window).contains("scored"), "{}", notice(&window));
    ask(&mut window, ControllerCommand::RunNow);
    backend.last(|job| job.answer(built(0.9, 0.9)));
    window.run();
    ask(
        &mut window,
        ControllerCommand::ExportRun(ExportKind::Repair, None),
    );
    written(&mut window, 1);
    let kept = std::fs::read_to_string(dir.path().join("run.repaired.jsonl")).unwrap();
    let row: Value = serde_json::from_str(&kept).unwrap();
    for (key, value) in [
        ("code", json!("box")),
        ("source_file", json!("run.jsonl")),
        ("source_line", json!(3)),
        ("failure_type", json!("undefined_name")),
        ("previous_reward", json!(-1.0)),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    assert_eq!(row["reward"]["total"], 0.9);
}

#[test]
fn exports_are_written_beside_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = training_run(dir.path());
    let making = [
        ExportKind::Report,
        ExportKind::Curriculum,
        ExportKind::DataSet(DataSetKind::Sft),
        ExportKind::DataSet(DataSetKind::Preference),
        ExportKind::DataSet(DataSetKind::Rollouts),
    ];
    for (index, making) in making.into_iter().enumerate() {
        ask(&mut window, ControllerCommand::ExportRun(making, None));
        written(&mut window, index + 1);
    }
    let read = |path: &str| std::fs::read_to_string(dir.path().join(path)).unwrap();
    assert!(read("run.report/report.md").contains("| **run** | 2 | 1 | 50.0 % |"));
    assert!(read("run.report/reward.svg").starts_with("<svg "));
    let prompt: Value = serde_json::from_str(&read("run.next.jsonl")).unwrap();
    assert_eq!(
        (&prompt["source_line"], &prompt["failure_type"]),
        (&json!(3), &json!("undefined_name"))
    );
    for kind in ["sft", "preference", "rollouts"] {
        assert!(!read(&format!("run.{kind}/train.jsonl")).is_empty(), "{kind}");
    }
    ask(&mut window, ControllerCommand::CloseRows);
    ask(
        &mut window,
        ControllerCommand::ExportRun(ExportKind::Report, None),
    );
    assert!(notice(&window).contains("no training run"));
}

/// Waits for a log line that contains a text.
fn noted(window: &mut Window, text: &'static str) {
    until(window, text, |state| {
        state.messages.log.iter().any(|line| line.text.contains(text))
    });
}

/// Opens the training run, imports it into a store, and opens the store.
fn stored_run(folder: &Path) -> (FakeBackend, Window) {
    let (backend, mut window) = training_run(folder);
    studio(&mut window).set_row_store(folder.join("store"));
    ask(&mut window, ControllerCommand::ImportRows);
    noted(&mut window, "imported 2 rows as `run`, 2 of them new");
    ask(&mut window, ControllerCommand::OpenStore);
    until(&mut window, "the store", |state| {
        state.runs.rows.as_ref().is_some_and(|rows| rows.stored)
    });
    (backend, window)
}

#[test]
fn a_store_is_browsed_like_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = stored_run(dir.path());
    let rows = state(&window).runs.rows.clone().unwrap();
    assert_eq!((rows.rows.len(), &rows.runs[..]), (2, &["run".to_owned()][..]));
    assert_eq!(rows.groups.len(), 1);
    assert_eq!(rows.by(&[0, 1], super::rows::GroupBy::Kind).len(), 2);
    window.get_by_label("row 2, undefined_name −0.70").click();
    until(&mut window, "the row", |state| state.runs.open_row == Some(1));
    backend.last(|job| assert_eq!(job.code(), "bax"));
    ask(&mut window, ControllerCommand::SearchRows("BAX".to_owned()));
    until(&mut window, "the matches", |state| state.runs.matches.is_some());
    assert_eq!(state(&window).runs.matches.as_deref(), Some(&[1][..]));
    // A second import adds nothing; a store cannot be imported into a store.
    ask(&mut window, ControllerCommand::ImportRows);
    assert!(notice(&window).contains("already in a store"));
}

#[test]
fn a_repair_of_a_stored_row_is_stored_with_its_source() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = stored_run(dir.path());
    ask(&mut window, ControllerCommand::OpenRow(1));
    until(&mut window, "the row", |state| state.runs.open_row == Some(1));
    let card = state(&window).card().id;
    let code = "box".to_owned();
    ask(&mut window, ControllerCommand::Edit { card, code });
    ask(&mut window, ControllerCommand::RunNow);
    backend.last(|job| job.answer(built(0.9, 0.9)));
    window.run();
    ask(
        &mut window,
        ControllerCommand::ExportRun(ExportKind::Repair, None),
    );
    written(&mut window, 1);
    let store = Store::open_existing(&dir.path().join("store")).unwrap();
    let ids = store.ids(&Filter::default()).unwrap();
    assert_eq!(ids.len(), 3);
    let row = store.row(ids[2]).unwrap().unwrap();
    assert_eq!(row.code().as_deref(), Some("box"));
    assert_eq!(
        (row.text("source_file"), row.count("source_line")),
        (Some("run.jsonl"), Some(3))
    );
    ask(&mut window, ControllerCommand::OpenStore);
    until(&mut window, "the new row", |state| {
        state.runs.rows.as_ref().is_some_and(|rows| rows.rows.len() == 3)
    });
    assert_eq!(
        state(&window).runs.rows.as_ref().unwrap().runs,
        ["run", "store.repaired"]
    );
    window.get_by_label("Filter by run");
}

#[test]
fn a_data_set_is_exported_from_selected_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = stored_run(dir.path());
    let making = ExportKind::DataSet(DataSetKind::Rollouts);
    ask(&mut window, ControllerCommand::ExportRun(making, Some(vec![1])));
    written(&mut window, 1);
    let read = |path: &str| std::fs::read_to_string(dir.path().join(path)).unwrap();
    let rows = read("store.rollouts/train.jsonl");
    assert!(rows.contains("bax") && rows.lines().count() == 1, "{rows}");
    assert_eq!(read("store.selection.jsonl").lines().count(), 1);
    ask(
        &mut window,
        ControllerCommand::ExportRun(ExportKind::Curriculum, None),
    );
    written(&mut window, 2);
    let prompt: Value = serde_json::from_str(&read("store.next.jsonl")).unwrap();
    assert_eq!(
        (&prompt["source_file"], &prompt["source_line"]),
        (&json!("store.selection.jsonl"), &json!(2))
    );
}

#[test]
fn a_report_includes_the_published_runs() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = stored_run(dir.path());
    window.get_by_label("Run").click();
    window.run_steps(3);
    window.get_by_label("Report").click();
    window.run_steps(3);
    until(&mut window, "the report", |state| {
        matches!(state.runs.report, RunReport::Read(_))
    });
    for label in [
        "run",
        "50.0 %",
        "9B strict GRPO",
        "0.9352",
        "groups: 1; informative: 100 % of those with two candidates or more",
        "KINDS OVER TIME",
        "■ undefined name",
        "50 %, 1 of 2",
    ] {
        assert!(
            window.query_all_by_label(label).next().is_some(),
            "`{label}` is not to be seen"
        );
    }
    // Other rows have another report.
    ask(&mut window, ControllerCommand::CloseRows);
    assert!(matches!(state(&window).runs.report, RunReport::Unread));
}
