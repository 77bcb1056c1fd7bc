//! Error banner above the panels, with a hint.

use egui::{Align, Button, Frame, Label, Layout, Margin, RichText, Ui};

use crate::studio::command::{Command, ControllerCommand, WindowCommand};
use crate::studio::state::{Notice, State};
use crate::studio::theme;

/// Draws the banner, if there is a notice.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(notice) = &state.messages.notice else {
        return;
    };
    let palette = theme::of(ui);
    egui::Panel::top("banner")
        .show_separator_line(false)
        .frame(
            Frame::new()
                .fill(palette.bad_fill)
                .inner_margin(Margin::symmetric(12, 8)),
        )
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::TOP), |ui| {
                if ui.add(Button::new("Dismiss").small()).clicked() {
                    commands.push(ControllerCommand::DismissNotice.into());
                }
                if ui.add(Button::new("Copy message").small()).clicked() {
                    commands.push(WindowCommand::Copy(whole(notice)).into());
                }
                if notice.from_pool && state.setup.creating_environment {
                    ui.label("setting up…");
                } else if notice.from_pool && state.setup.recipe.is_some() {
                    let set_up = ui.add(Button::new("Set up Python").small());
                    let summary_text =
                        "installs CadQuery and its dependencies (340 MB) in a separate environment";
                    if set_up.on_hover_text(summary_text).clicked() {
                        commands.push(ControllerCommand::CreateEnvironment.into());
                    }
                }
                ui.with_layout(Layout::top_down(Align::LEFT), |ui| {
                    ui.spacing_mut().item_spacing.y = 3.0;
                    let text = RichText::new(&notice.text)
                        .font(theme::medium(theme::TEXT))
                        .color(palette.text);
                    ui.add(Label::new(text).wrap());
                    let hint = notice.hint.as_deref().or(notice.from_pool.then_some(
                        "make env creates the Python environment; cadforge doctor lists what else is missing",
                    ));
                    if let Some(hint) = hint {
                        ui.add(Label::new(RichText::new(hint).color(palette.dim)).wrap());
                    }
                });
            });
        });
}

fn whole(notice: &Notice) -> String {
    match &notice.hint {
        Some(hint) => format!("{}\nhint: {hint}", notice.text),
        None => notice.text.clone(),
    }
}
