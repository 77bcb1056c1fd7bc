//! Sliders for the named numbers of a script.

use std::collections::BTreeMap;

use egui::{Align, Layout, RichText, Role, ScrollArea, Sense, Slider, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::numbers::{Number, numbers};
use crate::studio::panels::widgets;
use crate::studio::state::EditorId;
use crate::studio::theme::{self, PAD, SMALL};

const HEAD: f32 = 28.0;
const ROW: f32 = 25.0;

/// Numbers of the code on screen.
pub struct Sliders {
    open: bool,
    key: Option<u64>,
    numbers: Vec<Number>,
    editor: Option<EditorId>,
    /// Ranges are fixed while a slider moves; otherwise it would move away from the pointer.
    ranges: BTreeMap<String, [f64; 2]>,
}

impl Default for Sliders {
    fn default() -> Self {
        Self {
            open: true,
            key: None,
            numbers: Vec::new(),
            editor: None,
            ranges: BTreeMap::new(),
        }
    }
}

impl Sliders {
    /// Height of [`Self::show`] within `room`. The numbers belong to the field, not the card: a step changed by a slider becomes
    /// a draft during the drag.
    pub fn height(&mut self, code: &str, editor: EditorId, room: f32) -> f32 {
        let key = egui::epaint::util::hash(code);
        if self.key != Some(key) {
            self.key = Some(key);
            self.numbers = numbers(code);
        }
        if self.editor != Some(editor) {
            self.editor = Some(editor);
            self.ranges.clear();
        }
        if self.numbers.is_empty() {
            return 0.0;
        }
        let rows = self.numbers.len() as f32 * ROW + 6.0;
        if self.open {
            HEAD + rows.min((0.28 * room).max(3.0 * ROW))
        } else {
            HEAD
        }
    }

    /// Draws the sliders; returns the name of a changed number, and the new code.
    pub fn show(&mut self, code: &str, ui: &mut Ui) -> Option<(String, String)> {
        let palette = theme::of(ui);
        let rect = ui.available_rect_before_wrap();
        ui.painter()
            .hline(rect.x_range(), rect.top() + 0.5, theme::hairline(palette));
        let head = egui::Rect::from_min_size(rect.min, vec2(rect.width(), HEAD));
        let response = ui.allocate_rect(head, Sense::click());
        let count = self.numbers.len();
        let open = self.open;
        response.widget_info(|| {
            let mut info = WidgetInfo::labeled(Role::DisclosureTriangle, true, "Numbers");
            info.selected = Some(open);
            info
        });
        if response.clicked() {
            self.open = !self.open;
        }
        let middle = head.center().y;
        let sign = pos2(rect.left() + PAD + 3.0, middle);
        widgets::triangle(
            ui,
            sign,
            self.open,
            if response.hovered() {
                palette.text
            } else {
                palette.dim
            },
        );
        let title = widgets::line(ui, widgets::section("Numbers", palette), 200.0);
        let title = widgets::paint_line(
            ui,
            pos2(rect.left() + PAD + 14.0, middle),
            egui::Align2::LEFT_CENTER,
            title,
        );
        let hint = widgets::small("drag to change a value and score it", palette);
        let hint = widgets::line(ui, hint, (rect.right() - title.right() - 60.0).max(0.0));
        widgets::paint_line(
            ui,
            pos2(title.right() + 10.0, middle),
            egui::Align2::LEFT_CENTER,
            hint,
        );
        let count = widgets::line(ui, widgets::small(count.to_string(), palette), 40.0);
        widgets::paint_line(
            ui,
            pos2(rect.right() - PAD, middle),
            egui::Align2::RIGHT_CENTER,
            count,
        );
        if !self.open {
            return None;
        }
        let mut changed = None;
        let body = egui::Rect::from_min_max(pos2(rect.left(), head.bottom()), rect.max);
        ui.scope_builder(UiBuilder::new().max_rect(body), |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::vertical()
                .id_salt("numbers")
                .auto_shrink(false)
                .show_rows(ui, ROW, self.numbers.len(), |ui, rows| {
                    for number in &self.numbers[rows] {
                        if let Some(value) = row(number, &mut self.ranges, ui) {
                            let mut new = code.to_owned();
                            new.replace_range(number.place.clone(), &number.written(value));
                            changed = Some((number.name.clone(), new));
                        }
                    }
                });
        });
        changed.filter(|(_, new)| new != code)
    }
}

fn row(number: &Number, ranges: &mut BTreeMap<String, [f64; 2]>, ui: &mut Ui) -> Option<f64> {
    let palette = theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let range = ranges
        .entry(number.name.clone())
        .or_insert_with(|| number.range());
    if number.value < range[0] || number.value > range[1] {
        *range = number.range();
    }
    let [low, high] = *range;
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let name_width = (0.4 * inner.width()).min(170.0);
    let name = RichText::new(&number.name)
        .font(theme::mono(11.5))
        .color(palette.text);
    let name = widgets::line(ui, name, name_width - 8.0);
    widgets::paint_line(
        ui,
        pos2(inner.left(), inner.center().y),
        egui::Align2::LEFT_CENTER,
        name,
    );
    let written = number.written(number.value);
    let value = RichText::new(&written)
        .font(theme::mono(11.5))
        .color(palette.code.number);
    let value = widgets::line(ui, value, 70.0);
    widgets::paint_line(
        ui,
        pos2(inner.right(), inner.center().y),
        egui::Align2::RIGHT_CENTER,
        value,
    );
    let room = egui::Rect::from_min_max(
        pos2(inner.left() + name_width, inner.top()),
        pos2(inner.right() - 62.0, inner.bottom()),
    );
    // A very narrow panel shows name and number only.
    if room.width() < 24.0 {
        return None;
    }
    let mut moved = number.value;
    let slider = ui
        .scope_builder(
            UiBuilder::new()
                .max_rect(room)
                .layout(Layout::left_to_right(Align::Center)),
            |ui| {
                ui.spacing_mut().slider_width = room.width();
                ui.spacing_mut().interact_size.y = 16.0;
                let slider = Slider::new(&mut moved, low..=high)
                    .show_value(false)
                    .trailing_fill(true);
                let slider = if number.digits.is_none() {
                    slider.integer()
                } else {
                    slider
                };
                ui.add(slider)
            },
        )
        .inner;
    slider.widget_info(|| WidgetInfo {
        label: Some(number.name.clone()),
        value: Some(number.value),
        ..WidgetInfo::new(Role::Slider)
    });
    let slider_changed = slider.changed();
    slider.on_hover_text(RichText::new(format!("{} = {written}", number.name)).font(theme::mono(SMALL)));
    slider_changed.then_some(moved)
}
