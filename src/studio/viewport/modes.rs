//! What the view can display, and the commands that change it.

use serde::{Deserialize, Serialize};

use crate::geometry::section::Plane;
use crate::render::frame::Frame;
use crate::render::{DrawStyle, Preset, Projection};

/// Commands of the view, by button, key or menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ViewCommand {
    /// Fit everything into view.
    Fit,
    /// View from a standard direction, and fit.
    Orient(Preset),
    Project(Projection),
    /// Change the arrangement of panes.
    Arrange(Layout),
    /// Change the shape compared with.
    CompareWith(CompareWith),
    SetDrawStyle(DrawStyle),
    /// Toggle the section plane.
    Section,
    /// Toggle measuring between two picks.
    Measure,
    ClearPicks,
    /// Show all objects of the script.
    AllObjects,
    ScoredObject,
}

/// Arrangements of panes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
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

    pub fn about(self) -> &'static str {
        match self {
            Self::SideBySide => "each shape in its own pane, same scale and view",
            Self::Overlay => "superimposed, the compared shape transparent",
            Self::Wipe => "superimposed, a handle reveals one or the other",
            Self::Distance => "each coloured by its distance from the other, in mm",
        }
    }
}

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
    Pinned,
}

impl CompareWith {
    /// All choices in menu order.
    pub const ALL: [Self; 4] = [Self::Seed, Self::Previous, Self::Reference, Self::Pinned];

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
