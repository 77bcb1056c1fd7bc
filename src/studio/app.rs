//! The eframe application: the window with its panels.

mod launch;

#[cfg(test)]
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui::{CentralPanel, Context, Frame, Panel, Theme, Ui};

use super::backend::Backend;
use super::command::{Command, ControllerCommand, EditorAction, Requirement, RunTab, WindowCommand, pressed};
use super::controller::{Appearance, Controller};
use super::dock::{Dock, PanelKind};
use super::editor::{self as code, EditorView};
use super::panels::diff::DiffView;
use super::panels::json_tree::{self, JsonTreeView};
use super::panels::new_task::{self, NewTaskView};
use super::panels::palette::{self, PaletteView};
use super::panels::path_prompt::{self, PathPromptView};
use super::panels::proposer::{self as proposer_panel, ProposerView};
use super::panels::proposer_prompt::{self, PromptPage};
use super::panels::proposer_verdict;
use super::panels::rows::{self as rows_panel, RowsView};
use super::panels::runs::{self as runs_panel, RunsView};
use super::panels::settings::{self, SettingsView};
use super::panels::timeline::{self as timeline_panel, TimelineView};
use super::panels::{ask, banner, candidates, console, reward, server, status_bar, tasks, top_bar};
use super::session_store::ViewSnapshot;
use super::settings::ThemeChoice;
use super::state::{Sessions, Setup, State};
use super::viewport::Viewport;
use super::{compare, diagnostics, theme};
use crate::assess::Scoring;
use crate::task::Task;
pub use launch::{Opened, StudioOptions, run};

/// Task displayed on the first start.
const FIRST_TASK: &str = "caster_wheel_fork";

/// The whole window, drawn with or without a display.
pub struct Studio {
    controller: Controller,
    viewport: Viewport,
    editor: EditorView,
    json: JsonTreeView,
    timeline: TimelineView,
    path_prompt: PathPromptView,
    palette: PaletteView,
    rows: RowsView,
    runs: RunsView,
    settings: SettingsView,
    new_task: NewTaskView,
    diff: DiffView,
    diffing: bool,
    /// Whether the group grid replaces the 3D view when candidates of one prompt exist.
    grouping: bool,
    dock: Dock,
    verdict: DiffView,
    proposer: ProposerView,
    prompt: PromptPage,
    start: Option<Start>,
    /// Whether a popup covered the panels in the last frame.
    covered: bool,
}

/// Start-up times that are not logged yet.
struct Start {
    since: Instant,
    /// Whether the first frame has been logged.
    shown: bool,
}

impl Studio {
    /// Installs the theme and starts scoring the first task's seed; `None` without tasks.
    pub fn new(
        ctx: &Context,
        gl: Option<Arc<eframe::glow::Context>>,
        tasks: Vec<Arc<Task>>,
        initial_task: Option<&str>,
        scoring: Scoring,
        backend: Box<dyn Backend>,
    ) -> Option<Self> {
        theme::install(ctx);
        ctx.set_theme(Theme::Dark);
        let mut sessions = Sessions::new(tasks, scoring)?;
        sessions.current = initial_task
            .and_then(|id| sessions.of_task(id))
            .or_else(|| sessions.of_task(FIRST_TASK))
            .unwrap_or(0);
        let repaint = ctx.clone();
        let mut controller = Controller::new(sessions, backend, Arc::new(move || repaint.request_repaint()));
        if initial_task.is_none() {
            controller.ask_for_task();
        }
        Some(Self {
            controller,
            viewport: Viewport::new(gl),
            editor: EditorView::default(),
            json: JsonTreeView::default(),
            timeline: TimelineView::default(),
            path_prompt: PathPromptView::default(),
            palette: PaletteView::default(),
            rows: RowsView::default(),
            runs: RunsView::default(),
            settings: SettingsView::default(),
            new_task: NewTaskView::default(),
            diff: DiffView::default(),
            diffing: false,
            grouping: false,
            dock: Dock::default(),
            verdict: DiffView::default(),
            proposer: ProposerView::default(),
            prompt: PromptPage::default(),
            start: None,
            covered: false,
        })
    }

    /// Stores edits and the window's layout in a folder, and restores what the folder holds; with `with_place`, the task on
    /// screen as well.
    pub fn open_session_store(&mut self, ctx: &Context, folder: &std::path::Path, with_place: bool) {
        let Appearance { dark, view, panels } = self.controller.open_session_store(folder, with_place);
        if let Some(dark) = dark {
            ctx.set_theme(if dark { Theme::Dark } else { Theme::Light });
        }
        if let Some(view) = view {
            self.viewport
                .restore(view.layout, view.against, view.look, view.projection);
        }
        if let Some(panels) = panels {
            self.dock.restore(&panels);
        }
    }

    /// Opens files given at the start.
    pub fn open(&mut self, opened: Opened) {
        match opened {
            Opened::File(path) => self.controller.open(path),
            Opened::Trajectory(trajectory) => self.controller.show_trajectory(*trajectory),
        }
    }

    /// Settings and folders, to be set before the first frame.
    pub(super) fn setup_mut(&mut self) -> &mut Setup {
        self.controller.setup_mut()
    }

    /// Applies theme and scale from the settings.
    fn restyle(&self, ctx: &Context) {
        let settings = &self.controller.state().setup.settings;
        match settings.theme {
            ThemeChoice::Last => {}
            ThemeChoice::Dark => ctx.set_theme(Theme::Dark),
            ThemeChoice::Light => ctx.set_theme(Theme::Light),
        }
        ctx.set_zoom_factor(settings.scale);
    }

    /// State of the window.
    pub fn state(&self) -> State<'_> {
        self.controller.state()
    }

    #[cfg(test)]
    pub(super) fn viewport_mut(&mut self) -> &mut Viewport {
        &mut self.viewport
    }

    /// Executes a command as if a panel had sent it.
    #[cfg(test)]
    pub(super) fn apply(&mut self, command: impl Into<Command>) {
        match command.into() {
            Command::Window(command) => self.controller.request(command),
            Command::Controller(command) => self.controller.apply(command),
        }
    }

    /// Whether the window may close when its frame asks.
    #[cfg(test)]
    pub(super) fn may_close(&mut self) -> bool {
        self.controller.may_close()
    }

    /// Selects rows to write, like the button that then asks for a file.
    #[cfg(test)]
    pub(super) fn choose_rows(&mut self, rows: Vec<u32>) {
        self.controller.choose_rows(rows);
    }

    #[cfg(test)]
    pub(super) fn set_row_store(&mut self, folder: PathBuf) {
        self.controller.set_row_store(folder);
    }

    /// Processes events and requests the next frame if one is due. An idle window requests none.
    pub fn update(&mut self, ctx: &Context) {
        let now = ctx.input(|input| input.time);
        if ctx.input(|input| input.viewport().close_requested()) && !self.controller.may_close() {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
        }
        let camera = self.viewport.camera();
        self.controller.set_appearance(Appearance {
            dark: Some(ctx.theme() == Theme::Dark),
            view: Some(ViewSnapshot {
                layout: self.viewport.layout(),
                against: self.viewport.against(),
                look: self.viewport.look(),
                projection: camera.projection,
            }),
            panels: self.dock.saved(),
        });
        let due = self.controller.update(now).map(Duration::from_secs_f64);
        for command in self.controller.take_window_commands() {
            self.act(ctx, command);
        }
        let state = self.controller.state();
        // Elapsed times are shown in tenths while something runs, in seconds while workers start.
        let running = (!state.sessions.running.is_empty()).then_some(Duration::from_millis(100));
        let warming = (state.sessions.warming_since.is_some() || state.sessions.pool.starting > 0)
            .then_some(Duration::from_millis(500));
        if let Some(wanted) = [due, running, warming].into_iter().flatten().min() {
            ctx.request_repaint_after(wanted);
        }
    }

    /// Draws a frame and executes the commands that it produced.
    pub fn show(&mut self, ui: &mut Ui) {
        let state = self.controller.state();
        // Escape closes popups before it cancels jobs.
        let on_top = self.palette.is_open()
            || self.settings.is_open()
            || self.new_task.is_open()
            || self.editor.takes_escape()
            || state.documents.path_prompt.is_some()
            || state.documents.conflict.is_some()
            || state.documents.overwrite.is_some()
            || state.documents.quit.is_some()
            || state.proposing.prompt.is_some();
        let cancelable = !state.sessions.running.is_empty() && !on_top;
        if std::mem::replace(&mut self.covered, on_top) && !on_top {
            self.editor.regain_focus();
        }
        // A focused text field handles undo itself. The code editor handles it in the order of its keys.
        let undoable = !ui.ctx().text_edit_focused() && !on_top;
        let usable = |command: &Command| match command {
            Command::Controller(ControllerCommand::Cancel) => cancelable,
            Command::Window(WindowCommand::Editor(EditorAction::Undo | EditorAction::Redo)) => undoable,
            Command::Controller(_) | Command::Window(_) => true,
        };
        let mut commands = ui.input_mut(|input| pressed(input, usable));
        self.viewport.set_dark(ui.visuals().dark_mode);
        self.panels(ui, &mut commands);
        let state = &self.controller.state();
        path_prompt::show(&mut self.path_prompt, state, ui, &mut commands);
        palette::show(&mut self.palette, state, ui, &mut commands);
        settings::show(&mut self.settings, state, ui, &mut commands);
        new_task::show(&mut self.new_task, state, ui, &mut commands);
        proposer_prompt::show(&mut self.prompt, state, ui, &mut commands);
        ask::show(state, ui, &mut commands);
        drops(ui, &mut commands);
        if !commands.is_empty() {
            ui.ctx().request_repaint();
        }
        // A key and Ctrl+S in the same frame: save includes the key.
        commands.sort_by_key(|command| {
            !matches!(
                command,
                Command::Controller(ControllerCommand::Edit { .. } | ControllerCommand::Tune { .. })
            )
        });
        for command in commands {
            self.execute(ui.ctx(), command);
        }
    }

    /// Executes a command, and what the controller wants the window to do.
    fn execute(&mut self, ctx: &Context, command: Command) {
        match command {
            Command::Window(command) => self.act(ctx, command),
            Command::Controller(command) => self.controller.apply(command),
        }
        for command in self.controller.take_window_commands() {
            self.act(ctx, command);
        }
    }

    /// Does what the window does itself.
    fn act(&mut self, ctx: &Context, command: WindowCommand) {
        match command {
            WindowCommand::Copy(text) => ctx.copy_text(text),
            WindowCommand::CopyReward => {
                if let Some(scored) = self.controller.state().card().scored()
                    && let Ok(text) = serde_json::to_string_pretty(&scored.json)
                {
                    ctx.copy_text(text);
                }
            }
            WindowCommand::CopyDiagnostics => {
                let State {
                    sessions,
                    setup,
                    messages,
                    ..
                } = self.controller.state();
                ctx.copy_text(diagnostics::report(sessions, setup, messages));
                self.controller.log("diagnostics copied");
            }
            WindowCommand::ToggleTheme => ctx.set_theme(match ctx.theme() {
                Theme::Dark => Theme::Light,
                Theme::Light => Theme::Dark,
            }),
            WindowCommand::Restyle => self.restyle(ctx),
            WindowCommand::View(command) => self.viewport.act(command),
            WindowCommand::Editor(action) => self.editor.act(action),
            WindowCommand::SealUndo => self.editor.seal(),
            WindowCommand::ToggleDiff => self.diffing = !self.diffing,
            WindowCommand::ToggleGroup => {
                match top_bar::unmet(Requirement::Group, &self.controller.state()) {
                    Some(reason) => self.controller.log(reason),
                    None => {
                        self.grouping = !self.grouping;
                        self.dock.activate(PanelKind::View);
                    }
                }
            }
            WindowCommand::TogglePalette => self.palette.toggle(),
            WindowCommand::ToggleShortcuts => self.palette.toggle_shortcuts(),
            WindowCommand::ToggleSettings => self.settings.toggle(&self.controller.state().setup.settings),
            WindowCommand::ToggleNewTask => {
                self.new_task.toggle();
                self.controller.apply(ControllerCommand::DismissTaskProblem);
            }
            WindowCommand::CloseNewTask => self.new_task.close(),
            WindowCommand::ShowRunTab(tab) => {
                self.runs.show_tab(tab);
                self.dock.activate(PanelKind::Runs);
                if tab == RunTab::Compare && self.controller.state().runs.other.is_none() {
                    self.controller.apply(ControllerCommand::CompareRows);
                }
            }
            WindowCommand::TogglePanel(kind) => self.dock.toggle(kind),
            WindowCommand::ShowPanel(kind) => self.dock.activate(kind),
            WindowCommand::ResetLayout => self.dock.reset(),
            WindowCommand::Close => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
        }
        ctx.request_repaint();
    }

    fn panels(&mut self, ui: &mut Ui, commands: &mut Vec<Command>) {
        let palette = theme::of(ui);
        let Self {
            controller,
            viewport,
            editor,
            json,
            timeline,
            rows,
            runs,
            diff,
            diffing,
            grouping,
            verdict,
            proposer,
            dock,
            ..
        } = self;
        let state = &controller.state();
        let bare = Frame::new().fill(palette.pane);
        Panel::top("top")
            .exact_size(top_bar::HEIGHT)
            .frame(bare)
            .show(ui, |ui| top_bar::show(state, ui, commands));
        banner::show(state, ui, commands);
        ask::recovery(state, ui, commands);
        ask::task(state, ui, commands);
        ask::project(state, ui, commands);
        let triangles = viewport.triangle_count();
        Panel::bottom("status")
            .exact_size(status_bar::HEIGHT)
            .frame(bare)
            .show(ui, |ui| status_bar::show(state, triangles, ui, commands));
        CentralPanel::no_frame().show(ui, |ui| {
            dock.show(state.runs.rows.is_some(), ui, &mut |kind, ui| match kind {
                PanelKind::Tasks => tasks::show(state, ui, commands),
                PanelKind::Rows => rows_panel::show(rows, state, ui, commands),
                PanelKind::Server => server::show(state, ui, commands),
                // The editor returns after the decision.
                PanelKind::Editor if proposer_verdict::show(verdict, state, ui, commands) => {}
                PanelKind::Editor if *diffing => {
                    *diffing = !compare::show_diff(diff, viewport.against(), state.session(), ui);
                }
                PanelKind::Editor => code::show(editor, state.sessions, ui, commands),
                PanelKind::View if *grouping && candidates::show(state, viewport, ui, commands) => {}
                PanelKind::View => compare::show_viewport(viewport, state.session(), ui, commands),
                PanelKind::Runs => runs_panel::show(runs, rows, state, viewport, ui, commands),
                PanelKind::Timeline => {
                    timeline_panel::show(timeline, state, *grouping, viewport, ui, commands);
                }
                PanelKind::Proposer => proposer_panel::show(proposer, state, ui, commands),
                PanelKind::Console => console::show(state, ui, commands),
                PanelKind::Reward => {
                    egui::ScrollArea::vertical()
                        .id_salt("right")
                        .auto_shrink(false)
                        .show(ui, |ui| {
                            ui.spacing_mut().item_spacing.y = 0.0;
                            reward::show(state, ui, commands);
                            json_tree::show(json, state, ui, commands);
                        });
                }
            });
        });
    }
}

/// Opens dropped files and displays a hint while they hover.
fn drops(ui: &Ui, commands: &mut Vec<Command>) {
    let (hovering, dropped) = ui.input(|input| {
        let dropped: Vec<_> = input
            .raw
            .dropped_files
            .iter()
            .map(|file| file.path().to_owned())
            .collect();
        (!input.raw.hovered_files.is_empty(), dropped)
    });
    if !dropped.is_empty() {
        commands.push(ControllerCommand::Open(dropped).into());
    }
    if hovering {
        let palette = theme::of(ui);
        let screen = ui.ctx().content_rect();
        let layer = egui::LayerId::new(egui::Order::Foreground, egui::Id::unique("drop"));
        let painter = ui.ctx().layer_painter(layer);
        painter.rect_filled(screen, 0.0, palette.background.gamma_multiply(0.85));
        let text = "Drop Python files, trajectories, rows or folders to open them";
        painter.text(
            screen.center(),
            egui::Align2::CENTER_CENTER,
            text,
            theme::medium(16.0),
            palette.text,
        );
    }
}

impl Studio {
    /// Logs how long the window and the workers took to start.
    fn log_start_times(&mut self, ctx: &Context) {
        let Some(Start { since, shown }) = &mut self.start else {
            return;
        };
        let seconds = since.elapsed().as_secs_f64();
        // The previous frame is on the screen.
        if !*shown && ctx.cumulative_pass_nr() > 0 {
            *shown = true;
            self.controller.log(format!("window ready after {seconds:.2} s"));
        } else if *shown && self.controller.state().sessions.pool.ready > 0 {
            self.controller
                .log(format!("CadQuery ready after {seconds:.2} s"));
            self.start = None;
        }
    }
}

impl eframe::App for Studio {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.update(ctx);
        self.log_start_times(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        visuals.panel_fill.to_normalized_gamma_f32()
    }
}
