use std::io::Write;

use super::*;
use cadforge_assess::{Artifacts, Evaluation, FORMAT, Timing, Versions};
use cadforge_core::failure::{Failure, Kind};
use cadforge_reward::{Details, Mode, Profile, Reward};

fn header() -> Header {
    Header {
        format: FORMAT,
        task_id: "cube".to_owned(),
        profile: Profile::CadforgeV1,
        mode: Mode::Full,
        proposer: "replay".to_owned(),
        versions: Versions::default(),
    }
}

fn failed_step(index: usize) -> Step {
    let failure = Failure {
        kind: Kind::UndefinedName,
        message: "NameError: name 'x' is not defined".to_owned(),
        line: Some(1),
        traceback: String::new(),
    };
    Step {
        step: index,
        origin: Origin::Seed,
        parent: index.checked_sub(1),
        evaluation: Evaluation {
            format: FORMAT,
            task_id: "cube".to_owned(),
            profile: Profile::CadforgeV1,
            mode: Mode::Full,
            ok: false,
            kind: failure.kind,
            failure: Some(failure),
            reward: Reward::gated(),
            shaped: Some(-0.35),
            notes: vec!["a note with \"quotes\"\nand a line break".to_owned()],
            details: Details::default(),
            bbox: None,
            timing: Timing {
                run_ms: 0.1 + 0.2,
                ..Timing::default()
            },
            artifacts: Artifacts::default(),
            stdout: "\u{0}\u{7f}é".to_owned(),
            stderr: String::new(),
            versions: Versions::default(),
        },
        code: "fixture = x\n".to_owned(),
        proposal: None,
    }
}

#[test]
fn written_steps_are_read_back_equal() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("new/run");
    let mut writer = TrajectoryWriter::create(&folder, &header()).unwrap();
    let mut steps = [failed_step(0), failed_step(1)];
    for step in &mut steps {
        writer.append(step, None).unwrap();
    }
    let trajectory = read(&folder).unwrap();
    assert_eq!(trajectory.header, header());
    assert_eq!(trajectory.steps, steps);
    assert!(trajectory.malformed_lines.is_empty());
    // Equal code is stored once.
    let python = std::fs::read_dir(folder.join("artifacts"))
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .path()
                .extension()
                .is_some_and(|extension| extension == "py")
        });
    assert_eq!(python.count(), 1);
}

#[test]
fn a_partial_line_is_reported_and_the_rest_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut writer = TrajectoryWriter::create(dir.path(), &header()).unwrap();
    writer.append(&mut failed_step(0), None).unwrap();
    let path = dir.path().join(FILE_NAME);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    file.write_all(b"{\"step\": 1, \"ori").unwrap();
    let trajectory = read(&path).unwrap();
    assert_eq!(trajectory.steps.len(), 1);
    assert_eq!(trajectory.malformed_lines.len(), 1);
    assert_eq!(trajectory.malformed_lines[0].line, 3);
}

#[test]
fn other_files_are_rejected_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(FILE_NAME);
    for content in ["", "{}", "not json", "{\"format\": 99}"] {
        std::fs::write(&path, content).unwrap();
        let error = read(dir.path()).unwrap_err().to_string();
        assert!(error.contains(FILE_NAME), "{content:?}: {error}");
    }
    let mut newer = header();
    newer.format = 2;
    std::fs::write(&path, serde_json::to_string(&newer).unwrap()).unwrap();
    let error = read(dir.path()).unwrap_err().to_string();
    assert!(error.contains("format 2"), "{error}");
}

#[test]
fn an_existing_trajectory_is_never_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    TrajectoryWriter::create(dir.path(), &header())
        .unwrap()
        .append(&mut failed_step(0), None)
        .unwrap();
    let before = std::fs::read(dir.path().join(FILE_NAME)).unwrap();
    let error = TrajectoryWriter::create(dir.path(), &header()).unwrap_err();
    assert!(matches!(error, TrajectoryError::Exists(_)), "{error}");
    assert_eq!(std::fs::read(dir.path().join(FILE_NAME)).unwrap(), before);
}

#[test]
fn an_atomic_write_keeps_the_mode_and_leaves_no_temporary_file() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    write_atomically(&path, b"one").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    write_atomically(&path, b"two").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"two");
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    let missing = dir.path().join("missing/part.py");
    assert!(
        write_atomically(&missing, b"x")
            .unwrap_err()
            .to_string()
            .contains("missing/part.py")
    );
}

fn header_again() -> Result<Header, TrajectoryError> {
    Ok(header())
}

/// A step of a group of `size`.
fn grouped(index: usize, first: usize, size: usize) -> Step {
    let group = GroupPlace {
        group_id: first,
        size,
        score: 0.0,
        group_mean: 0.0,
        group_std: 0.0,
        advantage: 0.0,
    };
    Step {
        proposal: Some(Proposal {
            group: Some(group),
            ..Proposal::default()
        }),
        ..failed_step(index)
    }
}

#[test]
fn an_unfinished_loop_resumes_after_its_last_complete_round() {
    let dir = tempfile::tempdir().unwrap();
    let plan = serde_json::json!({"candidates": 2});
    let mut writer = begin(dir.path(), &header(), &plan).unwrap();
    let mut rounds: Vec<Step> = vec![
        failed_step(0),
        grouped(1, 1, 2),
        grouped(2, 1, 2),
        grouped(3, 3, 2),
    ];
    for step in &mut rounds {
        writer.append(step, None).unwrap();
    }
    // Only one process may write.
    let busy = resume(dir.path(), &plan, header_again).unwrap_err();
    assert!(matches!(busy, TrajectoryError::Busy(_)), "{busy}");
    drop(writer);
    let (mut writer, found) = resume(dir.path(), &plan, header_again).unwrap().unwrap();
    assert_eq!(found.steps, rounds[..3], "the incomplete group is removed");
    let mut next = failed_step(3);
    writer.append(&mut next, None).unwrap();
    writer.finish().unwrap();
    let trajectory = read(dir.path()).unwrap();
    assert_eq!((trajectory.steps.len(), trajectory.malformed_lines.len()), (4, 0));
    assert_eq!(trajectory.steps[3], next);
    // A finished loop is like any other trajectory.
    let error = resume(dir.path(), &plan, header_again).unwrap_err();
    assert!(matches!(error, TrajectoryError::Exists(_)), "{error}");
}

#[test]
fn loops_that_cannot_be_resumed_are_errors_and_unchanged() {
    let dir = tempfile::tempdir().unwrap();
    let plan = serde_json::json!({"candidates": 2, "proposer": "rules"});
    assert!(
        resume(dir.path(), &plan, header_again).unwrap().is_none(),
        "nothing is there"
    );
    let mut writer = begin(dir.path(), &header(), &plan).unwrap();
    writer.append(&mut failed_step(0), None).unwrap();
    drop(writer);
    let path = dir.path().join(FILE_NAME);
    let before = std::fs::read(&path).unwrap();
    let other = serde_json::json!({"candidates": 2, "proposer": "endpoint"});
    let newer = || {
        let mut header = header();
        header.mode = Mode::Fast;
        Ok(header)
    };
    let errors = [
        (resume(dir.path(), &other, header_again), "proposer was \"rules\""),
        (resume(dir.path(), &plan, newer), "mode"),
    ];
    for (error, expected) in errors {
        let message = error.unwrap_err().to_string();
        assert!(
            message.contains(expected) && message.contains("hint:"),
            "{message}"
        );
    }
    assert_eq!(std::fs::read(&path).unwrap(), before);
    // Killed while writing the first line: nothing is lost.
    std::fs::write(&path, &before[..20]).unwrap();
    assert!(resume(dir.path(), &plan, header_again).unwrap().is_none());
    begin(dir.path(), &header(), &plan).unwrap();
}
