//! A task's timeline as something to hand on: one page that opens in any browser without a network, a picture that moves
//! or one that does not, the part alone.
//!
//! Works from a copy of what was on screen, on a thread of its own; nothing here knows the window.

mod animation;
mod page;

use std::sync::Arc;

use crate::failure::Failure;
use crate::geometry::Shape;
use crate::reward::Component;
use crate::studio::state::{Card, Session};

pub use animation::animation;
pub use page::page;

/// What is told: a task and the steps made on it.
#[derive(Clone, Debug)]
pub struct Timeline {
    /// The task's name.
    pub label: String,
    /// What was asked for.
    pub prompt: String,
    /// The formula and its version, e.g. `cadforge-v1 · full`.
    pub scoring: String,
    /// The seed and every step, in order.
    pub chapters: Vec<TimelineStep>,
    /// The one on screen.
    pub selected: usize,
}

/// One step.
#[derive(Clone, Debug)]
pub struct TimelineStep {
    /// `seed`, `step 2` …
    pub title: String,
    /// Which chapter it was made from.
    pub parent: Option<usize>,
    /// Its code.
    pub code: String,
    /// What the proposer said.
    pub reason: String,
    /// Its total, if it was scored.
    pub total: Option<f64>,
    /// Each component with its value and weight; none behind a closed gate.
    pub components: Vec<(Component, Option<f64>, f64)>,
    /// What the score has to say.
    pub notes: Vec<String>,
    /// Why it did not build, if so.
    pub failure: Option<Failure>,
    /// The last shape that it, or what it grew from, built.
    pub shape: Option<Arc<Shape>>,
}

/// As what a story is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExportFormat {
    /// One HTML file.
    Page,
    /// An animated GIF.
    Animation,
    /// The part on screen, as CadQuery exported it.
    Stl,
    /// A PNG of the seed beside the step on screen.
    Picture,
}

impl ExportFormat {
    /// The end of its file's name.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Page => "html",
            Self::Animation => "gif",
            Self::Stl => "stl",
            Self::Picture => "png",
        }
    }
}

/// The bytes of a story in a form; `progress` hears of the share done, 0 to 1.
///
/// # Errors
/// In words, with the way out: an animation needs OpenGL without a window.
pub fn tell(story: &Timeline, form: ExportFormat, progress: &dyn Fn(f32)) -> Result<Vec<u8>, String> {
    match form {
        ExportFormat::Page => Ok(page(story).into_bytes()),
        ExportFormat::Animation => animation(story, progress),
        ExportFormat::Picture => animation::picture(story),
        ExportFormat::Stl => story
            .chapters
            .get(story.selected)
            .filter(|chapter| chapter.failure.is_none())
            .and_then(|chapter| Some(chapter.shape.as_ref()?.stl.to_vec()))
            .ok_or_else(|| {
                "the step on screen has not built\nhint: choose one that has, or mend the code".to_owned()
            }),
    }
}

impl Timeline {
    /// Copies what a timeline holds; shapes are shared.
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
            chapters: session
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
