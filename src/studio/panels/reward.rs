//! Reward of the card on screen: gate, total, a bar per component, notes.
//!
//! For a failed build only the gate is displayed as scored.

use egui::{Align2, Button, Label, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::bars;
use super::widgets::{self, card as frame, delta_color, header, signed};
use crate::assess::Evaluation;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::state::{Activity, Card, CardResult, Scored, Session, State};
use crate::studio::theme::{self, TEXT};

/// Opacity of the previous score while a new one is pending.
const PREVIOUS_OPACITY: f32 = 0.45;

/// Draws everything except the JSON.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let session = state.session();
    let card = session.card();
    header(
        ui,
        "Reward",
        |_| {},
        |ui| {
            let mode = match state.sessions.scoring.mode {
                crate::reward::Mode::Fast => "fast",
                crate::reward::Mode::Full => "full",
            };
            ui.label(widgets::small(mode, palette));
        },
    );
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(12, 10))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            match &card.result {
                CardResult::Unknown => unknown(state, card, ui),
                CardResult::InternalError { message, input } => internal_error(message, *input, ui, commands),
                CardResult::Scored(scored) => {
                    if card.is_being_scored() {
                        scoring(ui);
                        // The following is the score of the previous code.
                        ui.multiply_opacity(PREVIOUS_OPACITY);
                    }
                    if scored.evaluation.ok {
                        total(session, card, scored, ui);
                    } else {
                        gate(card, &scored.evaluation, ui);
                    }
                    ui.add_space(10.0);
                    bars::show(session, card, scored, ui);
                    super::checks::show(&scored.evaluation, ui);
                    if !scored.evaluation.ok && !card.is_being_scored() {
                        last_build(card, ui);
                    }
                }
            }
        });
    if let Some(scored) = card.scored() {
        ui.scope(|ui| {
            if card.is_being_scored() {
                ui.multiply_opacity(PREVIOUS_OPACITY);
            }
            notes(&scored.evaluation, ui);
        });
    }
}

fn scoring(ui: &mut Ui) {
    ui.label(widgets::dim("scoring…", theme::of(ui)));
    ui.add_space(8.0);
}

fn unknown(state: &State, card: &Card, ui: &mut Ui) {
    let palette = theme::of(ui);
    let text = match card.activity {
        _ if card.is_being_scored() => "scoring…",
        _ if state.sessions.pool.ready == 0 && state.sessions.pool.error.is_none() => {
            "waiting for CadQuery to load…"
        }
        Activity::Due(_) | Activity::Assessing(_) => "building…",
        Activity::Proposing(_) => "proposing…",
        Activity::Idle => "not scored: press F5 to run it",
    };
    ui.label(widgets::dim(text, palette));
}

/// An internal error is not a score: displays the error and offers a retry.
fn internal_error(message: &str, input: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    frame(palette.raised, palette.warn).show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 5.0;
        ui.label(
            RichText::new("not scored")
                .font(theme::semibold(TEXT))
                .color(palette.warn),
        );
        let whose = if input {
            "The input of the scoring is at fault, not the candidate."
        } else {
            "Internal error of the studio, not a fault of the candidate."
        };
        ui.add(Label::new(widgets::dim(whose, palette)).wrap());
        ui.add(Label::new(RichText::new(message).font(theme::mono(11.5)).color(palette.text)).wrap());
        if ui.add(Button::new("Try again").small()).clicked() {
            commands.push(ControllerCommand::RunNow.into());
        }
    });
}

fn gate(card: &Card, evaluation: &Evaluation, ui: &mut Ui) {
    let palette = theme::of(ui);
    let Some(failure) = &evaluation.failure else {
        return;
    };
    frame(
        palette.bad_fill,
        theme::blend(palette.bad_fill, palette.bad, 0.45),
    )
    .show(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.spacing_mut().item_spacing.y = 4.0;
        let total = widgets::total(evaluation.reward.total);
        ui.label(
            RichText::new(format!("gate closed · {total}"))
                .font(theme::semibold(TEXT))
                .color(palette.bad),
        );
        let kind = evaluation.kind.name();
        let place = failure
            .line
            .map_or(String::new(), |line| format!(" · line {line}"));
        ui.label(
            RichText::new(format!("{kind}{place}"))
                .font(theme::mono(11.5))
                .color(palette.dim),
        );
        let mut job = egui::text::LayoutJob::simple(
            failure.message.clone(),
            theme::regular(12.0),
            palette.text,
            ui.available_width(),
        );
        job.wrap.max_rows = 4;
        ui.add(Label::new(job)).on_hover_text(&failure.message);
        if card.activity != Activity::Idle {
            ui.label(widgets::small("running again…", palette));
        }
    });
}

fn total(session: &Session, card: &Card, scored: &Scored, ui: &mut Ui) {
    let palette = theme::of(ui);
    let value = scored.evaluation.reward.total;
    let height = 34.0;
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let awaits_only_editability =
        scored.awaits_editability && matches!(card.activity, Activity::Assessing(_));
    let stale =
        scored.revision != card.revision || card.activity != Activity::Idle && !awaits_only_editability;
    let color = if stale { palette.dim } else { palette.text };
    let at_most = if scored.awaits_editability { "≤ " } else { "" };
    let number = RichText::new(format!("{at_most}{}", widgets::total(value)))
        .font(theme::semibold(30.0))
        .color(color);
    let number = widgets::line(ui, number, rect.width());
    let number = widgets::paint_line(ui, rect.left_center(), Align2::LEFT_CENTER, number);
    let baseline = number.bottom() - 6.0;
    let name = widgets::line(ui, widgets::dim(session.title(card), palette), 90.0);
    let name = widgets::paint_line(ui, pos2(rect.right(), baseline), Align2::RIGHT_BOTTOM, name);
    let mut label = match scored.awaits_editability {
        true => format!("total at most {}", widgets::total(value)),
        false => format!("total {}", widgets::total(value)),
    };
    if let Some(before) = built_total(session.seed()).filter(|_| card.id != session.seed().id) {
        let change = value - before;
        let change_text = signed(change, 3);
        let text = format!("{change_text} vs seed");
        label = format!("{label}, {text}");
        let room = name.left() - number.right() - 16.0;
        let line =
            |text: String| widgets::line(ui, RichText::new(text).color(delta_color(change, palette)), room);
        let mut text = line(text);
        if text.elided {
            text = line(change_text);
        }
        widgets::paint_line(
            ui,
            pos2(number.right() + 10.0, baseline),
            Align2::LEFT_BOTTOM,
            text,
        );
    }
    let id = ui.scope_id().with("total");
    ui.interact(number, id, Sense::hover())
        .widget_info(|| WidgetInfo::labeled(Role::Label, true, &label));
}

fn built_total(card: &Card) -> Option<f64> {
    let scored = card.scored()?;
    scored.evaluation.ok.then_some(scored.evaluation.reward.total)
}

fn last_build(card: &Card, ui: &mut Ui) {
    let palette = theme::of(ui);
    if let Some(total) = card.last_total {
        let total = widgets::total(total);
        let text = format!("last successful build: {} at {total}", card.last_shape_of);
        ui.add_space(8.0);
        ui.label(widgets::small(text, palette));
    }
}

fn notes(evaluation: &Evaluation, ui: &mut Ui) {
    let palette = theme::of(ui);
    ui.painter().hline(
        ui.available_rect_before_wrap().x_range(),
        ui.cursor().top(),
        theme::hairline(palette),
    );
    header(
        ui,
        "Notes",
        |_| {},
        |ui| {
            ui.label(widgets::small(evaluation.notes.len().to_string(), palette));
        },
    );
    egui::Frame::new()
        .inner_margin(egui::Margin::symmetric(12, 8))
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 6.0;
            if evaluation.notes.is_empty() {
                ui.label(widgets::dim("no issues found", palette));
            }
            for note in &evaluation.notes {
                ui.horizontal_top(|ui| {
                    ui.spacing_mut().item_spacing.x = 8.0;
                    ui.label(RichText::new("•").color(palette.faint));
                    ui.add(Label::new(RichText::new(note).size(12.5)).wrap());
                });
            }
        });
}
