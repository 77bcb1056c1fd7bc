//! Exports of a task's timeline: one HTML page that needs no network, an animated or still picture, the part alone.
//!
//! Exports work on a copy of the state, on a separate thread, and do not depend on the window.

mod animation;
mod page;

use std::sync::Arc;

use crate::failure::Failure;
use crate::geometry::Shape;
use crate::reward::Component;
use crate::studio::state::{Card, ExportFormat, Session};

pub use animation::animation;
pub use page::page;

/// A task and its steps.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The task's name.
    pub label: String,
    pub prompt: String,
    /// Profile, version and mode, e.g. `cadforge-v1 · full`.
    pub scoring: String,
    /// The seed and every step, in order.
    pub steps: Vec<TimelineStep>,
    /// Index of the step on screen.
    pub selected: usize,
}

#[derive(Clone, Debug)]
pub struct TimelineStep {
    /// `seed`, `step 2` …
    pub title: String,
    /// Index of the step that it was made from.
    pub parent: Option<usize>,
    pub code: String,
    /// Explanation of the proposer.
    pub reason: String,
    /// Total, if scored.
    pub total: Option<f64>,
    /// Each component with its value and weight; none for a failed build.
    pub components: Vec<(Component, Option<f64>, f64)>,
    pub notes: Vec<String>,
    /// Why the build failed.
    pub failure: Option<Failure>,
    /// Last shape that it, or an ancestor, built.
    pub shape: Option<Arc<Shape>>,
}

/// Renders a timeline in a format; `progress` gets the share done, 0 to 1.
///
/// # Errors
/// A message with a hint: an animation needs OpenGL without a window.
pub fn render(timeline: &Timeline, format: ExportFormat, progress: &dyn Fn(f32)) -> Result<Vec<u8>, String> {
    match format {
        ExportFormat::Page => Ok(page(timeline).into_bytes()),
        ExportFormat::Animation => animation(timeline, progress),
        ExportFormat::Picture => animation::picture(timeline),
        ExportFormat::Stl => timeline
            .steps
            .get(timeline.selected)
            .filter(|step| step.failure.is_none())
            .and_then(|step| Some(step.shape.as_ref()?.stl.to_vec()))
            .ok_or_else(|| {
                "the step on screen has not built\nhint: choose one that has, or fix the code".to_owned()
            }),
    }
}

impl Timeline {
    /// Copies a session; shapes are shared.
    pub fn of(session: &Session) -> Self {
        let scoring = session
            .cards
            .iter()
            .find_map(Card::scored)
            .map_or(String::new(), |scored| {
                let word = |value: serde_json::Result<serde_json::Value>| {
                    value
                        .ok()
                        .and_then(|value| value.as_str().map(str::to_owned))
                        .unwrap_or_default()
                };
                let profile = word(serde_json::to_value(scored.evaluation.profile));
                let mode = word(serde_json::to_value(scored.evaluation.mode));
                format!("{profile} · {mode}")
            });
        Self {
            label: session.task.label.clone(),
            prompt: session.task.prompt.trim().to_owned(),
            scoring,
            steps: session
                .cards
                .iter()
                .map(|card| TimelineStep::of(session, card))
                .collect(),
            selected: session
                .cards
                .iter()
                .position(|card| card.id == session.selected)
                .unwrap_or(0),
        }
    }
}

impl TimelineStep {
    fn of(session: &Session, card: &Card) -> Self {
        let evaluation = card.scored().map(|scored| &scored.evaluation);
        let components = card.scored().map_or(Vec::new(), |scored| {
            let chosen = Component::ALL
                .into_iter()
                .filter(|component| scored.evaluation.ok && *component != Component::Build);
            chosen
                .map(|component| {
                    let weight = scored.scoring.profile.weight(scored.scoring.mode, component);
                    (component, scored.evaluation.reward.component(component), weight)
                })
                .collect()
        });
        Self {
            title: session.title(card),
            parent: card
                .parent
                .and_then(|parent| session.cards.iter().position(|other| other.id == parent)),
            code: card.code.clone(),
            reason: card.reason.clone(),
            total: card.total(),
            components,
            notes: evaluation.map_or(Vec::new(), |evaluation| evaluation.notes.clone()),
            failure: card.failure().cloned(),
            shape: card.last_shape.clone(),
        }
    }
}
