//! A bar per component of a reward: value, change from the seed, and contribution to the total.

use egui::{Align2, Rect, Response, RichText, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::widgets::{self, delta_color, signed};
use crate::reward::{Component, Profile, added_grounded};
use crate::studio::state::{Activity, Card, Scored, Session};
use crate::studio::theme::{self, PAD};

/// Height of a row, points.
const ROW: f32 = 25.0;
/// For a component without a score.
const NOT_SCORED: (&str, &str) = ("–", "not scored");
const ADDS: &str = "adds to total";
const MULTIPLIES: &str = "multiplies the total by";

/// Draws the bars, and the share that remains if the part exceeds the task's box.
pub(super) fn show(session: &Session, card: &Card, scored: &Scored, ui: &mut Ui) {
    let seed = session
        .seed()
        .scored()
        .filter(|seed| seed.evaluation.ok && session.seed().id != card.id);
    let is_seed = card.id == session.seed().id;
    for component in Component::ALL {
        // For a failed build, the build component equals the gate and the rest is not computed.
        if component == Component::Build && scored.evaluation.ok {
            continue;
        }
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
        let row = Bar {
            name: short_name(component),
            key: component.key(),
            value,
            before,
            is_seed,
            missing: match component {
                Component::Editability if scored.awaits_editability => awaited(card),
                _ => NOT_SCORED,
            },
        };
        let response = row.show(ui);
        response.on_hover_ui(|ui| {
            let details = format!("/details/{}", row.key);
            hover(
                ui,
                &row,
                &worth(component, scored),
                previous.as_ref(),
                scored.json.pointer(&details),
            );
        });
    }
    let fit = |scored: &Scored| {
        let grounded = scored.evaluation.details.grounded.as_ref()?;
        Some(grounded.fit?.factor)
    };
    if let Some(value) = fit(scored).filter(|value| *value < 1.0) {
        let row = Bar {
            name: "fit in the box",
            key: "fit",
            value: Some(value),
            before: seed.and_then(|seed| fit(seed)),
            is_seed,
            missing: NOT_SCORED,
        };
        let response = row.show(ui);
        let worth = [(MULTIPLIES, format!("{value:.4}"))];
        response.on_hover_ui(|ui| {
            hover(
                ui,
                &row,
                &worth,
                None,
                scored.json.pointer("/details/grounded/fit"),
            );
        });
    }
}

/// In the place of editability while, or because, dimensions are not changed yet.
fn awaited(card: &Card) -> (&'static str, &'static str) {
    match card.activity {
        Activity::Idle => ("–", "not measured: the run was stopped"),
        Activity::Due(_) | Activity::Assessing(_) | Activity::Proposing(_) => {
            ("…", "being measured: the total is the most that it can be")
        }
    }
}

fn previous<'a>(session: &'a Session, card: &Card) -> Option<&'a Card> {
    session
        .get(card.parent?)
        .filter(|parent| parent.id != session.seed().id)
}

/// Contribution of a component to the total of a successful build, as names and values.
fn worth(component: Component, scored: &Scored) -> Vec<(&'static str, String)> {
    let reward = &scored.evaluation.reward;
    let Some(value) = reward.component(component).filter(|_| scored.evaluation.ok) else {
        return Vec::new();
    };
    match (scored.scoring.profile, added_grounded(reward, component)) {
        (Profile::CadforgeV1, _) => {
            let weight = Profile::CadforgeV1.weight(scored.scoring.mode, component);
            vec![
                ("weight", format!("{weight:.2}")),
                (ADDS, format!("{:.4}", value * weight)),
            ]
        }
        (Profile::GroundedV2, Some(added)) => vec![(ADDS, format!("{added:.4}"))],
        (Profile::GroundedV2, None) if component == Component::Efficiency => {
            vec![(ADDS, "nothing".to_owned())]
        }
        (Profile::GroundedV2, None) => vec![(MULTIPLIES, format!("{value:.4}"))],
    }
}

struct Bar {
    name: &'static str,
    /// Key in the JSON.
    key: &'static str,
    value: Option<f64>,
    before: Option<f64>,
    is_seed: bool,
    /// Shown and told without a value.
    missing: (&'static str, &'static str),
}

impl Bar {
    fn show(&self, ui: &mut Ui) -> Response {
        let palette = theme::of(ui);
        let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
        if response.hovered() {
            ui.painter()
                .rect_filled(rect.expand2(vec2(PAD, 0.0)), 0.0, palette.raised);
        }
        let middle = rect.center().y;
        // Columns from the right: change, value, bar; the name takes the rest.
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
        let name = RichText::new(self.name).color(name_color);
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
            None => (self.missing.0.to_owned(), palette.faint),
        };
        let text = widgets::line(ui, RichText::new(text).color(color), 60.0);
        widgets::paint_line(ui, pos2(value_right, middle), Align2::RIGHT_CENTER, text);
        if let (Some(value), Some(before)) = (self.value, self.before) {
            let change = value - before;
            let text = signed(change, 2);
            // The column displays hundredths, so only visible changes are coloured.
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
                .map_or(self.missing.1.to_owned(), |value| format!("{value:.2}"));
            WidgetInfo::labeled(Role::Label, true, format!("{} {value}", self.key))
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

fn hover(
    ui: &mut Ui,
    row: &Bar,
    worth: &[(&'static str, String)],
    previous: Option<&(String, f64)>,
    details: Option<&serde_json::Value>,
) {
    let palette = theme::of(ui);
    ui.set_max_width(320.0);
    ui.label(RichText::new(row.key).font(theme::mono(12.0)));
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
                    for (name, value) in worth {
                        line(name, value.clone());
                    }
                }
                None => line("value", row.missing.1.to_owned()),
            }
            if let (Some(value), Some(before)) = (row.value, row.before) {
                line("seed", format!("{before:.4} ({})", signed(value - before, 4)));
            }
            if let (Some(value), Some((name, before))) = (row.value, previous) {
                line(name, format!("{before:.4} ({})", signed(value - before, 4)));
            }
            if let Some(details) = details.and_then(serde_json::Value::as_object) {
                for (name, value) in details
                    .iter()
                    .filter(|(_, value)| !value.is_object() && !value.is_array())
                {
                    line(&name.replace('_', " "), super::json_tree::scalar(value));
                }
            }
        });
}
