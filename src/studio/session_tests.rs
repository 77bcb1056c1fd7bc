//! Tests of recovery, questions, the palette, rows, settings and saving.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use egui::{Key, Modifiers, ViewportEvent, ViewportId};
use egui_kittest::kittest::Queryable as _;

use super::Opened;
use super::panels::{palette, rows};
use super::testing::{FakeBackend, Window, built, opened, state, studio, type_code, until, window};
use super::viewport::{CompareWith, Layout};
use crate::reward::Profile;
use crate::trajectory::Origin;

/// A window with a session store in a folder.
fn remembering(folder: &Path) -> Window {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let ctx = window.ctx.clone();
    studio(&mut window).open_session_store(&ctx, folder, true);
    window.run_steps(3);
    window
}

#[test]
fn edits_of_a_killed_window_are_offered_and_restored() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = remembering(dir.path());
    type_code(&mut first, "precious = 1\n");
    let mine = |but: Option<&Path>| {
        let files = std::fs::read_dir(dir.path()).unwrap();
        let mut paths = files.map(|entry| entry.unwrap().path());
        paths.find(|path| {
            let own = format!("open-{}-", std::process::id());
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with(&own) && name.ends_with(".json") && Some(path.as_path()) != but
        })
    };
    let holds = |path: PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.contains("precious"));
    let start = Instant::now();
    while !mine(None).is_some_and(holds) {
        // Window time advances with frames; the file must exist within two seconds of it.
        assert!(start.elapsed() < Duration::from_secs(20), "the edit is not saved");
        std::thread::sleep(Duration::from_millis(5));
        first.step();
    }
    let frames = first.ctx.input(|input| input.time);
    assert!(frames < 60.0);
    // As after a kill: the file stays, and its lock is released.
    let lost = mine(None).unwrap();
    std::mem::forget(first);
    std::fs::remove_file(lost.with_extension("lock")).unwrap();

    let mut second = remembering(dir.path());
    assert_eq!(
        state(&second).session().cards.len(),
        1,
        "nothing is restored without an answer"
    );
    second.get_by_label_contains("1 unsaved edit was recovered");
    second.get_by_label("Restore").click();
    second.run_steps(3);
    assert!(state(&second).card().code.starts_with("precious = 1"));
    let start = Instant::now();
    while lost.exists() || !mine(Some(&lost)).is_some_and(holds) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
        second.step();
    }
}

#[test]
fn a_closed_session_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let mut first = remembering(dir.path());
    first.get_by_label("Other part").click();
    first.run_steps(2);
    type_code(&mut first, "draft = 1\n");
    first.get_by_label("Distance").click();
    first.get_by_label("Profile").click();
    first.run_steps(3);
    first.get_by_label("grounded-v2").click();
    first.run_steps(40);
    drop(first);

    let mut second = remembering(dir.path());
    assert_eq!(state(&second).session().task.id, "other");
    let drafts: Vec<_> = state(&second)
        .session()
        .cards
        .iter()
        .filter(|card| card.origin == Origin::Hand)
        .collect();
    assert_eq!(drafts.len(), 1);
    assert!(drafts[0].code.starts_with("draft = 1"));
    assert_eq!(studio(&mut second).viewport_mut().layout(), Layout::Distance);
    assert_eq!(state(&second).sessions.scoring.profile, Profile::GroundedV2);
    assert!(second.query_by_label("Restore").is_none());
}

#[test]
fn an_externally_changed_file_is_loaded_unless_it_has_edits() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    let mut window = opened(&path, "a = 1\n");
    std::fs::write(&path, "a = 22\n").unwrap();
    until(&mut window, "the change", |state| state.card().code == "a = 22\n");
    assert!(state(&window).documents.conflict.is_none());

    type_code(&mut window, "# mine\n");
    let edited = state(&window).card().code.clone();
    assert!(edited.contains("# mine"));
    std::fs::write(&path, "a = 333\n").unwrap();
    until(&mut window, "the question", |state| {
        state.documents.conflict.is_some()
    });
    window.get_by_label("part.py changed on disk");
    window.get_by_label("Keep mine").click();
    window.run_steps(3);
    assert_eq!(state(&window).card().code, edited);
    std::fs::write(&path, "a = 4444\n").unwrap();
    until(&mut window, "the question again", |state| {
        state.documents.conflict.is_some()
    });
    window.get_by_label("Load from disk").click();
    window.run_steps(3);
    assert_eq!(state(&window).card().code, "a = 4444\n");
    assert!(!state(&window).card().unsaved());
}

#[test]
fn closing_with_unsaved_edits_asks() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("part.py");
    std::fs::write(&path, "a = 1\n").unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let close = |window: &mut Window| {
        let viewports = &mut window.input_mut().viewports;
        viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .events
            .push(ViewportEvent::Close);
        window.step();
        window
            .input_mut()
            .viewports
            .entry(ViewportId::ROOT)
            .or_default()
            .events
            .clear();
        window.run_steps(2);
    };
    close(&mut window);
    assert!(state(&window).documents.quit.is_none(), "nothing to ask");
    studio(&mut window).open(Opened::File(path.clone()));
    until(&mut window, "the file", |state| state.card().code == "a = 1\n");
    type_code(&mut window, "# mine\n");
    close(&mut window);
    window.get_by_label("Quit now?");
    window.get_by_label("Don't quit").click();
    window.run_steps(3);
    assert!(state(&window).documents.quit.is_none());
    close(&mut window);
    let answered = |window: &mut Window, answer: &str| {
        window.get_by_label(answer).click();
        window.run_steps(3);
    };
    answered(&mut window, "Don't quit");
    close(&mut window);
    window.get_by_label("Save all and quit").click();
    until(&mut window, "the save", |state| !state.card().unsaved());
    assert!(std::fs::read_to_string(&path).unwrap().contains("# mine"));

    type_code(&mut window, "# more\n");
    close(&mut window);
    answered(&mut window, "Quit");
    close(&mut window);
    assert!(
        state(&window).documents.quit.is_none(),
        "the question was answered"
    );
}

#[test]
fn the_palette_finds_commands_and_tasks_by_typing() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.run_steps(3);
    window.get_by_label(palette::FIELD).type_text("signed");
    window.run_steps(2);
    window.get_by_label("command Compare: signed distance");
    window.key_press(Key::Enter);
    window.run_steps(3);
    assert_eq!(studio(&mut window).viewport_mut().layout(), Layout::Distance);
    assert!(
        window.query_by_label(palette::FIELD).is_none(),
        "the palette closes after a command"
    );

    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.run_steps(3);
    window.get_by_label(palette::FIELD).type_text("other");
    window.run_steps(2);
    window.get_by_label("command Task: Other part").click();
    window.run_steps(3);
    assert_eq!(state(&window).session().task.id, "other");
    window.key_press(Key::F1);
    window.run_steps(3);
    window.get_by_label("Command palette: Ctrl+Shift+P");
    window.key_press(Key::Escape);
    window.run_steps(3);
    assert!(window.query_by_label("Command palette: Ctrl+Shift+P").is_none());
}

#[test]
fn a_diff_shows_what_an_edit_changed_and_any_step_can_be_its_base() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    type_code(&mut window, "first = 1\n");
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    window.run_steps(3);
    window.get_by_label("seed → edited");
    window.get_by_label("+first = 1");
    window.get_by_label("Close diff").click();
    window.run_steps(3);
    // Continue from a copy of the edit, and compare with the edit.
    window.get_by_label_contains("edited, ").click_secondary();
    window.run_steps(3);
    window.get_by_label("Continue from a copy").click();
    window.run_steps(3);
    assert_eq!(state(&window).session().cards.len(), 3);
    let card = window.get_all_by_label_contains("edited, ").next().unwrap();
    card.click_secondary();
    window.run_steps(3);
    window.get_by_label("Compare with this step").click();
    window.run_steps(3);
    assert_eq!(studio(&mut window).viewport_mut().against(), CompareWith::Pinned);
    window.key_press_modifiers(Modifiers::COMMAND, Key::D);
    window.run_steps(3);
    window.get_by_label("no changes");
    window.get_by_label("Close diff").click();
    window.run_steps(3);
    let card = window.get_all_by_label_contains("edited, ").last().unwrap();
    card.click_secondary();
    window.run_steps(3);
    window.get_by_label("Remove from the timeline").click();
    window.run_steps(3);
    assert_eq!(state(&window).session().cards.len(), 2);
}

#[test]
fn rows_of_a_run_are_filtered_counted_and_opened() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.jsonl");
    let lines = [
        r#"{"task_id": "part", "code": "a = 1", "reward": 0.5, "kind": "build_ok"}"#,
        r#"{"task_id": "part", "code": "b = annulus", "reward": -1.0, "kind": "invented_api"}"#,
        r#"{"task_id": "other", "code": "c = 3", "reward": 0.9, "kind": "build_ok"}"#,
    ];
    std::fs::write(&path, lines.join("\n")).unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    studio(&mut window).open(Opened::File(path));
    until(&mut window, "the rows", |state| state.runs.rows.is_some());
    window.run_steps(3);
    window.get_by_label_contains("built 67 % · mean 0.133");
    window.get_by_label("row 2, invented_api −1.00").click();
    until(&mut window, "the row's code", |state| {
        state.card().code == "b = annulus"
    });
    assert_eq!(state(&window).runs.open_row, Some(1));
    window.get_by_label("row 3, build_ok 0.900").click();
    until(&mut window, "the other row's code", |state| {
        state.card().code == "c = 3"
    });
    assert_eq!(state(&window).session().task.id, "other");
    window.get_by_label(rows::FILTER).focus();
    window.run_steps(2);
    window.get_by_label(rows::FILTER).type_text("annulus");
    until(&mut window, "the search", |state| {
        state.runs.matches.as_deref() == Some(&[1])
    });
    window.run_steps(3);
    assert!(window.query_by_label("row 1, build_ok 0.500").is_none());
    window.get_by_label("row 2, invented_api −1.00");
    window.get_by_label("Close rows").click();
    window.run_steps(3);
    assert!(state(&window).runs.rows.is_none());
}

#[test]
fn settings_are_applied_and_saved_with_comments() {
    let dir = tempfile::tempdir().unwrap();
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let path = dir.path().join("settings.toml");
    studio(&mut window).setup_mut().settings_file = Some(path.clone());
    window.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.run_steps(3);
    window.get_by_label("Settings");
    window.get_by_label("Theme at startup").click();
    window.run_steps(3);
    window.get_by_label("light").click();
    window.run_steps(3);
    window.get_by_label("Apply").click();
    window.run_steps(3);
    assert_eq!(window.ctx.theme(), egui::Theme::Light);
    let start = Instant::now();
    while !std::fs::read_to_string(&path).is_ok_and(|text| text.contains("theme = \"light\"")) {
        assert!(start.elapsed() < Duration::from_secs(20));
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn unwritable_recovery_files_are_reported_until_they_can_be_written() {
    let dir = tempfile::tempdir().unwrap();
    // A file at the path of the folder.
    let folder = dir.path().join("studio");
    std::fs::write(&folder, "").unwrap();
    let mut window = remembering(&folder);
    type_code(&mut window, "precious = 1\n");
    until(&mut window, "the banner", |state| state.messages.notice.is_some());
    let notice = super::testing::notice(&window);
    assert!(
        notice.contains("edits cannot be recovered after a crash"),
        "{notice}"
    );
    assert!(
        state(&window).card().code.contains("precious"),
        "and nothing is lost here"
    );
    std::fs::remove_file(&folder).unwrap();
    until(&mut window, "the banner's end", |state| {
        state.messages.notice.is_none()
    });
    let files = std::fs::read_dir(&folder).unwrap().flatten();
    let holds = |path: PathBuf| std::fs::read_to_string(path).is_ok_and(|text| text.contains("precious"));
    assert!(files.map(|entry| entry.path()).any(holds));
    assert!(studio(&mut window).may_close(), "it is there at the next start");
}
