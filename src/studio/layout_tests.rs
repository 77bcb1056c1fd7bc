//! Tests of the arrangement of panels.

use egui_kittest::kittest::Queryable as _;

use super::command::WindowCommand;
use super::dock::PanelKind;
use super::testing::{FakeBackend, ask, scored, studio, window};

#[test]
fn a_panel_is_hidden_by_its_header_and_shown_from_the_menu() {
    let (_standin, mut window) = scored();
    window.get_by_label("Console").click();
    window.run_steps(3);
    window.get_by_label("Copy console");
    ask(&mut window, WindowCommand::TogglePanel(PanelKind::Console));
    assert!(window.query_by_label("Copy console").is_none());
    ask(&mut window, WindowCommand::TogglePanel(PanelKind::Console));
    window.get_by_label("Copy console");
    window.get_by_label("Panel Reward").click_secondary();
    window.run_steps(3);
    window.get_by_label("Hide reward").click();
    window.run_steps(3);
    assert!(window.query_by_label("total 0.500").is_none());
    ask(&mut window, WindowCommand::ResetLayout);
    window.get_by_label("total 0.500");
}

#[test]
fn the_layout_is_restored_in_the_next_window() {
    let dir = tempfile::tempdir().unwrap();
    let remembering = || {
        let mut window = window(&FakeBackend::ready());
        let ctx = window.ctx.clone();
        studio(&mut window).open_session_store(&ctx, dir.path(), true);
        window.run_steps(3);
        window
    };
    let mut first = remembering();
    ask(&mut first, WindowCommand::TogglePanel(PanelKind::Timeline));
    // Window time advances with frames: the change is saved after a pause.
    first.run_steps(60);
    drop(first);
    let second = remembering();
    assert!(second.query_by_label("Panel Timeline").is_none());
    second.get_by_label("Panel Reward");
}

#[test]
fn one_click_shows_all_hidden_panels() {
    let (_standin, mut window) = scored();
    for kind in PanelKind::ALL {
        if !matches!(kind, PanelKind::Rows | PanelKind::Runs | PanelKind::Server) {
            ask(&mut window, WindowCommand::TogglePanel(kind));
        }
    }
    window.get_by_label("All panels are hidden.");
    window.get_by_label("Reset layout").click();
    window.run_steps(3);
    window.get_by_label("total 0.500");
}

#[test]
fn dragging_a_header_moves_its_panel() {
    let (_standin, mut window) = scored();
    let from = window.get_by_label("Panel Timeline").rect().center();
    let column = window.get_by_label("Panel Reward").rect();
    let to = column.center_bottom() + egui::vec2(0.0, 420.0);
    let button = |pos, pressed| egui::Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: egui::Modifiers::NONE,
    };
    assert!(from.x < column.left());
    window.event(egui::Event::PointerMoved(from));
    window.step();
    window.event(button(from, true));
    window.step();
    for share in 1..=6 {
        window.event(egui::Event::PointerMoved(from.lerp(to, share as f32 / 6.0)));
        window.step();
    }
    window.event(button(to, false));
    window.run_steps(5);
    let there = window.get_by_label("Panel Timeline").rect();
    assert!(
        there.left() >= column.left() - 1.0,
        "{there} is not below {column}"
    );
    ask(&mut window, WindowCommand::ResetLayout);
    assert!(window.get_by_label("Panel Timeline").rect().left() < column.left());
}
