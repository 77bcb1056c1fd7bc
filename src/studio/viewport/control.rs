//! Mouse and keyboard control of the camera.

use egui::{EventFilter, Key, Modifiers, PointerButton, Response, Ui};

use super::modes::ViewCommand;
use super::view::{Fit, Viewport};
use crate::render::frame::Frame;
use crate::render::{Preset, Projection};

/// Rotation in radians per point of dragging.
const TURN: f32 = 0.009;

/// Rotation in radians per arrow key.
const STEP: f32 = 0.1745;

/// Logarithmic zoom per point of scrolling; a notch of a common wheel is 50 points.
const WHEEL: f32 = 0.0025;

/// Zoom factor per key press.
const KEY_ZOOM: f32 = 1.25;

/// Keys of standard views, as on the number pad of CAD programs.
pub fn key(preset: Preset) -> Option<Key> {
    match preset {
        Preset::Isometric => Some(Key::Num0),
        Preset::Front => Some(Key::Num1),
        Preset::Right => Some(Key::Num3),
        Preset::Top => Some(Key::Num7),
        Preset::Back | Preset::Left | Preset::Bottom => None,
    }
}

pub fn other(projection: Projection) -> Projection {
    match projection {
        Projection::Orthographic => Projection::Perspective,
        Projection::Perspective => Projection::Orthographic,
    }
}

/// Applies input to a pane: drags, wheel, double click, keys.
pub fn steer(viewport: &mut Viewport, ui: &Ui, response: &Response, frame: &Frame, size: [f32; 2]) {
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    if response.double_clicked() {
        viewport.act(ViewCommand::Fit);
    }
    drag(viewport, ui, response, size);
    zoom(viewport, ui, response, frame, size);

    // A focused pane receives keys; so does one under the pointer, unless another widget has text focus.
    let typing = ui.ctx().text_edit_focused();
    if response.has_focus() {
        let arrows = EventFilter {
            horizontal_arrows: true,
            vertical_arrows: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        turn_by_keys(viewport, ui);
    }
    if response.has_focus() || (response.hovered() && !typing) {
        act_by_keys(viewport, ui, frame, size);
    }
}

/// Whether focus came by Tab: a clicked pane needs no focus ring.
pub fn focus_is_from_keyboard(ui: &Ui, response: &Response) -> bool {
    let id = response.id.with("focus from keyboard");
    if response.gained_focus() {
        let pointer = ui.input(|input| input.pointer.any_down() || input.pointer.any_released());
        ui.data_mut(|data| data.insert_temp(id, !pointer));
    }
    ui.data(|data| data.get_temp(id).unwrap_or(false))
}

fn drag(viewport: &mut Viewport, ui: &Ui, response: &Response, size: [f32; 2]) {
    let delta = response.drag_delta();
    if delta == egui::Vec2::ZERO {
        return;
    }
    let shift = ui.input(|input| input.modifiers.shift);
    if response.dragged_by(PointerButton::Primary) && !shift {
        viewport.camera.orbit(-delta.x * TURN, delta.y * TURN);
    } else {
        viewport.camera.pan([delta.x, delta.y], size);
    }
    viewport.fit = Fit::Free;
}

fn zoom(viewport: &mut Viewport, ui: &Ui, response: &Response, frame: &Frame, size: [f32; 2]) {
    let Some(pointer) = response.hover_pos() else {
        return;
    };
    let (scroll, pinch) = ui.input_mut(|input| {
        // Consumed, so that no surrounding scroll area moves.
        (std::mem::take(&mut input.smooth_scroll_delta), input.zoom_delta())
    });
    let factor = (scroll.y * WHEEL).exp() * pinch;
    if factor == 1.0 {
        return;
    }
    let at = pointer - response.rect.center();
    viewport
        .camera
        .zoom(factor, [at.x, at.y], size, frame.zoom_limits());
    viewport.fit = Fit::Free;
}

fn act_by_keys(viewport: &mut Viewport, ui: &Ui, frame: &Frame, size: [f32; 2]) {
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::F) {
        viewport.act(ViewCommand::Fit);
    }
    for preset in Preset::ALL {
        if key(preset).is_some_and(pressed) {
            viewport.act(ViewCommand::Orient(preset));
        }
    }
    for (key, action) in [(Key::X, ViewCommand::Section), (Key::M, ViewCommand::Measure)] {
        if pressed(key) {
            viewport.act(action);
        }
    }
    if !viewport.picks.is_empty() && pressed(Key::Escape) {
        viewport.act(ViewCommand::ClearPicks);
    }
    if pressed(Key::Num5) {
        viewport.act(ViewCommand::Project(other(viewport.camera.projection)));
    }
    let factor = if pressed(Key::Plus) || pressed(Key::Equals) {
        KEY_ZOOM
    } else if pressed(Key::Minus) {
        1.0 / KEY_ZOOM
    } else {
        return;
    };
    viewport
        .camera
        .zoom(factor, [0.0, 0.0], size, frame.zoom_limits());
    viewport.fit = Fit::Free;
}

fn turn_by_keys(viewport: &mut Viewport, ui: &Ui) {
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let steps = [
        (Key::ArrowLeft, [-STEP, 0.0]),
        (Key::ArrowRight, [STEP, 0.0]),
        (Key::ArrowUp, [0.0, STEP]),
        (Key::ArrowDown, [0.0, -STEP]),
    ];
    for (key, [azimuth, elevation]) in steps {
        if pressed(key) {
            viewport.camera.orbit(azimuth, elevation);
            viewport.fit = Fit::Free;
        }
    }
}
