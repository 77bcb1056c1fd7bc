//! The buttons at the foot of the view.

use egui::containers::menu::MenuButton;
use egui::{Align, Button, FontId, Rect, RichText, Stroke, Ui, UiBuilder, pos2, vec2};

use super::control::{self, Action};
use super::{Layout, Viewport};
use crate::render::overlay::MARGIN;
use crate::render::{Palette, Preset, Projection};

const ROW: f32 = 26.0;
const GAP: f32 = 6.0;
const PADDING: f32 = 10.0;
const TEXT: f32 = 12.5;

/// Space the toolbar takes at the foot, margins included.
pub fn height(ui: &Ui, width: f32, several: bool) -> f32 {
    let rows = if !several || fits_one_row(ui, width) {
        1.0
    } else {
        2.0
    };
    MARGIN + rows * (ROW + GAP)
}

/// Draws the buttons over the foot of `rect` and does what they say. One pane alone needs no arranging.
pub fn show(viewport: &mut Viewport, ui: &mut Ui, rect: Rect, palette: &Palette, several: bool) {
    let one_row = fits_one_row(ui, rect.width());
    let row = |from_foot: f32| {
        let bottom = rect.bottom() - MARGIN - from_foot * (ROW + GAP);
        Rect::from_min_max(
            pos2(rect.left() + MARGIN, bottom - ROW),
            pos2(rect.right() - MARGIN, bottom),
        )
    };
    let mut action = None;
    let mut group = |place: Rect, right: bool, add: &mut dyn FnMut(&mut Ui) -> Option<Action>| {
        let layout = if right {
            egui::Layout::right_to_left(Align::Center)
        } else {
            egui::Layout::left_to_right(Align::Center)
        };
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
        child.spacing_mut().item_spacing.x = GAP;
        child.spacing_mut().button_padding = vec2(PADDING, 4.0);
        action = action.or(add(&mut child));
    };
    let arrangement = viewport.layout;
    if several {
        group(row(if one_row { 0.0 } else { 1.0 }), false, &mut |ui| {
            arrange(ui, palette, arrangement)
        });
    }
    let (preset, projection) = (viewport.camera.preset(), viewport.camera.projection);
    group(row(0.0), one_row, &mut |ui| {
        look(ui, palette, preset, projection, one_row)
    });
    if let Some(action) = action {
        viewport.act(action);
    }
}

fn arrange(ui: &mut Ui, palette: &Palette, current: Layout) -> Option<Action> {
    let mut action = None;
    for (layout, name, tip) in [
        (
            Layout::SideBySide,
            SIDE_BY_SIDE,
            "Each shape in its own pane, same scale and view",
        ),
        (
            Layout::Overlay,
            OVERLAY,
            "All shapes in one place, the earlier ones seen through",
        ),
    ] {
        if ui
            .add(button(palette, name, layout == current))
            .on_hover_text(tip)
            .clicked()
        {
            action = Some(Action::Arrange(layout));
        }
    }
    action
}

fn look(
    ui: &mut Ui,
    palette: &Palette,
    preset: Option<Preset>,
    projection: Projection,
    from_right: bool,
) -> Option<Action> {
    let mut action = None;
    let mut view = |ui: &mut Ui| {
        let name = preset.map_or("View", Preset::name);
        let face = button(palette, name, false)
            .min_size(vec2(VIEW_WIDTH, ROW))
            .right_text(chevron(palette));
        let menu = MenuButton::from_button(face);
        let (response, _) = menu.ui(ui, |ui| {
            ui.set_min_width(150.0);
            for preset in Preset::ALL {
                let mut entry = Button::new(preset.name());
                if let Some(key) = control::key(preset) {
                    entry = entry.shortcut_text(key.name());
                }
                if ui.add(entry).clicked() {
                    action = Some(Action::Look(preset));
                    ui.close();
                }
            }
        });
        response.on_hover_text("Direction of view");
    };
    let project = |ui: &mut Ui| {
        let name = projection_name(projection);
        let tip = "Perspective or orthographic (5)";
        let pressed = ui
            .add(button(palette, name, false).min_size(vec2(100.0, ROW)))
            .on_hover_text(tip)
            .clicked();
        pressed.then(|| Action::Project(control::other(projection)))
    };
    let fit = |ui: &mut Ui| {
        let tip = "Bring everything into view (F, or double click)";
        ui.add(button(palette, FIT, false))
            .on_hover_text(tip)
            .clicked()
            .then_some(Action::Fit)
    };
    let other = if from_right {
        let fit = fit(ui);
        let projected = project(ui);
        view(ui);
        fit.or(projected)
    } else {
        view(ui);
        let projected = project(ui);
        projected.or_else(|| fit(ui))
    };
    action.or(other)
}

const VIEW_WIDTH: f32 = 100.0;
const CHEVRON: egui::Vec2 = vec2(9.0, 9.0);
const SIDE_BY_SIDE: &str = "Side by side";
const OVERLAY: &str = "Overlay";
const FIT: &str = "Fit";

fn projection_name(projection: Projection) -> &'static str {
    match projection {
        Projection::Orthographic => "Orthographic",
        Projection::Perspective => "Perspective",
    }
}

fn button<'a>(palette: &Palette, text: &'a str, selected: bool) -> Button<'a> {
    let fill = if selected {
        blend(palette.raised, palette.accent, 0.22)
    } else {
        palette.raised
    };
    let stroke = if selected {
        blend(palette.line, palette.accent, 0.35)
    } else {
        palette.line
    };
    Button::new(RichText::new(text).size(TEXT).color(palette.text))
        .fill(fill)
        .stroke(Stroke::new(1.0, stroke))
        .corner_radius(6)
        .min_size(vec2(0.0, ROW))
        .selected(selected)
}

/// An arrow down, drawn and not written: fonts differ in what they have.
fn chevron(palette: &Palette) -> egui::Atom<'static> {
    let color = palette.dim;
    egui::AtomKind::closure(move |_, _| egui::IntoSizedResult {
        intrinsic_size: CHEVRON,
        sized: egui::SizedAtomKind::Paint {
            size: CHEVRON,
            paint: std::sync::Arc::new(move |ui: &Ui, args: egui::AtomPaintArgs| {
                let middle = args.rect.center();
                let points = vec![
                    middle + vec2(-3.5, -1.5),
                    middle + vec2(0.0, 2.0),
                    middle + vec2(3.5, -1.5),
                ];
                ui.painter().line(points, Stroke::new(1.2, color));
            }),
        },
    })
    .into()
}

fn blend(from: egui::Color32, to: egui::Color32, amount: f32) -> egui::Color32 {
    from.lerp_to_gamma(to, amount)
}

fn fits_one_row(ui: &Ui, width: f32) -> bool {
    let text = |text: &str| {
        let font = FontId::proportional(TEXT);
        ui.painter()
            .layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE)
            .size()
            .x
            + 2.0 * PADDING
    };
    let widest = text("Orthographic").max(100.0) + (text("Isometric") + CHEVRON.x + GAP).max(VIEW_WIDTH);
    text(SIDE_BY_SIDE) + text(OVERLAY) + text(FIT) + widest + 4.0 * GAP + 2.0 * MARGIN + 8.0 <= width
}
