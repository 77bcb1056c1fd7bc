//! What a person can ask for.
//!
//! [`ACTIONS`] is the one list that menus, shortcuts and buttons are made from.

mod actions;
mod keys;

use std::path::PathBuf;

pub use actions::{ACTIONS, ActionInfo};
pub use keys::pressed;

use super::dock::PanelKind;
use super::exporting::ExportKind;
use super::new_task::NewTask;
use super::proposing::{ProposerKind, ServerEntry};
use super::settings::Settings;
use super::share::ExportFormat;
use super::state::{CardId, PathPurpose};
pub use super::viewport::Action as ViewAction;
use crate::reward::{Mode, Profile};

/// A wish of a panel; the [`super::controller`] acts on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// One of [`ACTIONS`].
    Do(Action),
    /// Show a task.
    SelectTask(String),
    /// Show a step.
    SelectCard(CardId),
    /// Compare others with that step.
    Pin(CardId),
    /// Go on from a copy of that step.
    Branch(CardId),
    /// Take an edit off the timeline.
    Remove(CardId),
    /// The code of a card was changed in the editor.
    Edit {
        /// The card whose code was on screen.
        card: CardId,
        /// The whole new code.
        code: String,
    },
    /// A number of a card's code was moved: as [`Self::Edit`], and run at once.
    Tune {
        /// The card whose code was on screen.
        card: CardId,
        /// The whole new code.
        code: String,
    },
    /// Score by these formulas.
    SetProfile(Profile),
    /// Measure that much.
    SetMode(Mode),
    /// Let this recording propose.
    SetRecording(String),
    /// Something about who proposes.
    Proposer(ProposerCommand),
    /// Something about the server.
    Serving(ServingCommand),
    /// Build the reference of the task on screen, to be looked at.
    ShowReference,
    /// Put text on the clipboard.
    Copy(String),
    /// A path was typed into the path field.
    UsePath(PathPurpose, PathBuf),
    /// The path field was closed.
    ClosePathPrompt,
    /// The banner was closed.
    DismissNotice,
    /// Replace the file that is there already, or not.
    SettleOverwrite(Overwriting),
    /// Bring lost edits back, or let go of them.
    Rescue(bool),
    /// Let scripts read the folder that was asked about, or not.
    AnswerProject(bool),
    /// Load a file that changed outside, or keep the edits.
    SettleConflict(bool),
    /// Close the window although it is busy.
    Quit {
        /// Whether files are saved first.
        save: bool,
    },
    /// Do not close the window.
    StayOpen,
    /// Show the code of a row.
    OpenRow(usize),
    /// Look for a text in the rows; an empty one shows all.
    SearchRows(String),
    /// Put the rows away.
    CloseRows,
    /// Pin a row, or let go of it.
    PinRow(usize, bool),
    /// Say something of a row.
    AnnotateRow(usize, String),
    /// Write these rows to a file.
    ExportRows(Vec<u32>),
    /// Make something of these rows.
    ExportSelected(ExportKind, Vec<u32>),
    /// Read what the runs among the rows came to.
    ReadReport,
    /// Choose another training run to compare with.
    CompareRows,
    /// Put the other training run away.
    CloseOther,
    /// Build the candidates of a group.
    OpenGroup(usize),
    /// Settings were changed.
    Set(Settings),
    /// Write a new task.
    WriteTask(Box<NewTask>),
    /// Make the Python environment that is missing.
    MakeEnvironment,
    /// Look how much is kept on the disk.
    MeasureStore,
    /// Remove what is kept on the disk and what killed workers left.
    CleanStore,
    /// Files were dropped on the window.
    Open(Vec<PathBuf>),
}

/// A command without arguments, as menus and shortcuts know them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// Read a file.
    Open,
    /// Read the trajectories and rows of a folder.
    OpenFolder,
    /// Write the code to its file.
    Save,
    /// Write the code to another file.
    SaveAs,
    /// Let scripts read the folder of the file on screen.
    AllowProject,
    /// Write what is on screen to a file of that form.
    Export(ExportFormat),
    /// Write the part on screen to a STEP file.
    ExportStep,
    /// Back to the seed alone; hand edits stay.
    ResetToSeed,
    /// Run the code now.
    RunNow,
    /// One step of the proposer.
    Propose,
    /// Steps to the target or the limit.
    RunLoop,
    /// Decide on the proposal that arrived.
    Proposal(Answer),
    /// Show the prompt that a model would be sent.
    Prompt,
    /// Let this one propose.
    ProposerKind(ProposerKind),
    /// Stop what runs.
    Cancel,
    /// The step before.
    PreviousStep,
    /// The step after.
    NextStep,
    /// The reward JSON to the clipboard.
    CopyReward,
    /// Dark or light.
    ToggleTheme,
    /// Something for the 3D view.
    View(ViewAction),
    /// Something for the editor.
    Editor(EditorAction),
    /// Show what changed in the code, or stop showing it.
    Diff,
    /// Show the candidates of one prompt side by side in the 3D view's place, or stop showing them.
    Group,
    /// Find a command by typing.
    Palette,
    /// List the keys.
    Shortcuts,
    /// Open the settings page.
    Settings,
    /// Make something of the training run that is open.
    ExportRun(ExportKind),
    /// Turn to a side of the training run that is open.
    Turn(RunTab),
    /// Open the store of rows.
    OpenStore,
    /// Add the rows that are open to the store.
    ImportRows,
    /// Serve the tasks to programs.
    StartServer,
    /// Stop serving, once what is under way is answered.
    StopServer,
    /// Write a task of one's own.
    NewTask,
    /// What a report of a fault should hold, to the clipboard.
    CopyDiagnostics,
    /// Put a panel away, or bring it back.
    Panel(PanelKind),
    /// Panels back to where they usually are.
    ResetLayout,
}

/// A side of a training run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum RunTab {
    /// Reward over calls.
    #[default]
    Curves,
    /// Candidates of one prompt side by side.
    Groups,
    /// Held against another run.
    Compare,
    /// What its runs came to.
    Report,
}

impl RunTab {
    /// Every side, from left to right.
    pub const ALL: [Self; 4] = [Self::Curves, Self::Groups, Self::Compare, Self::Report];

    /// Its name on screen.
    pub fn name(self) -> &'static str {
        match self {
            Self::Curves => "Curves",
            Self::Groups => "Groups",
            Self::Compare => "Compare",
            Self::Report => "Report",
        }
    }
}

/// A wish about who proposes.
#[derive(Clone, Debug, PartialEq)]
pub enum ProposerCommand {
    /// Let this one propose.
    ProposerKind(ProposerKind),
    /// Give recordings with their pauses, or without.
    Paced(bool),
    /// Ask for that many candidates a round.
    Candidates(usize),
    /// End loops after that many rounds.
    MaxSteps(usize),
    /// End loops at this total.
    Target(f64),
    /// Remember a server, and use it.
    AddServer(String),
    /// Forget the server of that index.
    ForgetServer(usize),
    /// Let the server of that index propose.
    UseServer(usize),
    /// Change what is known of the server of that index.
    SetServer(usize, ServerEntry),
    /// Ask the server of that index how it is.
    Look(usize),
    /// Put the prompt away.
    ClosePrompt,
}

/// A wish about the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ServingCommand {
    /// Listen on that port from the next start on; 0 takes any that is free.
    Port(u16),
    /// Ask clients for a token from the next start on, or not.
    WithToken(bool),
    /// Show the step of that serial as a candidate.
    Show(u64),
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overwriting {
    /// Replace it.
    Replace,
    /// Ask for another path.
    Rename,
    /// Write nothing.
    Cancel,
}

/// What can be done with a proposal that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// Go on from it.
    Accept,
    /// Go on from a copy of it, to be changed.
    Edit,
    /// Go back to where it came from.
    Reject,
}

/// What the editor can be asked for by menu or shortcut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EditorAction {
    /// Take the last edit back.
    Undo,
    /// Make the edit again that was taken back last.
    Redo,
    /// Open the bar that finds.
    Find,
    /// Open it with the field for a replacement.
    Replace,
    /// Go to the next match.
    FindNext,
    /// Turn lines into comments, or back.
    ToggleComment,
    /// Offer what could follow at the caret.
    Complete,
}
