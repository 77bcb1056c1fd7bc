use std::os::unix::fs::{PermissionsExt as _, symlink};

use super::watcher::changed;
use super::*;

fn files() -> Files {
    Files::new(Arc::new(|| {}), Operations::default())
}

/// Waits for the next event.
fn next(files: &Files) -> FileEvent {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(event) = files.next() {
            return event;
        }
        assert!(Instant::now() < deadline, "waited for an event");
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
fn saving_replaces_the_content_and_leaves_no_temporary_files() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    replace_file(&path, b"old").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    replace_file(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1);
}

#[test]
fn saving_through_a_link_keeps_the_link() {
    let dir = tempfile::tempdir().unwrap();
    let (target, link) = (dir.path().join("target.py"), dir.path().join("link.py"));
    fs::write(&target, "old").unwrap();
    symlink(&target, &link).unwrap();
    replace_file(&link, b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), b"new");
}

#[test]
fn the_last_of_many_saves_wins_and_closing_waits_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    let mut files = files();
    for revision in 0..20 {
        files.write(path.clone(), format!("x = {revision}"), CardId(1), revision);
    }
    drop(files);
    assert_eq!(fs::read_to_string(&path).unwrap(), "x = 19");
}

#[test]
fn external_changes_are_reported_once_and_own_writes_never() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    fs::write(&path, "a = 1").unwrap();
    let mut files = files();
    files.watch(&path, "a = 1");
    files.write(path.clone(), "a = 2".to_owned(), CardId(1), 1);
    let FileEvent::Written(Written { result: Ok(()), .. }) = next(&files) else {
        panic!()
    };
    assert!(
        changed(&mut lock(files.watcher.watched())).is_empty(),
        "our own save"
    );
    // Another length, because clocks of file systems can be coarse.
    fs::write(&path, "a = 33").unwrap();
    let FileEvent::Changed(changed_path, code) = next(&files) else {
        panic!()
    };
    assert_eq!((changed_path, code.as_str()), (path.clone(), "a = 33"));
    // Most editors write another file and rename it.
    replace_file(&path, b"a = 444").unwrap();
    let FileEvent::Changed(_, code) = next(&files) else {
        panic!()
    };
    assert_eq!(code, "a = 444");
    fs::remove_file(&path).unwrap();
    assert!(
        changed(&mut lock(files.watcher.watched())).is_empty(),
        "gone is no content"
    );
}

#[test]
fn a_missing_folder_is_an_error_that_names_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let mut files = files();
    files.write(dir.path().join("no/part.py"), "x = 1".to_owned(), CardId(1), 3);
    let FileEvent::Written(Written {
        result: Err(message), ..
    }) = next(&files)
    else {
        panic!("the file was written")
    };
    assert!(
        message.contains("no/part.py") && message.contains("hint:"),
        "{message}"
    );
}

#[test]
fn invalid_utf8_is_rejected_with_its_position() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("latin1.py");
    fs::write(&path, b"# caf\xe9").unwrap();
    let message = read(&path).unwrap_err();
    assert!(message.contains("byte 5 is not UTF-8"), "{message}");
    fs::write(&path, "# café").unwrap();
    assert_eq!(read(&path).unwrap(), "# café");
}
