//! Data sets: their contents, disjoint splits, and that Hugging Face's `datasets` loads them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{lines, read, run_json, sample, trajectory};
use crate::support::{cadforge, expect_exit, root};

/// Loads exported folders with Hugging Face `datasets`.
fn load_with_datasets(dir: &Path, folders: &[&str]) -> Vec<Value> {
    let python = root().join("target/test-env/datasets/bin/python");
    assert!(
        python.exists(),
        "{} is missing: run `make test-envs`",
        python.display()
    );
    let mut command = Command::new(python);
    command
        .arg(root().join("tests/datasets/load.py"))
        .args(folders)
        .current_dir(dir);
    let output = expect_exit(&mut command, 0);
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn data_sets_load_with_hugging_face_and_their_splits_are_disjoint() {
    let dir = tempfile::tempdir().unwrap();
    trajectory(&dir.path().join("run"));
    let sample = sample();
    let kinds = ["sft", "preference", "rollouts"];
    let mut summaries = Vec::new();
    for kind in kinds {
        let arguments = [
            "export",
            kind,
            sample.to_str().unwrap(),
            "run",
            "-o",
            kind,
            "--validation",
            "0.2",
        ];
        let first = run_json(dir.path(), &arguments);
        let before = lines(&dir.path().join(kind).join("train.jsonl"));
        assert_eq!(run_json(dir.path(), &arguments), first, "equal exports differ");
        assert_eq!(lines(&dir.path().join(kind).join("train.jsonl")), before);
        summaries.push(first);
    }
    let loaded = load_with_datasets(dir.path(), &kinds);
    assert_eq!((summaries.len(), loaded.len()), (kinds.len(), kinds.len()));
    for ((kind, summary), loaded) in kinds.iter().zip(&summaries).zip(loaded) {
        let folder = dir.path().join(kind);
        let parts = ["train", "validation"].map(|part| read(&folder.join(format!("{part}.jsonl"))));
        for (part, rows) in ["train", "validation"].iter().zip(&parts) {
            assert!(!rows.is_empty(), "{kind}: {part}");
            assert_eq!(summary[part].as_u64().unwrap() as usize, rows.len());
            assert_eq!(loaded[part]["rows"].as_u64().unwrap() as usize, rows.len());
            assert_eq!(
                (&loaded[part]["first"], &loaded[part]["last"]),
                (&rows[0], &rows[rows.len() - 1]),
                "{kind}"
            );
            assert!(rows.iter().all(has_no_null), "{kind} contains a null");
        }
        let tasks = parts.clone().map(|rows| {
            rows.iter()
                .map(|row| row["task_id"].as_str().unwrap().to_owned())
                .collect::<BTreeSet<_>>()
        });
        assert!(tasks[0].is_disjoint(&tasks[1]), "{kind}: {tasks:?}");
        let codes = parts.map(|rows| rows.iter().flat_map(codes_of).collect::<BTreeSet<_>>());
        assert!(
            codes[0].is_disjoint(&codes[1]),
            "{kind}: a candidate is in both splits"
        );
        let share = summary["validation"].as_f64().unwrap()
            / (summary["train"].as_f64().unwrap() + summary["validation"].as_f64().unwrap());
        assert!((0.02..=0.25).contains(&share), "{kind}: {share}");
        let card = std::fs::read_to_string(folder.join("README.md")).unwrap();
        for text in [
            "completions.jsonl.gz",
            "path: validation.jsonl",
            "The validation split holds whole tasks",
            "| train |",
        ] {
            assert!(card.contains(text), "{kind}: {text}\n{card}");
        }
    }
    for row in read(&dir.path().join("sft/train.jsonl")) {
        let [before, after, delta] =
            ["before", "after", "delta"].map(|key| row[format!("reward_{key}")].as_f64().unwrap());
        assert!(
            after >= 0.6 && delta > 0.0 && (after - before - delta).abs() < 1e-12,
            "{row}"
        );
        assert_eq!(row["messages"].as_array().unwrap().len(), 3);
    }
    for row in read(&dir.path().join("preference/train.jsonl")) {
        let [chosen, rejected] =
            ["chosen", "rejected"].map(|key| row[format!("{key}_reward")].as_f64().unwrap());
        assert!(
            chosen - rejected >= 0.05 && row["chosen"] != row["rejected"],
            "{row}"
        );
    }
}

fn has_no_null(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(values) => values.iter().all(has_no_null),
        Value::Object(map) => map.values().all(has_no_null),
        _ => true,
    }
}

/// The candidates of a row of any data set.
fn codes_of(row: &Value) -> Vec<String> {
    [
        &row["messages"][2]["content"],
        &row["chosen"],
        &row["rejected"],
        &row["action"]["code"],
    ]
    .into_iter()
    .filter_map(|code| Some(code.as_str()?.to_owned()))
    .collect()
}

#[test]
fn trajectory_steps_become_examples_preferences_and_rollouts() {
    let dir = tempfile::tempdir().unwrap();
    trajectory(&dir.path().join("run"));
    let export = |kind: &str| {
        run_json(
            dir.path(),
            &[
                "export",
                kind,
                "run",
                "-o",
                kind,
                "--validation",
                "0",
                "--min-reward",
                "0.6",
            ],
        );
        read(&dir.path().join(kind).join("train.jsonl"))
    };
    let examples = export("sft");
    assert_eq!(examples.len(), 2);
    assert_eq!(
        (&examples[0]["reward_before"], &examples[0]["kind_before"]),
        (&json!(-1.0), &json!("undefined_name"))
    );
    assert_eq!(
        (&examples[1]["reward_before"], &examples[1]["reward_after"]),
        (&json!(0.65), &json!(0.95))
    );
    let prompt = examples[1]["messages"][1]["content"].as_str().unwrap();
    assert!(
        prompt.contains("box(45, 28, 4)") && prompt.contains("- a note"),
        "{prompt}"
    );
    let rollouts = export("rollouts");
    assert_eq!(rollouts.len(), 2);
    assert_eq!(
        (&rollouts[0]["reward_delta"], &rollouts[0]["done"]),
        (&json!(1.65), &json!(false))
    );
    assert_eq!(
        (&rollouts[1]["done"], &rollouts[1]["artifacts"]["code"]),
        (&json!(true), &json!("artifacts/a.py"))
    );
    assert!(
        rollouts[1]["observation"]["current_code"]
            .as_str()
            .unwrap()
            .contains("box(45, 28, 4)")
    );
    // Steps of different parents make no preference pair.
    expect_exit(
        cadforge(dir.path()).args(["export", "preference", "run", "-o", "preference"]),
        1,
    );
}
