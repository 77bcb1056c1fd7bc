//! The one place that changes [`State`]: commands come in from panels, events from jobs and files.
//!
//! Never draws and never waits. Time is the window's own clock, handed in, so that a test can turn it.

mod jobs;
mod opened;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::backend::Backend;
use super::command::{Action, Command};
use super::files::{FileEvent, Files};
use super::state::{
    Activity, Card, CardId, EditorId, LogLine, Notice, Outcome, PathPrompt, PathPurpose, State,
};
use crate::engine::{JobId, Wake};
use crate::executor::Priority;
use crate::trajectory::Origin;
use jobs::Pending;

/// A pause of this length in typing starts a run, s.
pub const DEBOUNCE: f64 = 0.25;
/// Proposals of a loop at most.
pub const MAX_STEPS: usize = 12;
/// A loop stops at this total.
pub const TARGET: f64 = 0.92;
/// Lines of log kept.
const LOG_LINES: usize = 500;

/// What only the window can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Put text on the clipboard.
    Copy(String),
    /// Change between dark and light.
    ToggleTheme,
}

/// Turns commands into jobs, and events into state.
pub struct Controller {
    state: State,
    backend: Box<dyn Backend>,
    wake: Wake,
    files: Files,
    pending: BTreeMap<JobId, Pending>,
    next_id: u64,
    effects: Vec<Effect>,
}

impl Controller {
    /// Takes over `state` and starts to score what is on screen.
    pub fn new(state: State, backend: Box<dyn Backend>, wake: Wake) -> Self {
        let next_id = state.sessions.len() as u64 + 1;
        let files = Files::new(wake.clone());
        let mut controller = Self {
            state,
            backend,
            wake,
            files,
            pending: BTreeMap::new(),
            next_id,
            effects: Vec::new(),
        };
        controller.score_what_is_not();
        controller
    }

    /// What there is to show.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// What the window has to do, once.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Reads a file given at the start.
    pub fn open(&mut self, path: PathBuf) {
        self.files.read(path);
    }

    /// Takes in what came from jobs and files since the last call, and starts what is due at `now` (s).
    ///
    /// Returns after how many seconds to call again even if nothing arrives.
    pub fn update(&mut self, now: f64) -> Option<f64> {
        self.state.now = now;
        self.take_pool_status();
        while let Ok(event) = self.files.events.try_recv() {
            self.take_file_event(event);
        }
        self.take_job_events();
        self.start_due()
    }

    /// Does what a panel asked for.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Do(action) => self.act(action),
            Command::SelectTask(id) => {
                if let Some(index) = self
                    .state
                    .sessions
                    .iter()
                    .position(|session| session.task.id == id)
                {
                    self.state.current = index;
                    self.score_what_is_not();
                }
            }
            Command::SelectCard(card) => self.select(card),
            Command::Edit { card, code } => self.edit(card, code),
            Command::SetProfile(profile) => {
                self.state.scoring.profile = profile;
                self.score_what_is_not();
            }
            Command::SetMode(mode) => {
                self.state.scoring.mode = mode;
                self.score_what_is_not();
            }
            Command::SetRecording(name) => self.state.session_mut().recording = Some(name),
            Command::Copy(text) => self.effects.push(Effect::Copy(text)),
            Command::UsePath(purpose, path) => {
                self.state.path_prompt = None;
                self.use_path(purpose, path);
            }
            Command::ClosePathPrompt => self.state.path_prompt = None,
            Command::DismissNotice => self.state.notice = None,
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open => self.files.pick(PathPurpose::Open, String::new()),
            Action::Save => match self.state.card().file.clone() {
                Some(path) => self.use_path(PathPurpose::Save(self.state.card().id), path),
                None => self.act(Action::SaveAs),
            },
            Action::SaveAs => self
                .files
                .pick(PathPurpose::Save(self.state.card().id), self.suggested_name()),
            Action::ResetToSeed => self.reset_to_seed(),
            Action::RunNow => {
                let (session, card) = (self.state.current, self.state.card().id);
                self.assess(session, card, Priority::Live);
            }
            Action::Propose => self.repair(1, f64::INFINITY),
            Action::RunLoop => self.repair(MAX_STEPS, TARGET),
            Action::Cancel => self.cancel_all(),
            Action::PreviousStep => self.step_by(-1),
            Action::NextStep => self.step_by(1),
            Action::CopyReward => {
                if let Some(scored) = self.state.card().scored()
                    && let Ok(text) = serde_json::to_string_pretty(&scored.json)
                {
                    self.effects.push(Effect::Copy(text));
                }
            }
            Action::ToggleTheme => self.effects.push(Effect::ToggleTheme),
        }
    }

    fn select(&mut self, card: CardId) {
        let session = self.state.session_mut();
        if session.get(card).is_some() {
            session.selected = card;
        }
    }

    fn step_by(&mut self, by: isize) {
        let session = self.state.session_mut();
        let here = session
            .cards
            .iter()
            .position(|card| card.id == session.selected)
            .unwrap_or(0);
        let there = here.saturating_add_signed(by).min(session.cards.len() - 1);
        session.selected = session.cards[there].id;
    }

    /// A hand card changes in place; a change of any other card makes a draft of it, and leaves it as it was.
    fn edit(&mut self, id: CardId, code: String) {
        let now = self.state.now;
        let (draft, editor) = (CardId(self.fresh_id()), EditorId(self.fresh_id()));
        let session = self.state.session_mut();
        let Some(card) = session.get(id) else { return };
        if card.code == code {
            return;
        }
        let target = if card.origin == Origin::Hand {
            id
        } else {
            let mut new = Card::new(draft, Origin::Hand, Some(id), String::new());
            // The draft takes the text field along, so that undo leads back to the step's own code.
            new.editor = card.editor;
            new.keep_shape_of(Some(card));
            session.cards.push(new);
            if let Some(card) = session.get_mut(id) {
                card.editor = editor;
            }
            session.selected = draft;
            draft
        };
        if let Some(card) = session.get_mut(target) {
            card.code = code;
            card.revision += 1;
            let superseded = std::mem::replace(&mut card.activity, Activity::Due(now + DEBOUNCE));
            self.drop_assessment(superseded);
        }
    }

    fn reset_to_seed(&mut self) {
        if let Some(job) = self.state.repair().map(|running| running.job)
            && self.is_of_current_session(job)
        {
            self.cancel_job(job);
        }
        let session = self.state.session_mut();
        let seed = session.seed().id;
        session.selected = seed;
        let kept = |card: &Card| matches!(card.origin, Origin::Seed | Origin::Hand);
        let dropped: Vec<_> = session
            .cards
            .iter()
            .filter(|card| !kept(card))
            .map(|card| (card.id, card.activity))
            .collect();
        session.cards.retain(kept);
        for card in &mut session.cards {
            if card
                .parent
                .is_some_and(|parent| dropped.iter().any(|(id, _)| *id == parent))
            {
                card.parent = Some(seed);
            }
        }
        for (_, activity) in dropped {
            self.drop_assessment(activity);
        }
    }

    fn use_path(&mut self, purpose: PathPurpose, path: PathBuf) {
        match purpose {
            PathPurpose::Open => self.files.read(path),
            PathPurpose::Save(id) => {
                let found = self.state.sessions.iter().find_map(|session| session.get(id));
                match found.map(|card| (card.code.clone(), card.revision)) {
                    Some((code, revision)) => self.files.write(path, code, id, revision),
                    None => {
                        self.tell("the step to save is no longer there\nhint: choose a step and save again");
                    }
                }
            }
        }
    }

    fn suggested_name(&self) -> String {
        match self.state.card().file.as_ref().and_then(|path| path.file_name()) {
            Some(name) => name.to_string_lossy().into_owned(),
            None => format!("{}.py", self.state.session().task.id),
        }
    }

    fn take_file_event(&mut self, event: FileEvent) {
        match event {
            FileEvent::Picked(purpose, path) => self.use_path(purpose, path),
            FileEvent::NoDialog(purpose) => {
                let start = match purpose {
                    PathPurpose::Open => String::new(),
                    PathPurpose::Save(_) => self.suggested_name(),
                };
                let serial = self.fresh_id();
                self.state.path_prompt = Some(PathPrompt {
                    purpose,
                    start,
                    serial,
                });
            }
            FileEvent::Read(path, Ok(code)) => self.show_file(path, code),
            FileEvent::Read(_, Err(message)) => self.tell(&message),
            FileEvent::Written {
                path,
                card,
                revision,
                result: Ok(()),
            } => {
                self.note(format!("saved {}", path.display()));
                let found = self
                    .state
                    .sessions
                    .iter_mut()
                    .find_map(|session| session.get_mut(card));
                if let Some(card) = found {
                    card.file = Some(path);
                    card.saved_revision = revision;
                }
            }
            FileEvent::Written {
                result: Err(message), ..
            } => self.tell(&message),
        }
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

    fn take_pool_status(&mut self) {
        let pool = self.backend.status();
        let state = &mut self.state;
        if pool.restarts > state.pool.restarts {
            let replaced = pool.restarts - state.pool.restarts;
            let text = match replaced {
                1 => "a worker died and was replaced".to_owned(),
                more => format!("{more} workers died and were replaced"),
            };
            push_log(&mut state.log, true, text);
        }
        let was_broken = state.notice.as_ref().is_some_and(|notice| notice.from_pool);
        if pool.error != state.pool.error || (pool.error.is_none() && was_broken) {
            match &pool.error {
                Some(message) => {
                    push_log(&mut state.log, true, message.clone());
                    state.notice = Some(Notice::from_message(message, true));
                }
                None if was_broken => state.notice = None,
                None => {}
            }
        }
        state.warming_since = match (pool.ready, pool.error.is_some()) {
            (0, false) => state.warming_since.or(Some(state.now)),
            _ => None,
        };
        state.pool = pool;
    }

    /// Shows a fault of ours above the panels and keeps it in the log.
    fn tell(&mut self, message: &str) {
        push_log(&mut self.state.log, true, message.to_owned());
        if !self.state.notice.as_ref().is_some_and(|notice| notice.from_pool) {
            self.state.notice = Some(Notice::from_message(message, false));
        }
    }

    fn note(&mut self, text: String) {
        push_log(&mut self.state.log, false, text);
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Marks a card as not scored through our fault, or the fault alone where the card is gone.
    fn fault(&mut self, session: usize, card: CardId, message: &str, input: bool) {
        if let Some(card) = self.state.sessions[session].get_mut(card) {
            card.outcome = Outcome::Fault {
                message: message.to_owned(),
                input,
            };
            card.activity = Activity::Idle;
        }
    }
}

fn push_log(log: &mut Vec<LogLine>, fault: bool, text: String) {
    if log.len() == LOG_LINES {
        log.remove(0);
    }
    log.push(LogLine { fault, text });
}
