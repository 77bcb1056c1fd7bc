//! A training run at a glance: reward over its calls, groups of candidates, and the run held against another one.

use egui::{
    Align2, Button, Color32, Label, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use egui_plot::{Bar, BarChart, Legend, Line, Plot, PlotPoints};

use super::rows::RowsView;
use super::widgets::{self, delta_color, header, signed};
use crate::studio::command::Command;
use crate::studio::rows::{Key, Rows, Summary};
use crate::studio::state::{GroupView, Phase, State, file_name};
use crate::studio::theme::{self, PAD, Palette, RADIUS, SMALL};
use crate::studio::viewport::{Tone, Viewport};

/// Points of a curve.
const POINTS: usize = 160;
const BINS: usize = 40;

/// Which side of a run is shown.
#[derive(Default)]
pub struct RunsView {
    tab: Tab,
    curves: Option<(usize, u64, Vec<[f32; 2]>)>,
    other: Option<(usize, Vec<[f32; 2]>)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    Curves,
    Group,
    Compare,
}

impl Tab {
    const ALL: [(Self, &'static str); 3] = [
        (Self::Curves, "Curves"),
        (Self::Group, "Groups"),
        (Self::Compare, "Compare"),
    ];
}

/// Shows the run that is open, or how to open one.
pub fn show(
    view: &mut RunsView,
    chosen: &RowsView,
    state: &State,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    let Some(rows) = &state.rows else {
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
            for (tab, name) in Tab::ALL {
                let text = RichText::new(name).font(theme::medium(SMALL));
                if ui.selectable_label(tab_now == tab, text).clicked() {
                    tab_now = tab;
                }
            }
        },
        |ui| {
            let export = Button::new(RichText::new("Export…").font(theme::regular(SMALL))).small();
            let about = format!(
                "the selection: {} rows, as filtered and sorted",
                chosen.shown().len()
            );
            if ui.add(export).on_hover_text(about).clicked() {
                commands.push(Command::ExportRows(chosen.shown().to_vec()));
            }
        },
    );
    view.tab = tab_now;
    match view.tab {
        Tab::Curves => curves(view, chosen, state, rows, ui, palette),
        Tab::Group => groups(state, rows, viewport, ui, commands),
        Tab::Compare => compare(chosen, state, rows, ui, commands),
    }
}

fn hint(ui: &mut Ui, text: &str) {
    let palette = theme::of(ui);
    egui::Frame::new().inner_margin(PAD).show(ui, |ui| {
        ui.add(Label::new(widgets::dim(text, palette)).wrap());
    });
}

fn curves(
    view: &mut RunsView,
    chosen: &RowsView,
    state: &State,
    rows: &Rows,
    ui: &mut Ui,
    palette: &Palette,
) {
    let key = (std::ptr::from_ref(rows) as usize, chosen.serial());
    if view.curves.as_ref().is_none_or(|known| (known.0, known.1) != key) {
        view.curves = Some((key.0, key.1, rows.curve(chosen.shown(), POINTS)));
    }
    let other = state.other_rows.as_ref();
    let other_key = other.map(|other| std::sync::Arc::as_ptr(other) as usize);
    if view.other.as_ref().map(|known| known.0) != other_key {
        view.other = other.map(|other| {
            let all: Vec<u32> = (0..other.rows.len() as u32).collect();
            (std::sync::Arc::as_ptr(other) as usize, other.curve(&all, POINTS))
        });
    }
    let Some((_, _, curve)) = &view.curves else { return };
    if chosen.shown().is_empty() {
        return hint(ui, "no row fits");
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
        .legend(Legend::default())
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
            plot.line(line("share that built", curve, 1, step, built));
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

/// How rewards are spread, from -1 to 1.
fn histogram(rows: &Rows, of: &[u32], ui: &mut Ui, palette: &Palette) {
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
    Plot::new("spread of rewards")
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

fn groups(state: &State, rows: &Rows, viewport: &mut Viewport, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    if rows.groups.is_empty() {
        return hint(
            ui,
            "These rows have no `group_id`: `cadforge score` writes it for candidates of one prompt.",
        );
    }
    let open = state.group.as_ref();
    // The group of the row on screen is the one to begin with.
    let own = state
        .open_row
        .and_then(|row| rows.group_of.get(row))
        .map(|group| *group as usize);
    let Some(open) = open else {
        commands.push(Command::OpenGroup(
            own.filter(|own| *own < rows.groups.len()).unwrap_or(0),
        ));
        return;
    };
    let group = &rows.groups[open.group.min(rows.groups.len() - 1)];
    let numbers = rows.summary(&group.rows);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(PAD);
        ui.spacing_mut().item_spacing.x = 6.0;
        let mut turn = |ui: &mut Ui, text: &str, name: &str, to: Option<usize>| {
            let button = ui.add_enabled(to.is_some(), Button::new(text).small());
            button.widget_info(|| WidgetInfo::labeled(Role::Button, to.is_some(), name));
            if let Some(to) = to.filter(|_| button.clicked()) {
                commands.push(Command::OpenGroup(to));
            }
        };
        turn(ui, "◀", "Previous group", open.group.checked_sub(1));
        turn(
            ui,
            "▶",
            "Next group",
            Some(open.group + 1).filter(|next| *next < rows.groups.len()),
        );
        let place = format!("{} of {}", open.group + 1, rows.groups.len());
        ui.label(RichText::new(format!("group {}", group.name)).font(theme::semibold(theme::TEXT)));
        ui.label(widgets::small(place, palette));
        ui.add(Label::new(widgets::small(told(&numbers), palette)).truncate());
    });
    strip(rows, &group.rows, ui, palette);
    ScrollArea::vertical()
        .id_salt("group")
        .auto_shrink(false)
        .show(ui, |ui| {
            let room = ui.available_width() - 2.0 * PAD;
            let columns = ((room + 8.0) / 168.0).floor().max(1.0);
            let size = vec2(((room - 8.0 * (columns - 1.0)) / columns).floor(), 132.0);
            egui::Frame::new()
                .inner_margin(egui::Margin::symmetric(PAD as i8, 6))
                .show(ui, |ui| {
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
                        for index in 0..open.members.len() {
                            member(open, index, rows, state, viewport, size, ui, commands);
                        }
                    });
                    let more = group.rows.len().saturating_sub(open.members.len());
                    if more > 0 {
                        ui.label(widgets::small(format!("and {more} more"), palette));
                    }
                });
        });
}

/// Rewards of a group on a line from -1 to 1.
fn strip(rows: &Rows, of: &[u32], ui: &mut Ui, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let line = Rect::from_min_max(
        pos2(rect.left() + PAD, rect.top()),
        pos2(rect.right() - PAD, rect.bottom()),
    );
    ui.painter()
        .hline(line.x_range(), line.center().y, theme::hairline(palette));
    for row in of.iter().filter_map(|row| rows.rows.get(*row as usize)) {
        if row.total.is_finite() {
            let x = egui::lerp(line.x_range(), (row.total.clamp(-1.0, 1.0) + 1.0) / 2.0);
            let color = if row.built { palette.step } else { palette.bad };
            ui.painter()
                .circle_filled(pos2(x, line.center().y), 4.0, color.gamma_multiply(0.75));
        }
    }
    response.on_hover_text("rewards of the group, from −1 to 1");
}

fn told(numbers: &Summary) -> String {
    let text = format!(
        "built {:.0} % · mean {:.3} · std {:.3} · best {:.3}",
        100.0 * numbers.built,
        numbers.mean,
        numbers.std,
        numbers.best
    );
    text.replace('-', "−")
}

#[expect(clippy::too_many_arguments, reason = "one cell of the grid, in one place")]
fn member(
    view: &GroupView,
    index: usize,
    rows: &Rows,
    state: &State,
    viewport: &mut Viewport,
    size: egui::Vec2,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    let member = &view.members[index];
    let Some(row) = rows.rows.get(member.row) else {
        return;
    };
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let open = state.open_row == Some(member.row);
    let total = if row.total.is_finite() {
        widgets::total(f64::from(row.total))
    } else {
        "–".to_owned()
    };
    let advantage = rows.advantage(member.row);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::Button,
            true,
            open,
            format!("candidate {}, {total}", member.row + 1),
        )
    });
    if response.clicked() {
        commands.push(Command::OpenRow(member.row));
    }
    let fill = if response.hovered() {
        palette.raised
    } else {
        palette.pane
    };
    ui.painter().rect_filled(rect, RADIUS, fill);
    let picture = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 42.0)).shrink(1.0);
    let words = |text: &str, color: Color32| {
        let galley = ui.fonts_mut(|fonts| {
            let mut job = egui::text::LayoutJob::simple(
                text.to_owned(),
                theme::regular(11.0),
                color,
                picture.width() - 18.0,
            );
            job.wrap.max_rows = 4;
            fonts.layout_job(job)
        });
        ui.painter().galley(picture.min + vec2(9.0, 9.0), galley, color);
    };
    match &member.phase {
        Phase::Reading => words("reading…", palette.faint),
        Phase::Building(_) => words("building…", palette.faint),
        Phase::Broken(why) => words(why, palette.bad),
        Phase::Built(shape) => {
            if let Some(texture) = viewport.thumbnail(ui.ctx(), shape, Tone::Step) {
                let scale =
                    (picture.width() / texture.size_vec2().x).min(picture.height() / texture.size_vec2().y);
                let place = Rect::from_center_size(picture.center(), texture.size_vec2() * scale);
                let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                ui.painter().image(texture.id(), place, whole, Color32::WHITE);
            }
        }
    }
    let edge = if open {
        Stroke::new(2.0, palette.accent)
    } else {
        theme::hairline(palette)
    };
    ui.painter().rect_stroke(rect, RADIUS, edge, StrokeKind::Inside);
    let put = |text: RichText, at: egui::Pos2, anchor| {
        let galley = widgets::line(ui, text, 0.6 * rect.width());
        widgets::paint_line(ui, at, anchor, galley);
    };
    let (left, right) = (rect.left() + 9.0, rect.right() - 9.0);
    let (upper, lower) = (rect.bottom() - 30.0, rect.bottom() - 12.0);
    put(
        RichText::new(format!("#{}", member.row + 1)).size(12.0),
        pos2(left, upper),
        Align2::LEFT_CENTER,
    );
    let color = if row.built { palette.text } else { palette.bad };
    put(
        RichText::new(total).size(12.0).color(color),
        pos2(right, upper),
        Align2::RIGHT_CENTER,
    );
    let kind = rows
        .kinds
        .get(row.kind as usize)
        .map_or("", String::as_str)
        .replace('_', " ");
    put(
        widgets::small(kind, palette),
        pos2(left, lower),
        Align2::LEFT_CENTER,
    );
    if let Some(advantage) = advantage {
        let text = RichText::new(signed(advantage, 2))
            .font(theme::regular(SMALL))
            .color(delta_color(advantage, palette));
        put(text, pos2(right, lower), Align2::RIGHT_CENTER);
    }
    response.on_hover_text("reward, and below it the advantage in its group; a click shows its code");
}

fn compare(chosen: &RowsView, state: &State, rows: &Rows, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let Some(other) = &state.other_rows else {
        return hint(
            ui,
            "Choose another run with “Compare with…”: build rate, rewards and failures stand side by side then.",
        );
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
                                let text = RichText::new(text).font(theme::semibold(12.0)).color(color);
                                ui.add(Label::new(text).truncate());
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
                                    commands.push(Command::CloseOther);
                                }
                            });
                            head(ui, "difference".to_owned(), palette.dim);
                            ui.end_row();
                            let mut line = |name: &str, a: f64, b: f64, digits: usize| {
                                ui.label(widgets::dim(name, palette));
                                ui.label(format!("{a:.digits$}"));
                                ui.label(format!("{b:.digits$}"));
                                let change = a - b;
                                ui.label(
                                    RichText::new(signed(change, digits)).color(delta_color(change, palette)),
                                );
                                ui.end_row();
                            };
                            line("rows", ours.count as f64, theirs.count as f64, 0);
                            line("built, %", 100.0 * ours.built, 100.0 * theirs.built, 1);
                            line("mean reward", ours.mean, theirs.mean, 3);
                            line("standard deviation", ours.std, theirs.std, 3);
                            line("best", ours.best, theirs.best, 3);
                            for (title, key) in
                                [("mean reward by task", Key::Task), ("rows by kind, %", Key::Kind)]
                            {
                                ui.label(widgets::section(title, palette));
                                ui.end_row();
                                let (mine, yours) = (rows.by(chosen.shown(), key), other.by(&all, key));
                                let of = |list: &[(String, Summary)], name: &str, whole: usize| {
                                    let found = list
                                        .iter()
                                        .find(|(known, _)| known == name)
                                        .map(|(_, numbers)| numbers);
                                    match key {
                                        Key::Task => found.map_or(f64::NAN, |numbers| numbers.mean),
                                        Key::Kind => {
                                            100.0 * found.map_or(0.0, |numbers| numbers.count as f64)
                                                / whole.max(1) as f64
                                        }
                                    }
                                };
                                let mut names: Vec<&str> =
                                    mine.iter().chain(&yours).map(|(name, _)| name.as_str()).collect();
                                let mut seen = std::collections::BTreeSet::new();
                                names.retain(|name| seen.insert(*name));
                                for name in names.into_iter().take(40) {
                                    let (a, b) =
                                        (of(&mine, name, ours.count), of(&yours, name, theirs.count));
                                    ui.add(
                                        Label::new(widgets::dim(name.replace('_', " "), palette)).truncate(),
                                    );
                                    for value in [a, b, a - b] {
                                        let digits = if key == Key::Task { 3 } else { 1 };
                                        let text = if value.is_finite() {
                                            format!("{value:.digits$}")
                                        } else {
                                            "–".to_owned()
                                        };
                                        ui.label(text.replace('-', "−"));
                                    }
                                    ui.end_row();
                                }
                            }
                        });
                });
        });
}
