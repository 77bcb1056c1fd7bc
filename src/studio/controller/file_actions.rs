//! File actions: opening, saving, and files that changed on disk.

use std::path::PathBuf;

use super::{Controller, Effect};
use crate::executor::Priority;
use crate::studio::command::Overwriting;
use crate::studio::files::FileEvent;
use crate::studio::share::{ExportFormat, Timeline};
use crate::studio::state::{Card, CardId, Outcome, Overwrite, PathPrompt, PathPurpose};
use crate::trajectory::Origin;

impl Controller {
    /// As [`Self::use_path`] for a typed path: a file dialog itself asks before it replaces a file.
    pub(super) fn use_typed_path(&mut self, purpose: PathPurpose, path: PathBuf) {
        let own = match purpose {
            PathPurpose::Save(id) => {
                let mut sessions = self.state.sessions.iter();
                let card = sessions.find_map(|session| session.get(id));
                card.is_some_and(|card| card.file.as_ref() == Some(&path))
            }
            // Refused, whatever the answer is.
            PathPurpose::Rows => self.state.rows.as_ref().is_some_and(|rows| rows.path == path),
            PathPurpose::Open
            | PathPurpose::Folder
            | PathPurpose::Compare
            | PathPurpose::Export(_)
            | PathPurpose::Step => false,
        };
        if purpose.writes() && !own {
            self.files.check_path(purpose, path);
        } else {
            self.use_path(purpose, path);
        }
    }

    /// Handles the answer whether an existing file is replaced.
    pub(super) fn answer_overwrite(&mut self, answer: Overwriting) {
        let Some(Overwrite { purpose, path }) = self.state.overwrite.take() else {
            return;
        };
        match answer {
            Overwriting::Replace => self.use_path(purpose, path),
            Overwriting::Rename => self.prompt_for_path(purpose, path.display().to_string()),
            Overwriting::Cancel => {}
        }
    }

    fn prompt_for_path(&mut self, purpose: PathPurpose, start: String) {
        let serial = self.fresh_id();
        self.state.path_prompt = Some(PathPrompt {
            purpose,
            start,
            serial,
        });
    }

    pub(super) fn use_path(&mut self, purpose: PathPurpose, path: PathBuf) {
        match purpose {
            PathPurpose::Open | PathPurpose::Folder => self.open(path),
            PathPurpose::Compare => self.files.read_other(path),
            PathPurpose::Rows => self.export_rows(path),
            PathPurpose::Step => self.export_step(path),
            PathPurpose::Export(format) => {
                let timeline = Timeline::of(self.state.session());
                self.files.export(path, timeline, format);
            }
            PathPurpose::Save(id) => {
                let found = self.state.sessions.iter().find_map(|session| session.get(id));
                match found.map(|card| (card.code.clone(), card.revision)) {
                    Some((code, revision)) => {
                        self.files.write(path, code, id, revision);
                        self.effects.push(Effect::Saving);
                    }
                    None => {
                        self.report_error(
                            "the step to save no longer exists\nhint: choose a step and save again",
                        );
                    }
                }
            }
        }
    }

    pub(super) fn suggested_name(&self) -> String {
        match self.state.card().file.as_ref().and_then(|path| path.file_name()) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => format!("{}.py", self.state.session().task.id),
        }
    }

    pub(super) fn suggested_export(&self, format: ExportFormat) -> String {
        format!("{}.{}", self.state.session().task.id, format.extension())
    }

    pub(super) fn suggested_step(&self) -> String {
        format!("{}.step", self.state.session().task.id)
    }

    pub(super) fn handle_file_event(&mut self, event: FileEvent) {
        match event {
            FileEvent::PathChosen(purpose, path) => self.use_path(purpose, path),
            FileEvent::NoDialog(purpose) => {
                let beside = |name: String| match std::env::var_os("HOME") {
                    Some(home) => PathBuf::from(home).join(name).display().to_string(),
                    None => name,
                };
                let start = match purpose {
                    PathPurpose::Open | PathPurpose::Folder | PathPurpose::Compare => String::new(),
                    PathPurpose::Rows => beside(self.suggested_rows()),
                    PathPurpose::Save(_) => beside(self.suggested_name()),
                    PathPurpose::Step => beside(self.suggested_step()),
                    PathPurpose::Export(format) => beside(self.suggested_export(format)),
                };
                self.prompt_for_path(purpose, start);
            }
            FileEvent::PathChecked(purpose, path, true) => {
                self.state.overwrite = Some(Overwrite { purpose, path });
            }
            FileEvent::PathChecked(purpose, path, false) => self.use_path(purpose, path),
            FileEvent::Read(path, Ok(code)) => {
                self.files.watch(path.clone(), &code);
                self.examine_project(&path);
                self.show_file(path, code);
            }
            FileEvent::Project(folder, opened) => self.handle_project(&folder, *opened),
            FileEvent::Trajectory(read) => match *read {
                Ok(trajectory) => self.show_trajectory(trajectory),
                Err(message) => self.report_error(&message),
            },
            FileEvent::Rows(rows, notes) => self.show_rows(rows, notes),
            FileEvent::Other(Ok(rows)) => self.show_other(rows),
            FileEvent::Other(Err(message)) => self.report_error(&message),
            FileEvent::Group(group, codes) => self.build_group(group, codes),
            FileEvent::RowCode(index, read) => match read {
                Ok((task, code)) => self.show_row(index, task.as_deref(), code),
                Err(message) => self.report_error(&message),
            },
            FileEvent::Matches(serial, found) => {
                if serial == self.state.row_matches_serial {
                    match found {
                        Ok(found) => self.state.row_matches = Some(found),
                        Err(message) => self.report_error(&message),
                    }
                    self.state.row_matches_serial += 1;
                }
            }
            FileEvent::Report(rows, read) => self.handle_report(&rows, read),
            FileEvent::Imported(folder, imported) => self.handle_import(&folder, imported),
            FileEvent::EnvironmentCreated(made) => self.handle_environment(made),
            FileEvent::TaskWritten(written) => self.handle_task(written),
            FileEvent::CacheUsage(stored) => self.handle_cache_usage(stored),
            FileEvent::Exported(path, Ok(())) => self.log(format!("wrote {}", path.display())),
            FileEvent::NotSaved(message) | FileEvent::Exported(_, Err(message)) => {
                self.report_error(&message);
            }
            FileEvent::Changed(path, code) => self.handle_changed_file(&path, &code),
            FileEvent::Read(_, Err(message)) => self.report_error(&message),
            FileEvent::Written {
                path,
                card,
                revision,
                result: Ok(()),
            } => {
                self.log(format!("saved {}", path.display()));
                let found = self
                    .state
                    .sessions
                    .iter_mut()
                    .find_map(|session| session.get_mut(card));
                if let Some(card) = found {
                    card.file = Some(path);
                    card.saved_revision = revision;
                }
                self.close_when_saved(false);
            }
            FileEvent::Written {
                result: Err(message), ..
            } => {
                self.report_error(&message);
                self.close_when_saved(true);
            }
        }
    }

    /// Restarts the workers and scores the cards that they could not score.
    fn handle_environment(&mut self, made: Result<(), String>) {
        self.state.creating_environment = false;
        if let Err(message) = made {
            // Replaces the workers' message, which has the same cause.
            self.state.notice = None;
            self.report_error(&message);
            if let Some(notice) = &mut self.state.notice {
                notice.from_pool = true;
            }
            return;
        }
        self.log("Python environment installed".to_owned());
        self.state.notice = None;
        self.state.pool.error = None;
        self.backend.try_again();
        for session in &mut self.state.sessions {
            for card in &mut session.cards {
                if matches!(card.outcome, Outcome::InternalError { input: false, .. }) {
                    card.outcome = Outcome::Unknown;
                }
            }
        }
        self.score_unscored();
    }

    fn show_file(&mut self, path: PathBuf, code: String) {
        let id = CardId(self.fresh_id());
        let session = self.state.session_mut();
        let same = |card: &Card| card.file.as_ref() == Some(&path) && card.code == code;
        if let Some(card) = session.cards.iter().find(|card| same(card)) {
            session.selected = card.id;
            return;
        }
        let mut card = Card::new(id, Origin::Hand, Some(session.seed().id), code);
        card.file = Some(path);
        session.cards.push(card);
        session.selected = id;
        self.assess(self.state.current, id, Priority::Live);
    }
}
