//! Tests of the question whether scripts may read the folder of an opened file.

use std::path::Path;

use egui_kittest::kittest::Queryable as _;

use super::Opened;
use super::command::ControllerCommand;
use super::testing::{FakeBackend, Window, ask, failed, notice, state, studio, until, window};
use crate::executor::project::{NEEDED, Project};
use crate::failure::Kind;

/// A window with an opened file whose folder holds another file.
fn opened(folder: &Path) -> (FakeBackend, Window) {
    std::fs::write(folder.join("part.py"), "a = 1\n").unwrap();
    std::fs::write(folder.join("sizes.json"), "{}").unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    studio(&mut window).open(Opened::File(folder.join("part.py")));
    until(&mut window, "the file", |state| state.card().code == "a = 1\n");
    (backend, window)
}

fn project_of_last(backend: &FakeBackend) -> Option<Project> {
    backend.last(|job| job.assess().scoring.project.clone())
}

#[test]
fn an_allowed_folder_is_read_only_by_scripts_of_its_files() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = opened(dir.path());
    until(&mut window, "the question", |state| {
        state.documents.project_question.is_some()
    });
    assert_eq!(project_of_last(&backend), None);
    window.get_by_label("Allow").click();
    window.run_steps(3);
    let folder = dir.path().canonicalize().unwrap();
    assert_eq!(project_of_last(&backend).unwrap().folder(), folder);
    assert_eq!(
        state(&window).setup.settings.project_folders,
        std::slice::from_ref(&folder)
    );
    // Only the opened file was scored again.
    let reading: Vec<String> = (0..backend.count())
        .filter(|&index| backend.job(index, |job| job.assess().scoring.project.is_some()))
        .map(|index| backend.job(index, super::testing::SubmittedJob::code))
        .collect();
    assert_eq!(reading, ["a = 1\n"]);
    assert_eq!(state(&window).sessions.scoring.project, None);
    assert!(window.query_by_label("Allow").is_none());
}

#[test]
fn a_denied_folder_is_not_read_and_not_asked_about_again() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = opened(dir.path());
    until(&mut window, "the question", |state| {
        state.documents.project_question.is_some()
    });
    window.get_by_label("Don't allow").click();
    window.run_steps(3);
    std::fs::write(dir.path().join("other.py"), "b = 1\n").unwrap();
    studio(&mut window).open(Opened::File(dir.path().join("other.py")));
    until(&mut window, "the other file", |state| {
        state.card().code == "b = 1\n"
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    window.run_steps(3);
    assert!(state(&window).documents.project_question.is_none());
    assert_eq!(project_of_last(&backend), None);
    assert!(state(&window).setup.settings.project_folders.is_empty());
}

#[test]
fn a_denied_folder_can_be_allowed_later() {
    let dir = tempfile::tempdir().unwrap();
    let (backend, mut window) = opened(dir.path());
    until(&mut window, "the question", |state| {
        state.documents.project_question.is_some()
    });
    window.get_by_label("Don't allow").click();
    window.run_steps(3);
    ask(&mut window, ControllerCommand::AllowProject);
    until(&mut window, "the question", |state| {
        state.documents.project_question.is_some()
    });
    window.get_by_label("Allow").click();
    window.run_steps(3);
    let folder = dir.path().canonicalize().unwrap();
    assert_eq!(project_of_last(&backend).unwrap().folder(), folder);
}

/// Opens a file whose folder cannot be a project folder, and fails its script with that message.
fn refused(message: &str) -> (tempfile::TempDir, Window) {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("task.toml"), "").unwrap();
    let (backend, mut window) = opened(dir.path());
    until(&mut window, "the folder", |state| {
        !state.documents.unusable_projects.is_empty()
    });
    assert!(state(&window).documents.project_question.is_none() && state(&window).messages.notice.is_none());
    backend.last(|job| job.answer(failed(Kind::ImportError, message, 1)));
    window.run_steps(3);
    (dir, window)
}

#[test]
fn a_script_that_needs_files_of_an_unusable_folder_gets_a_hint() {
    let (dir, window) = refused(&format!(
        "no module named 'helper' (a script can read modules {NEEDED})"
    ));
    let folder = dir.path().canonicalize().unwrap();
    let text = notice(&window);
    assert!(text.contains(&*folder.to_string_lossy()), "{text}");
    assert!(text.contains("cannot be a project folder"), "{text}");
    let hint = state(&window).messages.notice.as_ref().unwrap().hint.clone();
    assert!(hint.is_some_and(|hint| hint.contains("in a folder of its own")));
}

#[test]
fn another_failure_shows_no_hint_about_the_folder() {
    let (_dir, mut window) = refused("name 'x' is not defined");
    assert!(state(&window).messages.notice.is_none());
    ask(&mut window, ControllerCommand::AllowProject);
    until(&mut window, "the reason", |state| state.messages.notice.is_some());
    assert!(notice(&window).contains("cannot be a project folder"));
}

#[test]
fn code_without_a_file_has_no_folder() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    ask(&mut window, ControllerCommand::AllowProject);
    assert!(notice(&window).contains("has no file"));
}

#[test]
fn the_workers_message_matches_the_windows_check() {
    let messages = include_str!("../worker/messages.py");
    assert!(messages.contains(NEEDED));
}
