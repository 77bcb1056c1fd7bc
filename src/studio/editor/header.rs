//! Header of the editor: name and origin of the code, state of its run.

use egui::{RichText, Ui};

use crate::studio::command::{Command, ControllerCommand};
use crate::studio::panels::widgets::{self, ActionStyle, action_button};
use crate::studio::state::{Activity, Card, CardResult, Session};
use crate::studio::theme;
use crate::trajectory::Origin;

pub(super) fn show(session: &Session, card: &Card, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let (title, about) = names(session, card);
    // In a narrow panel the name takes priority; the menu and the palette reset too.
    let has_room = ui.available_width() >= 280.0;
    widgets::header(
        ui,
        "",
        |ui| {
            ui.label(RichText::new(title).font(theme::semibold(theme::TEXT)));
            if card.unsaved() {
                ui.label(RichText::new("•").color(palette.warn))
                    .on_hover_text("unsaved");
            }
            ui.add(egui::Label::new(widgets::dim(about, palette)).truncate());
        },
        |ui| {
            if let Some(text) = run_text(card) {
                let label = ui.label(
                    RichText::new(text)
                        .font(theme::medium(theme::SMALL))
                        .color(palette.dim),
                );
                if let Some(scored) = card.scored() {
                    let t = &scored.evaluation.timing;
                    label.on_hover_text(format!(
                        "queue {:.0} ms\nrun {:.0} ms\nmesh {:.0} ms\nscore {:.0} ms\ntotal {:.0} ms",
                        t.queue_ms, t.run_ms, t.mesh_ms, t.score_ms, t.total_ms
                    ));
                }
            }
            if has_room && card.origin != Origin::Seed {
                action_button(
                    ui,
                    ControllerCommand::ResetToSeed,
                    ActionStyle::Small,
                    None,
                    commands,
                )
                .on_hover_text("return to the seed; hand edits stay in the timeline");
            }
        },
    );
}

/// Title of a card in the header, and its origin.
fn names(session: &Session, card: &Card) -> (String, String) {
    match card.origin {
        Origin::Seed => ("seeds/weak.py".to_owned(), "the weak seed".to_owned()),
        Origin::Hand => {
            let from = card.parent.and_then(|parent| session.get(parent));
            let about = match (&card.file, from) {
                (Some(path), _) => path
                    .parent()
                    .map_or(String::new(), |folder| folder.display().to_string()),
                (None, Some(parent)) => format!("from {}", session.title(parent)),
                (None, None) => String::new(),
            };
            (session.title(card), about)
        }
        Origin::Replay | Origin::Rules | Origin::Endpoint => {
            let recorded = card.recorded.as_ref();
            let about = recorded.map_or(String::new(), |recorded| {
                format!("recorded in {}", recorded.recording)
            });
            (session.title(card), about)
        }
    }
}

fn run_text(card: &Card) -> Option<String> {
    match (card.activity, &card.result) {
        _ if card.is_being_scored() => Some("scoring…".to_owned()),
        (Activity::Due(_) | Activity::Assessing(_), _) => Some("running…".to_owned()),
        (Activity::Proposing(_), _) => Some("proposing…".to_owned()),
        (Activity::Idle, CardResult::Scored(scored)) if scored.revision != card.revision => {
            Some("edited since the last run".to_owned())
        }
        (Activity::Idle, CardResult::Scored(scored)) => {
            let timing = &scored.evaluation.timing;
            Some(format!("ran in {:.0} ms", timing.run_ms + timing.mesh_ms))
        }
        (Activity::Idle, CardResult::Unknown | CardResult::InternalError { .. }) => None,
    }
}
