//! Sessions and jobs: the cards of every task, and the jobs that build, score and propose them.
//!
//! This part reports to others through [`JobReport`]s. It knows no files, rows or servers.

mod cards;
mod events;
mod jobs;
mod opened;
mod repair;
mod scenes;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crate::engine::{JobId, Wake};
use crate::executor::Priority;
use crate::executor::project::Project;
use crate::geometry::Shape;
use crate::reward::{Mode, Profile};
use crate::studio::backend::Backend;
use crate::studio::state::{
    Activity, Card, CardId, CardResult, EditorId, Messages, Notice, Session, Sessions,
};
use crate::task::Task;
use jobs::Pending;

/// Longest pause in typing after which a run starts, s.
pub const DEBOUNCE: f64 = 0.25;
/// The shortest, s. Also that of a slider, which is moved on purpose.
pub const TUNE: f64 = 0.05;
/// Share of the time of the last build that is waited before the next one. The next key ends a run at once, so that a run too
/// early costs little.
const PAUSE_SHARE: f64 = 0.1;
/// Time since the last key before a failed build is displayed, s: half-typed code fails.
pub const SETTLE: f64 = 0.4;

pub(super) struct SessionPart {
    pub state: Sessions,
    backend: Rc<dyn Backend>,
    wake: Wake,
    pending: BTreeMap<JobId, Pending>,
    /// Folders whose files the scripts in them may read.
    projects: BTreeMap<PathBuf, Project>,
    last_id: u64,
    reports: Vec<JobReport>,
}

/// What other parts learn of jobs.
#[derive(Debug)]
pub(super) enum JobReport {
    /// Result of [`SessionPart::build_shape`].
    Shape(JobId, Result<Arc<Shape>, String>),
    Scored(CardId),
    /// A repair with a model failed.
    EndpointFailed,
}

impl SessionPart {
    /// Takes over `state` and starts scoring the card on screen.
    pub fn new(state: Sessions, backend: Rc<dyn Backend>, wake: Wake) -> Self {
        let mut part = Self {
            last_id: state.all.len() as u64,
            state,
            backend,
            wake,
            pending: BTreeMap::new(),
            projects: BTreeMap::new(),
            reports: Vec::new(),
        };
        part.score_unscored();
        part
    }

    /// Reports since the last call.
    pub fn take_reports(&mut self) -> Vec<JobReport> {
        std::mem::take(&mut self.reports)
    }

    /// Handles job events and the state of the workers, and starts what is due.
    ///
    /// Returns the seconds until the next run is due.
    pub fn update(&mut self, messages: &mut Messages) -> Option<f64> {
        self.update_pool_status(messages);
        self.handle_events(messages);
        self.request_scene();
        let held = self.next_held();
        [self.start_due(), held].into_iter().flatten().reduce(f64::min)
    }

    fn fresh_id(&mut self) -> u64 {
        self.last_id += 1;
        self.last_id
    }

    fn fresh_card(&mut self) -> CardId {
        CardId(self.fresh_id())
    }

    fn fresh_editor(&mut self) -> EditorId {
        EditorId(self.fresh_id())
    }

    pub fn select_task(&mut self, id: &str) {
        self.state.proposal = None;
        if let Some(index) = self.state.of_task(id) {
            self.state.current = index;
            self.score_unscored();
        }
    }

    pub fn add_task(&mut self, task: Arc<Task>) {
        let seed = self.fresh_card();
        self.state.all.push(Session::new(task, seed));
        self.state.current = self.state.all.len() - 1;
        self.score_unscored();
    }

    pub fn set_profile(&mut self, profile: Profile) {
        self.state.scoring.profile = profile;
        self.score_unscored();
    }

    pub fn set_mode(&mut self, mode: Mode) {
        self.state.scoring.mode = mode;
        self.score_unscored();
    }

    /// Scores again under other limits.
    pub fn set_limits(&mut self, cpu_s: f64, memory_mb: u64) {
        self.state.scoring.limits.cpu_s = cpu_s;
        self.state.scoring.limits.memory_mb = memory_mb;
        self.score_unscored();
    }

    /// Scores the cards again that may read a project folder from now on.
    pub fn use_project(&mut self, project: Project) {
        let folder = project.folder().to_owned();
        if self.projects.get(&folder) == Some(&project) {
            return;
        }
        self.projects.insert(folder.clone(), project);
        let mut cards = Vec::new();
        for (index, session) in self.state.all.iter().enumerate() {
            let reads = |card: &&Card| session.folder_of(card).as_ref() == Some(&folder);
            cards.extend(session.cards.iter().filter(reads).map(|card| (index, card.id)));
        }
        for (session, card) in cards {
            let is_shown = session == self.state.current && card == self.state.card().id;
            let priority = if is_shown { Priority::Live } else { Priority::Batch };
            self.assess(session, card, priority);
        }
    }

    /// Restarts the workers and scores the cards that they could not score.
    pub fn retry_workers(&mut self) {
        self.state.pool.error = None;
        self.backend.try_again();
        for card in self.state.all.iter_mut().flat_map(|session| &mut session.cards) {
            if matches!(card.result, CardResult::InternalError { input: false, .. }) {
                card.result = CardResult::Unknown;
            }
        }
        self.score_unscored();
    }

    fn update_pool_status(&mut self, messages: &mut Messages) {
        let pool = self.backend.status();
        let state = &mut self.state;
        let was_broken = messages.notice.as_ref().is_some_and(|notice| notice.from_pool);
        if pool.error != state.pool.error || (pool.error.is_none() && was_broken) {
            match &pool.error {
                Some(message) => {
                    messages.log_error(message);
                    messages.notice = Some(Notice::from_message(message, true));
                }
                None if was_broken => messages.notice = None,
                None => {}
            }
        }
        state.warming_since = match (pool.ready, pool.error.is_some()) {
            (0, false) => state.warming_since.or(Some(state.now)),
            _ => None,
        };
        state.pool = pool;
    }

    /// Marks a card, if it still exists, as not scored because of an internal error. The message is reported in any case.
    fn mark_internal_error(
        &mut self,
        session: usize,
        card: CardId,
        message: &str,
        input: bool,
        messages: &mut Messages,
    ) {
        messages.report_error(message);
        if let Some(card) = self.state.all[session].get_mut(card) {
            card.result = CardResult::InternalError {
                message: message.to_owned(),
                input,
            };
            card.activity = Activity::Idle;
        }
    }
}

#[cfg(test)]
mod tests;
