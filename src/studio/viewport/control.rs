//! How mouse and keyboard move the camera.

use egui::{EventFilter, Key, Modifiers, PointerButton, Response, Ui};

use super::{Fit, Layout, Viewport};
use crate::render::frame::Frame;
use crate::render::{Preset, Projection};

/// Something the view can do, by button, key or menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Bring everything into view.
    Fit,
    /// Look from a standard direction, and fit.
    Look(Preset),
    /// Change the projection.
    Project(Projection),
    /// Change the arrangement of panes.
    Arrange(Layout),
}

/// Radians that a point of dragging turns the camera.
const TURN: f32 = 0.009;

/// Radians that an arrow key turns the camera.
const STEP: f32 = 0.1745;

/// Enlargement of a point of scrolling, as a logarithm; a notch of a common wheel is 50 points.
const WHEEL: f32 = 0.0025;

/// Enlargement of a key press.
const KEY_ZOOM: f32 = 1.25;

/// The keys of standard views, as CAD programs have them on the number block.
pub fn key(preset: Preset) -> Option<Key> {
    match preset {
        Preset::Isometric => Some(Key::Num0),
        Preset::Front => Some(Key::Num1),
        Preset::Right => Some(Key::Num3),
        Preset::Top => Some(Key::Num7),
        Preset::Back | Preset::Left | Preset::Bottom => None,
    }
}

/// The other projection.
pub fn other(projection: Projection) -> Projection {
    match projection {
        Projection::Orthographic => Projection::Perspective,
        Projection::Perspective => Projection::Orthographic,
    }
}

/// Applies what happened to a pane: drags, wheel, double click, keys.
pub fn steer(viewport: &mut Viewport, ui: &Ui, response: &Response, frame: &Frame, size: [f32; 2]) {
    if response.clicked() || response.drag_started() {
        response.request_focus();
    }
    if response.double_clicked() {
        viewport.act(Action::Fit);
    }
    drag(viewport, ui, response, size);
    zoom(viewport, ui, response, frame, size);

    // A focused pane takes keys; one under the mouse does too, unless someone is typing elsewhere.
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

/// Whether focus came by Tab: a click needs no ring to say where it was.
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
        // Taken, so that no scroll area around the view moves with it.
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
        viewport.act(Action::Fit);
    }
    for preset in Preset::ALL {
        if key(preset).is_some_and(pressed) {
            viewport.act(Action::Look(preset));
        }
    }
    if pressed(Key::Num5) {
        viewport.act(Action::Project(other(viewport.camera.projection)));
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
