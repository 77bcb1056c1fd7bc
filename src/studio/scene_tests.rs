//! Tests of scenes: the list of objects, and the part before its score.

use std::sync::Arc;

use egui::accesskit::Toggled;
use egui_kittest::kittest::{NodeT as _, Queryable as _};

use super::controller::{DEBOUNCE, SETTLE};
use super::testing::{
    FakeBackend, SubmittedJob, Window, built, failed, scored, state, step, studio, type_code, wait,
};
use super::viewport::{Layout, ViewCommand};
use crate::assess::{Assessment, Built};
use crate::engine::RepairProgress;
use crate::executor::Priority;
use crate::failure::Kind;
use crate::geometry::{Scene, SceneObject, TriMesh};
use crate::repair::RepairSummary;

fn object(name: Option<&str>, color: Option<[f32; 3]>, is_scored: bool, mesh: &TriMesh) -> SceneObject {
    SceneObject {
        name: name.map(str::to_owned),
        color,
        opacity: if is_scored { 1.0 } else { 0.4 },
        is_scored,
        mesh: Some(mesh.clone()),
        edges: Vec::new(),
    }
}

/// A red lid without a name beside a scored bracket.
fn two_objects() -> Assessment {
    let mut assessment = built(0.7, 0.6);
    let mesh = &assessment.shape.as_ref().unwrap().mesh;
    assessment.scene = Some(Arc::new(Scene {
        objects: vec![
            object(Some("bracket"), None, true, mesh),
            object(None, Some([1.0, 0.0, 0.0]), false, mesh),
        ],
    }));
    assessment
}

fn before_scoring(assessment: &Assessment) -> Built {
    Built {
        shape: Arc::clone(assessment.shape.as_ref().unwrap()),
        scene: assessment.scene.clone(),
    }
}

fn drawn(window: &mut Window) -> Vec<String> {
    let seen = studio(window).viewport_mut().seen_objects();
    seen.into_iter().map(str::to_owned).collect()
}

fn is_on(window: &Window, label: &str) -> bool {
    let node = window.get_by_label(label);
    node.accesskit_node().toggled() == Some(Toggled::True)
}

/// A window with an edit on screen that displays two objects.
fn shown() -> (FakeBackend, Window) {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(two_objects()));
    window.run();
    (backend, window)
}

#[test]
fn objects_are_listed_with_the_scored_one_marked_and_can_be_hidden() {
    let (_standin, mut window) = shown();
    window.get_by_label("Objects 2").click();
    window.run();
    assert!(is_on(&window, "bracket, scored"));
    assert!(is_on(&window, "object 2"), "one without a name has its number");
    window.get_by_label("object 2").click();
    window.run();
    assert!(!is_on(&window, "object 2"));
    assert!(is_on(&window, "bracket, scored"));
    window.get_by_label("Objects 1/2");
    window.get_by_label("Show all").click();
    window.run();
    assert!(is_on(&window, "object 2"));
    window.get_by_label("Show only the scored object").click();
    window.run();
    assert!(!is_on(&window, "object 2"));
    assert!(is_on(&window, "bracket, scored"));
}

#[test]
fn hidden_objects_stay_hidden_when_the_script_runs_again() {
    let (backend, mut window) = shown();
    studio(&mut window).viewport_mut().act(ViewCommand::ScoredObject);
    window.run();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(two_objects()));
    window.run();
    window.get_by_label("Objects 1/2");
}

#[test]
fn without_a_scene_there_is_no_list() {
    let (backend, mut window) = shown();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(built(0.7, 0.6)));
    window.run();
    assert!(window.query_by_label_contains("Objects").is_none());
}

#[test]
fn hidden_objects_are_not_drawn_and_comparisons_use_the_scored_object() {
    let (_standin, mut window) = shown();
    assert_eq!(drawn(&mut window), ["bracket", "object 2"]);
    studio(&mut window).viewport_mut().act(ViewCommand::ScoredObject);
    window.run();
    assert_eq!(drawn(&mut window), ["bracket"]);
    studio(&mut window).viewport_mut().act(ViewCommand::AllObjects);
    studio(&mut window)
        .viewport_mut()
        .act(ViewCommand::Arrange(Layout::Overlay));
    window.run();
    assert!(drawn(&mut window).is_empty(), "the shape itself is drawn");
}

#[test]
fn a_part_is_displayed_before_its_score() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    let assessment = two_objects();
    backend.last(|job| {
        job.start();
        job.build(before_scoring(&assessment));
    });
    window.run();
    let card = state(&window).card();
    let shape = card.last_shape.as_ref().unwrap();
    assert!(Arc::ptr_eq(shape, assessment.shape.as_ref().unwrap()));
    assert_eq!((card.total(), card.is_being_scored()), (None, true));
    window.get_by_label("Objects 2");
    assert!(window.get_all_by_label("scoring…").count() > 0);
    backend.last(|job| job.answer(assessment));
    window.run();
    assert!(window.query_all_by_label("scoring…").next().is_none());
    window.get_by_label("total 0.700, +0.200 vs seed");
    assert!(!state(&window).card().is_being_scored());
}

#[test]
fn an_edit_drops_the_running_build_and_its_score() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    let before = state(&window).card().last_shape.clone();
    let job = backend.count() - 1;
    type_code(&mut window, "!");
    wait(&mut window, DEBOUNCE + 0.1);
    assert!(backend.job(job, SubmittedJob::is_cancelled));
    let assessment = two_objects();
    backend.job(job, |job| {
        job.build(before_scoring(&assessment));
        job.answer(assessment);
    });
    window.run();
    let card = state(&window).card();
    let same = card.last_shape.as_ref().zip(before.as_ref());
    assert!(same.is_some_and(|(shape, before)| Arc::ptr_eq(shape, before)));
    assert_eq!((card.total(), card.is_being_scored()), (None, false));
    assert!(window.query_by_label_contains("Objects").is_none());
}

#[test]
fn a_new_build_is_not_marked_with_the_previous_failure() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, SETTLE + 0.1);
    backend.last(|job| job.answer(failed(Kind::SyntaxClosure, "'(' was never closed", 2)));
    window.run();
    let message = "does not build: line 2: '(' was never closed";
    window.get_by_label(message);
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.build(before_scoring(&two_objects())));
    window.run();
    assert!(
        window.query_by_label(message).is_none(),
        "that was the code before"
    );
    // The next edit fails again: the part stays, marked as old.
    type_code(&mut window, "#");
    wait(&mut window, SETTLE + 0.1);
    backend.last(|job| job.answer(failed(Kind::SyntaxClosure, "'(' was never closed", 2)));
    window.run();
    window.get_by_label(message);
}

#[test]
fn selecting_a_step_of_a_batch_requests_its_scene() {
    let (backend, mut window) = scored();
    window.get_by_label("Propose").click();
    window.run_steps(2);
    let code = "fixture = one\nshow_object(fixture)\n";
    backend.last(|job| {
        job.progress(step(0, "fixture = seed\n", built(0.5, 0.4)));
        job.progress(RepairProgress::Proposing { step: 1 });
        job.progress(step(1, code, built(0.7, 0.6)));
        job.finish(RepairSummary {
            steps: 2,
            best: 1,
            delta_reward: 0.2,
            reached: false,
            trajectory: None,
        });
    });
    let count = backend.count();
    window.run();
    assert_eq!(
        backend.count(),
        count + 1,
        "requested once, for the step and not for the seed"
    );
    assert_eq!(backend.last(SubmittedJob::code), code);
    assert_eq!(backend.last(|job| job.assess().priority), Priority::Live);
    backend.last(|job| job.answer(two_objects()));
    window.run();
    window.get_by_label("Objects 2");
    assert_eq!(
        state(&window).card().total(),
        Some(0.7),
        "its score is what it was"
    );
    assert_eq!(backend.count(), count + 1);
}

/// Result of a script that only exports its part.
fn export_only() -> Assessment {
    let message = "the code ran but left nothing to score: `r` was only written to a file, on line 5; bind it: `fixture = r`";
    Assessment {
        unscored: built(0.7, 0.6).shape,
        ..failed(Kind::MissingFixture, message, 5)
    }
}

const NOT_SCORED: &str =
    "displayed, not scored: `r` was only written to a file, on line 5; bind it: `fixture = r`";

#[test]
fn an_exported_part_is_displayed_as_not_scored() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    let assessment = export_only();
    let part = assessment.unscored.clone().unwrap();
    backend.last(|job| job.answer(assessment));
    window.run();
    let card = state(&window).card();
    assert!(
        card.last_shape
            .as_ref()
            .is_some_and(|shape| Arc::ptr_eq(shape, &part))
    );
    assert_eq!((card.total(), card.last_total), (Some(-1.0), None));
    window.get_by_label(NOT_SCORED);
    assert!(
        window.query_by_label_contains("does not build: ").is_none(),
        "it is what the code says"
    );
    window.get_by_label("3D view of edited");
}

#[test]
fn an_exported_part_is_marked_old_once_the_code_fails() {
    let (backend, mut window) = scored();
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(export_only()));
    window.run();
    type_code(&mut window, "#");
    wait(&mut window, SETTLE + 0.1);
    backend.last(|job| job.answer(failed(Kind::SyntaxClosure, "'(' was never closed", 2)));
    window.run();
    assert!(window.query_by_label(NOT_SCORED).is_none());
    window.get_by_label("does not build: line 2: '(' was never closed");
    // A scored part replaces it.
    type_code(&mut window, "#");
    wait(&mut window, DEBOUNCE + 0.1);
    backend.last(|job| job.answer(built(0.7, 0.6)));
    window.run();
    assert!(window.query_by_label_contains("does not build: ").is_none());
    assert_eq!(state(&window).card().total(), Some(0.7));
}

#[test]
fn a_narrow_window_shows_the_title_and_the_object_list() {
    let (_standin, mut window) = shown();
    window.get_by_label("Reset to seed");
    window.set_size(egui::vec2(900.0, 600.0));
    window.run_steps(3);
    assert!(
        window.query_by_label("Reset to seed").is_none(),
        "it is in the menu"
    );
    let view = window.get_by_label_contains("3D view of edited").rect();
    let list = window.get_by_label("Objects 2").rect();
    assert!(list.right() <= view.right(), "{list:?} {view:?}");
}
