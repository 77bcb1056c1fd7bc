//! Serialised arrangements of panels.

use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles};
use serde::{Deserialize, Serialize};

use super::PanelKind;

/// A serialised arrangement.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Saved {
    Panel(PanelKind, bool),
    /// Side by side, with widths in points.
    Row(Vec<(u32, Saved)>),
    /// Stacked, with heights in points.
    Column(Vec<(u32, Saved)>),
    /// Tabs: index of the active one, and all of them.
    Tabs(usize, Vec<Saved>),
}

pub(super) fn save(tiles: &Tiles<PanelKind>, tile: TileId) -> Option<Saved> {
    Some(match tiles.get(tile)? {
        Tile::Pane(kind) => Saved::Panel(*kind, tiles.is_visible(tile)),
        Tile::Container(Container::Linear(linear)) => {
            let parts = linear.children.iter().filter_map(|child| {
                let points = linear.shares[*child].round().clamp(0.0, 1e5) as u32;
                Some((points, save(tiles, *child)?))
            });
            match linear.dir {
                LinearDir::Horizontal => Saved::Row(parts.collect()),
                LinearDir::Vertical => Saved::Column(parts.collect()),
            }
        }
        Tile::Container(container) => {
            let children = container.children_vec();
            let front = match container {
                Container::Tabs(tabs) => children.iter().position(|child| tabs.is_active(*child)),
                Container::Linear(_) | Container::Grid(_) => None,
            };
            let parts = children.iter().filter_map(|child| save(tiles, *child));
            Saved::Tabs(front.unwrap_or(0), parts.collect())
        }
    })
}

pub(super) fn load(tiles: &mut Tiles<PanelKind>, saved: &Saved) -> TileId {
    let mut split = |dir, parts: &[(u32, Saved)]| {
        let mut linear = Linear::new(dir, Vec::new());
        for (points, part) in parts {
            let child = load(tiles, part);
            linear.add_child(child);
            linear.shares.set_share(child, *points as f32);
        }
        tiles.insert_container(linear)
    };
    match saved {
        Saved::Panel(kind, shown) => {
            let tile = tiles.insert_pane(*kind);
            tiles.set_visible(tile, *shown);
            tile
        }
        Saved::Row(parts) => split(LinearDir::Horizontal, parts),
        Saved::Column(parts) => split(LinearDir::Vertical, parts),
        Saved::Tabs(front, parts) => {
            let children: Vec<_> = parts.iter().map(|part| load(tiles, part)).collect();
            let mut tabs = Tabs::new(children.clone());
            if let Some(front) = children.get(*front) {
                tabs.set_active(*front);
            }
            tiles.insert_container(tabs)
        }
    }
}
