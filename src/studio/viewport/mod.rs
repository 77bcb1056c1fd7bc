//! The 3D view: panes side by side or laid over each other, one camera for all of them.
//!
//! Shows shapes and the camera's controls, and nothing else: it asks the engine for nothing and holds no
//! state of the session. Its pictures are kept as textures and redrawn only when something in them has
//! changed; an idle view asks for no repaint.

mod control;
mod stage;
mod thumbnails;
mod toolbar;

use std::sync::{Arc, Mutex, PoisonError};

use eframe::glow;
use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

pub use control::Action;
pub use thumbnails::THUMBNAIL_SIZE;

use crate::geometry::Shape;
pub use crate::render::Tone;
use crate::render::camera::Insets;
use crate::render::frame::Frame;
use crate::render::scene::Scene;
use crate::render::{Camera, Palette, Picture, Preset, Projection, Subject, overlay};
use stage::Stage;
use thumbnails::Thumbnails;

/// Seconds without motion after which a picture is drawn at full quality.
const REST: f64 = 0.12;

/// One of the shapes that are compared.
#[derive(Clone, Debug)]
pub struct Pane<'a> {
    /// Its name: `weak seed`, `step 2`.
    pub title: &'a str,
    /// Its colour.
    pub tone: Tone,
    /// The shape, or the last one that built.
    pub shape: Option<&'a Arc<Shape>>,
    /// Why the shape is not what the code says: it is drawn grey, with this on top.
    pub stale: Option<&'a str>,
    /// What to do to see a shape here, where there is none.
    pub empty: &'a str,
}

/// How panes are arranged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout {
    /// Each in a column of its own.
    #[default]
    SideBySide,
    /// All in one place: the last as it is, the others seen through.
    Overlay,
}

/// The 3D view with its camera.
pub struct Viewport {
    stage: Option<Arc<Mutex<Stage>>>,
    /// Why there is no stage.
    missing: String,
    /// Whether the processor draws: then a moving picture is drawn with fewer samples.
    software: bool,
    dark: bool,
    layout: Layout,
    camera: Camera,
    fit: Fit,
    last: Option<Seen>,
    /// When the camera or the size last changed, in egui's time.
    moved: f64,
    triangles: usize,
    thumbnails: Thumbnails,
}

/// Who decides what the camera sees.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fit {
    /// Fit at the next chance.
    Wanted,
    /// The view keeps the shapes in sight by itself; it did so for this frame and size.
    Kept(Frame, [f32; 2]),
    /// The user has moved the camera: leave it.
    Free,
}

/// What decides whether a picture moves.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Seen {
    camera: Camera,
    size: [f32; 2],
}

/// Where a pane is drawn.
#[derive(Clone, Copy)]
struct Spot {
    column: usize,
    place: Rect,
    /// Height of the toolbar over its foot.
    foot: f32,
    bar_below: bool,
}

impl Viewport {
    /// A view that draws with `gl`, which must be current; without it, or where it is too old, the view lays
    /// itself out and says what it needs.
    pub fn new(gl: Option<Arc<glow::Context>>) -> Self {
        let mut missing = String::from("3D view needs OpenGL");
        let scene = gl.and_then(|gl| {
            Scene::new(gl)
                .inspect_err(|error| missing = format!("3D view needs OpenGL\n{error}"))
                .ok()
        });
        Self {
            software: scene.as_ref().is_some_and(Scene::software),
            stage: scene.map(|scene| Arc::new(Mutex::new(Stage::new(scene)))),
            missing,
            dark: true,
            layout: Layout::default(),
            camera: Camera::new(Preset::Isometric, Projection::Perspective),
            fit: Fit::Wanted,
            last: None,
            moved: f64::NEG_INFINITY,
            triangles: 0,
            thumbnails: Thumbnails::default(),
        }
    }

    /// Chooses the theme.
    pub fn set_dark(&mut self, dark: bool) {
        self.dark = dark;
    }

    /// Triangles of the shapes shown last.
    pub fn triangle_count(&self) -> usize {
        self.triangles
    }

    /// How panes are arranged.
    pub fn layout(&self) -> Layout {
        self.layout
    }

    /// The camera that all panes share.
    pub fn camera(&self) -> &Camera {
        &self.camera
    }

    /// Does what a button or key of the view does; for menus and a command palette.
    pub fn act(&mut self, action: Action) {
        match action {
            Action::Fit => self.fit = Fit::Wanted,
            Action::Look(preset) => {
                self.camera.look(preset);
                self.fit = Fit::Wanted;
            }
            Action::Project(projection) => {
                self.camera.projection = projection;
                if self.fit != Fit::Free {
                    self.fit = Fit::Wanted;
                }
            }
            Action::Arrange(layout) => self.layout = layout,
        }
    }

    /// Fills the available space with the panes and the toolbar.
    pub fn show(&mut self, ui: &mut Ui, panes: &[Pane<'_>]) {
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        if rect.width() < 1.0 || rect.height() < 1.0 {
            return;
        }
        let palette = Palette::of(self.dark);
        let columns = match self.layout {
            Layout::SideBySide => panes.len().max(1),
            Layout::Overlay => 1,
        };
        let places = split(rect, columns, ui.pixels_per_point());
        let size = [places[0].width(), places[0].height()];
        let foot = toolbar::height(ui, rect.width(), panes.len() > 1);

        let shapes = || panes.iter().filter_map(|pane| pane.shape);
        self.triangles = shapes().map(|shape| shape.mesh.triangles().len()).sum();
        let frame = Frame::around(shapes().map(|shape| &**shape));
        if shapes().next().is_none() {
            // The first shape to come is to be seen.
            self.fit = Fit::Wanted;
        }

        let mut focused = None;
        let members: Vec<&[Pane<'_>]> = match self.layout {
            Layout::SideBySide => panes.chunks(1).collect(),
            Layout::Overlay => vec![panes],
        };
        for (column, (place, members)) in places.iter().zip(&members).enumerate() {
            let response = ui.interact(
                *place,
                ui.scope_id().with(("pane", column)),
                Sense::click_and_drag(),
            );
            response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, accessible_name(members)));
            control::steer(self, ui, &response, &frame, size);
            if response.has_focus() && control::focus_is_from_keyboard(ui, &response) {
                focused = Some(*place);
            }
        }
        self.keep_fit(&frame, size, foot, shapes().next().is_some());
        let quick = self.is_moving(ui, size);

        let bar_below = places.iter().zip(&members).any(|(place, members)| {
            overlay::wants_bar_below(ui.painter(), *place, &self.camera, &names(members))
        });
        ui.painter().rect_filled(rect, 0.0, palette.background);
        for (column, (place, members)) in places.iter().zip(&members).enumerate() {
            if let Some(stage) = &self.stage {
                let picture = self.picture(members, frame, &palette, quick);
                ui.painter().add(stage::callback(stage, column, picture, *place));
            }
            self.decorate(
                ui,
                &Spot {
                    column,
                    place: *place,
                    foot,
                    bar_below,
                },
                members,
                &palette,
            );
        }
        for place in places.iter().skip(1) {
            ui.painter()
                .vline(place.left(), place.y_range(), Stroke::new(1.0, palette.line));
        }
        if let Some(place) = focused {
            let ring = Stroke::new(1.0, palette.accent);
            ui.painter().rect_stroke(place, 0.0, ring, StrokeKind::Inside);
        }
        toolbar::show(self, ui, rect, &palette, panes.len() > 1);
    }

    /// A small picture of a shape for cards, drawn once and kept; see [`THUMBNAIL_SIZE`] for its proportions.
    ///
    /// At most one is drawn in a frame, and a repaint is asked for, so `None` can mean "soon"; without OpenGL it
    /// means "never".
    pub fn thumbnail(
        &mut self,
        ctx: &egui::Context,
        shape: &Arc<Shape>,
        tone: Tone,
    ) -> Option<egui::TextureHandle> {
        let stage = self.stage.as_ref()?;
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        self.thumbnails.get(ctx, &mut stage.scene, shape, tone, self.dark)
    }

    /// Keeps shapes in sight until the user takes the camera, without a jump at every small change.
    fn keep_fit(&mut self, frame: &Frame, size: [f32; 2], foot: f32, any: bool) {
        let due = match self.fit {
            Fit::Wanted => true,
            Fit::Free => false,
            Fit::Kept(kept, at) => at != size || !frame.is_like(&kept),
        };
        if !due {
            return;
        }
        let insets = Insets {
            bottom: foot + overlay::MARGIN,
            ..overlay::INSETS
        };
        self.camera.fit(&frame.bounds, size, insets);
        if any {
            self.fit = Fit::Kept(*frame, size);
        }
    }

    /// Whether a picture with fewer samples will do for now; if so, asks for the better one.
    fn is_moving(&mut self, ui: &Ui, size: [f32; 2]) -> bool {
        let seen = Seen {
            camera: self.camera,
            size,
        };
        let now = ui.input(|input| input.time);
        if self.last.is_some_and(|last| last != seen) {
            self.moved = now;
        }
        self.last = Some(seen);
        let rest = self.moved + REST - now;
        if !self.software || self.stage.is_none() || rest <= 0.0 {
            return false;
        }
        // A little later than needed, or rounding could ask again.
        ui.ctx().request_repaint_after_secs(rest as f32 + 0.005);
        true
    }

    fn picture(&self, members: &[Pane<'_>], frame: Frame, palette: &Palette, quick: bool) -> Picture {
        let count = members.len();
        let subjects = members.iter().enumerate().filter_map(|(index, pane)| {
            Some(Subject {
                shape: Arc::clone(pane.shape?),
                tone: pane.tone,
                stale: pane.stale.is_some(),
                // Through a ghost one sees the last shape, if there is one.
                ghost: index + 1 < count && members[index + 1..].iter().any(|pane| pane.shape.is_some()),
            })
        });
        Picture {
            subjects: subjects.collect(),
            frame,
            camera: self.camera,
            // Both are known only when it is drawn.
            size: [1, 1],
            pixels_per_point: 1.0,
            oversample: if quick { 1 } else { 2 },
            palette: *palette,
            grid: true,
            transparent: false,
        }
    }

    /// Names, scale, axes and messages of one pane.
    fn decorate(&self, ui: &Ui, spot: &Spot, members: &[Pane<'_>], palette: &Palette) {
        let Spot {
            column,
            place,
            foot,
            bar_below,
        } = *spot;
        let painter = ui.painter().with_clip_rect(place.intersect(ui.clip_rect()));
        let (chips, mut top) = overlay::marks(
            &painter,
            palette,
            place,
            &self.camera,
            &names(members),
            foot,
            bar_below,
        );
        let say = |what: &str, index: usize, rect: Rect, text: &str| {
            let id = ui.scope_id().with((what, column, index));
            let response = ui.interact(rect, id, Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
        };
        for (index, (rect, pane)) in chips.iter().zip(members).enumerate() {
            say("chip", index, *rect, pane.title);
        }
        for (index, pane) in members.iter().enumerate() {
            if let Some(reason) = pane.stale {
                let card = overlay::failure_card(&painter, palette, place, top + 6.0, reason);
                say("card", index, card, reason);
                top = card.bottom();
            }
        }
        let inner = Rect::from_min_max(
            pos2(place.left(), top),
            pos2(place.right(), place.bottom() - foot),
        );
        let hint = if self.stage.is_none() {
            Some(self.missing.as_str())
        } else if members.iter().all(|pane| pane.shape.is_none()) {
            members
                .iter()
                .rev()
                .map(|pane| pane.empty)
                .find(|text| !text.is_empty())
        } else {
            None
        };
        if let Some(text) = hint {
            overlay::hint(&painter, palette, inner, text);
            say(
                "hint",
                0,
                Rect::from_center_size(inner.center(), vec2(40.0, 20.0)),
                text,
            );
        }
    }
}

/// Columns of equal width in whole pixels: panes of unlike sizes would have unlike scales.
fn split(rect: Rect, columns: usize, pixels_per_point: f32) -> Vec<Rect> {
    let pixel = 1.0 / pixels_per_point;
    let width = (rect.width() / columns as f32 / pixel).floor().max(1.0) * pixel;
    (0..columns)
        .map(|column| {
            let left = rect.left() + column as f32 * width;
            Rect::from_min_size(pos2(left, rect.top()), vec2(width, rect.height()))
        })
        .collect()
}

fn names<'a>(members: &[Pane<'a>]) -> Vec<overlay::Name<'a>> {
    members.iter().map(|pane| (pane.tone, pane.title)).collect()
}

fn accessible_name(members: &[Pane<'_>]) -> String {
    let names: Vec<String> = members
        .iter()
        .map(|pane| match (pane.shape, pane.stale) {
            (None, _) => format!("{}, nothing to show", pane.title),
            (Some(_), Some(_)) => format!("{}, not what the code says", pane.title),
            (Some(_), None) => pane.title.to_owned(),
        })
        .collect();
    format!("3D view of {}", names.join(" and "))
}

#[cfg(test)]
mod tests;
