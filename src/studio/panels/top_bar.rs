//! Top bar: task, scoring, proposer, and the buttons for repairs.

use clap::ValueEnum as _;
use egui::{Align, Button, ComboBox, Layout, RichText, Ui, UiBuilder, vec2};

use super::widgets::{self, ActionStyle, action_button, chip};
use crate::repair::ProposerKind;
use crate::reward::{Mode, Profile};
use crate::studio::command::{ACTIONS, Action, ActionInfo, Command, ProposerCommand};
use crate::studio::serving::ServingPhase;
use crate::studio::state::State;
use crate::studio::theme::{self, PAD};
use crate::task::Level;

/// Height of the bar, points.
pub const HEIGHT: f32 = 42.0;

/// Draws the bar.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let rect = ui.available_rect_before_wrap().shrink2(vec2(PAD, 0.0));
    let right = ui
        .scope_builder(
            UiBuilder::new()
                .max_rect(rect)
                .layout(Layout::right_to_left(Align::Center)),
            |ui| {
                right(state, ui, commands);
                ui.min_rect()
            },
        )
        .inner;
    let mut room = rect;
    room.max.x = (right.left() - 12.0).max(rect.left());
    ui.scope_builder(
        UiBuilder::new()
            .max_rect(room)
            .layout(Layout::left_to_right(Align::Center)),
        |ui| {
            ui.shrink_clip_rect(room);
            left(state, ui, commands);
        },
    );
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
        let of_view = |info: &&ActionInfo| matches!(info.action, Action::View(_));
        let of_panels = |info: &&ActionInfo| matches!(info.action, Action::Panel(_) | Action::ResetLayout);
        for info in ACTIONS.iter().filter(|info| !of_view(info) && !of_panels(info)) {
            entry(info, state, ui, commands);
        }
        ui.separator();
        ui.menu_button("3D view", |ui| {
            ui.set_min_width(230.0);
            for info in ACTIONS.iter().filter(of_view) {
                entry(info, state, ui, commands);
            }
        });
        ui.menu_button("Panels", |ui| {
            ui.set_min_width(190.0);
            for info in ACTIONS.iter().filter(of_panels) {
                entry(info, state, ui, commands);
            }
        });
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

fn entry(info: &ActionInfo, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    if info.starts_group {
        ui.separator();
    }
    let blocked = blocked(info.action, state);
    let mut button = Button::new(info.label);
    if let Some(keys) = info.keys() {
        button = button.shortcut_text(keys);
    }
    if ui.add_enabled(blocked.is_none(), button).clicked() {
        commands.push(Command::Do(info.action));
        ui.close();
    }
}

/// Laid out from right to left.
fn right(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let is_labelled = ui.max_rect().width() >= LABELLED;
    if state.repair().is_some() {
        stop_button(ui, commands);
    } else {
        let why = blocked(Action::RunLoop, state);
        action_button(
            ui,
            Action::RunLoop,
            ActionStyle::Primary,
            why.as_deref(),
            commands,
        );
    }
    let why = blocked(Action::Propose, state);
    action_button(ui, Action::Propose, ActionStyle::Plain, why.as_deref(), commands);
    ui.add_space(4.0);

    chooser(state, ui, commands);
    if is_labelled {
        ui.label(widgets::dim("proposer", palette));
    }
    ui.add_space(4.0);

    let mode = state.scoring.mode;
    ui.name_inputs("Mode", |ui| {
        ComboBox::new("mode", "")
            .icon(widgets::chevron)
            .width(58.0)
            .selected_text(name_of(&mode))
            .show_ui(ui, |ui| {
                for choice in Mode::value_variants() {
                    if ui.selectable_label(*choice == mode, name_of(choice)).clicked() {
                        commands.push(Command::SetMode(*choice));
                    }
                }
            });
    });
    let profile = state.scoring.profile;
    ui.name_inputs("Profile", |ui| {
        ComboBox::new("profile", "")
            .icon(widgets::chevron)
            .width(104.0)
            .selected_text(name_of(&profile))
            .show_ui(ui, |ui| {
                for choice in Profile::value_variants() {
                    if ui.selectable_label(*choice == profile, name_of(choice)).clicked() {
                        commands.push(Command::SetProfile(*choice));
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
                let mut entry = |picked: bool, label: String, command: Command| {
                    if ui.selectable_label(picked, label).clicked() {
                        commands.push(command);
                    }
                };
                let rules = Command::Proposer(ProposerCommand::ProposerKind(ProposerKind::Rules));
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
                    entry(picked, label, Command::SetRecording(recording.name.clone()));
                }
                for (index, server) in proposing.servers.iter().enumerate() {
                    let picked = pick == ProposerKind::Endpoint && index == proposing.server;
                    let command = Command::Proposer(ProposerCommand::UseServer(index));
                    entry(picked, format!("endpoint · {}", server.title()), command);
                }
                if proposing.servers.is_empty() {
                    let command = Command::Proposer(ProposerCommand::ProposerKind(ProposerKind::Endpoint));
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
        commands.push(Command::Do(Action::Cancel));
    }
}

/// Why an action is disabled.
pub fn blocked(action: Action, state: &State) -> Option<String> {
    let session = state.session();
    match action {
        Action::Propose | Action::RunLoop if state.repair().is_some() => {
            Some("a repair is running".to_owned())
        }
        Action::Propose | Action::RunLoop => match session.effective_proposer(state.proposing.kind) {
            ProposerKind::Replay if session.steps_after() == 0 => Some(format!(
                "the recording `{}` has no further step: select an earlier step",
                session.recording.as_deref().unwrap_or_default()
            )),
            ProposerKind::Endpoint if state.proposing.servers.is_empty() => {
                Some("no server added: add one in the proposer panel".to_owned())
            }
            ProposerKind::Replay | ProposerKind::Rules | ProposerKind::Endpoint => None,
        },
        Action::Proposal(_) if state.proposing.pending.is_none() => Some("no pending proposal".to_owned()),
        Action::Prompt if state.proposing.servers.is_empty() => {
            Some("no server added: add one in the proposer panel".to_owned())
        }
        Action::Cancel if state.running.is_empty() => Some("nothing is running".to_owned()),
        Action::ExportRun(_) | Action::ImportRows | Action::ShowRunTab(_) if state.rows.is_none() => {
            Some("no training run is open".to_owned())
        }
        Action::ImportRows if state.rows.as_ref().is_some_and(|rows| rows.stored) => {
            Some("these rows are already in a store".to_owned())
        }
        Action::StartServer if state.serving.phase != ServingPhase::Off => {
            Some("the server is already running".to_owned())
        }
        Action::StopServer if !state.serving.may_stop() => Some("no server is running".to_owned()),
        Action::CopyReward if state.card().scored().is_none() => Some("not scored yet".to_owned()),
        Action::Group if session.group().is_empty() => Some(crate::studio::state::NO_GROUP.to_owned()),
        Action::ResetToSeed if session.cards.len() == 1 => Some("there is only the seed".to_owned()),
        Action::Export(_) if session.cards.iter().all(|card| card.last_shape.is_none()) => {
            Some("nothing was built yet".to_owned())
        }
        Action::Open
        | Action::OpenFolder
        | Action::AllowProject
        | Action::Export(_)
        | Action::ExportStep
        | Action::Save
        | Action::SaveAs
        | Action::ResetToSeed
        | Action::RunNow
        | Action::Proposal(_)
        | Action::Prompt
        | Action::ProposerKind(_)
        | Action::Cancel
        | Action::PreviousStep
        | Action::NextStep
        | Action::CopyReward
        | Action::ToggleTheme
        | Action::View(_)
        | Action::Editor(_)
        | Action::Diff
        | Action::Group
        | Action::Palette
        | Action::Shortcuts
        | Action::Settings
        | Action::OpenStore
        | Action::ImportRows
        | Action::StartServer
        | Action::StopServer
        | Action::NewTask
        | Action::CopyDiagnostics
        | Action::ExportRun(_)
        | Action::ShowRunTab(_)
        | Action::Panel(_)
        | Action::ResetLayout => None,
    }
}

fn name_of(value: &impl clap::ValueEnum) -> String {
    value
        .to_possible_value()
        .map_or(String::new(), |value| value.get_name().to_owned())
}
