//! Changes the state of the window, as the only module: panels send commands, jobs and files send events.
//!
//! Each part owns a slice of the state and the threads behind it. The controller passes commands to the parts, and what one part
//! learns to the others. It never draws or waits. It gets the window time as an argument, so that tests control it.

mod files;
mod open;
mod proposer;
mod runs;
mod serving;
mod session_tracker;
mod sessions;
mod setup;

use std::path::{Path, PathBuf};
use std::rc::Rc;

use super::backend::Backend;
use super::background::Operations;
use super::command::{ControllerCommand, ProposerCommand, ServingCommand, WindowCommand};
use super::console::Console;
use super::dock::PanelKind;
use super::settings::Settings;
use super::state::{LongOperation, Messages, PathPurpose, Sessions, Setup, State};
use crate::engine::Wake;
use crate::repair::ProposerKind;
use files::FilePart;
use proposer::ProposerPart;
use runs::RunPart;
use serving::ServingPart;
pub use session_tracker::Appearance;
use session_tracker::SessionTracker;
pub use sessions::TUNE;
#[cfg(test)]
pub use sessions::{DEBOUNCE, SETTLE};
use sessions::{JobReport, SessionPart};
use setup::{SetupPart, SetupReport};

/// Executes commands and applies events to the state.
pub struct Controller {
    sessions: SessionPart,
    runs: RunPart,
    proposer: ProposerPart,
    serving: ServingPart,
    files: FilePart,
    setup: SetupPart,
    tracker: SessionTracker,
    messages: Messages,
    /// Lines of other crates for the log.
    console: Console,
    operations: Operations,
    listed_operations: Vec<LongOperation>,
    backend: Rc<dyn Backend>,
    wake: Wake,
    window: Vec<WindowCommand>,
}

impl Controller {
    /// Takes over `sessions` and starts scoring the card on screen.
    pub fn new(sessions: Sessions, backend: Box<dyn Backend>, wake: Wake) -> Self {
        let backend: Rc<dyn Backend> = backend.into();
        let operations = Operations::default();
        let console = Console::of_process();
        console.open(wake.clone());
        Self {
            sessions: SessionPart::new(sessions, Rc::clone(&backend), wake.clone()),
            runs: RunPart::new(wake.clone(), operations.clone()),
            proposer: ProposerPart::new(wake.clone(), operations.clone()),
            serving: ServingPart::new(wake.clone()),
            files: FilePart::new(wake.clone(), operations.clone()),
            setup: SetupPart::new(wake.clone(), operations.clone()),
            tracker: SessionTracker::default(),
            messages: Messages::default(),
            console,
            operations,
            listed_operations: Vec::new(),
            backend,
            wake,
            window: Vec::new(),
        }
    }

    pub fn state(&self) -> State<'_> {
        State {
            sessions: &self.sessions.state,
            runs: &self.runs.state,
            proposing: &self.proposer.state,
            serving: &self.serving.state,
            documents: &self.files.state,
            setup: &self.setup.state,
            messages: &self.messages,
            operations: &self.listed_operations,
        }
    }

    /// Removes and returns what the window has to do.
    pub fn take_window_commands(&mut self) -> Vec<WindowCommand> {
        std::mem::take(&mut self.window)
    }

    /// Opens a Python file, a trajectory, or rows.
    pub fn open(&self, path: PathBuf) {
        self.files.io.open(path);
    }

    /// Displays an error in the banner and logs it.
    pub fn report_error(&mut self, message: &str) {
        self.messages.report_error(message);
    }

    /// Adds a line to the log.
    pub fn log(&mut self, text: impl Into<String>) {
        self.messages.log(text);
    }

    /// Handles all events since the last call and starts what is due at `now` (s).
    ///
    /// Returns the seconds after which it must be called again even without events.
    pub fn update(&mut self, now: f64) -> Option<f64> {
        // First, since everything that starts below starts now.
        self.sessions.state.now = now;
        self.listed_operations = self.operations.list();
        for line in self.console.take() {
            self.messages.append(line);
        }
        self.handle_file_events();
        for report in self.setup.update(&mut self.messages) {
            match report {
                SetupReport::EnvironmentCreated => self.sessions.retry_workers(),
                SetupReport::TaskWritten(task) => {
                    self.sessions.add_task(task);
                    self.window.push(WindowCommand::CloseNewTask);
                }
            }
        }
        for request in self.runs.update(&mut self.messages) {
            self.handle_run_request(request);
        }
        self.proposer.update(&mut self.messages);
        self.serving.update(&mut self.messages);
        let due = self.sessions.update(&mut self.messages);
        self.handle_job_reports();
        let save = self.tracker.update(&self.sessions.state, &mut self.messages);
        [due, save].into_iter().flatten().reduce(f64::min)
    }

    fn handle_job_reports(&mut self) {
        for report in self.sessions.take_reports() {
            match report {
                JobReport::Shape(job, result) => self.runs.settle(job, result),
                JobReport::Scored(card) => self.explain_project(card),
                JobReport::EndpointFailed => self.proposer.query_selected(),
            }
        }
    }

    pub fn apply(&mut self, command: ControllerCommand) {
        let messages = &mut self.messages;
        match command {
            ControllerCommand::SelectTask(id) => {
                self.files.asks_for_task = false;
                self.sessions.select_task(&id);
            }
            ControllerCommand::SelectCard(card) => self.sessions.select(card),
            ControllerCommand::PreviousStep => self.sessions.step_by(-1),
            ControllerCommand::NextStep => self.sessions.step_by(1),
            ControllerCommand::Pin(card) => self.sessions.pin(card),
            ControllerCommand::Branch(card) => self.sessions.branch(card),
            ControllerCommand::Remove(card) => self.sessions.remove(card),
            ControllerCommand::Edit { card, code } => self.sessions.type_code(card, code),
            ControllerCommand::Tune { card, code } => self.sessions.edit(card, code, TUNE),
            ControllerCommand::SetProfile(profile) => self.sessions.set_profile(profile),
            ControllerCommand::SetMode(mode) => self.sessions.set_mode(mode),
            ControllerCommand::RunNow => self.sessions.run_now(),
            ControllerCommand::ResetToSeed => self.sessions.reset_to_seed(messages),
            ControllerCommand::ShowReference => self.sessions.build_reference(),
            ControllerCommand::Cancel => self.sessions.cancel_all(messages),
            ControllerCommand::SetRecording(name) => {
                self.sessions.state.session_mut().recording = Some(name);
                let replay = ProposerCommand::Kind(ProposerKind::Replay);
                self.proposer.apply(replay, messages);
            }
            ControllerCommand::Propose => self.sessions.repair(true, &self.proposer.state, messages),
            ControllerCommand::RunLoop => self.sessions.repair(false, &self.proposer.state, messages),
            ControllerCommand::AnswerProposal(answer) => self.sessions.answer_proposal(answer),
            ControllerCommand::PreviewPrompt => {
                let task = self.sessions.state.session().task.clone();
                self.proposer.preview(task, self.sessions.history(), messages);
            }
            ControllerCommand::Proposer(command) => self.proposer.apply(command, messages),
            ControllerCommand::Serving(command) => self.apply_serving(command),
            ControllerCommand::ChooseFile => self.files.io.choose_path(PathPurpose::Open, ""),
            ControllerCommand::ChooseFolder => self.files.io.choose_path(PathPurpose::Folder, ""),
            ControllerCommand::Open(paths) => paths.into_iter().for_each(|path| self.open(path)),
            ControllerCommand::Save => self.save(),
            ControllerCommand::SaveAs => self.save_as(),
            ControllerCommand::Export(format) => {
                self.choose_export(PathPurpose::Export(format), format.extension());
            }
            ControllerCommand::ExportStep => self.choose_export(PathPurpose::Step, "step"),
            ControllerCommand::UsePath(purpose, path) => self.use_typed_path(purpose, path),
            ControllerCommand::ClosePathPrompt => self.files.state.path_prompt = None,
            ControllerCommand::AnswerOverwrite(answer) => {
                if let Some((purpose, path)) = self.files.answer_overwrite(answer) {
                    self.use_path(purpose, path);
                }
            }
            ControllerCommand::RecoverEdits(restore) => self.answer_recovery(restore),
            ControllerCommand::AllowProject => {
                let session = self.sessions.state.session();
                self.files
                    .ask_about_project(session.folder_of(session.card()), messages);
            }
            ControllerCommand::AnswerProject(allow) => self.answer_project(allow),
            ControllerCommand::AnswerTask(task) => self.answer_task(task.as_deref()),
            ControllerCommand::AnswerConflict(load) => {
                if let Some(conflict) = self.files.state.conflict.take().filter(|_| load) {
                    self.sessions.load_over(&conflict);
                }
            }
            ControllerCommand::Quit { save } => self.quit(save),
            ControllerCommand::CancelQuit => self.files.state.quit = None,
            ControllerCommand::DismissNotice => messages.notice = None,
            ControllerCommand::OpenRow(row) => self.runs.read_row(row),
            ControllerCommand::SearchRows(text) => self.runs.search(text),
            ControllerCommand::CloseRows => {
                let needless = self.runs.close();
                self.sessions.cancel_shapes(needless);
            }
            ControllerCommand::PinRow(row, pinned) => self.runs.pin(row, pinned),
            ControllerCommand::AnnotateRow(row, text) => self.runs.annotate(row, &text),
            ControllerCommand::ExportRows(rows) => {
                self.runs.choose_rows(rows);
                let name = self.runs.suggested_name();
                self.files.io.choose_path(PathPurpose::Rows, name);
            }
            ControllerCommand::ExportRun(kind, rows) => {
                let sessions = &self.sessions.state;
                self.runs
                    .export(kind, rows, sessions.card(), sessions.tasks(), messages);
            }
            ControllerCommand::ReadReport => self.runs.read_report(),
            ControllerCommand::CompareRows => self.files.io.choose_path(PathPurpose::Compare, ""),
            ControllerCommand::CloseOther => self.runs.close_other(),
            ControllerCommand::OpenGroup(group) => {
                let needless = self.runs.open_group(group);
                self.sessions.cancel_shapes(needless);
            }
            ControllerCommand::OpenStore => match self.runs.state.store.clone() {
                Some(folder) => self.open(folder),
                None => messages.report_error("no folder for a row store\nhint: set CADFORGE_DATA"),
            },
            ControllerCommand::ImportRows => self.runs.import(messages),
            ControllerCommand::ApplySettings(settings) => {
                self.setup.save(settings.clone());
                self.apply_settings(settings);
            }
            ControllerCommand::WriteTask(task) => self.setup.write_task(*task),
            ControllerCommand::DismissTaskProblem => self.setup.state.new_task_problem = None,
            ControllerCommand::CreateEnvironment => self.setup.create_environment(),
            ControllerCommand::MeasureCache => self.setup.measure_cache(false),
            ControllerCommand::ClearCache => self.setup.measure_cache(true),
        }
        self.handle_job_reports();
    }

    fn apply_serving(&mut self, command: ServingCommand) {
        match command {
            ServingCommand::Start => {
                self.window.push(WindowCommand::ShowPanel(PanelKind::Server));
                let sessions = &self.sessions.state;
                self.serving.start(
                    &*self.backend,
                    sessions.tasks(),
                    sessions.scoring.clone(),
                    self.setup.state.settings.workers,
                    &mut self.messages,
                );
            }
            ServingCommand::Stop => self.serving.stop(),
            ServingCommand::Port(port) => self.serving.state.port = port,
            ServingCommand::WithToken(wanted) => self.serving.state.with_token = wanted,
            ServingCommand::Show(serial) => self.show_client_step(serial),
        }
    }

    /// Applies settings without saving them; candidates are scored again where their limits change.
    pub fn apply_settings(&mut self, settings: Settings) {
        self.sessions.set_limits(settings.seconds, settings.memory_mb);
        self.setup.state.settings = settings;
    }

    pub fn set_row_store(&mut self, folder: PathBuf) {
        self.runs.state.store = Some(folder);
    }

    /// Settings and folders, to be set before the first frame.
    pub fn setup_mut(&mut self) -> &mut Setup {
        &mut self.setup.state
    }

    /// Reads the servers of a file and saves them there from now on.
    pub fn set_servers_file(&mut self, path: PathBuf) {
        self.proposer.set_servers_file(path, &mut self.messages);
    }

    pub fn set_prompt_folder(&mut self, folder: PathBuf) {
        self.proposer.state.prompts = Some(folder);
    }

    /// Stores panic reports in that folder, and reports one of an earlier window.
    pub fn store_panics(&mut self, folder: &Path) {
        self.setup.store_panics(folder, &mut self.messages);
    }

    /// Makes the window do something in its next frame.
    #[cfg(test)]
    pub fn request(&mut self, command: WindowCommand) {
        self.window.push(command);
    }

    /// Selects rows to write once a path is chosen.
    #[cfg(test)]
    pub fn choose_rows(&mut self, rows: Vec<u32>) {
        self.runs.choose_rows(rows);
    }
}
