//! Reward JSON as a tree with search and copy.
//!
//! Only expanded rows are created, and only visible ones are drawn.

use std::collections::BTreeSet;

use egui::{
    Align2, Button, Color32, RichText, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, pos2, vec2,
};
use serde_json::Value;

use super::widgets::{self, ActionStyle, action_button, header};
use crate::studio::command::{Command, WindowCommand};
use crate::studio::state::State;
use crate::studio::theme::{self, PAD, Palette};

/// Height of a row, points.
const ROW: f32 = 20.0;
/// Accessible name of the search field.
pub const SEARCH: &str = "Search the JSON";

/// Expanded nodes and search text.
pub struct JsonTreeView {
    open: BTreeSet<String>,
    search: String,
}

impl Default for JsonTreeView {
    fn default() -> Self {
        Self {
            open: BTreeSet::from([String::new(), "/reward".to_owned()]),
            search: String::new(),
        }
    }
}

/// Draws the tree of the card on screen.
pub fn show(view: &mut JsonTreeView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    ui.painter().hline(
        ui.available_rect_before_wrap().x_range(),
        ui.cursor().top(),
        theme::hairline(palette),
    );
    let scored = state.card().scored();
    header(
        ui,
        "JSON",
        |ui| {
            let width = (ui.available_width() - 4.0).clamp(60.0, 180.0);
            let field = TextEdit::singleline(&mut view.search)
                .hint_text(RichText::new("search").color(palette.faint))
                .font(theme::regular(12.0))
                .desired_width(width)
                .margin(egui::Margin::symmetric(8, 3))
                .align(egui::Align2::LEFT_CENTER);
            let response = ui.name_inputs(SEARCH, |ui| ui.add(field));
            response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, SEARCH));
        },
        |ui| {
            let blocked = scored.is_none().then_some("not scored yet");
            action_button(
                ui,
                WindowCommand::CopyReward,
                ActionStyle::Small,
                blocked,
                commands,
            );
        },
    );
    let Some(scored) = scored else {
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(PAD);
            ui.label(widgets::dim("nothing scored yet", palette));
        });
        return;
    };
    let rows = rows(&scored.json, &view.open, view.search.trim());
    if rows.is_empty() {
        ui.add_space(8.0);
        ui.horizontal(|ui| {
            ui.add_space(PAD);
            ui.label(widgets::dim(
                format!("no match for “{}”", view.search.trim()),
                palette,
            ));
        });
    }
    ui.add_space(4.0);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("json")
        .auto_shrink([false, true])
        .show_rows(ui, ROW, rows.len(), |ui, range| {
            for row in &rows[range] {
                show_row(row, &mut view.open, ui, commands);
            }
        });
}

/// A visible line of the tree.
struct TreeRow<'a> {
    path: String,
    key: String,
    value: &'a Value,
    depth: usize,
    open: bool,
    /// Whether the search matches this line.
    hit: bool,
}

/// Visible lines: those under expanded nodes or, during a search, matches and their ancestors.
fn rows<'a>(root: &'a Value, open: &BTreeSet<String>, search: &str) -> Vec<TreeRow<'a>> {
    let mut rows = Vec::new();
    let needle = search.to_lowercase();
    for (key, value) in children(root) {
        push_rows(&mut rows, "", key, value, 0, open, &needle);
    }
    rows
}

fn push_rows<'a>(
    rows: &mut Vec<TreeRow<'a>>,
    parent: &str,
    key: String,
    value: &'a Value,
    depth: usize,
    open: &BTreeSet<String>,
    needle: &str,
) {
    let path = format!("{parent}/{}", key.replace('~', "~0").replace('/', "~1"));
    let nested = is_nested(value);
    let searching = !needle.is_empty();
    let hit = searching
        && (key.to_lowercase().contains(needle)
            || (!nested && scalar(value).to_lowercase().contains(needle)));
    let at = rows.len();
    let shown_open = nested && (searching || open.contains(&path));
    rows.push(TreeRow {
        path: path.clone(),
        key,
        value,
        depth,
        open: shown_open,
        hit,
    });
    if shown_open {
        for (key, value) in children(value) {
            push_rows(rows, &path, key, value, depth + 1, open, needle);
        }
    }
    // A branch without a match is hidden during a search.
    if searching && !hit && rows.len() == at + 1 {
        rows.truncate(at);
    }
}

fn children(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Object(map) => map.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}

fn is_nested(value: &Value) -> bool {
    matches!(value, Value::Object(map) if !map.is_empty())
        || matches!(value, Value::Array(items) if !items.is_empty())
}

/// A value on one line, numbers rounded to six digits.
pub fn scalar(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if !number.is_i64() && !number.is_u64() => {
                let rounded = (float * 1e6).round() / 1e6;
                format!("{rounded:?}")
            }
            Some(_) | None => number.to_string(),
        },
        Value::String(text) => format!("\"{}\"", widgets::cut(text).replace('\n', "⏎")),
        Value::Null | Value::Bool(_) => value.to_string(),
        Value::Object(map) => match map.len() {
            1 => "1 key".to_owned(),
            keys => format!("{keys} keys"),
        },
        Value::Array(items) => match items.len() {
            1 => "1 item".to_owned(),
            length => format!("{length} items"),
        },
    }
}

fn show_row(row: &TreeRow<'_>, open: &mut BTreeSet<String>, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let nested = is_nested(row.value);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    response.widget_info(|| {
        let kind = if nested {
            Role::DisclosureTriangle
        } else {
            Role::Label
        };
        WidgetInfo::labeled(kind, true, format!("{} {}", row.key, scalar(row.value)))
    });
    if row.hit {
        ui.painter()
            .rect_filled(rect, 0.0, theme::blend(palette.pane, palette.accent, 0.14));
    } else if response.hovered() {
        ui.painter().rect_filled(rect, 0.0, palette.raised);
    }
    let middle = rect.center().y;
    let mut x = rect.left() + PAD + row.depth as f32 * 14.0;
    if nested {
        widgets::triangle(ui, pos2(x + 3.0, middle), row.open, palette.dim);
    }
    x += 14.0;
    let key = RichText::new(&row.key).font(theme::mono(12.0)).color(if nested {
        palette.text
    } else {
        palette.dim
    });
    let key = widgets::line(ui, key, (rect.right() - x - 20.0).max(20.0));
    let key = widgets::paint_line(ui, pos2(x, middle), Align2::LEFT_CENTER, key);
    let value = RichText::new(scalar(row.value))
        .font(theme::mono(12.0))
        .color(value_color(row.value, palette));
    let room = rect.right() - key.right() - 8.0 - PAD - if response.hovered() { 38.0 } else { 0.0 };
    let value = widgets::line(ui, value, room.max(10.0));
    let cut = value.elided;
    widgets::paint_line(ui, pos2(key.right() + 8.0, middle), Align2::LEFT_CENTER, value);
    if response.clicked() && nested && !open.remove(&row.path) {
        open.insert(row.path.clone());
    }
    if response.hovered() || response.contains_pointer() {
        let button = egui::Rect::from_min_max(
            pos2(rect.right() - 50.0, rect.top() + 1.0),
            rect.max - vec2(8.0, 1.0),
        );
        let copy = Button::new(
            RichText::new("copy")
                .font(theme::regular(10.5))
                .color(palette.accent),
        )
        .frame(false);
        if ui.put(button, copy).clicked() {
            commands.push(WindowCommand::Copy(copied(row.value)).into());
        }
    }
    if cut {
        response.on_hover_text(copied(row.value));
    }
}

/// Strings are copied verbatim, other values as JSON.
fn copied(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => serde_json::to_string_pretty(other).unwrap_or_default(),
    }
}

fn value_color(value: &Value, palette: &Palette) -> Color32 {
    match value {
        Value::Number(_) => palette.code.number,
        Value::String(_) => palette.code.string,
        Value::Bool(_) | Value::Null => palette.code.keyword,
        Value::Object(_) | Value::Array(_) => palette.faint,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown(value: &Value, open: &[&str], search: &str) -> Vec<String> {
        let open = open.iter().map(|path| (*path).to_owned()).collect();
        rows(value, &open, search)
            .into_iter()
            .map(|row| row.path)
            .collect()
    }

    #[test]
    fn only_expanded_nodes_are_displayed() {
        let value = json!({"reward": {"total": 0.8}, "notes": ["a", "b"], "ok": true});
        assert_eq!(shown(&value, &[], ""), ["/reward", "/notes", "/ok"]);
        assert_eq!(
            shown(&value, &["/reward"], ""),
            ["/reward", "/reward/total", "/notes", "/ok"]
        );
    }

    #[test]
    fn a_search_expands_matches_and_hides_the_rest() {
        let value = json!({"details": {"topology": {"faces": 4100}, "contact": {}}, "ok": true});
        assert_eq!(
            shown(&value, &[], "FACES"),
            ["/details", "/details/topology", "/details/topology/faces"]
        );
        assert_eq!(shown(&value, &[], "4100").len(), 3);
        assert!(shown(&value, &[], "absent").is_empty());
    }

    #[test]
    fn numbers_are_shortened_but_keep_their_kind() {
        assert_eq!(scalar(&json!(1.0)), "1.0");
        assert_eq!(scalar(&json!(0.719_440_123)), "0.71944");
        assert_eq!(scalar(&json!(4100)), "4100");
        assert_eq!(scalar(&json!("a\nb")), "\"a⏎b\"");
    }
}
