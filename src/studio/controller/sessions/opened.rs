//! Displays files, rows, trajectories, steps of clients and recovered edits as cards of their task.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::SessionPart;
use crate::assess::{Assessment, Scoring};
use crate::executor::Priority;
use crate::server::SeenStep;
use crate::studio::state::{Activity, Card, CardId, Conflict, Messages, UnsavedEdit, file_name};
use crate::trajectory::{Origin, Trajectory};

impl SessionPart {
    /// Displays a row's code as a card of its task, of the task on screen if it names none.
    pub fn show_row(&mut self, index: usize, task: Option<&str>, code: String) -> Result<(), String> {
        let session = match task {
            Some(id) => self.state.of_task(id).ok_or_else(|| {
                format!(
                    "row {} belongs to task `{id}`, which is not loaded\nhint: add its task pack with --tasks DIR",
                    index + 1
                )
            })?,
            None => self.state.current,
        };
        let mut card = self.hand_card(session, code);
        card.row = Some(format!("row {}", index + 1));
        self.show_temporary(session, card);
        Ok(())
    }

    /// Displays a client's step as a candidate of its task, with the score that the client got; its part is built here.
    pub fn show_client_step(&mut self, step: &SeenStep) -> Result<(), String> {
        let session = self
            .state
            .of_task(&step.task_id)
            .ok_or_else(|| format!("task `{}` is not loaded", step.task_id))?;
        let name = format!("session {} step {}", step.session, step.step);
        let mut card = self.hand_card(session, step.code.clone());
        let scoring = Scoring {
            profile: step.evaluation.profile,
            mode: step.evaluation.mode,
            ..self.state.scoring.clone()
        };
        let assessment = Assessment {
            evaluation: step.evaluation.clone(),
            shape: None,
            scene: None,
            unscored: None,
        };
        card.take(assessment, 0, scoring, name.clone());
        card.row = Some(name);
        self.show_temporary(session, card);
        Ok(())
    }

    fn hand_card(&mut self, session: usize, code: String) -> Card {
        let seed = self.state.all[session].seed().id;
        Card::new(self.fresh_card(), Origin::Hand, Some(seed), code)
    }

    /// Displays and builds the card of a row or of a client's step, in place of the last such card, so that browsing leaves a
    /// single card.
    fn show_temporary(&mut self, index: usize, card: Card) {
        // An edited card is kept.
        let passing = |card: &Card| card.row.is_some() && card.revision == 0;
        let cards = &mut self.state.all[index].cards;
        if let Some(at) = cards.iter().position(passing) {
            let old = cards.remove(at);
            self.drop_assessment(old.activity);
        }
        let id = card.id;
        let session = &mut self.state.all[index];
        session.selected = id;
        session.cards.push(card);
        self.state.current = index;
        self.assess(index, id, Priority::Live);
        // The task may be on screen for the first time: its seed is scored too.
        self.score_unscored();
    }

    pub fn show_file(&mut self, path: PathBuf, code: String) {
        let index = self.state.current;
        let mut card = self.hand_card(index, code);
        let session = self.state.session_mut();
        let same = |known: &&Card| known.file.as_ref() == Some(&path) && known.code == card.code;
        if let Some(known) = session.cards.iter().find(same) {
            session.selected = known.id;
            return;
        }
        card.file = Some(path);
        let id = card.id;
        session.cards.push(card);
        session.selected = id;
        self.score_unscored();
    }

    /// Moves a card to another task, as a hand-edited one, and displays and scores it there.
    pub fn move_to_task(&mut self, id: CardId, index: usize) {
        let Some(from) = self
            .state
            .all
            .iter()
            .position(|session| session.get(id).is_some())
        else {
            return;
        };
        self.state.current = from;
        let Some(old) = self.state.session().get(id).filter(|_| from != index).cloned() else {
            return;
        };
        self.remove(id);
        let mut card = self.hand_card(index, old.code);
        (card.file, card.revision, card.saved_revision) = (old.file, old.revision, old.saved_revision);
        let id = card.id;
        let session = &mut self.state.all[index];
        session.cards.push(card);
        session.selected = id;
        self.state.current = index;
        self.score_unscored();
    }

    /// Displays every step of a trajectory as a card and selects the last one.
    ///
    /// The steps are scored again under the trajectory's profile and mode: only a build provides edges and faces, and scores of
    /// different versions must not be mixed.
    pub fn show_trajectory(&mut self, trajectory: Trajectory, messages: &mut Messages) {
        let Trajectory {
            dir,
            header,
            steps,
            malformed_lines,
        } = trajectory;
        let place = dir.display();
        let Some(index) = self.state.of_task(&header.task_id) else {
            return messages.report_error(&format!(
                "{place} is a trajectory of task `{}`, which is not loaded\nhint: add its task pack with --tasks DIR",
                header.task_id
            ));
        };
        self.state.current = index;
        self.state.scoring.profile = header.profile;
        self.state.scoring.mode = header.mode;
        let mut cards: BTreeMap<usize, CardId> = BTreeMap::new();
        for step in steps {
            let fresh = self.fresh_card();
            let session = &mut self.state.all[index];
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
        messages.log(format!("opened {} steps of {place}", cards.len()));
        if let [first, ..] = &malformed_lines[..] {
            messages.report_error(&format!(
                "{} malformed lines skipped; the first is line {}: {}",
                malformed_lines.len(),
                first.line,
                first.message
            ));
        }
        self.score_unscored();
    }

    /// Restores an unsaved edit as a card, and displays it with `select`; returns whether no card holds it already.
    pub fn restore_edit(&mut self, edit: UnsavedEdit, select: bool) -> bool {
        // If the task no longer exists, the edit goes to the task on screen.
        let index = self.state.of_task(&edit.task).unwrap_or(self.state.current);
        let known = |card: &Card| card.code == edit.code;
        if self.state.all[index].cards.iter().any(known) {
            return false;
        }
        let mut card = self.hand_card(index, edit.code);
        card.file = edit.file;
        // The file differs from the edit.
        card.revision = 1;
        let id = card.id;
        let session = &mut self.state.all[index];
        session.cards.push(card);
        if select {
            session.selected = id;
            self.state.current = index;
            self.assess(index, id, Priority::Live);
        }
        true
    }

    /// Reloads the cards of a file that changed on disk; returns the last card that has unsaved edits instead.
    pub fn reload_file(&mut self, path: &Path, code: &str, messages: &mut Messages) -> Option<Conflict> {
        let mut conflict = None;
        let mut reloaded = Vec::new();
        for (index, session) in self.state.all.iter_mut().enumerate() {
            for card in &mut session.cards {
                if card.file.as_deref() != Some(path) {
                    continue;
                }
                if card.code == code {
                    card.saved_revision = card.revision;
                } else if card.unsaved() {
                    conflict = Some(Conflict {
                        card: card.id,
                        path: path.to_owned(),
                        code: code.to_owned(),
                    });
                } else {
                    reload(card, code);
                    reloaded.push((index, card.id));
                }
            }
        }
        for (session, card) in reloaded {
            messages.log(format!(
                "{} changed on disk and was loaded again",
                file_name(path)
            ));
            self.assess(session, card, Priority::Live);
        }
        conflict
    }

    /// Loads the changed file in place of a card's edits.
    pub fn load_over(&mut self, conflict: &Conflict) {
        let mut sessions = self.state.all.iter_mut().enumerate();
        let found = sessions.find_map(|(index, session)| {
            reload(session.get_mut(conflict.card)?, &conflict.code);
            Some(index)
        });
        if let Some(index) = found {
            self.assess(index, conflict.card, Priority::Live);
        }
    }
}

fn reload(card: &mut Card, code: &str) {
    code.clone_into(&mut card.code);
    card.revision += 1;
    card.saved_revision = card.revision;
    card.activity = Activity::Idle;
}
