//! Steps of a repair as cards: picture, name, and total coloured relative to the seed.

use std::collections::HashMap;
use std::sync::Arc;

use egui::{
    Align2, CornerRadius, Key, Label, Modifiers, Rect, RichText, Role, ScrollArea, Sense, Stroke, StrokeKind,
    TextureHandle, Ui, WidgetInfo, pos2, vec2,
};

use super::widgets::{self, header};
use crate::geometry::Shape;
use crate::repair::ProposerKind;
use crate::studio::command::{ActionInfo, Command, ControllerCommand, WindowCommand};
use crate::studio::state::{Activity, Card, CardId, CardStatus, Session, State};
use crate::studio::theme::{self, PAD, Palette, RADIUS, SMALL};
use crate::studio::viewport::{CompareWith, Tone, ViewCommand, Viewport};
use crate::trajectory::Origin;

/// Width of a card, points; smaller if then all fit.
const WIDTH: f32 = 148.0;
/// Minimum width of a card, points.
const NARROW: f32 = 104.0;
const GAP: f32 = 10.0;
/// Height of a card's caption, points.
const CAPTION: f32 = 28.0;

/// Thumbnails of the cards.
#[derive(Default)]
pub struct TimelineView {
    pictures: HashMap<CardId, (Arc<Shape>, TextureHandle)>,
    shown: Option<CardId>,
    /// An arrow key was pressed on a card: the next card takes the focus.
    scrubbing: bool,
}

/// Draws the cards of the task on screen.
pub fn show(
    view: &mut TimelineView,
    state: &State,
    grouping: bool,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) {
    let palette = theme::of(ui);
    let session = state.session();
    let candidates = session.group().map_or(0, |group| group.len());
    header(
        ui,
        "Timeline",
        |ui| {
            if candidates > 0 {
                group_button(candidates, grouping, ui, commands);
            } else {
                ui.add(Label::new(widgets::dim("observe → edit → score", palette)).truncate());
            }
        },
        |ui| {
            ui.label(widgets::small("Alt ← → to step · Ctrl+D to diff", palette));
        },
    );
    view.pictures.retain(|id, _| {
        state
            .sessions
            .all
            .iter()
            .any(|session| session.get(*id).is_some())
    });
    let follow = view.shown != Some(session.selected);
    view.shown = Some(session.selected);
    ScrollArea::horizontal()
        .id_salt(("timeline", &session.task.id))
        .auto_shrink(false)
        .show(ui, |ui| {
            let height = (ui.available_height() - 22.0).clamp(70.0, 150.0);
            let count = session.cards.len().max(2) as f32;
            let width =
                ((ui.available_width() - 2.0 * PAD - GAP * (count - 1.0)) / count).clamp(NARROW, WIDTH);
            let size = vec2(width.floor(), height);
            ui.add_space(10.0);
            ui.horizontal_top(|ui| {
                ui.spacing_mut().item_spacing.x = GAP;
                ui.add_space(PAD);
                for card in &session.cards {
                    let rect = show_card(view, session, card, size, viewport, ui, commands);
                    if follow && card.id == session.selected {
                        ui.scroll_to_rect(rect.expand2(vec2(PAD + 8.0, 0.0)), None);
                    }
                }
                if session.cards.len() == 1 {
                    empty(state, size, ui);
                }
            });
        });
}

/// Button that toggles the grid of the card's group.
fn group_button(candidates: usize, open: bool, ui: &mut Ui, commands: &mut Vec<Command>) {
    let info = Command::from(WindowCommand::ToggleGroup).info();
    let text = RichText::new(format!("Group of {candidates}")).font(theme::medium(SMALL));
    let response = ui.selectable_label(open, text);
    response
        .widget_info(|| WidgetInfo::selected(Role::Button, true, open, info.map_or("", |info| info.label)));
    if response.clicked() {
        commands.push(WindowCommand::ToggleGroup.into());
    }
    let keys = info.and_then(ActionInfo::keys_text).unwrap_or_default();
    response.on_hover_text(format!("show candidates of one prompt side by side ({keys})"));
}

fn show_card(
    view: &mut TimelineView,
    session: &Session,
    card: &Card,
    size: egui::Vec2,
    viewport: &mut Viewport,
    ui: &mut Ui,
    commands: &mut Vec<Command>,
) -> Rect {
    let palette = theme::of(ui);
    let selected = card.id == session.selected;
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let title = caption(session, card);
    // A narrow card displays the number alone.
    let short = match title.split_once(" · ") {
        Some((number, _)) if size.x < 130.0 => format!("step {number}"),
        Some(_) | None => title.clone(),
    };
    response.widget_info(|| {
        let label = match card.total() {
            Some(total) => format!("{title}, {}", widgets::total(total)),
            None => format!("{title}, {}", CardStatus::of(card).word()),
        };
        WidgetInfo::selected(Role::Button, true, selected, label)
    });
    if response.clicked() {
        response.request_focus();
        commands.push(ControllerCommand::SelectCard(card.id).into());
    }
    let radius = CornerRadius::same(RADIUS);
    ui.painter().rect_filled(
        rect,
        radius,
        if response.hovered() {
            palette.raised
        } else {
            palette.pane
        },
    );
    let picture = Rect::from_min_max(rect.min, pos2(rect.right(), rect.bottom() - CAPTION)).shrink(1.0);
    show_picture(view, card, picture, viewport, ui);
    if card.not_scored().is_some() {
        badge(ui, picture, "not scored", palette.warn, palette.raised);
    } else if CardStatus::of(card) == CardStatus::Failed {
        badge(ui, picture, "does not build", palette.bad, palette.bad_fill);
    }
    let edge = match (selected, response.has_focus()) {
        (true, _) => Stroke::new(2.0, palette.accent),
        (false, true) => Stroke::new(1.0, palette.accent),
        (false, false) => theme::hairline(palette),
    };
    ui.painter().rect_stroke(rect, radius, edge, StrokeKind::Inside);

    let middle = rect.bottom() - CAPTION / 2.0;
    let (number, color) = number(session, card, palette);
    let number = widgets::line(ui, RichText::new(number).color(color), 90.0);
    let number = widgets::paint_line(ui, pos2(rect.right() - 9.0, middle), Align2::RIGHT_CENTER, number);
    let room = number.left() - rect.left() - 15.0;
    let name = widgets::line(ui, RichText::new(short), room);
    widgets::paint_line(ui, pos2(rect.left() + 9.0, middle), Align2::LEFT_CENTER, name);
    if response.has_focus() {
        let arrows = egui::EventFilter {
            horizontal_arrows: true,
            ..Default::default()
        };
        ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, arrows));
        for (key, command) in [
            (Key::ArrowLeft, ControllerCommand::PreviousStep),
            (Key::ArrowRight, ControllerCommand::NextStep),
        ] {
            if ui.input_mut(|input| input.consume_key(Modifiers::NONE, key)) {
                commands.push(command.into());
                view.scrubbing = true;
            }
        }
    }
    if view.scrubbing && selected && !response.has_focus() {
        response.request_focus();
        view.scrubbing = false;
    }
    if session.pinned == Some(card.id) {
        let place = Rect::from_min_size(
            pos2(picture.right() - 52.0, picture.top() + 6.0),
            vec2(46.0, 17.0),
        );
        ui.painter().rect_filled(place, 3.0, palette.selected);
        let text = RichText::new("pinned")
            .font(theme::medium(10.5))
            .color(palette.accent);
        let text = widgets::line(ui, text, 60.0);
        widgets::paint_line(ui, place.center(), Align2::CENTER_CENTER, text);
    }
    response.context_menu(|ui| {
        if ui.button("Compare with this step").clicked() {
            let pinned = ViewCommand::CompareWith(CompareWith::Pinned);
            commands.push(ControllerCommand::Pin(card.id).into());
            commands.push(WindowCommand::View(pinned).into());
            ui.close();
        }
        if ui.button("Continue from a copy").clicked() {
            commands.push(ControllerCommand::Branch(card.id).into());
            ui.close();
        }
        if card.origin == Origin::Hand && ui.button("Remove from the timeline").clicked() {
            commands.push(ControllerCommand::Remove(card.id).into());
            ui.close();
        }
    });
    response.on_hover_ui(|ui| hover(ui, session, card));
    rect
}

/// `seed`, `1 · replay`, `edited`, `part.py`.
fn caption(session: &Session, card: &Card) -> String {
    let title = session.title(card);
    let origin = match card.origin {
        Origin::Seed | Origin::Hand => return title,
        Origin::Rules | Origin::Replay | Origin::Endpoint if card.rejected => "rejected",
        Origin::Rules => "rules",
        Origin::Replay => "replay",
        Origin::Endpoint => "endpoint",
    };
    format!("{} · {origin}", title.trim_start_matches("step "))
}

/// Total, green if above the seed; or the current activity.
fn number(session: &Session, card: &Card, palette: &Palette) -> (String, egui::Color32) {
    match (card.activity, card.total()) {
        (Activity::Proposing(_), _) => ("…".to_owned(), palette.accent),
        (_, Some(total)) if total < 0.0 => (widgets::total(total), palette.bad),
        (_, Some(total)) => {
            let seed = session.seed().total().filter(|_| card.origin != Origin::Seed);
            let color = match seed {
                Some(seed) if total > seed + 0.0005 => palette.good,
                Some(seed) if total < seed - 0.0005 => palette.bad,
                Some(_) | None => palette.text,
            };
            (widgets::total(total), color)
        }
        (Activity::Due(_) | Activity::Assessing(_), None) => ("…".to_owned(), palette.accent),
        (Activity::Idle, None) => ("–".to_owned(), palette.faint),
    }
}

fn show_picture(view: &mut TimelineView, card: &Card, rect: Rect, viewport: &mut Viewport, ui: &Ui) {
    let palette = theme::of(ui);
    let Some(shape) = &card.last_shape else {
        let code: Vec<_> = card
            .code
            .lines()
            .filter(|line| !line.trim().is_empty())
            .take(4)
            .collect();
        let text = if code.is_empty() {
            card.reason.clone()
        } else {
            code.join("\n")
        };
        // A failed card has a badge at the top.
        let top = if CardStatus::of(card) == CardStatus::Failed {
            28.0
        } else {
            9.0
        };
        let font = theme::mono(9.5);
        let galley = ui.fonts_mut(|fonts| fonts.layout(text, font, palette.faint, rect.width() - 16.0));
        ui.painter()
            .with_clip_rect(rect)
            .galley(rect.min + vec2(9.0, top), galley, palette.faint);
        return;
    };
    let tone = if card.origin == Origin::Seed {
        Tone::Seed
    } else {
        Tone::Step
    };
    let known = view
        .pictures
        .get(&card.id)
        .filter(|(drawn, _)| Arc::ptr_eq(drawn, shape));
    let texture = match known {
        Some((_, texture)) => Some(texture.clone()),
        None => viewport.thumbnail(ui.ctx(), shape, tone).inspect(|texture| {
            view.pictures.insert(card.id, (shape.clone(), texture.clone()));
        }),
    };
    let Some(texture) = texture else { return };
    let size = texture.size_vec2();
    let scale = (rect.width() / size.x).min(rect.height() / size.y);
    let place = Rect::from_center_size(rect.center(), size * scale);
    let tint = match CardStatus::of(card) {
        // The picture is that of the current code.
        CardStatus::Failed if card.not_scored().is_some() => egui::Color32::WHITE,
        CardStatus::Failed | CardStatus::InternalError => egui::Color32::from_white_alpha(120),
        CardStatus::Unknown | CardStatus::Good | CardStatus::Weak => egui::Color32::WHITE,
    };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter()
        .with_clip_rect(rect)
        .image(texture.id(), place, whole, tint);
}

fn badge(ui: &Ui, rect: Rect, text: &str, color: egui::Color32, fill: egui::Color32) {
    let text = RichText::new(text).font(theme::medium(10.5)).color(color);
    let text = widgets::line(ui, text, 130.0);
    let size = text.size() + vec2(12.0, 5.0);
    let place = Rect::from_min_size(pos2(rect.left() + 7.0, rect.top() + 7.0), size);
    ui.painter().rect_filled(place, 3.0, fill);
    widgets::paint_line(ui, place.center(), Align2::CENTER_CENTER, text);
}

fn hover(ui: &mut Ui, session: &Session, card: &Card) {
    let palette = theme::of(ui);
    ui.set_max_width(320.0);
    ui.label(RichText::new(session.title(card)).font(theme::semibold(theme::TEXT)));
    if let (Some(total), Some(seed)) = (card.total(), session.seed().total())
        && card.origin != Origin::Seed
    {
        ui.label(widgets::dim(
            format!("{} vs seed", widgets::signed(total - seed, 3)),
            palette,
        ));
    }
    if !card.reason.is_empty() {
        ui.label(&card.reason);
    }
    if let Some(group) = &card.group {
        let text = format!(
            "advantage {} among {} · group mean {:.3}",
            widgets::signed(group.advantage, 2),
            group.size,
            group.group_mean
        );
        ui.label(widgets::dim(text, palette));
    }
    if let Some(failure) = card.failure() {
        ui.label(RichText::new(&failure.message).color(palette.bad));
    }
}

fn empty(state: &State, size: egui::Vec2, ui: &mut Ui) {
    let palette = theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(size, Sense::hover());
    ui.painter().rect_stroke(
        rect,
        CornerRadius::same(RADIUS),
        theme::hairline(palette),
        StrokeKind::Inside,
    );
    let session = state.session();
    let who = match (session.effective_proposer(state.proposing.kind), session.repair()) {
        (ProposerKind::Replay, Some(recording)) => format!("replays the next step of “{}”", recording.name),
        (ProposerKind::Replay | ProposerKind::Rules, _) => "requests an edit from the rules".to_owned(),
        (ProposerKind::Endpoint, _) => "requests one from the model".to_owned(),
    };
    let text = format!("Propose {who}. Typing in the editor creates a card too.");
    let font = theme::regular(SMALL);
    let galley = ui.fonts_mut(|fonts| fonts.layout(text, font, palette.dim, rect.width() - 20.0));
    let at = Align2::CENTER_CENTER
        .anchor_size(rect.center(), galley.size())
        .min;
    ui.painter().galley(at, galley, palette.dim);
}
