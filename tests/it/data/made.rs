//! Products of rows: reports, curricula, data sets, the store; from the sample log and from small logs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};

use super::{lines, read, run_json, sample, trajectory, write};
use crate::support::{cadforge, expect_exit, json as printed, root};

#[test]
fn the_sample_log_is_large_and_varied() {
    let dir = tempfile::tempdir().unwrap();
    assert!(sample().metadata().unwrap().len() < 1_000_000);
    let report = run_json(dir.path(), &["report", sample().to_str().unwrap()]);
    let run = &report["runs"][0];
    assert!(
        run["completions"].as_u64().unwrap() >= 200,
        "{}",
        run["completions"]
    );
    assert!(run["tasks"].as_array().unwrap().len() >= 20);
    assert!(run["kinds"].as_array().unwrap().len() >= 8, "{}", run["kinds"]);
    assert_eq!(
        (&run["bad_lines"], &run["scored"]),
        (&json!(0), &run["completions"])
    );
    let rate = run["build_rate"].as_f64().unwrap();
    assert!((0.2..0.9).contains(&rate), "{rate}");
    assert_eq!(report["published"].as_array().unwrap().len(), 7);
}

#[test]
fn a_report_contains_tables_numbers_and_plots() {
    let dir = tempfile::tempdir().unwrap();
    trajectory(&dir.path().join("run"));
    let sample = sample();
    let arguments = ["report", sample.to_str().unwrap(), "run", "--out", "kept"];
    let output = expect_exit(cadforge(dir.path()).args(arguments), 0);
    let text = String::from_utf8(output.stdout).unwrap();
    for expected in [
        "| **completions** |",
        "| **run** | 3 | 2 | 66.7 % | 0.2000 | 0.9500 |",
        "| 2B dense GRPO | 160 | 0 | 0.0 % |",
        "## completions",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    let out = dir.path().join("kept");
    assert_eq!(std::fs::read_to_string(out.join("report.md")).unwrap(), text);
    let report: Value = serde_json::from_slice(&std::fs::read(out.join("report.json")).unwrap()).unwrap();
    assert_eq!(report["runs"][1]["name"], "run");
    for plot in [
        "reward",
        "build_rate",
        "groups",
        "kinds-1",
        "tasks-1",
        "kinds-2",
        "tasks-2",
    ] {
        let svg = std::fs::read_to_string(out.join(format!("{plot}.svg"))).unwrap();
        assert!(
            svg.starts_with("<svg ") && text.contains(&format!("({plot}.svg)")),
            "{plot}"
        );
    }
    expect_exit(cadforge(dir.path()).args(["report", "nowhere.jsonl"]), 2);
}

#[test]
fn a_curriculum_is_deterministic_and_names_the_source_of_each_row() {
    let dir = tempfile::tempdir().unwrap();
    let sample = sample();
    let from = sample.to_str().unwrap();
    let summary = run_json(dir.path(), &["curriculum", from, "-o", "next.jsonl"]);
    run_json(dir.path(), &["curriculum", from, "-o", "again.jsonl"]);
    let [next, again] = ["next.jsonl", "again.jsonl"].map(|name| lines(&dir.path().join(name)));
    assert_eq!(next, again);
    assert_eq!(summary["rows"].as_u64().unwrap() as usize, next.len());
    let rows = read(&dir.path().join("next.jsonl"));
    let stages: Vec<&str> = rows.iter().map(|row| row["stage"].as_str().unwrap()).collect();
    let order = |stage: &str| {
        ["foundation", "balanced", "hard"]
            .iter()
            .position(|name| *name == stage)
            .unwrap()
    };
    assert!(stages.is_sorted_by_key(|stage| order(stage)));
    assert_eq!(stages.iter().collect::<BTreeSet<_>>().len(), 3);

    // Each row quotes its source correctly, and its weight follows the formula.
    let mut unpacked = String::new();
    let packed = std::fs::File::open(&sample).unwrap();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut unpacked).unwrap();
    let log: Vec<Value> = unpacked
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let mut rates: BTreeMap<&str, (f64, f64)> = BTreeMap::new();
    let mut bonuses: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for row in &log {
        let rate = rates.entry(row["task_id"].as_str().unwrap()).or_default();
        rate.0 += row["cadforge_build"].as_f64().unwrap();
        rate.1 += 1.0;
    }
    for row in &rows {
        let source = &log[row["source_line"].as_u64().unwrap() as usize - 1];
        assert_eq!(row["task_id"], source["task_id"]);
        assert_eq!(
            (&row["previous_score"], &row["previous_reward"]),
            (&source["score"], &source["cadforge_total"])
        );
        assert_eq!(
            (&row["source_reward_call"], &row["source_index"]),
            (&source["reward_call"], &source["index"])
        );
        let prompt = row["messages"][1]["content"].as_str().unwrap();
        assert!(
            prompt.contains(source["code"].as_str().unwrap().trim_end()),
            "{prompt}"
        );
        assert!(
            prompt.contains(row["repair_hints"][0].as_str().unwrap()),
            "{prompt}"
        );
        assert_eq!(row["repair_policy"], row["repair_hints"], "the deprecated name");
        assert!(prompt.contains(row["task_spec"]["prompt"].as_str().unwrap()));
        let (built, all) = rates[row["task_id"].as_str().unwrap()];
        let weight = row["curriculum_weight"].as_f64().unwrap() / (1.0 + (1.0 - built / all).powi(2));
        let bonus = (weight - 1.0) / 0.2;
        assert!((bonus - bonus.round()).abs() < 1e-9 && bonus > -1e-9, "{row}");
        let kind = row["failure_type"].as_str().unwrap();
        bonuses.entry(kind).or_default().insert(bonus.round() as u64);
        assert_eq!(
            (&row["dataset_type"], &row["round"]),
            (&json!("adaptive_repair_grpo_prompt"), &json!(1))
        );
        assert_eq!(source["cadforge_build"] == 0.0, row["previous_reward"] == -1.0);
    }
    // Each failure kind has a bonus of its own, from 0 for the rarest kind of the log to the most for the most frequent.
    let report = run_json(dir.path(), &["report", from]);
    let kinds = report["runs"][0]["kinds"].as_array().unwrap();
    let count = |name: &str| {
        let kind = kinds.iter().find(|kind| kind["kind"] == name);
        kind.unwrap_or_else(|| panic!("no {name} in {kinds:?}"))["count"]
            .as_u64()
            .unwrap()
    };
    let mut ranked: Vec<(u64, u64, &str)> = bonuses
        .iter()
        .flat_map(|(&kind, found)| found.iter().map(move |&bonus| (bonus, count(kind), kind)))
        .collect();
    ranked.sort_unstable();
    assert!(
        ranked.len() >= 8 && ranked.iter().map(|(bonus, ..)| *bonus).eq(0..ranked.len() as u64),
        "{ranked:?}"
    );
    assert!(ranked.is_sorted_by_key(|(_, count, _)| *count), "{ranked:?}");

    let drawn = run_json(
        dir.path(),
        &[
            "curriculum",
            from,
            "-o",
            "few.jsonl",
            "--rows",
            "20",
            "--stage",
            "hard",
            "--stage",
            "balanced",
        ],
    );
    assert_eq!(
        (&drawn["rows"], &drawn["stages"]["foundation"]),
        (&json!(20), &Value::Null)
    );
    let all: BTreeSet<String> = next.into_iter().collect();
    assert!(
        lines(&dir.path().join("few.jsonl"))
            .iter()
            .all(|line| all.contains(line))
    );
}

#[test]
fn scored_answers_to_a_curriculum_make_the_next_one() {
    let dir = tempfile::tempdir().unwrap();
    let row = json!({"messages": [{"role": "user", "content": "repair this"}], "task_id": "cable_clip_snap", "round": 1, "previous_score": -0.7,
        "dataset_type": "adaptive_repair_grpo_prompt", "failure_type": "timeout", "completion": "import cadquery as cq\nfixture = cq.Workplane().box(1, 1\n",
        "reward": {"build": 0.0, "total": -1.0}, "kind": "syntax_closure", "score": -0.8, "failure": {"kind": "syntax_closure", "message": "SyntaxError: '(' was never closed", "line": 2, "traceback": ""}});
    write(&dir.path().join("scored.jsonl"), &[row]);
    run_json(dir.path(), &["curriculum", "scored.jsonl", "-o", "next.jsonl"]);
    let next = &read(&dir.path().join("next.jsonl"))[0];
    assert_eq!(
        (&next["round"], &next["failure_type"], &next["stage"]),
        (&json!(2), &json!("syntax_closure"), &json!("foundation"))
    );
    let prompt = next["messages"][1]["content"].as_str().unwrap();
    assert!(
        prompt.contains("'(' was never closed (line 2: `fixture = cq.Workplane().box(1, 1`)"),
        "{prompt}"
    );
    let nothing = json!({"task_id": "cable_clip_snap", "code": "x", "kind": "build_ok", "reward": {"build": 1.0, "total": 0.95}});
    write(&dir.path().join("good.jsonl"), &[nothing]);
    let output = expect_exit(
        cadforge(dir.path()).args(["curriculum", "good.jsonl", "-o", "none.jsonl"]),
        1,
    );
    assert!(String::from_utf8_lossy(&output.stderr).contains("hint:"));
}

#[test]
fn the_store_imports_rows_once_and_lists_them() {
    let dir = tempfile::tempdir().unwrap();
    trajectory(&dir.path().join("run"));
    let sample = sample();
    let store = ["--store", "store"];
    let import = [&["store", "import", sample.to_str().unwrap(), "run"], &store[..]].concat();
    let first = run_json(dir.path(), &import);
    let rows = first["imported"][0]["rows"].as_u64().unwrap();
    assert_eq!(
        (&first["added"], &first["imported"][1]["added"]),
        (&json!(rows + 3), &json!(3))
    );
    assert_eq!(run_json(dir.path(), &import)["added"], 0);
    let stats = run_json(dir.path(), &[&["store", "stats"], &store[..]].concat());
    assert_eq!(
        (&stats["rows"], &stats["runs"][0]["name"]),
        (&json!(rows + 3), &json!("completions"))
    );
    let failed = ["store", "list", "--failed", "--run", "run", "--store", "store"];
    let listed = run_json(dir.path(), &failed);
    assert_eq!(
        (&listed["rows"], &listed["listed"][0]["kind"]),
        (&json!(1), &json!("undefined_name"))
    );
    // Other commands read the output of `list --rows`.
    let output = expect_exit(cadforge(dir.path()).args(failed).arg("--rows"), 0);
    std::fs::write(dir.path().join("failed.jsonl"), &output.stdout).unwrap();
    assert_eq!(read(&dir.path().join("failed.jsonl"))[0]["step"], 0);
    assert_eq!(
        run_json(dir.path(), &["curriculum", "failed.jsonl", "-o", "next.jsonl"])["rows"],
        1
    );
    expect_exit(
        cadforge(dir.path()).args(["store", "list", "--store", "nowhere"]),
        2,
    );
    expect_exit(
        cadforge(dir.path()).args(["store", "import", "nowhere.jsonl", "--store", "new"]),
        2,
    );
    assert!(!dir.path().join("new").exists());
    expect_exit(
        cadforge(dir.path()).args(["store", "list", "--kind", "cursed", "--store", "store"]),
        2,
    );
}

#[test]
fn row_formats_keep_their_deprecated_names() {
    let dir = tempfile::tempdir().unwrap();
    trajectory(&dir.path().join("run"));
    let row = json!({"task_id": "cable_clip_snap", "code": "x", "score": 0.5});
    write(&dir.path().join("rows.jsonl"), &[row]);
    let store = |arguments: &[&str]| {
        let arguments = [&["store"], arguments, &["--store", "store"][..]].concat();
        run_json(dir.path(), &arguments)
    };
    store(&["import", "run", "rows.jsonl"]);
    let stats = store(&["stats"]);
    assert_eq!(stats["row_formats"][0], json!({"name": "step", "rows": 3}));
    assert_eq!(stats["forms"], stats["row_formats"]);
    let [new, deprecated] = ["--row-format", "--form"].map(|flag| store(&["list", flag, "evaluation"]));
    assert_eq!(new, deprecated);
    let listed = new["listed"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(
        (&listed[0]["row_format"], &listed[0]["form"]),
        (&json!("evaluation"), &json!("evaluation"))
    );
}

#[test]
fn every_command_reports_malformed_lines_alike() {
    let dir = tempfile::tempdir().unwrap();
    let good =
        json!({"task_id": "cable_clip_snap", "code": "x = (", "reward": -1.0, "kind": "syntax_closure"});
    let text = format!("{good}\n[1]\n{good}\n{{\"task_id\": ");
    std::fs::write(dir.path().join("plain.jsonl"), &text).unwrap();
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gz, text.as_bytes()).unwrap();
    std::fs::write(dir.path().join("packed.jsonl.gz"), gz.finish().unwrap()).unwrap();
    for file in ["plain.jsonl", "packed.jsonl.gz"] {
        for (arguments, code) in [
            (&["report", file][..], 0),
            (&["curriculum", file, "-o", "next.jsonl"], 0),
            (&["export", "rollouts", file, "-o", "rollouts"], 0),
            (&["store", "import", file, "--store", "store"], 0),
            (
                &[
                    "score",
                    file,
                    "-o",
                    "out.jsonl",
                    "--mode",
                    "fast",
                    "--reference",
                    "none",
                ],
                0,
            ),
        ] {
            let _ = std::fs::remove_file(dir.path().join("out.jsonl"));
            let output = expect_exit(cadforge(dir.path()).args(arguments).arg("--json"), code);
            let stderr = String::from_utf8(output.stderr.clone()).unwrap();
            for (line, message) in [
                (2, "the line is not a JSON object"),
                (4, "(the last line is incomplete"),
            ] {
                let place = format!("{file}:{line}: ");
                let found = stderr.lines().find(|line| line.contains(&place));
                assert!(
                    found.is_some_and(|found| found.contains(message)),
                    "{arguments:?}: {stderr}"
                );
            }
            let printed = printed(&output);
            let summary = [&printed, &printed["runs"][0], &printed["imported"][0]]
                .into_iter()
                .find(|summary| summary.get("malformed_lines").is_some())
                .unwrap();
            assert_eq!(
                (&summary["malformed_lines"], &summary["bad_lines"]),
                (&json!(2), &json!(2))
            );
        }
    }
}

#[test]
fn clean_removes_unused_objects_and_the_store_only_on_request() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let program = |arguments: &[&str]| {
        let mut command = cadforge(dir.path());
        command.env("CADFORGE_DATA", &data).args(arguments).arg("--json");
        printed(&expect_exit(&mut command, 0))
    };
    assert_eq!(program(&["clean"])["store"]["dir"], Value::Null);
    trajectory(&dir.path().join("run"));
    program(&["store", "import", "run"]);
    std::fs::create_dir_all(data.join("store/objects/00")).unwrap();
    std::fs::write(data.join("store/objects/00/left-by-a-killed-import.py"), "left").unwrap();
    let cleaned = program(&["clean"]);
    assert_eq!(
        (
            &cleaned["store"]["objects"],
            &cleaned["store"]["bytes"],
            &cleaned["store"]["removed"]
        ),
        (&json!(1), &json!(4), &json!(false))
    );
    assert_eq!(program(&["store", "stats"])["rows"], 3);
    assert_eq!(program(&["clean", "--store"])["store"]["removed"], true);
    assert!(!data.join("store").exists());
}

#[test]
fn commands_of_the_round_page_print_what_it_shows() {
    let page = std::fs::read_to_string(root().join("docs/round.md")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(root().join("assets"), dir.path().join("assets")).unwrap();
    std::os::unix::fs::symlink(root().join("tasks"), dir.path().join("tasks")).unwrap();
    let program = PathBuf::from(env!("CARGO_BIN_EXE_cadforge"));
    let path = std::env::var("PATH").unwrap();
    let mut tried = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap();
        let mut output = String::new();
        for line in block.lines() {
            if let Some(line) = line.strip_prefix("$ ") {
                let mut command = Command::new("bash");
                command
                    .args(["-euo", "pipefail", "-c", line])
                    .current_dir(dir.path());
                for (name, value) in cadforge(dir.path()).get_envs() {
                    command.env(name, value.unwrap_or_default());
                }
                command.env("PATH", format!("{}:{path}", program.parent().unwrap().display()));
                command.env("CADFORGE_CACHE", dir.path().join("cache"));
                output = String::from_utf8(expect_exit(&mut command, 0).stdout).unwrap();
                tried += 1;
            } else if !line.is_empty() && line != "…" {
                assert!(
                    output.lines().any(|shown| shown == line),
                    "the page shows {line:?}, the output is:\n{output}"
                );
            }
        }
    }
    assert!(tried >= 8, "only {tried} commands found");
}

#[test]
fn a_manual_repair_is_a_row_that_names_its_source() {
    use cadforge::data::repaired::{RepairedRow, append, path_beside};
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("run.jsonl");
    let code =
        |height: u32| format!("import cadquery as cq\nfixture = cq.Workplane().box(45, 28, {height})\n");
    let other = json!({"task_id": "cable_clip_snap", "code": code(4), "kind": "build_ok", "reward": {"build": 1.0, "total": 0.5}});
    let broken = json!({"reward_call": 3, "index": 7, "task_id": "cable_clip_snap", "code": "fixture = (\n", "kind": "syntax_closure",
        "reward": {"build": 0.0, "total": -1.0}, "score": -0.8});
    std::fs::write(&log, format!("{other}\nno row\n{broken}\n")).unwrap();
    std::fs::write(dir.path().join("part.py"), code(22)).unwrap();
    let evaluation = run_json(
        dir.path(),
        &[
            "eval",
            "part.py",
            "--task",
            "cable_clip_snap",
            "--profile",
            "cadforge-v1",
            "--mode",
            "fast",
        ],
    );
    let evaluation = serde_json::from_value(evaluation).unwrap();
    let source = RepairedRow {
        file: log.clone(),
        line: 3,
    };
    let beside = path_beside(&log);
    assert_eq!(beside, dir.path().join("run.repaired.jsonl"));
    std::fs::write(&beside, "{\"half\": ").unwrap();
    append(&beside, &source, &code(22), &evaluation).unwrap();
    let text = std::fs::read_to_string(&beside).unwrap();
    let row: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    for (key, value) in [
        ("source_file", json!("run.jsonl")),
        ("source_line", json!(3)),
        ("source_reward_call", json!(3)),
        ("source_index", json!(7)),
        ("origin", json!("hand")),
        ("failure_type", json!("syntax_closure")),
        ("previous_reward", json!(-1.0)),
        ("previous_score", json!(-0.8)),
    ] {
        assert_eq!(row[key], value, "{key}");
    }
    let wrong = RepairedRow { line: 2, ..source };
    assert!(append(&beside, &wrong, "x", &evaluation).unwrap_err().is_input());
    // Exports use the source that the row names, not the most similar row.
    let arguments = [
        "export",
        "sft",
        "run.jsonl",
        "run.repaired.jsonl",
        "-o",
        "sft",
        "--validation",
        "0",
        "--min-reward",
        "0.1",
    ];
    run_json(dir.path(), &arguments);
    let examples = read(&dir.path().join("sft/train.jsonl"));
    let repair = examples
        .iter()
        .find(|example| example["source_file"] == "run.repaired.jsonl")
        .unwrap();
    assert_eq!(
        (&repair["kind_before"], &repair["reward_before"]),
        (&json!("syntax_closure"), &json!(-1.0))
    );
}
