//! The cache, new tasks, and diagnostics.

use super::{Controller, Effect};
use crate::studio::diagnostics;
use crate::studio::files::CacheUsage;
use crate::studio::new_task::NewTask;
use crate::studio::state::{CardId, Notice, Session};
use crate::task::Task;

use std::path::Path;
use std::sync::Arc;

impl Controller {
    /// Stores panic reports in that folder, and reports one of an earlier window.
    pub fn store_panics(&mut self, folder: &Path) {
        self.last_panic = diagnostics::last_panic(folder);
        diagnostics::store_panics(folder);
        if let Some(panic) = &self.last_panic {
            let first = panic.lines().next().unwrap_or_default();
            self.state.notice = Some(Notice {
                text: format!("the studio crashed in an earlier session: {first}"),
                hint: Some("Copy diagnostics (in the menu) includes the full report".to_owned()),
                from_pool: false,
            });
        }
    }

    pub(super) fn copy_diagnostics(&mut self) {
        let text = diagnostics::report(&self.state, self.last_panic.as_deref());
        self.effects.push(Effect::Copy(text));
        self.log("diagnostics copied".to_owned());
    }

    pub(super) fn write_task(&mut self, task: NewTask) {
        let Some(pack) = self.state.pack.clone() else {
            self.state.new_task_problem = Some("no folder for new tasks".to_owned());
            return;
        };
        self.state.new_task_problem = None;
        self.files.write_task(pack, task);
    }

    /// Adds a written task to the list and displays it.
    pub(super) fn handle_task(&mut self, written: Result<Arc<Task>, String>) {
        match written {
            Err(message) => self.state.new_task_problem = Some(message),
            Ok(task) => {
                self.log(format!(
                    "wrote the task {} to {}; `cadforge tasks check {}` verifies it",
                    task.id,
                    task.dir.display(),
                    task.id
                ));
                let seed = CardId(self.fresh_id());
                self.state.sessions.push(Session::new(task, seed));
                self.state.current = self.state.sessions.len() - 1;
                self.effects.push(Effect::TaskWritten);
                self.score_unscored();
            }
        }
    }

    pub(super) fn handle_cache_usage(&mut self, stored: CacheUsage) {
        if stored.cleaned {
            self.log("cache cleared".to_owned());
        }
        if let Some(message) = &stored.problem {
            self.report_error(&message.clone());
        }
        self.state.cache = Some(stored);
    }
}
