//! The state of the 3D view.

use std::sync::{Arc, Mutex};

use eframe::glow;
use egui::Rect;

use super::mesh_worker::MeshWorker;
use super::modes::{CompareWith, Layout, Section, ViewCommand};
use super::objects::Objects;
use super::pick::Pick;
use super::stage::RenderStage;
use super::thumbnails::Thumbnails;
use crate::geometry::Shape;
use crate::render::frame::Frame;
use crate::render::heat::Heat;
use crate::render::scene::Scene;
use crate::render::{Camera, DrawStyle, Highlight, Marks, Model, Preset, Projection, Tone, overlay};

/// A shape of a comparison: the first is compared with, the last is on screen.
#[derive(Clone, Debug)]
pub struct Pane<'a> {
    /// Name: `weak seed`, `step 2`.
    pub title: &'a str,
    /// Colour role.
    pub tone: Tone,
    /// The shape, or that of the last successful build.
    pub shape: Option<&'a Arc<Shape>>,
    /// All objects that the script displays, if more than the shape; drawn in the last pane, side by side.
    pub scene: Option<&'a Arc<crate::geometry::Scene>>,
    /// Why the shape does not match the current code: it is drawn grey, with this message.
    pub stale: Option<&'a str>,
    /// Remark on a shape that matches the current code.
    pub remark: Option<&'a str>,
    /// How to get a shape, if there is none.
    pub empty: &'a str,
}

/// The 3D view with its camera.
pub struct Viewport {
    pub(super) stage: Option<Arc<Mutex<RenderStage>>>,
    /// Why there is no stage.
    pub(super) missing: String,
    /// Whether rendering is done in software: then moving pictures use fewer samples and coarse models.
    pub(super) software: bool,
    pub(super) dark: bool,
    pub(super) layout: Layout,
    pub(super) against: CompareWith,
    pub(super) look: DrawStyle,
    pub(super) section: Option<Section>,
    /// Part of the width left of the wipe handle.
    pub(super) wipe: f32,
    /// Whether a second pick is measured against the first.
    pub(super) measuring: bool,
    pub(super) picks: Vec<Pick>,
    pub(super) marks: Option<Marks>,
    pub(super) highlight: Option<HighlightedFaces>,
    /// Position of the check under the pointer, mm, if no face is highlighted.
    pub(super) marked: Option<[f64; 3]>,
    /// A click that waits for the shape's model: column, and position relative to the middle of the pane.
    pub(super) aimed: Option<(usize, [f32; 2])>,
    pub(super) camera: Camera,
    pub(super) fit: Fit,
    pub(super) last: Option<FramedView>,
    /// When the camera or the size last changed, in egui's time.
    pub(super) moved: Option<f64>,
    pub(super) triangles: usize,
    pub(super) thumbnails: Thumbnails,
    pub(super) mesh_worker: MeshWorker,
    /// The last shape of each pane that was ready: displayed until the next one is.
    pub(super) ready: Vec<Option<(Arc<Shape>, Arc<Model>)>>,
    pub(super) objects: Objects,
}

/// Drawn content of a pane: a shape and, once ready, its model.
pub type ShownShape = Option<(Arc<Shape>, Option<Arc<Model>>)>;

#[derive(Clone, Copy)]
pub struct PaneRect {
    pub column: usize,
    pub place: Rect,
    /// Height of the toolbar.
    pub foot: f32,
    pub bar_below: bool,
}

/// Heat maps of both panes, if any.
#[derive(Default)]
pub struct HeatMaps {
    pub maps: Vec<Option<Arc<Heat>>>,
    pub span: f32,
    pub pending: bool,
}

/// State of the automatic fit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fit {
    /// Fit at the next opportunity.
    Wanted,
    /// Automatic; fitted to this frame and size.
    Automatic(Frame, [f32; 2]),
    /// The user has moved the camera.
    Free,
}

/// View parameters that decide whether a picture is in motion.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FramedView {
    pub camera: Camera,
    pub size: [f32; 2],
    pub section: Option<Section>,
}

/// Highlighted faces of a shape; cached while the pointer stays, so that no picture is redrawn.
#[derive(Clone, Debug)]
pub struct HighlightedFaces {
    pub shape: Arc<Shape>,
    pub faces: Vec<u32>,
    pub highlight: Highlight,
}

impl Viewport {
    /// Creates a view that draws with `gl`, which must be current. Without it, or if its version is too old, the view displays
    /// what it needs.
    pub fn new(gl: Option<Arc<glow::Context>>) -> Self {
        let mut missing = String::from("3D view needs OpenGL");
        let scene = gl.and_then(|gl| {
            Scene::new(gl)
                .inspect_err(|error| missing = format!("3D view needs OpenGL\n{error}"))
                .ok()
        });
        let software = scene.as_ref().is_some_and(Scene::software);
        Self {
            software,
            stage: scene.map(|scene| Arc::new(Mutex::new(RenderStage::new(scene)))),
            missing,
            dark: true,
            layout: Layout::default(),
            against: CompareWith::default(),
            look: DrawStyle::default(),
            section: None,
            wipe: 0.5,
            measuring: false,
            picks: Vec::new(),
            marks: None,
            highlight: None,
            marked: None,
            aimed: None,
            camera: Camera::new(Preset::Isometric, Projection::Perspective),
            fit: Fit::Wanted,
            last: None,
            moved: None,
            triangles: 0,
            thumbnails: Thumbnails::default(),
            mesh_worker: MeshWorker::new(software),
            ready: Vec::new(),
            objects: Objects::default(),
        }
    }

    pub fn set_dark(&mut self, dark: bool) {
        self.dark = dark;
    }

    /// Number of triangles displayed last.
    pub fn triangle_count(&self) -> usize {
        self.triangles
    }

    /// Arrangement of panes.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// Shape of the first pane.
    pub fn against(&self) -> CompareWith {
        self.against
    }

    pub fn look(&self) -> DrawStyle {
        self.look
    }

    pub fn section(&self) -> Option<Section> {
        self.section
    }

    /// Whether two picks are measured.
    pub fn measuring(&self) -> bool {
        self.measuring
    }

    /// Camera shared by all panes.
    pub fn camera(&self) -> &Camera {
        &self.camera
    }

    /// Restores a saved state.
    pub fn restore(&mut self, layout: Layout, against: CompareWith, look: DrawStyle, projection: Projection) {
        (self.layout, self.against, self.look) = (layout, against, look);
        self.camera.projection = projection;
    }

    /// Executes a command, for menus and the command palette.
    pub fn act(&mut self, command: ViewCommand) {
        match command {
            ViewCommand::Fit => self.fit = Fit::Wanted,
            ViewCommand::Orient(preset) => {
                self.camera.look(preset);
                self.fit = Fit::Wanted;
            }
            ViewCommand::Project(projection) => {
                self.camera.projection = projection;
                if self.fit != Fit::Free {
                    self.fit = Fit::Wanted;
                }
            }
            ViewCommand::Arrange(layout) => self.layout = layout,
            ViewCommand::CompareWith(against) => self.against = against,
            ViewCommand::SetDrawStyle(look) => self.look = look,
            ViewCommand::Section => {
                self.section = match self.section {
                    Some(_) => None,
                    None => Some(Section::default()),
                };
            }
            ViewCommand::Measure => {
                self.measuring = !self.measuring;
                self.picks.truncate(1);
                self.mark();
            }
            ViewCommand::AllObjects => self.objects.show_all(),
            ViewCommand::ScoredObject => self.objects.show_scored(),
            ViewCommand::ClearPicks => {
                self.picks.clear();
                self.mark();
            }
        }
    }
}

pub fn names<'a>(members: &[&Pane<'a>]) -> Vec<overlay::Name<'a>> {
    members.iter().map(|pane| (pane.tone, pane.title)).collect()
}
