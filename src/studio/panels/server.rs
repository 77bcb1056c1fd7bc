//! The studio's server: start, stop, connection settings, and the steps of its clients.

use egui::{
    Align2, Button, Checkbox, DragValue, Label, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2,
};

use super::widgets::{self, ActionStyle, action_button, dot, header};
use crate::server::{SeenSession, SeenStep};
use crate::studio::command::{Command, ControllerCommand, Requirement, ServingCommand, WindowCommand};
use crate::studio::serving::{Serving, ServingPhase};
use crate::studio::state::State;
use crate::studio::theme::{self, PAD, SMALL};

/// Accessible name of the port field.
pub const PORT: &str = "Port";
const ROW: f32 = 24.0;

/// Draws the server, or how to start one.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let serving = &state.serving;
    header(
        ui,
        "Server",
        |_| {},
        |ui| {
            let (command, requirement) = match serving.phase {
                ServingPhase::Off => (ServingCommand::Start, Requirement::ServerOff),
                ServingPhase::Starting | ServingPhase::Listening(_) | ServingPhase::Stopping => {
                    (ServingCommand::Stop, Requirement::ServerOn)
                }
            };
            let why = super::top_bar::unmet(requirement, state);
            let command = ControllerCommand::Serving(command);
            action_button(ui, command, ActionStyle::Small, why.as_deref(), commands);
        },
    );
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(PAD as i8, 6))
        .show(ui, |ui| match serving.phase {
            ServingPhase::Off => choices(serving, ui, commands),
            ServingPhase::Starting => drop(ui.label(widgets::dim("starts…", palette))),
            ServingPhase::Listening(address) => access(&address.to_string(), serving, ui, commands),
            ServingPhase::Stopping => {
                let text = "stopping after the running requests…";
                ui.add(Label::new(widgets::dim(text, palette)).wrap());
            }
        });
    sessions(serving, ui, commands);
}

/// Draws the settings of the next start.
fn choices(serving: &Serving, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    ui.horizontal(|ui| {
        ui.label(widgets::dim("port", palette));
        let mut port = serving.port;
        let field = DragValue::new(&mut port).range(0..=u16::MAX).speed(1);
        let changed = ui.name_inputs(PORT, |ui| ui.add(field)).changed();
        if changed {
            commands.push(ControllerCommand::Serving(ServingCommand::Port(port)).into());
        }
        let mut wanted = serving.with_token;
        let text = RichText::new("token").font(theme::regular(SMALL));
        if ui
            .add(Checkbox::new(&mut wanted, text))
            .on_hover_text(
                "clients must send it; without a token, any program on this machine can use the server",
            )
            .changed()
        {
            commands.push(ControllerCommand::Serving(ServingCommand::WithToken(wanted)).into());
        }
    });
    if let Some(problem) = &serving.problem {
        let text = RichText::new(problem.replace('\n', " · "))
            .font(theme::regular(SMALL))
            .color(palette.bad);
        ui.add(Label::new(text).wrap());
    } else if serving.sessions.is_empty() {
        let text = "Serves the tasks to OpenEnv clients and trainers on this machine, with the workers of this window.";
        ui.add(Label::new(widgets::small(text, palette)).wrap());
    }
}

/// Draws the address and token for clients.
fn access(address: &str, serving: &Serving, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let mut line = |shown: &str, copied: &str, what: &str| {
        ui.horizontal(|ui| {
            let copy = Button::new(RichText::new("Copy").font(theme::regular(SMALL))).small();
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                let copy = ui.add(copy);
                copy.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Copy {what}")));
                if copy.clicked() {
                    commands.push(WindowCommand::Copy(copied.to_owned()).into());
                }
                ui.with_layout(egui::Layout::left_to_right(egui::Align::Center), |ui| {
                    let text = RichText::new(shown).font(theme::mono(11.0)).color(palette.text);
                    ui.add(Label::new(text).truncate()).on_hover_text(shown);
                });
            });
        });
    };
    line(address, &format!("http://{address}"), "address");
    match &serving.token {
        Some(token) => line(token, token, "token"),
        None => drop(ui.label(widgets::small("no token", palette))),
    }
}

enum ServerLine<'a> {
    Session(&'a SeenSession),
    Step(&'a SeenStep),
    InternalError(&'a str),
}

/// Draws sessions, newest first, each with its steps in order of arrival.
fn sessions(serving: &Serving, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let mut lines = Vec::new();
    for session in serving.sessions.iter().rev() {
        lines.push(ServerLine::Session(session));
        lines.extend(session.steps.iter().map(|step| ServerLine::Step(step)));
        lines.extend(session.internal_error.as_deref().map(ServerLine::InternalError));
    }
    if lines.is_empty() {
        if matches!(serving.phase, ServingPhase::Listening(_)) {
            let text = "No clients yet. Steps appear here as they arrive; click one to show its code, reward and part.";
            egui::Frame::new().inner_margin(PAD).show(ui, |ui| {
                ui.add(Label::new(widgets::small(text, palette)).wrap());
            });
        }
        return;
    }
    ui.painter().hline(
        ui.available_rect_before_wrap().x_range(),
        ui.cursor().top() + 0.5,
        theme::hairline(palette),
    );
    ui.spacing_mut().item_spacing.y = 0.0;
    ScrollArea::vertical()
        .id_salt("sessions")
        .auto_shrink(false)
        .show_rows(ui, ROW, lines.len(), |ui, range| {
            for line in &lines[range] {
                match line {
                    ServerLine::Session(session) => head(session, ui),
                    ServerLine::Step(step) => row(step, serving, ui, commands),
                    ServerLine::InternalError(message) => error_line(message, ui),
                }
            }
        });
}

fn head(session: &SeenSession, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let name = if session.of_calls {
        "single requests".to_owned()
    } else {
        format!("session {}", session.id)
    };
    let (word, color) = match (session.under_way > 0, session.open) {
        (true, _) => ("builds…", palette.accent),
        (false, true) => ("open", palette.good),
        (false, false) => ("closed", palette.faint),
    };
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{name}, {word}")));
    let y = rect.center().y;
    dot(ui, pos2(rect.left() + PAD + 4.0, y), color);
    let name = RichText::new(name).font(theme::medium(SMALL)).color(palette.text);
    let name = widgets::line(ui, name, rect.width() - 80.0);
    let name = widgets::paint_line(ui, pos2(rect.left() + PAD + 16.0, y), Align2::LEFT_CENTER, name);
    let word = widgets::line(ui, widgets::small(word, palette), 70.0);
    let word = widgets::paint_line(ui, pos2(rect.right() - PAD, y), Align2::RIGHT_CENTER, word);
    let task = session.steps.back().map_or("", |step| step.task_id.as_str());
    let room = word.left() - name.right() - 16.0;
    if room > 30.0 {
        let task = widgets::line(ui, widgets::small(task, palette), room);
        widgets::paint_line(ui, pos2(name.right() + 8.0, y), Align2::LEFT_CENTER, task);
    }
}

fn row(step: &SeenStep, serving: &Serving, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let shown = serving.shown == Some(step.serial);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let evaluation = &step.evaluation;
    let name = match step.step {
        0 => "reset".to_owned(),
        step => format!("step {step}"),
    };
    let kind = evaluation.kind.name();
    let total = widgets::total(evaluation.reward.total);
    response.widget_info(|| {
        let text = format!("session {} {name}, {kind} {total}", step.session);
        WidgetInfo::selected(Role::Button, true, shown, text)
    });
    if response.clicked() {
        commands.push(ControllerCommand::Serving(ServingCommand::Show(step.serial)).into());
    }
    if shown {
        ui.painter().rect_filled(rect, 0.0, palette.selected);
    } else if response.hovered() || response.has_focus() {
        ui.painter().rect_filled(rect, 0.0, palette.raised);
    }
    let y = rect.center().y;
    let (dot_color, color) = if evaluation.ok {
        (palette.good, palette.text)
    } else {
        (palette.bad, palette.bad)
    };
    dot(ui, pos2(rect.left() + PAD + 20.0, y), dot_color);
    let total = widgets::line(ui, RichText::new(total).size(12.0).color(color), 60.0);
    let total = widgets::paint_line(ui, pos2(rect.right() - PAD, y), Align2::RIGHT_CENTER, total);
    let name = if step.done {
        format!("{name} ·  end")
    } else {
        name
    };
    let name = widgets::line(ui, RichText::new(name).size(12.0).color(palette.text), 90.0);
    let name = widgets::paint_line(ui, pos2(rect.left() + PAD + 32.0, y), Align2::LEFT_CENTER, name);
    let left = name.right() + 8.0;
    let kind = widgets::line(
        ui,
        widgets::small(kind, palette),
        (total.left() - left - 8.0).max(0.0),
    );
    widgets::paint_line(ui, pos2(left, y), Align2::LEFT_CENTER, kind);
    response.on_hover_text(format!(
        "{}\nepisode {}, {:.0} ms",
        step.task_id, step.episode, step.elapsed_ms
    ));
}

fn error_line(message: &str, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("no score: {message}")));
    let first = message.lines().next().unwrap_or_default();
    let text = RichText::new(format!("no score: {first}"))
        .font(theme::regular(SMALL))
        .color(palette.warn);
    let text = widgets::line(ui, text, rect.width() - PAD - 32.0);
    let at = pos2(rect.left() + PAD + 20.0, rect.center().y);
    widgets::paint_line(ui, at, Align2::LEFT_CENTER, text);
    response.on_hover_text(message);
}
