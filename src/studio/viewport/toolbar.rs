//! Toolbar of the view.

use egui::containers::menu::MenuButton;
use egui::{
    Align, Button, FontId, Rect, RichText, Role, Slider, Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use super::modes::{CompareWith, Layout, Section, ViewCommand};
use super::view::Viewport;
use super::{control, object_menu};
use crate::render::overlay::MARGIN;
use crate::render::{DrawStyle, Palette, Preset, Projection};
use crate::studio::panels::widgets::{CHEVRON, chevron_atom};

const ROW: f32 = 26.0;
const GAP: f32 = 6.0;
const PADDING: f32 = 10.0;
const TEXT: f32 = 12.5;
const SECTION: &str = "Section";
const MEASURE: &str = "Measure";
const FIT: &str = "Fit";

/// Rows from the top, with their groups of buttons.
#[derive(Clone, Copy, PartialEq)]
enum ToolbarRows {
    One,
    /// The arrangement, then the rest.
    Two,
    /// Every group in its own row.
    Three,
}

/// Layout of the buttons for the available width.
#[derive(Clone, Copy)]
struct Plan {
    rows: ToolbarRows,
    /// Whether the arrangements are a menu, because their buttons exceed a row.
    is_compact: bool,
}

/// Height of the toolbar, margins included.
pub fn height(viewport: &Viewport, ui: &Ui, width: f32, several: bool) -> f32 {
    let rows = match plan(viewport, ui, width, several).rows {
        ToolbarRows::One => 1.0,
        ToolbarRows::Two => 2.0,
        ToolbarRows::Three => 3.0,
    };
    let section = if viewport.section.is_some() { 1.0 } else { 0.0 };
    MARGIN + (rows + section) * (ROW + GAP)
}

/// Draws the toolbar at the bottom of `rect` and executes its actions. A single pane has no arrangement buttons.
pub fn show(viewport: &mut Viewport, ui: &mut Ui, rect: Rect, palette: &Palette, several: bool) {
    let Plan { rows, is_compact } = plan(viewport, ui, rect.width(), several);
    let row = |from_foot: f32| {
        let bottom = rect.bottom() - MARGIN - from_foot * (ROW + GAP);
        Rect::from_min_max(
            pos2(rect.left() + MARGIN, bottom - ROW),
            pos2(rect.right() - MARGIN, bottom),
        )
    };
    let mut action = None;
    let mut group = |place: Rect, right: bool, add: &mut dyn FnMut(&mut Ui) -> Option<ViewCommand>| {
        let layout = if right {
            egui::Layout::right_to_left(Align::Center)
        } else {
            egui::Layout::left_to_right(Align::Center)
        };
        let mut child = ui.new_child(UiBuilder::new().max_rect(place).layout(layout));
        child.spacing_mut().item_spacing.x = GAP;
        child.spacing_mut().button_padding = vec2(PADDING, 4.0);
        let rect = add(&mut child);
        action = action.or(rect);
        child.min_rect()
    };
    let top = match rows {
        ToolbarRows::One => 0.0,
        ToolbarRows::Two => 1.0,
        ToolbarRows::Three => 2.0,
    };
    let mut used = rect.left() + MARGIN;
    let lists = !viewport.objects.is_empty();
    if several || lists {
        let mut add = |ui: &mut Ui| {
            let chosen = if several {
                arrange(ui, palette, viewport.layout, is_compact)
            } else {
                None
            };
            let listed = if lists {
                object_menu::menu(ui, palette, viewport)
            } else {
                None
            };
            chosen.or(listed)
        };
        used = group(row(top), false, &mut add).right() + GAP + 8.0;
    }
    let tools_row = match rows {
        ToolbarRows::One => {
            let place = row(0.0);
            Rect::from_min_max(pos2(used, place.top()), place.max)
        }
        ToolbarRows::Two => row(0.0),
        ToolbarRows::Three => row(1.0),
    };
    group(tools_row, false, &mut |ui| tools(ui, palette, viewport, several));
    group(row(0.0), true, &mut |ui| look(ui, palette, viewport));
    if let Some(mut section) = viewport.section {
        let mut close = false;
        group(row(top + 1.0), false, &mut |ui| {
            close = cut(ui, palette, &mut section);
            None
        });
        viewport.section = Some(section).filter(|_| !close);
    }
    if let Some(action) = action {
        viewport.act(action);
        ui.ctx().request_repaint();
    }
}

fn arrange(ui: &mut Ui, palette: &Palette, current: Layout, is_compact: bool) -> Option<ViewCommand> {
    let mut action = None;
    if is_compact {
        let face = button(palette, current.name(), false).right_text(chevron_atom(palette.dim));
        let (response, _) = MenuButton::from_button(face).ui(ui, |ui| {
            for layout in Layout::ALL {
                let entry = ui.add(Button::selectable(layout == current, layout.name()));
                if entry.on_hover_text(layout.about()).clicked() {
                    action = Some(ViewCommand::Arrange(layout));
                    ui.close();
                }
            }
        });
        response.on_hover_text(current.about());
        return action;
    }
    for layout in Layout::ALL {
        let button = button(palette, layout.name(), layout == current);
        if ui.add(button).on_hover_text(layout.about()).clicked() {
            action = Some(ViewCommand::Arrange(layout));
        }
    }
    action
}

fn tools(ui: &mut Ui, palette: &Palette, viewport: &Viewport, several: bool) -> Option<ViewCommand> {
    let mut action = None;
    if several {
        let name = against(viewport.against);
        let face = button(palette, &name, false).right_text(chevron_atom(palette.dim));
        let (response, _) = MenuButton::from_button(face).ui(ui, |ui| {
            ui.set_min_width(130.0);
            for choice in CompareWith::ALL {
                if ui
                    .add(Button::selectable(choice == viewport.against, choice.name()))
                    .clicked()
                {
                    action = Some(ViewCommand::CompareWith(choice));
                    ui.close();
                }
            }
        });
        response.on_hover_text("shape to compare the step on screen with");
    }
    for (name, on, tip, what) in [
        (
            SECTION,
            viewport.section.is_some(),
            "section plane (X over the view)",
            ViewCommand::Section,
        ),
        (
            MEASURE,
            viewport.measuring,
            "measure between two faces or edges (M over the view)",
            ViewCommand::Measure,
        ),
    ] {
        if ui.add(button(palette, name, on)).on_hover_text(tip).clicked() {
            action = Some(what);
        }
    }
    action
}

/// From right to left: fit, then the menu.
fn look(ui: &mut Ui, palette: &Palette, viewport: &Viewport) -> Option<ViewCommand> {
    let mut action = None;
    let tip = "fit everything into view (F, or double click)";
    if ui.add(button(palette, FIT, false)).on_hover_text(tip).clicked() {
        action = Some(ViewCommand::Fit);
    }
    let preset = viewport.camera.preset();
    let face = button(palette, preset.map_or("View", Preset::name), false)
        .min_size(vec2(VIEW_WIDTH, ROW))
        .right_text(chevron_atom(palette.dim));
    let (response, _) = MenuButton::from_button(face).ui(ui, |ui| {
        ui.set_min_width(170.0);
        for choice in Preset::ALL {
            let mut entry = Button::selectable(Some(choice) == preset, choice.name());
            if let Some(key) = control::key(choice) {
                entry = entry.shortcut_text(key.name());
            }
            if ui.add(entry).clicked() {
                action = Some(ViewCommand::Orient(choice));
                ui.close();
            }
        }
        ui.separator();
        for projection in [Projection::Perspective, Projection::Orthographic] {
            let current = projection == viewport.camera.projection;
            let mut entry = Button::selectable(current, projection_name(projection));
            if !current {
                entry = entry.shortcut_text("5");
            }
            if ui.add(entry).clicked() {
                action = Some(ViewCommand::Project(projection));
                ui.close();
            }
        }
        ui.separator();
        for choice in DrawStyle::ALL {
            if ui
                .add(Button::selectable(choice == viewport.look, choice.name()))
                .clicked()
            {
                action = Some(ViewCommand::SetDrawStyle(choice));
                ui.close();
            }
        }
    });
    response.on_hover_text("direction, projection, and display style");
    action
}

/// Axis, position and side of the section; returns whether it should close.
fn cut(ui: &mut Ui, palette: &Palette, section: &mut Section) -> bool {
    for (axis, name) in ["X", "Y", "Z"].into_iter().enumerate() {
        let pressed = ui.add(button(palette, name, axis == section.axis));
        if pressed
            .on_hover_text(format!("section normal to the {} axis", name.to_lowercase()))
            .clicked()
        {
            section.axis = axis;
        }
    }
    ui.spacing_mut().slider_width = (ui.available_width() - 130.0).clamp(60.0, 260.0);
    let slider = ui.add(Slider::new(&mut section.share, 0.0..=1.0).show_value(false));
    let share = f64::from(section.share);
    slider.widget_info(|| WidgetInfo {
        label: Some("Position of the section".to_owned()),
        value: Some(share),
        ..WidgetInfo::new(Role::Slider)
    });
    if ui
        .add(button(palette, "Flip", section.flipped))
        .on_hover_text("remove the other side")
        .clicked()
    {
        section.flipped = !section.flipped;
    }
    ui.add(button(palette, "Close", false))
        .on_hover_text("close the section")
        .clicked()
}

const VIEW_WIDTH: f32 = 100.0;

fn against(against: CompareWith) -> String {
    format!("to {}", against.name())
}

fn projection_name(projection: Projection) -> &'static str {
    match projection {
        Projection::Orthographic => "Orthographic",
        Projection::Perspective => "Perspective",
    }
}

pub(super) fn button<'a>(palette: &Palette, text: &'a str, selected: bool) -> Button<'a> {
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

fn blend(from: egui::Color32, to: egui::Color32, amount: f32) -> egui::Color32 {
    from.lerp_to_gamma(to, amount)
}

fn plan(viewport: &Viewport, ui: &Ui, width: f32, several: bool) -> Plan {
    let text = |text: &str| {
        let font = FontId::proportional(TEXT);
        let galley = ui
            .painter()
            .layout_no_wrap(text.to_owned(), font, egui::Color32::WHITE);
        galley.size().x + 2.0 * PADDING + GAP
    };
    let arranged: f32 = if several {
        Layout::ALL.iter().map(|layout| text(layout.name())).sum::<f32>()
    } else {
        0.0
    };
    let menu = CHEVRON.x + GAP;
    let against = if several {
        text(&against(viewport.against)) + menu
    } else {
        0.0
    };
    let objects = if viewport.objects.is_empty() {
        0.0
    } else {
        text(&viewport.objects.title()) + menu
    };
    let tools = against + text(SECTION) + text(MEASURE);
    let arrange = arranged + objects;
    let look = text(FIT) + (text("Isometric") + menu).max(VIEW_WIDTH + GAP);
    // The gap after the last button does not count.
    let room = width - 2.0 * MARGIN + GAP;
    let rows = if arrange + tools + look + 14.0 <= room {
        ToolbarRows::One
    } else if arrange.max(tools + look) <= room {
        ToolbarRows::Two
    } else {
        ToolbarRows::Three
    };
    Plan {
        rows,
        is_compact: several && arrange > room,
    }
}
