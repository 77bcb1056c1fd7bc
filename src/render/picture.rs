//! Description of a picture. Descriptions are comparable, so that nothing is drawn twice.

use std::sync::Arc;

use egui::Color32;
use serde::{Deserialize, Serialize};
use three_d::Vec3;

use super::frame::Frame;
use super::heat::Heat;
use super::model::Model;
use super::{Body, Camera, Palette, Tone};
use cadforge_geometry::Shape;
use cadforge_geometry::section::Plane;

/// A shape in a picture.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Body to draw.
    pub body: Body,
    /// Prepared body; without it, the body is prepared while drawing.
    pub model: Option<Arc<Model>>,
    /// Colour role.
    pub tone: Tone,
    /// Colour that replaces the role's.
    pub color: Option<Color32>,
    /// Opacity, 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Whether its edges are emphasised.
    pub accented: bool,
    /// Whether it does not match the current code: drawn grey.
    pub stale: bool,
    /// Whether it is transparent to other subjects.
    pub ghost: bool,
    /// Colours by distance, in place of the role's.
    pub heat: Option<Heated>,
}

/// Distances with the limit of their colour scale, mm.
#[derive(Clone, Debug)]
pub struct Heated {
    /// Distances of the surface.
    pub heat: Arc<Heat>,
    /// Distance at which colours are clamped, mm.
    pub span: f32,
}

impl PartialEq for Heated {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.heat, &other.heat) && self.span == other.span
    }
}

impl Subject {
    /// An opaque shape.
    pub fn new(shape: Arc<Shape>, tone: Tone) -> Self {
        Self {
            body: Body::Shape(shape),
            model: None,
            tone,
            color: None,
            opacity: 1.0,
            accented: false,
            stale: false,
            ghost: false,
            heat: None,
        }
    }

    /// Whether subjects behind it are visible.
    pub(super) fn is_translucent(&self) -> bool {
        self.opacity < 1.0
    }

    /// Whether a coarse model is drawn; `suffices` tells whether it suffices.
    pub fn uses_coarse(&self, suffices: bool) -> bool {
        self.model
            .as_ref()
            .is_some_and(|model| model.uses_coarse(suffices))
    }
}

impl PartialEq for Subject {
    /// Bodies and their models are compared by identity: they are immutable, and comparing triangles would cost more than
    /// drawing them.
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
            && (self.tone, self.stale, self.ghost) == (other.tone, other.stale, other.ghost)
            && (self.color, self.opacity, self.accented) == (other.color, other.opacity, other.accented)
            && self.heat == other.heat
            // A model that replaces a draft gives another picture.
            && self.uses_coarse(false) == other.uses_coarse(false)
    }
}

/// Drawing styles of surfaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrawStyle {
    /// Faces with their edges.
    #[default]
    Shaded,
    /// Transparent faces.
    Transparent,
    /// Edges alone.
    Wireframe,
    /// Faces with the edges of their triangles.
    Triangles,
}

impl DrawStyle {
    /// All styles in menu order.
    pub const ALL: [Self; 4] = [Self::Shaded, Self::Transparent, Self::Wireframe, Self::Triangles];

    /// Name in menus.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shaded => "Shaded",
            Self::Transparent => "Transparent",
            Self::Wireframe => "Wireframe",
            Self::Triangles => "Triangles",
        }
    }

    pub(super) fn shows_triangles(self) -> bool {
        self == Self::Triangles
    }
}

/// Lines over everything, in the accent colour.
#[derive(Clone, Debug)]
pub struct Marks(pub Arc<Vec<[Vec3; 2]>>);

impl PartialEq for Marks {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Faces highlighted in the accent colour, with their borders.
#[derive(Clone, Debug)]
pub struct Highlight {
    /// Corners of their triangles.
    pub triangles: Arc<Vec<[Vec3; 3]>>,
    /// Visible through everything, so that a bore inside a part shows too.
    pub lines: Arc<Vec<[Vec3; 2]>>,
}

impl PartialEq for Highlight {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.triangles, &other.triangles)
    }
}

/// A picture of some shapes: equal descriptions give equal pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// Subjects; ghosts last.
    pub subjects: Vec<Subject>,
    /// Drawing style.
    pub look: DrawStyle,
    /// Plane above which everything is removed.
    pub section: Option<Plane>,
    /// Marks of picks.
    pub marks: Option<Marks>,
    /// Highlight of a check's measured faces.
    pub highlight: Option<Highlight>,
    /// Whether coarse models suffice.
    pub coarse: bool,
    /// Box, ground and scale shared with other pictures.
    pub frame: Frame,
    /// Camera of the picture.
    pub camera: Camera,
    /// Width and height in pixels, at least 1.
    pub size: [u32; 2],
    /// Pixels per point, for line widths.
    pub pixels_per_point: f32,
    /// Samples per pixel along each axis: 1 is fast, 2 is smooth.
    pub oversample: u32,
    /// Colours of the view.
    pub palette: Palette,
    /// Whether to draw the ground grid.
    pub grid: bool,
    /// Whether to omit the background.
    pub transparent: bool,
}

impl Picture {
    /// Width and height in samples.
    pub fn samples(&self) -> [u32; 2] {
        self.size.map(|side| side.max(1) * self.oversample.max(1))
    }
}
