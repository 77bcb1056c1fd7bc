//! Find bar, and the highlights of matches.

use std::ops::Range;

use egui::text::CharIndex;
use egui::{
    Button, Galley, Key, Modifiers, Pos2, Rect, RichText, Role, Shape, TextEdit, Ui, UiBuilder, WidgetInfo,
    pos2, vec2,
};

use super::find::{Find, next, previous};
use crate::studio::panels::widgets;
use crate::studio::theme::{self, PAD, Palette, SMALL};

/// Accessible name of the search field.
pub const QUERY: &str = "Find";
/// Accessible name of the replacement field.
pub const REPLACEMENT: &str = "Replace with";
/// Height of a row, points.
const ROW: f32 = 34.0;

/// Actions of the bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindAction {
    /// Select the match after the caret.
    Next,
    /// Select the match before the caret.
    Previous,
    /// Replace the selected match, or select one.
    Replace,
    /// Replace all matches.
    ReplaceAll,
    /// Close the bar.
    Close,
}

/// Matches of the last search, cached until code or query change.
#[derive(Default)]
pub struct SearchMatches {
    of: Option<(String, bool, u64)>,
    /// Matches in bytes.
    pub matches: Vec<Range<usize>>,
    /// Line and character range of each match.
    places: Vec<(usize, Range<usize>)>,
}

impl SearchMatches {
    /// Searches again after a change.
    pub fn update(&mut self, find: &Find, code: &str) {
        let key = (find.query.clone(), find.case, egui::epaint::util::hash(code));
        if self.of.as_ref() == Some(&key) {
            return;
        }
        self.matches = find.matches(code);
        let mut places = Vec::with_capacity(self.matches.len());
        let (mut line, mut start) = (0, 0);
        for range in &self.matches {
            while let Some(end) = code[start..range.start].find('\n') {
                start += end + 1;
                line += 1;
            }
            let first = code[start..range.start].chars().count();
            places.push((line, first..first + code[range.clone()].chars().count()));
        }
        self.places = places;
        self.of = Some(key);
    }

    /// Line of a match.
    pub fn line(&self, index: usize) -> usize {
        self.places.get(index).map_or(0, |(line, _)| *line)
    }

    /// Highlights of the visible matches.
    pub fn tints(
        &self,
        galley: &Galley,
        at: Pos2,
        clip: Rect,
        current: Option<usize>,
        palette: &Palette,
    ) -> Shape {
        let mut shapes = Vec::new();
        for (index, (line, chars)) in self.places.iter().enumerate() {
            let Some(row) = galley.rows.get(*line) else {
                continue;
            };
            let (top, bottom) = (at.y + row.min_y(), at.y + row.max_y());
            if bottom < clip.top() || top > clip.bottom() {
                continue;
            }
            let x = |chars: usize| at.x + row.pos.x + row.x_offset(CharIndex(chars));
            let rect = Rect::from_min_max(pos2(x(chars.start), top + 1.0), pos2(x(chars.end), bottom - 1.0));
            let share = if current == Some(index) { 0.55 } else { 0.25 };
            shapes.push(Shape::rect_filled(
                rect,
                2.0,
                theme::blend(palette.pane, palette.warn, share),
            ));
        }
        Shape::Vec(shapes)
    }
}

/// Draws the bar; `current` is the match at the caret.
pub fn show(
    find: &mut Find,
    found: &SearchMatches,
    current: Option<usize>,
    ui: &mut Ui,
) -> Option<FindAction> {
    let palette = theme::of(ui);
    let mut action = None;
    let rows = if find.replacing { 2.0 } else { 1.0 };
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), rows * ROW), egui::Sense::hover());
    ui.painter().rect_filled(rect, 0.0, palette.raised);
    ui.painter()
        .hline(rect.x_range(), rect.bottom() - 0.5, theme::hairline(palette));
    let row = |index: f32| {
        let top = rect.top() + index * ROW;
        Rect::from_min_max(pos2(rect.left() + PAD, top), pos2(rect.right() - 6.0, top + ROW))
    };
    let field_width = (rect.width() - 236.0).clamp(70.0, 260.0);
    within(ui, row(0.0), |ui| {
        ui.spacing_mut().item_spacing.x = 4.0;
        let response = field(ui, QUERY, &mut find.query, "find", field_width);
        if std::mem::take(&mut find.wants_focus) {
            response.request_focus();
        }
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        if entered {
            let back = ui.input(|input| input.modifiers.shift);
            action = Some(if back {
                FindAction::Previous
            } else {
                FindAction::Next
            });
            response.request_focus();
        }
        if (response.has_focus() || response.lost_focus())
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape))
        {
            action = Some(FindAction::Close);
        }
        let count = match (found.matches.len(), current) {
            (0, _) if find.query.is_empty() => String::new(),
            (0, _) => "none".to_owned(),
            (count, Some(current)) => format!("{} of {count}", current + 1),
            (count, None) => count.to_string(),
        };
        ui.add_sized([52.0, ROW], egui::Label::new(widgets::small(count, palette)));
        for (sign, name, what) in [
            ("↑", "Previous match", FindAction::Previous),
            ("↓", "Next match", FindAction::Next),
        ] {
            if small(ui, sign, name, false).clicked() {
                action = Some(what);
            }
        }
        if small(ui, "Aa", "Match case", find.case).clicked() {
            find.case = !find.case;
        }
        if small(ui, "✕", "Close find", false).clicked() {
            action = Some(FindAction::Close);
        }
    });
    if find.replacing {
        within(ui, row(1.0), |ui| {
            ui.spacing_mut().item_spacing.x = 4.0;
            let response = field(
                ui,
                REPLACEMENT,
                &mut find.replacement,
                "replace with",
                field_width,
            );
            if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
                action = Some(FindAction::Replace);
                response.request_focus();
            }
            ui.add_space(4.0);
            if small(ui, "Replace", "Replace", false).clicked() {
                action = Some(FindAction::Replace);
            }
            if small(ui, "All", "Replace all", false).clicked() {
                action = Some(FindAction::ReplaceAll);
            }
        });
    }
    action
}

/// Lays out within a fixed row, so that lack of space does not widen the panel.
fn within(ui: &mut Ui, row: Rect, add: impl FnOnce(&mut Ui)) {
    let layout = egui::Layout::left_to_right(egui::Align::Center);
    let mut child = ui.new_child(UiBuilder::new().max_rect(row).layout(layout));
    child.shrink_clip_rect(row);
    add(&mut child);
}

/// The match that an action selects from a caret in bytes.
pub fn target(found: &SearchMatches, action: FindAction, caret: Range<usize>) -> Option<usize> {
    match action {
        FindAction::Next => next(
            &found.matches,
            caret.end.max(caret.start + usize::from(caret.is_empty())),
        ),
        FindAction::Previous => previous(&found.matches, caret.start),
        FindAction::Replace => next(&found.matches, caret.start),
        FindAction::ReplaceAll | FindAction::Close => None,
    }
}

fn field(ui: &mut Ui, name: &str, text: &mut String, hint: &str, width: f32) -> egui::Response {
    let palette = theme::of(ui);
    let field = TextEdit::singleline(text)
        .hint_text(RichText::new(hint).color(palette.faint))
        .font(theme::mono(12.0))
        .desired_width(width)
        .margin(egui::Margin::symmetric(8, 3));
    let response = ui.name_inputs(name, |ui| ui.add(field));
    response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, name));
    response
}

fn small(ui: &mut Ui, text: &str, name: &str, on: bool) -> egui::Response {
    let button = Button::new(RichText::new(text).font(theme::regular(SMALL)))
        .selected(on)
        .min_size(vec2(24.0, 22.0));
    let response = ui.add(button);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, on, name));
    if text == name {
        response
    } else {
        response.on_hover_text(name)
    }
}
