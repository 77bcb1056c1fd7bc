//! What is to be drawn: a description that can be compared, so that nothing is drawn twice.

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

/// One shape in a picture.
#[derive(Clone, Debug)]
pub struct Subject {
    /// What to draw.
    pub body: Body,
    /// The body made ready; without it, that is done on the spot.
    pub model: Option<Arc<Model>>,
    /// In which colour.
    pub tone: Tone,
    /// A colour of its own, in place of the tone's.
    pub color: Option<Color32>,
    /// 0 (invisible) to 1 (opaque).
    pub opacity: f32,
    /// Whether its edges tell it from others.
    pub accented: bool,
    /// Whether it no longer is what the code says: drawn grey.
    pub stale: bool,
    /// Whether others should be seen through it.
    pub ghost: bool,
    /// Colours by distance, in place of the tone.
    pub heat: Option<Heated>,
}

/// Distances and the one at which their colours end, mm.
#[derive(Clone, Debug)]
pub struct Heated {
    /// The distances.
    pub heat: Arc<Heat>,
    /// What lies farther away looks the same.
    pub span: f32,
}

impl PartialEq for Heated {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.heat, &other.heat) && self.span == other.span
    }
}

impl Subject {
    /// A shape as it is.
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

    /// Whether what lies behind it shows.
    pub(super) fn is_translucent(&self) -> bool {
        self.opacity < 1.0
    }

    /// Whether a lighter stand-in is drawn, where one will do or where none need do.
    pub fn uses_coarse(&self, will_do: bool) -> bool {
        self.model
            .as_ref()
            .is_some_and(|model| model.uses_coarse(will_do))
    }
}

impl PartialEq for Subject {
    /// Bodies and what is made of them are compared by identity: they never change, and comparing triangles would
    /// cost more than drawing them.
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body
            && (self.tone, self.stale, self.ghost) == (other.tone, other.stale, other.ghost)
            && (self.color, self.opacity, self.accented) == (other.color, other.opacity, other.accented)
            && self.heat == other.heat
            // What takes the place of a draft is another picture.
            && self.uses_coarse(false) == other.uses_coarse(false)
    }
}

/// How surfaces are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Look {
    /// Faces with their edges.
    #[default]
    Shaded,
    /// Faces that can be seen through.
    Transparent,
    /// Edges alone.
    Wireframe,
    /// Faces with the sides of their triangles.
    Triangles,
}

impl Look {
    /// Every look in the order of menus.
    pub const ALL: [Self; 4] = [Self::Shaded, Self::Transparent, Self::Wireframe, Self::Triangles];

    /// The name in menus.
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

/// Faces that are lit in the accent colour, with the lines around them.
#[derive(Clone, Debug)]
pub struct Lit {
    /// Corners of their triangles.
    pub triangles: Arc<Vec<[Vec3; 3]>>,
    /// Seen through everything, so that a bore in the middle of a part shows too.
    pub lines: Arc<Vec<[Vec3; 2]>>,
}

impl PartialEq for Lit {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.triangles, &other.triangles)
    }
}

/// A picture of some shapes: equal descriptions give equal pixels.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    /// What to draw; ghosts last.
    pub subjects: Vec<Subject>,
    /// How surfaces are drawn.
    pub look: Look,
    /// Cuts away what lies above it.
    pub section: Option<Plane>,
    /// What is picked.
    pub marks: Option<Marks>,
    /// What a check has measured.
    pub lit: Option<Lit>,
    /// Whether lighter stand-ins will do.
    pub coarse: bool,
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
