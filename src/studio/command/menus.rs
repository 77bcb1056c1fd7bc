//! The list from which menus, shortcuts, buttons and the palette are built.

use egui::{Key, Modifiers};

use super::actions::{ActionInfo, Menu, Requirement};
use super::{
    Answer, Command, ControllerCommand, EditorAction, ProposerCommand, RunTab, ServingCommand, WindowCommand,
};
use crate::data::export::DataSetKind;
use crate::repair::ProposerKind;
use crate::studio::dock::PanelKind;
use crate::studio::exporting::ExportKind;
use crate::studio::state::ExportFormat;
use crate::studio::viewport::{CompareWith, DrawStyle, Layout, Preset, Projection, ViewCommand};

pub(super) const CTRL: Modifiers = Modifiers::COMMAND;
pub(super) const CTRL_SHIFT: Modifiers = Modifiers::COMMAND.plus(Modifiers::SHIFT);

/// All actions in menu order.
pub static MENUS: [Menu; 3] = [
    Menu {
        label: None,
        groups: MAIN,
    },
    Menu {
        label: Some("3D view"),
        groups: VIEW,
    },
    Menu {
        label: Some("Panels"),
        groups: PANELS,
    },
];

const MAIN: &[&[ActionInfo]] = &[
    &[
        controller(ControllerCommand::ChooseFile, "file.open", "Open…").keys(CTRL, Key::O),
        controller(
            ControllerCommand::ChooseFolder,
            "file.open-folder",
            "Open folder…",
        )
        .keys(CTRL_SHIFT, Key::O),
        controller(ControllerCommand::Save, "file.save", "Save").keys(CTRL, Key::S),
        controller(ControllerCommand::SaveAs, "file.save_as", "Save as…").keys(CTRL_SHIFT, Key::S),
        controller(
            ControllerCommand::AllowProject,
            "file.allow-folder",
            "Allow scripts to read this folder…",
        ),
    ],
    &[
        export(ExportFormat::Page, "share.page", "Share as web page…"),
        export(ExportFormat::Animation, "share.animation", "Share as animation…"),
        export(ExportFormat::Picture, "export.png", "Export picture…"),
        export(ExportFormat::Stl, "export.stl", "Export STL…"),
        controller(ControllerCommand::ExportStep, "export.step", "Export STEP…"),
    ],
    &[
        controller(ControllerCommand::RunNow, "run.now", "Run now").keys(Modifiers::NONE, Key::F5),
        controller(ControllerCommand::Propose, "repair.propose", "Propose")
            .keys(CTRL, Key::Enter)
            .requires(Requirement::Repair),
        controller(ControllerCommand::RunLoop, "repair.loop", "Run loop")
            .keys(CTRL_SHIFT, Key::Enter)
            .requires(Requirement::Repair),
        answer(Answer::Accept, "proposal.accept", "Accept proposal").keys(CTRL_SHIFT, Key::Y),
        answer(Answer::Edit, "proposal.edit", "Edit proposal").keys(CTRL_SHIFT, Key::E),
        answer(Answer::Reject, "proposal.reject", "Reject proposal").keys(CTRL_SHIFT, Key::N),
        controller(ControllerCommand::PreviewPrompt, "repair.prompt", "Show prompt")
            .requires(Requirement::ModelServer),
    ],
    &[
        proposer(ProposerKind::Rules, "proposer.rules", "Proposer: rules"),
        proposer(ProposerKind::Replay, "proposer.replay", "Proposer: recording"),
        proposer(
            ProposerKind::Endpoint,
            "proposer.endpoint",
            "Proposer: model endpoint",
        ),
    ],
    &[controller(ControllerCommand::Cancel, "run.cancel", "Cancel")
        .keys(Modifiers::NONE, Key::Escape)
        .requires(Requirement::RunningJob)],
    &[
        controller(ControllerCommand::ResetToSeed, "repair.reset", "Reset to seed")
            .requires(Requirement::Steps),
        controller(ControllerCommand::PreviousStep, "step.previous", "Previous step")
            .keys(Modifiers::ALT, Key::ArrowLeft),
        controller(ControllerCommand::NextStep, "step.next", "Next step")
            .keys(Modifiers::ALT, Key::ArrowRight),
    ],
    &[
        editor(EditorAction::Undo, "edit.undo", "Undo").keys(CTRL, Key::Z),
        editor(EditorAction::Redo, "edit.redo", "Redo").keys(CTRL_SHIFT, Key::Z),
        editor(EditorAction::Find, "edit.find", "Find").keys(CTRL, Key::F),
        editor(EditorAction::Replace, "edit.replace", "Find and replace").keys(CTRL, Key::H),
        editor(EditorAction::FindNext, "edit.find_next", "Find next").keys(Modifiers::NONE, Key::F3),
        editor(EditorAction::ToggleComment, "edit.comment", "Comment lines").keys(CTRL, Key::Slash),
        editor(EditorAction::Complete, "edit.complete", "Show completions").keys(CTRL, Key::Space),
    ],
    &[
        window(WindowCommand::ToggleDiff, "step.diff", "Show code diff").keys(CTRL, Key::D),
        window(WindowCommand::ToggleGroup, "step.group", "Show group")
            .keys(CTRL, Key::G)
            .requires(Requirement::Group),
        window(WindowCommand::CopyReward, "reward.copy", "Copy reward JSON").requires(Requirement::Score),
        window(
            WindowCommand::ToggleTheme,
            "view.theme",
            "Toggle light/dark theme",
        ),
    ],
    &[
        run(RunTab::Curves, "run.curves", "Run: curves"),
        run(RunTab::Groups, "run.groups", "Run: groups"),
        run(RunTab::Compare, "run.compare", "Run: compare with another run…"),
        run(RunTab::Report, "run.report", "Run: report"),
    ],
    &[
        export_run(ExportKind::Repair, "rows.repair", "Rows: save code as repair"),
        export_run(ExportKind::Report, "rows.report", "Rows: export report"),
        export_run(
            ExportKind::Curriculum,
            "rows.curriculum",
            "Rows: build the next curriculum",
        ),
        export_run(
            ExportKind::DataSet(DataSetKind::Sft),
            "rows.sft",
            "Rows: export SFT examples",
        ),
        export_run(
            ExportKind::DataSet(DataSetKind::Preference),
            "rows.preference",
            "Rows: export preferences",
        ),
        export_run(
            ExportKind::DataSet(DataSetKind::Rollouts),
            "rows.rollouts",
            "Rows: export rollouts",
        ),
        controller(
            ControllerCommand::ImportRows,
            "rows.import",
            "Rows: import into the store",
        )
        .requires(Requirement::UnstoredRows),
        controller(ControllerCommand::OpenStore, "rows.store", "Rows: open the store"),
    ],
    &[
        controller(
            ControllerCommand::Serving(ServingCommand::Start),
            "server.start",
            "Start server",
        )
        .requires(Requirement::ServerOff),
        controller(
            ControllerCommand::Serving(ServingCommand::Stop),
            "server.stop",
            "Stop server",
        )
        .requires(Requirement::ServerOn),
    ],
    &[window(WindowCommand::ToggleNewTask, "task.new", "New task…").keys(CTRL_SHIFT, Key::T)],
    &[
        window(WindowCommand::ToggleSettings, "help.settings", "Settings…").keys(CTRL, Key::Comma),
        window(
            WindowCommand::CopyDiagnostics,
            "help.diagnostics",
            "Copy diagnostics",
        ),
        window(WindowCommand::TogglePalette, "help.palette", "Command palette").keys(CTRL_SHIFT, Key::P),
        window(
            WindowCommand::ToggleShortcuts,
            "help.shortcuts",
            "Keyboard shortcuts",
        )
        .keys(Modifiers::NONE, Key::F1),
    ],
];

const VIEW: &[&[ActionInfo]] = &[
    &[
        arrange(Layout::SideBySide, "view.side_by_side", "Compare: side by side"),
        arrange(Layout::Overlay, "view.overlay", "Compare: overlay"),
        arrange(Layout::Wipe, "view.wipe", "Compare: wipe"),
        arrange(Layout::Distance, "view.distance", "Compare: signed distance"),
    ],
    &[
        compare(CompareWith::Seed, "view.to_seed", "Compare with the seed"),
        compare(
            CompareWith::Previous,
            "view.to_previous",
            "Compare with the previous step",
        ),
        compare(
            CompareWith::Reference,
            "view.to_reference",
            "Compare with the reference",
        ),
        compare(
            CompareWith::Pinned,
            "view.to_pinned",
            "Compare with the pinned step",
        ),
    ],
    &[
        view(ViewCommand::Section, "view.section", "Section plane"),
        view(ViewCommand::Measure, "view.measure", "Measure"),
        view(ViewCommand::Fit, "view.fit", "Fit view"),
        view(ViewCommand::AllObjects, "view.all_objects", "Show all objects"),
        view(
            ViewCommand::ScoredObject,
            "view.scored_object",
            "Show only the scored object",
        ),
    ],
    &[
        orient(Preset::Isometric, "view.isometric", "View: isometric"),
        orient(Preset::Front, "view.front", "View: front"),
        orient(Preset::Back, "view.back", "View: back"),
        orient(Preset::Left, "view.left", "View: left"),
        orient(Preset::Right, "view.right", "View: right"),
        orient(Preset::Top, "view.top", "View: top"),
        orient(Preset::Bottom, "view.bottom", "View: bottom"),
    ],
    &[
        project(Projection::Perspective, "view.perspective", "Perspective"),
        project(Projection::Orthographic, "view.orthographic", "Orthographic"),
    ],
    &[
        draw_style(DrawStyle::Shaded, "view.shaded", "Display: shaded"),
        draw_style(DrawStyle::Transparent, "view.transparent", "Display: transparent"),
        draw_style(DrawStyle::Wireframe, "view.wireframe", "Display: wireframe"),
        draw_style(DrawStyle::Triangles, "view.triangles", "Display: triangles"),
    ],
];

const PANELS: &[&[ActionInfo]] = &[
    &[
        panel(PanelKind::Tasks, "panel.tasks", "Panel: tasks"),
        panel(PanelKind::Rows, "panel.rows", "Panel: rows"),
        panel(PanelKind::Server, "panel.server", "Panel: server"),
        panel(PanelKind::Editor, "panel.code", "Panel: code"),
        panel(PanelKind::View, "panel.view", "Panel: 3D view"),
        panel(PanelKind::Runs, "panel.run", "Panel: run"),
        panel(PanelKind::Timeline, "panel.timeline", "Panel: timeline"),
        panel(PanelKind::Proposer, "panel.proposer", "Panel: proposals"),
        panel(PanelKind::Console, "panel.console", "Panel: console"),
        panel(PanelKind::Reward, "panel.reward", "Panel: reward"),
    ],
    &[window(WindowCommand::ResetLayout, "panel.reset", "Reset layout")],
];

pub fn actions() -> impl Iterator<Item = &'static ActionInfo> {
    MENUS
        .iter()
        .flat_map(|menu| menu.groups.iter().copied().flatten())
}

const fn window(command: WindowCommand, name: &'static str, label: &'static str) -> ActionInfo {
    ActionInfo::new(Command::Window(command), name, label)
}

const fn controller(command: ControllerCommand, name: &'static str, label: &'static str) -> ActionInfo {
    ActionInfo::new(Command::Controller(command), name, label)
}

const fn editor(action: EditorAction, name: &'static str, label: &'static str) -> ActionInfo {
    window(WindowCommand::Editor(action), name, label)
}

const fn view(command: ViewCommand, name: &'static str, label: &'static str) -> ActionInfo {
    window(WindowCommand::View(command), name, label)
}

const fn arrange(layout: Layout, name: &'static str, label: &'static str) -> ActionInfo {
    view(ViewCommand::Arrange(layout), name, label)
}

const fn compare(with: CompareWith, name: &'static str, label: &'static str) -> ActionInfo {
    view(ViewCommand::CompareWith(with), name, label)
}

const fn orient(preset: Preset, name: &'static str, label: &'static str) -> ActionInfo {
    view(ViewCommand::Orient(preset), name, label)
}

const fn project(projection: Projection, name: &'static str, label: &'static str) -> ActionInfo {
    view(ViewCommand::Project(projection), name, label)
}

const fn draw_style(style: DrawStyle, name: &'static str, label: &'static str) -> ActionInfo {
    view(ViewCommand::SetDrawStyle(style), name, label)
}

const fn panel(kind: PanelKind, name: &'static str, label: &'static str) -> ActionInfo {
    window(WindowCommand::TogglePanel(kind), name, label)
}

const fn run(tab: RunTab, name: &'static str, label: &'static str) -> ActionInfo {
    window(WindowCommand::ShowRunTab(tab), name, label).requires(Requirement::Rows)
}

const fn answer(answer: Answer, name: &'static str, label: &'static str) -> ActionInfo {
    controller(ControllerCommand::AnswerProposal(answer), name, label).requires(Requirement::PendingProposal)
}

const fn proposer(kind: ProposerKind, name: &'static str, label: &'static str) -> ActionInfo {
    controller(
        ControllerCommand::Proposer(ProposerCommand::Kind(kind)),
        name,
        label,
    )
}

const fn export(format: ExportFormat, name: &'static str, label: &'static str) -> ActionInfo {
    controller(ControllerCommand::Export(format), name, label).requires(Requirement::Shape)
}

const fn export_run(kind: ExportKind, name: &'static str, label: &'static str) -> ActionInfo {
    controller(ControllerCommand::ExportRun(kind, None), name, label).requires(Requirement::Rows)
}
