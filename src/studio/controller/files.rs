//! Files: dialogs and typed paths, questions before a file is replaced, and folders that scripts may read.

use std::path::{Path, PathBuf};

use crate::engine::Wake;
use crate::executor::project::{self, Project};
use crate::studio::background::Operations;
use crate::studio::command::Overwriting;
use crate::studio::files::Files;
use crate::studio::state::{
    Card, CardId, Documents, Messages, Overwrite, PathPrompt, PathPurpose, Session, Sessions,
};

/// Files and the questions about them.
pub(super) struct FilePart {
    pub state: Documents,
    pub io: Files,
    prompts: u64,
    /// Whether the task of the next opened file is unknown, since the user has not chosen any yet.
    pub asks_for_task: bool,
    /// Project folders denied in this window.
    denied: Vec<PathBuf>,
    /// Project folder that a question was requested for.
    requested: Option<PathBuf>,
}

impl FilePart {
    pub fn new(wake: Wake, operations: Operations) -> Self {
        Self {
            state: Documents::default(),
            io: Files::new(wake, operations),
            prompts: 0,
            asks_for_task: false,
            denied: Vec::new(),
            requested: None,
        }
    }

    /// Asks for a path in the window, where no dialog can be shown.
    pub fn prompt_for_path(&mut self, purpose: PathPurpose, start: String) {
        self.prompts += 1;
        self.state.path_prompt = Some(PathPrompt {
            purpose,
            start,
            serial: self.prompts,
        });
    }

    /// Checks a typed path for an existing file; returns whether it can be used at once. `is_own`: whether it was opened for that
    /// purpose. A file dialog itself asks before it replaces a file.
    pub fn accept_typed_path(&mut self, purpose: PathPurpose, path: &Path, is_own: bool) -> bool {
        self.state.path_prompt = None;
        let must_ask = purpose.writes() && !is_own;
        if must_ask {
            self.io.check_path(purpose, path.to_owned());
        }
        !must_ask
    }

    /// Asks whether an existing file is to be replaced.
    pub fn ask_to_overwrite(&mut self, purpose: PathPurpose, path: PathBuf) {
        self.state.overwrite = Some(Overwrite { purpose, path });
    }

    /// Handles the answer whether an existing file is replaced; returns the path to use.
    pub fn answer_overwrite(&mut self, answer: Overwriting) -> Option<(PathPurpose, PathBuf)> {
        let Overwrite { purpose, path } = self.state.overwrite.take()?;
        match answer {
            Overwriting::Replace => return Some((purpose, path)),
            Overwriting::Rename => self.prompt_for_path(purpose, path.display().to_string()),
            Overwriting::Cancel => {}
        }
        None
    }

    /// Writes a card's code; returns whether the card exists.
    pub fn save(
        &mut self,
        card: CardId,
        path: PathBuf,
        sessions: &Sessions,
        messages: &mut Messages,
    ) -> bool {
        let Some(found) = sessions.find(card) else {
            messages.report_error("the step to save no longer exists\nhint: choose a step and save again");
            return false;
        };
        self.io.write(path, found.code.clone(), card, found.revision);
        true
    }

    /// Examines the folder of an opened file.
    pub fn examine_project(&self, file: &Path) {
        if let Some(folder) = file.parent().and_then(|folder| folder.canonicalize().ok()) {
            self.io.open_project(folder);
        }
    }

    /// Handles an examined folder; returns it if it is `allowed`. Asks about another one that holds more than the script.
    pub fn handle_project(
        &mut self,
        folder: &Path,
        opened: Result<Project, String>,
        allowed: bool,
        messages: &mut Messages,
    ) -> Option<Project> {
        let is_requested = self.requested.take_if(|requested| requested == folder).is_some();
        let is_denied = self.denied.iter().any(|denied| denied == folder);
        self.state.unusable_projects.remove(folder);
        match opened {
            Ok(project) if allowed => {
                if is_requested {
                    messages.log(format!("scripts may read files in {}", folder.display()));
                }
                return Some(project);
            }
            Ok(project) if is_requested || (project.entries().len() > 1 && !is_denied) => {
                self.state.project_question = Some(project);
            }
            // Nobody requested it.
            Ok(_) => {}
            Err(message) if allowed || is_requested => messages.report_error(&message),
            Err(message) => drop(self.state.unusable_projects.insert(folder.to_owned(), message)),
        }
        None
    }

    /// Asks about the folder of the file on screen, whatever the earlier answer was.
    pub fn ask_about_project(&mut self, folder: Option<PathBuf>, messages: &mut Messages) {
        let Some(folder) = folder else {
            return messages.report_error(
                "this code has no file, and so no folder to read\nhint: save it (Ctrl+S) beside the files that it reads",
            );
        };
        self.denied.retain(|denied| *denied != folder);
        self.requested = Some(folder.clone());
        self.io.open_project(folder);
    }

    /// Handles the user's answer; returns an allowed folder.
    pub fn answer_project(&mut self, allow: bool) -> Option<Project> {
        let project = self.state.project_question.take()?;
        if !allow {
            self.denied.push(project.folder().to_owned());
        }
        allow.then_some(project)
    }

    /// Reports once why a script cannot read the files beside it, if it failed for lack of one and its folder cannot be a
    /// project folder. Scripts that read no file get no message.
    pub fn explain_project(&mut self, session: &Session, card: &Card, messages: &mut Messages) {
        let needs_files = card
            .failure()
            .is_some_and(|failure| failure.message.contains(project::NEEDED));
        if needs_files
            && let Some(folder) = session.folder_of(card)
            && let Some(message) = self.state.unusable_projects.remove(&folder)
        {
            messages.report_error(&message);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn part() -> FilePart {
        FilePart::new(Arc::new(|| {}), Operations::default())
    }

    #[test]
    fn only_a_path_that_would_replace_another_file_is_checked_first() {
        let mut part = part();
        part.prompt_for_path(PathPurpose::Rows, "a".to_owned());
        let path = Path::new("rows.jsonl");
        assert!(part.accept_typed_path(PathPurpose::Open, path, false));
        assert!(part.state.path_prompt.is_none(), "the field closes");
        assert!(part.accept_typed_path(PathPurpose::Rows, path, true));
        assert!(!part.accept_typed_path(PathPurpose::Rows, path, false));
        part.ask_to_overwrite(PathPurpose::Step, path.to_owned());
        assert_eq!(part.answer_overwrite(Overwriting::Rename), None);
        let prompt = part.state.path_prompt.clone().unwrap();
        assert_eq!(
            (prompt.purpose, &prompt.start[..]),
            (PathPurpose::Step, "rows.jsonl")
        );
        part.ask_to_overwrite(PathPurpose::Step, path.to_owned());
        let used = part.answer_overwrite(Overwriting::Replace);
        assert_eq!(used, Some((PathPurpose::Step, path.to_owned())));
        assert_eq!(
            part.answer_overwrite(Overwriting::Replace),
            None,
            "it was answered"
        );
    }

    #[test]
    fn a_denied_folder_is_not_asked_about_again_until_it_is_requested() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["part.py", "shape.step"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        let folder = folder.path().canonicalize().unwrap();
        let open = || Project::open(&folder).map_err(|error| error.to_string());
        let (mut part, mut messages) = (part(), Messages::default());
        assert!(
            part.handle_project(&folder, open(), false, &mut messages)
                .is_none()
        );
        assert!(part.answer_project(false).is_none());
        assert!(
            part.handle_project(&folder, open(), false, &mut messages)
                .is_none()
        );
        assert!(part.state.project_question.is_none(), "it was denied");
        part.ask_about_project(Some(folder.clone()), &mut messages);
        assert!(
            part.handle_project(&folder, open(), false, &mut messages)
                .is_none()
        );
        assert!(part.answer_project(true).is_some());
        assert!(
            part.handle_project(&folder, open(), true, &mut messages)
                .is_some()
        );
    }
}
