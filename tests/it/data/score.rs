//! `cadforge score`: order, groups, resuming, shards, internal errors.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::{read, without_timing, write};
use crate::support::{cadforge, expect_exit, json as printed, root};

const TASKS: [&str; 2] = ["caster_wheel_fork", "cable_clip_snap"];

/// A candidate that builds quickly, different for each number.
fn block(number: usize) -> String {
    format!(
        "import cadquery as cq\nwidth = {}\nfixture = cq.Workplane().box(width, 20, 30)\n",
        10 + number
    )
}

/// Rows as a trainer logs them: reward calls of eight rows, each of two groups of four; every third row is broken.
fn log(count: usize) -> Vec<Value> {
    (0..count)
        .map(|number| {
            let code = if number % 3 == 2 {
                format!("import cadquery as cq\nfixture = cq.Workplane().box({number}, 20, 30\n")
            } else {
                block(number)
            };
            json!({
                "reward_call": number / 8, "index": number % 8, "task_id": TASKS[number / 4 % 2],
                "score": -0.5, "code": code, "trainer": {"step": number, "note": "zürich"},
            })
        })
        .collect()
}

fn score(dir: &Path, arguments: &[&str]) -> Command {
    let mut command = cadforge(dir);
    command
        .args(["score", "in.jsonl", "--profile", "cadforge-v1", "--mode", "fast"])
        .args(["--reference", "none"])
        .args(["--num-generations", "4", "--json"])
        .args(arguments);
    command
}

#[test]
fn score_keeps_order_and_keys_and_adds_scores_and_groups() {
    let dir = tempfile::tempdir().unwrap();
    let rows = log(8);
    let mut text: Vec<String> = rows.iter().map(Value::to_string).collect();
    text.insert(3, "{\"task_id\": \"caster_wheel_fork\", \"code\": ".to_owned());
    text.insert(5, String::new());
    text.push("{\"task_id\": \"no_such_task\", \"code\": \"x\"}".to_owned());
    text.push("{\"task_id\": \"caster_wheel_fork\"}".to_owned());
    std::fs::write(dir.path().join("in.jsonl"), text.join("\n")).unwrap();
    let output = expect_exit(&mut score(dir.path(), &["-o", "out.jsonl", "--jobs", "2"]), 0);
    let summary = printed(&output);
    for (key, value) in [
        ("rows", 8),
        ("of", 8),
        ("scored", 8),
        ("errors", 0),
        ("malformed_lines", 3),
        // The deprecated name of `malformed_lines`.
        ("bad_lines", 3),
    ] {
        assert_eq!(summary[key], value, "{key}");
    }
    assert_eq!(summary["first_malformed_lines"], summary["first_bad_lines"]);
    assert_eq!(summary["first_malformed_lines"][0]["line"], 4);
    let stderr = String::from_utf8(output.stderr).unwrap();
    for place in ["in.jsonl:4: ", "in.jsonl:11: ", "no_such_task", "in.jsonl:12: "] {
        assert!(stderr.contains(place), "{place}: {stderr}");
    }

    let scored = read(&dir.path().join("out.jsonl"));
    assert_eq!(scored.len(), 8);
    for (before, after) in rows.iter().zip(&scored) {
        for key in ["reward_call", "index", "task_id", "code", "trainer"] {
            assert_eq!(before[key], after[key]);
        }
        assert_eq!(after["previous_score"], -0.5);
        assert_eq!(after["score"], after["reward"]["total"]);
        assert_eq!(
            (&after["profile"], &after["mode"]),
            (&json!("cadforge-v1"), &json!("fast"))
        );
        assert!(after["timing"]["total_ms"].is_number() && after["versions"]["cadquery"].is_string());
        let built = after["failure"].is_null();
        assert_eq!(after["reward"]["build"], if built { 1.0 } else { 0.0 });
        assert_eq!(after["kind"] == "syntax_closure", !built, "{after}");
    }
    // The first four rows of the call are one group; the malformed line between them does not count.
    for group in [&scored[..4], &scored[4..]] {
        let scores: Vec<f64> = group.iter().map(|row| row["score"].as_f64().unwrap()).collect();
        let mean = scores.iter().sum::<f64>() / 4.0;
        let std = (scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>() / 3.0).sqrt();
        for (row, score) in group.iter().zip(&scores) {
            assert_eq!(row["group_id"], group[0]["group_id"]);
            let near = |key: &str, expected: f64| {
                let found = row[key].as_f64().unwrap();
                assert!((found - expected).abs() < 1e-12, "{key}: {found}, not {expected}");
            };
            near("group_mean", mean);
            near("group_std", std);
            near("advantage", (score - mean) / (std + 1e-4));
        }
    }
    assert_ne!(scored[0]["group_id"], scored[4]["group_id"]);
}

#[test]
fn code_is_extracted_from_completions_and_shaping_reads_them() {
    let dir = tempfile::tempdir().unwrap();
    let answer = |code: &str| format!("<think>a box</think>Here:\n```python\n{code}```\n");
    let rows = [
        json!({"completion": answer(&block(1)), "group_id": "a"}),
        json!({"messages": [{"role": "user", "content": "a box"}, {"role": "assistant", "content": answer(&block(2))}], "group_id": "a"}),
        json!({"completion": answer("import cadquery as cq\nfixture = cq.Workplane().annulus(3)\n"), "finish_reason": "length", "group_id": "b"}),
    ];
    write(&dir.path().join("in.jsonl"), &rows);
    let arguments = ["-o", "out.jsonl", "--shaping", "strict", "--task", TASKS[0]];
    expect_exit(&mut score(dir.path(), &arguments), 0);
    let scored = read(&dir.path().join("out.jsonl"));
    for row in &scored[..2] {
        let total = row["reward"]["total"].as_f64().unwrap();
        assert_eq!(
            (&row["kind"], &row["task_id"]),
            (&json!("low_editability"), &json!(TASKS[0]))
        );
        assert!((row["score"].as_f64().unwrap() - (0.15 + 0.85 * total)).abs() < 1e-12);
        assert_eq!(row["group_id"], "a");
    }
    // Cut off at the token limit: this is the failure kind, whatever the last line says. A group of one has no advantage.
    assert_eq!(
        (&scored[2]["kind"], &scored[2]["advantage"]),
        (&json!("clipped"), &json!(0.0))
    );
    let shaped = scored[2]["score"].as_f64().unwrap();
    assert!((-1.0..=-0.05).contains(&shaped), "{shaped}");
}

#[test]
fn equal_candidates_are_run_once() {
    let dir = tempfile::tempdir().unwrap();
    let rows: Vec<Value> = (0..40)
        .map(|number| json!({"task_id": TASKS[0], "code": block(number % 2), "number": number}))
        .collect();
    write(&dir.path().join("in.jsonl"), &rows);
    let output = expect_exit(&mut score(dir.path(), &["-o", "out.jsonl", "--jobs", "2"]), 0);
    assert_eq!(printed(&output)["copies"], 38);
    let scored = read(&dir.path().join("out.jsonl"));
    assert!((0..40).all(|number| scored[number]["number"] == number));
    assert!((0..38).all(|number| scored[number]["reward"] == scored[number + 2]["reward"]));
}

#[test]
fn concatenated_shards_equal_the_unsharded_output() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.jsonl"), &log(22));
    expect_exit(&mut score(dir.path(), &["-o", "whole.jsonl"]), 0);
    let mut parts = Vec::new();
    for shard in 0..3 {
        let name = format!("part-{shard}.jsonl");
        let shard = format!("{shard}/3");
        expect_exit(&mut score(dir.path(), &["-o", &name, "--shard", &shard]), 0);
        let rows = read(&dir.path().join(&name));
        assert!(!rows.is_empty());
        parts.extend(rows);
    }
    assert_eq!(
        without_timing(&parts),
        without_timing(&read(&dir.path().join("whole.jsonl")))
    );
    expect_exit(&mut score(dir.path(), &["-o", "x.jsonl", "--shard", "3/3"]), 2);
}

#[test]
fn rows_without_a_task_belong_to_the_one_whose_prompt_they_have() {
    let dir = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(root().join("tasks/cable_clip_snap/task.toml")).unwrap();
    let prompt = toml::from_str::<toml::Table>(&text).unwrap()["prompt"]
        .as_str()
        .unwrap()
        .to_owned();
    let asked = json!([{"role": "system", "content": "Write CadQuery."}, {"role": "user", "content": [{"type": "text", "text": prompt}]}]);
    let rows = [
        json!({"prompt": format!("{prompt}\nAnswer with code."), "completion": block(1)}),
        json!({"prompt": asked, "completion": [{"role": "assistant", "content": block(2)}]}),
        json!({"prompt": "Make something.", "completion": block(3)}),
    ];
    write(&dir.path().join("in.jsonl"), &rows);
    let output = expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0);
    assert_eq!(printed(&output)["malformed_lines"], 1);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(error.contains("its prompt is that of no task"), "{error}");
    let scored = read(&dir.path().join("out.jsonl"));
    assert!(
        scored.iter().all(|row| row["task_id"] == "cable_clip_snap"),
        "{scored:?}"
    );
    assert_eq!(scored.len(), 2);
    // The third is of the task that was named.
    expect_exit(
        &mut score(dir.path(), &["-o", "named.jsonl", "--task", "caster_wheel_fork"]),
        0,
    );
    let named = read(&dir.path().join("named.jsonl"));
    let tasks: Vec<&Value> = named.iter().map(|row| &row["task_id"]).collect();
    assert_eq!(tasks, ["cable_clip_snap", "cable_clip_snap", "caster_wheel_fork"]);
}

#[test]
fn internal_errors_are_not_scored_and_are_retried() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.jsonl"), &log(8));
    let out = dir.path().join("out.jsonl");
    // Some rows are scored before the worker fails.
    expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0);
    let good = std::fs::read_to_string(&out).unwrap();
    let first_group: String = good.split_inclusive('\n').take(4).collect();
    std::fs::write(&out, &first_group).unwrap();
    let mut broken = score(dir.path(), &["-o", "out.jsonl", "--jobs", "1"]);
    let output = expect_exit(broken.env("CADFORGE_WORKER", "/bin/true"), 3);
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint:"));
    let rows = read(&out);
    assert_eq!((rows.len(), &printed(&output)["errors"]), (8, &json!(4)));
    for row in &rows[4..] {
        assert!(row["error"].is_string(), "{row}");
        assert!(row.get("reward").is_none() && row.get("score").is_none() && row.get("kind").is_none());
        assert_eq!(
            (&row["previous_score"], &row["advantage"]),
            (&json!(-0.5), &Value::Null)
        );
    }
    let output = expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0);
    let summary = printed(&output);
    assert_eq!((&summary["scored"], &summary["kept"]), (&json!(4), &json!(4)));
    let again: Vec<Value> = good
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(without_timing(&read(&out)), without_timing(&again));
    assert_eq!(
        std::fs::read_dir(dir.path()).unwrap().count(),
        2,
        "a temporary file was left behind"
    );
}

#[test]
fn the_output_of_another_input_is_refused_and_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.jsonl"), &log(4));
    let out = dir.path().join("out.jsonl");
    expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0);
    let before = std::fs::read(&out).unwrap();
    let refused = |arguments: &[&str], expected: &str| {
        let output = expect_exit(&mut score(dir.path(), arguments), 2);
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains(expected) && message.contains("hint:"),
            "{message}"
        );
        assert_eq!(std::fs::read(&out).unwrap(), before);
    };
    refused(&["-o", "out.jsonl", "--shaping", "strict"], "shaped");
    refused(&["-o", "in.jsonl"], "input and output");
    let mut other = log(4);
    other[1]["code"] = json!("x = 1");
    write(&dir.path().join("in.jsonl"), &other);
    refused(&["-o", "out.jsonl"], "line 2");
    write(&dir.path().join("in.jsonl"), &log(3));
    refused(&["-o", "out.jsonl"], "fewer rows");
    // A log with appended rows is still the same log.
    write(&dir.path().join("in.jsonl"), &log(6));
    let summary = printed(&expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0));
    assert_eq!((&summary["scored"], &summary["kept"]), (&json!(2), &json!(4)));
    assert_eq!(summary["already_scored"], summary["kept"], "under its new name");
    std::fs::remove_file(&out).unwrap();
    let whole = printed(&expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0));
    assert_eq!(whole["scored"], 6);
}

/// Kills a run at pseudo-random moments, resumes it until it completes, and compares with an uninterrupted run.
fn kill_and_resume(rows: usize, kills: usize) -> String {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.jsonl"), &log(rows));
    let cache = dir.path().join("cache");
    expect_exit(&mut score(dir.path(), &["-o", "whole.jsonl"]), 0);
    let out = dir.path().join("out.jsonl");
    let lines = || std::fs::read(&out).map_or(0, |bytes| bytes.iter().filter(|byte| **byte == b'\n').count());
    let mut moment = 0x9e37_79b9_u64;
    let mut lengths = Vec::new();
    while lengths.len() < kills {
        moment = moment
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let chance = moment >> 33;
        let mut command = score(dir.path(), &["-o", "out.jsonl", "--jobs", "2"]);
        command
            .env("CADFORGE_CACHE", &cache)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        // After a few more rows, at any moment between two rows; sometimes before the first.
        let more = chance as usize % (2 * rows / kills + 1);
        let from = lines();
        while lines() < from + more && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_micros(chance % 30_000));
        let done = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        lengths.push(lines());
        if done {
            // It ended before the kill: start again without output and cache.
            std::fs::remove_file(&out).unwrap();
            let _ = std::fs::remove_dir_all(&cache);
        }
    }
    expect_exit(
        score(dir.path(), &["-o", "out.jsonl"]).env("CADFORGE_CACHE", &cache),
        0,
    );
    let (whole, resumed) = (read(&dir.path().join("whole.jsonl")), read(&out));
    assert_eq!(
        resumed.len(),
        rows,
        "rows lost or duplicated; lines after each kill: {lengths:?}"
    );
    assert_eq!(without_timing(&resumed), without_timing(&whole));
    format!("{kills} kills, {rows} rows; complete lines after each kill: {lengths:?}; 0 lost, 0 duplicated")
}

#[test]
fn a_killed_run_neither_loses_nor_duplicates_rows() {
    kill_and_resume(24, 3);
}

#[test]
#[ignore = "a minute or more; part of `make soak`"]
fn a_run_killed_twenty_times_neither_loses_nor_duplicates_rows() {
    println!("{}", kill_and_resume(400, 20));
}

#[test]
fn a_partial_line_is_discarded_and_a_partial_group_is_completed() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("in.jsonl"), &log(8));
    let out = dir.path().join("out.jsonl");
    expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0);
    let whole = std::fs::read(&out).unwrap();
    let ends: Vec<usize> = (0..whole.len()).filter(|&at| whole[at] == b'\n').collect();
    // Cut in the middle of a line, at the end of a group, inside a group, one byte before a line's end, in the first line.
    for (length, kept) in [
        (ends[5] + 40, 6),
        (ends[3] + 1, 4),
        (ends[4] + 1, 5),
        (ends[7], 7),
        (10, 0),
    ] {
        std::fs::write(&out, &whole[..length]).unwrap();
        let summary = printed(&expect_exit(&mut score(dir.path(), &["-o", "out.jsonl"]), 0));
        assert_eq!(summary["scored"], 8 - kept, "cut at {length}");
        let rows = read(&out);
        let expected: Vec<Value> = whole
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
            .map(|line| serde_json::from_slice(line).unwrap())
            .collect();
        assert_eq!(
            without_timing(&rows),
            without_timing(&expected),
            "cut at {length}"
        );
        // Kept rows are unchanged, including their times.
        assert_eq!(rows[..kept], expected[..kept]);
    }
}
