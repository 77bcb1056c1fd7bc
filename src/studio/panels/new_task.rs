//! Page for creating a task.

use egui::{ComboBox, DragValue, Grid, RichText, ScrollArea, TextEdit, Ui};

use super::widgets;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::new_task::NewTask;
use crate::studio::state::State;
use crate::studio::theme;
use crate::task::Level;

/// Default seed: a plate, which builds with a low score.
const PLATE: &str = "import cadquery as cq\n\nfixture = cq.Workplane(\"XY\").box(40.0, 30.0, 4.0)\n";

/// State of the page.
#[derive(Default)]
pub struct NewTaskView {
    draft: Option<Draft>,
}

struct Draft {
    task: NewTask,
    hints: String,
    sized: bool,
    size: [f64; 3],
    seed: CodeSource,
    reference: CodeSource,
    submitted: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum CodeSource {
    None,
    Plate,
    Screen,
}

impl CodeSource {
    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Plate => "a plain plate",
            Self::Screen => "the code on screen",
        }
    }

    fn code(self, state: &State) -> Option<String> {
        match self {
            Self::None => None,
            Self::Plate => Some(PLATE.to_owned()),
            Self::Screen => Some(state.card().code.clone()),
        }
    }
}

impl NewTaskView {
    /// Whether the page is open, so that Escape closes it.
    pub fn is_open(&self) -> bool {
        self.draft.is_some()
    }

    /// Opens or closes the page.
    pub fn toggle(&mut self) {
        self.draft = match self.draft {
            Some(_) => None,
            None => Some(Draft {
                task: NewTask {
                    id: String::new(),
                    level: Level::Easy,
                    family: "hardware".to_owned(),
                    label: String::new(),
                    prompt: String::new(),
                    semantic_hints: Vec::new(),
                    bbox_mm: None,
                    seed: String::new(),
                    reference: None,
                },
                hints: String::new(),
                sized: false,
                size: [60.0, 40.0, 20.0],
                seed: CodeSource::Plate,
                reference: CodeSource::None,
                submitted: false,
            }),
        };
    }

    /// Closes the page after the task was written.
    pub fn close(&mut self) {
        self.draft = None;
    }
}

/// Draws the page, if it is open.
pub fn show(view: &mut NewTaskView, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    let Some(draft) = &mut view.draft else { return };
    let palette = theme::of(ui);
    let mut close = false;
    let modal = widgets::modal(ui, "new task").show(ui.ctx(), |ui| {
        ui.set_width(500.0);
        ui.label(RichText::new("New task").font(theme::semibold(14.0)));
        ui.add_space(4.0);
        let height = (ui.ctx().content_rect().height() - 190.0).max(160.0);
        ScrollArea::vertical()
            .max_height(height)
            .show(ui, |ui| fields(draft, ui));
        if let Some(problem) = state.setup.new_task_problem.as_ref().filter(|_| draft.submitted) {
            ui.add_space(4.0);
            for line in problem.lines() {
                ui.add(egui::Label::new(RichText::new(line).color(palette.bad)).wrap());
            }
        }
        let place = match &state.setup.pack {
            Some(pack) => format!("saved in {}", pack.join(&draft.task.id).display()),
            None => "no folder for new tasks\nhint: set CADFORGE_DATA".to_owned(),
        };
        ui.add(egui::Label::new(widgets::small(place, palette)).wrap());
        ui.add_space(6.0);
        ui.horizontal(|ui| {
            if ui
                .add_enabled(
                    state.setup.pack.is_some(),
                    widgets::primary("Create task", palette),
                )
                .clicked()
            {
                draft.submitted = true;
                let words = draft.hints.split([',', ' ']).map(str::trim);
                let task = NewTask {
                    semantic_hints: words.filter(|word| !word.is_empty()).map(str::to_owned).collect(),
                    bbox_mm: draft.sized.then_some(draft.size),
                    seed: draft.seed.code(state).unwrap_or_default(),
                    reference: draft.reference.code(state),
                    ..draft.task.clone()
                };
                commands.push(ControllerCommand::WriteTask(Box::new(task)).into());
            }
            close |= ui.button("Cancel").clicked();
        });
    });
    if close || modal.should_close() {
        view.draft = None;
    }
}

fn fields(draft: &mut Draft, ui: &mut Ui) {
    Grid::new("new task")
        .num_columns(2)
        .spacing([18.0, 8.0])
        .min_col_width(120.0)
        .show(ui, |ui| {
            let text = |ui: &mut Ui, name: &str, value: &mut String, hint: &str, rows: usize| {
                let label = ui.label(name);
                let field = if rows == 1 {
                    TextEdit::singleline(value)
                } else {
                    TextEdit::multiline(value)
                };
                let field = field.hint_text(hint).desired_rows(rows).desired_width(330.0);
                ui.name_inputs(name, |ui| ui.add(field)).labelled_by(label.id);
                ui.end_row();
            };
            let task = &mut draft.task;
            text(ui, "id", &mut task.id, "hinge_leaf", 1);
            text(ui, "name", &mut task.label, "Hinge leaf", 1);
            text(ui, "family", &mut task.family, "hardware", 1);
            text(
                ui,
                "prompt",
                &mut task.prompt,
                "Design a hinge leaf as editable code-CAD. Include …",
                4,
            );
            text(ui, "keywords", &mut draft.hints, "leaf, knuckle, three_holes", 1);
            ui.label("level");
            ui.name_inputs("level", |ui| {
                ComboBox::new("level", "")
                    .icon(widgets::chevron)
                    .selected_text(task.level.name())
                    .show_ui(ui, |ui| {
                        for level in [Level::Easy, Level::Medium, Level::Hard] {
                            ui.selectable_value(&mut task.level, level, level.name());
                        }
                    });
            });
            ui.end_row();
            ui.checkbox(&mut draft.sized, "size in mm");
            ui.horizontal(|ui| {
                for (value, name) in
                    draft
                        .size
                        .iter_mut()
                        .zip(["size along x", "size along y", "size along z"])
                {
                    let field = DragValue::new(value).range(0.1..=10_000.0).speed(0.5);
                    ui.name_inputs(name, |ui| ui.add_enabled(draft.sized, field));
                }
            });
            ui.end_row();
            let choices: [(&str, &mut CodeSource, &[CodeSource]); 2] = [
                (
                    "weak seed",
                    &mut draft.seed,
                    &[CodeSource::Plate, CodeSource::Screen],
                ),
                (
                    "reference",
                    &mut draft.reference,
                    &[CodeSource::None, CodeSource::Screen],
                ),
            ];
            for (name, value, sources) in choices {
                ui.label(name);
                ui.name_inputs(name, |ui| {
                    ComboBox::new(name, "")
                        .icon(widgets::chevron)
                        .width(180.0)
                        .selected_text(value.name())
                        .show_ui(ui, |ui| {
                            for source in sources {
                                ui.selectable_value(value, *source, source.name());
                            }
                        });
                });
                ui.end_row();
            }
        });
}
