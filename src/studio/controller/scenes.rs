//! Objects that the card on screen displays besides its part, if its assessment did not include them.
//!
//! Batches and repairs get the scored shape alone. When such a card is selected, it is run again if its code may display more.

use std::sync::Arc;

use super::Controller;
use super::jobs::Purpose;
use crate::assess::{Assessment, ReferenceChoice, Scoring};
use crate::engine::{AssessJob, Job};
use crate::executor::Priority;
use crate::reward::Mode;
use crate::studio::state::{Activity, Card, CardId};

/// A script without any of these displays its part only.
const DISPLAY_NAMES: [&str; 5] = ["show", "display", "debug", "push_object", "Assembly"];

impl Controller {
    /// Requests the scene of the card on screen, once per revision.
    pub(super) fn request_scene(&mut self) {
        let index = self.state.current;
        let session = &self.state.sessions[index];
        let card = session.card();
        if !lacks_scene(card) {
            return;
        }
        let (id, revision) = (card.id, card.revision);
        let what = format!("objects of {}", session.title(card));
        let job = Job::Assess(AssessJob {
            code: Arc::from(card.code.as_bytes()),
            task: session.task.clone(),
            // Only the displayed objects are needed.
            scoring: Scoring {
                mode: Mode::Fast,
                reference: ReferenceChoice::None,
                ..self.state.scoring.clone()
            },
            priority: Priority::Live,
        });
        self.submit(index, job, what, Purpose::Scene { card: id, revision });
        if let Some(card) = self.state.sessions[index].get_mut(id) {
            card.scene_of = Some(revision);
        }
    }

    pub(super) fn apply_scene(
        &mut self,
        session: usize,
        card: CardId,
        revision: u64,
        assessment: Assessment,
    ) {
        if let Some(card) = self.state.sessions[session].get_mut(card)
            && card.revision == revision
        {
            card.last_scene = assessment.scene;
        }
    }
}

fn lacks_scene(card: &Card) -> bool {
    card.activity == Activity::Idle
        && card.scene_of != Some(card.revision)
        && card
            .scored()
            .is_some_and(|scored| scored.evaluation.ok && scored.revision == card.revision)
        && DISPLAY_NAMES.iter().any(|word| card.code.contains(word))
}
