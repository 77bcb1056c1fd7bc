//! The list from which menus, shortcuts, buttons and the palette are built.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Action, Answer, EditorAction, RunTab, ViewAction};
use crate::data::export::DataSetKind;
use crate::repair::ProposerKind;
use crate::studio::dock::PanelKind;
use crate::studio::exporting::ExportKind;
use crate::studio::share::ExportFormat;
use crate::studio::viewport::{CompareWith, DrawStyle, Layout, Preset, Projection};

/// Name, label and shortcut of an action.
#[derive(Clone, Copy, Debug)]
pub struct ActionInfo {
    pub action: Action,
    /// Stable id.
    pub name: &'static str,
    /// Displayed name.
    pub label: &'static str,
    /// Keyboard shortcut, if any.
    pub shortcut: Option<KeyboardShortcut>,
    /// Whether a menu draws a separator above it.
    pub starts_group: bool,
}

const fn info(
    action: Action,
    name: &'static str,
    label: &'static str,
    shortcut: Option<KeyboardShortcut>,
    starts_group: bool,
) -> ActionInfo {
    ActionInfo {
        action,
        name,
        label,
        shortcut,
        starts_group,
    }
}

const fn keys(modifiers: Modifiers, key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(modifiers, key))
}

const fn editor(
    action: EditorAction,
    name: &'static str,
    label: &'static str,
    shortcut: Option<KeyboardShortcut>,
    starts_group: bool,
) -> ActionInfo {
    info(Action::Editor(action), name, label, shortcut, starts_group)
}

const fn view(action: ViewAction, name: &'static str, label: &'static str, starts_group: bool) -> ActionInfo {
    info(Action::View(action), name, label, None, starts_group)
}

const fn panel(kind: PanelKind, name: &'static str, label: &'static str, starts_group: bool) -> ActionInfo {
    info(Action::Panel(kind), name, label, None, starts_group)
}

const fn export(
    export: ExportKind,
    name: &'static str,
    label: &'static str,
    starts_group: bool,
) -> ActionInfo {
    info(Action::ExportRun(export), name, label, None, starts_group)
}

const fn run(tab: RunTab, name: &'static str, label: &'static str, starts_group: bool) -> ActionInfo {
    info(Action::ShowRunTab(tab), name, label, None, starts_group)
}

pub(super) const CTRL: Modifiers = Modifiers::COMMAND;
pub(super) const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// All actions in menu order.
pub const ACTIONS: &[ActionInfo] = &[
    info(Action::Open, "file.open", "Open…", keys(CTRL, Key::O), false),
    info(
        Action::OpenFolder,
        "file.open-folder",
        "Open folder…",
        keys(CTRL_SHIFT, Key::O),
        false,
    ),
    info(Action::Save, "file.save", "Save", keys(CTRL, Key::S), false),
    info(
        Action::SaveAs,
        "file.save_as",
        "Save as…",
        keys(CTRL_SHIFT, Key::S),
        false,
    ),
    info(
        Action::AllowProject,
        "file.allow-folder",
        "Allow scripts to read this folder…",
        None,
        false,
    ),
    info(
        Action::Export(ExportFormat::Page),
        "share.page",
        "Share as web page…",
        None,
        true,
    ),
    info(
        Action::Export(ExportFormat::Animation),
        "share.animation",
        "Share as animation…",
        None,
        false,
    ),
    info(
        Action::Export(ExportFormat::Picture),
        "export.png",
        "Export picture…",
        None,
        false,
    ),
    info(
        Action::Export(ExportFormat::Stl),
        "export.stl",
        "Export STL…",
        None,
        false,
    ),
    info(Action::ExportStep, "export.step", "Export STEP…", None, false),
    info(
        Action::RunNow,
        "run.now",
        "Run now",
        keys(Modifiers::NONE, Key::F5),
        true,
    ),
    info(
        Action::Propose,
        "repair.propose",
        "Propose",
        keys(CTRL, Key::Enter),
        false,
    ),
    info(
        Action::RunLoop,
        "repair.loop",
        "Run loop",
        keys(CTRL_SHIFT, Key::Enter),
        false,
    ),
    info(
        Action::Proposal(Answer::Accept),
        "proposal.accept",
        "Accept proposal",
        keys(CTRL_SHIFT, Key::Y),
        false,
    ),
    info(
        Action::Proposal(Answer::Edit),
        "proposal.edit",
        "Edit proposal",
        keys(CTRL_SHIFT, Key::E),
        false,
    ),
    info(
        Action::Proposal(Answer::Reject),
        "proposal.reject",
        "Reject proposal",
        keys(CTRL_SHIFT, Key::N),
        false,
    ),
    info(Action::Prompt, "repair.prompt", "Show prompt", None, false),
    info(
        Action::ProposerKind(ProposerKind::Rules),
        "proposer.rules",
        "Proposer: rules",
        None,
        true,
    ),
    info(
        Action::ProposerKind(ProposerKind::Replay),
        "proposer.replay",
        "Proposer: recording",
        None,
        false,
    ),
    info(
        Action::ProposerKind(ProposerKind::Endpoint),
        "proposer.endpoint",
        "Proposer: model endpoint",
        None,
        false,
    ),
    info(
        Action::Cancel,
        "run.cancel",
        "Cancel",
        keys(Modifiers::NONE, Key::Escape),
        true,
    ),
    info(Action::ResetToSeed, "repair.reset", "Reset to seed", None, true),
    info(
        Action::PreviousStep,
        "step.previous",
        "Previous step",
        keys(Modifiers::ALT, Key::ArrowLeft),
        false,
    ),
    info(
        Action::NextStep,
        "step.next",
        "Next step",
        keys(Modifiers::ALT, Key::ArrowRight),
        false,
    ),
    editor(EditorAction::Undo, "edit.undo", "Undo", keys(CTRL, Key::Z), true),
    editor(
        EditorAction::Redo,
        "edit.redo",
        "Redo",
        keys(CTRL_SHIFT, Key::Z),
        false,
    ),
    editor(EditorAction::Find, "edit.find", "Find", keys(CTRL, Key::F), false),
    editor(
        EditorAction::Replace,
        "edit.replace",
        "Find and replace",
        keys(CTRL, Key::H),
        false,
    ),
    editor(
        EditorAction::FindNext,
        "edit.find_next",
        "Find next",
        keys(Modifiers::NONE, Key::F3),
        false,
    ),
    editor(
        EditorAction::ToggleComment,
        "edit.comment",
        "Comment lines",
        keys(CTRL, Key::Slash),
        false,
    ),
    editor(
        EditorAction::Complete,
        "edit.complete",
        "Show completions",
        keys(CTRL, Key::Space),
        false,
    ),
    info(
        Action::Diff,
        "step.diff",
        "Show code diff",
        keys(CTRL, Key::D),
        true,
    ),
    info(
        Action::Group,
        "step.group",
        "Show group",
        keys(CTRL, Key::G),
        false,
    ),
    info(Action::CopyReward, "reward.copy", "Copy reward JSON", None, false),
    info(
        Action::ToggleTheme,
        "view.theme",
        "Toggle light/dark theme",
        None,
        false,
    ),
    run(RunTab::Curves, "run.curves", "Run: curves", true),
    run(RunTab::Groups, "run.groups", "Run: groups", false),
    run(
        RunTab::Compare,
        "run.compare",
        "Run: compare with another run…",
        false,
    ),
    run(RunTab::Report, "run.report", "Run: report", false),
    export(
        ExportKind::Repair,
        "rows.repair",
        "Rows: save code as repair",
        true,
    ),
    export(ExportKind::Report, "rows.report", "Rows: export report", false),
    export(
        ExportKind::Curriculum,
        "rows.curriculum",
        "Rows: build the next curriculum",
        false,
    ),
    export(
        ExportKind::DataSet(DataSetKind::Sft),
        "rows.sft",
        "Rows: export SFT examples",
        false,
    ),
    export(
        ExportKind::DataSet(DataSetKind::Preference),
        "rows.preference",
        "Rows: export preferences",
        false,
    ),
    export(
        ExportKind::DataSet(DataSetKind::Rollouts),
        "rows.rollouts",
        "Rows: export rollouts",
        false,
    ),
    info(
        Action::ImportRows,
        "rows.import",
        "Rows: import into the store",
        None,
        false,
    ),
    info(
        Action::OpenStore,
        "rows.store",
        "Rows: open the store",
        None,
        false,
    ),
    info(Action::StartServer, "server.start", "Start server", None, true),
    info(Action::StopServer, "server.stop", "Stop server", None, false),
    info(
        Action::NewTask,
        "task.new",
        "New task…",
        keys(CTRL_SHIFT, Key::T),
        true,
    ),
    info(
        Action::Settings,
        "help.settings",
        "Settings…",
        keys(CTRL, Key::Comma),
        true,
    ),
    info(
        Action::CopyDiagnostics,
        "help.diagnostics",
        "Copy diagnostics",
        None,
        false,
    ),
    info(
        Action::Palette,
        "help.palette",
        "Command palette",
        keys(CTRL_SHIFT, Key::P),
        false,
    ),
    info(
        Action::Shortcuts,
        "help.shortcuts",
        "Keyboard shortcuts",
        keys(Modifiers::NONE, Key::F1),
        false,
    ),
    view(
        ViewAction::Arrange(Layout::SideBySide),
        "view.side_by_side",
        "Compare: side by side",
        true,
    ),
    view(
        ViewAction::Arrange(Layout::Overlay),
        "view.overlay",
        "Compare: overlay",
        false,
    ),
    view(
        ViewAction::Arrange(Layout::Wipe),
        "view.wipe",
        "Compare: wipe",
        false,
    ),
    view(
        ViewAction::Arrange(Layout::Distance),
        "view.distance",
        "Compare: signed distance",
        false,
    ),
    view(
        ViewAction::CompareWith(CompareWith::Seed),
        "view.to_seed",
        "Compare with the seed",
        true,
    ),
    view(
        ViewAction::CompareWith(CompareWith::Previous),
        "view.to_previous",
        "Compare with the previous step",
        false,
    ),
    view(
        ViewAction::CompareWith(CompareWith::Reference),
        "view.to_reference",
        "Compare with the reference",
        false,
    ),
    view(
        ViewAction::CompareWith(CompareWith::Pinned),
        "view.to_pinned",
        "Compare with the pinned step",
        false,
    ),
    view(ViewAction::Section, "view.section", "Section plane", true),
    view(ViewAction::Measure, "view.measure", "Measure", false),
    view(ViewAction::Fit, "view.fit", "Fit view", false),
    view(
        ViewAction::AllObjects,
        "view.all_objects",
        "Show all objects",
        false,
    ),
    view(
        ViewAction::ScoredObject,
        "view.scored_object",
        "Show only the scored object",
        false,
    ),
    view(
        ViewAction::Orient(Preset::Isometric),
        "view.isometric",
        "View: isometric",
        true,
    ),
    view(
        ViewAction::Orient(Preset::Front),
        "view.front",
        "View: front",
        false,
    ),
    view(ViewAction::Orient(Preset::Back), "view.back", "View: back", false),
    view(ViewAction::Orient(Preset::Left), "view.left", "View: left", false),
    view(
        ViewAction::Orient(Preset::Right),
        "view.right",
        "View: right",
        false,
    ),
    view(ViewAction::Orient(Preset::Top), "view.top", "View: top", false),
    view(
        ViewAction::Orient(Preset::Bottom),
        "view.bottom",
        "View: bottom",
        false,
    ),
    view(
        ViewAction::Project(Projection::Perspective),
        "view.perspective",
        "Perspective",
        true,
    ),
    view(
        ViewAction::Project(Projection::Orthographic),
        "view.orthographic",
        "Orthographic",
        false,
    ),
    view(
        ViewAction::SetDrawStyle(DrawStyle::Shaded),
        "view.shaded",
        "Display: shaded",
        true,
    ),
    view(
        ViewAction::SetDrawStyle(DrawStyle::Transparent),
        "view.transparent",
        "Display: transparent",
        false,
    ),
    view(
        ViewAction::SetDrawStyle(DrawStyle::Wireframe),
        "view.wireframe",
        "Display: wireframe",
        false,
    ),
    view(
        ViewAction::SetDrawStyle(DrawStyle::Triangles),
        "view.triangles",
        "Display: triangles",
        false,
    ),
    panel(PanelKind::Tasks, "panel.tasks", "Panel: tasks", false),
    panel(PanelKind::Rows, "panel.rows", "Panel: rows", false),
    panel(PanelKind::Server, "panel.server", "Panel: server", false),
    panel(PanelKind::Editor, "panel.code", "Panel: code", false),
    panel(PanelKind::View, "panel.view", "Panel: 3D view", false),
    panel(PanelKind::Runs, "panel.run", "Panel: run", false),
    panel(PanelKind::Timeline, "panel.timeline", "Panel: timeline", false),
    panel(PanelKind::Proposer, "panel.proposer", "Panel: proposals", false),
    panel(PanelKind::Console, "panel.console", "Panel: console", false),
    panel(PanelKind::Reward, "panel.reward", "Panel: reward", false),
    info(Action::ResetLayout, "panel.reset", "Reset layout", None, true),
];

impl Action {
    /// Entry in [`ACTIONS`].
    pub fn info(self) -> &'static ActionInfo {
        // A test ensures that the table holds every action.
        ACTIONS
            .iter()
            .find(|info| info.action == self)
            .unwrap_or(&ACTIONS[0])
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn actions_have_unique_names_and_shortcuts() {
        for info in ACTIONS {
            assert_eq!(info.action.info().name, info.name, "listed twice");
        }
        let names: BTreeSet<_> = ACTIONS.iter().map(|info| info.name).collect();
        assert_eq!(names.len(), ACTIONS.len());
        let keys: Vec<_> = ACTIONS.iter().filter_map(ActionInfo::keys).collect();
        assert_eq!(keys.len(), keys.iter().collect::<BTreeSet<_>>().len());
    }
}
