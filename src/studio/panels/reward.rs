//! The reward of the card on screen: the gate, the total, a bar per component, the notes.
//!
//! Behind a closed gate nothing else is shown as scored.

use egui::{Align2, Button, Label, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::widgets::{self, card as frame, delta_color, header, signed};
use crate::assess::Evaluation;
use crate::reward::Component;
use crate::studio::command::{Action, Command};
use crate::studio::state::{Activity, Card, Outcome, Scored, Session, State};
use crate::studio::theme::{self, PAD, TEXT};

/// Height of a component's row, points.
const BAR_ROW: f32 = 25.0;

/// Shows everything but the JSON.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let session = state.session();
    let card = session.card();
    header(
        ui,
        "Reward",
        |_| {},
        |ui| {
            let mode = match state.scoring.mode {
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
            match &card.outcome {
                Outcome::Unknown => unknown(state, card, ui),
                Outcome::Fault { message, input } => fault(message, *input, ui, commands),
                Outcome::Scored(scored) => {
                    if scored.evaluation.ok {
                        total(session, card, scored, ui);
                    } else {
                        gate(card, &scored.evaluation, ui);
                    }
                    ui.add_space(10.0);
                    bars(session, card, scored, ui);
                    super::checks::show(&scored.evaluation, ui);
                    if !scored.evaluation.ok {
                        last_that_built(card, ui);
                    }
                }
            }
        });
    if let Some(scored) = card.scored() {
        notes(&scored.evaluation, ui);
    }
}

fn unknown(state: &State, card: &Card, ui: &mut Ui) {
    let palette = theme::of(ui);
    let text = match card.activity {
        _ if state.pool.ready == 0 && state.pool.error.is_none() => "waiting for CadQuery to warm up…",
        Activity::Due(_) | Activity::Assessing(_) => "building…",
        Activity::Proposing(_) => "being proposed…",
        Activity::Idle => "not scored: press F5 to run it",
    };
    ui.label(widgets::dim(text, palette));
}

/// Our fault is no score: it says so, and offers to try again.
fn fault(message: &str, input: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
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
            "What it is scored against is at fault, not the candidate."
        } else {
            "This is a fault of the studio, not of the candidate."
        };
        ui.add(Label::new(widgets::dim(whose, palette)).wrap());
        ui.add(Label::new(RichText::new(message).font(theme::mono(11.5)).color(palette.text)).wrap());
        if ui.add(Button::new("Try again").small()).clicked() {
            commands.push(Command::Do(Action::RunNow));
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
    let stale = scored.revision != card.revision || card.activity != Activity::Idle;
    let color = if stale { palette.dim } else { palette.text };
    let number = RichText::new(widgets::total(value))
        .font(theme::semibold(30.0))
        .color(color);
    let number = widgets::line(ui, number, rect.width());
    let number = widgets::paint_line(ui, rect.left_center(), Align2::LEFT_CENTER, number);
    let baseline = number.bottom() - 6.0;
    let name = widgets::line(ui, widgets::dim(session.title(card), palette), 90.0);
    let name = widgets::paint_line(ui, pos2(rect.right(), baseline), Align2::RIGHT_BOTTOM, name);
    let mut label = format!("total {}", widgets::total(value));
    if let Some(before) = built_total(session.seed()).filter(|_| card.id != session.seed().id) {
        let change = value - before;
        let text = format!("{} on seed", signed(change, 3));
        label = format!("{label}, {text}");
        let text = RichText::new(text).color(delta_color(change, palette));
        let text = widgets::line(ui, text, name.left() - number.right() - 16.0);
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

fn bars(session: &Session, card: &Card, scored: &Scored, ui: &mut Ui) {
    let seed = session
        .seed()
        .scored()
        .filter(|seed| seed.evaluation.ok && session.seed().id != card.id);
    for component in Component::ALL {
        // Behind the gate, build is what the gate says and the rest was never looked at.
        if component == Component::Build && scored.evaluation.ok {
            continue;
        }
        let weight = scored.scoring.profile.weight(scored.scoring.mode, component);
        let value = scored
            .evaluation
            .ok
            .then(|| scored.evaluation.reward.component(component))
            .flatten();
        let before = seed.and_then(|seed| seed.evaluation.reward.component(component));
        let previous = previous(session, card).and_then(|card| {
            let scored = card.scored().filter(|scored| scored.evaluation.ok)?;
            Some((
                session.title(card),
                scored.evaluation.reward.component(component)?,
            ))
        });
        let is_seed = card.id == session.seed().id;
        let row = BarRow {
            component,
            value,
            before,
            weight,
            is_seed,
        };
        let response = row.show(ui);
        response.on_hover_ui(|ui| hover(ui, &row, previous.as_ref(), scored));
    }
}

fn previous<'a>(session: &'a Session, card: &Card) -> Option<&'a Card> {
    session
        .get(card.parent?)
        .filter(|parent| parent.id != session.seed().id)
}

struct BarRow {
    component: Component,
    value: Option<f64>,
    before: Option<f64>,
    weight: f64,
    is_seed: bool,
}

impl BarRow {
    fn show(&self, ui: &mut Ui) -> Response {
        let palette = theme::of(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), BAR_ROW), Sense::hover());
        if response.hovered() {
            ui.painter()
                .rect_filled(rect.expand2(vec2(PAD, 0.0)), 0.0, palette.raised);
        }
        let middle = rect.center().y;
        // Columns from the right: change, value, bar; the name takes what is left.
        let value_right = rect.right() - 46.0;
        let bar_right = value_right - 44.0;
        let bar_width = ((rect.width() - 90.0 - 112.0).clamp(36.0, 130.0)).round();
        let bar = Rect::from_min_max(
            pos2(bar_right - bar_width, middle - 2.5),
            pos2(bar_right, middle + 2.5),
        );
        let name_color = if self.value.is_some() {
            palette.text
        } else {
            palette.dim
        };
        let name = RichText::new(short_name(self.component)).color(name_color);
        let name = widgets::line(ui, name, bar.left() - rect.left() - 8.0);
        widgets::paint_line(ui, pos2(rect.left(), middle), Align2::LEFT_CENTER, name);

        ui.painter().rect_filled(bar, 2.5, palette.track);
        let at = |value: f64| bar.left() + bar.width() * value.clamp(0.0, 1.0) as f32;
        if let Some(value) = self.value {
            let color = if self.is_seed { palette.seed } else { palette.step };
            let filled = Rect::from_min_max(bar.min, pos2(at(value).max(bar.left() + 2.0), bar.bottom()));
            if value > 0.0 {
                ui.painter().rect_filled(filled, 2.5, color);
            }
            if let Some(before) = self.before {
                let tick = Rect::from_center_size(pos2(at(before), middle), vec2(2.0, 10.0));
                ui.painter().rect_filled(tick, 0.0, palette.seed);
            }
        }
        let (text, color) = match self.value {
            Some(value) => (format!("{value:.2}"), palette.text),
            None => ("–".to_owned(), palette.faint),
        };
        let text = widgets::line(ui, RichText::new(text).color(color), 60.0);
        widgets::paint_line(ui, pos2(value_right, middle), Align2::RIGHT_CENTER, text);
        if let (Some(value), Some(before)) = (self.value, self.before) {
            let change = value - before;
            let text = signed(change, 2);
            // A hundredth is what the column shows, so only what shows is coloured.
            let shown = if text.starts_with(['+', '−']) {
                change
            } else {
                0.0
            };
            let text = RichText::new(text.replacen("0.", ".", 1)).color(delta_color(shown, palette));
            let text = widgets::line(ui, text, 60.0);
            widgets::paint_line(ui, pos2(rect.right(), middle), Align2::RIGHT_CENTER, text);
        }
        response.widget_info(|| {
            let value = self
                .value
                .map_or("not scored".to_owned(), |value| format!("{value:.2}"));
            WidgetInfo::labeled(Role::Label, true, format!("{} {value}", self.component.key()))
        });
        response
    }
}

fn short_name(component: Component) -> &'static str {
    match component {
        Component::Build => "build",
        Component::Topology => "topology",
        Component::Contact => "contact",
        Component::SemanticParts => "semantic parts",
        Component::ReferenceSimilarity => "reference",
        Component::Silhouette => "silhouette",
        Component::Editability => "editability",
        Component::Efficiency => "efficiency",
    }
}

fn hover(ui: &mut Ui, row: &BarRow, previous: Option<&(String, f64)>, scored: &Scored) {
    let palette = theme::of(ui);
    ui.set_max_width(320.0);
    ui.label(RichText::new(row.component.key()).font(theme::mono(12.0)));
    ui.spacing_mut().interact_size.y = 0.0;
    egui::Grid::new("numbers")
        .num_columns(2)
        .spacing(vec2(16.0, 3.0))
        .show(ui, |ui| {
            let mut line = |name: &str, value: String| {
                ui.label(widgets::dim(name, palette));
                ui.label(RichText::new(value).font(theme::mono(12.0)));
                ui.end_row();
            };
            match row.value {
                Some(value) => {
                    line("value", format!("{value:.4}"));
                    line("weight", format!("{:.2}", row.weight));
                    line("adds to total", format!("{:.4}", value * row.weight));
                }
                None => line("value", "not scored".to_owned()),
            }
            if let (Some(value), Some(before)) = (row.value, row.before) {
                line("seed", format!("{before:.4} ({})", signed(value - before, 4)));
            }
            if let (Some(value), Some((name, before))) = (row.value, previous) {
                line(name, format!("{before:.4} ({})", signed(value - before, 4)));
            }
            if let Some(details) = scored.json.pointer(&format!("/details/{}", row.component.key()))
                && let Some(details) = details.as_object()
            {
                for (name, value) in details
                    .iter()
                    .filter(|(_, value)| !value.is_object() && !value.is_array())
                {
                    line(&name.replace('_', " "), super::json_tree::scalar(value));
                }
            }
        });
}

fn last_that_built(card: &Card, ui: &mut Ui) {
    let palette = theme::of(ui);
    if card.last_shape.is_some() {
        let total = widgets::total(card.last_total);
        let text = format!("last that built: {} at {total}", card.last_shape_of);
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
                ui.label(widgets::dim("nothing to say against it", palette));
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
