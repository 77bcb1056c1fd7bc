//! Project folders: a script opened from a file may read its folder once the user has allowed it.

use std::path::{Path, PathBuf};

use super::Controller;
use crate::assess::Scoring;
use crate::executor::Priority;
use crate::executor::project::{self, Project};
use crate::studio::state::{Card, CardId, Session};

impl Controller {
    /// The current scoring with the files that a card may read. The current scoring alone allows none: rows and steps of clients
    /// are scored without files.
    pub(super) fn with_project(&self, session: &Session, card: &Card) -> Scoring {
        let mut scoring = self.state.scoring.clone();
        let folder = folder_of(session, card);
        scoring.project = folder
            .and_then(|folder| self.state.projects.get(&folder))
            .cloned();
        scoring
    }

    /// Examines the folder of an opened file on a background thread.
    pub(super) fn examine_project(&self, file: &Path) {
        if let Some(folder) = file.parent().and_then(|folder| folder.canonicalize().ok()) {
            self.files.open_project(folder);
        }
    }

    /// Uses an allowed folder; asks about another one that holds more than the script.
    pub(super) fn handle_project(&mut self, folder: &Path, opened: Result<Project, String>) {
        let is_listed = |folders: &[PathBuf]| folders.iter().any(|listed| listed == folder);
        let is_allowed = is_listed(&self.state.settings.project_folders);
        let is_wanted = self
            .state
            .requested_project
            .take_if(|wanted| wanted == folder)
            .is_some();
        self.state.unusable_projects.remove(folder);
        match opened {
            Ok(project) if is_allowed => {
                if is_wanted {
                    self.log(format!("scripts may read files in {}", folder.display()));
                }
                self.use_project(project);
            }
            Ok(project) if is_wanted || (project.entries().len() > 1 && !self.is_refused(folder)) => {
                self.state.project_question = Some(project);
            }
            // Nobody requested it.
            Ok(_) => {}
            Err(message) if is_allowed || is_wanted => self.report_error(&message),
            Err(message) => {
                self.state.unusable_projects.insert(folder.to_owned(), message);
                // The script may have failed before its folder was examined.
                self.explain_project(self.state.current, self.state.card().id);
            }
        }
    }

    /// Asks about the folder of the file on screen, whatever the earlier answer was.
    pub(super) fn ask_about_project(&mut self) {
        let session = self.state.session();
        let Some(folder) = folder_of(session, session.card()) else {
            return self.report_error(
                "this code has no file, and so no folder to read\nhint: save it (Ctrl+S) beside the files that it reads",
            );
        };
        self.state.denied_projects.retain(|refused| *refused != folder);
        self.state.requested_project = Some(folder.clone());
        self.files.open_project(folder);
    }

    /// Reports once why a script cannot read the files beside it, if it failed for lack of one and its folder cannot be a
    /// project folder. Scripts that read no file get no message.
    pub(super) fn explain_project(&mut self, session: usize, card: CardId) {
        let session = &self.state.sessions[session];
        let Some(card) = session.get(card) else { return };
        let needs_files = |card: &Card| {
            card.failure()
                .is_some_and(|failure| failure.message.contains(project::NEEDED))
        };
        if needs_files(card)
            && let Some(folder) = folder_of(session, card)
            && let Some(message) = self.state.unusable_projects.remove(&folder)
        {
            self.report_error(&message);
        }
    }

    fn is_refused(&self, folder: &Path) -> bool {
        self.state.denied_projects.iter().any(|refused| refused == folder)
    }

    /// Handles the user's answer; an allowed folder is saved in the settings.
    pub(super) fn answer_project(&mut self, allow: bool) {
        let Some(project) = self.state.project_question.take() else {
            return;
        };
        let folder = project.folder().to_owned();
        if !allow {
            self.state.denied_projects.push(folder);
            return;
        }
        let mut settings = self.state.settings.clone();
        settings.project_folders.push(folder);
        if let Some(path) = &self.state.settings_file {
            self.files.save_settings(path.clone(), settings.clone());
        }
        self.state.settings = settings;
        self.use_project(project);
    }

    /// Scores the cards again that may read the folder from now on.
    fn use_project(&mut self, project: Project) {
        let folder = project.folder().to_owned();
        if self.state.projects.get(&folder) == Some(&project) {
            return;
        }
        self.state.projects.insert(folder.clone(), project);
        let mut cards = Vec::new();
        for (index, session) in self.state.sessions.iter().enumerate() {
            let reads = |card: &&Card| folder_of(session, card).as_ref() == Some(&folder);
            cards.extend(session.cards.iter().filter(reads).map(|card| (index, card.id)));
        }
        for (session, card) in cards {
            let is_shown = session == self.state.current && card == self.state.card().id;
            let priority = if is_shown { Priority::Live } else { Priority::Batch };
            self.assess(session, card, priority);
        }
    }
}

/// Folder of the file that a card, or its nearest ancestor with a file, was opened from or saved to.
fn folder_of(session: &Session, card: &Card) -> Option<PathBuf> {
    let mut next = Some(card);
    while let Some(card) = next {
        // Code of a row has no folder.
        if card.row.is_some() {
            return None;
        }
        if let Some(file) = &card.file {
            return file.parent()?.canonicalize().ok();
        }
        next = card.parent.and_then(|parent| session.get(parent));
    }
    None
}
