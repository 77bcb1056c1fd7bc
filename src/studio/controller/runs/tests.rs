//! Tests of rows and runs alone: without sessions or a window.

use std::time::{Duration, Instant};

use super::*;

/// Rows of two groups.
fn opened(folder: &Path) -> (RunPart, Messages) {
    let path = folder.join("rows.jsonl");
    let row = |index: usize| {
        format!(
            "{{\"task_id\": \"part\", \"group_id\": {}, \"code\": \"box {index}\", \"reward\": 0.{index}, \"kind\": \"build_ok\"}}\n",
            index / 2
        )
    };
    std::fs::write(&path, (0..4).map(row).collect::<String>()).unwrap();
    let mut part = RunPart::new(Arc::new(|| {}), Operations::default());
    let mut messages = Messages::default();
    let rows = Arc::new(RowIndex::read(&path).unwrap());
    assert!(part.show(rows, Notes::read(&path), &mut messages).is_empty());
    (part, messages)
}

/// Waits for the next request.
fn request(part: &mut RunPart, messages: &mut Messages) -> RunRequest {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(request) = part.update(messages).pop() {
            return request;
        }
        assert!(Instant::now() < deadline, "waited for a request");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn a_row_and_a_group_are_requested_and_another_group_frees_its_jobs() {
    let folder = tempfile::tempdir().unwrap();
    let (mut part, mut messages) = opened(folder.path());
    part.read_row(2);
    let RunRequest::Show { row, task, code } = request(&mut part, &mut messages) else {
        panic!("no row");
    };
    assert_eq!((row, task.as_deref(), &code[..]), (2, Some("part"), "box 2"));

    assert!(part.open_group(0).is_empty());
    let RunRequest::Build(0, codes) = request(&mut part, &mut messages) else {
        panic!("no group");
    };
    assert_eq!(codes.len(), 2);
    let jobs = [JobId(1), JobId(2)];
    part.set_phases(0, jobs.map(BuildPhase::Building).into());
    part.settle(jobs[1], Err("stopped".to_owned()));
    assert_eq!(part.open_group(1), [jobs[0]], "the other has ended");
    part.settle(jobs[0], Err("too late".to_owned()));
    let members = &part.state.group.as_ref().unwrap().members;
    assert!(
        members
            .iter()
            .all(|member| matches!(member.phase, BuildPhase::Reading))
    );
}

#[test]
fn only_the_latest_search_counts_and_closing_forgets_all_but_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let (mut part, mut messages) = opened(folder.path());
    part.state.store = Some("store".into());
    part.search("box 1".to_owned());
    part.search("box 3".to_owned());
    let deadline = Instant::now() + Duration::from_secs(20);
    while part.state.matches.is_none() && Instant::now() < deadline {
        assert!(part.update(&mut messages).is_empty());
    }
    assert_eq!(part.state.matches.as_deref(), Some(&[3][..]));
    part.annotate(0, "a note");
    let serial = part.state.matches_serial;
    assert!(part.close().is_empty());
    let Runs {
        rows,
        matches,
        matches_serial,
        notes,
        store,
        ..
    } = &part.state;
    assert!(rows.is_none() && matches.is_none() && notes.of(0).is_none());
    assert!(*matches_serial > serial && store.is_some());
}

#[test]
fn rows_do_not_replace_their_own_file_and_a_store_needs_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (mut part, mut messages) = opened(folder.path());
    part.choose_rows(vec![0]);
    part.export_rows(folder.path().join("rows.jsonl"), &mut messages);
    assert_eq!(messages.log.last().unwrap().text, REPLACES_ITSELF);
    part.import(&mut messages);
    assert!(messages.log.last().unwrap().is_error);
    assert_eq!(part.suggested_name(), "rows-selection.jsonl");
}
