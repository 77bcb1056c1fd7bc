//! Settings page.

use egui::{ComboBox, DragValue, Grid, RichText, Slider, TextEdit, Ui};

use super::widgets;
use crate::studio::command::{Command, ControllerCommand, WindowCommand};
use crate::studio::settings::{Settings, ThemeChoice};
use crate::studio::state::State;
use crate::studio::theme;

/// State of the page.
#[derive(Default)]
pub struct SettingsView {
    draft: Option<Settings>,
    fresh: bool,
}

impl SettingsView {
    /// Whether the page is open, so that Escape closes it.
    pub fn is_open(&self) -> bool {
        self.draft.is_some()
    }

    /// Opens the page, or closes it without changes.
    pub fn toggle(&mut self, now: &Settings) {
        self.fresh = true;
        self.draft = match self.draft {
            Some(_) => None,
            None => Some(now.clone()),
        };
    }
}

/// Draws the page, if it is open.
pub fn show(view: &mut SettingsView, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    let Some(draft) = &mut view.draft else { return };
    let palette = theme::of(ui);
    if std::mem::take(&mut view.fresh) {
        commands.push(ControllerCommand::MeasureCache.into());
    }
    let mut close = false;
    let modal = widgets::modal(ui, "settings").show(ui.ctx(), |ui| {
        ui.set_width(440.0);
        ui.label(RichText::new("Settings").font(theme::semibold(14.0)));
        ui.add_space(6.0);
        Grid::new("settings")
            .num_columns(2)
            .spacing([18.0, 9.0])
            .min_col_width(150.0)
            .show(ui, |ui| {
                ui.label("theme at startup");
                ui.name_inputs("Theme at startup", |ui| {
                    ComboBox::new("theme", "")
                        .icon(widgets::chevron)
                        .selected_text(draft.theme.name())
                        .show_ui(ui, |ui| {
                            for choice in ThemeChoice::ALL {
                                ui.selectable_value(&mut draft.theme, choice, choice.name());
                            }
                        });
                });
                ui.end_row();
                let label = ui.label("interface scale");
                let slider = Slider::new(&mut draft.scale, 0.75..=2.0)
                    .trailing_fill(true)
                    .step_by(0.05)
                    .fixed_decimals(2);
                // The slider's text field counts as a control too.
                ui.name_inputs("interface scale", |ui| ui.add(slider))
                    .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("CPU time per candidate");
                ui.add(DragValue::new(&mut draft.seconds).range(1.0..=600.0).suffix(" s"))
                    .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("memory per candidate");
                ui.add(
                    DragValue::new(&mut draft.memory_mb)
                        .range(128..=65536)
                        .speed(16)
                        .suffix(" MB"),
                )
                .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("workers (after restart)");
                ui.add(DragValue::new(&mut draft.workers).range(1..=16))
                    .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("Python (after restart)");
                ui.add(
                    TextEdit::singleline(&mut draft.python)
                        .hint_text("auto-detected")
                        .desired_width(f32::INFINITY),
                )
                .on_hover_text("bin/python of an environment with CadQuery")
                .labelled_by(label.id);
                ui.end_row();
            });
        ui.add_space(8.0);
        cache(state, ui, commands);
        ui.add_space(4.0);
        let place = match &state.setup.settings_file {
            Some(path) => format!("saved in {}", path.display()),
            None => "for this window only: there is no settings folder".to_owned(),
        };
        ui.add(egui::Label::new(widgets::small(place, palette)).wrap());
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui.add(widgets::primary("Apply", palette)).clicked() {
                commands.push(ControllerCommand::ApplySettings(draft.clone()).into());
                commands.push(WindowCommand::Restyle.into());
                close = true;
            }
            close |= ui.button("Cancel").clicked();
        });
    });
    if close || modal.should_close() {
        view.draft = None;
    }
}

/// Draws the size of the cache and a button to clear it.
fn cache(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    ui.horizontal(|ui| {
        let text = match &state.setup.cache {
            None => "measuring the cache…".to_owned(),
            Some(stored) if stored.folder.is_none() => "cache: empty".to_owned(),
            Some(stored) => format!(
                "cache: {:.1} MB, {} results",
                stored.bytes as f64 / 1e6,
                super::status_bar::grouped(usize::try_from(stored.entries).unwrap_or(usize::MAX))
            ),
        };
        let label = ui.label(text);
        if let Some(folder) = state
            .setup
            .cache
            .as_ref()
            .and_then(|stored| stored.folder.as_ref())
        {
            label.on_hover_text(folder.display().to_string());
        }
        let some = state
            .setup
            .cache
            .as_ref()
            .is_some_and(|stored| stored.entries > 0);
        let clean = ui.add_enabled(some, egui::Button::new("Clear").small());
        if clean
            .on_hover_text("same as `cadforge clean`; results are computed again when needed")
            .clicked()
        {
            commands.push(ControllerCommand::ClearCache.into());
        }
    });
    if let Some(versions) = &state.sessions.pool.versions {
        let text = format!("Python {} with CadQuery {}", versions.python, versions.cadquery);
        ui.label(widgets::small(text, palette));
    }
}
