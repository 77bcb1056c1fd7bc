//! Reads the trajectory of a repair loop as a recording: its start, and its proposals with the timing of their text.
//!
//! Reads only what a replay needs: scores are recomputed when it is replayed.

use std::path::Path;

use serde::Deserialize;

use super::{RecordedRepair, RecordedStep};

/// The file of a loop's steps.
pub const FILE: &str = "trajectory.jsonl";

#[derive(Deserialize)]
struct Header {
    format: u32,
    task_id: String,
}

#[derive(Deserialize)]
struct Line {
    step: usize,
    parent: Option<usize>,
    code: String,
    #[serde(default)]
    proposal: Option<RecordedText>,
}

#[derive(Default, Deserialize)]
struct RecordedText {
    reason: String,
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    stream: Vec<[u32; 2]>,
    #[serde(default)]
    kept: Option<bool>,
    #[serde(default)]
    clipped: bool,
}

/// Reads the recording of task `task` from a folder of `cadforge repair --out`, or from a copy of its
/// `trajectory.jsonl`.
///
/// An error names the line and its problem.
pub fn read(dir: &Path, name: &str, task: &str) -> Result<RecordedRepair, String> {
    let text = std::fs::read_to_string(dir.join(FILE)).map_err(|error| error.to_string())?;
    parse(&text, name, task)
}

fn parse(text: &str, name: &str, task: &str) -> Result<RecordedRepair, String> {
    let mut lines = text.lines().enumerate();
    let header = lines.next().map_or("", |(_, line)| line);
    let header: Header = serde_json::from_str(header)
        .map_err(|error| format!("line 1 is not the header of a trajectory: {error}"))?;
    if header.format != 1 {
        return Err(format!(
            "format {} is not known to this version, which reads format 1",
            header.format
        ));
    }
    if header.task_id != task {
        return Err(format!("it repairs `{}`, not `{task}`", header.task_id));
    }
    let mut recording = RecordedRepair {
        name: name.to_owned(),
        ..RecordedRepair::default()
    };
    for (index, line) in lines.filter(|(_, line)| !line.is_empty()) {
        let at = index + 1;
        let line: Line =
            serde_json::from_str(line).map_err(|error| format!("line {at} is not a step: {error}"))?;
        let expected = recording.start.iter().count() + recording.steps.len();
        if line.step != expected || line.parent.is_some_and(|parent| parent >= line.step) {
            return Err(format!(
                "line {at} is step {} of parent {:?}, where step {expected} belongs",
                line.step, line.parent
            ));
        }
        if recording.start.is_none() {
            recording.start = Some(line.code);
            continue;
        }
        let RecordedText {
            reason,
            text,
            stream,
            kept,
            clipped,
        } = line.proposal.unwrap_or_default();
        recording.steps.push(RecordedStep {
            code: line.code,
            reason,
            text,
            stream,
            parent: line.parent,
            kept,
            clipped,
        });
    }
    if recording.steps.is_empty() {
        return Err("it holds no proposal".to_owned());
    }
    Ok(recording)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = r#"{"format": 1, "task_id": "cube", "more": true}"#;
    const SEED: &str = r#"{"step": 0, "origin": "seed", "parent": null, "code": "a", "proposal": null}"#;

    #[test]
    fn a_trajectory_is_a_recording_with_its_start_and_pace() {
        let step = r#"{"step": 1, "parent": 0, "code": "b", "proposal": {"reason": "why", "stream": [[3, 1]], "kept": false}}"#;
        let recording = parse(&format!("{HEADER}\n{SEED}\n{step}\n"), "demo", "cube").unwrap();
        assert_eq!(
            (recording.start.as_deref(), recording.name.as_str()),
            (Some("a"), "demo")
        );
        let expected = RecordedStep {
            code: "b".to_owned(),
            reason: "why".to_owned(),
            stream: vec![[3, 1]],
            parent: Some(0),
            kept: Some(false),
            ..RecordedStep::default()
        };
        assert_eq!(recording.steps, [expected]);
    }

    #[test]
    fn invalid_trajectories_are_refused_with_the_line() {
        let late = r#"{"step": 2, "parent": 0, "code": "b"}"#;
        let wrong = [
            ("{}".to_owned(), "line 1"),
            (HEADER.replace("cube", "ball"), "`ball`"),
            (HEADER.replace('1', "7"), "format 7"),
            (format!("{HEADER}\n{SEED}\n"), "no proposal"),
            (format!("{HEADER}\n{SEED}\n{{\"step\": 1"), "line 3"),
            (format!("{HEADER}\n{SEED}\n{late}"), "step 1 belongs"),
        ];
        for (text, expected) in wrong {
            let message = parse(&text, "demo", "cube").unwrap_err();
            assert!(message.contains(expected), "{text}: {message}");
        }
    }
}
