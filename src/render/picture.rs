//! What is to be drawn: a description that can be compared, so that nothing is drawn twice.

use std::sync::Arc;

use super::frame::Frame;
use super::{Camera, Palette, Tone};
use crate::geometry::Shape;

/// One shape in a picture.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What to draw.
    pub shape: Arc<Shape>,
    /// In which colour.
    pub tone: Tone,
    /// Whether it no longer is what the code says: drawn grey.
    pub stale: bool,
    /// Whether others should be seen through it.
    pub ghost: bool,
}

impl PartialEq for Subject {
    /// Shapes are compared by identity: they never change, and comparing triangles would cost more than
    /// drawing them.
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.shape, &other.shape)
            && (self.tone, self.stale, self.ghost) == (other.tone, other.stale, other.ghost)
    }
}

/// A picture of some shapes: equal descriptions give equal pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What to draw; ghosts last.
    pub subjects: Vec<Subject>,
    /// The box, ground and scale shared with other pictures.
    pub frame: Frame,
    /// From where.
    pub camera: Camera,
    /// Width and height in pixels, at least 1.
    pub size: [u32; 2],
    /// Pixels of a point, for widths of lines.
    pub pixels_per_point: f32,
    /// Samples per pixel along each axis: 1 is quick, 2 is smooth.
    pub oversample: u32,
    /// Colours.
    pub palette: Palette,
    /// Whether to draw the ground grid.
    pub grid: bool,
    /// Whether nothing is drawn behind the shapes, not even the background.
    pub transparent: bool,
}

impl Picture {
    /// Width and height in samples.
    pub fn samples(&self) -> [u32; 2] {
        self.size.map(|side| side.max(1) * self.oversample.max(1))
    }
}
