//! The servers that are known: how they are, and which model or adapter of theirs proposes.

use egui::{ComboBox, DragValue, Label, Role, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::widgets::{self, ActionStyle, action_button};
use crate::studio::command::{Action, Command, ProposerCommand};
use crate::studio::proposing::{Health, Known};
use crate::studio::state::{State, file_name};
use crate::studio::theme;

/// What this part of the panel remembers.
#[derive(Default)]
pub struct ServerView {
    /// The address that is being typed.
    url: String,
    /// Whether the field for another server is open.
    adding: bool,
}

/// Shows the server in use, or the field for the first one.
pub fn show(view: &mut ServerView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let proposing = &state.proposing;
    let Some(known) = proposing.servers.get(proposing.server) else {
        return add(view, ui, commands);
    };
    let index = proposing.server;
    ui.horizontal_wrapped(|ui| {
        health(known, ui);
        ui.name_inputs("Server", |ui| {
            ComboBox::new("server", "")
                .icon(widgets::chevron)
                .width(170.0)
                .truncate()
                .selected_text(known.url.trim_start_matches("http://"))
                .show_ui(ui, |ui| {
                    for (other, server) in proposing.servers.iter().enumerate() {
                        if ui.selectable_label(other == index, server.title()).clicked() {
                            commands.push(Command::Proposer(ProposerCommand::UseServer(other)));
                        }
                    }
                    ui.separator();
                    if ui.button("Add a server…").clicked() {
                        view.adding = true;
                    }
                    if ui.button("Forget this one").clicked() {
                        commands.push(Command::Proposer(ProposerCommand::ForgetServer(index)));
                    }
                });
        });
        if ui.small_button("Check").clicked() {
            commands.push(Command::Proposer(ProposerCommand::Look(index)));
        }
        choices(known, index, ui, commands);
        action_button(ui, Action::Prompt, ActionStyle::Small, None, commands);
    });
    if view.adding {
        add(view, ui, commands);
    }
    if let Health::Ill(message) = &known.health {
        let palette = theme::of(ui);
        let text = message.replace('\n', " · ");
        let label = widgets::small(text, palette).color(palette.warn);
        ui.add(Label::new(label).wrap());
    }
}

fn add(view: &mut ServerView, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        let field = TextEdit::singleline(&mut view.url)
            .hint_text("http://127.0.0.1:8080")
            .desired_width(220.0);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Server address"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let clicked = ui.button("Add server").clicked();
        if (entered || clicked) && !view.url.trim().is_empty() {
            let url = std::mem::take(&mut view.url);
            commands.push(Command::Proposer(ProposerCommand::AddServer(url)));
            view.adding = false;
        }
        if view.adding && ui.small_button("Not now").clicked() {
            view.adding = false;
        }
    });
}

/// A dot that says how the server was last found.
fn health(known: &Known, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (color, word) = match &known.health {
        Health::Unknown => (palette.faint, "not asked yet".to_owned()),
        Health::Asking => (palette.accent, "asking…".to_owned()),
        Health::Well(names) => (
            palette.good,
            format!("answers, with {} to choose from", names.len()),
        ),
        Health::Ill(message) => (palette.bad, message.clone()),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(10.0, 18.0), Sense::hover());
    widgets::dot(ui, rect.center(), color);
    let first = word.lines().next().unwrap_or_default().to_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("server {first}")));
    response.on_hover_text(word);
}

/// Model, temperature and token limit.
fn choices(known: &Known, index: usize, ui: &mut Ui, commands: &mut Vec<Command>) {
    let mut changed = known.clone();
    let name = |model: &Option<String>| match model {
        Some(model) => file_name(std::path::Path::new(model)),
        None => "first adapter or model".to_owned(),
    };
    ui.name_inputs("Model", |ui| {
        ComboBox::new("model", "")
            .icon(widgets::chevron)
            .width(150.0)
            .truncate()
            .selected_text(name(&known.model))
            .show_ui(ui, |ui| {
                ui.selectable_value(&mut changed.model, None, name(&None));
                if let Health::Well(names) = &known.health {
                    for (id, is_adapter) in names {
                        let some = Some(id.clone());
                        let kind = if *is_adapter { "adapter" } else { "model" };
                        let label = format!("{} · {kind}", name(&some));
                        ui.selectable_value(&mut changed.model, some, label);
                    }
                } else {
                    let palette = theme::of(ui);
                    ui.label(widgets::small("check the server to see what it has", palette));
                }
            });
    });
    ui.name_inputs("Temperature", |ui| {
        ui.add(
            DragValue::new(&mut changed.temperature.0)
                .range(0.0..=2.0)
                .speed(0.01)
                .fixed_decimals(2)
                .prefix("T "),
        )
        .on_hover_text("sampling temperature");
    });
    ui.name_inputs("Tokens at most", |ui| {
        ui.add(
            DragValue::new(&mut changed.max_tokens.0)
                .range(16..=65536)
                .speed(16)
                .suffix(" tokens"),
        )
        .on_hover_text("tokens of an answer at most");
    });
    let set = |value: &Known| (value.model.clone(), value.temperature, value.max_tokens);
    if set(&changed) != set(known) {
        commands.push(Command::Proposer(ProposerCommand::SetServer(index, changed)));
    }
}
