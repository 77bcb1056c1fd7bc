//! Commands that read and write rows of training runs.

mod export;
mod made;
mod score;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::{cadforge, expect_exit, json as printed, root};

/// Reads the rows of a file.
fn read(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect()
}

fn write(path: &Path, rows: &[Value]) {
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(path, text).unwrap();
}

/// Rows without their timing, which differs between equal runs.
fn without_timing(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        if row["timing"].is_object() {
            row["timing"] = json!("…");
        }
    }
    rows
}

/// The sample log that ships with the program.
fn sample() -> PathBuf {
    root().join("assets/samples/completions.jsonl.gz")
}

fn lines(path: &Path) -> Vec<String> {
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// Runs `cadforge` with `--json` in a folder and returns its output.
fn run_json(dir: &Path, arguments: &[&str]) -> Value {
    printed(&expect_exit(cadforge(dir).args(arguments).arg("--json"), 0))
}

/// A trajectory with a failing seed and two steps, as `repair --out` writes it.
fn trajectory(folder: &Path) {
    let step = |number: u64, code: &str, total: f64| {
        let built = total > -1.0;
        let parent = number.checked_sub(1);
        json!({
            "step": number, "origin": if number == 0 { "seed" } else { "rules" }, "parent": parent,
            "task_id": "cable_clip_snap", "ok": built, "kind": if built { "build_ok" } else { "undefined_name" },
            "failure": if built { Value::Null } else { json!({"kind": "undefined_name", "message": "NameError: name 'x' is not defined", "line": 2, "traceback": ""}) },
            "reward": {"build": f64::from(u8::from(built)), "topology": 1.0, "contact": 1.0, "semantic_parts": 0.5, "reference_similarity": 0.5,
                "silhouette": 0.5, "editability": 1.0, "efficiency": 1.0, "total": total},
            "notes": ["a note"], "code": format!("import cadquery as cq\nfixture = {code}\n"),
            "artifacts": {"dir": "artifacts", "code": "artifacts/a.py", "stl": null, "reward": null},
        })
    };
    std::fs::create_dir_all(folder.join("artifacts")).unwrap();
    std::fs::write(folder.join("artifacts/a.py"), "x").unwrap();
    let rows = [
        json!({"format": 1, "task_id": "cable_clip_snap", "profile": "cadforge-v1", "mode": "full", "proposer": "rules", "versions": {}}),
        step(0, "x", -1.0),
        step(1, "cq.Workplane().box(45, 28, 4)", 0.65),
        step(2, "cq.Workplane().box(45, 28, 22).faces('>Z').hole(8)", 0.95),
    ];
    write(&folder.join("trajectory.jsonl"), &rows);
}
