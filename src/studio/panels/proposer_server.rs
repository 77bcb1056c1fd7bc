//! Known servers: their health, and the selected model or adapter.

use egui::{ComboBox, DragValue, Label, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2};

use super::widgets;
use crate::studio::command::{Command, ControllerCommand, ProposerCommand};
use crate::studio::proposing::{Health, ServerEntry};
use crate::studio::state::{State, file_name};
use crate::studio::theme;

/// Height of a list of models before it scrolls, points.
const MODELS: f32 = 132.0;

#[derive(Default)]
pub struct ServerView {
    /// Typed address.
    url: String,
    /// Whether the field for a new server is open.
    adding: bool,
}

impl ServerView {
    /// Whether a server is selected and none is being added.
    pub fn chosen(&self, state: &State) -> bool {
        !self.adding && state.proposing.servers.get(state.proposing.server).is_some()
    }
}

/// Draws the selected server, or the field for the first one. `width` is the maximum width of its name, points.
pub fn show(view: &mut ServerView, state: &State, width: f32, ui: &mut Ui, commands: &mut Vec<Command>) {
    let proposing = &state.proposing;
    let index = proposing.server;
    let Some(known) = proposing.servers.get(index) else {
        return add(view, ui, commands);
    };
    if view.adding {
        return add(view, ui, commands);
    }
    health(known, ui);
    ui.name_inputs("Server", |ui| {
        ComboBox::new("server", "")
            .icon(widgets::chevron)
            .width(width)
            .truncate()
            .selected_text(known.url.trim_start_matches("http://"))
            .show_ui(ui, |ui| {
                for (other, server) in proposing.servers.iter().enumerate() {
                    if ui.selectable_label(other == index, server.title()).clicked() {
                        commands.push(ControllerCommand::Proposer(ProposerCommand::UseServer(other)).into());
                    }
                }
                ui.separator();
                if ui.button("Add a server…").clicked() {
                    view.adding = true;
                }
                if ui.button("Check server").clicked() {
                    commands.push(ControllerCommand::Proposer(ProposerCommand::QueryServer(index)).into());
                }
                if ui.button("Remove server").clicked() {
                    commands.push(ControllerCommand::Proposer(ProposerCommand::ForgetServer(index)).into());
                }
            });
    });
}

/// Draws the problem of the selected server, if any.
pub fn problem(state: &State, ui: &mut Ui) {
    let proposing = &state.proposing;
    let Some(Health::Unhealthy(message)) = proposing.servers.get(proposing.server).map(|known| &known.health)
    else {
        return;
    };
    let palette = theme::of(ui);
    let label = widgets::small(message.replace('\n', " · "), palette).color(palette.warn);
    ui.add(Label::new(label).truncate()).on_hover_text(message);
}

/// Draws a grid line for each setting of the selected server.
pub fn settings(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let proposing = &state.proposing;
    let index = proposing.server;
    if let Some(known) = proposing.servers.get(index) {
        choices(known, index, ui, commands);
    }
}

fn add(view: &mut ServerView, ui: &mut Ui, commands: &mut Vec<Command>) {
    ui.horizontal(|ui| {
        let buttons = if view.adding { 175.0 } else { 100.0 };
        let field = TextEdit::singleline(&mut view.url)
            .hint_text("http://127.0.0.1:8080")
            .desired_width((ui.available_width() - buttons).clamp(90.0, 220.0));
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Server address"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        let clicked = ui.button("Add server").clicked();
        if (entered || clicked) && !view.url.trim().is_empty() {
            let url = std::mem::take(&mut view.url);
            commands.push(ControllerCommand::Proposer(ProposerCommand::AddServer(url)).into());
            view.adding = false;
        }
        if view.adding && ui.small_button("Cancel").clicked() {
            view.adding = false;
        }
    });
}

/// Draws a dot for the result of the last query.
fn health(known: &ServerEntry, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (color, word) = match &known.health {
        Health::Unknown => (palette.faint, "not checked yet".to_owned()),
        Health::Asking => (palette.accent, "checking…".to_owned()),
        Health::Healthy(names) => (
            palette.good,
            format!("reachable, {} models and adapters", names.len()),
        ),
        Health::Unhealthy(message) => (palette.bad, message.clone()),
    };
    let (rect, response) = ui.allocate_exact_size(vec2(10.0, 18.0), Sense::hover());
    widgets::dot(ui, rect.center(), color);
    let first = word.lines().next().unwrap_or_default().to_owned();
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("server {first}")));
    response.on_hover_text(word);
}

/// Draws model, temperature and token limit.
fn choices(known: &ServerEntry, index: usize, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let mut changed = known.clone();
    ui.label("Model");
    // A drop-down list inside a menu would count as outside of it and close the menu.
    ui.vertical(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.set_min_width(190.0);
        ui.style_mut().wrap_mode = Some(egui::TextWrapMode::Truncate);
        ScrollArea::vertical()
            .id_salt("models")
            .max_height(MODELS)
            .min_scrolled_height(MODELS)
            .show(ui, |ui| {
                ui.selectable_value(&mut changed.model, None, "first adapter or model");
                if let Health::Healthy(names) = &known.health {
                    for (id, is_adapter) in names {
                        let kind = if *is_adapter { "adapter" } else { "model" };
                        let label = format!("{} · {kind}", file_name(std::path::Path::new(id)));
                        ui.selectable_value(&mut changed.model, Some(id.clone()), label);
                    }
                } else {
                    ui.label(widgets::small("check the server to list its models", palette));
                }
            });
    });
    ui.end_row();
    ui.label("Temperature");
    let temperature = DragValue::new(&mut changed.temperature.0)
        .range(0.0..=2.0)
        .speed(0.01)
        .fixed_decimals(2);
    ui.name_inputs("Temperature", |ui| ui.add(temperature))
        .on_hover_text("sampling temperature; 0 always picks the likeliest token");
    ui.end_row();
    ui.label("Max tokens");
    let tokens = DragValue::new(&mut changed.max_tokens.0)
        .range(16..=65536)
        .speed(16);
    ui.name_inputs("Max tokens", |ui| ui.add(tokens))
        .on_hover_text("maximum number of tokens of an answer");
    ui.end_row();
    let set = |value: &ServerEntry| (value.model.clone(), value.temperature, value.max_tokens);
    if set(&changed) != set(known) {
        commands.push(ControllerCommand::Proposer(ProposerCommand::SetServer(index, changed)).into());
    }
}
