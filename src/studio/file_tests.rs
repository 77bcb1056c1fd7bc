//! Tests of files in the window: saving, existing files, changes on disk.

use std::path::Path;

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::command::ControllerCommand;
use super::editor;
use super::state::ExportFormat;
use super::state::PathPurpose;
use super::testing::{FakeBackend, Window, opened, state, type_code, until, window};

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
