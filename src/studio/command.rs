//! Commands of panels, menus and shortcuts: what the window does itself, and what the controller does.
//!
//! [`MENUS`] is the single list from which menus, shortcuts and the palette are built.

mod actions;
mod keys;
mod menus;

use std::path::PathBuf;

pub use actions::{ActionInfo, Menu, Requirement};
pub use keys::pressed;
pub use menus::{MENUS, actions};

use super::dock::PanelKind;
use super::exporting::ExportKind;
use super::new_task::NewTask;
use super::proposing::ServerEntry;
use super::settings::Settings;
use super::state::{CardId, ExportFormat, PathPurpose};
use super::viewport::ViewCommand;
use crate::repair::ProposerKind;
use crate::reward::{Mode, Profile};

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Window(WindowCommand),
    Controller(ControllerCommand),
}

impl From<WindowCommand> for Command {
    fn from(command: WindowCommand) -> Self {
        Self::Window(command)
    }
}

impl From<ControllerCommand> for Command {
    fn from(command: ControllerCommand) -> Self {
        Self::Controller(command)
    }
}

/// What the window does itself.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowCommand {
    /// Copy text to the clipboard.
    Copy(String),
    /// Copy the reward JSON.
    CopyReward,
    /// Copy diagnostics for a bug report.
    CopyDiagnostics,
    /// Toggle between dark and light.
    ToggleTheme,
    /// Apply changed settings to the window.
    Restyle,
    /// A command of the 3D view.
    View(ViewCommand),
    Editor(EditorAction),
    /// The code was saved: later edits are separate steps of undo.
    SealUndo,
    ToggleDiff,
    /// Toggle the grid of a prompt's candidates in place of the 3D view.
    ToggleGroup,
    TogglePalette,
    /// Toggle the list of keyboard shortcuts.
    ToggleShortcuts,
    ToggleSettings,
    /// Open or close the page for a new task.
    ToggleNewTask,
    CloseNewTask,
    /// Show a tab of the open training run.
    ShowRunTab(RunTab),
    /// Show or hide a panel.
    TogglePanel(PanelKind),
    /// Show a panel as the active tab.
    ShowPanel(PanelKind),
    /// Restore the default layout.
    ResetLayout,
    Close,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ControllerCommand {
    SelectTask(String),
    SelectCard(CardId),
    PreviousStep,
    NextStep,
    /// Compare other steps with this one.
    Pin(CardId),
    /// Continue from a copy of this step.
    Branch(CardId),
    /// Remove an edit from the timeline.
    Remove(CardId),
    /// The editor changed the code of a card.
    Edit {
        /// Card whose code was on screen.
        card: CardId,
        /// Complete new code.
        code: String,
    },
    /// A slider changed a number in a card's code: like [`Self::Edit`], and runs at once.
    Tune {
        /// Card whose code was on screen.
        card: CardId,
        /// Complete new code.
        code: String,
    },
    SetProfile(Profile),
    SetMode(Mode),
    /// Run the code immediately.
    RunNow,
    /// Return to the seed; hand edits stay in the timeline.
    ResetToSeed,
    /// Build and display the reference of the task on screen.
    ShowReference,
    /// Cancel running jobs.
    Cancel,
    SetRecording(String),
    /// Request one step from the proposer.
    Propose,
    /// Run steps until the target or the limit.
    RunLoop,
    /// Decide on the pending proposal.
    AnswerProposal(Answer),
    /// Show the prompt that would be sent to a model.
    PreviewPrompt,
    Proposer(ProposerCommand),
    Serving(ServingCommand),
    /// Ask for a file to open.
    ChooseFile,
    /// Ask for a folder of trajectories or rows to open.
    ChooseFolder,
    /// Open files and folders.
    Open(Vec<PathBuf>),
    /// Save the code to its file.
    Save,
    /// Save the code to another file.
    SaveAs,
    /// Export the session or the part on screen.
    Export(ExportFormat),
    /// Export the part on screen as STEP.
    ExportStep,
    /// A path was entered in the path field.
    UsePath(PathPurpose, PathBuf),
    ClosePathPrompt,
    /// Answer to the question about an existing file.
    AnswerOverwrite(Overwriting),
    /// Restore (true) or discard recovered edits.
    RecoverEdits(bool),
    /// Allow scripts to read the folder of the file on screen.
    AllowProject,
    /// Whether scripts may read the folder.
    AnswerProject(bool),
    /// Id of the task that the opened file is for; none keeps the one on screen.
    AnswerTask(Option<String>),
    /// Load the changed file (true) or keep the edits.
    AnswerConflict(bool),
    /// Close the window although jobs are running.
    Quit {
        /// Save files first.
        save: bool,
    },
    CancelQuit,
    /// The banner was closed.
    DismissNotice,
    /// Display the code of a row.
    OpenRow(usize),
    /// Search the rows for a text; an empty text shows all.
    SearchRows(String),
    CloseRows,
    PinRow(usize, bool),
    /// Set a row's note.
    AnnotateRow(usize, String),
    /// Write these rows to a file.
    ExportRows(Vec<u32>),
    /// Create an export of the open training run: of these rows, or of all.
    ExportRun(ExportKind, Option<Vec<u32>>),
    /// Compute the report of the runs among the rows.
    ReadReport,
    /// Choose another training run to compare with.
    CompareRows,
    /// Close the training run that is compared with.
    CloseOther,
    /// Build the candidates of a group.
    OpenGroup(usize),
    OpenStore,
    /// Import the open rows into the store.
    ImportRows,
    ApplySettings(Settings),
    WriteTask(Box<NewTask>),
    /// Forget why the last new task was not written.
    DismissTaskProblem,
    /// Create the missing Python environment.
    CreateEnvironment,
    MeasureCache,
    /// Clear the cache and what killed workers left.
    ClearCache,
}

/// A tab of the panel *Run*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RunTab {
    /// Reward over calls.
    #[default]
    Curves,
    /// Candidates of one prompt side by side.
    Groups,
    /// Comparison with another run.
    Compare,
    /// Summary of the runs.
    Report,
}

impl RunTab {
    /// All tabs, from left to right.
    pub const ALL: [Self; 4] = [Self::Curves, Self::Groups, Self::Compare, Self::Report];

    pub fn name(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Groups => "Groups",
            Self::Compare => "Compare",
            Self::Report => "Report",
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub enum ProposerCommand {
    Kind(ProposerKind),
    /// Whether to replay recordings with their pauses.
    Paced(bool),
    /// Number of candidates per round.
    Candidates(usize),
    /// Maximum number of rounds of a loop.
    MaxSteps(usize),
    /// Total at which loops stop; none for the target of the profile.
    Target(Option<f64>),
    AddServer(String),
    /// Remove the server of that index.
    ForgetServer(usize),
    /// Select the server of that index.
    UseServer(usize),
    /// Replace the entry of the server of that index.
    SetServer(usize, ServerEntry),
    QueryServer(usize),
    ClosePrompt,
}

/// A command about the studio's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServingCommand {
    Start,
    /// Stop after the running requests.
    Stop,
    /// Port for the next start; 0 selects a free one.
    Port(u16),
    /// Whether clients need a token from the next start on.
    WithToken(bool),
    /// Display the step of that serial number as a candidate.
    Show(u64),
}

/// What to do with an existing file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwriting {
    Replace,
    /// Choose another path.
    Rename,
    /// Write nothing.
    Cancel,
}

/// Decision on a proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    Accept,
    /// Continue from an editable copy.
    Edit,
    /// Return to its base.
    Reject,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditorAction {
    Undo,
    Redo,
    /// Open the find bar.
    Find,
    /// Open the find bar with a replacement field.
    Replace,
    /// Go to the next match.
    FindNext,
    /// Comment or uncomment lines.
    ToggleComment,
    /// Offer completions at the caret.
    Complete,
}
