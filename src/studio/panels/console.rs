//! Output of the candidate on screen, its traceback, and messages of the studio.

use egui::{Color32, Frame, Id, Label, Margin, RichText, ScrollArea, Ui};

use super::widgets::{self, header};
use crate::studio::command::{Command, WindowCommand};
use crate::studio::state::{CardResult, State};
use crate::studio::theme::{self, PAD, Palette};

/// Number of lines of one stream that are drawn; the rest is counted.
const LINES: usize = 400;

/// Draws the console.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let id = Id::unique("what the console shows");
    let mut which: OutputFilter = ui.data(|data| data.get_temp(id)).unwrap_or_default();
    let lines = lines(state, palette, which);
    header(
        ui,
        "Console",
        |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for (choice, name) in OutputFilter::ALL {
                let text = RichText::new(name).font(theme::regular(theme::SMALL));
                if ui.selectable_label(which == choice, text).clicked() {
                    which = choice;
                    ui.request_repaint();
                }
            }
        },
        |ui| {
            let copy = egui::Button::new(RichText::new("Copy").font(theme::regular(theme::SMALL))).small();
            let response = ui.add_enabled(!lines.is_empty(), copy);
            response.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::Button, !lines.is_empty(), "Copy console")
            });
            if response.clicked() {
                let text: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
                commands.push(WindowCommand::Copy(text.join("\n")).into());
            }
        },
    );
    ui.data_mut(|data| data.insert_temp(id, which));
    ScrollArea::both()
        .id_salt("console")
        .auto_shrink(false)
        .stick_to_bottom(true)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            // In the narrowest panel the remaining width is negative.
            let width = (ui.clip_rect().width() - 2.0 * PAD).max(0.0);
            let margin = Margin::symmetric(PAD as i8, 6);
            Frame::NONE.inner_margin(margin).show(ui, |ui| {
                if lines.is_empty() {
                    ui.label(widgets::dim(
                        "output, tracebacks and messages appear here",
                        palette,
                    ));
                }
                for line in &lines {
                    let text = RichText::new(&line.text)
                        .font(theme::mono(11.5))
                        .color(line.color);
                    let label = Label::new(text).selectable(true);
                    ui.scope(|ui| {
                        if line.wraps {
                            ui.set_max_width(width);
                            ui.add(label.wrap());
                        } else {
                            ui.add(label.extend());
                        }
                    });
                }
            });
        });
}

/// Displayed streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum OutputFilter {
    #[default]
    All,
    Output,
    Log,
}

impl OutputFilter {
    const ALL: [(Self, &'static str); 3] = [(Self::All, "all"), (Self::Output, "output"), (Self::Log, "log")];
}

struct ConsoleLine {
    text: String,
    color: Color32,
    /// Prose is wrapped; output of a program keeps its lines.
    wraps: bool,
}

fn lines(state: &State, palette: &Palette, which: OutputFilter) -> Vec<ConsoleLine> {
    let mut lines = Vec::new();
    for line in state
        .messages
        .log
        .iter()
        .filter(|_| which != OutputFilter::Output)
    {
        let color = if line.is_error { palette.warn } else { palette.dim };
        push(&mut lines, &line.text, color, true);
    }
    if which == OutputFilter::Log {
        return lines;
    }
    match &state.card().result {
        CardResult::Scored(scored) => {
            let evaluation = &scored.evaluation;
            push(&mut lines, &evaluation.stdout, palette.text, false);
            let stderr = theme::blend(palette.text, palette.warn, 0.4);
            push(&mut lines, &evaluation.stderr, stderr, false);
            if let Some(failure) = &evaluation.failure {
                match failure.traceback.trim() {
                    "" => push(&mut lines, &failure.message, palette.bad, true),
                    traceback => push(&mut lines, traceback, palette.bad, false),
                }
                push(
                    &mut lines,
                    "gate closed: total −1 until it builds",
                    palette.dim,
                    true,
                );
            }
        }
        CardResult::InternalError { message, .. } => push(&mut lines, message, palette.warn, true),
        CardResult::Unknown => {}
    }
    lines
}

fn push(lines: &mut Vec<ConsoleLine>, text: &str, color: Color32, wraps: bool) {
    let mut rest = text.trim_end().lines();
    lines.extend(rest.by_ref().take(LINES).map(|line| ConsoleLine {
        text: widgets::cut(line),
        color,
        wraps,
    }));
    let more = rest.count();
    if more > 0 {
        lines.push(ConsoleLine {
            text: format!("… {more} more lines"),
            color,
            wraps: true,
        });
    }
}
