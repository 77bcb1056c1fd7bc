//! Changes [`State`], as the only module: panels send commands, jobs and files send events.
//!
//! It never draws or waits. It gets the window time as an argument, so that tests control it.

mod cards;
mod events;
mod exporting;
mod file_actions;
mod jobs;
mod opened;
mod projects;
mod proposing;
mod runs;
mod scenes;
mod serving;
mod session_tracking;
mod store;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use super::backend::Backend;
use super::command::{Action, Command, EditorAction, ProposerCommand, RunTab, ViewAction};
use super::console::{Console, WINDOW};
use super::dock::PanelKind;
use super::files::Files;
use super::servers::Servers;
use super::settings::Settings;
use super::state::{Activity, CardId, LogLine, NO_GROUP, Notice, Outcome, PathPurpose, Report, State};
use super::viewport::CompareWith;
use crate::data::is_row_file;
use crate::engine::{JobId, Wake};
use crate::executor::Priority;
use crate::repair::ProposerKind;
use crate::studio::environment::Recipe;
use jobs::Pending;

/// Pause in typing after which a run starts, s.
pub const DEBOUNCE: f64 = 0.25;
/// Pause after which a slider starts a run, s: it is moved on purpose.
pub const TUNE: f64 = 0.05;
/// Default step limit of a loop.
pub const MAX_STEPS: usize = 12;
/// Default target of a loop; it stands for the target of the profile.
pub const TARGET: f64 = 0.92;
/// Number of log lines kept.
const LOG_LINES: usize = 500;

/// An action of the window itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Copy text to the clipboard.
    Copy(String),
    /// Toggle between dark and light.
    ToggleTheme,
    /// A command of the 3D view.
    View(ViewAction),
    /// A command of the editor.
    Editor(EditorAction),
    Saving,
    Close,
    Diff,
    Group,
    Palette,
    Shortcuts,
    Settings,
    /// Apply changed settings to the window.
    Restyle,
    /// Open or close the page for a new task.
    NewTask,
    /// The new task was written.
    TaskWritten,
    /// Show a tab of the training run.
    ShowRunTab(RunTab),
    /// Show or hide a panel.
    Panel(PanelKind),
    /// Show a panel as the active tab.
    ShowPanel(PanelKind),
    /// Restore the default layout.
    ResetLayout,
}

/// Executes commands as jobs and applies events to the state.
pub struct Controller {
    state: State,
    backend: Box<dyn Backend>,
    wake: Wake,
    files: Files,
    servers: Servers,
    console: Console,
    host: Option<serving::Host>,
    pending: BTreeMap<JobId, Pending>,
    next_id: u64,
    effects: Vec<Effect>,
    tracker: session_tracking::SessionTracker,
    /// Selected rows that wait for a path.
    chosen_rows: Vec<u32>,
    /// Whether the notes file could not be read and must not be overwritten.
    notes_unreadable: bool,
    /// Panic report of an earlier window.
    last_panic: Option<String>,
}

impl Controller {
    /// Takes over `state` and starts scoring the card on screen.
    pub fn new(state: State, backend: Box<dyn Backend>, wake: Wake) -> Self {
        let next_id = state.sessions.len() as u64 + 1;
        let files = Files::new(wake.clone());
        let servers = Servers::new(wake.clone());
        let console = Console::of_process();
        console.open(wake.clone());
        let mut controller = Self {
            state,
            backend,
            wake,
            files,
            servers,
            console,
            host: None,
            pending: BTreeMap::new(),
            next_id,
            effects: Vec::new(),
            tracker: session_tracking::SessionTracker::default(),
            chosen_rows: Vec::new(),
            notes_unreadable: false,
            last_panic: None,
        };
        controller.score_unscored();
        controller
    }

    /// Sets how to create a missing Python environment.
    pub fn set_environment_recipe(&mut self, recipe: Recipe) {
        self.state.recipe = Some(recipe);
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// Removes and returns the pending effects.
    pub fn take_effects(&mut self) -> Vec<Effect> {
        std::mem::take(&mut self.effects)
    }

    /// Opens a Python file, or the trajectory in a folder or a JSONL file.
    pub fn open(&mut self, path: PathBuf) {
        if path.is_dir() || is_row_file(&path) {
            self.files.read_trajectory(path);
        } else {
            self.files.read(path);
        }
    }

    /// Handles all events since the last call and starts what is due at `now` (s).
    ///
    /// Returns the seconds after which it must be called again even without events.
    pub fn update(&mut self, now: f64) -> Option<f64> {
        self.state.now = now;
        self.update_pool_status();
        self.state.work = self.files.work();
        for line in self.console.take() {
            append(&mut self.state.log, line);
        }
        while let Ok(event) = self.files.events.try_recv() {
            self.handle_file_event(event);
        }
        self.handle_server_events();
        self.handle_host_events();
        self.handle_job_events();
        self.request_scene();
        let (due, keep) = (self.start_due(), self.save_when_due());
        [due, keep].into_iter().flatten().reduce(f64::min)
    }

    /// Executes a command.
    pub fn apply(&mut self, command: Command) {
        match command {
            Command::Do(action) => self.act(action),
            Command::SelectTask(id) => {
                self.state.proposing.pending = None;
                if let Some(index) = self
                    .state
                    .sessions
                    .iter()
                    .position(|session| session.task.id == id)
                {
                    self.state.current = index;
                    self.score_unscored();
                }
            }
            Command::SelectCard(card) => self.select(card),
            Command::Pin(card) => {
                let session = self.state.session_mut();
                session.pinned = session.get(card).map(|card| card.id);
                self.effects
                    .push(Effect::View(ViewAction::CompareWith(CompareWith::Pinned)));
            }
            Command::Branch(card) => self.branch(card),
            Command::Remove(card) => self.remove(card),
            Command::Edit { card, code } => self.edit(card, code, DEBOUNCE),
            Command::Tune { card, code } => self.edit(card, code, TUNE),
            Command::SetProfile(profile) => {
                self.state.scoring.profile = profile;
                self.score_unscored();
            }
            Command::SetMode(mode) => {
                self.state.scoring.mode = mode;
                self.score_unscored();
            }
            Command::SetRecording(name) => {
                self.state.session_mut().recording = Some(name);
                self.state.proposing.kind = ProposerKind::Replay;
            }
            Command::Proposer(command) => self.handle_proposer_command(command),
            Command::Serving(command) => self.handle_serving_command(&command),
            Command::ShowReference => self.build_reference(),
            Command::Copy(text) => self.effects.push(Effect::Copy(text)),
            Command::UsePath(purpose, path) => {
                self.state.path_prompt = None;
                self.use_typed_path(purpose, path);
            }
            Command::AnswerOverwrite(answer) => self.answer_overwrite(answer),
            Command::ClosePathPrompt => self.state.path_prompt = None,
            Command::DismissNotice => self.state.notice = None,
            Command::RecoverEdits(restore) => self.answer_recovery(restore),
            Command::AnswerProject(allow) => self.answer_project(allow),
            Command::AnswerConflict(load) => self.answer_conflict(load),
            Command::Quit { save } => self.quit(save),
            Command::CancelQuit => self.state.quit = None,
            Command::OpenRow(index) => {
                if let Some(rows) = &self.state.rows {
                    self.files.read_row(Arc::clone(rows), index);
                }
            }
            Command::SearchRows(text) => self.search_rows(text),
            Command::CloseRows => self.close_rows(),
            Command::PinRow(index, pinned) => {
                self.state.notes.pin(index, pinned);
                self.save_notes();
            }
            Command::AnnotateRow(index, text) => {
                self.state.notes.annotate(index, &text);
                self.save_notes();
            }
            Command::ExportRows(rows) => {
                self.choose_rows(rows);
                let name = self.suggested_rows();
                self.files.choose_path(PathPurpose::Rows, name);
            }
            Command::ExportSelected(export, rows) => self.export_rows_as(export, Some(rows)),
            Command::ReadReport => self.read_report(),
            Command::CompareRows => self.files.choose_path(PathPurpose::Compare, String::new()),
            Command::CloseOther => {
                self.state.other_rows = None;
                self.state.report = Report::Unread;
            }
            Command::OpenGroup(group) => self.open_group(group),
            Command::ApplySettings(settings) => {
                if let Some(path) = &self.state.settings_file {
                    self.files.save_settings(path.clone(), settings.clone());
                }
                self.apply_settings(settings);
                self.effects.push(Effect::Restyle);
            }
            Command::WriteTask(task) => self.write_task(*task),
            Command::CreateEnvironment => {
                if let Some(recipe) = self
                    .state
                    .recipe
                    .clone()
                    .filter(|_| !self.state.creating_environment)
                {
                    self.state.creating_environment = true;
                    self.files.create_environment(recipe);
                }
            }
            Command::MeasureCache => self.files.measure_cache(false),
            Command::ClearCache => self.files.measure_cache(true),
            Command::Open(paths) => {
                for path in paths {
                    self.open(path);
                }
            }
        }
    }

    /// Applies settings; candidates are scored again where their limits or files change.
    pub fn apply_settings(&mut self, settings: Settings) {
        self.state.scoring.limits.cpu_s = settings.seconds;
        self.state.scoring.limits.memory_mb = settings.memory_mb;
        self.state.settings = settings;
        self.score_unscored();
    }

    /// Sets the folder for new tasks.
    pub fn set_pack(&mut self, folder: PathBuf) {
        self.state.pack = Some(folder);
    }

    /// Sets the folder of the row store.
    pub fn set_row_store(&mut self, folder: PathBuf) {
        self.state.row_store = Some(folder);
    }

    /// Sets the settings file.
    pub fn set_settings_file(&mut self, path: PathBuf) {
        self.state.settings_file = Some(path);
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Open => self.files.choose_path(PathPurpose::Open, String::new()),
            Action::OpenFolder => self.files.choose_path(PathPurpose::Folder, String::new()),
            Action::Save => match self.state.card().file.clone() {
                Some(path) => self.use_path(PathPurpose::Save(self.state.card().id), path),
                None => self.act(Action::SaveAs),
            },
            Action::SaveAs => self
                .files
                .choose_path(PathPurpose::Save(self.state.card().id), self.suggested_name()),
            Action::AllowProject => self.ask_about_project(),
            Action::ExportStep => {
                let name = self.suggested_step();
                self.files.choose_path(PathPurpose::Step, name);
            }
            Action::Export(form) => {
                let name = self.suggested_export(form);
                self.files.choose_path(PathPurpose::Export(form), name);
            }
            Action::ResetToSeed => self.reset_to_seed(),
            Action::RunNow => {
                let (session, card) = (self.state.current, self.state.card().id);
                self.assess(session, card, Priority::Live);
            }
            Action::Propose => self.repair(true),
            Action::RunLoop => self.repair(false),
            Action::Proposal(answer) => self.answer_proposal(answer),
            Action::Prompt => self.preview_prompt(),
            Action::ProposerKind(pick) => self.handle_proposer_command(ProposerCommand::ProposerKind(pick)),
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
            Action::Diff => self.effects.push(Effect::Diff),
            Action::Group if self.state.session().group().is_empty() => {
                self.log(NO_GROUP.to_owned());
            }
            Action::Group => {
                self.effects.push(Effect::Group);
                self.effects.push(Effect::ShowPanel(PanelKind::View));
            }
            Action::Palette => self.effects.push(Effect::Palette),
            Action::Shortcuts => self.effects.push(Effect::Shortcuts),
            Action::Settings => self.effects.push(Effect::Settings),
            Action::NewTask => {
                self.state.new_task_problem = None;
                self.effects.push(Effect::NewTask);
            }
            Action::StartServer => self.start_server(),
            Action::StopServer => self.stop_server(),
            Action::CopyDiagnostics => self.copy_diagnostics(),
            Action::ExportRun(export) => self.export_rows_as(export, None),
            Action::ShowRunTab(tab) => {
                self.effects.push(Effect::ShowRunTab(tab));
                self.effects.push(Effect::ShowPanel(PanelKind::Runs));
                if tab == RunTab::Compare && self.state.other_rows.is_none() {
                    self.apply(Command::CompareRows);
                }
            }
            Action::OpenStore => self.open_row_store(),
            Action::ImportRows => self.import_rows(),
            Action::Panel(kind) => self.effects.push(Effect::Panel(kind)),
            Action::ResetLayout => self.effects.push(Effect::ResetLayout),
            Action::View(action) => self.effects.push(Effect::View(action)),
            Action::Editor(action) => self.effects.push(Effect::Editor(action)),
        }
    }

    fn update_pool_status(&mut self) {
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

    /// Displays an error in the banner and logs it.
    pub fn report_error(&mut self, message: &str) {
        push_log(&mut self.state.log, true, message.to_owned());
        if !self.state.notice.as_ref().is_some_and(|notice| notice.from_pool) {
            self.state.notice = Some(Notice::from_message(message, false));
        }
    }

    /// Adds a line to the log.
    pub fn log(&mut self, text: String) {
        push_log(&mut self.state.log, false, text);
    }

    fn fresh_id(&mut self) -> u64 {
        self.next_id += 1;
        self.next_id
    }

    /// Marks a card, if it still exists, as not scored because of an internal error.
    fn mark_internal_error(&mut self, session: usize, card: CardId, message: &str, input: bool) {
        if let Some(card) = self.state.sessions[session].get_mut(card) {
            card.outcome = Outcome::InternalError {
                message: message.to_owned(),
                input,
            };
            card.activity = Activity::Idle;
        }
    }
}

/// Adds a line of the window itself to its log, and to the diagnostics.
fn push_log(log: &mut Vec<LogLine>, is_error: bool, text: String) {
    if is_error {
        tracing::warn!(target: WINDOW, "{text}");
    } else {
        tracing::info!(target: WINDOW, "{text}");
    }
    append(log, LogLine { is_error, text });
}

fn append(log: &mut Vec<LogLine>, line: LogLine) {
    if log.len() == LOG_LINES {
        log.remove(0);
    }
    log.push(line);
}
