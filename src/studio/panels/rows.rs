//! Rows of a training run with filter, order and statistics; a click opens one in the editor.

use egui::{
    Align2, ComboBox, RichText, Role, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use super::group_grid::{UNINFORMATIVE, row_dot};
use super::widgets::{self, header};
use crate::data::Summary;
use crate::failure::Kind;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::rows::{Order, RowClass, RowFilter, RowIndex, RowList};
use crate::studio::state::State;
use crate::studio::theme::{self, PAD, SMALL};
use crate::trajectory;

/// Accessible name of the filter field.
pub const FILTER: &str = "Filter rows";
/// Accessible name of the field for a note.
pub const NOTE: &str = "Note";
const ROW: f32 = 24.0;
const CURVE: f32 = 46.0;

/// Filter and order.
#[derive(Default)]
pub struct RowsView {
    text: String,
    searched: String,
    choice: RowFilter,
    key: Option<Key>,
    serial: u64,
    /// Note being typed, and its row.
    note: (Option<usize>, String),
    listed: RowList,
}

/// Inputs of the list.
#[derive(Clone, Copy, PartialEq)]
struct Key {
    rows: usize,
    choice: RowFilter,
    matches: u64,
    pins: u64,
}

/// Draws the open rows, or how to open some.
pub fn show(view: &mut RowsView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let Some(rows) = &state.runs.rows else {
        header(ui, "Rows", |_| {}, |_| {});
        egui::Frame::new().inner_margin(PAD).show(ui, |ui| {
            let text =
                "Open a JSONL file of candidates (Ctrl+O) or a folder of trajectories (Ctrl+Shift+O), or drop one here, to inspect \
                 a training run.";
            ui.add(egui::Label::new(widgets::dim(text, palette)).wrap());
        });
        return;
    };
    view.choose(rows, state);
    header(
        ui,
        "Rows",
        |ui| {
            ui.label(widgets::small(
                super::status_bar::grouped(view.listed.rows.len()),
                palette,
            ));
        },
        |ui| {
            let close = ui.add(egui::Button::new(RichText::new("✕").font(theme::regular(SMALL))).small());
            close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close rows"));
            if close.clicked() {
                commands.push(ControllerCommand::CloseRows.into());
            }
        },
    );
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        let width = ui.available_width() - PAD;
        let field = TextEdit::singleline(&mut view.text)
            .hint_text(RichText::new("text in code, errors, notes").color(palette.faint))
            .font(theme::regular(12.0))
            .desired_width(width)
            .margin(egui::Margin::symmetric(8, 3));
        let response = ui.name_inputs(FILTER, |ui| ui.add(field));
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, FILTER));
        // A search reads the file, so it waits for a pause in typing.
        if view.text != view.searched && (response.lost_focus() || !response.changed()) {
            view.searched.clone_from(&view.text);
            commands.push(ControllerCommand::SearchRows(view.searched.trim().to_owned()).into());
        }
        if response.changed() {
            ui.ctx().request_repaint();
        }
    });
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        ui.spacing_mut().item_spacing.x = 6.0;
        let half = 0.5 * (ui.available_width() - PAD - 6.0) - 22.0;
        ui.name_inputs("Row filter", |ui| {
            ComboBox::new("which rows", "")
                .icon(widgets::chevron)
                .width(half)
                .truncate()
                .selected_text(RichText::new(view.choice.which.name()).size(12.0))
                .show_ui(ui, |ui| {
                    for which in RowClass::all(rows) {
                        ui.selectable_value(&mut view.choice.which, which, which.name());
                    }
                });
        });
        ui.name_inputs("Sort rows", |ui| {
            ComboBox::new("order of rows", "")
                .icon(widgets::chevron)
                .width(half)
                .selected_text(RichText::new(view.choice.order.name()).size(12.0))
                .show_ui(ui, |ui| {
                    for order in Order::ALL {
                        ui.selectable_value(&mut view.choice.order, order, order.name());
                    }
                });
        });
    });
    if rows.runs.len() > 1 {
        run_chooser(view, rows, ui);
    }
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        let name = |task: Option<u16>| match task {
            Some(task) => rows.tasks.get(task as usize).map_or("", String::as_str),
            None => "all tasks",
        };
        let width = ui.available_width() - PAD - 22.0;
        ui.name_inputs("Filter by task", |ui| {
            ComboBox::new("task of rows", "")
                .icon(widgets::chevron)
                .width(width)
                .truncate()
                .selected_text(RichText::new(name(view.choice.task)).size(12.0))
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut view.choice.task, None, name(None));
                    for task in 0..rows.tasks.len() as u16 {
                        ui.selectable_value(&mut view.choice.task, Some(task), name(Some(task)));
                    }
                });
        });
    });
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        ui.spacing_mut().item_spacing.x = 6.0;
        ui.label(widgets::small("reward", palette));
        let [low, high] = &mut view.choice.range;
        for (value, label, between) in [(low, "Min reward", true), (high, "Max reward", false)] {
            let field = egui::DragValue::new(value)
                .range(-1.0..=1.0)
                .speed(0.01)
                .fixed_decimals(2);
            ui.name_inputs(label, |ui| ui.add(field)).on_hover_text(label);
            if between {
                ui.label(widgets::small("to", palette));
            }
        }
    });
    ui.add_space(4.0);
    let noted = if state.runs.open_row.is_some() { 58.0 } else { 0.0 };
    let height = (ui.available_height() - CURVE - 52.0 - noted).max(2.0 * ROW);
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("rows")
        .max_height(height)
        .auto_shrink(false)
        .show_rows(ui, ROW, view.listed.rows.len(), |ui, range| {
            for &index in &view.listed.rows[range] {
                row(rows, index as usize, state, ui, commands);
            }
        });
    if let Some(index) = state.runs.open_row {
        note(view, index, state, ui, commands);
    }
    foot(view, ui);
}

/// Selection of a run of the store.
fn run_chooser(view: &mut RowsView, rows: &RowIndex, ui: &mut Ui) {
    let name = |run: Option<u16>| match run {
        Some(run) => rows.runs.get(run as usize).map_or("", String::as_str),
        None => "all runs",
    };
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        let width = ui.available_width() - PAD - 22.0;
        ui.name_inputs("Filter by run", |ui| {
            ComboBox::new("run of rows", "")
                .icon(widgets::chevron)
                .width(width)
                .truncate()
                .selected_text(RichText::new(name(view.choice.run)).size(12.0))
                .show_ui(ui, |ui| {
                    ui.selectable_value(&mut view.choice.run, None, name(None));
                    for run in 0..rows.runs.len() as u16 {
                        ui.selectable_value(&mut view.choice.run, Some(run), name(Some(run)));
                    }
                });
        });
    });
}

/// Draws the note on the row on screen.
fn note(view: &mut RowsView, index: usize, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let current = state.runs.notes.of(index).cloned().unwrap_or_default();
    if view.note.0 != Some(index) {
        view.note = (Some(index), current.text.clone());
    }
    ui.painter().hline(
        ui.available_rect_before_wrap().x_range(),
        ui.cursor().top() + 0.5,
        theme::hairline(palette),
    );
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        ui.label(widgets::small(format!("row {}", index + 1), palette));
        let mut pinned = current.pinned;
        if ui
            .checkbox(&mut pinned, RichText::new("pinned").size(12.0))
            .changed()
        {
            commands.push(ControllerCommand::PinRow(index, pinned).into());
        }
        // A row of a trajectory can be displayed with the steps before and after it.
        let file = state
            .runs
            .rows
            .as_ref()
            .and_then(|rows| Some(rows.file(rows.rows.get(index)?)));
        if let Some(file) = file.filter(|file| file.file_name() == Some(trajectory::FILE_NAME.as_ref()))
            && ui
                .small_button("All steps")
                .on_hover_text("show all its steps on the timeline")
                .clicked()
            && let Some(folder) = file.parent()
        {
            commands.push(ControllerCommand::Open(vec![folder.to_owned()]).into());
        }
    });
    ui.horizontal(|ui| {
        ui.add_space(PAD - 2.0);
        let width = ui.available_width() - PAD;
        let field = TextEdit::singleline(&mut view.note.1)
            .hint_text(RichText::new("Add a note").color(palette.faint))
            .font(theme::regular(12.0))
            .desired_width(width)
            .margin(egui::Margin::symmetric(8, 3));
        let response = ui.name_inputs(NOTE, |ui| ui.add(field));
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, NOTE));
        if response.lost_focus() && view.note.1.trim() != current.text {
            commands.push(ControllerCommand::AnnotateRow(index, view.note.1.clone()).into());
        }
    });
}

impl RowsView {
    /// Matching rows in the list's order.
    pub fn shown(&self) -> &[u32] {
        &self.listed.rows
    }

    /// Incremented when [`Self::shown`] changes.
    pub fn serial(&self) -> u64 {
        self.serial
    }

    /// Filters and sorts again after a change.
    fn choose(&mut self, rows: &RowIndex, state: &State) {
        let address = std::ptr::from_ref(rows) as usize;
        if self.key.is_some_and(|key| key.rows != address) {
            *self = Self {
                serial: self.serial,
                ..Self::default()
            };
        }
        let key = Key {
            rows: address,
            choice: self.choice,
            matches: state.runs.matches_serial,
            pins: pins(state),
        };
        if self.key == Some(key) {
            return;
        }
        self.listed = self
            .choice
            .list(rows, state.runs.matches.as_deref(), &state.runs.notes);
        self.key = Some(key);
        self.serial += 1;
    }
}

/// Hash of the pinned rows.
fn pins(state: &State) -> u64 {
    let pinned = state.runs.notes.rows.iter().filter(|(_, note)| note.pinned);
    let numbers: Vec<u32> = pinned.map(|(number, _)| *number).collect();
    egui::epaint::util::hash(numbers)
}

fn row(rows: &RowIndex, index: usize, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let open = state.runs.open_row == Some(index);
    let note = state.runs.notes.of(index);
    let row = &rows.rows[index];
    let lost = rows.is_uninformative(index);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let kind = row.kind.map_or("", Kind::name);
    let score = if row.score.is_finite() {
        widgets::total(f64::from(row.score))
    } else {
        "–".to_owned()
    };
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::Button,
            true,
            open,
            format!(
                "row {}, {kind} {score}{}",
                index + 1,
                if lost { ", uninformative" } else { "" }
            ),
        )
    });
    if response.clicked() {
        commands.push(ControllerCommand::OpenRow(index).into());
    }
    if open {
        ui.painter().rect_filled(rect, 0.0, palette.selected);
    } else if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 0.0, palette.raised);
    }
    let y = rect.center().y;
    let color = match row.built {
        Some(true) => palette.good,
        Some(false) => palette.bad,
        None => palette.faint,
    };
    row_dot(ui, pos2(rect.left() + PAD + 4.0, y), color, lost);
    let color = if row.score < 0.0 {
        palette.bad
    } else {
        palette.text
    };
    let score = widgets::line(ui, RichText::new(score).size(12.0).color(color), 60.0);
    let score = widgets::paint_line(ui, pos2(rect.right() - PAD, y), Align2::RIGHT_CENTER, score);
    let pinned = note.is_some_and(|note| note.pinned);
    let number = RichText::new(format!("#{}", index + 1))
        .size(12.0)
        .color(if pinned { palette.accent } else { palette.text });
    let number = widgets::line(ui, number, 70.0);
    let number = widgets::paint_line(ui, pos2(rect.left() + PAD + 16.0, y), Align2::LEFT_CENTER, number);
    let left = number.right() + 8.0;
    let text = note.map_or("", |note| note.text.as_str());
    let about = if !text.is_empty() {
        text
    } else if row.built != Some(false) {
        rows.tasks.get(row.task as usize).map_or("", String::as_str)
    } else {
        kind
    };
    let about = widgets::line(
        ui,
        widgets::small(about, palette),
        (score.left() - left - 8.0).max(0.0),
    );
    widgets::paint_line(ui, pos2(left, y), Align2::LEFT_CENTER, about);
    if lost {
        response.on_hover_text(UNINFORMATIVE);
    }
}

/// Share that built, and number of rows with unknown build status.
fn built(numbers: &Summary) -> String {
    let share = match numbers.build_rate() {
        Some(built) => format!("built {:.0} %", 100.0 * built),
        None => "built: unknown".to_owned(),
    };
    if numbers.unknown > 0 && numbers.build_rate().is_some() {
        format!("{share} · {} unknown", numbers.unknown)
    } else {
        share
    }
}

/// Statistics of rows on one line.
pub(super) fn summary_text(numbers: &Summary) -> String {
    let number = |value: Option<f64>| widgets::number(value, 3);
    format!(
        "{} · mean {} · std {} · best {}",
        built(numbers),
        number(numbers.reward.mean()),
        number(numbers.reward.std()),
        number(numbers.reward.best())
    )
}

/// Draws curve and statistics of the displayed rows.
fn foot(view: &RowsView, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), CURVE + 46.0), Sense::hover());
    let mixed = view.listed.scales.len() > 1;
    let text = if view.listed.rows.is_empty() {
        "No matching rows".to_owned()
    } else if mixed {
        format!(
            "Mixes {} scales · {}",
            view.listed.scales.len(),
            summary_text(&view.listed.summary)
        )
    } else {
        summary_text(&view.listed.summary)
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &text));
    ui.painter()
        .hline(rect.x_range(), rect.top() + 0.5, theme::hairline(palette));
    let plot = egui::Rect::from_min_max(
        pos2(rect.left() + PAD, rect.top() + 8.0),
        pos2(rect.right() - PAD, rect.top() + 8.0 + CURVE),
    );
    let line = |column: usize, low: f32, color| {
        let last = view.listed.curve.len().saturating_sub(1).max(1) as f32;
        let at = |(index, point): (usize, &[f32; 2])| {
            let share = ((point[column] - low) / (1.0 - low)).clamp(0.0, 1.0);
            pos2(
                plot.left() + plot.width() * index as f32 / last,
                plot.bottom() - share * plot.height(),
            )
        };
        let summary_text = |(_, point): &(usize, &[f32; 2])| point[column].is_finite();
        let points: Vec<_> = view
            .listed
            .curve
            .iter()
            .enumerate()
            .filter(summary_text)
            .map(at)
            .collect();
        ui.painter().line(points, Stroke::new(1.5, color));
    };
    if view.listed.curve.len() > 1 {
        line(1, 0.0, theme::blend(palette.pane, palette.dim, 0.6));
        line(0, -1.0, palette.step);
    }
    let font = theme::regular(SMALL);
    let color = if mixed { palette.warn } else { palette.dim };
    let galley = ui.fonts_mut(|fonts| fonts.layout(text, font, color, plot.width()));
    ui.painter()
        .galley(pos2(plot.left(), plot.bottom() + 5.0), galley, color);
    let mut hint = "mean reward (−1 to 1) and share built (grey) over the file".to_owned();
    if mixed {
        hint += &format!(
            "\nThese rows were scored by different rewards, so that their mean is not meaningful: {}",
            view.listed.scales.join(", ")
        );
    }
    response.on_hover_text(hint);
}
