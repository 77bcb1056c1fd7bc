//! `--timing` and `--trace`: what took how long, in all processes.

use serde_json::{Value, json};

use crate::support::{cadforge, expect_exit, json};

const CASTER: &str = "caster_wheel_fork";

/// Its third line takes much longer than the others.
const SLOW: &str = "import cadquery as cq\n\nbusy = sum(range(20_000_000))\nplate = cq.Workplane().box(30, 20, 4)\n\
                    fixture = plate.cut(cq.Workplane().circle(3).extrude(10, both=True))\n";

#[test]
fn each_stage_is_named_and_no_score_changes() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slow.py"), SLOW).unwrap();
    let eval = |more: &[&str]| {
        expect_exit(
            cadforge(dir.path())
                .args([
                    "eval",
                    "slow.py",
                    "--task",
                    CASTER,
                    "--reference",
                    "none",
                    "--json",
                ])
                .args(more),
            0,
        )
    };
    let plain = eval(&[]);
    assert!(plain.stderr.is_empty());
    let timed = eval(&["--timing", "--trace", "trace.json"]);
    assert_eq!(json(&timed)["reward"], json(&plain)["reward"]);

    let table = String::from_utf8(timed.stderr).unwrap();
    let ms = |name: &str| -> f64 {
        let row = table
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap_or_else(|| panic!("no `{name}` in\n{table}"));
        row.split_whitespace().next_back().unwrap().parse().unwrap()
    };
    assert!(ms("line 3") > ms("line 5"), "{table}");
    assert!(ms("code") >= ms("line 3"), "{table}");
    for name in [
        "start of the reader",
        "parse",
        "Compound.cut",
        "mesh",
        "facts",
        "score",
    ] {
        ms(name);
    }
    assert!(table.contains("page faults"), "{table}");

    let trace = std::fs::read_to_string(dir.path().join("trace.json")).unwrap();
    let trace: Value = serde_json::from_str(&trace).unwrap();
    let events = trace["traceEvents"].as_array().unwrap();
    let of_name = |name: &str| {
        let mut found = events.iter().filter(|event| event["name"] == name);
        let event = found.next().unwrap_or_else(|| panic!("no event `{name}`"));
        let number = |key: &str| event[key].as_u64().unwrap();
        (event["pid"].clone(), number("ts"), number("ts") + number("dur"))
    };
    // One scale for all processes. The worker learns that the candidate's process has started after it has.
    let (_, begin, _) = of_name("start of the candidate's process");
    let (_, _, end) = of_name("wait for the code");
    let (worker, statement_begin, statement_end) = of_name("line 3");
    assert!(begin <= statement_begin && statement_end <= end);
    assert_eq!(worker, of_name("facts").0);
    let (program, score_begin, _) = of_name("score");
    assert!(score_begin >= end && program != worker);
    let processes: Vec<&Value> = events
        .iter()
        .filter(|event| event["name"] == "process_name")
        .collect();
    assert!(
        processes
            .iter()
            .any(|event| event["args"] == json!({"name": "cadforge"}))
    );
}

#[test]
fn a_timed_run_takes_place_even_if_its_result_is_cached() {
    let dir = tempfile::tempdir().unwrap();
    let row = json!({"task_id": CASTER, "code": SLOW}).to_string();
    std::fs::write(dir.path().join("rows.jsonl"), format!("{row}\n{row}\n")).unwrap();
    let score = |out: &str, more: &[&str]| {
        expect_exit(
            cadforge(dir.path())
                .env("CADFORGE_CACHE", dir.path().join("cache"))
                .args(["score", "rows.jsonl", "-o", out, "--jobs", "1"])
                .args(more),
            0,
        )
    };
    score("first.jsonl", &[]);
    let timed = String::from_utf8(score("second.jsonl", &["--timing"]).stderr).unwrap();
    for name in ["statement", "prepare the task", "reference", "candidate"] {
        assert!(
            timed.lines().any(|line| line.trim_start().starts_with(name)),
            "no `{name}` in\n{timed}"
        );
    }
    assert!(!timed.contains("line 3"), "statements of all scripts are one row");
}

#[test]
fn a_trace_that_cannot_be_written_is_reported_before_anything_runs() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slow.py"), SLOW).unwrap();
    let output = expect_exit(
        cadforge(dir.path()).args([
            "eval",
            "slow.py",
            "--task",
            CASTER,
            "--trace",
            "no/such/folder.json",
        ]),
        2,
    );
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("cannot write no/such/folder.json"), "{error}");
    assert!(output.stdout.is_empty());
}
