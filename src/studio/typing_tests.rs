//! Typing: when an edit runs, and what is displayed until its score is complete.

use std::sync::Arc;

use egui_kittest::kittest::Queryable as _;

use super::controller::{DEBOUNCE, SETTLE, TUNE};
use super::testing::{
    FakeBackend, SubmittedJob, Window, built, failed, state, tetrahedron, type_code, wait, window,
};
use crate::assess::{Assessment, Timing};
use crate::failure::Kind;

/// A window whose seed was built and meshed in this time.
fn after_a_build_of(ms: f64) -> (FakeBackend, Window) {
    let backend = FakeBackend::ready();
    let mut window = window(&backend);
    let mut assessment = built(0.5, 0.4);
    assessment.evaluation.timing = Timing {
        run_ms: ms,
        ..assessment.evaluation.timing
    };
    backend.last(|job| job.answer(assessment));
    window.run();
    (backend, window)
}

fn without_editability() -> Assessment {
    let mut assessment = built(0.8, 0.4);
    assessment.evaluation.reward.editability = None;
    assessment
}

#[test]
fn the_pause_before_a_run_follows_the_time_of_the_last_build() {
    for (ms, least, most) in [
        (10.0, 0.0, TUNE),
        (1500.0, 0.1, 0.2),
        (4000.0, DEBOUNCE - 0.05, DEBOUNCE),
    ] {
        let (backend, mut window) = after_a_build_of(ms);
        let before = backend.count();
        type_code(&mut window, "#");
        // Drawing the typed text takes two frames.
        wait(&mut window, least - 0.05);
        assert_eq!(backend.count(), before, "{ms} ms: too early");
        wait(&mut window, most - least + 0.1);
        assert_eq!(backend.count(), before + 1, "{ms} ms: too late");
    }
}

#[test]
fn a_failed_build_of_half_typed_code_is_displayed_once_typing_pauses() {
    let (backend, mut window) = after_a_build_of(10.0);
    let syntax = || failed(Kind::SyntaxClosure, "SyntaxError: '(' was never closed", 1);
    type_code(&mut window, "(");
    wait(&mut window, TUNE + 0.05);
    backend.last(|job| job.answer(syntax()));
    window.run_steps(2);
    assert!(
        state(&window).card().failure().is_none(),
        "displayed while typing"
    );
    // The next key drops it.
    type_code(&mut window, ")");
    wait(&mut window, SETTLE + 0.1);
    assert!(
        state(&window).card().failure().is_none(),
        "the failure of older code is displayed"
    );
    backend.last(|job| job.answer(built(0.7, 0.6)));
    window.run();
    assert_eq!(state(&window).card().total(), Some(0.7));

    type_code(&mut window, "(");
    wait(&mut window, TUNE + 0.05);
    backend.last(|job| job.answer(syntax()));
    wait(&mut window, SETTLE + 0.05);
    assert!(state(&window).card().failure().is_some(), "never displayed");
    window.get_by_label_contains("gate closed");
    // A failure is replaced at once, even by another one.
    type_code(&mut window, "[");
    wait(&mut window, TUNE + 0.05);
    let other = failed(Kind::SyntaxClosure, "SyntaxError: '[' was never closed", 1);
    backend.last(|job| job.answer(other));
    window.run_steps(2);
    assert!(state(&window).card().failure().unwrap().message.contains('['));
}

#[test]
fn the_score_without_editability_is_displayed_until_the_last_one_comes() {
    let (backend, mut window) = after_a_build_of(10.0);
    type_code(&mut window, "#");
    wait(&mut window, TUNE + 0.05);
    let first = without_editability().evaluation;
    backend.last(|job| job.score_without_editability(first.clone()));
    window.run_steps(2);
    assert_eq!(state(&window).card().total(), Some(0.8));
    window.get_by_label_contains("total at most 0.800");
    window.get_by_label_contains("editability being measured");
    backend.last(|job| job.answer(built(0.7, 0.6)));
    window.run();
    assert_eq!(state(&window).card().total(), Some(0.7));
    assert!(window.query_by_label_contains("at most").is_none());

    // Stopped: the number is marked as what it is.
    type_code(&mut window, "#");
    wait(&mut window, TUNE + 0.05);
    backend.last(|job| job.score_without_editability(first));
    backend.last(SubmittedJob::end_cancelled);
    window.run_steps(3);
    window.get_by_label_contains("total at most 0.800");
    window.get_by_label_contains("editability not measured");
}

#[test]
fn a_coarse_mesh_is_drawn_until_the_part_is_measured_and_never_after_a_failure() {
    let (backend, mut window) = after_a_build_of(10.0);
    let drawn = |window: &Window| state(window).card().drawn_shape().map(Arc::as_ptr);
    type_code(&mut window, "#");
    wait(&mut window, TUNE + 0.05);
    let before = drawn(&window);
    let coarse = Arc::new(tetrahedron());
    backend.last(|job| job.preview(Arc::clone(&coarse)));
    window.run_steps(2);
    assert_eq!(drawn(&window), Some(Arc::as_ptr(&coarse)));
    let assessment = built(0.7, 0.6);
    let measured = assessment.shape.clone();
    backend.last(|job| job.answer(assessment));
    window.run();
    assert_eq!(drawn(&window), measured.as_ref().map(Arc::as_ptr));
    assert_ne!(drawn(&window), before);

    // A shape that turns out to be no part: the last part is drawn again.
    type_code(&mut window, "#");
    wait(&mut window, SETTLE + 0.05);
    backend.last(|job| job.preview(coarse));
    backend.last(|job| job.answer(failed(Kind::EmptyGeometry, "no solid", 1)));
    window.run();
    assert_eq!(drawn(&window), measured.as_ref().map(Arc::as_ptr));
    window.get_by_label_contains("does not build");
}
