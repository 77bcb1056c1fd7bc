//! Status bar: workers, queue, running jobs with their time, and triangle count.

use egui::{Button, RichText, Ui, vec2};

use super::widgets::{self, dot};
use crate::studio::command::{Command, ControllerCommand, WindowCommand};
use crate::studio::dock::PanelKind;
use crate::studio::serving::ServingPhase;
use crate::studio::state::{Running, State};
use crate::studio::theme::{self, PAD, Palette, SMALL};

/// Height of the bar, points.
pub const HEIGHT: f32 = 26.0;

/// Draws the bar; `triangles` is the number in the viewport.
pub fn show(state: &State, triangles: usize, ui: &mut Ui, commands: &mut Vec<Command>) {
    let palette = theme::of(ui);
    let rect = ui.available_rect_before_wrap().shrink2(vec2(PAD, 0.0));
    let room = widgets::right_end(ui, rect, 12.0, |ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        ui.label(widgets::small("mm", palette));
        ui.label(widgets::small(
            format!("{} triangles", grouped(triangles)),
            palette,
        ));
    });
    widgets::left_end(ui, room, |ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        workers(state, ui, palette);
        ui.label(widgets::small(
            format!("queue {}", state.sessions.pool.queued),
            palette,
        ));
        if let Some(versions) = &state.sessions.pool.versions {
            ui.label(widgets::small(format!("CadQuery {}", versions.cadquery), palette));
        }
        if let ServingPhase::Listening(address) = state.serving.phase {
            let text = format!(
                "serving on {} · {} sessions",
                address.port(),
                state.serving.open_sessions()
            );
            let text = RichText::new(text).font(theme::regular(SMALL)).color(palette.dim);
            if ui.add(Button::new(text).small()).clicked() {
                commands.push(WindowCommand::TogglePanel(PanelKind::Server).into());
            }
        }
        if let Some(work) = state.operations.first() {
            let done = if work.share > 0.0 {
                format!(" · {:.0} %", 100.0 * work.share)
            } else {
                "…".to_owned()
            };
            let text = RichText::new(format!("{}{done}", work.what))
                .font(theme::regular(SMALL))
                .color(palette.accent);
            ui.label(text);
        }
        if let Some(running) = state.sessions.running.last() {
            let text = RichText::new(running_text(running, state))
                .font(theme::regular(SMALL))
                .color(palette.accent);
            ui.label(text);
            let cancel = Button::new(RichText::new("Cancel").font(theme::regular(SMALL))).small();
            if ui.add(cancel).on_hover_text("Esc").clicked() {
                commands.push(ControllerCommand::Cancel.into());
            }
        }
    });
}

fn workers(state: &State, ui: &mut Ui, palette: &Palette) {
    let pool = &state.sessions.pool;
    let (color, text) = if pool.error.is_some() && pool.ready == 0 {
        (palette.bad, "no worker".to_owned())
    } else if pool.ready == 0 {
        let waited = state
            .sessions
            .warming_since
            .map_or(0.0, |since| state.sessions.now - since);
        (palette.warn, format!("loading CadQuery… {waited:.0} s"))
    } else {
        let plural = if pool.ready == 1 { "" } else { "s" };
        let text = match (pool.busy, pool.starting) {
            (0, 0) => format!("{} worker{plural} ready", pool.ready),
            (0, starting) => format!("{} worker{plural} ready, {starting} starting", pool.ready),
            (busy, _) => format!("{busy} of {} worker{plural} busy", pool.ready),
        };
        (
            if pool.busy > 0 {
                palette.accent
            } else {
                palette.good
            },
            text,
        )
    };
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
        dot(ui, rect.center(), color);
        ui.label(RichText::new(text).font(theme::regular(SMALL)).color(palette.dim));
    });
}

fn running_text(running: &Running, state: &State) -> String {
    let elapsed = state.sessions.now - running.since;
    let verb = if running.started { "running" } else { "waiting" };
    let more = match state.sessions.running.len() {
        0 | 1 => String::new(),
        more => format!(" and {} more", more - 1),
    };
    format!("{verb}: {}{more} · {elapsed:.1} s", running.what)
}

/// Groups of three digits, with a thin space as in ISO 80000.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_grouped_by_three() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(4100), "4\u{2009}100");
        assert_eq!(grouped(1_204_000), "1\u{2009}204\u{2009}000");
    }
}
