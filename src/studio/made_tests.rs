//! What the window makes of a training run: a repair of a row, a report, prompts, data sets.

use std::path::Path;

use serde_json::{Value, json};

use super::command::{Action, Command};
use super::made::Making;
use super::testing::{Standin, Window, ask, built, failed, state, until, window};
use crate::data::export::Kind as DataSet;
use crate::failure::Kind;

/// Waits until so many files were written.
fn written(window: &mut Window, count: usize) {
    until(window, "the file", |state| {
        state
            .log
            .iter()
            .filter(|line| line.text.starts_with("wrote "))
            .count()
            >= count
    });
}

/// A window with a training run of one group open: a good candidate, and one that does not build.
fn training_run(folder: &Path) -> (Standin, Window) {
    let standin = Standin::ready();
    let mut window = window(&standin);
    standin.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    let rows = [
        json!({"task_id": "part", "group_id": "g", "code": "box", "kind": "build_ok", "reward": {"build": 1.0, "total": 0.8}, "score": 0.8}),
        json!({"task_id": "part", "group_id": "g", "code": "bax", "kind": "undefined_name", "reward": {"build": 0.0, "total": -1.0}, "score": -0.7}),
    ];
    let path = folder.join("run.jsonl");
    // Blank lines are lines.
    std::fs::write(&path, format!("{}\n\n{}\n", rows[0], rows[1])).unwrap();
    ask(&mut window, Command::Open(vec![path]));
    until(&mut window, "the rows", |state| state.rows.is_some());
    (standin, window)
}

#[test]
fn a_failed_row_is_opened_repaired_and_kept_with_where_it_is_from() {
    let dir = tempfile::tempdir().unwrap();
    let (standin, mut window) = training_run(dir.path());
    ask(&mut window, Command::OpenRow(1));
    until(&mut window, "the row", |state| state.open_row == Some(1));
    standin.last(|job| {
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
        Command::Edit {
            card,
            code: "box".to_owned(),
        },
    );
    ask(&mut window, Command::Do(Action::Make(Making::Repair)));
    assert!(
        state(&window).notice.as_ref().unwrap().text.contains("scored"),
        "{:?}",
        state(&window).notice
    );
    ask(&mut window, Command::Do(Action::RunNow));
    standin.last(|job| job.answer(built(0.9, 0.9)));
    window.run();
    ask(&mut window, Command::Do(Action::Make(Making::Repair)));
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
fn reports_prompts_and_data_sets_go_beside_the_rows() {
    let dir = tempfile::tempdir().unwrap();
    let (_standin, mut window) = training_run(dir.path());
    let making = [
        Making::Report,
        Making::Curriculum,
        Making::DataSet(DataSet::Sft),
        Making::DataSet(DataSet::Preference),
        Making::DataSet(DataSet::Rollouts),
    ];
    for (index, making) in making.into_iter().enumerate() {
        ask(&mut window, Command::Do(Action::Make(making)));
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
    ask(&mut window, Command::CloseRows);
    ask(&mut window, Command::Do(Action::Make(Making::Report)));
    assert!(
        state(&window)
            .notice
            .as_ref()
            .unwrap()
            .text
            .contains("no training run")
    );
}
