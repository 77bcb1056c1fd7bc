//! Objects that a script displays: visibility, and the list to change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{
    Color32, CornerRadius, PopupCloseBehavior, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::toolbar;
use super::{Action, Layout, Viewport};
use crate::geometry::{Aabb, Scene};
use crate::render::{Model, Palette, Subject, Tone, body};
use crate::studio::panels::widgets;

/// Models of a scene's objects; none for an empty object.
pub(super) type Models = Vec<Option<Arc<Model>>>;

const ROW: f32 = 24.0;
const EYE: f32 = 22.0;
const SWATCH: f32 = 12.0;
const NAME_WIDTH: f32 = 210.0;
const MOST_SEEN: f32 = 320.0;

/// The list and its hidden objects.
#[derive(Default)]
pub(super) struct Objects {
    scene: Option<Arc<Scene>>,
    listed: Vec<Listed>,
    /// By label, so that an object stays hidden when the script runs again.
    hidden: BTreeSet<String>,
    /// The drawn scene: the last one whose models were ready.
    ready: Option<(Arc<Scene>, Arc<Models>)>,
}

/// A line of the list.
struct Listed {
    label: String,
    color: Option<Color32>,
    opacity: f32,
    is_scored: bool,
}

impl Objects {
    /// Sets the scene on screen.
    pub fn list(&mut self, scene: Option<&Arc<Scene>>) {
        let is_known = match (&self.scene, scene) {
            (Some(known), Some(scene)) => Arc::ptr_eq(known, scene),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if is_known {
            return;
        }
        self.listed = scene.map_or_else(Vec::new, |scene| {
            let lines = scene.objects.iter().zip(labels(scene));
            lines
                .map(|(object, label)| Listed {
                    label,
                    color: object.color.map(body::color),
                    opacity: object.opacity,
                    is_scored: object.is_scored,
                })
                .collect()
        });
        self.scene = scene.cloned();
    }

    pub fn is_empty(&self) -> bool {
        self.listed.is_empty()
    }

    /// Whether an object of the scene on screen is visible.
    pub fn is_visible(&self, index: usize) -> bool {
        self.listed
            .get(index)
            .is_none_or(|line| !self.hidden.contains(&line.label))
    }

    /// Whether any part of the scored shape is visible.
    pub fn scored_is_visible(&self) -> bool {
        let mut scored = self
            .listed
            .iter()
            .enumerate()
            .filter(|(_, line)| line.is_scored)
            .peekable();
        scored.peek().is_none() || scored.any(|(index, _)| self.is_visible(index))
    }

    pub fn show_all(&mut self) {
        for line in &self.listed {
            self.hidden.remove(&line.label);
        }
    }

    pub fn show_scored(&mut self) {
        for line in &self.listed {
            if line.is_scored {
                self.hidden.remove(&line.label);
            } else {
                self.hidden.insert(line.label.clone());
            }
        }
    }

    fn toggle(&mut self, index: usize) {
        if let Some(line) = self.listed.get(index)
            && !self.hidden.remove(&line.label)
        {
            self.hidden.insert(line.label.clone());
        }
    }

    /// Sets the scene to draw, together with the shape beside it.
    pub fn set_ready(&mut self, ready: Option<(Arc<Scene>, Arc<Models>)>) {
        self.ready = ready;
    }

    /// Whether an object of the drawn scene is visible: that may still be the previous scene.
    fn ready_is_visible(&self, scene: &Arc<Scene>, index: usize) -> bool {
        let is_listed = self
            .scene
            .as_ref()
            .is_some_and(|listed| Arc::ptr_eq(listed, scene));
        !is_listed || self.is_visible(index)
    }

    /// Bounding box of visible objects, of which the scored shape fills `whole`.
    pub fn bounds(&self, whole: Aabb) -> Aabb {
        let found = match (&self.ready, &self.scene) {
            (Some((scene, _)), _) => body::bounds(scene, whole, |index| self.ready_is_visible(scene, index)),
            (None, Some(scene)) => body::bounds(scene, whole, |index| self.is_visible(index)),
            (None, None) => None,
        };
        found.unwrap_or(whole)
    }

    /// Subjects drawn in place of the scored shape; none if the script displays nothing else.
    pub fn subjects(&self, whole: &Subject) -> Option<Vec<Subject>> {
        let (scene, models) = self.ready.as_ref()?;
        let is_visible = |index| self.ready_is_visible(scene, index);
        Some(body::subjects(whole, scene, models, is_visible))
    }

    /// Label of the list's button.
    pub fn title(&self) -> String {
        let seen = (0..self.listed.len())
            .filter(|index| self.is_visible(*index))
            .count();
        match self.listed.len() {
            all if seen == all => format!("Objects {all}"),
            all => format!("Objects {seen}/{all}"),
        }
    }
}

#[cfg(test)]
impl Viewport {
    /// Labels of the drawn objects; none if the scored shape is drawn instead.
    pub fn seen_objects(&self) -> Vec<&str> {
        let objects = &self.objects;
        let is_seen =
            |(index, _): &(usize, &Listed)| self.layout == Layout::SideBySide && objects.is_visible(*index);
        let seen = objects.listed.iter().enumerate().filter(is_seen);
        seen.map(|(_, line)| line.label.as_str()).collect()
    }
}

/// A unique label for each object: its name, or its number.
fn labels(scene: &Scene) -> Vec<String> {
    let mut taken = BTreeSet::new();
    let mut labels = Vec::with_capacity(scene.objects.len());
    for (index, object) in scene.objects.iter().enumerate() {
        let name = match object.name.as_deref().map(str::trim) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => format!("object {}", index + 1),
        };
        let mut label = name.clone();
        let mut number = 2;
        while !taken.insert(label.clone()) {
            label = format!("{name} ({number})");
            number += 1;
        }
        labels.push(label);
    }
    labels
}

/// The button with the list.
pub(super) fn menu(ui: &mut Ui, palette: &Palette, viewport: &mut Viewport) -> Option<Action> {
    let title = viewport.objects.title();
    let face = toolbar::button(palette, &title, false).right_text(widgets::chevron_atom(palette.dim));
    let mut action = None;
    let config = MenuConfig::new().close_behavior(PopupCloseBehavior::CloseOnClickOutside);
    let compared = viewport.layout != Layout::SideBySide;
    let (response, _) = MenuButton::from_button(face).config(config).ui(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ScrollArea::vertical().max_height(MOST_SEEN).show(ui, |ui| {
            for index in 0..viewport.objects.listed.len() {
                if line(ui, palette, &viewport.objects, index).clicked() {
                    viewport.objects.toggle(index);
                }
            }
        });
        ui.separator();
        for (name, what) in [
            ("Show all", Action::AllObjects),
            ("Show only the scored object", Action::ScoredObject),
        ] {
            if ui.button(name).clicked() {
                action = Some(what);
            }
        }
        if compared {
            ui.label(
                RichText::new("comparing the scored object only")
                    .color(palette.dim)
                    .size(11.5),
            );
        }
    });
    response.on_hover_text(
        "objects displayed by the script: names, colours, scored or not\n\
         overlay, wipe and distance use only the scored shape",
    );
    action
}

/// An eye, a colour swatch, the name, and whether it is scored.
fn line(ui: &mut Ui, palette: &Palette, objects: &Objects, index: usize) -> Response {
    let listed = &objects.listed[index];
    let on = objects.is_visible(index);
    let width = EYE + SWATCH + 8.0 + NAME_WIDTH;
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::click());
    let name = format!(
        "{}{}",
        listed.label,
        if listed.is_scored { ", scored" } else { "" }
    );
    response.widget_info(|| WidgetInfo::selected(Role::CheckBox, true, on, &name));
    if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 4.0, palette.line);
    }
    let color = if on { palette.text } else { palette.dim };
    eye(ui, pos2(rect.left() + 0.5 * EYE, rect.center().y), on, color);
    let swatch = Rect::from_center_size(
        pos2(rect.left() + EYE + 0.5 * SWATCH + 2.0, rect.center().y),
        vec2(SWATCH, SWATCH),
    );
    let fill = listed.color.unwrap_or_else(|| {
        if listed.is_scored {
            Tone::Step.color()
        } else {
            Tone::Reference.color()
        }
    });
    let corner = CornerRadius::same(3);
    ui.painter()
        .rect_filled(swatch, corner, fill.gamma_multiply(listed.opacity.max(0.15)));
    ui.painter()
        .rect_stroke(swatch, corner, Stroke::new(1.0, palette.dim), StrokeKind::Inside);
    let mut right = rect.right() - 6.0;
    let tag = match (listed.is_scored, listed.opacity < 1.0) {
        (true, _) => Some(("scored".to_owned(), palette.accent)),
        (false, true) => Some((format!("{:.0} %", 100.0 * listed.opacity), palette.dim)),
        (false, false) => None,
    };
    if let Some((text, color)) = tag {
        let galley = widgets::line(ui, RichText::new(text).size(11.5).color(color), 80.0);
        let at = widgets::paint_line(
            ui,
            pos2(right, rect.center().y),
            egui::Align2::RIGHT_CENTER,
            galley,
        );
        right = at.left() - 8.0;
    }
    let left = swatch.right() + 8.0;
    let galley = widgets::line(ui, RichText::new(&listed.label).color(color), right - left);
    widgets::paint_line(ui, pos2(left, rect.center().y), egui::Align2::LEFT_CENTER, galley);
    let tip = match (on, listed.is_scored) {
        (true, true) => "hide; it is scored anyway",
        (true, false) => "hide; it is displayed beside the scored object",
        (false, _) => "show",
    };
    response.on_hover_text(tip)
}

/// Painted, because fonts differ in their glyphs.
fn eye(ui: &Ui, middle: egui::Pos2, open: bool, color: Color32) {
    let stroke = Stroke::new(1.2, color);
    let lid = |sign: f32| -> Vec<egui::Pos2> {
        (0..=10)
            .map(|part| {
                let x = -6.5 + 1.3 * part as f32;
                middle + vec2(x, sign * 4.0 * (1.0 - (x / 6.5).powi(2)))
            })
            .collect()
    };
    ui.painter().line(lid(1.0), stroke);
    if open {
        ui.painter().line(lid(-1.0), stroke);
        ui.painter().circle_filled(middle, 2.0, color);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::SceneObject;

    #[test]
    fn labels_are_unique_names_or_numbers() {
        let object = |name: Option<&str>| SceneObject {
            name: name.map(str::to_owned),
            color: None,
            opacity: 1.0,
            is_scored: false,
            mesh: None,
            edges: Vec::new(),
        };
        let names = [
            Some("lid"),
            None,
            Some(""),
            Some("lid"),
            Some("lid (2)"),
            Some("object 2"),
        ];
        let scene = Scene {
            objects: names.map(object).into(),
        };
        assert_eq!(
            labels(&scene),
            [
                "lid",
                "object 2",
                "object 3",
                "lid (2)",
                "lid (2) (2)",
                "object 2 (2)"
            ]
        );
    }
}
