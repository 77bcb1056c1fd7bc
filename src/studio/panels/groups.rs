//! Groups of a training run: candidates of one prompt side by side, with rewards and advantages.

use egui::{Button, Label, RichText, Role, ScrollArea, Ui, WidgetInfo};

use super::group_grid::{self, Cell, Picture, UNINFORMATIVE};
use super::rows::summary_text;
use super::runs::hint;
use super::widgets;
use crate::failure::Kind;
use crate::studio::command::{Command, ControllerCommand};
use crate::studio::rows::RowIndex;
use crate::studio::state::{BuildPhase, GroupMember, State};
use crate::studio::theme::{self, PAD, SMALL};
use crate::studio::viewport::Viewport;

/// Draws each group as a line of cards.
pub(super) fn show(
    state: &State,
    rows: &RowIndex,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    if rows.groups.is_empty() {
        return hint(
            ui,
            "No two of these rows are candidates of one prompt, and none has a `group_id`.",
        );
    }
    let open = state.runs.group.as_ref();
    // Starts with the group of the row on screen.
    let own = state.runs.open_row.and_then(|row| rows.group_of(row));
    let Some(open) = open else {
        commands.push(ControllerCommand::OpenGroup(own.unwrap_or(0)).into());
        return;
    };
    let group = &rows.groups[open.group.min(rows.groups.len() - 1)];
    let members = rows.members(group);
    let numbers = rows.summary(members);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.add_space(PAD);
        ui.spacing_mut().item_spacing.x = 6.0;
        let mut turn = |ui: &mut Ui, text: &str, name: &str, to: Option<usize>| {
            let button = ui.add_enabled(to.is_some(), Button::new(text).small());
            button.widget_info(|| WidgetInfo::labeled(Role::Button, to.is_some(), name));
            if let Some(to) = to.filter(|_| button.clicked()) {
                commands.push(ControllerCommand::OpenGroup(to).into());
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
        ui.label(
            RichText::new(format!("group {}", rows.group_name(group))).font(theme::semibold(theme::TEXT)),
        );
        ui.label(widgets::small(place, palette));
        if group.is_uninformative() {
            ui.label(RichText::new("uninformative").size(SMALL).color(palette.warn))
                .on_hover_text(UNINFORMATIVE);
        }
        ui.add(Label::new(widgets::small(summary_text(&numbers), palette)).truncate());
    });
    let rewards = members.iter().filter_map(|row| rows.rows.get(*row as usize));
    let rewards = rewards.map(|row| (f64::from(row.score), row.built != Some(false)));
    group_grid::strip(ui, rewards, !group.is_uninformative());
    let room = ui.available_size();
    ScrollArea::vertical()
        .id_salt("group")
        .auto_shrink(false)
        .show(ui, |ui| {
            group_grid::grid(ui, open.members.len(), room, |ui, index, size| {
                let member = &open.members[index];
                let Some(cell) = cell(member, rows, state) else {
                    return;
                };
                let response = group_grid::show(&cell, viewport, size, ui);
                if response.clicked() {
                    commands.push(ControllerCommand::OpenRow(member.row).into());
                }
                response.on_hover_text(
                    "reward, and below it the advantage within the group; click to show the code",
                );
            });
            let more = members.len().saturating_sub(open.members.len());
            if more > 0 {
                ui.horizontal(|ui| {
                    ui.add_space(PAD);
                    ui.label(widgets::small(format!("and {more} more"), palette));
                });
            }
        });
}

fn cell<'a>(member: &'a GroupMember, rows: &RowIndex, state: &State) -> Option<Cell<'a>> {
    let row = rows.rows.get(member.row)?;
    Some(Cell {
        name: format!("#{}", member.row + 1),
        label: format!("candidate {}", member.row + 1),
        picture: match &member.phase {
            BuildPhase::Reading => Picture::InProgress("reading…"),
            BuildPhase::Building(_) => Picture::InProgress("building…"),
            BuildPhase::Broken(why) => Picture::Broken(why),
            BuildPhase::Built(shape) => Picture::Shape(shape),
        },
        total: Some(f64::from(row.score)).filter(|total| total.is_finite()),
        built: row.built != Some(false),
        kind: row.kind.map(Kind::name).unwrap_or_default().to_owned(),
        advantage: rows.advantage(member.row),
        open: state.runs.open_row == Some(member.row),
    })
}
