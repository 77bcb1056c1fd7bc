//! A pending proposal: its changes, and the buttons to decide.

use egui::{Frame, Label, Margin, RichText, Ui};

use super::diff::{self, DiffView};
use super::widgets::{self, ActionStyle, named_button};
use crate::studio::command::{Answer, Command, ControllerCommand};
use crate::studio::state::{Card, State};
use crate::studio::theme::{self, PAD};

/// Width of the three buttons, points.
const BUTTONS: f32 = 190.0;

/// Draws the proposal in place of the editor; returns whether there is one.
pub fn show(view: &mut DiffView, state: &State, ui: &mut Ui, commands: &mut Vec<Command>) -> bool {
    let session = state.session();
    let Some(arrived) = state.sessions.proposal else {
        return false;
    };
    let (Some(card), Some(base)) = (session.get(arrived.card), session.get(arrived.base)) else {
        return false;
    };
    if session.selected != card.id {
        return false;
    }
    let palette = theme::of(ui);
    let fill = theme::blend(palette.pane, palette.accent, 0.12);
    Frame::NONE
        .fill(fill)
        .inner_margin(Margin::symmetric(PAD as i8, 7))
        .show(ui, |ui| {
            ui.set_min_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(result(card, base)).font(theme::medium(theme::TEXT)));
                // In a narrow panel the buttons get their own line.
                if ui.available_width() < BUTTONS {
                    ui.end_row();
                }
                for (answer, word, style) in [
                    (Answer::Accept, "Accept", ActionStyle::Primary),
                    (Answer::Edit, "Edit", ActionStyle::Small),
                    (Answer::Reject, "Reject", ActionStyle::Danger),
                ] {
                    named_button(
                        ui,
                        ControllerCommand::AnswerProposal(answer),
                        word,
                        style,
                        None,
                        commands,
                    );
                }
            });
            if !card.reason.is_empty() {
                ui.add(Label::new(widgets::small(widgets::cut(&card.reason), palette)).truncate());
            }
        });
    let (old, new) = (session.title(base), session.title(card));
    let close = diff::show(
        view,
        &diff::Side {
            title: &old,
            code: &base.code,
        },
        &diff::Side {
            title: &new,
            code: &card.code,
        },
        ui,
    );
    if close {
        commands.push(ControllerCommand::AnswerProposal(Answer::Accept).into());
    }
    true
}

/// Short description of the result.
fn result(card: &Card, base: &Card) -> String {
    let Some(total) = card.total() else {
        return "proposal arrived".to_owned();
    };
    let change = base
        .total()
        .map(|before| format!(" ({} vs base)", widgets::signed(total - before, 3)))
        .unwrap_or_default();
    match card.failure() {
        Some(_) => "proposal does not build".to_owned(),
        None => format!("proposal scores {}{change}", widgets::total(total)),
    }
}
