//! Where panels stand: side by side, one over the other, in tabs, or put away; a header drags its panel.
//!
//! Shares of the tree are points of the room that it was last shown in. When that changes, what work happens in (code and
//! 3D view) takes the difference and the panels around it keep their size.

mod rooms;
mod saved;
mod shares;

use egui::{Align, Id, Layout, Rect, RichText, Ui, UiBuilder, Vec2, vec2};
use egui_tiles::{Container, Tile, TileId, Tiles, Tree};
use rooms::TileBehavior;
pub use saved::Saved;
use saved::{load, save};
use serde::{Deserialize, Serialize};
use shares::usual;

use super::theme::{self};

/// Room between two panels, points: the hairline.
const GAP: f32 = 1.0;
/// Height of a row of tabs, points.
const TAB_BAR: f32 = 30.0;
/// No panel gets narrower or lower by hand, points.
const LEAST: f32 = 110.0;
/// A room lower than this is a low one, points.
const LOW: f32 = 900.0;
/// A room narrower than this is a narrow one, points.
const NARROW: f32 = 1100.0;
/// A share below this is none yet: what was just dropped somewhere has 1.
const NEW: f32 = 24.0;

/// A panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelKind {
    /// Tasks and the brief of the one on screen.
    Tasks,
    /// Rows of a training run.
    Rows,
    /// The server, and what its clients do.
    Server,
    /// Code, or its diff.
    Editor,
    /// The 3D view.
    View,
    /// A training run: curves, groups, comparison.
    Runs,
    /// Steps.
    Timeline,
    /// Who proposes, and what it says.
    Proposer,
    /// Prints, tracebacks, messages.
    Console,
    /// Reward and its JSON.
    Reward,
}

impl PanelKind {
    /// Every panel, from left to right.
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

    /// Its name on screen.
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

    /// Whether it takes the room that others leave.
    fn is_work(self) -> bool {
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

/// The arrangement on screen.
pub struct Dock {
    tree: Tree<PanelKind>,
    /// The room that the shares are points of.
    size: Vec2,
    /// Arranged by hand: no longer what is usual for the room.
    touched: bool,
    /// Whether a training run is open.
    rows: bool,
}

impl Default for Dock {
    fn default() -> Self {
        let mut dock = Self {
            tree: usual(vec2(1280.0, 720.0)),
            size: Vec2::ZERO,
            touched: false,
            rows: false,
        };
        // Brought when it is wanted.
        dock.set_shown(PanelKind::Server, false);
        dock
    }
}

impl Dock {
    /// Shows every panel in its place; `draw` fills one.
    ///
    /// The panels of a training run come and go with `rows`, unless they are put away or brought back by hand in between.
    pub fn show(&mut self, rows: bool, ui: &mut Ui, draw: &mut dyn FnMut(PanelKind, &mut Ui)) {
        let size = ui.available_size();
        if self.size != size {
            self.size = size;
            if self.touched {
                self.settle();
            } else {
                let (shown, front) = (self.is_shown(PanelKind::Server), self.is_front(PanelKind::Server));
                self.tree = usual(size);
                self.show_run(self.rows);
                if shown && front {
                    self.bring(PanelKind::Server);
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
            lone: lone_tabs(&self.tree.tiles),
            touched: false,
            dropped: false,
            hide: None,
        };
        self.tree.ui(&mut behavior, ui);
        let TileBehavior {
            touched,
            dropped,
            hide,
            ..
        } = behavior;
        self.touched |= touched;
        if dropped {
            self.settle();
        }
        if let Some(kind) = hide {
            self.touched = true;
            self.set_shown(kind, false);
        }
        if PanelKind::ALL.iter().all(|kind| !self.is_shown(*kind)) {
            self.nothing(ui);
        }
    }

    /// Whether a panel has a place on the screen; behind another tab is one.
    pub fn is_shown(&self, kind: PanelKind) -> bool {
        self.tile(kind)
            .is_some_and(|tile| self.tree.tiles.is_visible(tile))
    }

    /// Whether a panel is before the other tabs of its place.
    fn is_front(&self, kind: PanelKind) -> bool {
        let Some(tile) = self.tile(kind) else { return false };
        self.tree.tiles.iter().all(|(_, other)| match other {
            Tile::Container(Container::Tabs(tabs)) if tabs.children.contains(&tile) => tabs.is_active(tile),
            Tile::Container(_) | Tile::Pane(_) => true,
        })
    }

    /// Puts a panel away, or brings it back to where it was, before other tabs.
    pub fn toggle(&mut self, kind: PanelKind) {
        self.touched = true;
        let shown = !self.is_shown(kind);
        self.set_shown(kind, shown);
        if shown {
            self.tree.make_active(|_, tile| *tile == Tile::Pane(kind));
        }
    }

    /// Brings a panel to the front, wherever it is.
    pub fn bring(&mut self, kind: PanelKind) {
        self.set_shown(kind, true);
        self.tree.make_active(|_, tile| *tile == Tile::Pane(kind));
    }

    /// Back to what is usual.
    pub fn reset(&mut self) {
        let rows = self.rows;
        *self = Self {
            rows,
            ..Self::default()
        };
    }

    /// The arrangement, if it is not what is usual.
    pub fn saved(&self) -> Option<Saved> {
        let root = self.tree.root.filter(|_| self.touched)?;
        save(&self.tree.tiles, root)
    }

    /// Takes an arrangement up; one that lacks a panel or holds one twice is left.
    pub fn restore(&mut self, saved: &Saved) {
        let mut tiles = Tiles::default();
        let root = load(&mut tiles, saved);
        // Kept by a version that had no server.
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
        self.touched = true;
        // Settled in the first frame, when the room is known; rows come with a file of them.
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
            self.settle();
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

    fn settle(&mut self) {
        if let Some(root) = self.tree.root.filter(|_| self.size != Vec2::ZERO) {
            shares::settle(&mut self.tree.tiles, root, self.size);
        }
    }

    fn nothing(&mut self, ui: &mut Ui) {
        let palette = theme::of(ui);
        let rect = ui.max_rect();
        ui.painter().rect_filled(rect, 0.0, palette.background);
        let place = Rect::from_center_size(rect.center(), vec2(320.0, 60.0));
        let layout = Layout::top_down(Align::Center);
        ui.scope_builder(UiBuilder::new().max_rect(place).layout(layout), |ui| {
            ui.label(RichText::new("Every panel is put away.").color(palette.dim));
            if ui.button("Reset the layout").clicked() {
                self.reset();
            }
        });
    }
}

/// Containers of tabs of which at most one is to be seen.
fn lone_tabs(tiles: &Tiles<PanelKind>) -> Vec<TileId> {
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
