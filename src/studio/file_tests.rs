//! Tests of files in the window: saving, existing files, changes on disk.

use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::command::ControllerCommand;
use super::state::{Activity, ExportFormat, PathPurpose, Session};
use super::testing::{FakeBackend, Window, opened, state, studio, type_code, until, window};
use super::{Opened, editor};

/// Types a path for saving, as on a desktop without dialogs.
fn save_as(window: &mut Window, path: &Path) {
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::S);
    until(window, "the path field", |state| {
        state.documents.path_prompt.is_some()
    });
    window.get_by_label("Path").focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run_steps(2);
    window.get_by_label("Path").type_text(&path.display().to_string());
    window.run_steps(2);
    window.get_by_label("Save").click();
    window.run_steps(2);
}

#[test]
fn save_as_asks_before_it_replaces_a_file_and_watches_it_from_then_on() {
    let dir = tempfile::tempdir().unwrap();
    let (taken, free) = (dir.path().join("taken.py"), dir.path().join("free.py"));
    std::fs::write(&taken, "theirs = 1\n").unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    type_code(&mut window, "mine = 1\n");
    let mine = state(&window).card().code.clone();
    let answered = |window: &mut Window, answer: &str| {
        // Long operations have a button of the same name, further down.
        window.get_all_by_label(answer).last().unwrap().click();
        window.run_steps(3);
    };
    let await_question = |window: &mut Window| {
        until(window, "the question", |state| {
            state.documents.overwrite.is_some()
        });
    };

    save_as(&mut window, &taken);
    await_question(&mut window);
    window.get_by_label("taken.py already exists");
    answered(&mut window, "Cancel");
    assert_eq!(std::fs::read_to_string(&taken).unwrap(), "theirs = 1\n");
    assert!(state(&window).card().file.is_none());
    window.run_steps(3);
    assert!(
        window.get_by_label(editor::NAME).is_focused(),
        "back where it was"
    );

    save_as(&mut window, &taken);
    await_question(&mut window);
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(state(&window).documents.overwrite.is_none());

    save_as(&mut window, &taken);
    await_question(&mut window);
    answered(&mut window, "Choose another name");
    let prompt = state(&window).documents.path_prompt.as_ref().unwrap();
    assert_eq!(prompt.start, taken.display().to_string());
    answered(&mut window, "Cancel");

    // A free name causes no question, nor does the card's own file.
    save_as(&mut window, &free);
    until(&mut window, "the save", |state| state.card().file.is_some());
    assert_eq!(std::fs::read_to_string(&free).unwrap(), mine);
    type_code(&mut window, "# more\n");
    save_as(&mut window, &free);
    until(&mut window, "the second save", |state| !state.card().unsaved());
    assert!(state(&window).documents.overwrite.is_none());

    save_as(&mut window, &taken);
    await_question(&mut window);
    answered(&mut window, "Replace");
    until(&mut window, "the third save", |state| {
        state.card().file.as_deref() == Some(&*taken)
    });
    assert_eq!(
        std::fs::read_to_string(&taken).unwrap(),
        state(&window).card().code
    );

    // A change by another program is noticed, although the file was never opened from there.
    std::fs::write(&taken, "theirs = 22\n").unwrap();
    until(&mut window, "the change", |state| {
        state.card().code == "theirs = 22\n"
    });
    assert!(!state(&window).card().unsaved());
    // Loading the file can be undone.
    window.get_by_label(editor::NAME).focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run_steps(3);
    assert!(state(&window).card().code.contains("mine = 1"));
    assert!(state(&window).card().unsaved());
}

#[test]
fn a_file_opened_before_a_task_is_chosen_asks_for_its_task_and_moves_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("leg.py");
    let mut window = opened(&path, "leg = 1\n");
    window.get_by_label("leg.py is scored against First part. Is it for another task?");
    window.get_by_label("Choose a task").click();
    window.run_steps(3);
    // The list of tasks on the left has a button of the same name.
    window
        .get_all_by_label("Other part")
        .max_by(|a, b| a.rect().left().total_cmp(&b.rect().left()))
        .unwrap()
        .click();
    window.run_steps(3);
    let seen = state(&window);
    assert_eq!(seen.session().task.id, "other");
    assert_eq!(
        (seen.card().code.as_str(), seen.card().file.as_deref()),
        ("leg = 1\n", Some(&*path))
    );
    let files = |session: &Session| session.cards.iter().filter(|card| card.file.is_some()).count();
    assert_eq!(seen.sessions.all.iter().map(files).collect::<Vec<_>>(), [0, 1]);
    assert!(
        matches!(seen.session().seed().activity, Activity::Assessing(_)),
        "the seed of a task on screen for the first time is scored too"
    );
    // The next file is for the chosen task.
    let next = dir.path().join("next.py");
    std::fs::write(&next, "next = 1\n").unwrap();
    studio(&mut window).open(Opened::File(next.clone()));
    until(&mut window, "the file", |state| state.card().code == "next = 1\n");
    assert_eq!(state(&window).session().task.id, "other");
    assert!(state(&window).documents.task_question.is_none());
}

#[test]
fn a_file_in_a_tasks_folder_is_opened_in_that_task() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("tasks/other");
    let path = folder.join("seeds/weak.py");
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(folder.join("task.toml"), "").unwrap();
    std::fs::write(&path, "weak = 1\n").unwrap();
    let mut window = window(&FakeBackend::ready());
    studio(&mut window).open(Opened::File(path));
    until(&mut window, "the file", |state| state.card().code == "weak = 1\n");
    assert_eq!(state(&window).session().task.id, "other");
    assert!(state(&window).documents.task_question.is_none());
}

#[test]
fn an_export_asks_before_it_replaces_a_file_too() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("story.html");
    std::fs::write(&path, "theirs").unwrap();
    let (_standin, mut window) = super::testing::scored();
    let export = PathPurpose::Export(ExportFormat::Page);
    super::testing::ask(&mut window, ControllerCommand::UsePath(export, path.clone()));
    until(&mut window, "the question", |state| {
        state.documents.overwrite.is_some()
    });
    window.get_by_label("Cancel").click();
    window.run_steps(3);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
    super::testing::ask(&mut window, ControllerCommand::UsePath(export, path.clone()));
    until(&mut window, "the question", |state| {
        state.documents.overwrite.is_some()
    });
    window.get_by_label("Replace").click();
    until(&mut window, "the page", |_| {
        std::fs::read_to_string(&path).is_ok_and(|text| text.contains("<html"))
    });
}

#[test]
fn a_save_ends_the_undo_step() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    let mut window = opened(&path, "a");
    window.get_by_label(editor::NAME).focus();
    window.run_steps(2);
    window.key_press_modifiers(Modifiers::COMMAND, Key::End);
    window.run_steps(2);
    // Faster than any pause, in one word.
    for key in ["b", "S", "c", "d"] {
        match key {
            "S" => window.key_press_modifiers(Modifiers::COMMAND, Key::S),
            key => window.event(egui::Event::Text(key.to_owned())),
        }
        window.run_steps(2);
    }
    until(&mut window, "the save", |_| {
        std::fs::read(&path).unwrap() == b"ab"
    });
    for expected in ["ab", "a", "a"] {
        window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
        window.run_steps(3);
        assert_eq!(state(&window).card().code, expected);
    }
}

#[test]
fn a_file_that_has_just_changed_is_not_overwritten() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    let mut window = opened(&path, "a = 1\n");
    type_code(&mut window, "# mine\n");
    // Whether saved before or after the watch notices: the other version stays until the decision.
    std::fs::write(&path, "theirs = 1\n").unwrap();
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "the question", |state| {
        state.documents.conflict.is_some()
    });
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs = 1\n");
    window.get_by_label("Keep mine").click();
    window.run_steps(3);
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    until(&mut window, "the save", |state| !state.card().unsaved());
    assert!(std::fs::read_to_string(&path).unwrap().contains("# mine"));
}
