//! Groups of a training run: the candidates of one prompt side by side, with rewards and advantages.

use egui::{
    Align2, Button, Color32, Label, Pos2, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::runs::{hint, told};
use super::widgets::{self, delta_color, signed};
use crate::studio::command::Command;
use crate::studio::rows::{Group, Rows};
use crate::studio::state::{GroupView, Phase, State};
use crate::studio::theme::{self, PAD, Palette, RADIUS, SMALL};
use crate::studio::viewport::{Tone, Viewport};

/// What the mark of an uninformative group means.
pub(super) const UNINFORMATIVE: &str =
    "uninformative: the scores of the group hardly differ, so that nothing is learnt from it";

/// The mark of a row: a ring where nothing is learnt from it.
pub(super) fn row_dot(ui: &Ui, center: Pos2, color: Color32, uninformative: bool) {
    if uninformative {
        ui.painter().circle_stroke(center, 3.5, Stroke::new(1.5, color));
    } else {
        widgets::dot(ui, center, color);
    }
}

/// Each group as a line of cards.
pub(super) fn show(
    state: &State,
    rows: &Rows,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    if rows.groups.is_empty() {
        return hint(
            ui,
            "These rows have no `group_id`: `cadforge score` writes it for candidates of one prompt.",
        );
    }
    let open = state.group.as_ref();
    // The group of the row on screen is the one to begin with.
    let own = state
        .open_row
        .and_then(|row| rows.group_of.get(row))
        .map(|group| *group as usize);
    let Some(open) = open else {
        commands.push(Command::OpenGroup(
            own.filter(|own| *own < rows.groups.len()).unwrap_or(0),
        ));
        return;
    };
    let group = &rows.groups[open.group.min(rows.groups.len() - 1)];
    let numbers = rows.summary(&group.rows);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(PAD);
        ui.spacing_mut().item_spacing.x = 6.0;
        let mut turn = |ui: &mut Ui, text: &str, name: &str, to: Option<usize>| {
            let button = ui.add_enabled(to.is_some(), Button::new(text).small());
            button.widget_info(|| WidgetInfo::labeled(Role::Button, to.is_some(), name));
            if let Some(to) = to.filter(|_| button.clicked()) {
                commands.push(Command::OpenGroup(to));
            }
        };
        turn(ui, "◀", "Previous group", open.group.checked_sub(1));
        turn(
            ui,
            "▶",
            "Next group",
            Some(open.group + 1).filter(|next| *next < rows.groups.len()),
        );
        let place = format!("{} of {}", open.group + 1, rows.groups.len());
        ui.label(RichText::new(format!("group {}", group.name)).font(theme::semibold(theme::TEXT)));
        ui.label(widgets::small(place, palette));
        if !group.informative {
            ui.label(RichText::new("uninformative").size(SMALL).color(palette.warn))
                .on_hover_text(UNINFORMATIVE);
        }
        ui.add(Label::new(widgets::small(told(&numbers), palette)).truncate());
    });
    strip(rows, group, ui, palette);
    ScrollArea::vertical()
        .id_salt("group")
        .auto_shrink(false)
        .show(ui, |ui| {
            let room = ui.available_width() - 2.0 * PAD;
            let columns = ((room + 8.0) / 168.0).floor().max(1.0);
            let size = vec2(((room - 8.0 * (columns - 1.0)) / columns).floor(), 132.0);
            egui::Frame::new()
                .inner_margin(egui::Margin::symmetric(PAD as i8, 6))
                .show(ui, |ui| {
                    ui.horizontal_wrapped(|ui| {
                        ui.spacing_mut().item_spacing = vec2(8.0, 8.0);
                        for index in 0..open.members.len() {
                            member(open, index, rows, state, viewport, size, ui, commands);
                        }
                    });
                    let more = group.rows.len().saturating_sub(open.members.len());
                    if more > 0 {
                        ui.label(widgets::small(format!("and {more} more"), palette));
                    }
                });
        });
}

/// Rewards of a group on a line from -1 to 1.
fn strip(rows: &Rows, group: &Group, ui: &mut Ui, palette: &Palette) {
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 22.0), Sense::hover());
    let line = Rect::from_min_max(
        pos2(rect.left() + PAD, rect.top()),
        pos2(rect.right() - PAD, rect.bottom()),
    );
    ui.painter()
        .hline(line.x_range(), line.center().y, theme::hairline(palette));
    for row in group.rows.iter().filter_map(|row| rows.rows.get(*row as usize)) {
        if row.total.is_finite() {
            let x = egui::lerp(line.x_range(), (row.total.clamp(-1.0, 1.0) + 1.0) / 2.0);
            let color = if row.built { palette.step } else { palette.bad };
            let center = pos2(x, line.center().y);
            row_dot(ui, center, color.gamma_multiply(0.75), !group.informative);
        }
    }
    response.on_hover_text("rewards of the group, from −1 to 1");
}

#[expect(clippy::too_many_arguments, reason = "one cell of the grid, in one place")]
fn member(
    view: &GroupView,
    index: usize,
    rows: &Rows,
    state: &State,
    viewport: &mut Viewport,
    size: egui::Vec2,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    let member = &view.members[index];
    let Some(row) = rows.rows.get(member.row) else {
        return;
    };
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let open = state.open_row == Some(member.row);
    let total = if row.total.is_finite() {
        widgets::total(f64::from(row.total))
    } else {
        "–".to_owned()
    };
    let advantage = rows.advantage(member.row);
    response.widget_info(|| {
        WidgetInfo::selected(
            Role::Button,
            true,
            open,
            format!("candidate {}, {total}", member.row + 1),
        )
    });
    if response.clicked() {
        commands.push(Command::OpenRow(member.row));
    }
    let fill = if response.hovered() {
        palette.raised
    } else {
        palette.pane
    };
    ui.painter().rect_filled(rect, RADIUS, fill);
    let picture = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - 42.0)).shrink(1.0);
    let words = |text: &str, color: Color32| {
        let galley = ui.fonts_mut(|fonts| {
            let mut job = egui::text::LayoutJob::simple(
                text.to_owned(),
                theme::regular(11.0),
                color,
                picture.width() - 18.0,
            );
            job.wrap.max_rows = 4;
            fonts.layout_job(job)
        });
        ui.painter().galley(picture.min + vec2(9.0, 9.0), galley, color);
    };
    match &member.phase {
        Phase::Reading => words("reading…", palette.faint),
        Phase::Building(_) => words("building…", palette.faint),
        Phase::Broken(why) => words(why, palette.bad),
        Phase::Built(shape) => {
            if let Some(texture) = viewport.thumbnail(ui.ctx(), shape, Tone::Step) {
                let scale =
                    (picture.width() / texture.size_vec2().x).min(picture.height() / texture.size_vec2().y);
                let place = Rect::from_center_size(picture.center(), texture.size_vec2() * scale);
                let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
                ui.painter().image(texture.id(), place, whole, Color32::WHITE);
            }
        }
    }
    let edge = if open {
        Stroke::new(2.0, palette.accent)
    } else {
        theme::hairline(palette)
    };
    ui.painter().rect_stroke(rect, RADIUS, edge, StrokeKind::Inside);
    let put = |text: RichText, at: egui::Pos2, anchor| {
        let galley = widgets::line(ui, text, 0.6 * rect.width());
        widgets::paint_line(ui, at, anchor, galley);
    };
    let (left, right) = (rect.left() + 9.0, rect.right() - 9.0);
    let (upper, lower) = (rect.bottom() - 30.0, rect.bottom() - 12.0);
    put(
        RichText::new(format!("#{}", member.row + 1)).size(12.0),
        pos2(left, upper),
        Align2::LEFT_CENTER,
    );
    let color = if row.built { palette.text } else { palette.bad };
    put(
        RichText::new(total).size(12.0).color(color),
        pos2(right, upper),
        Align2::RIGHT_CENTER,
    );
    let kind = rows
        .kinds
        .get(row.kind as usize)
        .map_or("", String::as_str)
        .replace('_', " ");
    put(
        widgets::small(kind, palette),
        pos2(left, lower),
        Align2::LEFT_CENTER,
    );
    if let Some(advantage) = advantage {
        let text = RichText::new(signed(advantage, 2))
            .font(theme::regular(SMALL))
            .color(delta_color(advantage, palette));
        put(text, pos2(right, lower), Align2::RIGHT_CENTER);
    }
    response.on_hover_text(
        "reward, and below it the advantage of its score in its group; a click shows its code",
    );
}
