//! Dialogs: recovered edits, a file that changed on disk or would be replaced, closing a busy window.

use egui::{Align, Button, Frame, Layout, Margin, RichText, Ui};

use super::widgets;
use crate::studio::command::{Command, ControllerCommand, Overwriting};
use crate::studio::state::{Overwrite, State, file_name};
use crate::studio::theme;

/// Asks which task an opened file is for.
pub fn task(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let sessions = &state.sessions;
    let asked = state.documents.task_question;
    let Some((session, card)) = sessions.cards().find(|(_, card)| Some(card.id) == asked) else {
        return;
    };
    let palette = theme::of(ui);
    bar(ui, "task", |ui| {
        if ui.add(Button::new("Keep")).clicked() {
            commands.push(ControllerCommand::AnswerTask(None).into());
        }
        ui.menu_button("Choose a task", |ui| {
            egui::ScrollArea::vertical().max_height(400.0).show(ui, |ui| {
                for session in &sessions.all {
                    if ui.button(&session.task.label).clicked() {
                        let id = session.task.id.clone();
                        commands.push(ControllerCommand::AnswerTask(Some(id)).into());
                    }
                }
            });
        });
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let name = card.file.as_deref().map_or("The file".into(), file_name);
            let text = format!(
                "{name} is scored against {}. Is it for another task?",
                session.task.label
            );
            let text = RichText::new(text)
                .font(theme::medium(theme::TEXT))
                .color(palette.text);
            ui.add(egui::Label::new(text).truncate());
        });
    });
}

/// Asks whether an opened script may read the files beside it.
pub fn project(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let Some(project) = &state.documents.project_question else {
        return;
    };
    let palette = theme::of(ui);
    bar(ui, "project", |ui| {
        if ui.add(Button::new("Don't allow")).clicked() {
            commands.push(ControllerCommand::AnswerProject(false).into());
        }
        let allow = RichText::new("Allow")
            .font(theme::medium(theme::TEXT))
            .color(egui::Color32::WHITE);
        if ui.add(Button::new(allow).fill(palette.primary)).clicked() {
            commands.push(ControllerCommand::AnswerProject(true).into());
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let text = format!(
                "Allow scripts to read the files in {}? They cannot write there.",
                project.folder().display()
            );
            let text = RichText::new(text)
                .font(theme::medium(theme::TEXT))
                .color(palette.text);
            ui.add(egui::Label::new(text).truncate());
        });
    });
}

/// Offers to restore edits of a window that did not exit normally.
pub fn recovery(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let count = state.documents.recovered.len();
    if count == 0 {
        return;
    }
    let palette = theme::of(ui);
    bar(ui, "rescue", |ui| {
        if ui.add(Button::new("Discard")).clicked() {
            commands.push(ControllerCommand::RecoverEdits(false).into());
        }
        let restore = RichText::new("Restore")
            .font(theme::medium(theme::TEXT))
            .color(egui::Color32::WHITE);
        if ui.add(Button::new(restore).fill(palette.primary)).clicked() {
            commands.push(ControllerCommand::RecoverEdits(true).into());
        }
        ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
            let what = if count == 1 {
                "1 unsaved edit was".to_owned()
            } else {
                format!("{count} unsaved edits were")
            };
            let text = format!("The studio did not exit normally; {what} recovered.");
            ui.label(
                RichText::new(text)
                    .font(theme::medium(theme::TEXT))
                    .color(palette.text),
            );
            let first = state
                .documents
                .recovered
                .iter()
                .rev()
                .find_map(|draft| draft.code.lines().find(|line| !line.trim().is_empty()));
            if let Some(line) = first {
                let text = RichText::new(widgets::cut(line))
                    .font(theme::mono(11.5))
                    .color(palette.dim);
                ui.add(egui::Label::new(text).truncate());
            }
        });
    });
}

/// Displays a question above the panels; answers are laid out from the right.
fn bar(ui: &mut Ui, id: &'static str, content: impl FnOnce(&mut Ui)) {
    let palette = theme::of(ui);
    let fill = theme::blend(palette.pane, palette.accent, 0.16);
    egui::Panel::top(id)
        .show_separator_line(false)
        .frame(Frame::new().fill(fill).inner_margin(Margin::symmetric(12, 8)))
        .show(ui, |ui| {
            ui.with_layout(Layout::right_to_left(Align::Center), content);
        });
}

/// The other questions, as modal dialogs.
pub fn show(state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    if let Some(conflict) = &state.documents.conflict {
        let name = file_name(&conflict.path);
        let title = format!("{name} changed on disk");
        let about = "It also has unsaved edits here. Loading replaces them; undo restores them.";
        ask(ui, "conflict", &title, about, &[], &mut |ui| {
            if ui.button("Keep mine").clicked() {
                commands.push(ControllerCommand::AnswerConflict(false).into());
            }
            if ui.button("Load from disk").clicked() {
                commands.push(ControllerCommand::AnswerConflict(true).into());
            }
        });
    } else if let Some(Overwrite { path, .. }) = &state.documents.overwrite {
        let title = format!("{} already exists", file_name(path));
        let about = "Replacing it overwrites its content.";
        let lines = [path.display().to_string()];
        let left = ask(ui, "overwrite", &title, about, &lines, &mut |ui| {
            for (label, answer) in [
                ("Replace", Overwriting::Replace),
                ("Choose another name", Overwriting::Rename),
                ("Cancel", Overwriting::Cancel),
            ] {
                if ui.button(label).clicked() {
                    commands.push(ControllerCommand::AnswerOverwrite(answer).into());
                }
            }
        });
        if left {
            commands.push(ControllerCommand::AnswerOverwrite(Overwriting::Cancel).into());
        }
    } else if let Some(quit) = &state.documents.quit {
        let mut lines = quit.unsaved.clone();
        if let Some(job) = &quit.running {
            lines.insert(0, format!("running: {job}"));
        }
        lines.extend(quit.lost.iter().cloned());
        let about = if !quit.lost.is_empty() {
            "Unsaved edits cannot be stored for the next start. Edits without a file are lost unless you save them."
        } else if quit.unsaved.is_empty() {
            "Jobs are still running."
        } else {
            "These files have unsaved edits. The edits are restored at the next start, but the files are not changed."
        };
        ask(ui, "quit", "Quit now?", about, &lines, &mut |ui| {
            if !quit.unsaved.is_empty() && ui.button("Save all and quit").clicked() {
                commands.push(ControllerCommand::Quit { save: true }.into());
            }
            if ui.button("Quit").clicked() {
                commands.push(ControllerCommand::Quit { save: false }.into());
            }
            if ui.button("Don't quit").clicked() {
                commands.push(ControllerCommand::CancelQuit.into());
            }
        });
    }
}

/// Displays a question; returns whether it was dismissed by Escape or a click beside it.
fn ask(
    ui: &Ui,
    id: &str,
    title: &str,
    about: &str,
    lines: &[String],
    buttons: &mut dyn FnMut(&mut Ui),
) -> bool {
    let palette = theme::of(ui);
    let modal = widgets::modal(ui, id).show(ui.ctx(), |ui| {
        ui.set_width(430.0);
        ui.label(RichText::new(title).font(theme::semibold(14.0)));
        ui.add(egui::Label::new(widgets::dim(about, palette)).wrap());
        for line in lines {
            ui.label(RichText::new(line).font(theme::mono(12.0)));
        }
        ui.add_space(8.0);
        ui.horizontal(|ui| buttons(ui));
    });
    modal.should_close()
}
