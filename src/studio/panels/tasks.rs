//! Task list with status and last total.

use egui::{Align2, Rect, RichText, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};

use super::widgets::{self, dot, header, status_color};
use crate::reward::Profile;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::state::{Activity, CardStatus, Session, State};
use crate::studio::theme::{self, PAD, ROW, TEXT};

/// Draws the list.
pub fn show(state: &State, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    header(
        ui,
        "Tasks",
        |_| {},
        |ui| {
            ui.label(widgets::small(state.sessions.all.len().to_string(), palette));
        },
    );
    let room = ui.available_height();
    // The prompt takes the rest, at least a third.
    let list = (state.sessions.all.len() as f32 * ROW).min((0.6 * room).max(3.0 * ROW));
    ScrollArea::vertical()
        .id_salt("tasks")
        .max_height(list)
        .auto_shrink([false, true])
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for (index, session) in state.sessions.all.iter().enumerate() {
                row(session, index == state.sessions.current, ui, commands);
            }
        });
    brief(state.session(), state.sessions.scoring.profile, ui);
}

/// Draws prompt, size and, if the profile rewards them, keywords of the task.
fn brief(session: &Session, profile: Profile, ui: &mut Ui) {
    let palette = theme::of(ui);
    let task = &session.task;
    ui.painter().hline(
        ui.available_rect_before_wrap().x_range(),
        ui.cursor().top() + 0.5,
        theme::hairline(palette),
    );
    header(ui, "Prompt", |_| {}, |_| {});
    ScrollArea::vertical()
        .id_salt("brief")
        .auto_shrink(false)
        .show(ui, |ui| {
            let margin = egui::Margin {
                left: PAD as i8,
                right: PAD as i8,
                top: 8,
                bottom: 12,
            };
            egui::Frame::NONE.inner_margin(margin).show(ui, |ui| {
                ui.spacing_mut().item_spacing.y = 8.0;
                let text = RichText::new(task.prompt.trim())
                    .font(theme::regular(12.0))
                    .color(palette.text);
                ui.add(egui::Label::new(text).wrap().selectable(true));
                if let Some([x, y, z]) = task.bbox_mm {
                    let size = format!("{x} × {y} × {z} mm");
                    ui.label(widgets::small(size, palette));
                }
                if profile == Profile::CadforgeV1 && !task.semantic_hints.is_empty() {
                    ui.label(widgets::small("parts to name in the code", palette));
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().item_spacing = vec2(5.0, 5.0);
                        for hint in &task.semantic_hints {
                            widgets::chip(ui, &hint.replace('_', " "), palette.dim);
                        }
                    });
                }
            });
        });
}

fn row(session: &Session, selected: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let card = session.card();
    let standing = CardStatus::of(card);
    let total = card.total();
    response.widget_info(|| {
        let score = total.map_or_else(|| standing.word().to_owned(), widgets::total);
        let mut info = WidgetInfo::selected(Role::Button, true, selected, &session.task.label);
        info.current_text_value = Some(score);
        info
    });
    if response.clicked() {
        commands.push(ControllerCommand::SelectTask(session.task.id.clone()).into());
    }
    let painter = ui.painter();
    if selected {
        painter.rect_filled(rect, 0.0, palette.selected);
        painter.rect_filled(
            Rect::from_min_size(rect.min, vec2(2.0, rect.height())),
            0.0,
            palette.accent,
        );
    } else if response.hovered() || response.has_focus() {
        painter.rect_filled(rect, 0.0, palette.raised);
    }
    let middle = rect.center().y;
    let busy = card.activity != Activity::Idle;
    let color = if busy {
        palette.accent
    } else {
        status_color(standing, palette)
    };
    dot(ui, pos2(rect.left() + PAD + 4.0, middle), color);
    let (number, color) = match total {
        Some(total) => (
            widgets::total(total),
            if total < 0.0 { palette.bad } else { palette.text },
        ),
        None => ("–".to_owned(), palette.faint),
    };
    let number = widgets::line(ui, RichText::new(number).color(color), 80.0);
    let number = widgets::paint_line(ui, pos2(rect.right() - PAD, middle), Align2::RIGHT_CENTER, number);
    let left = rect.left() + PAD + 16.0;
    let name = RichText::new(&session.task.label).size(TEXT);
    let name = widgets::line(ui, name, number.left() - left - 8.0);
    widgets::paint_line(ui, pos2(left, middle), Align2::LEFT_CENTER, name);
    response.on_hover_ui(|ui| {
        ui.set_max_width(340.0);
        ui.label(
            RichText::new(&session.task.id)
                .font(theme::mono(12.0))
                .color(palette.dim),
        );
        ui.label(&session.task.prompt);
    });
}
