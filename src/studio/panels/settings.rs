//! The settings page.

use egui::{ComboBox, DragValue, Grid, Id, Modal, RichText, Slider, Ui};

use super::widgets;
use crate::studio::command::Command;
use crate::studio::settings::{Settings, ThemeChoice};
use crate::studio::state::State;
use crate::studio::theme;

/// What is being set.
#[derive(Default)]
pub struct SettingsView {
    draft: Option<Settings>,
}

impl SettingsView {
    /// Whether the page is open, which Escape is to close.
    pub fn is_open(&self) -> bool {
        self.draft.is_some()
    }

    /// Opens the page, or closes it without a change.
    pub fn toggle(&mut self, now: &Settings) {
        self.draft = match self.draft {
            Some(_) => None,
            None => Some(now.clone()),
        };
    }
}

/// Shows the page, if it is open.
pub fn show(view: &mut SettingsView, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    let Some(draft) = &mut view.draft else { return };
    let palette = theme::of(ui);
    let mut close = false;
    let modal = Modal::new(Id::unique("settings")).show(ui.ctx(), |ui| {
        ui.set_width(440.0);
        ui.label(RichText::new("Settings").font(theme::semibold(14.0)));
        ui.add_space(6.0);
        Grid::new("settings")
            .num_columns(2)
            .spacing([18.0, 9.0])
            .min_col_width(150.0)
            .show(ui, |ui| {
                ui.label("theme at the start");
                ui.name_inputs("Theme at the start", |ui| {
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
                let label = ui.label("size of the window's content");
                ui.add(
                    Slider::new(&mut draft.scale, 0.75..=2.0)
                        .step_by(0.05)
                        .fixed_decimals(2),
                )
                .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("processor time of a candidate");
                ui.add(DragValue::new(&mut draft.seconds).range(1.0..=600.0).suffix(" s"))
                    .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("memory of a candidate");
                ui.add(
                    DragValue::new(&mut draft.memory_mb)
                        .range(128..=65536)
                        .speed(16)
                        .suffix(" MB"),
                )
                .labelled_by(label.id);
                ui.end_row();
                let label = ui.label("workers, from the next start on");
                ui.add(DragValue::new(&mut draft.workers).range(1..=16))
                    .labelled_by(label.id);
                ui.end_row();
            });
        ui.add_space(4.0);
        let place = match &state.settings_file {
            Some(path) => format!("kept in {}", path.display()),
            None => "for this window only: there is no folder to keep them in".to_owned(),
        };
        ui.add(egui::Label::new(widgets::small(place, palette)).wrap());
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui.button("Apply").clicked() {
                commands.push(Command::Set(draft.clone()));
                close = true;
            }
            close |= ui.button("Not now").clicked();
        });
    });
    if close || modal.should_close() {
        view.draft = None;
    }
}
