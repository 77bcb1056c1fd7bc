//! Commands of panels, menus and shortcuts.
//!
//! [`ACTIONS`] is the single list from which menus, shortcuts and the palette are built.

mod actions;
mod keys;

use std::path::PathBuf;

pub use actions::{ACTIONS, ActionInfo};
pub use keys::pressed;

use super::dock::PanelKind;
use super::exporting::ExportKind;
use super::new_task::NewTask;
use super::proposing::ServerEntry;
use super::settings::Settings;
use super::share::ExportFormat;
use super::state::{CardId, PathPurpose};
pub use super::viewport::Action as ViewAction;
use crate::repair::ProposerKind;
use crate::reward::{Mode, Profile};

/// A command of a panel; the controller executes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// One of [`ACTIONS`].
    Do(Action),
    SelectTask(String),
    SelectCard(CardId),
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
    /// Propose from this recording.
    SetRecording(String),
    Proposer(ProposerCommand),
    Serving(ServingCommand),
    /// Build and display the reference of the task on screen.
    ShowReference,
    /// Copy text to the clipboard.
    Copy(String),
    /// A path was entered in the path field.
    UsePath(PathPurpose, PathBuf),
    /// The path field was closed.
    ClosePathPrompt,
    /// The banner was closed.
    DismissNotice,
    /// Answer to the question about an existing file.
    AnswerOverwrite(Overwriting),
    /// Restore (true) or discard recovered edits.
    RecoverEdits(bool),
    /// Whether scripts may read the folder.
    AnswerProject(bool),
    /// Load the changed file (true) or keep the edits.
    AnswerConflict(bool),
    /// Close the window although jobs are running.
    Quit {
        /// Save files first.
        save: bool,
    },
    CancelQuit,
    /// Display the code of a row.
    OpenRow(usize),
    /// Search the rows for a text; an empty text shows all.
    SearchRows(String),
    CloseRows,
    /// Pin or unpin a row.
    PinRow(usize, bool),
    /// Set a row's note.
    AnnotateRow(usize, String),
    /// Write these rows to a file.
    ExportRows(Vec<u32>),
    /// Create an export from these rows.
    ExportSelected(ExportKind, Vec<u32>),
    /// Compute the report of the runs among the rows.
    ReadReport,
    /// Choose another training run to compare with.
    CompareRows,
    /// Close the training run that is compared with.
    CloseOther,
    /// Build the candidates of a group.
    OpenGroup(usize),
    /// Save and apply settings.
    ApplySettings(Settings),
    WriteTask(Box<NewTask>),
    /// Create the missing Python environment.
    CreateEnvironment,
    /// Measure the cache on disk.
    MeasureCache,
    /// Clear the cache and what killed workers left.
    ClearCache,
    /// Files were dropped on the window.
    Open(Vec<PathBuf>),
}

/// A command without arguments, for menus and shortcuts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Open,
    /// Open the trajectories and rows of a folder.
    OpenFolder,
    /// Save the code to its file.
    Save,
    /// Save the code to another file.
    SaveAs,
    /// Allow scripts to read the folder of the file on screen.
    AllowProject,
    /// Export the session or the part on screen.
    Export(ExportFormat),
    /// Export the part on screen as STEP.
    ExportStep,
    /// Return to the seed; hand edits stay in the timeline.
    ResetToSeed,
    /// Run the code immediately.
    RunNow,
    /// Request one step from the proposer.
    Propose,
    /// Run steps until the target or the limit.
    RunLoop,
    /// Decide on the pending proposal.
    Proposal(Answer),
    /// Show the prompt that would be sent to a model.
    Prompt,
    /// Select the proposer.
    ProposerKind(ProposerKind),
    /// Cancel running jobs.
    Cancel,
    PreviousStep,
    NextStep,
    /// Copy the reward JSON.
    CopyReward,
    ToggleTheme,
    /// A command of the 3D view.
    View(ViewAction),
    /// A command of the editor.
    Editor(EditorAction),
    /// Toggle the code diff.
    Diff,
    /// Toggle the grid of a prompt's candidates in place of the 3D view.
    Group,
    /// Toggle the command palette.
    Palette,
    /// List the keyboard shortcuts.
    Shortcuts,
    Settings,
    /// Create an export of the open training run.
    ExportRun(ExportKind),
    /// Show a tab of the open training run.
    ShowRunTab(RunTab),
    /// Open the store of rows.
    OpenStore,
    /// Import the open rows into the store.
    ImportRows,
    /// Start the server.
    StartServer,
    /// Stop the server after the running requests.
    StopServer,
    /// Create a task.
    NewTask,
    /// Copy diagnostics for a bug report.
    CopyDiagnostics,
    /// Show or hide a panel.
    Panel(PanelKind),
    /// Restore the default layout.
    ResetLayout,
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

    /// Displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Groups => "Groups",
            Self::Compare => "Compare",
            Self::Report => "Report",
        }
    }
}

/// A command about the proposer.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposerCommand {
    ProposerKind(ProposerKind),
    /// Whether to replay recordings with their pauses.
    Paced(bool),
    /// Number of candidates per round.
    Candidates(usize),
    /// Maximum number of rounds of a loop.
    MaxSteps(usize),
    /// Total at which loops stop.
    Target(f64),
    /// Add a server and select it.
    AddServer(String),
    /// Remove the server of that index.
    ForgetServer(usize),
    /// Select the server of that index.
    UseServer(usize),
    /// Replace the entry of the server of that index.
    SetServer(usize, ServerEntry),
    /// Query the server of that index.
    QueryServer(usize),
    /// Hide the prompt.
    ClosePrompt,
}

/// A command about the studio's server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServingCommand {
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
    /// Continue from it.
    Accept,
    /// Continue from an editable copy.
    Edit,
    /// Return to its base.
    Reject,
}

/// A command of the editor.
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
