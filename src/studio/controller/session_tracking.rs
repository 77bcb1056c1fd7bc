//! Tracks the session: saves unsaved edits while typing, restores them, and resolves conflicts with files that change on disk.

use std::path::{Path, PathBuf};

use super::{Controller, Effect};
use crate::executor::Priority;
use crate::studio::dock::Saved;
use crate::studio::session_store::{
    Draft, PAUSE, SessionSnapshot, SessionStore, SessionStoreEvent, StoredSessions, UnrecoveredFile,
    ViewSnapshot,
};
use crate::studio::state::{Activity, Card, CardId, Conflict, Notice, PathPurpose, Quit, file_name};
use crate::trajectory::Origin;

/// Session state that panels do not need.
#[derive(Default)]
pub(super) struct SessionTracker {
    store: Option<SessionStore>,
    /// Hash of the last saved snapshot.
    mark: Option<u64>,
    due: Option<f64>,
    /// Sessions of windows that did not exit normally.
    left: Vec<UnrecoveredFile>,
    look: Appearance,
    /// The reported error, while edits cannot be saved.
    failing: Option<String>,
    /// The window closes once everything is saved.
    closing: bool,
    /// The window closes without saving.
    forced: bool,
}

/// Appearance of the window: dark theme, state of the 3D view, arrangement of panels; none for the default.
pub type Appearance = (Option<bool>, Option<ViewSnapshot>, Option<Saved>);

impl Controller {
    /// Stores edits in a folder from now on, and restores those of the last window. Returns that window's appearance.
    pub fn open_session_store(&mut self, folder: &Path, with_place: bool) -> Appearance {
        let (store, found) = SessionStore::open(folder, self.wake.clone());
        let StoredSessions {
            last,
            lost,
            left,
            problems,
        } = found;
        self.tracker.store = Some(store);
        self.tracker.left = left;
        self.state.recovered = lost;
        for problem in problems {
            self.report_error(&problem);
        }
        let Some(last) = last else {
            return Appearance::default();
        };
        if let Some((profile, mode)) = last.scoring {
            (self.state.scoring.profile, self.state.scoring.mode) = (profile, mode);
        }
        let count = last.drafts.len();
        for draft in last.drafts {
            self.restore_draft(draft, false);
        }
        if count > 0 {
            let what = if count == 1 {
                "1 unsaved edit".to_owned()
            } else {
                format!("{count} unsaved edits")
            };
            self.log(format!("restored {what}"));
        }
        let known = self
            .state
            .sessions
            .iter()
            .position(|session| session.task.id == last.task);
        if let Some(index) = known.filter(|_| with_place) {
            self.state.current = index;
        }
        self.score_unscored();
        self.tracker.look = (last.dark, last.view, last.panels);
        self.tracker.look.clone()
    }

    /// Sets the appearance to store.
    pub fn set_appearance(&mut self, dark: bool, view: ViewSnapshot, panels: Option<Saved>) {
        self.tracker.look = (Some(dark), Some(view), panels);
    }

    /// Saves changes once they are due; returns the seconds until then.
    pub(super) fn save_when_due(&mut self) -> Option<f64> {
        self.handle_store_events();
        self.tracker.store.as_ref()?;
        let now = self.state.now;
        let mark = self.mark();
        if self.tracker.mark != Some(mark) {
            self.tracker.mark = Some(mark);
            // The first mark is that of the restored session.
            self.tracker.due.get_or_insert(now + PAUSE);
        }
        let due = self.tracker.due?;
        if due > now {
            return Some(due - now);
        }
        self.tracker.due = None;
        let snapshot = self.snapshot();
        if let Some(store) = &mut self.tracker.store {
            store.save(snapshot);
        }
        None
    }

    fn handle_store_events(&mut self) {
        let store = self.tracker.store.as_ref();
        let events: Vec<_> = store.iter().flat_map(|store| store.events.try_iter()).collect();
        for event in events {
            match event {
                SessionStoreEvent::Failing(message) => {
                    self.report_error(&message);
                    self.tracker.failing = Some(message);
                }
                SessionStoreEvent::Working => {
                    self.log("edits can be recovered after a crash again".to_owned());
                    let reported = self.tracker.failing.take();
                    let reported = reported.map(|message| Notice::from_message(&message, false));
                    self.state
                        .notice
                        .take_if(|notice| Some(&*notice) == reported.as_ref());
                }
            }
        }
    }

    fn snapshot(&self) -> SessionSnapshot {
        let drafts = self.state.sessions.iter().flat_map(|session| {
            session
                .cards
                .iter()
                .filter(|card| is_draft(card))
                .map(|card| Draft {
                    task: session.task.id.clone(),
                    file: card.file.clone(),
                    code: card.code.clone(),
                })
        });
        SessionSnapshot {
            task: self.state.session().task.id.clone(),
            scoring: Some((self.state.scoring.profile, self.state.scoring.mode)),
            dark: self.tracker.look.0,
            view: self.tracker.look.1,
            panels: self.tracker.look.2.clone(),
            drafts: drafts.collect(),
        }
    }

    /// A hash that changes when there is something new to save.
    fn mark(&self) -> u64 {
        let drafts = self
            .state
            .sessions
            .iter()
            .flat_map(|session| &session.cards)
            .filter(|card| is_draft(card));
        let drafts: Vec<_> = drafts
            .map(|card| (card.id, card.revision, card.saved_revision))
            .collect();
        let scoring = (self.state.scoring.profile, self.state.scoring.mode);
        egui::epaint::util::hash((self.state.current, scoring, drafts, &self.tracker.look))
    }

    /// Handles the answer whether to restore recovered edits.
    pub(super) fn answer_recovery(&mut self, restore: bool) {
        let lost = std::mem::take(&mut self.state.recovered);
        if restore {
            for draft in lost {
                self.restore_draft(draft, true);
            }
        }
        // The new copy reaches the disk before the old files are removed.
        let (snapshot, left) = (self.snapshot(), std::mem::take(&mut self.tracker.left));
        if let Some(store) = &mut self.tracker.store {
            store.save_and_remove(snapshot, left);
        }
    }

    fn restore_draft(&mut self, draft: Draft, select: bool) {
        let id = CardId(self.fresh_id());
        let index = self
            .state
            .sessions
            .iter()
            .position(|session| session.task.id == draft.task);
        // The task no longer exists: the edit goes to the task on screen.
        let index = index.unwrap_or(self.state.current);
        let session = &mut self.state.sessions[index];
        if session.cards.iter().any(|card| card.code == draft.code) {
            return;
        }
        if let Some(file) = &draft.file {
            self.files.watch(file.clone(), &draft.code);
        }
        let mut card = Card::new(id, Origin::Hand, Some(session.seed().id), draft.code);
        card.file = draft.file;
        // The file differs from the draft.
        card.revision = 1;
        session.cards.push(card);
        if select {
            session.selected = id;
            self.state.current = index;
            self.assess(index, id, Priority::Live);
        }
    }

    /// Handles a card's file that changed on disk.
    pub(super) fn handle_changed_file(&mut self, path: &Path, code: &str) {
        let mut reloaded = Vec::new();
        for (index, session) in self.state.sessions.iter_mut().enumerate() {
            for card in &mut session.cards {
                if card.file.as_deref() != Some(path) {
                    continue;
                }
                if card.code == code {
                    card.saved_revision = card.revision;
                } else if card.unsaved() {
                    self.state.conflict = Some(Conflict {
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
            self.log(format!(
                "{} changed on disk and was loaded again",
                file_name(path)
            ));
            self.assess(session, card, Priority::Live);
        }
    }

    /// Handles the answer about a file that changed on disk while it had unsaved edits.
    pub(super) fn answer_conflict(&mut self, load: bool) {
        let Some(conflict) = self.state.conflict.take() else {
            return;
        };
        if !load {
            return;
        }
        let found = self
            .state
            .sessions
            .iter_mut()
            .enumerate()
            .find_map(|(index, session)| {
                let card = session.get_mut(conflict.card)?;
                reload(card, &conflict.code);
                Some(index)
            });
        if let Some(index) = found {
            self.assess(index, conflict.card, Priority::Live);
        }
    }

    /// Whether the window may close now; otherwise the question is displayed.
    pub fn may_close(&mut self) -> bool {
        let lost = self.lost_by_closing();
        let saved = self.tracker.closing && self.unsaved().is_empty() && lost.is_empty();
        if self.tracker.forced || saved {
            return true;
        }
        let quit = Quit {
            running: self
                .state
                .repair()
                .map_or_else(|| self.client_activity(), |running| Some(running.what.clone())),
            unsaved: self
                .unsaved()
                .into_iter()
                .map(|(_, path)| path.display().to_string())
                .collect(),
            lost,
        };
        if quit.running.is_none() && quit.unsaved.is_empty() && quit.lost.is_empty() {
            return true;
        }
        self.state.quit = Some(quit);
        false
    }

    pub(super) fn quit(&mut self, save: bool) {
        self.state.quit = None;
        self.cancel_all();
        self.tracker.closing = save;
        self.tracker.forced = !save;
        if save {
            for (card, path) in self.unsaved() {
                self.use_path(PathPurpose::Save(card), path);
            }
        } else {
            self.effects.push(Effect::Close);
        }
    }

    /// Closes the window after the last save; a failed save keeps it open.
    pub(super) fn close_when_saved(&mut self, failed: bool) {
        if !self.tracker.closing {
            return;
        }
        if failed {
            self.tracker.closing = false;
        } else if self.unsaved().is_empty() {
            self.effects.push(Effect::Close);
        }
    }

    /// Edits without a file that cannot be saved for the next start.
    fn lost_by_closing(&self) -> Vec<String> {
        if self.tracker.failing.is_none() {
            return Vec::new();
        }
        let cards = self
            .state
            .sessions
            .iter()
            .flat_map(|session| session.cards.iter().map(move |card| (session, card)));
        cards
            .filter(|(_, card)| is_draft(card) && card.file.is_none())
            .map(|(session, card)| format!("{}: {}", session.task.id, session.title(card)))
            .collect()
    }

    fn unsaved(&self) -> Vec<(CardId, PathBuf)> {
        let cards = self.state.sessions.iter().flat_map(|session| &session.cards);
        cards
            .filter(|card| card.unsaved())
            .filter_map(|card| Some((card.id, card.file.clone()?)))
            .collect()
    }
}

/// Whether a card holds code that no file holds.
fn is_draft(card: &Card) -> bool {
    let of_row = card.row.is_some() && card.revision == 0;
    card.origin == Origin::Hand && !of_row && (card.file.is_none() || card.unsaved())
}

fn reload(card: &mut Card, code: &str) {
    code.clone_into(&mut card.code);
    card.revision += 1;
    card.saved_revision = card.revision;
    card.activity = Activity::Idle;
}
