//! Path field for desktops without a file dialog.

use std::path::PathBuf;

use egui::{Key, RichText, TextEdit, Ui};

use super::widgets;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::state::{PathPurpose, State};
use crate::studio::theme;

/// State of the field.
#[derive(Default)]
pub struct PathPromptView {
    text: String,
    /// Prompt that the text is for.
    prompt: Option<u64>,
}

/// Draws the field, if a path is requested.
pub fn show(view: &mut PathPromptView, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    let Some(prompt) = &state.documents.path_prompt else {
        return;
    };
    let fresh = view.prompt.replace(prompt.serial) != Some(prompt.serial);
    if fresh {
        view.text.clone_from(&prompt.start);
    }
    let palette = theme::of(ui);
    let (title, verb) = match prompt.purpose {
        PathPurpose::Open => ("Open code, a trajectory or rows", "Open"),
        PathPurpose::Folder => ("Open a folder of trajectories or rows", "Open"),
        PathPurpose::Save(_) => ("Save the code", "Save"),
        PathPurpose::Compare => ("Compare with another run", "Open"),
        PathPurpose::Rows => ("Export the selection", "Export"),
        PathPurpose::Export(_) | PathPurpose::Step => ("Export", "Export"),
    };
    let modal = widgets::modal(ui, "path prompt").show(ui.ctx(), |ui| {
        ui.set_width(460.0);
        ui.label(RichText::new(title).font(theme::semibold(14.0)));
        ui.label(widgets::dim(
            "This desktop has no file dialog; enter the path.",
            palette,
        ));
        ui.add_space(4.0);
        let field = ui.name_inputs("Path", |ui| {
            ui.add(
                TextEdit::singleline(&mut view.text)
                    .font(theme::mono(theme::CODE))
                    .desired_width(460.0),
            )
        });
        if fresh {
            field.request_focus();
        }
        let entered = field.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            let usable = !view.text.trim().is_empty();
            if (ui.add_enabled(usable, widgets::primary(verb, palette)).clicked() || entered) && usable {
                commands
                    .push(ControllerCommand::UsePath(prompt.purpose, PathBuf::from(view.text.trim())).into());
            }
            if ui.button("Cancel").clicked() {
                commands.push(ControllerCommand::ClosePathPrompt.into());
            }
        });
    });
    if modal.should_close() {
        commands.push(ControllerCommand::ClosePathPrompt.into());
    }
}
