//! 3D view: panes side by side, superimposed, wiped or coloured by distance, with one shared camera.
//!
//! It displays shapes and camera controls only: it does not use the engine and holds no state of the session. Shapes are
//! prepared on a separate thread; pictures are cached as textures and redrawn only after a change; an idle view requests no
//! repaint.

mod compare;
mod control;
mod cube;
mod decor;
mod fit;
mod highlight;
mod hit_test;
mod mesh_worker;
mod modes;
mod object_menu;
mod objects;
mod pick;
mod pictures;
mod stage;
mod thumbnails;
mod toolbar;
mod view;

use std::sync::{Arc, PoisonError};

use egui::{Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

pub use modes::{CompareWith, Layout, Section, ViewCommand};
pub use view::{Pane, Viewport};

use crate::geometry::Shape;
pub use crate::render::Tone;
use crate::render::frame::Frame;
pub use crate::render::{DrawStyle, Preset, Projection};
use crate::render::{Palette, overlay};
use view::{Fit, HeatMaps, PaneRect, ShownShape, names};

impl Viewport {
    /// Draws panes and toolbar in the available space.
    pub fn show(&mut self, ui: &mut Ui, panes: &[Pane<'_>]) {
        let (rect, _) = ui.allocate_exact_size(ui.available_size(), Sense::hover());
        if rect.width() < 1.0 || rect.height() < 1.0 {
            return;
        }
        self.mesh_worker.collect();
        let palette = Palette::of(self.dark);
        self.objects.list(panes.last().and_then(|pane| pane.scene));
        let shapes = self.shapes(ui.ctx(), panes);
        self.triangles = panes
            .iter()
            .filter_map(|pane| pane.shape)
            .map(|shape| shape.mesh.triangles().len())
            .sum();
        let boxes = shapes.iter().enumerate().filter_map(|(pane, shown)| {
            let (shape, model) = shown.as_ref()?;
            let bounds = match model {
                Some(model) => model.bounds,
                None => shape.mesh.bbox(),
            };
            Some(if self.shows_objects(pane, panes.len()) {
                self.objects.bounds(bounds)
            } else {
                bounds
            })
        });
        let frame = Frame::around_boxes(boxes);
        let any = shapes.iter().any(Option::is_some);
        if !any {
            // Fit the first shape.
            self.fit = Fit::Wanted;
        }

        let columns: Vec<Vec<usize>> = match self.layout {
            Layout::SideBySide | Layout::Distance => (0..panes.len().max(1)).map(|pane| vec![pane]).collect(),
            Layout::Overlay | Layout::Wipe => vec![(0..panes.len()).collect()],
        };
        let places = split(rect, columns.len(), ui.pixels_per_point());
        let size = [places[0].width(), places[0].height()];
        let foot = toolbar::height(self, ui, rect.width(), panes.len() > 1);
        let members = |column: usize| -> Vec<&Pane<'_>> {
            columns[column]
                .iter()
                .filter_map(|pane| panes.get(*pane))
                .collect()
        };

        let mut focused = None;
        for (column, place) in places.iter().enumerate() {
            let id = ui.scope_id().with(("pane", column));
            let response = ui.interact(*place, id, Sense::click_and_drag());
            let name = accessible_name(&members(column));
            response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, &name));
            control::steer(self, ui, &response, &frame, size);
            if response.clicked()
                && let Some(at) = response.interact_pointer_pos()
            {
                let at = at - place.center();
                self.aimed = Some((column, [at.x, at.y]));
            }
            if response.has_focus() && control::focus_is_from_keyboard(ui, &response) {
                focused = Some(*place);
            }
        }
        self.keep_fit(&frame, size, foot, any);
        let quick = self.is_moving(ui, size);
        self.pick_clicked(ui.ctx(), &columns, &shapes, &frame, size);
        self.forget_picks(&shapes);
        self.light(ui.ctx(), panes);
        let heats = self.heats(ui.ctx(), &shapes);

        let bar_below = (0..places.len()).any(|column| {
            let names = names(&members(column));
            overlay::wants_bar_below(ui.painter(), places[column], &self.camera, &names)
        });
        ui.painter().rect_filled(rect, 0.0, palette.background);
        for (column, place) in places.iter().enumerate() {
            self.paint(
                ui,
                column,
                *place,
                &columns[column],
                panes,
                &shapes,
                &heats,
                frame,
                &palette,
                quick,
            );
            let spot = PaneRect {
                column,
                place: *place,
                foot,
                bar_below,
            };
            let last = column + 1 == places.len();
            self.decorate(ui, &spot, &columns[column], panes, &heats, last, &palette);
        }
        for place in places.iter().skip(1) {
            ui.painter()
                .vline(place.left(), place.y_range(), Stroke::new(1.0, palette.line));
        }
        if let Some(place) = focused {
            let ring = Stroke::new(1.0, palette.accent);
            ui.painter().rect_stroke(place, 0.0, ring, StrokeKind::Inside);
        }
        if self.layout == Layout::Wipe && panes.len() > 1 {
            let mut room = places[0];
            room.max.y -= foot;
            compare::wipe(ui, &palette, room, &mut self.wipe);
        }
        decor::readout(self, ui, rect, foot, &palette);
        toolbar::show(self, ui, rect, &palette, panes.len() > 1);
    }

    /// Thumbnail of a shape, drawn once and cached; its proportions are those of [`THUMBNAIL_SIZE`].
    ///
    /// At most one is drawn per frame, with a repaint request; `None` means that it is pending, or that there is no OpenGL.
    pub fn thumbnail(
        &mut self,
        ctx: &egui::Context,
        shape: &Arc<Shape>,
        tone: Tone,
    ) -> Option<egui::TextureHandle> {
        let stage = self.stage.as_ref()?;
        if let Some(known) = self.thumbnails.known(shape, tone, self.dark) {
            return Some(known);
        }
        // The view itself may be hidden.
        self.mesh_worker.collect();
        let model = self.mesh_worker.model(ctx, shape);
        let model = model.ready().filter(|model| !model.is_draft()).cloned()?;
        let mut stage = stage.lock().unwrap_or_else(PoisonError::into_inner);
        self.thumbnails
            .draw(ctx, &mut stage.scene, shape, model, tone, self.dark)
    }

    /// Shape that each pane can draw now: its own, or the previous one until that is ready.
    fn shapes(&mut self, ctx: &egui::Context, panes: &[Pane<'_>]) -> Vec<ShownShape> {
        self.ready.resize(panes.len(), None);
        let drawn = self.stage.is_some();
        let last = panes.len().saturating_sub(1);
        panes
            .iter()
            .zip(&mut self.ready)
            .enumerate()
            .map(|(index, (pane, ready))| {
                let Some(shape) = pane.shape else {
                    *ready = None;
                    return None;
                };
                // Without a stage nothing is drawn, and only a pick needs a model.
                if !drawn && self.aimed.is_none() {
                    return Some((Arc::clone(shape), None));
                }
                // The objects beside a shape change together with it.
                let scene = pane.scene.filter(|_| drawn && index == last);
                let objects = scene.map(|scene| (scene, self.mesh_worker.objects(ctx, scene)));
                let waits = matches!(objects, Some((_, mesh_worker::LoadState::Pending)));
                if let Some(model) = self.mesh_worker.model(ctx, shape).ready().filter(|_| !waits) {
                    *ready = Some((Arc::clone(shape), Arc::clone(model)));
                    if index == last {
                        let made = objects.and_then(|(scene, models)| {
                            Some((Arc::clone(scene), Arc::clone(models.ready()?)))
                        });
                        self.objects.set_ready(made);
                    }
                } else if !drawn {
                    return Some((Arc::clone(shape), None));
                }
                ready
                    .as_ref()
                    .map(|(shape, model)| (Arc::clone(shape), Some(Arc::clone(model))))
            })
            .collect()
    }

    /// Whether a pane displays all objects of its script rather than the scored shape alone.
    fn shows_objects(&self, pane: usize, panes: usize) -> bool {
        self.layout == Layout::SideBySide && pane + 1 == panes
    }

    /// Heat maps, if requested and both shapes exist.
    fn heats(&mut self, ctx: &egui::Context, shapes: &[ShownShape]) -> HeatMaps {
        let mut heats = HeatMaps::default();
        if self.layout != Layout::Distance {
            return heats;
        }
        let [Some((first, _)), .., Some((last, _))] = shapes else {
            return heats;
        };
        for (one, other) in [(first, last), (last, first)] {
            let stage = self.mesh_worker.heat(ctx, one, other);
            heats.pending |= matches!(stage, mesh_worker::LoadState::Pending);
            heats.span = heats.span.max(stage.ready().map_or(0.0, |heat| heat.span()));
            heats.maps.push(stage.ready().cloned());
        }
        heats
    }
}

/// Columns of equal width in whole pixels: panes of different sizes would have different scales.
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

fn accessible_name(members: &[&Pane<'_>]) -> String {
    let names: Vec<String> = members
        .iter()
        .map(|pane| match (pane.shape, pane.stale) {
            (None, _) => format!("{}, nothing to display", pane.title),
            (Some(_), Some(_)) => format!("{}, not the current code", pane.title),
            (Some(_), None) => pane.title.to_owned(),
        })
        .collect();
    format!("3D view of {}", names.join(" and "))
}

#[cfg(test)]
mod tests;
