//! Code diff of two steps.

use egui::{Align2, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use similar::{ChangeTag, TextDiff};

use super::widgets::{self, header};
use crate::studio::theme::{self, CODE, Palette};

/// Number of unchanged lines around a change.
const CONTEXT: usize = 3;
const ROW: f32 = 19.0;

/// Last computed diff.
#[derive(Default)]
pub struct DiffView {
    key: Option<u64>,
    lines: Vec<DiffLine>,
    added: usize,
    removed: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum DiffLine {
    /// Omitted unchanged lines.
    Gap(usize),
    /// A line with its numbers in both texts, from 1.
    Text {
        tag: ChangeTag,
        numbers: [Option<usize>; 2],
        text: String,
    },
}

pub struct Side<'a> {
    pub title: &'a str,
    pub code: &'a str,
}

/// Draws the diff; returns whether it should close.
pub fn show(view: &mut DiffView, old: &Side<'_>, new: &Side<'_>, ui: &mut Ui) -> bool {
    let palette = theme::of(ui);
    let key = egui::epaint::util::hash((old.code, new.code));
    if view.key != Some(key) {
        let lines = lines(old.code, new.code);
        let count = |wanted| {
            lines
                .iter()
                .filter(|line| matches!(line, DiffLine::Text { tag, .. } if *tag == wanted))
                .count()
        };
        *view = DiffView {
            key: Some(key),
            added: count(ChangeTag::Insert),
            removed: count(ChangeTag::Delete),
            lines,
        };
    }
    let mut close = false;
    header(
        ui,
        "",
        |ui| {
            let title = format!("{} → {}", old.title, new.title);
            ui.label(RichText::new(title).font(theme::semibold(theme::TEXT)));
            ui.label(RichText::new(format!("+{}", view.added)).color(palette.good));
            ui.label(RichText::new(format!("−{}", view.removed)).color(palette.bad));
        },
        |ui| {
            close = ui
                .add(
                    egui::Button::new(RichText::new("Close diff").font(theme::regular(theme::SMALL))).small(),
                )
                .clicked();
        },
    );
    if view.added + view.removed == 0 {
        ui.add_space(10.0);
        ui.horizontal(|ui| {
            ui.add_space(theme::PAD);
            ui.label(widgets::dim("no changes", palette));
        });
        return close;
    }
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::both().id_salt("diff").auto_shrink(false).show_rows(
        ui,
        ROW,
        view.lines.len(),
        |ui, range| {
            for line in &view.lines[range] {
                row(line, ui, palette);
            }
        },
    );
    close
}

fn row(line: &DiffLine, ui: &mut Ui, palette: &Palette) {
    let font = theme::mono(CODE - 0.5);
    match line {
        DiffLine::Gap(count) => {
            let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
            ui.painter().rect_filled(rect, 0.0, palette.raised);
            let what = if *count == 1 {
                "1 unchanged line".to_owned()
            } else {
                format!("{count} unchanged lines")
            };
            let text = widgets::line(ui, widgets::small(what, palette), rect.width());
            widgets::paint_line(
                ui,
                pos2(rect.left() + 84.0, rect.center().y),
                Align2::LEFT_CENTER,
                text,
            );
        }
        DiffLine::Text { tag, numbers, text } => {
            let (sign, color) = match tag {
                ChangeTag::Insert => ("+", Some(palette.good)),
                ChangeTag::Delete => ("−", Some(palette.bad)),
                ChangeTag::Equal => (" ", None),
            };
            let shown = widgets::cut(text);
            let galley = ui.fonts_mut(|fonts| fonts.layout_no_wrap(shown, font.clone(), palette.text));
            let width = (galley.size().x + 100.0).max(ui.available_width());
            let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
            response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{sign}{text}")));
            if let Some(color) = color {
                ui.painter()
                    .rect_filled(rect, 0.0, theme::blend(palette.pane, color, 0.15));
            }
            let y = rect.center().y;
            for (column, number) in numbers.iter().enumerate() {
                if let Some(number) = number {
                    let at = pos2(rect.left() + 34.0 + 32.0 * column as f32, y);
                    ui.painter()
                        .text(at, Align2::RIGHT_CENTER, number, theme::mono(11.0), palette.faint);
                }
            }
            let sign_color = color.unwrap_or(palette.faint);
            ui.painter().text(
                pos2(rect.left() + 76.0, y),
                Align2::CENTER_CENTER,
                sign,
                font,
                sign_color,
            );
            ui.painter().galley(
                pos2(rect.left() + 86.0, y - 0.5 * galley.size().y),
                galley,
                palette.text,
            );
        }
    }
}

fn lines(old: &str, new: &str) -> Vec<DiffLine> {
    let diff = TextDiff::from_lines(old, new);
    let mut lines = Vec::new();
    let mut shown = 0;
    for group in diff.grouped_ops(CONTEXT) {
        let first = group.first().map_or(0, |op| op.old_range().start);
        if first > shown {
            lines.push(DiffLine::Gap(first - shown));
        }
        for op in &group {
            for change in diff.iter_changes(op) {
                lines.push(DiffLine::Text {
                    tag: change.tag(),
                    numbers: [change.old_index(), change.new_index()]
                        .map(|index| index.map(|index| index + 1)),
                    text: change.value().trim_end_matches(['\n', '\r']).to_owned(),
                });
            }
            shown = op.old_range().end;
        }
    }
    let total = old.lines().count();
    if !lines.is_empty() && total > shown {
        lines.push(DiffLine::Gap(total - shown));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_have_context_and_count_the_rest() {
        let old: String = (1..=20).map(|n| format!("line {n}\n")).collect();
        let new = old.replace("line 10\n", "line ten\nand more\n");
        let lines = lines(&old, &new);
        assert_eq!(lines.first(), Some(&DiffLine::Gap(6)));
        assert_eq!(lines.last(), Some(&DiffLine::Gap(7)));
        let text: Vec<_> = lines
            .iter()
            .filter_map(|line| match line {
                DiffLine::Text { tag, numbers, text } if *tag != ChangeTag::Equal => {
                    Some((*numbers, text.as_str()))
                }
                DiffLine::Text { .. } | DiffLine::Gap(_) => None,
            })
            .collect();
        assert_eq!(
            text,
            [
                ([Some(10), None], "line 10"),
                ([None, Some(10)], "line ten"),
                ([None, Some(11)], "and more"),
            ]
        );
        assert!(super::lines(&old, &old).is_empty());
    }
}
