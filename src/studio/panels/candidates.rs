//! Candidates of one prompt side by side as they arrive: shape, reward and advantage of each.

use egui::{Label, RichText, ScrollArea, Ui};

use super::group_grid::{self, Cell, Picture, UNINFORMATIVE};
use super::widgets::{self, ActionStyle, header, named_button};
use crate::reward;
use crate::studio::command::{Command, ControllerCommand, WindowCommand};
use crate::studio::state::{Card, Session, State};
use crate::studio::theme::{self, SMALL};
use crate::studio::viewport::Viewport;

/// Draws them in place of the 3D view; returns whether there are any.
pub fn show(state: &State, viewport: &mut Viewport, ui: &mut Ui, commands: &mut Vec<Command>) -> bool {
    let session = state.session();
    let Some(cards) = session.group() else {
        return false;
    };
    let [first, ..] = &cards[..] else { return false };
    let palette = theme::of(ui);
    let scores: Vec<f64> = cards
        .iter()
        .filter_map(|card| card.group.as_ref().map(|group| group.score))
        .collect();
    let whole = scores.len() == cards.len();
    let informative = !whole || reward::advantages(&scores, state.sessions.scoring.profile).informative;
    header(
        ui,
        "Group",
        |ui| {
            if !informative {
                ui.label(RichText::new("uninformative").size(SMALL).color(palette.warn))
                    .on_hover_text(UNINFORMATIVE);
            }
            let text = widgets::small(summary_text(&cards, first, session), palette);
            ui.add(Label::new(text).truncate());
        },
        |ui| {
            named_button(
                ui,
                WindowCommand::ToggleGroup,
                "Back to 3D",
                ActionStyle::Small,
                None,
                commands,
            );
        },
    );
    let totals = cards
        .iter()
        .filter_map(|card| Some((card.total()?, card.failure().is_none())));
    group_grid::strip(ui, totals, informative);
    let room = ui.available_size();
    ScrollArea::vertical()
        .id_salt("candidates")
        .auto_shrink(false)
        .show(ui, |ui| {
            group_grid::grid(ui, cards.len(), room, |ui, index, size| {
                let card = cards[index];
                let response = group_grid::show(&cell(card, session), viewport, size, ui);
                if response.clicked() {
                    commands.push(ControllerCommand::SelectCard(card.id).into());
                }
                if !card.reason.is_empty() && card.total().is_some() {
                    response.on_hover_text(widgets::cut(&card.reason));
                }
            });
        });
    true
}

/// Base of the candidates, how many built, and statistics.
fn summary_text(cards: &[&Card], first: &Card, session: &Session) -> String {
    let base = first.parent.and_then(|parent| session.get(parent));
    let base = base.map_or_else(String::new, |base| format!(" from {}", session.title(base)));
    let scored = cards.iter().filter(|card| card.scored().is_some()).count();
    let built = cards
        .iter()
        .filter(|card| card.scored().is_some_and(|scored| scored.evaluation.ok))
        .count();
    let mut text = format!("{} candidates{base}", cards.len());
    if scored < cards.len() {
        text += &format!(" · {scored} scored");
    }
    if scored > 0 {
        text += &format!(" · {built} of {scored} built");
    }
    if let Some(group) = &first.group {
        text += &format!(" · score {:.3} ± {:.3}", group.group_mean, group.group_std);
    }
    text
}

fn cell<'a>(card: &'a Card, session: &Session) -> Cell<'a> {
    let title = session.title(card);
    let evaluation = card.scored().map(|scored| &scored.evaluation);
    Cell {
        picture: match (evaluation, &card.last_shape) {
            (Some(evaluation), Some(shape)) if evaluation.ok => Picture::Shape(shape),
            (Some(evaluation), _) => match &evaluation.failure {
                Some(failure) => Picture::Broken(&failure.message),
                None => Picture::InProgress("no shape"),
            },
            (None, _) if !card.code.is_empty() => Picture::InProgress("building…"),
            (None, _) if card.reason.is_empty() => Picture::InProgress("waiting for the first token…"),
            (None, _) => Picture::Text(&card.reason),
        },
        label: format!("candidate {title}"),
        name: title,
        total: card.total(),
        built: evaluation.is_some_and(|evaluation| evaluation.ok),
        kind: evaluation
            .map(|evaluation| evaluation.kind.name().to_owned())
            .unwrap_or_default(),
        advantage: card.group.as_ref().map(|group| group.advantage),
        open: session.selected == card.id,
    }
}
