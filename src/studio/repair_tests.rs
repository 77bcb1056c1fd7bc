//! Tests of repairs in the window: single steps, loops, the selection of their steps.

use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable as _;

use super::editor;
use super::state::Activity;
use super::testing::{FakeBackend, SubmittedJob, Window, built, scored, state, step, type_code};
use crate::engine::{ProposerConfig, RepairProgress};
use crate::repair::RepairSummary;

fn finish_loop(backend: &FakeBackend, index: usize, reached: bool) {
    let summary = RepairSummary {
        steps: index + 1,
        best: index,
        delta_reward: 0.3,
        reached,
        trajectory: None,
    };
    backend.last(|job| job.finish(summary));
}

#[test]
fn propose_runs_one_step_from_the_selected_one() {
    let (backend, mut window) = scored();
    window.get_by_label("Propose").click();
    window.run_steps(2);
    backend.last(|job| {
        let repair = job.repair();
        assert_eq!((repair.max_steps, repair.from.as_deref()), (1, None));
        job.start();
        job.progress(step(0, "fixture = seed\n", built(0.5, 0.4)));
        job.progress(RepairProgress::Proposing { step: 1 });
        job.progress(step(1, "fixture = one\n", built(0.7, 0.6)));
    });
    finish_loop(&backend, 1, false);
    window.run();
    assert_eq!(state(&window).card().code, "fixture = one\n");
    window.get_by_label("1 · replay, 0.700");
    window.get_by_label("total 0.700, +0.200 vs seed");

    window.get_by_label("Propose").click();
    window.run_steps(2);
    backend.last(|job| {
        let repair = job.repair();
        assert_eq!(repair.from.as_deref(), Some(&b"fixture = one\n"[..]));
        assert_eq!(
            repair.proposer,
            ProposerConfig::Replay {
                recording: Some("guided".to_owned()),
                skip: 1,
                paced: true,
            }
        );
    });
}

#[test]
fn a_loop_runs_by_keys_and_stops_by_its_button() {
    let (backend, mut window) = scored();
    window.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::Enter);
    window.run_steps(3);
    backend.last(|job| {
        assert_eq!(job.repair().max_steps, 12);
        job.start();
        job.progress(RepairProgress::Proposing { step: 1 });
    });
    window.run_steps(2);
    assert_eq!(state(&window).session().cards.len(), 2);
    window.get_by_label("Stop").click();
    window.run();
    assert!(backend.last(SubmittedJob::is_cancelled));
    assert!(state(&window).sessions.running.is_empty());
    assert_eq!(
        state(&window).session().cards.len(),
        1,
        "a proposal without code goes"
    );
    assert_eq!(state(&window).card().activity, Activity::Idle);
}

#[test]
fn a_loop_does_not_move_the_selection_of_another_step() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    window.get_by_label("seed, 0.500").click();
    window.run();
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    let draft = state(&window).session().cards[1].id;
    window.get_by_label_contains("edited, ").click();
    window.run_steps(2);
    backend.last_repair(|job| job.progress(step(1, "fixture = one\n", built(0.7, 0.6))));
    window.run_steps(2);
    assert_eq!(
        state(&window).session().cards.len(),
        3,
        "its step is on the timeline"
    );
    assert_eq!(state(&window).card().id, draft);
}

#[test]
fn selecting_a_step_loads_its_code_into_the_editor() {
    let (backend, mut window) = scored();
    window.get_by_label("Run loop").click();
    window.run_steps(2);
    backend.last(|job| job.progress(step(1, "fixture = one\n", built(0.7, 0.6))));
    finish_loop(&backend, 1, false);
    window.run();
    let shown = |window: &Window| window.get_by_label(editor::NAME).value().unwrap();
    assert_eq!(shown(&window), "fixture = one\n");
    window.get_by_label("seed, 0.500").click();
    window.run();
    assert_eq!(shown(&window), "fixture = seed\n");
    window.key_press_modifiers(Modifiers::ALT, Key::ArrowRight);
    window.run();
    assert_eq!(shown(&window), "fixture = one\n");
    window.get_by_label("Reset to seed").click();
    window.run();
    assert_eq!(state(&window).session().cards.len(), 1);
}
