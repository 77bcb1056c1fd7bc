//! Tracks the sessions: saves unsaved edits while typing, restores them, and knows when the window may close.

use std::path::Path;

use crate::engine::Wake;
use crate::studio::dock::Saved;
use crate::studio::session_store::{
    PAUSE, SessionSnapshot, SessionStore, SessionStoreEvent, StoredSessions, UnrecoveredFile, ViewSnapshot,
};
use crate::studio::state::{Messages, Notice, Sessions, UnsavedEdit};

/// The session store, and what is to be saved there.
#[derive(Default)]
pub(super) struct SessionTracker {
    store: Option<SessionStore>,
    /// Hash of the last saved snapshot.
    mark: Option<u64>,
    due: Option<f64>,
    /// Sessions of windows that did not exit normally.
    left: Vec<UnrecoveredFile>,
    pub appearance: Appearance,
    /// The reported error, while edits cannot be saved.
    failing: Option<String>,
    closing: Closing,
}

#[derive(Clone, Debug, Default, PartialEq, Hash)]
pub struct Appearance {
    /// Dark theme; none for the default.
    pub dark: Option<bool>,
    /// State of the 3D view.
    pub view: Option<ViewSnapshot>,
    /// Arrangement of panels; none for the default.
    pub panels: Option<Saved>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Closing {
    #[default]
    No,
    /// Once everything is saved.
    WhenSaved,
    /// Without saving.
    Forced,
}

impl SessionTracker {
    /// Stores sessions in a folder from now on; returns those of earlier windows.
    pub fn open(
        &mut self,
        folder: &Path,
        wake: Wake,
    ) -> (Option<SessionSnapshot>, Vec<UnsavedEdit>, Vec<String>) {
        let (store, found) = SessionStore::open(folder, wake);
        let StoredSessions {
            last,
            lost,
            left,
            problems,
        } = found;
        self.store = Some(store);
        self.left = left;
        (last, lost, problems)
    }

    /// Saves changes once they are due; returns the seconds until then.
    pub fn update(&mut self, sessions: &Sessions, messages: &mut Messages) -> Option<f64> {
        self.handle_events(messages);
        self.store.as_ref()?;
        let now = sessions.now;
        let mark = self.mark(sessions);
        if self.mark != Some(mark) {
            self.mark = Some(mark);
            // The first mark is that of the restored session.
            self.due.get_or_insert(now + PAUSE);
        }
        let due = self.due?;
        if due > now {
            return Some(due - now);
        }
        self.due = None;
        let snapshot = self.snapshot(sessions);
        if let Some(store) = &mut self.store {
            store.save(snapshot);
        }
        None
    }

    fn handle_events(&mut self, messages: &mut Messages) {
        let store = self.store.as_ref();
        for event in store.iter().flat_map(|store| store.events.try_iter()) {
            match event {
                SessionStoreEvent::Failing(message) => {
                    messages.report_error(&message);
                    self.failing = Some(message);
                }
                SessionStoreEvent::Working => {
                    messages.log("edits can be recovered after a crash again");
                    let reported = self.failing.take();
                    let reported = reported.map(|message| Notice::from_message(&message, false));
                    messages
                        .notice
                        .take_if(|notice| Some(&*notice) == reported.as_ref());
                }
            }
        }
    }

    fn snapshot(&self, sessions: &Sessions) -> SessionSnapshot {
        let Appearance { dark, view, panels } = self.appearance.clone();
        SessionSnapshot {
            task: sessions.session().task.id.clone(),
            scoring: Some((sessions.scoring.profile, sessions.scoring.mode)),
            dark,
            view,
            panels,
            drafts: sessions.unsaved_edits(),
        }
    }

    /// A hash that changes when there is something new to save.
    fn mark(&self, sessions: &Sessions) -> u64 {
        let drafts: Vec<_> = sessions
            .cards()
            .filter(|(_, card)| card.is_draft())
            .map(|(_, card)| (card.id, card.revision, card.saved_revision))
            .collect();
        let scoring = (sessions.scoring.profile, sessions.scoring.mode);
        egui::epaint::util::hash((sessions.current, scoring, drafts, &self.appearance))
    }

    /// Saves after a decision on recovered edits. The new copy reaches the disk before the old files are removed.
    pub fn settle_recovered(&mut self, sessions: &Sessions) {
        let (snapshot, left) = (self.snapshot(sessions), std::mem::take(&mut self.left));
        if let Some(store) = &mut self.store {
            store.save_and_remove(snapshot, left);
        }
    }

    /// Closes the window: with `save`, once everything is saved.
    pub fn close(&mut self, save: bool) {
        self.closing = if save { Closing::WhenSaved } else { Closing::Forced };
    }

    /// Whether the window closes after the last save; a failed save keeps it open.
    pub fn closes_after_save(&mut self, failed: bool, sessions: &Sessions) -> bool {
        if failed && self.closing == Closing::WhenSaved {
            self.closing = Closing::No;
        }
        self.closing == Closing::WhenSaved && sessions.unsaved_files().is_empty()
    }

    /// Whether the window closes without a question.
    pub fn may_close(&self, sessions: &Sessions) -> bool {
        match self.closing {
            Closing::No => false,
            Closing::WhenSaved => {
                sessions.unsaved_files().is_empty() && self.lost_by_closing(sessions).is_empty()
            }
            Closing::Forced => true,
        }
    }

    /// Edits without a file that cannot be saved for the next start.
    pub fn lost_by_closing(&self, sessions: &Sessions) -> Vec<String> {
        if self.failing.is_none() {
            return Vec::new();
        }
        sessions
            .cards()
            .filter(|(_, card)| card.is_draft() && card.file.is_none())
            .map(|(session, card)| format!("{}: {}", session.task.id, session.title(card)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::assess::Scoring;
    use crate::studio::state::{Card, CardId};
    use crate::studio::testing::task;
    use crate::trajectory::Origin;

    #[test]
    fn an_edit_is_saved_after_the_pause_and_a_failed_save_keeps_the_window_open() {
        let folder = tempfile::tempdir().unwrap();
        let mut sessions = Sessions::new([task("part", "Part")], Scoring::default()).unwrap();
        let (mut tracker, mut messages) = (SessionTracker::default(), Messages::default());
        assert_eq!(
            tracker.update(&sessions, &mut messages),
            None,
            "there is no store"
        );
        let (last, lost, problems) = tracker.open(folder.path(), Arc::new(|| {}));
        assert!(last.is_none() && lost.is_empty() && problems.is_empty());
        let mut card = Card::new(CardId(7), Origin::Hand, None, "edited".to_owned());
        card.file = Some("part.py".into());
        card.revision = 1;
        sessions.all[0].cards.push(card);
        assert_eq!(tracker.update(&sessions, &mut messages), Some(PAUSE));
        sessions.now += PAUSE;
        assert_eq!(tracker.update(&sessions, &mut messages), None);

        tracker.close(true);
        assert!(!tracker.may_close(&sessions), "the file is not saved");
        assert!(!tracker.closes_after_save(true, &sessions));
        sessions.all[0].cards[1].saved_revision = 1;
        assert!(
            !tracker.closes_after_save(false, &sessions),
            "the failed save ended it"
        );
        tracker.close(true);
        assert!(tracker.closes_after_save(false, &sessions) && tracker.may_close(&sessions));

        drop(tracker);
        let mut tracker = SessionTracker::default();
        let (last, ..) = tracker.open(folder.path(), Arc::new(|| {}));
        assert_eq!(last.unwrap().drafts[0].code, "edited");
    }
}
