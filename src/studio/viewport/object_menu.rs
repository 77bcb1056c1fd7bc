//! Menu of the objects that a script displays.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::{
    Color32, CornerRadius, PopupCloseBehavior, Rect, Response, RichText, Role, ScrollArea, Sense, Stroke,
    StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::modes::{Layout, ViewCommand};
use super::objects::Objects;
use super::toolbar;
use super::view::Viewport;
use crate::render::{Palette, Tone};
use crate::studio::panels::widgets;

const ROW: f32 = 24.0;
const EYE: f32 = 22.0;
const SWATCH: f32 = 12.0;
const NAME_WIDTH: f32 = 210.0;
const MOST_SEEN: f32 = 320.0;

/// The button with the list.
pub fn menu(ui: &mut Ui, palette: &Palette, viewport: &mut Viewport) -> Option<ViewCommand> {
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
            ("Show all", ViewCommand::AllObjects),
            ("Show only the scored object", ViewCommand::ScoredObject),
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
impl Viewport {
    /// Labels of the drawn objects; none if the scored shape is drawn instead.
    pub fn seen_objects(&self) -> Vec<&str> {
        let objects = &self.objects;
        let is_seen = |(index, _): &(usize, &super::objects::ListedObject)| {
            self.layout == Layout::SideBySide && objects.is_visible(*index)
        };
        let seen = objects.listed.iter().enumerate().filter(is_seen);
        seen.map(|(_, line)| line.label.as_str()).collect()
    }
}
