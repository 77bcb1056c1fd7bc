use std::sync::Arc;

use egui::{Event, Key, MouseWheelUnit, PointerButton, Pos2, TouchPhase, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use super::*;
use crate::render::testing::block;

struct ViewportHarness {
    view: Viewport,
    seed: Option<Arc<Shape>>,
    step: Option<Arc<Shape>>,
    scene: Option<Arc<crate::geometry::Scene>>,
    stale: Option<&'static str>,
    text: String,
}

fn harness(size: [f32; 2]) -> Harness<'static, ViewportHarness> {
    let harness_state = ViewportHarness {
        view: Viewport::new(None),
        seed: Some(Arc::new(block([40.0, 40.0, 4.0]))),
        step: Some(Arc::new(block([40.0, 40.0, 30.0]))),
        scene: None,
        stale: None,
        text: String::new(),
    };
    let show = |ui: &mut egui::Ui, harness_state: &mut ViewportHarness| {
        let label = ui.label("Code");
        ui.text_edit_singleline(&mut harness_state.text)
            .labelled_by(label.id);
        let panes = [
            Pane {
                title: "weak seed",
                tone: Tone::Seed,
                shape: harness_state.seed.as_ref(),
                scene: None,
                stale: None,
                remark: None,
                empty: "Choose a task",
            },
            Pane {
                title: "step 2",
                tone: Tone::Step,
                shape: harness_state.step.as_ref(),
                scene: harness_state.scene.as_ref(),
                stale: harness_state.stale,
                remark: None,
                empty: "Press Propose",
            },
        ];
        harness_state.view.show(ui, &panes);
    };
    // Steps short enough for two clicks to be a double click.
    Harness::builder()
        .with_step_dt(0.04)
        .with_size(vec2(size[0], size[1]))
        .build_ui_state(show, harness_state)
}

/// Middle of the right pane.
fn right_pane(harness: &Harness<'_, ViewportHarness>) -> Pos2 {
    harness.get_by_label("3D view of step 2").rect().center()
}

fn drag(harness: &mut Harness<'_, ViewportHarness>, button: PointerButton, from: Pos2, to: Pos2) {
    let modifiers = egui::Modifiers::NONE;
    harness.event(Event::PointerMoved(from));
    harness.event(Event::PointerButton {
        pos: from,
        button,
        pressed: true,
        modifiers,
    });
    harness.step();
    for part in 1..=4 {
        harness.event(Event::PointerMoved(from + (to - from) * (part as f32 / 4.0)));
        harness.step();
    }
    harness.event(Event::PointerButton {
        pos: to,
        button,
        pressed: false,
        modifiers,
    });
    harness.run();
}

#[test]
fn without_opengl_the_view_displays_a_message() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("weak seed");
    harness.get_by_label("step 2");
    assert_eq!(
        harness.get_all_by_label("3D view needs OpenGL").count(),
        2,
        "one in each pane"
    );
    for button in [
        "Side by side",
        "Overlay",
        "Wipe",
        "Distance",
        "to seed",
        "Section",
        "Measure",
        "Isometric",
        "Fit",
    ] {
        harness.get_by_label(button);
    }
    assert_eq!(harness.state().view.triangle_count(), 24);
    let ctx = egui::Context::default();
    let shape = harness.state().step.clone().unwrap();
    assert!(
        harness
            .state_mut()
            .view
            .thumbnail(&ctx, &shape, Tone::Step)
            .is_none()
    );
}

#[test]
fn panes_share_size_and_camera_frames_the_larger_shape() {
    let mut harness = harness([901.0, 500.0]);
    harness.run();
    let [left, right] =
        ["3D view of weak seed", "3D view of step 2"].map(|label| harness.get_by_label(label).rect());
    assert_eq!(left.size(), right.size());
    let camera = *harness.state().view.camera();
    let needed = 40.0 * std::f32::consts::SQRT_2 / 2.0;
    assert!(
        camera.half > needed,
        "half a diagonal of the plates does not fit in {}",
        camera.half
    );
    assert!((camera.target.x.abs() + camera.target.y.abs()) < 20.0);
}

#[test]
fn buttons_arrange_project_look_and_fit() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("Overlay").click();
    harness.run();
    assert_eq!(harness.state().view.layout(), Layout::Overlay);
    harness.get_by_label("3D view of weak seed and step 2");
    harness.get_by_label("Isometric").click();
    harness.run();
    harness.get_by_label("Orthographic 5").click();
    harness.run();
    assert_eq!(harness.state().view.camera().projection, Projection::Orthographic);
    harness.get_by_label("Isometric").click();
    harness.run();
    harness.get_by_label("Top 7").click();
    harness.run();
    assert_eq!(harness.state().view.camera().preset(), Some(Preset::Top));
    let fitted = *harness.state().view.camera();
    harness.state_mut().view.camera.half *= 3.0;
    harness.get_by_label("Fit").click();
    harness.run();
    assert_eq!(*harness.state().view.camera(), fitted);
}

/// Draws frames until the mesh worker has finished.
fn until(harness: &mut Harness<'_, ViewportHarness>, is_so: impl Fn(&Viewport) -> bool) {
    let start = std::time::Instant::now();
    while !is_so(&harness.state().view) {
        assert!(
            start.elapsed() < std::time::Duration::from_secs(20),
            "it did not come about"
        );
        std::thread::sleep(std::time::Duration::from_millis(2));
        harness.step();
    }
    harness.run();
}

fn click_at(harness: &mut Harness<'_, ViewportHarness>, pos: Pos2) {
    harness.event(Event::PointerMoved(pos));
    for pressed in [true, false] {
        let (button, modifiers) = (PointerButton::Primary, egui::Modifiers::NONE);
        harness.event(Event::PointerButton {
            pos,
            button,
            pressed,
            modifiers,
        });
        harness.step();
    }
    // Far enough apart not to be a double click.
    harness.run_steps(20);
}

#[test]
fn a_click_picks_and_a_second_one_measures() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("Measure").click();
    harness.run();
    let hint = harness
        .get_by_label("click a face or an edge to measure from")
        .rect();
    let view = harness.get_by_label("3D view of step 2").rect();
    // No higher than its text, at the bottom: it must not cover the part.
    assert!(hint.top() > view.bottom() - 110.0, "{hint:?} in {view:?}");
    harness.hover_at(right_pane(&harness));
    harness.key_press(Key::Num1);
    harness.run();
    // From the front the block is 40 by 30 mm around the middle of the shapes, at which the camera looks.
    let place = harness.get_by_label("3D view of step 2").rect();
    let view = &harness.state().view;
    let size = [place.width(), place.height()];
    let on = |x: f32, z: f32| {
        let [right, down] = view.camera().project(three_d::vec3(x, -20.0, z), size).unwrap();
        place.center() + vec2(right, down)
    };
    let (left, right) = (on(-20.0, 12.0), on(20.0, 12.0));
    click_at(&mut harness, left);
    until(&mut harness, |view| view.picks.len() == 1);
    harness.get_by_label("straight edge");
    harness.get_by_label("length 30 mm");
    click_at(&mut harness, right);
    until(&mut harness, |view| view.picks.len() == 2);
    harness.get_by_label("distance");
    assert!(harness.query_all_by_label("40 mm").count() >= 1);
    harness.get_by_label("Clear").click();
    harness.run();
    assert!(harness.state().view.picks.is_empty());
    harness.state_mut().step = Some(Arc::new(block([40.0, 40.0, 31.0])));
    click_at(&mut harness, left);
    until(&mut harness, |view| !view.picks.is_empty());
    harness.state_mut().step = None;
    harness.run();
    assert!(
        harness.state().view.picks.is_empty(),
        "what is not shown is not picked"
    );
}

#[test]
fn the_section_has_an_axis_a_place_and_a_side() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("Section").click();
    harness.run();
    assert_eq!(harness.state().view.section(), Some(Section::default()));
    harness.get_by_label("Z").click();
    harness.run();
    harness.get_by_label("Flip").click();
    harness.run();
    let section = harness.state().view.section().unwrap();
    assert_eq!((section.axis, section.flipped), (2, false));
    let frame = Frame::around([&block([40.0, 40.0, 30.0])]);
    assert_eq!(section.place(&frame), 15.0);
    assert_eq!(
        section.plane(&frame).height([0.0, 0.0, 20.0]),
        5.0,
        "the high side is cut away"
    );
    harness.get_by_label("Position of the section");
    harness.get_by_label("Close").click();
    harness.run();
    assert_eq!(harness.state().view.section(), None);
}

#[test]
fn a_wipe_is_moved_by_mouse_and_keys() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("Wipe").click();
    harness.run();
    let handle = harness.get_by_role_and_label(egui::Role::Slider, "Wipe");
    handle.focus();
    let at = handle.rect().center();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert!((harness.state().view.wipe - 0.55).abs() < 1e-6);
    let camera = *harness.state().view.camera();
    drag(
        &mut harness,
        PointerButton::Primary,
        at + vec2(45.0, 0.0),
        at + vec2(-180.0, 0.0),
    );
    assert!(
        (harness.state().view.wipe - 0.3).abs() < 0.02,
        "{}",
        harness.state().view.wipe
    );
    assert_eq!(*harness.state().view.camera(), camera, "the handle turns nothing");
}

#[test]
fn the_comparison_shape_is_kept() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.get_by_label("to seed").click();
    harness.run();
    harness.get_by_label("reference").click();
    harness.run();
    assert_eq!(harness.state().view.against(), CompareWith::Reference);
    harness.get_by_label("to reference");
}

#[test]
fn the_cube_turns_to_the_side_that_is_clicked() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    let cube = harness.get_by_label("View cube").rect().center();
    click_at(&mut harness, cube - vec2(0.0, 12.0));
    assert_eq!(harness.state().view.camera().preset(), Some(Preset::Top));
}

#[test]
fn the_mouse_rotates_pans_and_zooms_both_panes() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    let at = right_pane(&harness);
    let before = *harness.state().view.camera();
    drag(&mut harness, PointerButton::Primary, at, at + vec2(40.0, 20.0));
    let turned = *harness.state().view.camera();
    assert!(
        turned.elevation > before.elevation,
        "dragging down looks from higher up"
    );
    assert_ne!(turned.azimuth, before.azimuth);
    assert_eq!((turned.target, turned.half), (before.target, before.half));

    drag(&mut harness, PointerButton::Middle, at, at + vec2(40.0, 20.0));
    let moved = *harness.state().view.camera();
    assert_ne!(moved.target, turned.target);
    assert_eq!((moved.azimuth, moved.half), (turned.azimuth, turned.half));

    harness.event(Event::PointerMoved(at));
    harness.event(Event::MouseWheel {
        unit: MouseWheelUnit::Point,
        source: egui::MouseWheelSource::Wheel,
        delta: vec2(0.0, 60.0),
        phase: TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
    });
    // The wheel is smoothed over a few frames.
    harness.run_steps(20);
    assert!(
        harness.state().view.camera().half < moved.half,
        "scrolling up enlarges"
    );

    // The user's view stays when the shape changes, until a fit is requested.
    let chosen = *harness.state().view.camera();
    harness.state_mut().step = Some(Arc::new(block([90.0, 90.0, 30.0])));
    harness.run();
    assert_eq!(*harness.state().view.camera(), chosen);
    for _ in 0..2 {
        for pressed in [true, false] {
            let modifiers = egui::Modifiers::NONE;
            harness.event(Event::PointerButton {
                pos: at,
                button: PointerButton::Primary,
                pressed,
                modifiers,
            });
            harness.step();
        }
    }
    harness.run();
    assert!(harness.state().view.camera().half > 45.0, "a double click fits");
}

#[test]
fn an_untouched_view_follows_the_shapes() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    let before = *harness.state().view.camera();
    harness.state_mut().step = Some(Arc::new(block([41.0, 40.0, 30.0])));
    harness.run();
    assert_eq!(*harness.state().view.camera(), before, "no jump for a millimetre");
    harness.state_mut().step = Some(Arc::new(block([90.0, 90.0, 30.0])));
    harness.run();
    assert!(harness.state().view.camera().half > 1.5 * before.half);
}

#[test]
fn keys_work_over_the_view_but_not_while_typing() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    harness.hover_at(right_pane(&harness));
    harness.run();
    harness.key_press(Key::Num1);
    harness.run();
    assert_eq!(harness.state().view.camera().preset(), Some(Preset::Front));
    harness.key_press(Key::Num5);
    harness.run();
    assert_eq!(harness.state().view.camera().projection, Projection::Orthographic);

    let field = harness.get_by_role(egui::Role::TextInput);
    field.focus();
    harness.run();
    harness.hover_at(right_pane(&harness));
    harness.run();
    harness.key_press(Key::Num7);
    harness.run();
    assert_eq!(
        harness.state().view.camera().preset(),
        Some(Preset::Front),
        "the text field has the keys"
    );

    harness.get_by_label("3D view of step 2").focus();
    harness.run();
    let before = harness.state().view.camera().azimuth;
    harness.key_press(Key::ArrowRight);
    harness.run();
    assert_ne!(harness.state().view.camera().azimuth, before);
    assert!(
        harness
            .get_by_label("3D view of step 2")
            .accesskit_node()
            .is_focused(),
        "arrows stay in the view"
    );
}

#[test]
fn a_failure_is_displayed_over_the_last_shape() {
    let mut harness = harness([900.0, 500.0]);
    harness.state_mut().stale = Some("line 24: no method annulus");
    harness.run();
    harness.get_by_label("line 24: no method annulus");
    harness.get_by_label("3D view of step 2, not the current code");
    harness.state_mut().step = None;
    harness.run();
    harness.get_by_label("line 24: no method annulus");
    harness.get_by_label("3D view of step 2, nothing to display");
}

#[test]
fn an_idle_view_asks_for_no_repaint() {
    let mut harness = harness([900.0, 500.0]);
    harness.run();
    assert!(!harness.ctx.has_requested_repaint());
    let steps = harness.run();
    assert!(steps <= 2, "{steps} frames for nothing");
}

#[test]
fn any_size_is_drawn() {
    for size in [[1.0, 1.0], [60.0, 30.0], [200.0, 900.0], [3000.0, 40.0]] {
        let mut harness = harness(size);
        harness.run();
        let camera = harness.state().view.camera();
        assert!(
            camera.half.is_finite() && camera.half > 0.0,
            "{size:?}: {camera:?}"
        );
        assert!(camera.target.x.is_finite());
    }
}

#[test]
fn every_button_is_within_the_narrowest_view() {
    const WIDTH: f32 = 262.0;
    let mut harness = harness([WIDTH, 480.0]);
    let object = |name: &str| crate::geometry::SceneObject {
        name: Some(name.to_owned()),
        color: None,
        opacity: 1.0,
        is_scored: name == "plate",
        mesh: None,
        edges: Vec::new(),
    };
    let objects = ["pin", "rail", "plate"].map(object).into();
    harness.state_mut().scene = Some(Arc::new(crate::geometry::Scene { objects }));
    harness.run();
    for button in [
        "Side by side",
        "Objects 3",
        "to seed",
        "Section",
        "Measure",
        "Isometric",
        "Fit",
    ] {
        let rect = harness.get_by_label(button).rect();
        assert!(rect.left() >= 0.0 && rect.right() <= WIDTH, "{button} {rect:?}");
    }
    assert!(harness.query_by_label("Overlay").is_none(), "it is in a menu");
    harness.get_by_label("Side by side").click();
    harness.run();
    harness.get_by_label("Overlay").click();
    harness.run();
    assert_eq!(harness.state().view.layout(), Layout::Overlay);
}
