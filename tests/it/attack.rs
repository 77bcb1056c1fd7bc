//! `cadforge attack`: JSON keys and exit codes of each kind of adversarial evaluation, and the failure beyond a limit.

use std::path::Path;

use serde_json::Value;

use crate::support::{cadforge, expect_exit, json, root};

const CASTER: &str = "caster_wheel_fork";

/// Runs `cadforge attack`, without rebuilds since they take minutes, and returns its JSON.
fn attack(directory: &Path, arguments: &[&str], exit: i32) -> Value {
    let mut command = cadforge(directory);
    json(&expect_exit(
        command
            .args(["attack", "--editability", "0"])
            .args(arguments)
            .arg("--json"),
        exit,
    ))
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

/// A folder with one attack: `attack.toml` and its script.
fn suite(card: &str, script: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let attack = dir.path().join("one");
    std::fs::create_dir(&attack).unwrap();
    std::fs::write(attack.join("attack.toml"), card).unwrap();
    std::fs::write(attack.join("attack.py"), script).unwrap();
    dir
}

#[test]
fn an_attack_beyond_its_limit_exits_with_1() {
    let case = root().join("tests/cases/attacks/plain_box");
    let read = |name| std::fs::read_to_string(case.join(name)).unwrap();
    let (card, script) = (read("attack.toml"), read("attack.py"));
    let holds = suite(&card, &script);
    let rows = attack(holds.path(), &["--suite", "."], 0);
    let row = &rows[0];
    let expected = [
        "name",
        "task",
        "trick",
        "not_the_part",
        "talk",
        "v1",
        "v1_weak",
        "v1_reference",
        "v2",
        "most",
        "holds",
    ];
    assert!(keys(row).starts_with(&expected), "{row}");
    let number = |key: &str| row[key].as_f64().unwrap();
    // cadforge-v1, the published reward, rewards the plain box; grounded-v2 does not.
    assert!(
        number("v1") > number("v1_weak") && number("v2") < number("most"),
        "{row}"
    );
    assert_eq!(row["holds"], true);

    // The reference is not an attack: it exceeds the limit for scripts that are not the part.
    let task = root().join("tasks").join(row["task"].as_str().unwrap());
    let reference = std::fs::read_to_string(task.join("reference.py")).unwrap();
    let exceeds = suite(&card, &reference);
    let row = &attack(exceeds.path(), &["--suite", "."], 1)[0];
    assert_eq!(row["holds"], false, "{row}");

    let mistyped = suite(&card.replace("not_the_part", "tlak"), &script);
    let output = expect_exit(cadforge(mistyped.path()).args(["attack", "--suite", "."]), 2);
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(
        error.contains("attack.toml") && error.contains("`tlak`"),
        "{error}"
    );
}

#[test]
fn a_falling_ladder_exits_with_1() {
    const CLIP: &str = "cable_clip_snap";
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join(CLIP);
    std::fs::create_dir(&folder).unwrap();
    let card =
        std::fs::read_to_string(root().join("tests/cases/ladders").join(CLIP).join("ladder.toml")).unwrap();
    std::fs::write(folder.join("ladder.toml"), &card).unwrap();
    let rows = attack(dir.path(), &["--ladders", ".", "--profile", "grounded-v2"], 0);
    assert_eq!(keys(&rows[0]), ["task", "seeds", "stages", "rises"]);
    assert_eq!(
        (&rows[0]["task"], &rows[0]["rises"]),
        (&CLIP.into(), &true.into())
    );

    // Swap the first two stages.
    let mut lines: Vec<&str> = card.lines().collect();
    let first = lines.iter().position(|line| line.starts_with("    '")).unwrap();
    lines.swap(first, first + 1);
    std::fs::write(folder.join("ladder.toml"), lines.join("\n")).unwrap();
    let rows = attack(dir.path(), &["--ladders", ".", "--profile", "grounded-v2"], 1);
    assert_eq!(rows[0]["rises"], false);
}

#[test]
fn the_optimiser_is_deterministic_and_reuses_stored_results() {
    let dir = tempfile::tempdir().unwrap();
    let arguments = [
        "--task",
        CASTER,
        "--evaluations",
        "8",
        "--mode",
        "fast",
        "--out",
        "found.jsonl",
    ];
    let first = attack(dir.path(), &arguments, 0);
    let row = &first[0];
    let steps = row["steps"].as_array().unwrap();
    let totals: Vec<f64> = steps.iter().map(|step| step[1].as_f64().unwrap()).collect();
    assert!(totals.is_sorted() && totals.len() > 1, "{row}");
    assert_eq!(row["total"].as_f64(), totals.last().copied());
    assert!(row["evaluated"].as_u64() >= Some(8), "{row}");
    let stored = std::fs::read_to_string(dir.path().join("found.jsonl")).unwrap();
    assert_eq!(stored.lines().count(), 1);

    // The same call reuses its result from the file; another seed is another run.
    assert_eq!(attack(dir.path(), &arguments, 0), first);
    let other = attack(dir.path(), &[&arguments[..], &["--seed", "2"]].concat(), 0);
    assert_eq!(other.as_array().unwrap().len(), 2);
    let fresh = attack(dir.path(), &arguments[..6], 0);
    assert_eq!(fresh[0]["code"], row["code"], "equal seeds try equal scripts");
}

#[test]
fn interpolation_and_groups_are_reported() {
    let dir = tempfile::tempdir().unwrap();
    let groups = attack(
        dir.path(),
        &[
            "--task",
            CASTER,
            "--groups",
            "1",
            "--profile",
            "grounded-v2",
            "--mode",
            "fast",
        ],
        0,
    );
    assert_eq!(
        keys(&groups),
        ["groups", "informative", "share", "failed", "ties", "std"]
    );
    assert_eq!((&groups["groups"], &groups["failed"]), (&1.into(), &0.into()));
    // `fast` compares no surfaces, so the total does not follow the dimensions. This command must detect that.
    let paths = attack(
        dir.path(),
        &[
            "--task",
            CASTER,
            "--interpolate",
            "--profile",
            "grounded-v2",
            "--mode",
            "fast",
        ],
        1,
    );
    assert!(paths[0]["together"]["spearman"].as_f64() < Some(0.9), "{paths}");
    let stages = paths[0]["together"]["stages"].as_array().unwrap();
    let total = |stage: &Value| stage["total"].as_f64().unwrap();
    assert!(
        total(&stages[stages.len() - 1]) > 0.95,
        "the reference is the last stage"
    );
    assert!(total(&stages[0]) < 0.3, "the weak seed is the first stage");
}
