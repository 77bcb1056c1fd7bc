//! Cards of the timeline: selection, and hand edits that create, change and remove cards.

use super::Controller;
use crate::executor::Priority;
use crate::studio::state::{Activity, Card, CardId, EditorId};
use crate::trajectory::Origin;

impl Controller {
    pub(super) fn select(&mut self, card: CardId) {
        self.state.session_mut().select(card);
        self.accept_by_leaving();
    }

    /// Selecting another step accepts a pending proposal.
    pub(super) fn accept_by_leaving(&mut self) {
        let selected = self.state.session().selected;
        self.state
            .proposing
            .pending
            .take_if(|arrived| arrived.card != selected);
    }

    pub(super) fn step_by(&mut self, by: isize) {
        let session = self.state.session_mut();
        let here = session
            .cards
            .iter()
            .position(|card| card.id == session.selected)
            .unwrap_or(0);
        let there = here.saturating_add_signed(by).min(session.cards.len() - 1);
        session.selected = session.cards[there].id;
        self.accept_by_leaving();
    }

    /// Changes a hand-edited card in place. A change of any other card creates a draft of it and leaves the card unchanged.
    pub(super) fn edit(&mut self, id: CardId, code: String, pause: f64) {
        let now = self.state.now;
        let (draft, editor) = (CardId(self.fresh_id()), EditorId(self.fresh_id()));
        let session = self.state.session_mut();
        let Some(card) = session.get(id) else { return };
        if card.code == code {
            return;
        }
        let target = if card.origin == Origin::Hand {
            id
        } else {
            let mut new = Card::new(draft, Origin::Hand, Some(id), String::new());
            // The draft takes over the text field, so that undo leads back to the step's code.
            new.editor = card.editor;
            new.keep_shape_of(Some(card));
            session.cards.push(new);
            if let Some(card) = session.get_mut(id) {
                card.editor = editor;
            }
            session.selected = draft;
            draft
        };
        if let Some(card) = session.get_mut(target) {
            card.code = code;
            card.revision += 1;
            let superseded = std::mem::replace(&mut card.activity, Activity::Due(now + pause));
            self.drop_assessment(superseded);
        }
    }

    /// Adds a hand-edited card with the code of another one.
    pub(super) fn branch(&mut self, from: CardId) {
        let id = CardId(self.fresh_id());
        let session = self.state.session_mut();
        let Some(card) = session.get(from) else { return };
        let mut new = Card::new(id, Origin::Hand, Some(from), card.code.clone());
        new.keep_shape_of(Some(card));
        session.cards.push(new);
        session.selected = id;
        self.assess(self.state.current, id, Priority::Live);
    }

    /// Removes a hand-edited card; its children get its parent.
    pub(super) fn remove(&mut self, id: CardId) {
        let session = self.state.session_mut();
        let Some(at) = session
            .cards
            .iter()
            .position(|card| card.id == id && card.origin == Origin::Hand)
        else {
            return;
        };
        let card = session.cards.remove(at);
        for other in &mut session.cards {
            if other.parent == Some(id) {
                other.parent = card.parent;
            }
        }
        if session.selected == id {
            session.selected = session.cards[at.min(session.cards.len() - 1)].id;
        }
        self.drop_assessment(card.activity);
    }

    pub(super) fn reset_to_seed(&mut self) {
        if let Some(job) = self.state.repair().map(|running| running.job)
            && self.is_of_current_session(job)
        {
            self.cancel_job(job);
        }
        let session = self.state.session_mut();
        let seed = session.seed().id;
        session.selected = seed;
        let kept = |card: &Card| matches!(card.origin, Origin::Seed | Origin::Hand);
        let dropped: Vec<_> = session
            .cards
            .iter()
            .filter(|card| !kept(card))
            .map(|card| (card.id, card.activity))
            .collect();
        session.cards.retain(kept);
        for card in &mut session.cards {
            if card
                .parent
                .is_some_and(|parent| dropped.iter().any(|(id, _)| *id == parent))
            {
                card.parent = Some(seed);
            }
        }
        for (_, activity) in dropped {
            self.drop_assessment(activity);
        }
    }
}
