//! Tests of the window, which find widgets by name.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::Opened;
use super::controller::{DEBOUNCE, SETTLE};
use super::editor;
use super::environment::testing::recipe_in;
use super::panels::json_tree;
use super::testing::{
    FakeBackend, SubmittedJob, built, failed, scored, state, step, studio, type_code, until, wait, window,
};
use crate::assess::Versions;
use crate::engine::RepairProgress;
use crate::executor::Priority;
use crate::failure::Kind;
use crate::reward::{Mode, Profile};
use crate::trajectory::{GroupPlace, Header, MalformedStep, Origin, Trajectory};

#[test]
fn the_seed_is_scored_at_once_and_its_total_shows() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    assert_eq!(backend.count(), 1);
    assert_eq!(backend.last(SubmittedJob::code), "fixture = seed\n");
    assert_eq!(backend.last(|job| job.assess().priority), Priority::Live);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    window.get_by_label("total 0.500");
    window.get_by_label("seed, 0.500");
    window.get_by_label("contact 0.40");
}

#[test]
fn exceeding_the_box_has_its_own_bar() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let mut assessment = built(0.3, 0.9);
    let details = serde_json::json!({
        "soundness": {"valid": true, "closed": true, "loose": 0, "volume_mm3": 1.0, "own_overlap": 0.0, "inverted": 0.0},
        "assembly": {"solids": 1, "asked": null, "groups": 1, "main_share": 1.0, "overlap": 0.0},
        "pose": {"turned": false, "moved": false, "scale": 1.0, "likeness": 1.0},
        "fit": {"over": 0.4, "axis": "z", "factor": 0.53},
        "checks": null, "likeness": null, "responses": null, "cost": null,
    });
    assessment.evaluation.details.grounded = Some(serde_json::from_value(details).unwrap());
    backend.last(|job| job.answer(assessment));
    window.run();
    window.get_by_label("fit 0.53");
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(built(0.5, 0.9)));
    window.run();
    assert!(
        window.query_by_label_contains("fit ").is_none(),
        "where all is in the box"
    );
}

#[test]
fn a_task_is_shown_by_a_click_and_keeps_its_session() {
    let (backend, mut window) = scored();
    window.get_by_label("Other part").click();
    window.run();
    assert_eq!(state(&window).session().task.id, "other");
    assert_eq!(
        backend.count(),
        2,
        "the other seed is scored when it is first shown"
    );
    window.get_by_label("First part").click();
    window.run();
    assert_eq!(backend.count(), 2, "a scored seed is not scored again");
    window.get_by_label("total 0.500");
}

#[test]
fn a_pause_in_typing_starts_a_run_of_a_draft_and_leaves_the_seed_alone() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    assert_eq!(backend.count(), 1, "nothing runs while the pause lasts");
    wait(&mut window, DEBOUNCE + 0.1);
    assert_eq!(backend.count(), 2);
    assert!(backend.last(SubmittedJob::code).contains('#'));
    let session = state(&window).session();
    assert_eq!(session.seed().code, "fixture = seed\n");
    assert_eq!(session.card().origin, Origin::Hand);
    window.get_by_label("edited, not scored");
}

#[test]
fn a_superseded_run_is_cancelled_and_its_result_dropped() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    type_code(&mut window, "!");
    assert!(backend.job(1, SubmittedJob::is_cancelled));
    wait(&mut window, DEBOUNCE + 0.1);
    assert_eq!(backend.count(), 3);
    assert_eq!(
        state(&window).session().cards.len(),
        2,
        "one draft, however often it is edited"
    );
    backend.job(1, |job| job.answer(built(0.11, 0.1)));
    backend.job(2, |job| job.answer(built(0.77, 0.7)));
    window.run();
    assert_eq!(state(&window).card().total(), Some(0.77));
    backend.job(1, |job| job.answer(built(0.11, 0.1)));
    window.run();
    assert_eq!(state(&window).card().total(), Some(0.77));
}

#[test]
fn a_failure_closes_the_gate_marks_the_line_and_keeps_the_last_shape() {
    let (backend, mut window) = scored();
    type_code(&mut window, "(");
    wait(&mut window, SETTLE + 0.1);
    backend.last(|job| job.answer(failed(Kind::SyntaxClosure, "'(' was never closed", 1)));
    window.run();
    window.get_by_label("gate closed · −1.00");
    window.get_by_label("syntax_closure · line 1");
    window.get_by_label("line 1: '(' was never closed");
    window.get_by_label("contact not scored");
    window.get_by_label("last successful build: seed at 0.500");
    assert!(window.query_by_label_contains("total 0.5").is_none());
    assert!(state(&window).card().last_shape.is_some());
    // The smallest fix restores everything.
    window.key_press(Key::Backspace);
    window.run();
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(built(0.5, 0.4)));
    window.run();
    assert!(window.query_by_label("gate closed · −1.00").is_none());
    window.get_by_label("total 0.500, 0.000 vs seed");
}

#[test]
fn undo_leads_back_to_the_code_of_the_step() {
    let (_standin, mut window) = scored();
    type_code(&mut window, "#");
    assert_ne!(state(&window).card().code, "fixture = seed\n");
    window.key_press_modifiers(Modifiers::COMMAND, Key::Z);
    window.run();
    assert_eq!(state(&window).card().code, "fixture = seed\n");
}

#[test]
fn enter_and_tab_keep_their_order_among_other_keys() {
    let (_standin, mut window) = scored();
    window.get_by_label(editor::NAME).focus();
    window.run();
    window.key_press_modifiers(Modifiers::COMMAND, Key::A);
    window.run();
    window.event(egui::Event::Text("def f():".to_owned()));
    window.key_press(Key::Enter);
    window.event(egui::Event::Text("return 1".to_owned()));
    window.key_press(Key::Enter);
    window.event(egui::Event::Text("x".to_owned()));
    window.run();
    assert_eq!(state(&window).card().code, "def f():\n    return 1\nx");
}

#[test]
fn another_mode_scores_every_step_again() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(built(0.6, 0.5)));
    window.run();
    window.get_by_label("Mode").click();
    window.run();
    window.get_by_label("fast").click();
    window.run_steps(2);
    assert_eq!(backend.count(), 4);
    for index in [2, 3] {
        assert_eq!(backend.job(index, |job| job.assess().scoring.mode), Mode::Fast);
    }
}

#[test]
fn an_internal_error_is_reported_with_a_hint_and_not_scored() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let message = "no worker: python is missing\nhint: run make env".to_owned();
    backend.last(|job| {
        job.fail(&message, false);
    });
    window.run();
    assert_eq!(state(&window).card().total(), None);
    window.get_by_label("not scored");
    window.get_by_label("run make env");
    assert!(
        window.query_by_label("Set up Python").is_none(),
        "nothing here could make one"
    );
    assert!(window.query_by_label_contains("−1").is_none());
    window.get_by_label("Try again").click();
    window.run_steps(2);
    assert_eq!(backend.count(), 2);
}

#[test]
fn a_pool_error_shows_a_banner_until_workers_are_ready() {
    let backend = FakeBackend::default();
    backend.0.borrow_mut().pool.error = Some("cannot start cadforge-worker".to_owned());
    let mut window = window(&backend);
    window.get_by_label("Copy message");
    window.get_by_label_contains("cadforge doctor");
    let mut log = backend.0.borrow_mut();
    log.pool.error = None;
    log.pool.ready = 1;
    drop(log);
    window.run();
    assert!(window.query_by_label("Copy message").is_none());
}

#[test]
fn a_missing_python_is_set_up_by_one_click_and_the_seed_scored() {
    let root = tempfile::tempdir().unwrap();
    let recipe = recipe_in(root.path(), "mkdir \"$2\"");
    let folder = recipe.folder.clone();
    let backend = FakeBackend::default();
    let broken = "there is no Python environment\nhint: make env".to_owned();
    backend.0.borrow_mut().pool.error = Some(broken.clone());
    let mut window = window(&backend);
    studio(&mut window).setup_mut().recipe = Some(recipe);
    backend.last(|job| {
        job.fail(&broken, false);
    });
    window.run();
    window.get_by_label("Set up Python").click();
    until(&mut window, "the environment", |_| folder.is_dir());
    until(&mut window, "another try", |state| {
        state.messages.notice.is_none()
    });
    assert_eq!(backend.count(), 2, "the seed is scored again");
    assert!(window.query_by_label("Set up Python").is_none());
}

#[test]
fn a_failed_python_set_up_stays_on_screen() {
    let root = tempfile::tempdir().unwrap();
    let recipe = recipe_in(root.path(), "echo 'no network' >&2; exit 1");
    let backend = FakeBackend::default();
    backend.0.borrow_mut().pool.error = Some("there is no Python environment".to_owned());
    let mut window = window(&backend);
    studio(&mut window).setup_mut().recipe = Some(recipe);
    window.run();
    window.get_by_label("Set up Python").click();
    until(&mut window, "what went wrong", |state| {
        let notice = state.messages.notice.as_ref();
        notice.is_some_and(|notice| notice.text.ends_with("no network"))
    });
    window.run_steps(3);
    window.get_by_label("Set up Python");
}

#[test]
fn a_cold_start_displays_progress_while_the_editor_works() {
    let backend = FakeBackend::default();
    backend.0.borrow_mut().pool.starting = 1;
    let mut window = window(&backend);
    window.get_by_label_contains("loading CadQuery…");
    type_code(&mut window, "#");
    assert!(state(&window).card().code.contains('#'));
}

#[test]
fn the_json_is_searched_and_copied() {
    let (_standin, mut window) = scored();
    window.get_by_label(json_tree::SEARCH).focus();
    window.run();
    window.get_by_label(json_tree::SEARCH).type_text("silhouette");
    window.run();
    window.get_by_label("silhouette 0.4");
    assert!(window.query_by_label("topology 0.4").is_none());
    window.get_by_label("Copy reward JSON").click();
    let copied = (0..4).find_map(|_| {
        window.step();
        let commands = &window.output().platform_output.commands;
        commands.iter().find_map(|command| match command {
            egui::OutputCommand::CopyText(text) => Some(text.clone()),
            _ => None,
        })
    });
    let json: serde_json::Value = serde_json::from_str(&copied.expect("something was copied")).unwrap();
    assert_eq!(json["reward"]["total"], 0.5);
}

#[test]
fn a_file_is_opened_as_a_card_and_saved_in_place() {
    let (backend, mut window) = scored();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("mine.py");
    std::fs::write(&path, "fixture = mine\n").unwrap();
    window
        .state_mut()
        .as_mut()
        .unwrap()
        .open(Opened::File(path.clone()));
    while state(&window).session().cards.len() == 1 {
        window.step();
    }
    window.run_steps(3);
    window.get_by_label("mine.py, not scored");
    assert_eq!(backend.last(SubmittedJob::code), "fixture = mine\n");
    // The focus has moved to the field of the file.
    window.event(egui::Event::Text("#".to_owned()));
    window.run();
    assert!(state(&window).card().unsaved());
    window.key_press_modifiers(Modifiers::COMMAND, Key::S);
    while state(&window).card().unsaved() {
        window.step();
    }
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        state(&window).card().code
    );
}

#[test]
fn an_idle_window_asks_for_no_frame() {
    let (_standin, mut window) = scored();
    window.run();
    let delay = window.output().viewport_output[&egui::ViewportId::ROOT].repaint_delay;
    assert_eq!(delay, std::time::Duration::MAX);
}

#[test]
fn a_trajectory_is_displayed_and_scored_again() {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let recorded = |event: RepairProgress| match event {
        RepairProgress::Step(step, _) => *step,
        other => panic!("{other:?}"),
    };
    let mut steps = vec![
        recorded(step(0, "fixture = seed\n", built(0.5, 0.4))),
        recorded(step(
            1,
            "fixture = broken\n",
            failed(Kind::UndefinedName, "NameError", 1),
        )),
        recorded(step(2, "fixture = better\n", built(0.9, 0.8))),
    ];
    // Both are proposals for one prompt.
    for (step, score, advantage) in [(1, -0.9, -0.7), (2, 0.9, 0.7)] {
        steps[step].parent = Some(0);
        steps[step].proposal.as_mut().unwrap().group = Some(GroupPlace {
            group_id: 1,
            size: 2,
            score,
            group_mean: 0.0,
            group_std: 1.27,
            advantage,
        });
    }
    let header = Header {
        format: 1,
        task_id: "other".to_owned(),
        profile: Profile::CadforgeV1,
        mode: Mode::Fast,
        proposer: "replay".to_owned(),
        versions: Versions::default(),
    };
    let malformed_lines = vec![MalformedStep {
        line: 5,
        message: "cut off".to_owned(),
    }];
    let trajectory = Trajectory {
        dir: "runs/7".into(),
        header,
        steps,
        malformed_lines,
    };
    let before = backend.count();
    let studio = window.state_mut().as_mut().unwrap();
    studio.open(Opened::Trajectory(Box::new(trajectory)));
    window.run();
    assert_eq!(state(&window).session().task.id, "other");
    assert_eq!(state(&window).sessions.scoring.mode, Mode::Fast);
    let codes: Vec<_> = state(&window)
        .session()
        .cards
        .iter()
        .map(|card| card.code.as_str())
        .collect();
    assert_eq!(
        codes,
        ["fixture = seed\n", "fixture = broken\n", "fixture = better\n"]
    );
    assert_eq!(state(&window).card().code, "fixture = better\n");
    assert_eq!(
        backend.count() - before,
        3,
        "the seed is taken as the task's own; each step is scored once"
    );
    let group = state(&window).session().group();
    assert_eq!(group.map(|group| group.len()), Some(2));
    // In the banner and in the log.
    assert!(window.query_all_by_label_contains("line 5: cut off").count() > 0);
}
