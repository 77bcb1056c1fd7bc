//! What concerns several parts: opened content, paths, and closing the window.

use std::path::{Path, PathBuf};

use super::runs::RunRequest;
use super::{Appearance, Controller};
use crate::studio::command::WindowCommand;
use crate::studio::files::{FileEvent, Written};
use crate::studio::session_store::SessionSnapshot;
use crate::studio::share::Timeline;
use crate::studio::state::{BuildPhase, CardId, PathPurpose, Quit, UnsavedEdit};
use crate::trajectory::Trajectory;

impl Controller {
    pub(super) fn handle_file_events(&mut self) {
        while let Some(event) = self.files.io.next() {
            self.handle_file_event(event);
        }
    }

    fn handle_file_event(&mut self, event: FileEvent) {
        let messages = &mut self.messages;
        match event {
            FileEvent::PathChosen(purpose, path) | FileEvent::PathChecked(purpose, path, false) => {
                self.use_path(purpose, path);
            }
            FileEvent::PathChecked(purpose, path, true) => self.files.ask_to_overwrite(purpose, path),
            FileEvent::NoDialog(purpose, suggested) => {
                let start = match std::env::var_os("HOME") {
                    Some(home) if !suggested.is_empty() => {
                        PathBuf::from(home).join(suggested).display().to_string()
                    }
                    Some(_) | None => suggested,
                };
                self.files.prompt_for_path(purpose, start);
            }
            FileEvent::Read(path, Ok(code)) => {
                self.files.io.watch(&path, &code);
                self.files.examine_project(&path);
                let task = self.sessions.state.of_file(&path);
                if let Some(task) = task {
                    self.sessions.state.current = task;
                }
                self.sessions.show_file(path, code);
                if std::mem::take(&mut self.files.asks_for_task) && task.is_none() {
                    self.files.state.task_question = Some(self.sessions.state.card().id);
                }
            }
            FileEvent::Project(folder, opened) => {
                let allowed = self.setup.state.settings.project_folders.contains(&folder);
                let project = self.files.handle_project(&folder, *opened, allowed, messages);
                match project {
                    Some(project) => self.sessions.use_project(project),
                    // The script may have failed before its folder was examined.
                    None => self.explain_project(self.sessions.state.card().id),
                }
            }
            FileEvent::Trajectory(read) => match *read {
                Ok(trajectory) => self.show_trajectory(trajectory),
                Err(message) => messages.report_error(&message),
            },
            FileEvent::Rows(Ok(rows), notes) => {
                let needless = self.runs.show(rows, notes, messages);
                self.sessions.cancel_shapes(needless);
            }
            FileEvent::Exported(path, Ok(())) => messages.log(format!("wrote {}", path.display())),
            FileEvent::Rows(Err(message), _)
            | FileEvent::Read(_, Err(message))
            | FileEvent::Exported(_, Err(message)) => messages.report_error(&message),
            FileEvent::Changed(path, code) => self.handle_changed_file(&path, &code),
            FileEvent::Written(written) => self.handle_written(written),
        }
    }

    fn handle_changed_file(&mut self, path: &Path, code: &str) {
        if let Some(conflict) = self.sessions.reload_file(path, code, &mut self.messages) {
            self.files.state.conflict = Some(conflict);
        }
    }

    fn handle_written(&mut self, written: Written) {
        let Written {
            path,
            card,
            revision,
            result,
            conflict,
        } = written;
        if let Some(code) = conflict {
            self.handle_changed_file(&path, &code);
        }
        let failed = result.is_err();
        match result {
            Ok(()) => {
                self.messages.log(format!("saved {}", path.display()));
                if let Some(card) = self.sessions.state.find_mut(card) {
                    card.file = Some(path);
                    card.saved_revision = revision;
                }
            }
            Err(message) => self.messages.report_error(&message),
        }
        if self.tracker.closes_after_save(failed, &self.sessions.state) {
            self.window.push(WindowCommand::Close);
        }
    }

    pub(super) fn handle_run_request(&mut self, request: RunRequest) {
        match request {
            RunRequest::Show { row, task, code } => {
                match self.sessions.show_row(row, task.as_deref(), code) {
                    Ok(()) => {
                        self.runs.state.open_row = Some(row);
                        self.serving.state.shown = None;
                    }
                    Err(message) => self.messages.report_error(&message),
                }
            }
            RunRequest::Build(group, codes) => {
                let mut phases = Vec::new();
                for (row, code) in codes {
                    phases.push(match code {
                        Ok((task, code)) => self.build_row(row, task.as_deref(), &code),
                        Err(message) => BuildPhase::Broken(message),
                    });
                }
                self.runs.set_phases(group, phases);
            }
        }
    }

    fn build_row(&mut self, row: usize, task: Option<&str>, code: &str) -> BuildPhase {
        let sessions = &self.sessions.state;
        let session = match task {
            Some(id) => match sessions.of_task(id) {
                Some(session) => session,
                None => return BuildPhase::Broken(format!("task not loaded: {id}")),
            },
            None => sessions.current,
        };
        let what = format!("row {}", row + 1);
        BuildPhase::Building(self.sessions.build_shape(session, code, what))
    }

    /// Displays a stored repair loop.
    pub fn show_trajectory(&mut self, trajectory: Trajectory) {
        self.sessions.show_trajectory(trajectory, &mut self.messages);
    }

    pub(super) fn show_client_step(&mut self, serial: u64) {
        let Some(step) = self.serving.state.step(serial) else {
            return;
        };
        match self.sessions.show_client_step(step) {
            Ok(()) => {
                self.runs.state.open_row = None;
                self.serving.state.shown = Some(serial);
            }
            Err(message) => self.messages.report_error(&message),
        }
    }

    pub(super) fn save(&mut self) {
        let card = self.sessions.state.card();
        match card.file.clone() {
            Some(path) => self.use_path(PathPurpose::Save(card.id), path),
            None => self.save_as(),
        }
    }

    pub(super) fn save_as(&self) {
        let (session, card) = (self.sessions.state.session(), self.sessions.state.card());
        let name = match card.file.as_ref().and_then(|path| path.file_name()) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => format!("{}.py", session.task.id),
        };
        self.files.io.choose_path(PathPurpose::Save(card.id), name);
    }

    pub(super) fn choose_export(&self, purpose: PathPurpose, extension: &str) {
        let name = format!("{}.{extension}", self.sessions.state.session().task.id);
        self.files.io.choose_path(purpose, name);
    }

    pub(super) fn use_typed_path(&mut self, purpose: PathPurpose, path: PathBuf) {
        let is_own = match purpose {
            PathPurpose::Save(id) => {
                let card = self.sessions.state.find(id);
                card.is_some_and(|card| card.file.as_ref() == Some(&path))
            }
            // Refused, whatever the answer is.
            PathPurpose::Rows => self
                .runs
                .state
                .rows
                .as_ref()
                .is_some_and(|rows| rows.path == path),
            PathPurpose::Open
            | PathPurpose::Folder
            | PathPurpose::Compare
            | PathPurpose::Export(_)
            | PathPurpose::Step => false,
        };
        if self.files.accept_typed_path(purpose, &path, is_own) {
            self.use_path(purpose, path);
        }
    }

    pub(super) fn use_path(&mut self, purpose: PathPurpose, path: PathBuf) {
        match purpose {
            PathPurpose::Open | PathPurpose::Folder => self.open(path),
            PathPurpose::Compare => self.runs.read_other(path),
            PathPurpose::Rows => self.runs.export_rows(path, &mut self.messages),
            PathPurpose::Step => self.sessions.export_step(path),
            PathPurpose::Export(format) => {
                let timeline = Timeline::of(self.sessions.state.session());
                self.files.io.export(path, timeline, format);
            }
            PathPurpose::Save(card) => {
                let sessions = &self.sessions.state;
                if self.files.save(card, path, sessions, &mut self.messages) {
                    self.window.push(WindowCommand::SealUndo);
                }
            }
        }
    }

    /// Reports why a scored card cannot read the files beside it, once.
    pub(super) fn explain_project(&mut self, card: CardId) {
        let mut cards = self.sessions.state.cards();
        if let Some((session, card)) = cards.find(|(_, other)| other.id == card) {
            self.files.explain_project(session, card, &mut self.messages);
        }
    }

    /// Asks which task the next opened file is for, unless it lies in a task's folder or a task is chosen before.
    pub fn ask_for_task(&mut self) {
        self.files.asks_for_task = true;
    }

    /// Handles the user's answer about the task of an opened file.
    pub(super) fn answer_task(&mut self, task: Option<&str>) {
        let Some(card) = self.files.state.task_question.take() else {
            return;
        };
        if let Some(task) = task.and_then(|id| self.sessions.state.of_task(id)) {
            self.sessions.move_to_task(card, task);
        }
    }

    /// Handles the user's answer about a project folder; an allowed folder is saved in the settings.
    pub(super) fn answer_project(&mut self, allow: bool) {
        let Some(project) = self.files.answer_project(allow) else {
            return;
        };
        let mut settings = self.setup.state.settings.clone();
        settings.project_folders.push(project.folder().to_owned());
        self.setup.save(settings);
        self.sessions.use_project(project);
    }

    /// Stores edits in a folder from now on, and restores those of the last window. Returns that window's appearance.
    pub fn open_session_store(&mut self, folder: &Path, with_place: bool) -> Appearance {
        let (last, lost, problems) = self.tracker.open(folder, self.wake.clone());
        self.files.state.recovered = lost;
        for problem in problems {
            self.messages.report_error(&problem);
        }
        let Some(last) = last else {
            return Appearance::default();
        };
        let SessionSnapshot {
            task,
            scoring,
            dark,
            view,
            panels,
            drafts,
        } = last;
        let sessions = &mut self.sessions.state;
        if let Some((profile, mode)) = scoring {
            (sessions.scoring.profile, sessions.scoring.mode) = (profile, mode);
        }
        match drafts.len() {
            0 => {}
            1 => self.messages.log("restored 1 unsaved edit"),
            count => self.messages.log(format!("restored {count} unsaved edits")),
        }
        self.restore_edits(drafts, false);
        let sessions = &mut self.sessions.state;
        if let Some(index) = sessions.of_task(&task).filter(|_| with_place) {
            sessions.current = index;
            self.files.asks_for_task = false;
        }
        self.sessions.score_unscored();
        self.tracker.appearance = Appearance { dark, view, panels };
        self.tracker.appearance.clone()
    }

    pub fn set_appearance(&mut self, appearance: Appearance) {
        self.tracker.appearance = appearance;
    }

    fn restore_edits(&mut self, edits: Vec<UnsavedEdit>, select: bool) {
        for edit in edits {
            let file = edit.file.clone().map(|file| (file, edit.code.clone()));
            if self.sessions.restore_edit(edit, select)
                && let Some((file, code)) = file
            {
                self.files.io.watch(&file, &code);
            }
        }
    }

    /// Handles the answer whether to restore recovered edits.
    pub(super) fn answer_recovery(&mut self, restore: bool) {
        let lost = std::mem::take(&mut self.files.state.recovered);
        if restore {
            self.restore_edits(lost, true);
        }
        self.tracker.settle_recovered(&self.sessions.state);
    }

    /// Whether the window may close now; otherwise the question is displayed.
    pub fn may_close(&mut self) -> bool {
        let sessions = &self.sessions.state;
        if self.tracker.may_close(sessions) {
            return true;
        }
        let quit = Quit {
            running: match sessions.repair() {
                Some(running) => Some(running.what.clone()),
                None => self.serving.client_activity(),
            },
            unsaved: sessions
                .unsaved_files()
                .into_iter()
                .map(|(_, path)| path.display().to_string())
                .collect(),
            lost: self.tracker.lost_by_closing(sessions),
        };
        if quit.running.is_none() && quit.unsaved.is_empty() && quit.lost.is_empty() {
            return true;
        }
        self.files.state.quit = Some(quit);
        false
    }

    pub(super) fn quit(&mut self, save: bool) {
        self.files.state.quit = None;
        self.sessions.cancel_all(&mut self.messages);
        self.tracker.close(save);
        if save {
            for (card, path) in self.sessions.state.unsaved_files() {
                self.use_path(PathPurpose::Save(card), path);
            }
        } else {
            self.window.push(WindowCommand::Close);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::assess::Scoring;
    use crate::studio::state::Sessions;
    use crate::studio::testing::{FakeBackend, task};

    #[test]
    fn a_run_after_an_idle_time_starts_now() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part.py");
        std::fs::write(&path, "part = 1\n").unwrap();
        let sessions = Sessions::new([task("part", "Part")], Scoring::default()).unwrap();
        let backend = Box::new(FakeBackend::ready());
        let mut controller = Controller::new(sessions, backend, Arc::new(|| {}));
        controller.open(path);
        let mut now = 0.0;
        while controller.state().sessions.running.len() < 2 {
            assert!(now < 1e6, "waited for the file");
            std::thread::sleep(std::time::Duration::from_millis(10));
            now += 100.0;
            controller.update(now);
        }
        assert_eq!(
            controller.state().sessions.running[1].since.to_bits(),
            now.to_bits()
        );
    }
}
