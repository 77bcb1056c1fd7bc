//! Cards of the timeline: selection, and hand edits that create, change and remove cards.

use super::{DEBOUNCE, PAUSE_SHARE, SessionPart, TUNE};
use crate::executor::Priority;
use crate::studio::command::Answer;
use crate::studio::state::{Activity, Card, CardId, Messages, PendingProposal, Session};
use crate::trajectory::Origin;

impl SessionPart {
    pub fn select(&mut self, card: CardId) {
        self.state.session_mut().select(card);
        self.accept_by_leaving();
    }

    /// Selecting another step accepts a pending proposal.
    fn accept_by_leaving(&mut self) {
        let selected = self.state.session().selected;
        self.state.proposal.take_if(|proposal| proposal.card != selected);
    }

    pub fn step_by(&mut self, by: isize) {
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

    /// Compares other steps with this one.
    pub fn pin(&mut self, card: CardId) {
        let session = self.state.session_mut();
        session.pinned = session.get(card).map(|card| card.id);
    }

    /// Changes a card by typing. See [`Self::edit`].
    pub fn type_code(&mut self, id: CardId, code: String) {
        let session = self.state.session();
        let pause = session
            .get(id)
            .map_or(DEBOUNCE, |card| typing_pause(session, card));
        self.edit(id, code, pause);
    }

    /// Changes a hand-edited card in place. A change of any other card creates a draft of it and leaves the card unchanged.
    pub fn edit(&mut self, id: CardId, code: String, pause: f64) {
        let now = self.state.now;
        let (draft, editor) = (self.fresh_card(), self.fresh_editor());
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
            card.edited_at = now;
            let superseded = std::mem::replace(&mut card.activity, Activity::Due(now + pause));
            self.drop_assessment(superseded);
        }
    }

    /// Adds a hand-edited card with the code of another one.
    pub fn branch(&mut self, from: CardId) {
        let id = self.fresh_card();
        let session = self.state.session_mut();
        let Some(card) = session.get(from) else { return };
        let mut new = Card::new(id, Origin::Hand, Some(from), card.code.clone());
        new.keep_shape_of(Some(card));
        session.cards.push(new);
        session.selected = id;
        self.assess(self.state.current, id, Priority::Live);
    }

    /// Removes a hand-edited card; its children get its parent.
    pub fn remove(&mut self, id: CardId) {
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

    pub fn reset_to_seed(&mut self, messages: &mut Messages) {
        self.cancel_repair_on_screen(messages);
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

    /// Handles the decision on the pending proposal.
    pub fn answer_proposal(&mut self, answer: Answer) {
        let Some(PendingProposal { card, base }) = self.state.proposal.take() else {
            return;
        };
        match answer {
            Answer::Accept => self.state.session_mut().select(card),
            Answer::Edit => {
                self.state.session_mut().select(card);
                self.branch(card);
            }
            Answer::Reject => {
                let session = self.state.session_mut();
                if let Some(card) = session.get_mut(card) {
                    card.rejected = true;
                }
                session.select(base);
            }
        }
    }
}

/// Pause in typing after which the card is run, s, by its last build or that of its parent.
fn typing_pause(session: &Session, card: &Card) -> f64 {
    let of_parent = || session.get(card.parent?)?.scored();
    card.scored().or_else(of_parent).map_or(DEBOUNCE, |scored| {
        let timing = &scored.evaluation.timing;
        (PAUSE_SHARE * (timing.run_ms + timing.mesh_ms) / 1e3).clamp(TUNE, DEBOUNCE)
    })
}
