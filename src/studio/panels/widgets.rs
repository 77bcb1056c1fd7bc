//! Widgets shared by panels.

use egui::style::WidgetVisuals;
use egui::{
    Align, Align2, Atom, AtomKind, AtomPaintArgs, Button, Color32, CornerRadius, Frame, Galley, Id,
    IntoSizedResult, Layout, Margin, Modal, Pos2, Rect, Response, RichText, Role, Sense, SizedAtomKind,
    Stroke, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};
use std::sync::Arc;

use crate::studio::command::{ActionInfo, Command};
use crate::studio::state::CardStatus;
use crate::studio::theme::{self, HEADER, PAD, Palette, RADIUS, SMALL, TEXT};

/// Header line of a panel: a title, and content at its right end. A hairline closes it.
pub fn header(ui: &mut Ui, title: &str, left: impl FnOnce(&mut Ui), right: impl FnOnce(&mut Ui)) {
    let palette = theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEADER), Sense::hover());
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, theme::hairline(palette));
    let inner = rect.shrink2(vec2(PAD, 0.0));
    let room = right_end(ui, inner, 8.0, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        right(ui);
    });
    left_end(ui, room, |ui| {
        ui.spacing_mut().item_spacing.x = 8.0;
        if !title.is_empty() {
            ui.label(section(title, palette));
        }
        left(ui);
    });
}

/// Draws content at the right end of a bar; returns the room that is left of it, less a gap.
pub fn right_end(ui: &mut Ui, bar: Rect, gap: f32, content: impl FnOnce(&mut Ui)) -> Rect {
    let end = ui.scope_builder(
        UiBuilder::new()
            .max_rect(bar)
            .layout(Layout::right_to_left(Align::Center)),
        |ui| {
            content(ui);
            ui.min_rect()
        },
    );
    let right = (end.inner.left() - gap).max(bar.left());
    Rect::from_min_max(bar.min, pos2(right, bar.bottom()))
}

/// Draws content at the left end of a bar, clipped to its room.
pub fn left_end(ui: &mut Ui, room: Rect, content: impl FnOnce(&mut Ui)) {
    ui.scope_builder(
        UiBuilder::new()
            .max_rect(room)
            .layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.shrink_clip_rect(room);
            content(ui);
        },
    );
}

pub fn section(title: &str, palette: &Palette) -> RichText {
    RichText::new(title.to_uppercase())
        .font(theme::semibold(SMALL))
        .color(palette.text)
        .extra_letter_spacing(0.3)
}

pub fn dim(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).color(palette.dim)
}

pub fn small(text: impl Into<String>, palette: &Palette) -> RichText {
    RichText::new(text).font(theme::regular(SMALL)).color(palette.dim)
}

/// A rounded label with a tinted background.
pub fn chip(ui: &mut Ui, text: &str, color: Color32) {
    let palette = theme::of(ui);
    let text_color = theme::blend(color, palette.text, 0.25);
    let galley = line(
        ui,
        RichText::new(text).font(theme::medium(SMALL)).color(text_color),
        f32::INFINITY,
    );
    let (rect, response) = ui.allocate_exact_size(galley.size() + vec2(18.0, 7.0), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, text));
    ui.painter()
        .rect_filled(rect, rect.height() / 2.0, theme::blend(palette.pane, color, 0.16));
    paint_line(ui, rect.center(), Align2::CENTER_CENTER, galley);
}

/// Size of a chevron in a button, points.
pub const CHEVRON: egui::Vec2 = vec2(9.0, 9.0);

/// Arrow of a drop-down list.
pub fn chevron(ui: &Ui, rect: Rect, visuals: &WidgetVisuals, _open: bool) {
    paint_chevron(ui, rect, visuals.text_color().gamma_multiply(0.6));
}

/// Arrow of a button that opens a menu.
pub fn chevron_atom(color: Color32) -> Atom<'static> {
    AtomKind::closure(move |_, _| IntoSizedResult {
        intrinsic_size: CHEVRON,
        sized: SizedAtomKind::Paint {
            size: CHEVRON,
            paint: Arc::new(move |ui: &Ui, args: AtomPaintArgs| paint_chevron(ui, args.rect, color)),
        },
    })
    .into()
}

/// Painted, because fonts differ in their glyphs.
fn paint_chevron(ui: &Ui, rect: Rect, color: Color32) {
    let arm = [vec2(-3.5, -1.5), vec2(0.0, 2.0), vec2(3.5, -1.5)];
    let points = arm.map(|offset| rect.center() + offset).to_vec();
    ui.painter().line(points, Stroke::new(1.2, color));
}

/// A raised frame with a border.
pub fn card(fill: Color32, edge: Color32) -> Frame {
    Frame::new()
        .fill(fill)
        .stroke(Stroke::new(1.0, edge))
        .corner_radius(CornerRadius::same(RADIUS))
        .inner_margin(Margin::symmetric(10, 8))
}

pub fn modal(ui: &Ui, id: &str) -> Modal {
    Modal::new(Id::unique(id)).frame(Frame::popup(ui.style()).inner_margin(Margin::same(18)))
}

/// A filled dot with a radius of 4 points.
pub fn dot(ui: &Ui, center: Pos2, color: Color32) {
    ui.painter().circle_filled(center, 4.0, color);
}

pub fn status_color(status: CardStatus, palette: &Palette) -> Color32 {
    match status {
        CardStatus::Unknown => palette.faint,
        CardStatus::Good => palette.good,
        CardStatus::Weak => palette.warn,
        CardStatus::Failed | CardStatus::InternalError => palette.bad,
    }
}

/// Sign of a collapsible node.
pub fn triangle(ui: &Ui, center: egui::Pos2, open: bool, color: Color32) {
    let points = if open {
        vec![
            center + vec2(-3.5, -2.0),
            center + vec2(3.5, -2.0),
            center + vec2(0.0, 3.0),
        ]
    } else {
        vec![
            center + vec2(-2.0, -3.5),
            center + vec2(3.0, 0.0),
            center + vec2(-2.0, 3.5),
        ]
    };
    ui.painter()
        .add(egui::Shape::convex_polygon(points, color, egui::Stroke::NONE));
}

/// Text laid out on one line, truncated with an ellipsis at `width`.
pub fn line(ui: &Ui, text: RichText, width: f32) -> Arc<Galley> {
    egui::WidgetText::from(text).into_galley(ui, Some(egui::TextWrapMode::Truncate), width, TEXT_STYLE)
}

const TEXT_STYLE: egui::TextStyle = egui::TextStyle::Body;

/// Paints a laid-out line with its `anchor` at `at`, and returns its rectangle.
pub fn paint_line(ui: &Ui, at: Pos2, anchor: Align2, galley: Arc<Galley>) -> Rect {
    let rect = anchor.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, theme::of(ui).text);
    rect
}

/// Button for an action: its label, its shortcut beside it or in its tooltip, and why it is disabled.
pub fn action_button(
    ui: &mut Ui,
    command: impl Into<Command>,
    style: ActionStyle,
    blocked: Option<&str>,
    commands: &mut Vec<Command>,
) -> Response {
    let command = command.into();
    let label = label_of(&command);
    named_button(ui, command, label, style, blocked, commands)
}

fn label_of(command: &Command) -> &'static str {
    command.info().map_or("", |info| info.label)
}

/// Like [`action_button`] with a shorter label; its accessible name stays the action's.
pub fn named_button(
    ui: &mut Ui,
    command: impl Into<Command>,
    label: &str,
    style: ActionStyle,
    blocked: Option<&str>,
    commands: &mut Vec<Command>,
) -> Response {
    let palette = theme::of(ui);
    let command = command.into();
    let name = label_of(&command);
    let keys = command.info().and_then(ActionInfo::keys_text);
    let mut button = match style {
        ActionStyle::Primary => primary(label, palette),
        ActionStyle::Danger => Button::new(RichText::new(label).font(theme::medium(TEXT)).color(palette.bad))
            .stroke(Stroke::new(1.0, theme::blend(palette.line, palette.bad, 0.5))),
        ActionStyle::Plain => Button::new(label),
        ActionStyle::Small => Button::new(RichText::new(label).font(theme::regular(SMALL))).small(),
    };
    if matches!(style, ActionStyle::Plain)
        && let Some(keys) = &keys
    {
        button = button.right_text(RichText::new(keys.replace("Enter", "⏎")).color(palette.dim));
    }
    let response = ui.add_enabled(blocked.is_none(), button);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, blocked.is_none(), name));
    if response.clicked() {
        commands.push(command);
    }
    let response = match &keys {
        Some(keys) => response.on_hover_text(keys),
        None => response,
    };
    match blocked {
        Some(why) => response.on_disabled_hover_text(why),
        None => response,
    }
}

pub fn primary<'a>(label: &str, palette: &Palette) -> Button<'a> {
    let text = RichText::new(label)
        .font(theme::medium(TEXT))
        .color(Color32::WHITE);
    let edge = theme::blend(palette.primary, Color32::WHITE, 0.12);
    Button::new(text)
        .fill(palette.primary)
        .stroke(Stroke::new(1.0, edge))
}

/// Style of an action's button.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionStyle {
    Primary,
    /// An ordinary button, with its shortcut.
    Plain,
    /// Stops something.
    Danger,
    /// A small button in a header.
    Small,
}

/// A signed number as displayed in deltas: `+0.086`, `−0.120`, `0.000`.
pub fn signed(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let zero = text.chars().all(|c| matches!(c, '0' | '.'));
    let sign = match value {
        _ if zero => "",
        value if value < 0.0 => "−",
        _ => "+",
    };
    format!("{sign}{text}")
}

/// A number with that many digits, or a dash if there is none.
pub fn number(value: Option<f64>, digits: usize) -> String {
    match value {
        Some(value) => format!("{value:.digits$}").replace('-', "−"),
        None => "–".to_owned(),
    }
}

/// A total as displayed: `0.719`, `−1.00`.
pub fn total(value: f64) -> String {
    if value < 0.0 {
        format!("−{:.2}", value.abs())
    } else {
        format!("{value:.3}")
    }
}

/// Colour of a change.
pub fn delta_color(value: f64, palette: &Palette) -> Color32 {
    if value > 0.0005 {
        palette.good
    } else if value < -0.0005 {
        palette.bad
    } else {
        palette.dim
    }
}

/// A truncated text: laying out a line of a million characters would block the window.
pub fn cut(text: &str) -> String {
    const LONGEST: usize = 2000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}… ({} characters)", &text[..end], text.chars().count()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_a_sign_and_no_negative_zero() {
        assert_eq!(signed(0.0863, 3), "+0.086");
        assert_eq!(signed(-0.12, 2), "−0.12");
        assert_eq!(signed(-0.0001, 2), "0.00");
        assert_eq!(total(-1.0), "−1.00");
        assert_eq!(total(0.71944), "0.719");
    }

    #[test]
    fn a_long_line_is_truncated_with_its_length() {
        assert_eq!(cut("short ø"), "short ø");
        let long = "ø".repeat(900_000);
        let shown = cut(&long);
        assert!(
            shown.len() < 10_000 && shown.ends_with("(900000 characters)"),
            "{}",
            shown.len()
        );
    }
}
