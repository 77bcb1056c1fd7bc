//! The window over real workers: from weak seed to repaired part, and through a broken edit and back.

use std::sync::Arc;
use std::time::{Duration, Instant};

use cadforge::assess::Scoring;
use cadforge::engine::Engine;
use cadforge::executor::WorkerConfig;
use cadforge::studio::serving::ServingPhase;
use cadforge::studio::state::{Activity, State};
use cadforge::studio::{Studio, editor, theme};
use cadforge::task::TaskSet;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use serde_json::json;
use tokio_tungstenite::tungstenite::{self, client::IntoClientRequest as _};

use crate::support::{python, root, worker};

type Window = Harness<'static, Option<Studio>>;

fn open() -> Window {
    let config = WorkerConfig::new(worker(), python(), 1);
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

fn state(window: &Window) -> State<'_> {
    window.state().as_ref().unwrap().state()
}

/// Draws frames until it is so; a minute without is a failure of the test, whatever the machine.
fn until(window: &mut Window, what: &str, is_so: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !is_so(&state(window)) {
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
    state.card().activity == Activity::Idle
        && state.sessions.running.is_empty()
        && state.card().scored().is_some()
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

#[test]
fn a_client_of_the_windows_server_is_watched_step_by_step() {
    let mut window = open();
    until(&mut window, "the seed's score", settled);
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.run_steps(3);
    window.get_by_label("Command").type_text("panel: server");
    window.run_steps(3);
    window.key_press(Key::Enter);
    window.run_steps(3);
    window.get_by_label("Port").focus();
    window.step();
    window.get_by_label("Port").type_text("0");
    window.key_press(Key::Enter);
    window.run_steps(3);
    assert_eq!(state(&window).serving.port, 0);
    window.get_by_label("Start server").click();
    let listens = |state: &State| matches!(state.serving.phase, ServingPhase::Listening(_));
    until(&mut window, "the server", listens);
    let ServingPhase::Listening(address) = state(&window).serving.phase else {
        panic!("it listened");
    };
    let token = state(&window).serving.token.clone().unwrap();
    let (say, said) = std::sync::mpsc::channel::<serde_json::Value>();
    let client = std::thread::spawn(move || {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let stream = std::net::TcpStream::connect(address).unwrap();
        let (mut socket, _) = tungstenite::client(request, stream).unwrap();
        let mut rewards = Vec::new();
        for message in said {
            socket
                .send(tungstenite::Message::text(message.to_string()))
                .unwrap();
            let reply = socket.read().unwrap();
            let reply: serde_json::Value = serde_json::from_str(reply.to_text().unwrap()).unwrap();
            rewards.push(reply["data"]["reward"].as_f64().unwrap());
        }
        // The server says goodbye when it is told to end.
        while !matches!(socket.read(), Err(_) | Ok(tungstenite::Message::Close(_))) {}
        rewards
    });
    let code = "import cadquery as cq\nfixture = cq.Workplane().box(9, 9, 9)\n";
    say.send(json!({"type": "reset", "data": {"task_id": "caster_wheel_fork"}}))
        .unwrap();
    let steps = |state: &State| -> usize {
        let sessions = &state.serving.sessions;
        sessions.iter().map(|session| session.steps.len()).sum()
    };
    until(&mut window, "the reset", |state| steps(state) == 1);
    say.send(json!({"type": "step", "data": {"code": code}})).unwrap();
    until(&mut window, "the step", |state| steps(state) == 2);
    let seen = Arc::clone(&state(&window).serving.sessions[0].steps[1]);
    assert_eq!((seen.step, seen.code.as_str()), (1, code));
    window.get_by_label_contains("session 1 step 1, ").click();
    until(&mut window, "the part", |state| {
        settled(state) && state.card().code == code && state.card().last_shape.is_some()
    });
    drop(say);
    window.get_by_label("Stop server").click();
    until(&mut window, "the server's end", |state| {
        state.serving.phase == ServingPhase::Off
    });
    let rewards = client.join().unwrap();
    assert_eq!(rewards[1], seen.evaluation.reward.total);
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "nothing listens any more"
    );
}
