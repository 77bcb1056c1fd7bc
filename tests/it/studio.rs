//! The window over real workers: a repair loop, a syntax error and its undo, a client of its server.

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

/// Draws frames until a condition holds; fails after three minutes, which is enough on any machine.
fn draw_until(window: &mut Window, what: &str, condition: impl Fn(&State) -> bool) {
    let start = Instant::now();
    while !condition(&state(window)) {
        assert!(
            start.elapsed() < Duration::from_secs(180),
            "timed out waiting for {what}"
        );
        std::thread::sleep(Duration::from_millis(5));
        window.step();
    }
    window.step();
}

fn is_settled(state: &State) -> bool {
    state.card().activity == Activity::Idle
        && state.sessions.running.is_empty()
        && state.card().scored().is_some()
}

#[test]
fn one_click_repairs_the_caster_seed() {
    let mut window = open();
    assert_eq!(state(&window).session().task.id, "caster_wheel_fork");
    draw_until(&mut window, "the seed's score", is_settled);
    let seed = state(&window).card().total().unwrap();
    window.get_by_label("Run loop").click();
    draw_until(&mut window, "the start of the loop", |state| {
        state.repair().is_some()
    });
    draw_until(&mut window, "the end of the loop", is_settled);
    let session = state(&window).session();
    assert!(session.cards.len() > 1);
    assert!(
        session.card().total().unwrap() > seed,
        "the last step is better than the seed"
    );
    assert!(session.card().last_shape.is_some());
}

#[test]
fn a_syntax_error_marks_its_line_and_undo_restores_the_part() {
    let mut window = open();
    draw_until(&mut window, "the seed's score", is_settled);
    let total = state(&window).card().total();
    window.get_by_label(editor::NAME).focus();
    window.step();
    window.get_by_label(editor::NAME).type_text("plate = (\n");
    draw_until(&mut window, "the draft", |state| state.session().cards.len() == 2);
    draw_until(&mut window, "the failure", is_settled);
    let failure = state(&window)
        .card()
        .failure()
        .expect("an open bracket is a failure");
    assert_eq!(failure.line, Some(1));
    window.get_by_label("gate closed · −1.00");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    draw_until(&mut window, "the restored part", |state| {
        is_settled(state) && state.card().failure().is_none()
    });
    assert_eq!(state(&window).card().total(), total);
}

#[test]
fn the_window_displays_each_step_of_a_client() {
    let mut window = open();
    draw_until(&mut window, "the seed's score", is_settled);
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
    draw_until(&mut window, "the server", listens);
    let ServingPhase::Listening(address) = state(&window).serving.phase else {
        panic!("the server listens");
    };
    let token = state(&window).serving.token.clone().unwrap();
    let (sender, messages) = std::sync::mpsc::channel::<serde_json::Value>();
    let client = std::thread::spawn(move || {
        let mut request = format!("ws://{address}/ws").into_client_request().unwrap();
        let bearer = format!("Bearer {token}").parse().unwrap();
        request.headers_mut().insert("authorization", bearer);
        let stream = std::net::TcpStream::connect(address).unwrap();
        let (mut socket, _) = tungstenite::client(request, stream).unwrap();
        let mut rewards = Vec::new();
        for message in messages {
            socket
                .send(tungstenite::Message::text(message.to_string()))
                .unwrap();
            let reply = socket.read().unwrap();
            let reply: serde_json::Value = serde_json::from_str(reply.to_text().unwrap()).unwrap();
            rewards.push(reply["data"]["reward"].as_f64().unwrap());
        }
        // The server sends a close frame when it is stopped.
        while !matches!(socket.read(), Err(_) | Ok(tungstenite::Message::Close(_))) {}
        rewards
    });
    let code = "import cadquery as cq\nfixture = cq.Workplane().box(9, 9, 9)\n";
    sender
        .send(json!({"type": "reset", "data": {"task_id": "caster_wheel_fork"}}))
        .unwrap();
    let steps = |state: &State| -> usize {
        let sessions = &state.serving.sessions;
        sessions.iter().map(|session| session.steps.len()).sum()
    };
    draw_until(&mut window, "the reset", |state| steps(state) == 1);
    sender
        .send(json!({"type": "step", "data": {"code": code}}))
        .unwrap();
    draw_until(&mut window, "the step", |state| steps(state) == 2);
    let step = Arc::clone(&state(&window).serving.sessions[0].steps[1]);
    assert_eq!((step.step, step.code.as_str()), (1, code));
    window.get_by_label_contains("session 1 step 1, ").click();
    draw_until(&mut window, "the part", |state| {
        is_settled(state) && state.card().code == code && state.card().last_shape.is_some()
    });
    drop(sender);
    window.get_by_label("Stop server").click();
    draw_until(&mut window, "the end of the server", |state| {
        state.serving.phase == ServingPhase::Off
    });
    let rewards = client.join().unwrap();
    assert_eq!(rewards[1], step.evaluation.reward.total);
    assert!(
        std::net::TcpStream::connect(address).is_err(),
        "the port is closed"
    );
}
