//! The contract of the command line: JSON keys, exit codes, standard output and standard error.

use std::io::Write;
use std::process::Stdio;

use serde_json::{Value, json};

use crate::support::{cadforge, expect_exit, json, root};

const CASTER: &str = "caster_wheel_fork";
const STATOR: &str = "axial_motor_stator_12_slot";

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Hides values that differ between runs (times, paths, versions) and rounds the others.
fn stable(value: &Value) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let value = match key.as_str() {
                    "timing" | "versions" => value
                        .as_object()
                        .unwrap()
                        .keys()
                        .map(|key| (key.clone(), json!("…")))
                        .collect(),
                    "stream" => json!("…"),
                    "traceback" | "code" | "trajectory" | "reward" if value.is_string() => json!("…"),
                    _ => stable(value),
                };
                (key.clone(), value)
            })
            .collect(),
        Value::Array(items) => items.iter().map(stable).collect(),
        Value::Number(number) if number.is_f64() => {
            json!((number.as_f64().unwrap() * 1e4).round() / 1e4)
        }
        other => other.clone(),
    }
}

#[test]
fn eval_prints_the_whole_evaluation() {
    let dir = temporary();
    let seed = root().join("tasks").join(CASTER).join("seeds/weak.py");
    let output = expect_exit(
        cadforge(dir.path())
            .arg("eval")
            .arg(&seed)
            .args([
                "--task",
                CASTER,
                "--profile",
                "cadforge-v1",
                "--reference",
                "none",
            ])
            .arg("--json"),
        0,
    );
    insta::assert_json_snapshot!("eval_caster_seed", stable(&json(&output)));
}

#[test]
fn eval_reproduces_the_published_totals() {
    // reward.md, "published check values": full mode, no reference.
    let cases = [
        (CASTER, "seeds/weak.py", 0.6331),
        (CASTER, "repairs/published/1.py", 0.7194),
        (STATOR, "seeds/weak.py", 0.6525),
        (STATOR, "repairs/published/1.py", 0.7725),
    ];
    let dir = temporary();
    for (task, file, expected) in cases {
        let file = root().join("tasks").join(task).join(file);
        let output = expect_exit(
            cadforge(dir.path()).arg("eval").arg(&file).args([
                "--task",
                task,
                "--profile",
                "cadforge-v1",
                "--reference",
                "none",
                "--json",
            ]),
            0,
        );
        let total = json(&output)["reward"]["total"].as_f64().unwrap();
        assert!(
            (total - expected).abs() < 1e-3,
            "{}: total {total}, published {expected}",
            file.display()
        );
    }
}

#[test]
fn eval_of_a_failed_build_exits_with_0() {
    let dir = temporary();
    let file = dir.path().join("annulus.py");
    std::fs::write(
        &file,
        "import cadquery as cq\n\nfixture = cq.Workplane(\"XY\").annulus(11, 2.5)\n",
    )
    .unwrap();
    let output = expect_exit(
        cadforge(dir.path()).args([
            "eval",
            "annulus.py",
            "--task",
            CASTER,
            "--profile",
            "cadforge-v1",
            "--shaping",
            "strict",
            "--json",
        ]),
        0,
    );
    insta::assert_json_snapshot!("eval_invented_api", stable(&json(&output)));
}

#[test]
fn eval_reads_standard_input_and_writes_artifacts() {
    let dir = temporary();
    let mut child = cadforge(dir.path())
        .args([
            "eval", "-", "--task", CASTER, "--mode", "fast", "--out", "kept", "--json",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let code = "import cadquery as cq\nfixture = cq.Workplane().box(90, 80, 130)\n";
    child.stdin.take().unwrap().write_all(code.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let evaluation = json(&output);
    assert_eq!(evaluation["mode"], "fast");
    let kept = dir.path().join("kept");
    assert_eq!(std::fs::read_to_string(kept.join("candidate.py")).unwrap(), code);
    let stl = std::fs::read(kept.join("candidate.stl")).unwrap();
    assert_eq!(stl.len(), 84 + 50 * 12, "a box has twelve triangles");
    let reward: Value = serde_json::from_slice(&std::fs::read(kept.join("reward.json")).unwrap()).unwrap();
    assert_eq!(
        (&reward["reward"], &reward["kind"]),
        (&evaluation["reward"], &evaluation["kind"])
    );
    assert_eq!(evaluation["profile"], "grounded-v2", "the default");
    assert_eq!(evaluation["artifacts"]["stl"], "kept/candidate.stl");
}

#[test]
fn a_file_that_is_not_utf8_is_a_failed_build() {
    let dir = temporary();
    std::fs::write(dir.path().join("latin.py"), b"name = '\xe9'\n").unwrap();
    let output = expect_exit(
        cadforge(dir.path()).args(["eval", "latin.py", "--task", CASTER, "--json"]),
        0,
    );
    assert_eq!(json(&output)["kind"], "bad_encoding");
    assert_eq!(json(&output)["reward"]["total"], -1.0);
}

#[test]
fn usage_and_input_errors_exit_with_2_and_a_hint() {
    let dir = temporary();
    std::fs::write(
        dir.path().join("good.py"),
        "import cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1)\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("broken.stl"), "solid nothing\n").unwrap();
    std::fs::write(dir.path().join("broken.py"), "fixture = (\n").unwrap();
    let cases: [(&[&str], &str); 14] = [
        (&["missing.py"], "missing.py"),
        (&["studio", "."], "trajectory.jsonl"),
        (&["eval", "missing.py", "--task", CASTER], "missing.py"),
        (&["eval", "good.py", "--task", "castor"], CASTER),
        (&["eval", "good.py"], "--task"),
        (&["eval", "good.py", "--task", CASTER, "--timeout", "0"], "0.1"),
        (
            &["eval", "good.py", "--task", CASTER, "--reference", "broken.stl"],
            "broken.stl",
        ),
        (
            &["eval", "good.py", "--task", CASTER, "--reference", "broken.py"],
            "line 1",
        ),
        (
            &[
                "repair",
                "--task",
                CASTER,
                "--proposer",
                "replay",
                "--recording",
                "none-such",
            ],
            "guided",
        ),
        (
            &["repair", "--task", CASTER, "--proposer", "endpoint"],
            "--endpoint",
        ),
        (
            &[
                "repair",
                "--task",
                CASTER,
                "--proposer",
                "endpoint",
                "--endpoint",
                "ftp://x",
            ],
            "is not an address",
        ),
        (
            &[
                "repair",
                "--task",
                CASTER,
                "--proposer",
                "replay",
                "--candidates",
                "2",
            ],
            "--candidates",
        ),
        (&["repair", "--task", CASTER, "--max-steps", "0"], "max-steps"),
        (&["--tasks", "nowhere", "tasks", "list"], "nowhere"),
    ];
    for (arguments, expected) in cases {
        let output = expect_exit(cadforge(dir.path()).args(arguments), 2);
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(
            message.contains(expected),
            "{arguments:?} should name {expected:?}: {message}"
        );
        let has_hint = ["hint:", "For more information"]
            .iter()
            .any(|words| message.contains(words));
        assert!(has_hint, "{arguments:?} gives no hint: {message}");
        assert!(
            output.stdout.is_empty(),
            "{arguments:?} printed to standard output"
        );
    }
}

#[test]
fn an_internal_error_exits_with_3_and_no_score() {
    let dir = temporary();
    std::fs::write(
        dir.path().join("good.py"),
        "import cadquery as cq\nfixture = cq.Workplane().box(1, 1, 1)\n",
    )
    .unwrap();
    for (variable, value) in [
        ("CADFORGE_WORKER", "/bin/true"),
        ("CADFORGE_PYTHON", "/nowhere/bin/python"),
    ] {
        let mut command = cadforge(dir.path());
        command
            .env(variable, value)
            .args(["eval", "good.py", "--task", CASTER, "--json"]);
        let output = expect_exit(&mut command, 3);
        assert!(output.stdout.is_empty(), "{variable}={value} printed a score");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("hint:"),
            "{variable}={value}: no hint"
        );
    }
}

#[test]
fn repair_replays_a_recording_and_writes_a_trajectory() {
    let dir = temporary();
    let mut command = cadforge(dir.path());
    command.args([
        "repair",
        "--task",
        CASTER,
        "--proposer",
        "replay",
        "--recording",
        "published",
    ]);
    command.args(["--profile", "cadforge-v1", "--reference", "none"]);
    command.args(["--out", "run", "--json"]);
    let output = expect_exit(&mut command, 0);
    let report = json(&output);
    insta::assert_json_snapshot!("repair_caster_published", stable(&report));

    let trajectory = cadforge::trajectory::read(&dir.path().join("run")).unwrap();
    assert!(trajectory.malformed_lines.is_empty());
    assert_eq!(trajectory.header.proposer, "replay");
    assert_eq!(serde_json::to_value(&trajectory.steps).unwrap(), report["steps"]);
    for step in &trajectory.steps {
        let artifacts = &step.evaluation.artifacts;
        let code = std::fs::read_to_string(dir.path().join("run").join(artifacts.code.as_ref().unwrap()));
        assert_eq!(code.unwrap(), step.code);
        assert!(
            dir.path()
                .join("run")
                .join(artifacts.stl.as_ref().unwrap())
                .is_file()
        );
    }

    // A second run does not overwrite the first.
    let message = String::from_utf8(expect_exit(&mut command, 2).stderr).unwrap();
    assert!(message.contains("already holds a trajectory"), "{message}");
}

#[test]
fn a_failed_step_is_recorded_and_the_loop_continues() {
    let dir = temporary();
    let output = expect_exit(
        cadforge(dir.path()).args(["repair", "--task", STATOR, "--proposer", "replay", "--json"]),
        0,
    );
    let report = json(&output);
    let steps = report["steps"].as_array().unwrap();
    assert!(
        steps.iter().any(|step| step["ok"] == false),
        "the guided recording contains one broken candidate"
    );
    let best = report["best"].as_u64().unwrap() as usize;
    let total = |index: usize| steps[index]["reward"]["total"].as_f64().unwrap();
    assert!(
        total(best) > total(0),
        "{} is no better than the seed's {}",
        total(best),
        total(0)
    );
    let delta = report["delta_reward"].as_f64().unwrap();
    assert!((total(best) - total(0) - delta).abs() < 1e-12);
}

#[test]
fn tasks_list_has_the_documented_keys() {
    let dir = temporary();
    let output = expect_exit(cadforge(dir.path()).args(["tasks", "list", "--json"]), 0);
    let mut listed = json(&output);
    for task in listed.as_array_mut().unwrap() {
        let file = root()
            .join("tasks")
            .join(task["id"].as_str().unwrap())
            .join("task.toml");
        let card: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
        assert_eq!(
            task["prompt"].as_str().map(str::trim),
            card["prompt"].as_str().map(str::trim)
        );
        task["prompt"] = json!("…");
    }
    insta::assert_json_snapshot!("tasks_list", listed);
}

#[test]
fn diagnostics_are_printed_only_on_request() {
    let dir = temporary();
    let seed = root().join("tasks").join(CASTER).join("seeds/weak.py");
    let eval = |log: Option<&str>, code| {
        let mut command = cadforge(dir.path());
        command.arg("eval").arg(&seed);
        command.args(["--task", CASTER, "--reference", "none", "--no-cache"]);
        command.args(log.map(|log| format!("--log={log}")));
        String::from_utf8(expect_exit(&mut command, code).stderr).unwrap()
    };
    assert_eq!(eval(None, 0), "");
    let log = eval(Some("cadforge_executor=debug"), 0);
    assert!(log.contains("worker ready slot=0"), "{log}");
    let built = log
        .lines()
        .find(|line| line.contains(r#"built kind="shape""#))
        .unwrap();
    assert!(built.contains("candidate{bytes="), "{built}");
    assert_eq!(eval(Some("warn"), 0), "");
    let error = eval(Some("loud=very"), 2);
    assert!(
        error.contains("the log filter `loud=very`") && error.contains("hint:"),
        "{error}"
    );
}
