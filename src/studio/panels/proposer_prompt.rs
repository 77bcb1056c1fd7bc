//! Prompt preview, and its difference from a training row of the adapter.

use egui::{Id, Label, Modal, RichText, Role, ScrollArea, TextEdit, Ui, WidgetInfo};

use super::diff::{self, DiffView};
use super::widgets;
use crate::studio::command::{Command, ControllerCommand, ProposerCommand, WindowCommand};
use crate::studio::proposing::PromptView;
use crate::studio::state::State;
use crate::studio::theme;

#[derive(Default)]
pub struct PromptPage {
    diff: DiffView,
    rows: Option<String>,
}

/// Draws the page, if a prompt was requested.
pub fn show(view: &mut PromptPage, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    let Some(prompt) = &state.proposing.prompt else {
        view.rows = None;
        return;
    };
    let palette = theme::of(ui);
    let screen = ui.ctx().content_rect().size();
    let mut close = false;
    let modal = Modal::new(Id::unique("prompt")).show(ui.ctx(), |ui| {
        ui.set_width((screen.x * 0.7).clamp(520.0, 980.0));
        ui.set_height((screen.y * 0.7).clamp(360.0, 760.0));
        ui.horizontal(|ui| {
            ui.label(RichText::new("Prompt of the next proposal").font(theme::semibold(14.0)));
            if let PromptView::Shown {
                tokens,
                counted,
                omitted,
                ..
            } = prompt
            {
                let by = if *counted {
                    "counted by the server"
                } else {
                    "estimate, rather high"
                };
                ui.label(widgets::dim(format!("{tokens} tokens · {by}"), palette));
                if !omitted.is_empty() {
                    let text = format!("omitted to fit: {}", omitted.join(", "));
                    ui.label(RichText::new(text).color(palette.warn));
                }
            }
        });
        training(view, state, ui, commands);
        match prompt {
            PromptView::Asking => {
                ui.label(widgets::dim("querying the server…", palette));
            }
            PromptView::Failed(message) => {
                ui.add(Label::new(RichText::new(message).color(palette.warn)).wrap());
            }
            PromptView::Shown { text, row, .. } => {
                let height = (ui.available_height() - 40.0).max(0.0);
                ui.allocate_ui(egui::vec2(ui.available_width(), height), |ui| match row {
                    Some(Ok(row)) => {
                        let old = diff::Side {
                            title: &row.place,
                            code: &row.text,
                        };
                        let new = diff::Side {
                            title: "prompt preview",
                            code: text,
                        };
                        close |= diff::show(&mut view.diff, &old, &new, ui);
                    }
                    other => {
                        if let Some(Err(message)) = other {
                            ui.add(Label::new(RichText::new(message).color(palette.warn)).wrap());
                        }
                        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
                            let text = RichText::new(text).font(theme::mono(theme::SMALL));
                            ui.add(Label::new(text).wrap().selectable(true));
                        });
                    }
                });
            }
        }
        ui.horizontal(|ui| {
            if let PromptView::Shown { text, .. } = prompt
                && ui.button("Copy prompt").clicked()
            {
                commands.push(WindowCommand::Copy(text.clone()).into());
            }
            close |= ui.button("Close prompt").clicked();
        });
    });
    if close || modal.should_close() {
        commands.push(ControllerCommand::Proposer(ProposerCommand::ClosePrompt).into());
    }
}

/// Draws the field for the file of training rows.
fn training(view: &mut PromptPage, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let proposing = &state.proposing;
    let Some(known) = proposing.servers.get(proposing.server) else {
        return;
    };
    let rows = view.rows.get_or_insert_with(|| {
        known
            .rows
            .as_ref()
            .map(|path| path.display().to_string())
            .unwrap_or_default()
    });
    ui.horizontal(|ui| {
        ui.label("compare with the curriculum");
        let field = TextEdit::singleline(rows)
            .hint_text("training rows (JSONL)")
            .desired_width(320.0);
        let response = ui.add(field);
        response.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, "Curriculum file"));
        let entered = response.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if ui.button("Compare").clicked() || entered {
            let mut changed = known.clone();
            let path = rows.trim();
            changed.rows = (!path.is_empty()).then(|| path.into());
            let index = proposing.server;
            commands.push(ControllerCommand::Proposer(ProposerCommand::SetServer(index, changed)).into());
            commands.push(ControllerCommand::PreviewPrompt.into());
        }
    });
}
