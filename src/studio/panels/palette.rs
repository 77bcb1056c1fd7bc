//! Command palette and list of keyboard shortcuts.

use egui::{
    Align2, Area, Frame, Id, Key, Margin, Modal, Modifiers, Order, RichText, Role, ScrollArea, Sense,
    TextEdit, Ui, WidgetInfo, pos2, vec2,
};

use super::{top_bar, widgets};
use crate::studio::command::{self, Command, ControllerCommand};
use crate::studio::state::State;
use crate::studio::theme::{self, SMALL};

/// Accessible name of the palette's field.
pub const FIELD: &str = "Command";
const WIDTH: f32 = 520.0;
const ROW: f32 = 28.0;
const ROWS: usize = 12;

#[derive(Default)]
pub struct PaletteView {
    open: bool,
    fresh: bool,
    query: String,
    chosen: usize,
    shortcuts: bool,
}

struct PaletteEntry {
    label: String,
    keys: String,
    /// Why it is disabled.
    blocked: Option<String>,
    command: Command,
}

impl PaletteView {
    /// Whether the palette or the list is open, so that Escape closes it.
    pub fn is_open(&self) -> bool {
        self.open || self.shortcuts
    }

    /// Opens or closes the palette.
    pub fn toggle(&mut self) {
        *self = Self {
            open: !self.open,
            fresh: true,
            ..Self::default()
        };
    }

    /// Opens or closes the list of shortcuts.
    pub fn toggle_shortcuts(&mut self) {
        *self = Self {
            shortcuts: !self.shortcuts,
            ..Self::default()
        };
    }
}

/// Draws what is open.
pub fn show(view: &mut PaletteView, state: &State, ui: &Ui, commands: &mut Vec<Command>) {
    if view.shortcuts {
        shortcuts(view, ui);
    }
    if !view.open {
        return;
    }
    let palette = theme::of(ui);
    let mut entries = entries(state);
    let query = view.query.trim().to_lowercase();
    entries.retain(|entry| fits(&entry.label.to_lowercase(), &query).is_some());
    entries.sort_by_key(|entry| fits(&entry.label.to_lowercase(), &query));
    view.chosen = view.chosen.min(entries.len().saturating_sub(1));
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    if pressed(Key::Escape) {
        view.open = false;
        return;
    }
    let mut moved = false;
    if pressed(Key::ArrowDown) && view.chosen + 1 < entries.len() {
        view.chosen += 1;
        moved = true;
    }
    if pressed(Key::ArrowUp) {
        view.chosen = view.chosen.saturating_sub(1);
        moved = true;
    }
    let mut take = pressed(Key::Enter).then_some(view.chosen);
    let screen = ui.ctx().content_rect();
    let width = WIDTH.min(screen.width() - 40.0);
    let place = pos2(screen.center().x - 0.5 * width, screen.top() + 56.0);
    let area = Area::new(Id::unique("palette"))
        .order(Order::Foreground)
        .fixed_pos(place);
    let response = area.show(ui.ctx(), |ui| {
        Frame::popup(ui.style())
            .inner_margin(Margin::same(8))
            .show(ui, |ui| {
                ui.set_width(width - 16.0);
                let field = TextEdit::singleline(&mut view.query)
                    .hint_text(RichText::new("type a command").color(palette.faint))
                    .desired_width(width - 16.0)
                    .margin(Margin::symmetric(10, 6));
                let field = ui.name_inputs(FIELD, |ui| ui.add(field));
                field.widget_info(|| WidgetInfo::labeled(Role::TextInput, true, FIELD));
                if std::mem::take(&mut view.fresh) {
                    field.request_focus();
                }
                if field.changed() {
                    view.chosen = 0;
                }
                ui.add_space(2.0);
                ui.spacing_mut().item_spacing.y = 0.0;
                let height = ROWS.min(entries.len().max(1)) as f32 * ROW;
                ScrollArea::vertical()
                    .max_height(height)
                    .min_scrolled_height(height)
                    .show(ui, |ui| {
                        if entries.is_empty() {
                            let (rect, _) =
                                ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
                            let text = widgets::line(
                                ui,
                                widgets::dim("No matching commands", palette),
                                rect.width(),
                            );
                            widgets::paint_line(
                                ui,
                                rect.left_center() + vec2(10.0, 0.0),
                                Align2::LEFT_CENTER,
                                text,
                            );
                        }
                        for (index, entry) in entries.iter().enumerate() {
                            if row(entry, index == view.chosen, moved, ui) {
                                take = Some(index);
                            }
                        }
                    });
            });
    });
    let outside = ui.input(|input| {
        input.pointer.any_pressed()
            && input
                .pointer
                .interact_pos()
                .is_some_and(|at| !response.response.rect.contains(at))
    });
    if let Some(index) = take {
        if let Some(entry) = entries
            .into_iter()
            .nth(index)
            .filter(|entry| entry.blocked.is_none())
        {
            commands.push(entry.command);
            view.open = false;
        }
    } else if outside {
        view.open = false;
    }
}

fn entries(state: &State) -> Vec<PaletteEntry> {
    let actions = command::actions().map(|info| PaletteEntry {
        label: info.label.to_owned(),
        keys: info.keys_text().unwrap_or_default(),
        blocked: top_bar::unmet(info.requirement, state),
        command: info.command.clone(),
    });
    let tasks = state.sessions.all.iter().map(|session| PaletteEntry {
        label: format!("Task: {}", session.task.label),
        keys: String::new(),
        blocked: None,
        command: ControllerCommand::SelectTask(session.task.id.clone()).into(),
    });
    actions.chain(tasks).collect()
}

fn row(entry: &PaletteEntry, chosen: bool, follow: bool, ui: &mut Ui) -> bool {
    let palette = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::click());
    let usable = entry.blocked.is_none();
    response.widget_info(|| {
        WidgetInfo::selected(Role::ListItem, usable, chosen, format!("command {}", entry.label))
    });
    if chosen || response.hovered() {
        let fill = if chosen {
            palette.selected
        } else {
            theme::blend(palette.raised, palette.text, 0.05)
        };
        ui.painter().rect_filled(rect, 4.0, fill);
    }
    if chosen && follow {
        ui.scroll_to_rect(rect, None);
    }
    let about = entry.blocked.as_deref().unwrap_or(&entry.keys);
    let about = widgets::line(ui, widgets::small(about, palette), 0.5 * rect.width());
    let about = widgets::paint_line(
        ui,
        rect.right_center() - vec2(10.0, 0.0),
        Align2::RIGHT_CENTER,
        about,
    );
    let color = if usable { palette.text } else { palette.faint };
    let name = RichText::new(&entry.label).color(color);
    let name = widgets::line(ui, name, about.left() - rect.left() - 24.0);
    widgets::paint_line(
        ui,
        rect.left_center() + vec2(10.0, 0.0),
        Align2::LEFT_CENTER,
        name,
    );
    response.clicked()
}

fn shortcuts(view: &mut PaletteView, ui: &Ui) {
    let palette = theme::of(ui);
    let modal = Modal::new(Id::unique("shortcuts")).show(ui.ctx(), |ui| {
        ui.set_width(460.0);
        ui.label(RichText::new("Keyboard").font(theme::semibold(14.0)));
        ui.add_space(4.0);
        let height = (ui.ctx().content_rect().height() - 160.0).max(120.0);
        ScrollArea::vertical().max_height(height).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let own = command::actions().filter_map(|info| Some((info.label, info.keys_text()?)));
            let own = own.collect::<Vec<_>>();
            let rest = OTHER_KEYS
                .iter()
                .map(|(label, keys)| (*label, (*keys).to_owned()));
            for (label, keys) in own.into_iter().chain(rest) {
                let (rect, response) =
                    ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover());
                response.widget_info(|| WidgetInfo::labeled(Role::Label, true, format!("{label}: {keys}")));
                let name = widgets::line(ui, RichText::new(label), rect.width() - 150.0);
                widgets::paint_line(ui, rect.left_center(), Align2::LEFT_CENTER, name);
                let keys = RichText::new(keys).font(theme::mono(SMALL)).color(palette.dim);
                let keys = widgets::line(ui, keys, 170.0);
                widgets::paint_line(
                    ui,
                    rect.right_center() - vec2(8.0, 0.0),
                    Align2::RIGHT_CENTER,
                    keys,
                );
            }
        });
        ui.add_space(6.0);
        if ui.button("Close").clicked() {
            view.shortcuts = false;
        }
    });
    if modal.should_close() {
        view.shortcuts = false;
    }
}

/// Keys that work in one panel.
const OTHER_KEYS: [(&str, &str); 9] = [
    ("In the editor: undo, redo", "Ctrl+Z, Ctrl+Y"),
    ("In the editor: indent, outdent", "Tab, Shift+Tab"),
    ("Over the 3D view: fit", "F"),
    ("Over the 3D view: isometric, front, right, top", "0, 1, 3, 7"),
    ("Over the 3D view: perspective or orthographic", "5"),
    ("Over the 3D view: section, measure", "X, M"),
    ("In the 3D view: rotate, pan, zoom", "drag, Shift+drag, wheel"),
    ("In the 3D view: rotate, zoom", "arrows, + −"),
    ("On the timeline: step", "← →"),
];

/// Rank of a label for a query, lower is better; none if a letter is missing.
fn fits(label: &str, query: &str) -> Option<(usize, usize)> {
    if query.is_empty() {
        return Some((0, 0));
    }
    if let Some(at) = label.find(query) {
        let word = at == 0 || label[..at].ends_with([' ', ':']);
        return Some((usize::from(!word), at));
    }
    let mut rest = label;
    for c in query.chars().filter(|c| *c != ' ') {
        rest = &rest[rest.find(c)? + c.len_utf8()..];
    }
    Some((2, label.len() - rest.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_rank_above_scattered_letters() {
        let best = |query: &str| {
            let mut labels = vec!["Save as…", "Compare: signed distance", "View: left", "Save"];
            labels.retain(|label| fits(&label.to_lowercase(), query).is_some());
            labels.sort_by_key(|label| fits(&label.to_lowercase(), query));
            labels
        };
        assert_eq!(best("dist"), ["Compare: signed distance"]);
        assert_eq!(best("sd")[0], "Compare: signed distance");
        assert_eq!(best("save").len(), 2);
        assert!(best("xyz").is_empty());
        assert_eq!(best("").len(), 4);
    }
}
