//! Selects the shapes and the code that are compared.

use egui::Ui;

use super::command::{Command, ControllerCommand};
use super::panels::diff::{self, DiffView};
use super::state::{Card, CardResult, ReferenceShape, Session};
use super::viewport::{CompareWith, Pane, Tone, Viewport};
use crate::trajectory::Origin;

/// Diff of the card on screen against the code that it is compared with; returns whether it was closed.
pub(super) fn show_diff(view: &mut DiffView, against: CompareWith, session: &Session, ui: &mut Ui) -> bool {
    let card = session.card();
    let (seed, new) = (session.seed(), session.title(card));
    let other = match against {
        CompareWith::Seed | CompareWith::Reference => seed,
        CompareWith::Previous => card.parent.and_then(|parent| session.get(parent)).unwrap_or(seed),
        CompareWith::Pinned => session.pinned().unwrap_or(seed),
    };
    let title = session.title(other);
    let old = match (&session.task.reference, against) {
        (Some(code), CompareWith::Reference) => diff::Side {
            title: "reference",
            code,
        },
        (_, _) => diff::Side {
            title: &title,
            code: &other.code,
        },
    };
    diff::show(
        view,
        &old,
        &diff::Side {
            title: &new,
            code: &card.code,
        },
        ui,
    )
}

/// Left: the shape compared with. Right: the card on screen or, while that is the seed, the last step.
pub(super) fn show_viewport(
    viewport: &mut Viewport,
    session: &Session,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let seed = session.seed();
    let selected = session.card();
    let built = |card: &&Card| card.origin != Origin::Seed && card.last_shape.is_some();
    let right = if selected.origin == Origin::Seed {
        session.cards.iter().rfind(built)
    } else {
        Some(selected)
    };

    // The result is that of older code than a coarse mesh.
    let measured = right.filter(|card| card.preview.is_none());
    let remark = measured
        .and_then(Card::not_scored)
        .map(|failure| format!("displayed, not scored: {}", missing(failure)));
    let reason = measured.and_then(Card::failure_since).map(reason);
    // The view adds that a shape is the last successful build; the title only names its card.
    let title = right.map_or_else(
        || "repair".to_owned(),
        |card| match (&reason, &card.last_shape) {
            (Some(_), Some(_)) => card.last_shape_of.clone(),
            (_, _) => session.title(card),
        },
    );
    let against = viewport.against();
    let previous = right.and_then(|card| session.get(card.parent?)).unwrap_or(seed);
    let compared = match against {
        CompareWith::Seed => Some(seed),
        CompareWith::Previous => Some(previous),
        CompareWith::Pinned => Some(session.pinned().unwrap_or(seed)),
        CompareWith::Reference => None,
    };
    let compared_reason = compared.and_then(Card::failure_since).map(self::reason);
    let compared_title = compared.map(|card| match card.origin {
        Origin::Seed => "weak seed".to_owned(),
        Origin::Hand | Origin::Rules | Origin::Replay | Origin::Endpoint => match card.failure() {
            Some(_) => card.last_shape_of.clone(),
            None => session.title(card),
        },
    });
    let left = match (compared, &session.reference) {
        (Some(card), _) => Pane {
            title: compared_title.as_deref().unwrap_or_default(),
            tone: if card.origin == Origin::Seed {
                Tone::Seed
            } else {
                Tone::Reference
            },
            shape: card.last_shape.as_ref(),
            scene: None,
            stale: compared_reason.as_deref(),
            remark: None,
            empty: match (&card.result, card.origin) {
                (CardResult::Scored(_), Origin::Seed) => "the seed does not build",
                (CardResult::Scored(_), _) => "nothing built yet",
                (CardResult::InternalError { .. }, _) => "not built",
                (CardResult::Unknown, Origin::Seed) => "building the seed…",
                (CardResult::Unknown, _) => "building…",
            },
        },
        (None, reference) => {
            if matches!(reference, ReferenceShape::Unknown) {
                commands.push(ControllerCommand::ShowReference.into());
            }
            Pane {
                title: "reference",
                tone: Tone::Reference,
                shape: match reference {
                    ReferenceShape::Built(shape) => Some(shape),
                    ReferenceShape::Unknown | ReferenceShape::Building(_) | ReferenceShape::Missing(_) => {
                        None
                    }
                },
                scene: None,
                stale: None,
                remark: None,
                empty: match reference {
                    ReferenceShape::Missing(why) => why,
                    ReferenceShape::Unknown | ReferenceShape::Building(_) | ReferenceShape::Built(_) => {
                        "building the reference…"
                    }
                },
            }
        }
    };
    // A draft without a build starts from its parent's shape, which may be the seed.
    let right = Pane {
        title: &title,
        tone: Tone::Step,
        shape: right.and_then(Card::drawn_shape),
        scene: measured.and_then(|card| card.last_scene.as_ref()),
        stale: reason.as_deref(),
        remark: remark.as_deref(),
        empty: match right {
            None if session.repair().is_some() => "Run loop (Ctrl+Shift+Enter) to see it repaired",
            None => "edit the code to see changes here",
            Some(card) => match &card.result {
                CardResult::Scored(_) => "nothing built yet",
                CardResult::InternalError { .. } => "not built",
                CardResult::Unknown => "building…",
            },
        },
    };
    viewport.show(ui, &[left, right]);
    if viewport.against() == CompareWith::Reference && against != CompareWith::Reference {
        commands.push(ControllerCommand::ShowReference.into());
    }
}

/// The failure's message without the prefix that the code ran.
fn missing(failure: &crate::failure::Failure) -> &str {
    let message = failure.message.as_str();
    message
        .strip_prefix(crate::failure::NOTHING_TO_SCORE)
        .unwrap_or(message)
}

fn reason(failure: &crate::failure::Failure) -> String {
    match failure.line {
        Some(line) => format!("does not build: line {line}: {}", failure.message),
        None => format!("does not build: {}", failure.message),
    }
}
