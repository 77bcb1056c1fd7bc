//! Top bar: task, scoring, proposer, and the buttons for repairs.

use clap::ValueEnum as _;
use egui::{Button, ComboBox, RichText, Ui, vec2};

use super::widgets::{self, ActionStyle, action_button, chip};
use crate::repair::ProposerKind;
use crate::reward::{Mode, Profile};
use crate::studio::command::{Command, ControllerCommand, MENUS, Menu, ProposerCommand, Requirement};
use crate::studio::serving::ServingPhase;
use crate::studio::state::State;
use crate::studio::theme::{self, PAD};
use crate::task::Level;

/// Height of the bar, points.
pub const HEIGHT: f32 = 42.0;

/// Draws the bar.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let rect = ui.available_rect_before_wrap().shrink2(vec2(PAD, 0.0));
    let room = widgets::right_end(ui, rect, 12.0, |ui| right(state, ui, commands));
    widgets::left_end(ui, room, |ui| left(state, ui, commands));
}

/// Width from which the task displays its level and family, points.
const CHIP_ROOM: f32 = 290.0;

/// Width of the bar from which selections have labels, points; below, the task needs the space.
const LABELLED: f32 = 1100.0;

fn left(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let title = RichText::new("CADForge Studio").font(theme::semibold(13.5));
    let menu = Button::new(title)
        .right_text(RichText::new("▾").color(palette.dim))
        .frame_when_inactive(false);
    egui::containers::menu::MenuButton::from_button(menu).ui(ui, |ui| {
        ui.set_min_width(230.0);
        for menu in &MENUS {
            match menu.label {
                None => {
                    entries(menu, state, ui, commands);
                    ui.separator();
                }
                Some(label) => {
                    ui.menu_button(label, |ui| {
                        ui.set_min_width(230.0);
                        entries(menu, state, ui, commands);
                    });
                }
            }
        }
    });
    let task = &state.session().task;
    let has_room = ui.available_width() >= CHIP_ROOM;
    ui.add(egui::Label::new(widgets::dim(&task.id, palette)).truncate());
    if !has_room {
        return;
    }
    let level = match task.level {
        Level::Easy => "easy",
        Level::Medium => "medium",
        Level::Hard => "hard",
    };
    chip(
        ui,
        &format!("{level} · {}", task.family.replace('_', " ")),
        palette.accent,
    );
}

fn entries(menu: &Menu, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    for (index, group) in menu.groups.iter().enumerate() {
        if index > 0 {
            ui.separator();
        }
        for info in *group {
            let mut button = Button::new(info.label);
            if let Some(keys) = info.keys_text() {
                button = button.shortcut_text(keys);
            }
            let is_enabled = unmet(info.requirement, state).is_none();
            if ui.add_enabled(is_enabled, button).clicked() {
                commands.push(info.command.clone());
                ui.close();
            }
        }
    }
}

/// Laid out from right to left.
fn right(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let is_labelled = ui.max_rect().width() >= LABELLED;
    if state.repair().is_some() {
        stop_button(ui, commands);
    } else {
        let why = unmet(Requirement::Repair, state);
        action_button(
            ui,
            ControllerCommand::RunLoop,
            ActionStyle::Primary,
            why.as_deref(),
            commands,
        );
    }
    let why = unmet(Requirement::Repair, state);
    action_button(
        ui,
        ControllerCommand::Propose,
        ActionStyle::Plain,
        why.as_deref(),
        commands,
    );
    ui.add_space(4.0);

    chooser(state, ui, commands);
    if is_labelled {
        ui.label(widgets::dim("proposer", palette));
    }
    ui.add_space(4.0);

    let mode = state.sessions.scoring.mode;
    ui.name_inputs("Mode", |ui| {
        ComboBox::new("mode", "")
            .icon(widgets::chevron)
            .width(58.0)
            .selected_text(name_of(&mode))
            .show_ui(ui, |ui| {
                for choice in Mode::value_variants() {
                    if ui.selectable_label(*choice == mode, name_of(choice)).clicked() {
                        commands.push(ControllerCommand::SetMode(*choice).into());
                    }
                }
            });
    });
    let profile = state.sessions.scoring.profile;
    ui.name_inputs("Profile", |ui| {
        ComboBox::new("profile", "")
            .icon(widgets::chevron)
            .width(104.0)
            .selected_text(name_of(&profile))
            .show_ui(ui, |ui| {
                for choice in Profile::value_variants() {
                    if ui.selectable_label(*choice == profile, name_of(choice)).clicked() {
                        commands.push(ControllerCommand::SetProfile(*choice).into());
                    }
                }
            });
    });
    if is_labelled {
        ui.label(widgets::dim("profile", palette));
    }
}

/// Selection of the proposer: rules, a recording of the task, a known server.
fn chooser(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let (session, proposing) = (state.session(), &state.proposing);
    let pick = session.effective_proposer(proposing.kind);
    let known = proposing.servers.get(proposing.server);
    let chosen = match (pick, &session.recording, known) {
        (ProposerKind::Replay, Some(recording), _) => format!("replay · {recording}"),
        (ProposerKind::Endpoint, _, Some(known)) => known.title(),
        (pick, _, _) => pick.name().to_owned(),
    };
    ui.name_inputs("Proposer", |ui| {
        ComboBox::new("proposer", "")
            .icon(widgets::chevron)
            .width(120.0)
            .truncate()
            .selected_text(RichText::new(chosen))
            .show_ui(ui, |ui| {
                let mut entry = |picked: bool, label: String, command: ControllerCommand| {
                    if ui.selectable_label(picked, label).clicked() {
                        commands.push(command.into());
                    }
                };
                let rules = ControllerCommand::Proposer(ProposerCommand::Kind(ProposerKind::Rules));
                entry(pick == ProposerKind::Rules, "rules".to_owned(), rules);
                for recording in &session.task.repairs {
                    let picked =
                        pick == ProposerKind::Replay && session.recording.as_ref() == Some(&recording.name);
                    let steps = recording.steps.len();
                    let label = format!(
                        "replay · {} ({steps} step{})",
                        recording.name,
                        if steps == 1 { "" } else { "s" }
                    );
                    entry(
                        picked,
                        label,
                        ControllerCommand::SetRecording(recording.name.clone()),
                    );
                }
                for (index, server) in proposing.servers.iter().enumerate() {
                    let picked = pick == ProposerKind::Endpoint && index == proposing.server;
                    let command = ControllerCommand::Proposer(ProposerCommand::UseServer(index));
                    entry(picked, format!("endpoint · {}", server.title()), command);
                }
                if proposing.servers.is_empty() {
                    let command = ControllerCommand::Proposer(ProposerCommand::Kind(ProposerKind::Endpoint));
                    entry(pick == ProposerKind::Endpoint, "endpoint…".to_owned(), command);
                }
            });
    });
}

fn stop_button(ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let text = RichText::new("Stop")
        .font(theme::medium(theme::TEXT))
        .color(palette.bad);
    let edge = theme::blend(palette.line, palette.bad, 0.5);
    let button = Button::new(text)
        .stroke(egui::Stroke::new(1.0, edge))
        .min_size(vec2(74.0, 0.0));
    if ui.add(button).on_hover_text("Esc").clicked() {
        commands.push(ControllerCommand::Cancel.into());
    }
}

/// Why a requirement is not met.
pub fn unmet(requirement: Requirement, state: &State) -> Option<String> {
    let (session, rows) = (state.session(), state.runs.rows.as_ref());
    let (is_met, reason) = match requirement {
        Requirement::Nothing => return None,
        Requirement::Repair => return no_repair(state),
        Requirement::PendingProposal => (state.sessions.proposal.is_some(), "no pending proposal"),
        Requirement::ModelServer => (!state.proposing.servers.is_empty(), NO_SERVER),
        Requirement::RunningJob => (!state.sessions.running.is_empty(), "nothing is running"),
        Requirement::Score => (state.card().scored().is_some(), "not scored yet"),
        Requirement::Group => (
            session.group().is_some(),
            "the step on screen is not one of several candidates: let the rules or a model propose more than one at a time",
        ),
        Requirement::Steps => (session.cards.len() > 1, "there is only the seed"),
        Requirement::Shape => (
            session.cards.iter().any(|card| card.last_shape.is_some()),
            "nothing was built yet",
        ),
        Requirement::UnstoredRows if rows.is_some_and(|rows| rows.stored) => {
            (false, "these rows are already in a store")
        }
        Requirement::Rows | Requirement::UnstoredRows => (rows.is_some(), "no training run is open"),
        Requirement::ServerOff => (
            state.serving.phase == ServingPhase::Off,
            "the server is already running",
        ),
        Requirement::ServerOn => (state.serving.may_stop(), "no server is running"),
    };
    (!is_met).then(|| reason.to_owned())
}

/// Why no repair can be started.
fn no_repair(state: &State) -> Option<String> {
    let session = state.session();
    if state.repair().is_some() {
        return Some("a repair is running".to_owned());
    }
    match session.effective_proposer(state.proposing.kind) {
        ProposerKind::Replay if session.steps_after() == 0 => Some(format!(
            "the recording `{}` has no further step: select an earlier step",
            session.recording.as_deref().unwrap_or_default()
        )),
        ProposerKind::Endpoint if state.proposing.servers.is_empty() => Some(NO_SERVER.to_owned()),
        ProposerKind::Replay | ProposerKind::Rules | ProposerKind::Endpoint => None,
    }
}

const NO_SERVER: &str = "no server added: add one in the proposer panel";

fn name_of(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or(String::new(), |value| value.get_name().to_owned())
}
