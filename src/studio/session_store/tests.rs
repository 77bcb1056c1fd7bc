use std::sync::Arc;
use std::time::Instant;

use super::*;

fn edited(code: &str) -> SessionSnapshot {
    let draft = UnsavedEdit {
        task: "part".to_owned(),
        file: None,
        code: code.to_owned(),
    };
    SessionSnapshot {
        task: "part".to_owned(),
        drafts: vec![draft],
        ..SessionSnapshot::default()
    }
}

fn open(folder: &Path) -> (SessionStore, StoredSessions) {
    SessionStore::open(folder, Arc::new(|| {}))
}

fn until(what: &str, is_so: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed().as_secs() < 20, "{what} did not come about");
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_kept(store: &SessionStore, snapshot: &SessionSnapshot) -> bool {
    matches!(read(&store.path), Ok(Some(found)) if found == *snapshot)
}

/// Ends a window like a kill: its file stays and its lock is released.
fn kill(mut store: SessionStore) -> PathBuf {
    let path = store.path.clone();
    drop(store.lock.take());
    std::mem::forget(store);
    path
}

#[test]
fn a_closing_window_writes_its_session_and_leaves_nothing_to_recover() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, found) = open(dir.path());
    assert!(found.last.is_none() && found.lost.is_empty());
    store.save(edited("a"));
    store.save(edited("b"));
    drop(store);
    let (store, found) = open(dir.path());
    assert_eq!(found.last, Some(edited("b")));
    assert!(found.lost.is_empty() && found.problems.is_empty());
    drop(store);
    let mut names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["last.json", "turn"]);
}

#[test]
fn only_edits_of_ended_windows_are_offered_and_to_one_window() {
    let dir = tempfile::tempdir().unwrap();
    let (mut first, _) = open(dir.path());
    first.save(edited("precious"));
    until("the first write", || is_kept(&first, &edited("precious")));
    let (second, found) = open(dir.path());
    assert!(found.lost.is_empty(), "its window lives");
    drop(second);
    let path = kill(first);
    for _ in 0..2 {
        let (_second, found) = open(dir.path());
        assert_eq!(found.lost, edited("precious").drafts);
        let (_third, other) = open(dir.path());
        assert!(other.lost.is_empty(), "they are offered elsewhere");
        assert!(path.exists());
    }
}

#[test]
fn edits_of_versions_before_locks_are_found() {
    let dir = tempfile::tempdir().unwrap();
    // Of this process: an id proves nothing.
    let left = dir.path().join(format!("open-{}.json", std::process::id()));
    write(&left, &edited("precious")).unwrap();
    let (mut store, found) = open(dir.path());
    assert_eq!(found.lost, edited("precious").drafts);
    store.save_and_remove(edited("precious"), found.left);
    until("the removal", || !left.exists());
    assert!(is_kept(&store, &edited("precious")));
}

#[test]
fn unreadable_files_are_renamed_and_reported() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["open-4194999.json", LAST] {
        fs::write(dir.path().join(name), "{ half a file").unwrap();
    }
    let (mut store, found) = open(dir.path());
    assert!(found.lost.is_empty() && found.last.is_none());
    assert_eq!(found.problems.len(), 2);
    store.save(edited("new"));
    drop(store);
    for name in ["open-4194999.json.damaged", "last.json.damaged"] {
        assert_eq!(
            fs::read_to_string(dir.path().join(name)).unwrap(),
            "{ half a file"
        );
        assert!(
            found.problems.iter().any(|problem| problem.contains(name)),
            "{name}"
        );
    }
}

#[test]
fn recovered_files_are_removed_only_after_the_new_copy_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let left = dir.path().join("open-1.json");
    write(&left, &edited("precious")).unwrap();
    let (mut store, found) = open(dir.path());
    // A folder at its path: nothing can be renamed over it, even as root.
    fs::create_dir(&store.path).unwrap();
    store.save_and_remove(edited("precious"), found.left);
    let event = store.events.recv_timeout(Duration::from_secs(20)).unwrap();
    let SessionStoreEvent::Failing(message) = event else {
        panic!("it was written")
    };
    assert!(
        message.contains("hint:") && message.contains("open-"),
        "{message}"
    );
    assert!(left.exists(), "the only copy");
    fs::remove_dir(&store.path).unwrap();
    let event = store.events.recv_timeout(Duration::from_secs(20)).unwrap();
    assert_eq!(event, SessionStoreEvent::Working);
    until("the removal", || !left.exists());
    assert!(is_kept(&store, &edited("precious")));
}

#[test]
fn edits_can_be_recovered_if_the_last_session_cannot_be_written() {
    let dir = tempfile::tempdir().unwrap();
    let (mut store, _) = open(dir.path());
    store.save(edited("precious"));
    until("the write", || is_kept(&store, &edited("precious")));
    let last = dir.path().join(LAST);
    fs::create_dir(&last).unwrap();
    drop(store);
    fs::remove_dir(&last).unwrap();
    let (_keeper, found) = open(dir.path());
    assert_eq!(found.lost, edited("precious").drafts);
}

#[test]
fn two_closing_windows_keep_the_edits_of_both() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join(LAST), &edited("old")).unwrap();
    let (mut first, _) = open(dir.path());
    let (mut second, _) = open(dir.path());
    first.save(edited("mine"));
    second.save(edited("yours"));
    drop(first);
    drop(second);
    let (_keeper, found) = open(dir.path());
    // Both had taken over the old edit, and both had closed it.
    let codes: Vec<_> = found
        .last
        .unwrap()
        .drafts
        .into_iter()
        .map(|draft| draft.code)
        .collect();
    assert_eq!(codes, ["mine", "yours"]);
}
