//! Mouse and keyboard control of the camera.

use egui::{EventFilter, Key, Modifiers, PointerButton, Response, Ui};
use serde::{Deserialize, Serialize};

use super::{Fit, Viewport};
use crate::geometry::section::Plane;
use crate::render::frame::Frame;
use crate::render::{DrawStyle, Preset, Projection};

/// Actions of the view, by button, key or menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Fit everything into view.
    Fit,
    /// View from a standard direction, and fit.
    Orient(Preset),
    /// Change the projection.
    Project(Projection),
    /// Change the arrangement of panes.
    Arrange(Layout),
    /// Change the shape compared with.
    CompareWith(CompareWith),
    /// Change the drawing style.
    SetDrawStyle(DrawStyle),
    /// Toggle the section plane.
    Section,
    /// Toggle measuring between two picks.
    Measure,
    /// Clear the picks.
    ClearPicks,
    /// Show all objects of the script.
    AllObjects,
    /// Show only the scored object.
    ScoredObject,
}

/// Arrangements of panes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// Side by side.
    #[default]
    SideBySide,
    /// Superimposed: the last shape opaque, the others transparent.
    Overlay,
    /// Superimposed, the first left of a handle and the last right of it.
    Wipe,
    /// Side by side, coloured by their distance from each other.
    Distance,
}

impl Layout {
    /// All layouts in the order of buttons.
    pub const ALL: [Self; 4] = [Self::SideBySide, Self::Overlay, Self::Wipe, Self::Distance];

    /// Label of the button.
    pub fn name(self) -> &'static str {
        match self {
            Self::SideBySide => "Side by side",
            Self::Overlay => "Overlay",
            Self::Wipe => "Wipe",
            Self::Distance => "Distance",
        }
    }

    /// Tooltip.
    pub fn about(self) -> &'static str {
        match self {
            Self::SideBySide => "each shape in its own pane, same scale and view",
            Self::Overlay => "superimposed, the compared shape transparent",
            Self::Wipe => "superimposed, a handle reveals one or the other",
            Self::Distance => "each coloured by its distance from the other, in mm",
        }
    }
}

/// Shapes to compare with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CompareWith {
    /// The weak seed.
    #[default]
    Seed,
    /// The step that it was made from.
    Previous,
    /// The task's reference.
    Reference,
    /// The pinned step.
    Pinned,
}

impl CompareWith {
    /// All choices in menu order.
    pub const ALL: [Self; 4] = [Self::Seed, Self::Previous, Self::Reference, Self::Pinned];

    /// Name in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seed => "seed",
            Self::Previous => "previous",
            Self::Reference => "reference",
            Self::Pinned => "pinned step",
        }
    }
}

/// A section plane relative to the box of the shapes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Section {
    /// Axis normal to the plane.
    pub axis: usize,
    /// Position along the box, 0 to 1.
    pub share: f32,
    /// Whether the low side is removed instead of the high one.
    pub flipped: bool,
}

impl Default for Section {
    /// Through the middle, with the half towards the isometric viewpoint removed.
    fn default() -> Self {
        Self {
            axis: 1,
            share: 0.5,
            flipped: true,
        }
    }
}

impl Section {
    /// Plane in mm.
    pub fn plane(&self, frame: &Frame) -> Plane {
        let (low, high) = (frame.bounds.min[self.axis], frame.bounds.max[self.axis]);
        let at = low + (high - low) * f64::from(self.share);
        let sign = if self.flipped { -1.0 } else { 1.0 };
        let mut normal = [0.0; 3];
        normal[self.axis] = sign;
        Plane {
            normal,
            offset: sign * at,
        }
    }

    /// Position along its axis, mm.
    pub fn place(&self, frame: &Frame) -> f64 {
        let plane = self.plane(frame);
        plane.offset * plane.normal[self.axis]
    }
}

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

/// The other projection.
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
        viewport.act(Action::Fit);
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
        viewport.act(Action::Fit);
    }
    for preset in Preset::ALL {
        if key(preset).is_some_and(pressed) {
            viewport.act(Action::Orient(preset));
        }
    }
    for (key, action) in [(Key::X, Action::Section), (Key::M, Action::Measure)] {
        if pressed(key) {
            viewport.act(action);
        }
    }
    if !viewport.picks.is_empty() && pressed(Key::Escape) {
        viewport.act(Action::ClearPicks);
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
