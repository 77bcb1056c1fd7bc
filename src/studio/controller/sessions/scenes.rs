//! Objects that the card on screen displays besides its part, if its assessment did not include them.
//!
//! Batches and repairs get the scored shape alone. When such a card is selected, it is run again if its code may display more.

use super::SessionPart;
use super::jobs::AssessPurpose;
use crate::executor::Priority;
use crate::studio::state::{Activity, Card};

/// A script without any of these displays its part only.
const DISPLAY_NAMES: [&str; 5] = ["show", "display", "debug", "push_object", "Assembly"];

impl SessionPart {
    /// Requests the scene of the card on screen, once per revision.
    pub(super) fn request_scene(&mut self) {
        let session = self.state.session();
        let card = session.card();
        if !lacks_scene(card) {
            return;
        }
        let (index, id, revision) = (self.state.current, card.id, card.revision);
        let what = format!("objects of {}", session.title(card));
        let code = card.code.clone();
        let purpose = AssessPurpose::Scene { card: id, revision };
        self.submit_build(index, &code, Priority::Live, what, purpose);
        if let Some(card) = self.state.all[index].get_mut(id) {
            card.scene_of = Some(revision);
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
