//! Tests of the studio's server through the user interface.

use std::sync::atomic::Ordering;

use egui_kittest::kittest::Queryable as _;

use super::command::{ControllerCommand, ServingCommand};
use super::serving::ServingPhase;
use super::testing::{FakeBackend, Window, ask, built, failed, scored, state, studio};
use crate::assess::Evaluation;
use crate::failure::Kind;
use crate::server::{HostEvent, SeenStep};

fn step(task: &str, place: u32, code: &str, evaluation: Evaluation) -> SeenStep {
    SeenStep {
        serial: 0,
        session: 0,
        episode: "e".to_owned(),
        task_id: task.to_owned(),
        step: place,
        code: code.to_owned(),
        evaluation,
        done: false,
        elapsed_ms: 12.0,
    }
}

/// A window with a listening server.
fn serving() -> (FakeBackend, Window) {
    let (backend, mut window) = scored();
    ask(&mut window, ControllerCommand::Serving(ServingCommand::Start));
    let address = "127.0.0.1:8000".parse().unwrap();
    backend.0.borrow().servers[0]
        .1
        .send(HostEvent::Listening(address))
        .unwrap();
    window.run_steps(3);
    (backend, window)
}

fn stops(backend: &FakeBackend) -> usize {
    backend.0.borrow().stops.load(Ordering::SeqCst)
}

#[test]
fn the_server_is_started_displayed_and_stopped() {
    let (backend, mut window) = scored();
    assert!(
        window.query_by_label("Start server").is_none(),
        "the panel is away"
    );
    ask(
        &mut window,
        ControllerCommand::Serving(ServingCommand::Port(8123)),
    );
    ask(&mut window, ControllerCommand::Serving(ServingCommand::Start));
    {
        let desk = backend.0.borrow();
        let (config, events) = &desk.servers[0];
        assert_eq!(config.address.to_string(), "127.0.0.1:8123");
        assert_eq!(config.token.as_ref().unwrap().len(), 32);
        assert!(!config.signals);
        events
            .send(HostEvent::Listening("127.0.0.1:8123".parse().unwrap()))
            .unwrap();
    }
    window.run_steps(3);
    window.get_by_label("127.0.0.1:8123");
    window.get_by_label(&state(&window).serving.token.clone().unwrap());
    window.get_by_label("Copy token");
    ask(&mut window, ControllerCommand::Serving(ServingCommand::Start));
    assert_eq!(backend.0.borrow().servers.len(), 1, "one is enough");
    window.get_by_label("Stop server").click();
    window.run_steps(3);
    assert_eq!(stops(&backend), 1);
    assert_eq!(state(&window).serving.phase, ServingPhase::Off);
    assert_eq!(state(&window).serving.token, None);
    window.get_by_label("Start server").click();
    window.run_steps(3);
    assert_eq!(backend.0.borrow().servers.len(), 2);
}

#[test]
fn a_used_port_is_reported_beside_its_field() {
    let (backend, mut window) = scored();
    ask(&mut window, ControllerCommand::Serving(ServingCommand::Start));
    let taken = "cannot listen on 127.0.0.1:8000: in use\nhint: choose another --port";
    backend.0.borrow().servers[0]
        .1
        .send(HostEvent::Ended(Err(taken.to_owned())))
        .unwrap();
    window.run_steps(3);
    assert_eq!(state(&window).serving.phase, ServingPhase::Off);
    window.get_by_label_contains("127.0.0.1:8000: in use · hint");
    window.get_by_label("Start server");
}

#[test]
fn a_click_on_a_clients_step_shows_its_code_and_score() {
    let (backend, mut window) = serving();
    let watched = backend.0.borrow().servers[0].0.spectator.clone().unwrap();
    let seat = watched.recorder(false);
    window.run_steps(3);
    window.get_by_label("session 1, open");
    let under_way = seat.begin();
    window.run_steps(3);
    window.get_by_label("session 1, builds…");
    under_way.scored(step("other", 0, "seed", built(0.5, 0.4).evaluation));
    let broken = failed(Kind::UndefinedName, "NameError: bax", 1).evaluation;
    seat.begin().scored(step("other", 1, "bax", broken));
    seat.begin().failed("no worker\nhint: wait");
    window.run_steps(3);
    window.get_by_label("session 1 reset, build_ok 0.500");
    window.get_by_label("no score: no worker\nhint: wait");
    assert_eq!(state(&window).session().task.id, "part");
    let jobs = backend.count();
    window
        .get_by_label("session 1 step 1, undefined_name −1.00")
        .click();
    window.run_steps(3);
    assert_eq!(state(&window).session().task.id, "other");
    assert_eq!(state(&window).card().code, "bax");
    // The client's score stays until the part is built here.
    assert_eq!(state(&window).card().failure().unwrap().kind, Kind::UndefinedName);
    // The seed of the task, which was not on screen before, is scored too.
    assert_eq!(backend.count(), jobs + 2);
    backend.job(jobs, |job| assert_eq!(job.code(), "bax"));
    backend.last(|job| assert_eq!(job.code(), "fixture = seed\n"));
    window.get_by_label("session 1 reset, build_ok 0.500").click();
    window.run_steps(3);
    assert_eq!(state(&window).card().code, "seed");
    let passing = |state: &super::state::State| {
        let cards = &state.session().cards;
        cards.iter().filter(|card| card.row.is_some()).count()
    };
    assert_eq!(passing(&state(&window)), 1, "looking through many leaves one");
    drop(seat);
    window.run_steps(3);
    window.get_by_label("session 1, closed");
}

#[test]
fn closing_asks_while_clients_are_connected_and_stops_the_server() {
    let (backend, mut window) = serving();
    let watched = backend.0.borrow().servers[0].0.spectator.clone().unwrap();
    let seat = watched.recorder(false);
    window.run_steps(3);
    assert!(!studio(&mut window).may_close());
    window.run_steps(3);
    window.get_by_label_contains("the server, with 1 open session");
    ask(&mut window, ControllerCommand::CancelQuit);
    drop(seat);
    window.run_steps(3);
    assert!(studio(&mut window).may_close());
    drop(window);
    assert_eq!(stops(&backend), 1);
}
