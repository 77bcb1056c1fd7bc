//! Tests of the editor through its user interface.

use egui::{Key, Modifiers, Role};
use egui_kittest::kittest::Queryable as _;

use super::command::{Command, ControllerCommand};
use super::controller::{DEBOUNCE, TUNE};
use super::editor::{self, find_bar};
use super::state::Sessions;
use super::testing::{FakeBackend, SubmittedJob, Window, built, failed, state, window};
use crate::failure::Kind;

fn code(window: &Window) -> &str {
    &state(window).card().code
}

/// A window whose editor holds that code and the focus, with the caret at the end.
fn editing(text: &str) -> (FakeBackend, Window) {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    window.get_by_label(editor::NAME).focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.event(egui::Event::Paste(text.to_owned()));
    window.run();
    assert_eq!(code(&window), text);
    (backend, window)
}

fn type_text(window: &mut Window, text: &str) {
    window.event(egui::Event::Text(text.to_owned()));
    window.run();
}

#[test]
fn a_pasted_model_answer_is_reduced_to_its_program() {
    const PART: &str = "import cadquery as cq\nfixture = cq.Workplane().box(1, 2, 3)\n";
    let answer = format!("<think>hm</think>\nSure:\n```python\n{PART}```\nDone.<|im_end|>");
    let (_standin, mut window) = editing("plate = 1\n");
    let paste = |window: &mut Window, text: &str| {
        window.event(egui::Event::Paste(text.to_owned()));
        window.run();
    };
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    paste(&mut window, &answer);
    assert_eq!(code(&window), PART);
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    assert_ne!(code(&window), PART, "a paste can be undone");
    assert!(!code(&window).contains("```"), "{}", code(&window));
    // Beside other code the clipboard is pasted unchanged.
    paste(&mut window, "# ```python\n");
    paste(&mut window, "```python\nimport cadquery as cq\n```\n");
    assert!(
        code(&window).contains("```python\nimport cadquery as cq\n```\n"),
        "{}",
        code(&window)
    );
    // So is a text without a wrapper, to the byte.
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    paste(&mut window, "  s = '```'  \n");
    assert_eq!(code(&window), "  s = '```'  \n");
}

#[test]
fn find_goes_from_match_to_match_and_replaces_one_or_all() {
    let (_standin, mut window) = editing("plate = 1\nplate_t = plate\n");
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(3);
    assert!(window.get_by_label(find_bar::QUERY).is_focused());
    type_text(&mut window, "plate");
    window.get_by_label("1 of 3");
    window.get_by_label("Next match").click();
    window.run();
    window.get_by_label("2 of 3");
    window.get_by_label("Previous match").click();
    window.run();
    window.get_by_label("1 of 3");
    window.key_press_modifiers(Modifiers::COMMAND, Key::H);
    window.run_steps(3);
    window.get_by_label(find_bar::REPLACEMENT).focus();
    window.run();
    type_text(&mut window, "base");
    window.get_by_label("Replace").click();
    window.run();
    assert_eq!(code(&window), "base = 1\nplate_t = plate\n");
    window.get_by_label("Replace all").click();
    window.run();
    assert_eq!(code(&window), "base = 1\nbase_t = base\n");
    window.get_by_label("Close find").click();
    window.run();
    assert!(window.query_by_label(find_bar::QUERY).is_none());
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    assert_ne!(
        code(&window),
        "base = 1\nbase_t = base\n",
        "a replacement can be undone"
    );
}

#[test]
fn lines_become_comments_and_code_again_by_keys() {
    let (_standin, mut window) = editing("a = 1\nb = 2");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Slash);
    window.run_steps(3);
    assert_eq!(code(&window), "a = 1\n# b = 2");
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Slash);
    window.run_steps(3);
    assert_eq!(code(&window), "# a = 1\n# # b = 2");
}

#[test]
fn a_dot_offers_cadquery_members_and_enter_accepts_one() {
    let (_standin, mut window) = editing("import cadquery as cq\nw = cq.Workplane('XY')");
    type_text(&mut window, ".");
    window.get_by_label("complete box");
    type_text(&mut window, "cham");
    window.get_by_label("complete chamfer");
    window.key_press(Key::Enter);
    window.run();
    assert!(
        code(&window).ends_with("cq.Workplane('XY').chamfer()"),
        "{}",
        code(&window)
    );
    // The caret is between the parentheses, so the signature is shown.
    window.get_by_label_contains("chamfer(length");
    type_text(&mut window, "2");
    assert!(code(&window).ends_with(".chamfer(2)"));
}

#[test]
fn escape_closes_completion_and_a_number_has_no_members() {
    let (_standin, mut window) = editing("w = cq.Workplane('XY')");
    type_text(&mut window, ".");
    window.get_by_label("complete box");
    window.key_press(Key::Escape);
    window.run();
    assert!(window.query_by_label("complete box").is_none());
    window.key_press(Key::Enter);
    window.run();
    type_text(&mut window, "a = 1.");
    assert!(window.query_by_label_contains("complete ").is_none());
}

#[test]
fn a_misspelling_is_fixed_by_one_click() {
    let (backend, mut window) = editing("w = cq.Workplane('XY').cricle(3)\n");
    window.run_steps(20);
    let message = "AttributeError: 'Workplane' object has no attribute 'cricle'";
    backend.last(|job| job.answer(failed(Kind::InventedApi, message, 1)));
    window.run();
    window.get_by_label("Apply circle").click();
    window.run();
    assert_eq!(code(&window), "w = cq.Workplane('XY').circle(3)\n");
    window.run_steps((DEBOUNCE * 60.0) as usize + 5);
    assert_eq!(
        backend.last(SubmittedJob::code),
        "w = cq.Workplane('XY').circle(3)\n"
    );
}

#[test]
fn a_slider_changes_its_number_and_runs_at_once() {
    let (backend, mut window) = editing("width = 40.0\nplate = box(width)\n");
    window.run_steps(20);
    let before = backend.count();
    let slider = window.get_by_role_and_label(Role::Slider, "width").rect();
    let at = slider.left_center() + egui::vec2(0.75 * slider.width(), 0.0);
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        window.event(egui::Event::PointerMoved(at));
        window.event(egui::Event::PointerButton {
            pos: at,
            button,
            pressed,
            modifiers,
        });
        window.run_steps(2);
    }
    assert_ne!(code(&window), "width = 40.0\nplate = box(width)\n");
    window.run_steps((TUNE * 60.0) as usize + 3);
    assert!(backend.count() > before, "no run follows");
    let sent = backend.last(SubmittedJob::code);
    let value: f64 = sent.split(['=', '\n']).nth(1).unwrap().trim().parse().unwrap();
    assert!((50.0..70.0).contains(&value), "{sent}");
    window.get_by_label("Numbers").click();
    window.run();
    assert!(
        window.query_by_role_and_label(Role::Slider, "width").is_none(),
        "folded away"
    );
}

/// Presses keys without changing the focus; returns the resulting code.
fn undone(window: &mut Window, modifiers: Modifiers, key: Key) -> String {
    window.key_press_modifiers(Modifiers::COMMAND | modifiers, key);
    window.run_steps(3);
    code(window).to_owned()
}

/// Waits until typing starts a new step.
fn pause(window: &mut Window) {
    window.run_steps(70);
}

/// Drags the slider of a number from a quarter of its range to `end`, in several moves.
fn drag_slider(window: &mut Window, name: &str, end: f32) {
    let slider = window.get_by_role_and_label(Role::Slider, name).rect();
    let at = |share: f32| slider.left_center() + egui::vec2(share * slider.width(), 0.0);
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    window.event(egui::Event::PointerMoved(at(0.25)));
    window.event(button(at(0.25), true));
    window.run_steps(2);
    for share in [0.3, 0.4, end] {
        window.event(egui::Event::PointerMoved(at(share)));
        // Slower than any pause in typing.
        pause(window);
    }
    window.event(button(at(end), false));
    window.run_steps(2);
}

#[test]
fn caret_moves_are_not_undo_steps() {
    let (_standin, mut window) = editing("ab");
    pause(&mut window);
    type_text(&mut window, "c");
    for _ in 0..3 {
        window.key_press(Key::ArrowLeft);
        pause(&mut window);
    }
    window.key_press(Key::End);
    pause(&mut window);
    assert_eq!(
        undone(&mut window, Modifiers::NONE, Key::Z),
        "ab",
        "one step, not five"
    );
    assert_eq!(undone(&mut window, Modifiers::SHIFT, Key::Z), "abc");
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), "ab");
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Y), "abc");
    // The caret is at the changed text.
    type_text(&mut window, "d");
    assert_eq!(code(&window), "abcd");
}

#[test]
fn typing_is_undone_by_word_and_by_pause_and_keys_keep_their_order() {
    let (_standin, mut window) = editing("#");
    for text in ["o", "n", "e", " ", "t", "w", "o"] {
        type_text(&mut window, text);
    }
    pause(&mut window);
    type_text(&mut window, "!");
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), "#one two");
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), "#one ");
    // Typed, undone and typed again within one frame.
    window.event(egui::Event::Text("x".to_owned()));
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.event(egui::Event::Text("y".to_owned()));
    window.run_steps(4);
    assert_eq!(code(&window), "#one y");
}

#[test]
fn a_slider_drag_a_replacement_and_a_command_are_one_undo_step_each() {
    let text = "width = 40.0\nplate = box(width)\n";
    let (_standin, mut window) = editing(text);
    drag_slider(&mut window, "width", 0.75);
    let dragged = code(&window).to_owned();
    assert_ne!(dragged, text);
    drag_slider(&mut window, "width", 0.5);
    let again = code(&window).to_owned();
    window.key_press_modifiers(Modifiers::COMMAND, Key::H);
    window.run_steps(3);
    type_text(&mut window, "width");
    window.get_by_label(find_bar::REPLACEMENT).focus();
    window.run();
    type_text(&mut window, "w");
    window.get_by_label("Replace all").click();
    window.run();
    let replaced = again.replace("width", "w");
    assert_eq!(code(&window), replaced);
    window.get_by_label("Close find").click();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::Slash);
    window.run_steps(3);
    assert_ne!(code(&window), replaced);
    let back = [replaced.clone(), again, dragged, text.to_owned()];
    for step in &back {
        assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), *step);
    }
    for step in back.iter().rev().skip(1) {
        assert_eq!(undone(&mut window, Modifiers::SHIFT, Key::Z), *step);
    }
}

#[test]
fn undo_works_unless_another_text_field_has_the_focus() {
    let text = "width = 40.0\nplate = box(width)\n";
    let (_standin, mut window) = editing(text);
    drag_slider(&mut window, "width", 0.75);
    let dragged = code(&window).to_owned();
    assert_eq!(
        undone(&mut window, Modifiers::NONE, Key::Z),
        text,
        "from the slider"
    );
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Y), dragged);
    // Another text field undoes its own typing.
    window.key_press_modifiers(Modifiers::COMMAND, Key::F);
    window.run_steps(3);
    type_text(&mut window, "plate");
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), dragged);
    window.get_by_label("Close find").click();
    window.run();
    for (command, expected) in [("undo", text), ("redo", &dragged)] {
        window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
        window.run_steps(3);
        type_text(&mut window, command);
        window.key_press(Key::Enter);
        window.run_steps(3);
        assert_eq!(code(&window), expected, "{command} of the palette");
    }
}

#[test]
fn every_step_has_a_separate_undo_history() {
    let (_standin, mut window) = editing("first");
    pause(&mut window);
    type_text(&mut window, "1");
    window.get_by_label("Other part").click();
    window.run_steps(3);
    window.get_by_label(editor::NAME).focus();
    window.run();
    type_text(&mut window, "#");
    let other = code(&window).to_owned();
    assert_eq!(
        undone(&mut window, Modifiers::NONE, Key::Z),
        other.replace('#', "")
    );
    window.get_by_label("First part").click();
    window.run_steps(3);
    assert_eq!(code(&window), "first1");
    window.get_by_label(editor::NAME).focus();
    window.run();
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), "first");
    window.get_by_label("Other part").click();
    window.run_steps(3);
    window.get_by_label(editor::NAME).focus();
    window.run();
    assert_eq!(undone(&mut window, Modifiers::SHIFT, Key::Z), other);
}

#[test]
fn a_text_of_any_script_is_found_and_replaced_whole() {
    let text = "İ = 'ß'\nk = '\u{212a}'\nÖ = 1\n";
    let (_standin, mut window) = editing(text);
    window.key_press_modifiers(Modifiers::COMMAND, Key::H);
    window.run_steps(3);
    for (query, found) in [
        ("ö", "1 of 1"),
        ("\u{212a}", "1 of 2"),
        ("ss", "none"),
        ("i", "none"),
        ("İ", "1 of 1"),
    ] {
        window.get_by_label(find_bar::QUERY).focus();
        window.run();
        window.key_press_modifiers(Modifiers::COMMAND, Key::A);
        window.run();
        type_text(&mut window, query);
        window.get_by_label(found);
    }
    window.get_by_label(find_bar::REPLACEMENT).focus();
    window.run();
    type_text(&mut window, "ßß");
    window.get_by_label("Replace").click();
    window.run();
    assert_eq!(code(&window), text.replace('İ', "ßß"));
    window.get_by_label("Close find").click();
    window.run();
    assert_eq!(undone(&mut window, Modifiers::NONE, Key::Z), text);
}

#[test]
fn frames_with_five_thousand_lines_are_fast() {
    let line = "part = part.union(cq.Workplane('XY').box(1, 2, 3).translate((4, 5, 6)))\n";
    let (_standin, mut window) = editing(&line.repeat(5000));
    window.run_steps(5);
    let start = std::time::Instant::now();
    window.run_steps(20);
    let still = start.elapsed() / 20;
    let start = std::time::Instant::now();
    for _ in 0..10 {
        window.event(egui::Event::Text("x".to_owned()));
        window.step();
    }
    let typing = start.elapsed() / 10;
    // An unoptimised build with accessibility data for every row, on a machine that may be busy: this test only detects frames
    // that lay the whole text out again, which takes seconds.
    assert!(
        still.as_millis() < 600 && typing.as_millis() < 900,
        "{still:?} still, {typing:?} typing"
    );
    eprintln!("5,000 lines: {still:?} a frame, {typing:?} a keystroke");
    let [still, typing] = bare(&line.repeat(5000));
    eprintln!("without assistive technology: {still:?} a frame, {typing:?} a keystroke");
}

/// Time of a frame and of a keystroke in the code panel, painting included, without accessibility data.
fn bare(code: &str) -> [std::time::Duration; 2] {
    use std::sync::Arc;
    let mut task = (*super::testing::task("long", "Long")).clone();
    task.seeds.insert("weak".to_owned(), code.to_owned());
    let mut sessions = Sessions::new([Arc::new(task)], crate::assess::Scoring::default()).unwrap();
    let ctx = egui::Context::default();
    super::theme::install(&ctx);
    let mut view = editor::EditorView::default();
    let mut time = 0.0;
    let mut frame = |events: Vec<egui::Event>| {
        time += 0.016;
        let input = egui::RawInput {
            screen_rect: Some(egui::Rect::from_min_size(
                egui::Pos2::ZERO,
                egui::vec2(700.0, 900.0),
            )),
            time: Some(time),
            events,
            focused: true,
            ..egui::RawInput::default()
        };
        let mut commands = Vec::new();
        let start = std::time::Instant::now();
        let output = ctx.run_ui(input, |ui| editor::show(&mut view, &sessions, ui, &mut commands));
        let drawn = ctx.tessellate(output.shapes.clone(), 1.0);
        let took = start.elapsed();
        assert!(!drawn.is_empty());
        output.drop_without_applying_deltas();
        for command in commands {
            if let Command::Controller(ControllerCommand::Edit { card, code }) = command {
                let card = sessions.session_mut().get_mut(card).unwrap();
                card.code = code;
                card.revision += 1;
            }
        }
        took
    };
    for _ in 0..5 {
        frame(Vec::new());
    }
    // The minimum of several runs, to exclude the load of other processes.
    let least = |took: &mut dyn FnMut() -> std::time::Duration| (0..20).map(|_| took()).min().unwrap();
    let still = least(&mut || frame(Vec::new()));
    let typing = least(&mut || frame(vec![egui::Event::Text("x".to_owned())]));
    [still, typing]
}
