//! Report of the runs among the rows: comparison with published runs, failure kinds over time, build rates by task.

use egui::{Color32, ComboBox, Label, RichText, ScrollArea, Stroke, Ui};
use egui_plot::{Bar, BarChart, Plot};

use super::widgets;
use crate::data::report::{COLUMNS, KindCount, Run, TaskNumbers, table};
use crate::failure::Kind;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::state::{RunReport, State};
use crate::studio::theme::{self, PAD, Palette, SMALL};

/// Number of kinds displayed over time; the others are combined.
const KINDS: usize = 6;
/// Height of a task's bar, points.
const BAR: f32 = 18.0;

/// Selection of the plotted run.
#[derive(Default)]
pub struct ReportView {
    run: usize,
}

/// Draws the report; requests it first.
pub fn show(view: &mut ReportView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let runs = match &state.runs.report {
        RunReport::Unread => {
            commands.push(ControllerCommand::ReadReport.into());
            return super::runs::hint(ui, "reading…");
        }
        RunReport::Reading => return super::runs::hint(ui, "reading…"),
        RunReport::Failed(message) => return super::runs::hint(ui, message),
        RunReport::Read(runs) => runs,
    };
    ScrollArea::vertical()
        .id_salt("report")
        .auto_shrink(false)
        .show(ui, |ui| {
            egui::Frame::new()
                .inner_margin(egui::Margin::symmetric(PAD as i8, 8))
                .show(ui, |ui| {
                    ScrollArea::horizontal()
                        .id_salt("table")
                        .show(ui, |ui| runs_table(runs, ui, palette));
                    view.run = view.run.min(runs.len().saturating_sub(1));
                    if runs.len() > 1 {
                        chooser(view, runs, ui);
                    }
                    if let Some(run) = runs.get(view.run).filter(|run| run.completions > 0) {
                        plots(run, ui, palette);
                    }
                });
        });
}

/// Draws the open runs, and below them the published ones.
fn runs_table(runs: &[Run], ui: &mut Ui, palette: &Palette) {
    egui::Grid::new("runs")
        .num_columns(COLUMNS.len())
        .spacing([16.0, 5.0])
        .show(ui, |ui| {
            for column in COLUMNS {
                ui.label(widgets::small(column.name, palette));
            }
            ui.end_row();
            for (index, cells) in table(runs).into_iter().enumerate() {
                let color = if index < runs.len() {
                    palette.text
                } else {
                    palette.dim
                };
                for (column, cell) in cells.into_iter().enumerate() {
                    // Names keep their hyphens, numbers get a minus sign.
                    let cell = if column > 0 {
                        cell.replace('-', "−")
                    } else {
                        cell
                    };
                    let text = RichText::new(cell).font(theme::regular(12.0)).color(color);
                    ui.add(Label::new(text).extend());
                }
                ui.end_row();
            }
        });
}

fn chooser(view: &mut ReportView, runs: &[Run], ui: &mut Ui) {
    ui.add_space(8.0);
    ui.name_inputs("Run of the plots", |ui| {
        ComboBox::new("run of the plots", "")
            .icon(widgets::chevron)
            .width(220.0)
            .truncate()
            .selected_text(runs[view.run].name.as_str())
            .show_ui(ui, |ui| {
                for (index, run) in runs.iter().enumerate() {
                    ui.selectable_value(&mut view.run, index, run.name.as_str());
                }
            });
    });
}

fn plots(run: &Run, ui: &mut Ui, palette: &Palette) {
    let title = |ui: &mut Ui, text: &str| {
        ui.add_space(10.0);
        ui.label(widgets::section(text, palette));
        ui.add_space(4.0);
    };
    if let Some(share) = run.informative_groups {
        let text = format!(
            "groups: {}; informative: {:.0} % of those with two candidates or more",
            super::status_bar::grouped(run.groups.len()),
            100.0 * share
        );
        ui.add_space(8.0);
        ui.label(widgets::small(text, palette))
            .on_hover_text(super::group_grid::UNINFORMATIVE);
    }
    if run.unknown > 0 {
        let text = format!(
            "{} candidates have no build status: they count neither as built nor as failed",
            super::status_bar::grouped(run.unknown)
        );
        ui.add_space(4.0);
        ui.label(widgets::small(text, palette));
    }
    title(ui, "kinds over time");
    kinds(run, ui, palette);
    title(ui, "build rate by task");
    tasks(run, ui, palette);
}

/// Draws intervals of the run side by side, each divided into its kinds.
fn kinds(run: &Run, ui: &mut Ui, palette: &Palette) {
    let shown: Vec<Kind> = run.kinds.iter().take(KINDS).map(|count| count.kind).collect();
    let mut charts: Vec<BarChart> = Vec::new();
    let mut names: Vec<(&str, Color32)> = Vec::new();
    for index in 0..=shown.len() {
        let kind = shown.get(index).copied();
        let counted = |count: &&KindCount| match kind {
            Some(kind) => count.kind == kind,
            None => !shown.contains(&count.kind),
        };
        let bars: Vec<Bar> = run
            .over_time
            .iter()
            .map(|stretch| {
                let all = (stretch.to - stretch.from).max(1) as f64;
                let count: usize = stretch
                    .kinds
                    .iter()
                    .filter(counted)
                    .map(|count| count.count)
                    .sum();
                let middle = 0.5 * (stretch.from + stretch.to) as f64;
                Bar::new(middle, 100.0 * count as f64 / all).width(0.92 * all)
            })
            .collect();
        if kind.is_none() && bars.iter().all(|bar| bar.value <= 0.0) {
            continue;
        }
        let color = color(kind, index, palette);
        let name = kind.map_or("others", Kind::name);
        names.push((name, color));
        let chart = BarChart::new(name, bars)
            .color(color)
            .element_formatter(Box::new(move |bar, _| format!("{name} {:.0} %", bar.value)));
        let below: Vec<&BarChart> = charts.iter().collect();
        charts.push(chart.stack_on(&below));
    }
    Plot::new("kinds over time")
        .height(190.0)
        .include_y(0.0)
        .include_y(100.0)
        .show_background(false)
        .grid_color(palette.line)
        .allow_scroll(false)
        .allow_drag(false)
        .allow_zoom(false)
        .x_axis_label(RichText::new("candidate").font(theme::regular(SMALL)))
        .y_axis_label(RichText::new("%").font(theme::regular(SMALL)))
        .show(ui, |plot| {
            for chart in charts {
                plot.bar_chart(chart);
            }
        });
    legend(&names, ui, palette);
}

/// Legend below the plot: inside it would cover bars.
fn legend(names: &[(&str, Color32)], ui: &mut Ui, palette: &Palette) {
    ui.add_space(2.0);
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = egui::vec2(12.0, 2.0);
        for (name, color) in names {
            let mut words = egui::text::LayoutJob::default();
            let mut put = |text: &str, color| {
                let format = egui::TextFormat::simple(theme::regular(SMALL), color);
                words.append(text, 0.0, format);
            };
            put("■ ", *color);
            put(&name.replace('_', " "), palette.dim);
            ui.add(Label::new(words).extend());
        }
    });
}

fn color(kind: Option<Kind>, index: usize, palette: &Palette) -> Color32 {
    let others = [
        palette.bad,
        palette.seed,
        palette.accent,
        palette.warn,
        palette.step,
        theme::blend(palette.bad, palette.text, 0.5),
    ];
    match kind {
        None => palette.faint,
        Some(Kind::BuildOk) => palette.good,
        Some(_) => others[index % others.len()],
    }
}

/// Draws the build rate of each task, lowest first.
fn tasks(run: &Run, ui: &mut Ui, palette: &Palette) {
    let mut tasks: Vec<_> = run.tasks.iter().collect();
    tasks.sort_by(|a, b| {
        let rate = |task: &TaskNumbers| task.build_rate.unwrap_or(f64::INFINITY);
        rate(a)
            .total_cmp(&rate(b))
            .then_with(|| a.task_id.cmp(&b.task_id))
    });
    for task in tasks {
        ui.horizontal(|ui| {
            let name = widgets::line(ui, widgets::small(&task.task_id, palette), 200.0);
            let (rect, _) = ui.allocate_exact_size(egui::vec2(200.0, BAR), egui::Sense::hover());
            widgets::paint_line(ui, rect.left_center(), egui::Align2::LEFT_CENTER, name);
            let width = (ui.available_width() - 150.0).max(60.0);
            let (rect, response) = ui.allocate_exact_size(egui::vec2(width, BAR), egui::Sense::hover());
            let bar = rect.shrink2(egui::vec2(0.0, 4.0));
            ui.painter().rect_filled(bar, 2.0, palette.raised);
            let mut built = bar;
            built.set_width(bar.width() * task.build_rate.unwrap_or(0.0) as f32);
            ui.painter()
                .rect(built, 2.0, palette.good, Stroke::NONE, egui::StrokeKind::Inside);
            response.on_hover_text(format!(
                "mean reward {:.3}, best {:.3}",
                task.mean_reward, task.best_reward
            ));
            let share = match task.build_rate {
                Some(rate) => {
                    let known = task.completions - task.unknown;
                    format!("{:.0} %, {} of {known}", 100.0 * rate, task.built)
                }
                None => format!("unknown of {}", task.completions),
            };
            ui.label(widgets::small(share, palette));
        });
    }
}
