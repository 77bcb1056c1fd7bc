//! Behaviour of the dock's tiles: draggable headers, tabs, hairlines.

use egui::{Color32, Id, Rect, RichText, Sense, Stroke, Ui, Visuals, WidgetText, vec2};
use egui_tiles::{
    Behavior, EditAction, ResizeState, SimplificationOptions, TabState, Tabs, TileId, Tiles, UiResponse,
};

use super::{GAP, MIN_SIZE, PanelKind, TAB_BAR};
use crate::studio::theme::{self, HEADER};

/// Behaviour that the tile tree queries.
pub(super) struct TileBehavior<'a> {
    pub draw: &'a mut dyn FnMut(PanelKind, &mut Ui),
    /// Tab containers with at most one visible child: they get no tab bar.
    pub single: Vec<TileId>,
    pub is_customized: bool,
    pub dropped: bool,
    pub hide: Option<PanelKind>,
}

impl Behavior<PanelKind> for TileBehavior<'_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, kind: &mut PanelKind) -> UiResponse {
        let palette = theme::of(ui);
        let rect = ui.max_rect();
        let fill = if *kind == PanelKind::View {
            palette.background
        } else {
            palette.pane
        };
        ui.painter().rect_filled(rect, 0.0, fill);
        let mut response = UiResponse::None;
        // Below the header's content, so that its buttons receive clicks. The view has no header: its tab or the menu moves it.
        if *kind != PanelKind::View {
            let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEADER));
            let handle = ui.interact(head, Id::unique(("panel", *kind)), Sense::click_and_drag());
            handle.widget_info(|| {
                egui::WidgetInfo::labeled(egui::Role::TitleBar, true, format!("Panel {}", kind.name()))
            });
            if handle.drag_started() {
                response = UiResponse::DragStarted;
            }
            if handle.dragged() {
                ui.set_cursor_icon(egui::CursorIcon::Grabbing);
            }
            handle.context_menu(|ui| {
                if ui
                    .button(format!("Hide {}", kind.name().to_lowercase()))
                    .clicked()
                {
                    self.hide = Some(*kind);
                    ui.close();
                }
            });
        }
        (self.draw)(*kind, ui);
        response
    }

    fn tab_title_for_pane(&mut self, kind: &PanelKind) -> WidgetText {
        RichText::new(kind.name())
            .font(theme::medium(theme::SMALL))
            .into()
    }

    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions::default()
    }

    fn gap_width(&self, _style: &egui::Style) -> f32 {
        GAP
    }

    fn min_size(&self) -> f32 {
        MIN_SIZE
    }

    fn tab_bar_height(&self, _style: &egui::Style) -> f32 {
        TAB_BAR
    }

    fn is_tab_bar_visible(&self, tile: TileId, _tabs: &Tabs) -> bool {
        !self.single.contains(&tile)
    }

    fn tab_title_spacing(&self, _visuals: &Visuals) -> f32 {
        theme::PAD
    }

    fn tab_bar_color(&self, visuals: &Visuals) -> Color32 {
        theme::of_visuals(visuals).background
    }

    fn tab_bg_color(
        &self,
        visuals: &Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        state: &TabState,
    ) -> Color32 {
        if state.active {
            theme::of_visuals(visuals).pane
        } else {
            Color32::TRANSPARENT
        }
    }

    fn tab_outline_stroke(
        &self,
        _visuals: &Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        _state: &TabState,
    ) -> Stroke {
        Stroke::NONE
    }

    fn tab_text_color(
        &self,
        visuals: &Visuals,
        _tiles: &Tiles<PanelKind>,
        _tile: TileId,
        state: &TabState,
    ) -> Color32 {
        let palette = theme::of_visuals(visuals);
        if state.active { palette.text } else { palette.dim }
    }

    fn tab_bar_hline_stroke(&self, visuals: &Visuals) -> Stroke {
        theme::hairline(theme::of_visuals(visuals))
    }

    fn resize_stroke(&self, style: &egui::Style, state: ResizeState) -> Stroke {
        let palette = theme::of_visuals(&style.visuals);
        match state {
            ResizeState::Idle => theme::hairline(palette),
            ResizeState::Hovering => Stroke::new(2.0, theme::blend(palette.line, palette.accent, 0.6)),
            ResizeState::Dragging => Stroke::new(2.0, palette.accent),
        }
    }

    fn drag_preview_stroke(&self, visuals: &Visuals) -> Stroke {
        Stroke::new(1.0, theme::of_visuals(visuals).accent)
    }

    fn drag_preview_color(&self, visuals: &Visuals) -> Color32 {
        theme::of_visuals(visuals).accent.gamma_multiply(0.18)
    }

    fn on_edit(&mut self, action: EditAction) {
        match action {
            EditAction::TileResized | EditAction::TabSelected => self.is_customized = true,
            EditAction::TileDropped => {
                self.is_customized = true;
                self.dropped = true;
            }
            EditAction::TileDragged => {}
        }
    }
}
