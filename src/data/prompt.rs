//! Prompts for repairing a row's candidate, equal to those of a repair loop.

use serde_json::{Value, json};

use super::Row;
use cadforge_assess::{Artifacts, Evaluation, FORMAT, Timing, Versions};
use cadforge_core::failure::{Failure, Kind};
use cadforge_repair::ProposalRequest;
use cadforge_repair::endpoint::Template;
use cadforge_reward::{self as reward, Details, Mode, Profile, Reward};
use cadforge_task::Task;
use cadforge_trajectory::{Origin, Step};

/// The prompt for a repair of a row's candidate, as messages.
pub fn repair_prompt(template: &Template, task: &Task, row: &Row) -> Value {
    let step = step(task, row);
    let ask = ProposalRequest {
        task,
        history: std::slice::from_ref(&step),
        head: 0,
        shape: None,
        candidate: 0,
    };
    template
        .fill(&ask, 0, None)
        .expect("without a limit every prompt fits")
        .messages()
}

/// The prompt for a part without a program to start from, as messages.
pub fn brief(task: &Task) -> Value {
    let mut text = format!("{}\n", task.prompt.trim());
    if let Some([x, y, z]) = task.bbox_mm {
        text.push_str(&format!("Overall size, mm: {x} x {y} x {z}\n"));
    }
    text.push_str(&format!(
        "Features that the part must show: {}\nAnswer with one complete CadQuery file that assigns the part to `fixture`.",
        task.semantic_hints.join(", ")
    ));
    json!([{"role": "user", "content": text}])
}

/// The task's requirements, as JSON.
pub fn task_spec(task: &Task) -> Value {
    json!({
        "label": task.label,
        "family": task.family,
        "prompt": task.prompt,
        "semantic_hints": task.semantic_hints,
        "bbox_mm": task.bbox_mm,
    })
}

/// The row as the first step of a repair loop. Values that it lacks stay empty.
fn step(task: &Task, row: &Row) -> Step {
    let kind = row.kind().unwrap_or(Kind::UnknownBuildFailure);
    let built = kind >= Kind::LowEditability;
    let failure = (!built).then(|| failure(row, kind));
    let total = row.total().unwrap_or(if built { 0.0 } else { -1.0 });
    let reward = row.reward().unwrap_or(if built {
        Reward {
            build: 1.0,
            topology: None,
            contact: None,
            semantic_parts: None,
            reference_similarity: None,
            silhouette: None,
            editability: None,
            efficiency: None,
            total,
        }
    } else {
        Reward::gated()
    });
    let notes = match row.get("verifier_notes").or_else(|| row.get("notes")) {
        Some(Value::Array(notes)) => notes
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => failure.as_ref().map(reward::failure_notes).unwrap_or_default(),
    };
    Step {
        step: 0,
        origin: Origin::Seed,
        parent: None,
        evaluation: Evaluation {
            format: FORMAT,
            task_id: task.id.clone(),
            profile: Profile::default(),
            mode: Mode::default(),
            ok: built,
            kind,
            failure,
            reward,
            shaped: None,
            notes,
            details: Details::default(),
            bbox: None,
            timing: Timing::default(),
            artifacts: Artifacts::default(),
            stdout: String::new(),
            stderr: String::new(),
            versions: Versions::default(),
        },
        code: row.code().unwrap_or_default(),
        proposal: None,
    }
}

/// The failure: as logged, else the last line of the error text.
fn failure(row: &Row, kind: Kind) -> Failure {
    if let Some(failure) = row.get("failure")
        && let Ok(failure) = serde_json::from_value(failure.clone())
    {
        return failure;
    }
    let error = row.error();
    let message = error.lines().rfind(|line| !line.trim().is_empty());
    Failure {
        kind,
        message: message.unwrap_or("it did not build").trim().to_owned(),
        line: line_in(&error),
        traceback: String::new(),
    }
}

/// The last line number in a traceback.
fn line_in(error: &str) -> Option<u32> {
    let digits = |rest: &str| -> Option<u32> {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse().ok()
    };
    error
        .rmatch_indices("line ")
        .find_map(|(at, found)| digits(&error[at + found.len()..]).filter(|line| *line > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_number_of_a_traceback_counts() {
        let error = "Traceback:\n  File \"c.py\", line 3, in <module>\n  File \"c.py\", line 27, in leg\nNameError: name 'x' is not defined\n";
        assert_eq!(line_in(error), Some(27));
        assert_eq!(line_in("a straight line of words"), None);
        assert_eq!(line_in("line 4: no\nline 0"), Some(4));
    }

    #[test]
    fn line_0_of_a_row_is_no_line() {
        for (line, expected) in [
            ("0", None),
            ("null", None),
            ("7", Some(7)),
            ("4294967295", Some(u32::MAX)),
        ] {
            let text = format!(
                r#"{{"code": "x", "failure": {{"kind": "crash", "message": "m", "line": {line}, "traceback": ""}}}}"#
            );
            let row = Row::parse(text.as_bytes()).unwrap();
            let failure = failure(&row, Kind::Crash);
            assert_eq!((failure.line, failure.message.as_str()), (expected, "m"));
        }
    }
}
