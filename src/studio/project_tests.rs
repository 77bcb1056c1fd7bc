//! The question whether scripts may read the folder of a file that was opened.

use std::path::Path;

use egui_kittest::kittest::Queryable as _;

use super::Opened;
use super::testing::{FakeBackend, Window, state, studio, until, window};
use crate::executor::project::Project;

/// A window in which a file was opened from a folder that holds another one.
fn opened(folder: &Path) -> (FakeBackend, Window) {
    std::fs::write(folder.join("part.py"), "a = 1\n").unwrap();
    std::fs::write(folder.join("sizes.json"), "{}").unwrap();
    let standin = FakeBackend::ready();
    let mut window = window(&standin);
    studio(&mut window).open(Opened::File(folder.join("part.py")));
    until(&mut window, "the file", |state| state.card().code == "a = 1\n");
    (standin, window)
}

fn project_of_last(standin: &FakeBackend) -> Option<Project> {
    standin.last(|job| job.assess().scoring.limits.project.clone())
}

#[test]
fn a_folder_is_read_once_it_is_allowed_and_by_scripts_of_its_files_alone() {
    let dir = tempfile::tempdir().unwrap();
    let (standin, mut window) = opened(dir.path());
    until(&mut window, "the question", |state| state.asked_project.is_some());
    assert_eq!(project_of_last(&standin), None);
    window.get_by_label("Allow").click();
    window.run_steps(3);
    let folder = dir.path().canonicalize().unwrap();
    assert_eq!(project_of_last(&standin).unwrap().folder(), folder);
    assert_eq!(
        state(&window).settings.project_folders,
        std::slice::from_ref(&folder)
    );
    // What was asked for anew is the opened file and nothing else.
    let reading: Vec<String> = (0..standin.count())
        .filter(|&index| standin.job(index, |job| job.assess().scoring.limits.project.is_some()))
        .map(|index| standin.job(index, super::testing::Sent::code))
        .collect();
    assert_eq!(reading, ["a = 1\n"]);
    assert_eq!(state(&window).scoring.limits.project, None);
    assert!(window.query_by_label("Allow").is_none());
}

#[test]
fn not_now_is_not_asked_again_and_reads_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let (standin, mut window) = opened(dir.path());
    until(&mut window, "the question", |state| state.asked_project.is_some());
    window.get_by_label("Not now").click();
    window.run_steps(3);
    std::fs::write(dir.path().join("other.py"), "b = 1\n").unwrap();
    studio(&mut window).open(Opened::File(dir.path().join("other.py")));
    until(&mut window, "the other file", |state| {
        state.card().code == "b = 1\n"
    });
    std::thread::sleep(std::time::Duration::from_millis(300));
    window.run_steps(3);
    assert!(state(&window).asked_project.is_none());
    assert_eq!(project_of_last(&standin), None);
    assert!(state(&window).settings.project_folders.is_empty());
}
