use std::collections::BTreeMap;

use super::*;
use cadforge_task::{Level, RecordedRepair, RecordedStep, Scale, Task};

/// A task without checks, references and recordings.
pub(crate) fn task() -> Task {
    Task {
        id: "cube".to_owned(),
        level: Level::Easy,
        family: "hardware".to_owned(),
        label: "Cube".to_owned(),
        prompt: "Design a cube.".to_owned(),
        semantic_hints: vec!["cube".to_owned()],
        bbox_mm: None,
        scale: Scale::Mm,
        axis: None,
        checks: Vec::new(),
        seeds: BTreeMap::from([("weak".to_owned(), "fixture = None\n".to_owned())]),
        reference: None,
        further_references: BTreeMap::new(),
        reference_mesh: None,
        not_asked: Vec::new(),
        repairs: Vec::new(),
        dir: "packs/cube".into(),
        version: "0".repeat(12),
    }
}

fn with_recordings(repairs: Vec<RecordedRepair>) -> Task {
    Task { repairs, ..task() }
}

fn recording(name: &str, codes: &[&str]) -> RecordedRepair {
    let steps = codes
        .iter()
        .map(|code| RecordedStep {
            code: (*code).to_owned(),
            reason: format!("why {code}"),
            ..RecordedStep::default()
        })
        .collect();
    RecordedRepair {
        name: name.to_owned(),
        start: None,
        steps,
    }
}

fn codes(replay: &Replay) -> Vec<String> {
    (0..)
        .map_while(|proposed| replay.step(proposed))
        .map(|step| step.code.clone())
        .collect()
}

#[test]
fn a_replay_proposes_all_steps_of_its_recording() {
    let task = with_recordings(vec![
        recording("long", &["a", "b", "c"]),
        recording("short", &["z"]),
    ]);
    assert_eq!(codes(&Replay::new(&task, None, 0).unwrap()), ["a", "b", "c"]);
    assert_eq!(codes(&Replay::new(&task, None, 2).unwrap()), ["c"]);
    assert_eq!(codes(&Replay::new(&task, None, 9).unwrap()), [""; 0]);
    assert_eq!(codes(&Replay::new(&task, Some("short"), 0).unwrap()), ["z"]);
}

#[test]
fn errors_list_the_recordings_of_the_task() {
    let with = with_recordings(vec![recording("long", &["a"])]);
    let error = Replay::new(&with, Some("other"), 0).unwrap_err().to_string();
    assert!(error.contains("`other`") && error.contains("long"), "{error}");
    let error = Replay::new(&task(), None, 0).unwrap_err().to_string();
    assert!(
        error.contains("no recorded repair") && error.contains("packs/cube"),
        "{error}"
    );
}
