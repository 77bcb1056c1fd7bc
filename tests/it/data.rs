//! Rows of training runs, from the command line.

mod made;
mod score;

use std::path::Path;

use serde_json::{Value, json};

/// Rows of a file, as values.
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

/// Without what differs between equal runs.
fn timeless(rows: &[Value]) -> Vec<Value> {
    let mut rows = rows.to_vec();
    for row in &mut rows {
        if row["timing"].is_object() {
            row["timing"] = json!("…");
        }
    }
    rows
}
