//! Overview of a training run: rewards over calls, groups, comparison with another run.

use egui::{Button, Color32, Label, RichText, Role, ScrollArea, Stroke, Ui, WidgetInfo};
use egui_plot::{Bar, BarChart, Corner, Legend, Line, Plot, PlotPoints};

use super::report::{self, ReportView};
use super::rows::RowsView;
use super::widgets::{self, delta_color, header, signed};
use crate::data::Summary;
use crate::data::export::DataSetKind;
use crate::studio::command::{Command, ControllerCommand, RunTab};
use crate::studio::exporting::ExportKind;
use crate::studio::rows::{GroupBy, RowIndex};
use crate::studio::state::{State, file_name};
use crate::studio::theme::{self, PAD, Palette, SMALL};
use crate::studio::viewport::Viewport;

/// Number of points of a curve.
const POINTS: usize = 160;
pub(super) const BINS: usize = 40;
/// Maximum number of characters of a run's name in the table header.
const NAME: usize = 18;

/// Selected tab of the run.
#[derive(Default)]
pub struct RunsView {
    tab: RunTab,
    curves: Option<(usize, u64, Vec<[f32; 2]>)>,
    other: Option<(usize, Vec<[f32; 2]>)>,
    report: ReportView,
}

impl RunsView {
    pub fn show_tab(&mut self, tab: RunTab) {
        self.tab = tab;
    }
}

/// Draws the open run, or how to open one.
pub fn show(
    view: &mut RunsView,
    chosen: &RowsView,
    state: &State,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    let Some(rows) = &state.runs.rows else {
        header(ui, "Run", |_| {}, |_| {});
        hint(
            ui,
            "Open a JSONL file of candidates to see its rewards and groups.",
        );
        return;
    };
    let mut tab_now = view.tab;
    header(
        ui,
        "Run",
        |ui| {
            for tab in RunTab::ALL {
                let text = RichText::new(tab.name()).font(theme::medium(SMALL));
                if ui.selectable_label(tab_now == tab, text).clicked() {
                    tab_now = tab;
                }
            }
        },
        |ui| {
            let text = format!("Export {}…", super::status_bar::grouped(chosen.shown().len()));
            ui.menu_button(RichText::new(text).font(theme::regular(SMALL)), |ui| {
                ui.label(widgets::small("the filtered and sorted rows", palette));
                if ui.button("Rows (unchanged)…").clicked() {
                    commands.push(ControllerCommand::ExportRows(chosen.shown().to_vec()).into());
                    ui.close();
                }
                for (name, making) in [
                    ("Examples (SFT)", ExportKind::DataSet(DataSetKind::Sft)),
                    ("Preferences", ExportKind::DataSet(DataSetKind::Preference)),
                    ("Rollouts", ExportKind::DataSet(DataSetKind::Rollouts)),
                    ("Next curriculum", ExportKind::Curriculum),
                ] {
                    if ui.button(name).clicked() {
                        commands
                            .push(ControllerCommand::ExportRun(making, Some(chosen.shown().to_vec())).into());
                        ui.close();
                    }
                }
            });
        },
    );
    view.tab = tab_now;
    match view.tab {
        RunTab::Curves => curves(view, chosen, state, rows, ui, palette),
        RunTab::Groups => super::groups::show(state, rows, viewport, ui, commands),
        RunTab::Compare => compare(chosen, state, rows, ui, commands),
        RunTab::Report => report::show(&mut view.report, state, ui, commands),
    }
}

pub(super) fn hint(ui: &mut Ui, text: &str) {
    let palette = theme::of(ui);
    egui::Frame::new().inner_margin(PAD).show(ui, |ui| {
        ui.add(Label::new(widgets::dim(text, palette)).wrap());
    });
}

fn curves(
    view: &mut RunsView,
    chosen: &RowsView,
    state: &State,
    rows: &RowIndex,
    ui: &mut Ui,
    palette: &Palette,
) {
    let key = (std::ptr::from_ref(rows) as usize, chosen.serial());
    if view.curves.as_ref().is_none_or(|known| (known.0, known.1) != key) {
        view.curves = Some((key.0, key.1, rows.curve(chosen.shown(), POINTS)));
    }
    let other = state.runs.other.as_ref();
    let other_key = other.map(|other| std::sync::Arc::as_ptr(other) as usize);
    if view.other.as_ref().map(|known| known.0) != other_key {
        view.other = other.map(|other| {
            let all: Vec<u32> = (0..other.rows.len() as u32).collect();
            (std::sync::Arc::as_ptr(other) as usize, other.curve(&all, POINTS))
        });
    }
    let Some((_, _, curve)) = &view.curves else { return };
    if chosen.shown().is_empty() {
        return hint(ui, "No matching rows");
    }
    let step = chosen.shown().len().div_ceil(POINTS).max(1);
    let line = |name: &str, curve: &[[f32; 2]], column: usize, step: usize, color: Color32| {
        let points: Vec<[f64; 2]> = curve
            .iter()
            .enumerate()
            .filter(|(_, point)| point[column].is_finite())
            .map(|(index, point)| [(index * step) as f64, f64::from(point[column])])
            .collect();
        Line::new(name.to_owned(), PlotPoints::from(points))
            .color(color)
            .width(1.6)
    };
    let height = (ui.available_height() - 34.0 - 96.0).max(80.0);
    let name = file_name(&rows.path);
    ui.add_space(4.0);
    Plot::new("reward over calls")
        .height(height)
        .include_y(-1.0)
        .include_y(1.0)
        .show_background(false)
        .grid_color(palette.line)
        .allow_scroll(false)
        .legend(Legend::default().position(Corner::RightBottom))
        .x_axis_label(RichText::new("call").font(theme::regular(SMALL)))
        .show(ui, |plot| {
            plot.line(line(
                &format!("mean reward, {name}"),
                curve,
                0,
                step,
                palette.step,
            ));
            let built = theme::blend(palette.pane, palette.step, 0.5);
            plot.line(line("share built", curve, 1, step, built));
            if let (Some(other), Some((_, curve))) = (other, &view.other) {
                let step = other.rows.len().div_ceil(POINTS).max(1);
                let name = file_name(&other.path);
                plot.line(line(
                    &format!("mean reward, {name}"),
                    curve,
                    0,
                    step,
                    palette.accent,
                ));
            }
        });
    histogram(rows, chosen.shown(), ui, palette);
}

/// Draws the distribution of rewards, from -1 to 1.
fn histogram(rows: &RowIndex, of: &[u32], ui: &mut Ui, palette: &Palette) {
    let counts = rows.histogram(of, BINS);
    let width = 2.0 / BINS as f64;
    let bars = counts.iter().enumerate().map(|(bin, count)| {
        let at = -1.0 + (bin as f64 + 0.5) * width;
        let color = if at < -0.9 { palette.bad } else { palette.step };
        Bar::new(at, f64::from(*count))
            .width(0.9 * width)
            .fill(color)
            .stroke(Stroke::NONE)
    });
    let chart = BarChart::new("rows", bars.collect());
    Plot::new("distribution of rewards")
        .height((ui.available_height() - 4.0).clamp(60.0, 120.0))
        .include_x(-1.0)
        .include_x(1.0)
        .include_y(0.0)
        .show_background(false)
        .grid_color(palette.line)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .show_axes([true, false])
        .show(ui, |plot| plot.bar_chart(chart));
}

fn compare(chosen: &RowsView, state: &State, rows: &RowIndex, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let Some(other) = &state.runs.other else {
        hint(ui, "Compares build rate, rewards and failures of two runs.");
        ui.horizontal(|ui| {
            ui.add_space(PAD);
            if ui.add(widgets::primary("Compare with…", palette)).clicked() {
                commands.push(ControllerCommand::CompareRows.into());
            }
        });
        return;
    };
    let all: Vec<u32> = (0..other.rows.len() as u32).collect();
    let (ours, theirs) = (rows.summary(chosen.shown()), other.summary(&all));
    ScrollArea::vertical()
        .id_salt("compare")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(egui::Margin::symmetric(PAD as i8, 8))
                .show(ui, |ui| {
                    egui::Grid::new("compare")
                        .num_columns(4)
                        .spacing([22.0, 7.0])
                        .striped(false)
                        .show(ui, |ui| {
                            let head = |ui: &mut Ui, text: String, color: Color32| {
                                // A grid truncates text without a tooltip.
                                let whole = text.chars().count() <= NAME;
                                let shown = match text.char_indices().nth(NAME - 1) {
                                    Some((end, _)) if !whole => format!("{}…", &text[..end]),
                                    _ => text.clone(),
                                };
                                let shown = RichText::new(shown).font(theme::semibold(12.0)).color(color);
                                let response = ui.add(Label::new(shown).extend());
                                if !whole {
                                    response.on_hover_text(text);
                                }
                            };
                            head(ui, String::new(), palette.text);
                            head(ui, file_name(&rows.path), palette.step);
                            ui.horizontal(|ui| {
                                head(ui, file_name(&other.path), palette.accent);
                                let close = ui.add(Button::new("✕").small());
                                close.widget_info(|| {
                                    WidgetInfo::labeled(Role::Button, true, "Close the other run")
                                });
                                if close.clicked() {
                                    commands.push(ControllerCommand::CloseOther.into());
                                }
                            });
                            head(ui, "difference".to_owned(), palette.dim);
                            ui.end_row();
                            let mut line = |name: &str, a: Option<f64>, b: Option<f64>, digits: usize| {
                                ui.label(widgets::dim(name, palette));
                                ui.label(widgets::number(a, digits));
                                ui.label(widgets::number(b, digits));
                                if let Some((a, b)) = a.zip(b) {
                                    let change = a - b;
                                    ui.label(
                                        RichText::new(signed(change, digits))
                                            .color(delta_color(change, palette)),
                                    );
                                }
                                ui.end_row();
                            };
                            let count = |summary: &Summary| Some(summary.rows as f64);
                            line("rows", count(&ours), count(&theirs), 0);
                            let percent = |summary: &Summary| Some(100.0 * summary.build_rate()?);
                            line("built, %", percent(&ours), percent(&theirs), 1);
                            line("mean reward", ours.reward.mean(), theirs.reward.mean(), 3);
                            line("standard deviation", ours.reward.std(), theirs.reward.std(), 3);
                            line("best", ours.reward.best(), theirs.reward.best(), 3);
                            line("mean total", ours.total.mean(), theirs.total.mean(), 3);
                            for (title, key) in [
                                ("mean reward by task", GroupBy::Task),
                                ("rows by kind, %", GroupBy::Kind),
                            ] {
                                ui.label(widgets::section(title, palette));
                                ui.end_row();
                                let (mine, yours) = (rows.by(chosen.shown(), key), other.by(&all, key));
                                let of = |list: &[(String, Summary)], name: &str, whole: usize| {
                                    let found = list
                                        .iter()
                                        .find(|(known, _)| known == name)
                                        .map(|(_, numbers)| numbers);
                                    match key {
                                        GroupBy::Task => found?.reward.mean(),
                                        GroupBy::Kind => {
                                            let rows = found.map_or(0, |numbers| numbers.rows);
                                            Some(100.0 * rows as f64 / whole.max(1) as f64)
                                        }
                                    }
                                };
                                let mut names: Vec<&str> =
                                    mine.iter().chain(&yours).map(|(name, _)| name.as_str()).collect();
                                let mut seen = std::collections::BTreeSet::new();
                                names.retain(|name| seen.insert(*name));
                                for name in names.into_iter().take(40) {
                                    let (a, b) = (of(&mine, name, ours.rows), of(&yours, name, theirs.rows));
                                    ui.add(
                                        Label::new(widgets::dim(name.replace('_', " "), palette)).truncate(),
                                    );
                                    let digits = match key {
                                        GroupBy::Task => 3,
                                        GroupBy::Kind => 1,
                                    };
                                    for value in [a, b, a.zip(b).map(|(a, b)| a - b)] {
                                        ui.label(widgets::number(value, digits));
                                    }
                                    ui.end_row();
                                }
                            }
                        });
                });
        });
}
