//! Arrangement of panels: side by side, stacked, in tabs, or hidden; dragging a header moves its panel.
//!
//! Shares of the tree are points of the area that it was last displayed in. When the area changes, the work panels (code and 3D
//! view) take up the difference and the other panels keep their size.

mod saved;
mod shares;
mod tile_behavior;

use egui::{Align, Id, Layout, Rect, RichText, Ui, UiBuilder, Vec2, vec2};
use egui_tiles::{Container, Tile, TileId, Tiles, Tree};
pub use saved::Saved;
use saved::{load, save};
use serde::{Deserialize, Serialize};
use shares::default_tree;
use tile_behavior::TileBehavior;

use super::theme::{self};

/// Gap between two panels, points: the hairline.
const GAP: f32 = 1.0;
/// Height of a tab bar, points.
const TAB_BAR: f32 = 30.0;
/// Minimum width and height of a panel when resized by hand, points.
const MIN_SIZE: f32 = 110.0;
/// An area lower than this uses the low layout, points.
const LOW: f32 = 900.0;
/// An area narrower than this uses the narrow layout, points.
const NARROW: f32 = 1100.0;
/// A share below this is not a size yet: a panel that was just dropped has share 1.
const NEW: f32 = 24.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// Tasks and the prompt of the one on screen.
    Tasks,
    /// Rows of a training run.
    Rows,
    Server,
    /// Code or its diff.
    Editor,
    View,
    /// Curves, groups and comparison of a training run.
    Runs,
    /// Steps of the session.
    Timeline,
    /// Proposer and its streamed text.
    Proposer,
    /// Output, tracebacks, messages.
    Console,
    /// Reward and its JSON.
    Reward,
}

impl PanelKind {
    /// All panels, from left to right.
    pub const ALL: [Self; 10] = [
        Self::Tasks,
        Self::Rows,
        Self::Server,
        Self::Editor,
        Self::View,
        Self::Runs,
        Self::Timeline,
        Self::Proposer,
        Self::Console,
        Self::Reward,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Rows => "Rows",
            Self::Server => "Server",
            Self::Editor => "Code",
            Self::View => "3D view",
            Self::Runs => "Run",
            Self::Timeline => "Timeline",
            Self::Proposer => "Proposals",
            Self::Console => "Console",
            Self::Reward => "Reward",
        }
    }

    /// Whether the panel takes up the space that others leave.
    fn is_flexible(self) -> bool {
        match self {
            Self::Editor | Self::View | Self::Runs => true,
            Self::Tasks
            | Self::Rows
            | Self::Server
            | Self::Timeline
            | Self::Proposer
            | Self::Console
            | Self::Reward => false,
        }
    }
}

/// Arrangement of the panels.
pub struct Dock {
    tree: Tree<PanelKind>,
    /// Area in points that the shares refer to.
    size: Vec2,
    /// Whether the user changed the arrangement: the default for the area no longer applies.
    is_customized: bool,
    /// Whether a training run is open.
    rows: bool,
}

impl Default for Dock {
    fn default() -> Self {
        let mut dock = Self {
            tree: default_tree(vec2(1280.0, 720.0)),
            size: Vec2::ZERO,
            is_customized: false,
            rows: false,
        };
        // Shown on request.
        dock.set_shown(PanelKind::Server, false);
        dock
    }
}

impl Dock {
    /// Draws every panel in its place with `draw`. The panels of a training run appear and disappear with `rows`, unless the
    /// user shows or hides them in between.
    pub fn show(&mut self, rows: bool, ui: &mut Ui, draw: &mut dyn FnMut(PanelKind, &mut Ui)) {
        let size = ui.available_size();
        if self.size != size {
            self.size = size;
            if self.is_customized {
                self.update_default();
            } else {
                let (shown, front) = (
                    self.is_shown(PanelKind::Server),
                    self.is_active(PanelKind::Server),
                );
                self.tree = default_tree(size);
                self.show_run(self.rows);
                if shown && front {
                    self.activate(PanelKind::Server);
                } else {
                    self.set_shown(PanelKind::Server, shown);
                }
            }
        }
        if self.rows != rows {
            self.rows = rows;
            self.show_run(rows);
        }
        let mut behavior = TileBehavior {
            draw,
            single: single_tabs(&self.tree.tiles),
            is_customized: false,
            dropped: false,
            hide: None,
        };
        self.tree.ui(&mut behavior, ui);
        let TileBehavior {
            is_customized,
            dropped,
            hide,
            ..
        } = behavior;
        self.is_customized |= is_customized;
        if dropped {
            self.update_default();
        }
        if let Some(kind) = hide {
            self.is_customized = true;
            self.set_shown(kind, false);
        }
        if PanelKind::ALL.iter().all(|kind| !self.is_shown(*kind)) {
            self.empty_state(ui);
        }
    }

    /// Whether a panel is shown, possibly behind another tab.
    pub fn is_shown(&self, kind: PanelKind) -> bool {
        self.tile(kind)
            .is_some_and(|tile| self.tree.tiles.is_visible(tile))
    }

    /// Whether a panel is the active tab of its place.
    fn is_active(&self, kind: PanelKind) -> bool {
        let Some(tile) = self.tile(kind) else { return false };
        self.tree.tiles.iter().all(|(_, other)| match other {
            Tile::Container(Container::Tabs(tabs)) if tabs.children.contains(&tile) => tabs.is_active(tile),
            Tile::Container(_) | Tile::Pane(_) => true,
        })
    }

    /// Hides a panel, or shows it at its previous place as the active tab.
    pub fn toggle(&mut self, kind: PanelKind) {
        self.is_customized = true;
        let shown = !self.is_shown(kind);
        self.set_shown(kind, shown);
        if shown {
            self.tree.make_active(|_, tile| *tile == Tile::Pane(kind));
        }
    }

    /// Makes a panel the active tab and shows it.
    pub fn activate(&mut self, kind: PanelKind) {
        self.set_shown(kind, true);
        self.tree.make_active(|_, tile| *tile == Tile::Pane(kind));
    }

    /// Restores the default arrangement.
    pub fn reset(&mut self) {
        let rows = self.rows;
        *self = Self {
            rows,
            ..Self::default()
        };
    }

    /// The arrangement, if it differs from the default.
    pub fn saved(&self) -> Option<Saved> {
        let root = self.tree.root.filter(|_| self.is_customized)?;
        save(&self.tree.tiles, root)
    }

    /// Restores an arrangement; one that lacks a panel or holds one twice is ignored.
    pub fn restore(&mut self, saved: &Saved) {
        let mut tiles = Tiles::default();
        let root = load(&mut tiles, saved);
        // Saved by a version without a server.
        if tiles.find_pane(&PanelKind::Server).is_none() {
            let server = tiles.insert_pane(PanelKind::Server);
            if let Some(Tile::Container(container)) = tiles.get_mut(root) {
                container.add_child(server);
            }
        }
        let mut kinds: Vec<_> = tiles
            .tiles()
            .filter_map(|tile| match tile {
                Tile::Pane(kind) => Some(*kind),
                Tile::Container(_) => None,
            })
            .collect();
        kinds.sort_unstable();
        if kinds != PanelKind::ALL {
            return;
        }
        self.tree = Tree::new(Id::unique("dock"), root, tiles);
        self.is_customized = true;
        // The first frame adjusts the arrangement to its area; rows appear with a file.
        self.size = Vec2::ZERO;
        self.rows = false;
        self.show_run(false);
        self.set_shown(PanelKind::Server, false);
    }

    fn tile(&self, kind: PanelKind) -> Option<TileId> {
        self.tree.tiles.find_pane(&kind)
    }

    fn set_shown(&mut self, kind: PanelKind, shown: bool) {
        if let Some(tile) = self.tile(kind) {
            self.tree.set_visible(tile, shown);
            self.update_default();
        }
    }

    fn show_run(&mut self, shown: bool) {
        self.set_shown(PanelKind::Rows, shown);
        self.set_shown(PanelKind::Runs, shown);
        let front = if shown {
            &[PanelKind::Rows][..]
        } else {
            &[PanelKind::Tasks, PanelKind::View][..]
        };
        self.tree
            .make_active(|_, tile| matches!(tile, Tile::Pane(kind) if front.contains(kind)));
    }

    fn update_default(&mut self) {
        if let Some(root) = self.tree.root.filter(|_| self.size != Vec2::ZERO) {
            shares::resize(&mut self.tree.tiles, root, self.size);
        }
    }

    fn empty_state(&mut self, ui: &mut Ui) {
        let palette = theme::of(ui);
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, palette.background);
        let place = Rect::from_center_size(rect.center(), vec2(320.0, 60.0));
        let layout = Layout::top_down(Align::Center);
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), |ui| {
            ui.label(RichText::new("All panels are hidden.").color(palette.dim));
            if ui.button("Reset layout").clicked() {
                self.reset();
            }
        });
    }
}

/// Tab containers with at most one visible child.
fn single_tabs(tiles: &Tiles<PanelKind>) -> Vec<TileId> {
    let few = |container: &Container| {
        let shown = |child: &&TileId| tiles.is_visible_in_layout(**child);
        matches!(container, Container::Tabs(_)) && container.children().filter(shown).count() < 2
    };
    let containers = tiles.iter().filter_map(|(id, tile)| match tile {
        Tile::Container(container) if few(container) => Some(*id),
        Tile::Container(_) | Tile::Pane(_) => None,
    });
    containers.collect()
}

#[cfg(test)]
mod tests;
