//! What the candidate on screen printed, its traceback, and what happened in the studio.

use egui::{Color32, Label, RichText, ScrollArea, Ui};

use super::widgets::{self, header};
use crate::studio::command::Command;
use crate::studio::state::{Outcome, State};
use crate::studio::theme::{self, PAD, Palette};

/// Lines of one stream that are drawn; the rest is counted.
const LINES: usize = 400;

/// Shows the console.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let lines = lines(state, palette);
    header(
        ui,
        "Console",
        |_| {},
        |ui| {
            let copy = egui::Button::new(RichText::new("Copy").font(theme::regular(theme::SMALL))).small();
            let response = ui.add_enabled(!lines.is_empty(), copy);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, !lines.is_empty(), "Copy console")
            });
            if response.clicked() {
                let text: Vec<_> = lines.iter().map(|(text, _)| text.as_str()).collect();
                commands.push(Command::Copy(text.join("\n")));
            }
        },
    );
    ScrollArea::both()
        .id_salt("console")
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = 0.0;
            ui.add_space(6.0);
            if lines.is_empty() {
                ui.horizontal(|ui| {
                    ui.add_space(PAD);
                    ui.label(widgets::dim("prints, tracebacks and messages show here", palette));
                });
            }
            for (text, color) in &lines {
                ui.horizontal(|ui| {
                    ui.add_space(PAD);
                    let text = RichText::new(text).font(theme::mono(11.5)).color(*color);
                    ui.add(Label::new(text).extend().selectable(true));
                });
            }
            ui.add_space(6.0);
        });
}

fn lines(state: &State, palette: &Palette) -> Vec<(String, Color32)> {
    let mut lines = Vec::new();
    let mut stream = |text: &str, color: Color32| {
        let mut rest = text.trim_end().lines();
        lines.extend(rest.by_ref().take(LINES).map(|line| (line.to_owned(), color)));
        let more = rest.count();
        if more > 0 {
            lines.push((format!("… {more} more lines"), palette.dim));
        }
    };
    for line in &state.log {
        stream(&line.text, if line.fault { palette.warn } else { palette.dim });
    }
    match &state.card().outcome {
        Outcome::Scored(scored) => {
            let evaluation = &scored.evaluation;
            stream(&evaluation.stdout, palette.text);
            stream(&evaluation.stderr, theme::blend(palette.text, palette.warn, 0.4));
            if let Some(failure) = &evaluation.failure {
                let traceback = failure.traceback.trim();
                stream(
                    if traceback.is_empty() {
                        &failure.message
                    } else {
                        traceback
                    },
                    palette.bad,
                );
                stream("gate closed: total −1 until it builds", palette.dim);
            }
        }
        Outcome::Fault { message, .. } => stream(message, palette.warn),
        Outcome::Unknown => {}
    }
    lines
}
