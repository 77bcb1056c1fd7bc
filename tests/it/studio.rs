//! The window over real workers: from weak seed to repaired part, and through a broken edit and back.

use std::time::{Duration, Instant};

use cadforge::assess::Scoring;
use cadforge::engine::Engine;
use cadforge::executor::WorkerConfig;
use cadforge::studio::state::{Activity, State};
use cadforge::studio::{Studio, editor, theme};
use cadforge::task::TaskSet;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;

use crate::support::{python, root};

type Window = Harness<'static, Option<Studio>>;

fn open() -> Window {
    let config = WorkerConfig::new(env!("CARGO_BIN_EXE_cadforge-worker").into(), python(), 1);
    let tasks = TaskSet::load(&[root().join("tasks")]).unwrap();
    let mut window = Harness::builder()
        .with_size(egui::vec2(1296.0, 736.0))
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(theme::install)
        .build_ui_state(
            move |ui, slot: &mut Option<Studio>| {
                let studio = slot.get_or_insert_with(|| {
                    let tasks = tasks.iter().cloned().collect();
                    let engine = Box::new(Engine::start(config.clone()));
                    Studio::new(ui.ctx(), None, tasks, None, Scoring::default(), engine).unwrap()
                });
                studio.update(ui.ctx());
                studio.show(ui);
            },
            None,
        );
    window.step();
    window
}

fn state(window: &Window) -> &State {
    window.state().as_ref().unwrap().state()
}

/// Draws frames until it is so; a minute without is a failure of the test, whatever the machine.
fn until(window: &mut Window, what: &str, is_so: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !is_so(state(window)) {
        assert!(
            start.elapsed() < Duration::from_secs(180),
            "{what} did not come about"
        );
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
    window.step();
}

fn settled(state: &State) -> bool {
    state.card().activity == Activity::Idle && state.running.is_empty() && state.card().scored().is_some()
}

#[test]
fn the_caster_goes_from_seed_to_repaired_part_by_one_click() {
    let mut window = open();
    assert_eq!(state(&window).session().task.id, "caster_wheel_fork");
    until(&mut window, "the seed's score", settled);
    let seed = state(&window).card().total().unwrap();
    window.get_by_label("Run loop").click();
    until(&mut window, "the start of the loop", |state| {
        state.repair().is_some()
    });
    until(&mut window, "the end of the loop", settled);
    let session = state(&window).session();
    assert!(session.cards.len() > 1);
    assert!(
        session.card().total().unwrap() > seed,
        "the last step is better than the seed"
    );
    assert!(session.card().last_shape.is_some());
}

#[test]
fn a_syntax_error_marks_its_line_and_undoing_it_brings_the_part_back() {
    let mut window = open();
    until(&mut window, "the seed's score", settled);
    let total = state(&window).card().total();
    window.get_by_label(editor::NAME).focus();
    window.step();
    window.get_by_label(editor::NAME).type_text("plate = (\n");
    until(&mut window, "the draft", |state| state.session().cards.len() == 2);
    until(&mut window, "the failure", settled);
    let failure = state(&window)
        .card()
        .failure()
        .expect("an open bracket is a failure");
    assert_eq!(failure.line, Some(1));
    window.get_by_label("gate closed · −1.00");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    until(&mut window, "the part's return", |state| {
        settled(state) && state.card().failure().is_none()
    });
    assert_eq!(state(&window).card().total(), total);
}
