//! Completion, signatures and hover texts over the code.

use std::ops::Range;

use egui::{
    Align2, Area, Frame, Id, Key, Margin, Modifiers, Order, Pos2, Rect, RichText, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use super::brackets;
use crate::python::{ApiIndex, Completion, word_before};
use crate::studio::panels::widgets;
use crate::studio::theme::{self, CODE_LINE, SMALL};

/// Maximum number of visible rows.
const ROWS: usize = 9;
const ROW: f32 = 22.0;
const WIDTH: f32 = 380.0;

/// Completion list.
#[derive(Default)]
pub struct Assist {
    entries: Vec<Completion>,
    /// Start of the typed prefix, bytes.
    start: usize,
    chosen: usize,
    /// Opened by command: it stays open without a dot.
    requested: bool,
}

/// Signature and brackets at the caret, cached until the code or the caret changes.
#[derive(Default)]
pub struct AtCaret {
    key: Option<(u64, usize)>,
    /// Matching brackets, bytes.
    pub pair: Option<(usize, usize)>,
    call: Option<(Completion, usize)>,
}

impl AtCaret {
    /// Updates the cache. `revision` identifies the code.
    pub fn update(&mut self, index: &ApiIndex, code: &str, revision: u64, caret: usize) {
        if self.key == Some((revision, caret)) {
            return;
        }
        self.key = Some((revision, caret));
        self.pair = brackets::pair(code, caret);
        self.call = brackets::open_call(code, caret).and_then(|(open, commas)| {
            let entry = index.lookup(code, code[..open].trim_end().len())?;
            Some((entry, commas))
        });
    }

    /// Draws the signature of the call around the caret, below the code.
    pub fn show(&self, ui: &Ui, area: Rect) {
        let Some((entry, at)) = &self.call else { return };
        let palette = theme::of(ui);
        let mut job = egui::text::LayoutJob::default();
        let font = theme::mono(11.5);
        let mut push = |text: &str, color| {
            job.append(text, 0.0, egui::TextFormat::simple(font.clone(), color));
        };
        push(&entry.name, palette.code.call);
        push("(", palette.dim);
        // `*args` takes all remaining arguments.
        let star = entry.params.iter().position(|param| param.starts_with('*'));
        let current = star.map_or(*at, |star| star.min(*at));
        for (index, param) in entry.params.iter().enumerate() {
            if index > 0 {
                push(", ", palette.dim);
            }
            push(
                param,
                if index == current {
                    palette.accent
                } else {
                    palette.dim
                },
            );
        }
        push(")", palette.dim);
        job.wrap.max_width = area.width() - 28.0;
        job.wrap.max_rows = 3;
        let signature = ui.fonts_mut(|fonts| fonts.layout_job(job));
        let mut doc = egui::text::LayoutJob::simple(
            entry.doc.clone(),
            theme::regular(SMALL),
            palette.text,
            area.width() - 28.0,
        );
        doc.wrap.max_rows = 1;
        let doc = ui.fonts_mut(|fonts| fonts.layout_job(doc));
        let height = signature.size().y + doc.size().y + 14.0;
        let rect = Rect::from_min_max(pos2(area.left(), area.bottom() - height), area.max);
        ui.painter().rect_filled(rect, 0.0, palette.raised);
        ui.painter()
            .hline(rect.x_range(), rect.top(), theme::hairline(palette));
        let at = rect.min + vec2(12.0, 6.0);
        let below = at + vec2(0.0, signature.size().y + 2.0);
        ui.painter().galley(at, signature, palette.text);
        ui.painter().galley(below, doc, palette.text);
        let response = ui.interact(rect, Id::unique("signature"), Sense::hover());
        let name = format!("{}{} {}", entry.name, entry.signature, entry.doc);
        response.widget_info(|| WidgetInfo::labeled(Role::Label, true, &name));
    }
}

impl Assist {
    /// Whether the list is open.
    pub fn is_open(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Closes the list.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// Handles keys of the list; returns the edit of the chosen entry at the caret (bytes).
    pub fn keys(&mut self, ui: &Ui, caret: usize) -> Option<(Range<usize>, String, usize)> {
        if !self.is_open() {
            return None;
        }
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let count = self.entries.len();
        if pressed(Key::ArrowDown) {
            self.chosen = (self.chosen + 1) % count;
        }
        if pressed(Key::ArrowUp) {
            self.chosen = (self.chosen + count - 1) % count;
        }
        if pressed(Key::Escape) {
            self.close();
            return None;
        }
        (pressed(Key::Enter) || pressed(Key::Tab))
            .then(|| self.take(self.chosen, caret))
            .flatten()
    }

    /// Offers completions after an edit, or on request.
    pub fn offer(&mut self, index: &ApiIndex, code: &str, caret: usize, requested: bool) {
        let name = word_before(&code[..caret]);
        let after_dot = code[..caret - name.len()].ends_with('.');
        let was_requested = self.requested && self.is_open() && !name.is_empty();
        // A decimal point is not member access.
        let number = after_dot && code[..caret - name.len() - 1].ends_with(|c: char| c.is_ascii_digit());
        if !(requested || was_requested || (after_dot && !number)) {
            return self.close();
        }
        let (start, entries) = index.complete(code, caret);
        *self = Self {
            start,
            chosen: 0,
            entries,
            requested: requested || was_requested,
        };
    }

    /// Draws the list below the caret; returns the edit of a clicked entry, as [`Self::keys`].
    pub fn show(
        &mut self,
        ui: &Ui,
        caret: usize,
        at: Pos2,
        within: Rect,
    ) -> Option<(Range<usize>, String, usize)> {
        if !self.is_open() {
            return None;
        }
        let palette = theme::of(ui);
        let count = self.entries.len().min(ROWS);
        let height = count as f32 * ROW + 8.0 + 40.0;
        let below = at + vec2(-8.0, CODE_LINE + 2.0);
        let top = if below.y + height > within.bottom() && at.y - height > within.top() {
            at.y - height - 4.0
        } else {
            below.y
        };
        let place = pos2(below.x.min(within.right() - 80.0), top);
        let first = self.chosen.saturating_sub(ROWS - 1);
        let mut clicked = None;
        Area::new(Id::unique("completion"))
            .order(Order::Foreground)
            .fixed_pos(place)
            .show(ui.ctx(), |ui| {
                let frame = Frame::popup(ui.style()).inner_margin(Margin::same(4));
                frame.show(ui, |ui| {
                    ui.set_width(WIDTH);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    for (index, entry) in self.entries.iter().enumerate().skip(first).take(ROWS) {
                        let (rect, response) = ui.allocate_exact_size(vec2(WIDTH, ROW), Sense::click());
                        let chosen = index == self.chosen;
                        response.widget_info(|| {
                            WidgetInfo::selected(
                                Role::ListItem,
                                true,
                                chosen,
                                format!("complete {}", entry.name),
                            )
                        });
                        if chosen || response.hovered() {
                            let fill = if chosen {
                                palette.selected
                            } else {
                                theme::blend(palette.raised, palette.text, 0.05)
                            };
                            ui.painter().rect_filled(rect, 3.0, fill);
                        }
                        if response.clicked() {
                            clicked = Some(index);
                        }
                        let color = if entry.called {
                            palette.code.call
                        } else {
                            palette.text
                        };
                        let name = RichText::new(&entry.name).font(theme::mono(12.0)).color(color);
                        let name = widgets::line(ui, name, WIDTH - 16.0);
                        let left = pos2(rect.left() + 6.0, rect.center().y);
                        let name = widgets::paint_line(ui, left, Align2::LEFT_CENTER, name);
                        let about = RichText::new(&entry.signature)
                            .font(theme::mono(11.0))
                            .color(palette.faint);
                        let about = widgets::line(ui, about, (rect.right() - name.right() - 14.0).max(0.0));
                        let left = pos2(name.right() + 4.0, rect.center().y);
                        widgets::paint_line(ui, left, Align2::LEFT_CENTER, about);
                    }
                    if let Some(entry) = self.entries.get(self.chosen) {
                        ui.add_space(3.0);
                        ui.separator();
                        let doc = if entry.doc.is_empty() {
                            "no description"
                        } else {
                            &entry.doc
                        };
                        let text = RichText::new(doc).font(theme::regular(SMALL)).color(palette.dim);
                        ui.add(egui::Label::new(text).truncate());
                    }
                });
            });
        clicked.and_then(|index| self.take(index, caret))
    }

    fn take(&mut self, index: usize, caret: usize) -> Option<(Range<usize>, String, usize)> {
        let entry = self.entries.get(index)?.clone();
        let start = self.start;
        self.close();
        let (text, back) = if entry.called {
            (format!("{}()", entry.name), 1)
        } else {
            (entry.name, 0)
        };
        Some((start..caret.max(start), text, back))
    }
}
