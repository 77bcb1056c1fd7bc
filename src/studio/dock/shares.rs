//! Sizes of tiles: the defaults, and the adjustment to a new area.

use egui::{Id, Vec2, vec2};
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tiles, Tree};

use super::{GAP, LOW, MIN_SIZE, NARROW, NEW, PanelKind, TAB_BAR};

/// Default arrangement for an area of that size.
pub(super) fn default_tree(area: Vec2) -> Tree<PanelKind> {
    let mut tiles = Tiles::default();
    let pane = |tiles: &mut Tiles<PanelKind>, kind| tiles.insert_pane(kind);
    let split = |tiles: &mut Tiles<PanelKind>, dir, parts: &[(TileId, f32)]| {
        let mut linear = Linear::new(dir, parts.iter().map(|(tile, _)| *tile).collect());
        for (tile, points) in parts {
            linear.shares.set_share(*tile, points.max(NEW));
        }
        tiles.insert_container(linear)
    };
    // In a narrow window the side panels shrink first.
    let [least_left, least_right, least_editor] = if area.x < NARROW {
        [150.0, 240.0, 230.0]
    } else {
        [212.0, 272.0, 300.0]
    };
    let left = (area.x * 0.135).clamp(least_left, 320.0);
    let right = (area.x * 0.195).clamp(least_right, 380.0);
    let middle = area.x - left - right - 2.0 * GAP;
    let bottom = (area.y * 0.19).clamp(168.0, 280.0);
    let console = (middle * 0.36).clamp(240.0, 460.0);
    let editor = (middle * 0.44).clamp(least_editor, 720.0);
    let [
        tasks,
        rows,
        server,
        code,
        view,
        run,
        timeline,
        proposer,
        log,
        reward,
    ] = PanelKind::ALL.map(|kind| pane(&mut tiles, kind));
    let view = tiles.insert_container(Tabs::new(vec![view, run]));
    let log = tiles.insert_container(Tabs::new(vec![proposer, log]));
    // In a low window a list of rows needs the whole height.
    let left_side = if area.y < LOW {
        tiles.insert_container(Tabs::new(vec![tasks, rows, server]))
    } else {
        let lists = tiles.insert_container(Tabs::new(vec![rows, server]));
        let parts = [(tasks, area.y * 0.36), (lists, area.y * 0.64)];
        split(&mut tiles, LinearDir::Vertical, &parts)
    };
    let work = split(
        &mut tiles,
        LinearDir::Horizontal,
        &[(code, editor), (view, middle - editor - GAP)],
    );
    let below = split(
        &mut tiles,
        LinearDir::Horizontal,
        &[(timeline, middle - console - GAP), (log, console)],
    );
    let centre = split(
        &mut tiles,
        LinearDir::Vertical,
        &[(work, area.y - bottom - GAP), (below, bottom)],
    );
    let root = split(
        &mut tiles,
        LinearDir::Horizontal,
        &[(left_side, left), (centre, middle), (reward, right)],
    );
    Tree::new(Id::unique("dock"), root, tiles)
}

pub(super) fn resize(tiles: &mut Tiles<PanelKind>, tile: TileId, size: Vec2) {
    let Some(Tile::Container(container)) = tiles.get(tile) else {
        return;
    };
    let layout: Vec<(TileId, Vec2)> = match container {
        Container::Linear(linear) => {
            let shown: Vec<_> = linear
                .children
                .iter()
                .copied()
                .filter(|child| tiles.is_visible_in_layout(*child))
                .collect();
            let across = linear.dir == LinearDir::Horizontal;
            let gaps = GAP * shown.len().saturating_sub(1) as f32;
            let whole = (if across { size.x } else { size.y }) - gaps;
            let mut parts: Vec<_> = shown.iter().map(|child| linear.shares[*child]).collect();
            let work: Vec<_> = shown.iter().map(|child| is_any_flexible(tiles, *child)).collect();
            distribute(&mut parts, &work, whole);
            let layout = shown.into_iter().zip(parts);
            let layout = layout.map(|(child, part)| {
                let size = if across {
                    vec2(part, size.y)
                } else {
                    vec2(size.x, part)
                };
                (child, size)
            });
            let layout: Vec<_> = layout.collect();
            if let Some(Tile::Container(Container::Linear(linear))) = tiles.get_mut(tile) {
                for (child, size) in &layout {
                    linear
                        .shares
                        .set_share(*child, if across { size.x } else { size.y });
                }
            }
            layout
        }
        Container::Tabs(tabs) => {
            let size = vec2(size.x, size.y - TAB_BAR);
            tabs.children.iter().map(|child| (*child, size)).collect()
        }
        Container::Grid(_) => Vec::new(),
    };
    for (child, size) in layout {
        resize(tiles, child, size);
    }
}

fn is_any_flexible(tiles: &Tiles<PanelKind>, tile: TileId) -> bool {
    match tiles.get(tile) {
        Some(Tile::Pane(kind)) => kind.is_flexible() && tiles.is_visible(tile),
        Some(Tile::Container(container)) => container.children().any(|child| is_any_flexible(tiles, *child)),
        None => false,
    }
}

/// Fits parts into a whole: those with `work` share, in proportion, what the others leave. All shrink if that is not enough.
pub(super) fn distribute(parts: &mut [f32], work: &[bool], whole: f32) {
    let even = whole / parts.len().max(1) as f32;
    for part in parts.iter_mut().filter(|part| **part < NEW) {
        *part = even;
    }
    let is_any_loose = !work.contains(&true);
    let loose = |index: usize| is_any_loose || work[index];
    let sum = |parts: &[f32], wanted: bool| -> f32 {
        let chosen = parts
            .iter()
            .enumerate()
            .filter(|(index, _)| loose(*index) == wanted);
        chosen.map(|(_, part)| part).sum()
    };
    let (of_loose, of_rigid) = (sum(parts, true), sum(parts, false));
    let least = MIN_SIZE * (0..parts.len()).filter(|index| loose(*index)).count() as f32;
    let area = (whole - of_rigid).max(least.min(0.5 * whole));
    let rigid = if of_rigid > 0.0 {
        ((whole - area) / of_rigid).min(1.0)
    } else {
        1.0
    };
    for (index, part) in parts.iter_mut().enumerate() {
        *part *= if loose(index) { area / of_loose } else { rigid };
    }
}
