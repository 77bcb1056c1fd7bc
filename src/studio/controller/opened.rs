//! Displays rows and stored trajectories as cards of their task.

use std::collections::BTreeMap;

use super::Controller;
use crate::executor::Priority;
use crate::studio::state::{Card, CardId};
use crate::trajectory::{Origin, Trajectory};

impl Controller {
    /// Displays a row's code as a card of its task. Successive rows reuse one card, so that browsing leaves a single card.
    pub(super) fn show_row(&mut self, index: usize, task: Option<&str>, code: String) {
        let known = |id: &str| {
            self.state
                .sessions
                .iter()
                .position(|session| session.task.id == id)
        };
        let session = match task {
            Some(id) => match known(id) {
                Some(session) => session,
                None => {
                    return self.report_error(&format!(
                        "row {} belongs to task `{id}`, which is not loaded\nhint: add its task pack with --tasks DIR",
                        index + 1
                    ));
                }
            },
            None => self.state.current,
        };
        self.state.current = session;
        self.state.open_row = Some(index);
        self.state.serving.shown = None;
        let id = CardId(self.fresh_id());
        let seed = self.state.sessions[session].seed().id;
        let mut card = Card::new(id, Origin::Hand, Some(seed), code);
        card.row = Some(format!("row {}", index + 1));
        self.show_temporary(session, card);
        self.assess(session, id, Priority::Live);
    }

    /// Displays the card of a row or of a client's step, in place of the last such card.
    pub(super) fn show_temporary(&mut self, session: usize, card: Card) {
        // An edited card is kept.
        let passing = |card: &Card| card.row.is_some() && card.revision == 0;
        let cards = &mut self.state.sessions[session].cards;
        if let Some(at) = cards.iter().position(passing) {
            let old = cards.remove(at);
            self.drop_assessment(old.activity);
        }
        let session = &mut self.state.sessions[session];
        session.selected = card.id;
        session.cards.push(card);
    }

    /// Displays every step of a trajectory as a card and selects the last one.
    ///
    /// The steps are scored again under the trajectory's profile and mode: only a build provides edges and faces, and scores of
    /// different versions must not be mixed.
    pub fn show_trajectory(&mut self, trajectory: Trajectory) {
        let Trajectory {
            dir,
            header,
            steps,
            malformed_lines,
        } = trajectory;
        let place = dir.display();
        let of_task = |id: &str| {
            self.state
                .sessions
                .iter()
                .position(|session| session.task.id == id)
        };
        let Some(index) = of_task(&header.task_id) else {
            return self.report_error(&format!(
                "{place} is a trajectory of task `{}`, which is not loaded\nhint: add its task pack with --tasks DIR",
                header.task_id
            ));
        };
        self.state.current = index;
        self.state.scoring.profile = header.profile;
        self.state.scoring.mode = header.mode;
        let mut cards: BTreeMap<usize, CardId> = BTreeMap::new();
        for step in steps {
            let fresh = CardId(self.fresh_id());
            let session = &mut self.state.sessions[index];
            let seed = session.seed();
            let id = if step.origin == Origin::Seed && step.code == seed.code {
                seed.id
            } else {
                // A loop that started from a file has a seed other than the task's.
                let origin = if step.origin == Origin::Seed {
                    Origin::Hand
                } else {
                    step.origin
                };
                let parent = step.parent.and_then(|parent| cards.get(&parent).copied());
                let mut card = Card::new(fresh, origin, parent.or(Some(seed.id)), step.code);
                if let Some(proposal) = step.proposal {
                    card.reason = proposal.reason;
                    card.group = proposal.group;
                }
                session.cards.push(card);
                fresh
            };
            cards.insert(step.step, id);
            session.selected = id;
        }
        self.log(format!("opened {} steps of {place}", cards.len()));
        if let [first, ..] = &malformed_lines[..] {
            self.report_error(&format!(
                "{} malformed lines skipped; the first is line {}: {}",
                malformed_lines.len(),
                first.line,
                first.message
            ));
        }
        self.score_unscored();
    }
}
