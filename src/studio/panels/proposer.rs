//! Proposer: selection, settings, and streamed text.

use egui::containers::menu::{MenuButton, MenuConfig};
use egui::style::StyleModifier;
use egui::{
    Button, Checkbox, ComboBox, DragValue, Frame, Grid, Label, Margin, PopupCloseBehavior, RichText, Role,
    ScrollArea, Ui, WidgetInfo, vec2,
};

use super::proposer_server;
use super::widgets::{self, ActionStyle, action_button, header};
use crate::repair::ProposerKind;
use crate::studio::command::{Command, ControllerCommand, ProposerCommand};
use crate::studio::state::State;
use crate::studio::state::{StreamEnd, StreamedText};
use crate::studio::theme::{self, PAD, Palette};

/// All kinds in the order of the bar.
pub const KINDS: [ProposerKind; 3] = [ProposerKind::Rules, ProposerKind::Replay, ProposerKind::Endpoint];

/// Accessible name of the button with the limits, before their values.
pub const SETTINGS_LABEL: &str = "Proposer settings";
/// Width of the button with a loop's limits, points.
const LIMITS: f32 = 154.0;
/// Additional width for the number of candidates, points.
const COUNT: f32 = 30.0;

/// State of the panel.
#[derive(Default)]
pub struct ProposerView {
    pub(super) server: proposer_server::ServerView,
    /// Displayed text of a group; none follows the newest.
    shown: Option<crate::studio::state::CardId>,
}

/// Draws the panel.
pub fn show(view: &mut ProposerView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let pick = state.session().effective_proposer(state.proposing.kind);
    // In a narrow panel the selection has priority over the caption.
    let caption = if ui.available_width() < 330.0 {
        "By"
    } else {
        "Proposer"
    };
    header(
        ui,
        caption,
        |ui| {
            for choice in KINDS {
                let there = choice != ProposerKind::Replay || state.session().repair().is_some();
                let button = ui.add_enabled(there, Button::selectable(pick == choice, choice.name()));
                button.widget_info(|| {
                    WidgetInfo::selected(
                        Role::Button,
                        there,
                        pick == choice,
                        format!("Proposer {}", choice.name()),
                    )
                });
                if button.clicked() {
                    commands.push(ControllerCommand::Proposer(ProposerCommand::Kind(choice)).into());
                }
                button.on_disabled_hover_text("this task has no recording");
            }
        },
        |_| {},
    );
    Frame::NONE
        .inner_margin(Margin::symmetric(PAD as i8, 6))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 5.0;
            // During a repair the text gets this space too; settings would no longer affect it.
            if state.repair().is_none() {
                settings(view, state, pick, ui, commands);
            }
            stream(view, state, ui, commands);
        });
}

/// Settings of the selected proposer.
fn settings(
    view: &mut ProposerView,
    state: &State,
    pick: ProposerKind,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    ui.horizontal(|ui| {
        let count = if compares(state, pick) { COUNT } else { 0.0 };
        let room = (ui.available_width() - LIMITS - count).clamp(50.0, 190.0);
        let adding = pick == ProposerKind::Endpoint && !view.server.chosen(state);
        ui.scope(|ui| {
            // A long name is truncated rather than pushing the button out of the panel.
            if !adding {
                ui.set_max_width(room);
            }
            match pick {
                ProposerKind::Replay => replay(state, room, ui, commands),
                ProposerKind::Rules => {}
                ProposerKind::Endpoint => proposer_server::show(&mut view.server, state, room, ui, commands),
            }
        });
        // The field for a new server takes the whole line.
        if !adding {
            limits(state, pick, ui, commands);
        }
    });
    if pick == ProposerKind::Endpoint {
        proposer_server::problem(state, ui);
    }
}

/// Whether several candidates are requested per round.
fn compares(state: &State, pick: ProposerKind) -> bool {
    pick != ProposerKind::Replay && state.proposing.candidates > 1
}

/// Total at which a loop stops.
fn target(state: &State) -> f64 {
    let of_profile = || state.sessions.scoring.profile.target();
    state.proposing.target.unwrap_or_else(of_profile)
}

/// Prompt and loop settings in a menu, to leave space for the text; its button displays the limits.
fn limits(state: &State, pick: ProposerKind, ui: &mut Ui, commands: &mut Vec<Command>) {
    let proposing = &state.proposing;
    let count = if compares(state, pick) {
        format!("{} × ", proposing.candidates)
    } else {
        String::new()
    };
    let face = format!("{count}{} steps to {:.2}", proposing.max_steps, target(state));
    let button = Button::new(&face).right_text(widgets::chevron_atom(theme::of(ui).dim));
    let menu = MenuButton::from_button(button).config(
        MenuConfig::new()
            .close_behavior(PopupCloseBehavior::CloseOnClickOutside)
            // Fields in the menu get the style of fields.
            .style(StyleModifier::default()),
    );
    let (response, _) = menu.ui(ui, |ui| {
        Grid::new("limits")
            .num_columns(2)
            .spacing(vec2(12.0, 6.0))
            .show(ui, |ui| {
                if pick == ProposerKind::Endpoint {
                    proposer_server::settings(state, ui, commands);
                }
                for value in limit_values(state, pick, ui) {
                    commands.push(ControllerCommand::Proposer(value).into());
                }
            });
        if pick == ProposerKind::Endpoint
            && action_button(
                ui,
                ControllerCommand::PreviewPrompt,
                ActionStyle::Plain,
                None,
                commands,
            )
            .clicked()
        {
            ui.close();
        }
        if pick == ProposerKind::Replay {
            let mut paced = proposing.paced;
            let box_ = Checkbox::new(&mut paced, "with recorded pauses");
            if ui.add(box_).changed() {
                commands.push(ControllerCommand::Proposer(ProposerCommand::Paced(paced)).into());
            }
        }
    });
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{SETTINGS_LABEL}, {face}")));
    response.on_hover_text("prompt and loop settings");
}

/// Draws a line for each limit; returns the changes.
fn limit_values(state: &State, pick: ProposerKind, ui: &mut Ui) -> Vec<ProposerCommand> {
    let proposing = &state.proposing;
    let mut changed = Vec::new();
    let line = |ui: &mut Ui, label: &str, value: DragValue<'_>, why: &str| {
        ui.label(label);
        let response = ui.name_inputs(label, |ui| ui.add(value));
        ui.end_row();
        response.on_hover_text(why).changed()
    };
    let mut steps = proposing.max_steps;
    let value = DragValue::new(&mut steps).range(1..=100).speed(0.1);
    if line(ui, "Max steps", value, "a loop stops after this many steps") {
        changed.push(ProposerCommand::MaxSteps(steps));
    }
    let mut target = target(state);
    let value = DragValue::new(&mut target)
        .range(0.0..=1.0)
        .speed(0.005)
        .fixed_decimals(2);
    if line(ui, "Target", value, "a loop stops at this total") {
        changed.push(ProposerCommand::Target(Some(target)));
    }
    if pick != ProposerKind::Replay {
        let mut count = proposing.candidates;
        let value = DragValue::new(&mut count).range(1..=16).speed(0.05);
        let why = "per step; two or more form a group with advantages";
        if line(ui, "Candidates", value, why) {
            changed.push(ProposerCommand::Candidates(count));
        }
    }
    changed
}

fn replay(state: &State, width: f32, ui: &mut Ui, commands: &mut Vec<Command>) {
    let session = state.session();
    ui.name_inputs("Recording", |ui| {
        ComboBox::new("recording", "")
            .icon(widgets::chevron)
            .width(width)
            .truncate()
            .selected_text(session.recording.clone().unwrap_or_default())
            .show_ui(ui, |ui| {
                for recording in &session.task.repairs {
                    let picked = session.recording.as_ref() == Some(&recording.name);
                    let label = format!("{} ({} steps)", recording.name, recording.steps.len());
                    if ui.selectable_label(picked, label).clicked() {
                        commands.push(ControllerCommand::SetRecording(recording.name.clone()).into());
                    }
                }
            });
    });
}

/// Draws the streamed text.
fn stream(view: &mut ProposerView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let texts = &state.sessions.streamed;
    let live = state.repair();
    if !texts.iter().any(|text| Some(text.card) == view.shown) {
        view.shown = None;
    }
    let shown = match view.shown {
        Some(card) => texts.iter().find(|text| text.card == card),
        None => texts.iter().rfind(|text| text.end.is_none()).or(texts.last()),
    };
    ui.horizontal(|ui| {
        let text = match (shown, live) {
            (Some(streamed), _) => describe(streamed, state),
            (None, Some(_)) => "waiting for the first token…".to_owned(),
            (None, None) => "proposals appear here as they arrive".to_owned(),
        };
        ui.add(Label::new(widgets::small(text, palette)).truncate());
        if let Some(running) = live {
            let elapsed = format!("{:.1} s", (state.sessions.now - running.since).max(0.0));
            ui.label(widgets::small(elapsed, palette));
            action_button(ui, ControllerCommand::Cancel, ActionStyle::Danger, None, commands);
        }
    });
    // Successive texts are on the timeline; candidates of one prompt are selected here.
    if texts.len() > 1 && state.proposing.candidates > 1 {
        ui.horizontal_wrapped(|ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (number, text) in texts.iter().enumerate() {
                let picked = shown.is_some_and(|shown| shown.card == text.card);
                let button = Button::selectable(picked, (number + 1).to_string()).small();
                let response = ui.add(button);
                response.widget_info(|| {
                    WidgetInfo::selected(Role::Button, true, picked, format!("Text {}", number + 1))
                });
                if response.clicked() {
                    view.shown = if picked { None } else { Some(text.card) };
                }
            }
        });
    }
    let Some(streamed) = shown else { return };
    Frame::NONE
        .fill(palette.background)
        .corner_radius(4.0)
        .inner_margin(Margin::symmetric(8, 5))
        .show(ui, |ui| {
            let lines: Vec<&str> = streamed.text.split('\n').collect();
            let row = theme::SMALL + 3.0;
            ui.spacing_mut().item_spacing.y = 0.0;
            ScrollArea::both()
                .id_salt(("stream", streamed.card))
                .auto_shrink(false)
                .stick_to_bottom(true)
                .show_rows(ui, row, lines.len(), |ui, range| {
                    for line in &lines[range] {
                        let text = RichText::new(widgets::cut(line))
                            .font(theme::mono(theme::SMALL))
                            .color(color(streamed, palette));
                        let (rect, _) =
                            ui.allocate_exact_size(vec2(ui.available_width(), row), egui::Sense::hover());
                        let label = Label::new(text).extend().selectable(true);
                        ui.scope_builder(egui::UiBuilder::new().max_rect(rect), |ui| ui.add(label));
                    }
                });
        });
}

fn color(streamed: &StreamedText, palette: &Palette) -> egui::Color32 {
    match streamed.end {
        Some(StreamEnd::Interrupted) => palette.dim,
        None | Some(StreamEnd::Complete | StreamEnd::Truncated) => palette.text,
    }
}

/// Title, length and end of a text.
fn describe(streamed: &StreamedText, state: &State) -> String {
    let session = state
        .sessions
        .all
        .iter()
        .find(|session| session.get(streamed.card).is_some());
    let title = session
        .and_then(|session| Some(session.title(session.get(streamed.card)?)))
        .unwrap_or_else(|| "cancelled proposal".to_owned());
    let characters = streamed.text.chars().count();
    let end = match streamed.end {
        None => "arriving",
        Some(StreamEnd::Complete) => "complete",
        Some(StreamEnd::Truncated) => "cut at the token limit",
        Some(StreamEnd::Interrupted) => "incomplete",
    };
    format!("{title} · {characters} characters · {end}")
}
