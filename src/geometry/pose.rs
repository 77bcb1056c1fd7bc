//! The pose in which a shape matches a target best: as it stands, rotated, or scaled.
//!
//! Compares coarse voxels, whose 24 rotations are permutations: accurate enough to choose a pose, not to score it.

use std::borrow::Cow;

use super::placement::{quarter_turns, rotation};
use super::{Aabb, Dexels, Lattice, Placement, TriMesh};

/// Voxels along each side.
const SIDE: usize = 40;
/// Required advantage, in intersection over union, of a moved or rotated pose over the original one.
const MARGIN: f64 = 0.02;
/// Required advantage of a scaled pose: less, because two sizes of one shape differ little where it is solid.
const SCALE_MARGIN: f64 = 0.005;
/// Largest scale factor of a scaled pose, and the inverse of the smallest: beyond it, a part is of another size.
const MAX_SCALE: f64 = 1.3;
/// Cells of one block along each side, whose shares together bound what a rotation can reach.
const BLOCK: usize = 2;
/// Blocks along each side.
const BLOCKS: usize = SIDE / BLOCK;
/// Step between phases about a declared axis, in degrees.
const PHASE: usize = 5;

/// The shape that others are aligned with.
#[derive(Clone, Debug)]
pub struct Target {
    mesh: TriMesh,
    bbox: Aabb,
    free: bool,
    axis: Option<usize>,
    /// Directions of the lines along which cells are measured.
    lines: &'static [usize],
    /// In the smallest cube around it, in which most shapes are compared.
    own: Voxels,
    /// Half the side of that cube, without the margin.
    reach: f64,
}

/// A pose of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Transformation of the shape.
    pub placement: Placement,
    /// Coarse intersection over union with the target, 0 to 1.
    pub iou: f64,
}

/// A shape in a pose, and the target, as voxels in one cube.
struct Seen<'a> {
    pose: Pose,
    own: Voxels,
    target: Cow<'a, Voxels>,
}

/// The best poses of a shape, by how they were reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Poses {
    /// As built, or moved onto the target; scaled too, if the scale is free.
    pub upright: Pose,
    /// With the best rotation, if that is clearly better.
    pub turned: Option<Pose>,
    /// Scaled to the target's diagonal without rotation, if that is better and the scale is not free.
    pub scaled: Option<Pose>,
}

impl Target {
    /// A target for shapes of the same scale, or, if `free`, of any; the phase about `axis` is free.
    pub fn new(mesh: &TriMesh, free: bool, axis: Option<usize>) -> Self {
        let bbox = mesh.bbox();
        let center = bbox.center();
        let reach = reach(mesh, center, axis);
        // With a free phase some hundred pairs are compared, for which one direction is enough.
        let lines: &[usize] = if axis.is_some() { &[2] } else { &[0, 1, 2] };
        Self {
            own: Voxels::of(mesh, center, side_for(reach, 0.0), lines),
            reach,
            bbox,
            mesh: mesh.clone(),
            free,
            axis,
            lines,
        }
    }

    /// The best poses of `mesh`. Never mirrored.
    pub fn poses(&self, mesh: &TriMesh) -> Poses {
        let bbox = mesh.bbox();
        let (center, goal) = (bbox.center(), self.bbox.center());
        let moved: Vec<Seen<'_>> = self
            .scales(&bbox)
            .into_iter()
            .map(|scale| self.seen(mesh, Placement::moved(scale, center, goal)))
            .collect();
        let near = 1e-9 * self.bbox.diagonal();
        let in_place = (0..3).all(|axis| (center[axis] - goal[axis]).abs() <= near);
        let as_built = moved
            .iter()
            .find(|moved| in_place && moved.pose.placement.scale() == 1.0);
        let mut upright = Pose {
            placement: Placement::NONE,
            iou: match as_built {
                Some(as_built) => as_built.pose.iou,
                None => self.seen(mesh, Placement::NONE).pose.iou,
            },
        };
        for moved in &moved {
            if moved.pose.iou > upright.iou + MARGIN {
                upright = moved.pose;
            }
        }
        let scaled = self
            .correcting_scale(&bbox)
            .map(|scale| self.seen(mesh, Placement::moved(scale, center, goal)).pose)
            .filter(|scaled| scaled.iou > upright.iou + SCALE_MARGIN);
        let mut turned: Option<Pose> = None;
        // No rotation can be clearly better.
        if upright.iou + MARGIN < 1.0 {
            for seen in &moved {
                let least = turned.map_or(upright.iou + MARGIN, |best| best.iou);
                turned = self.turned(mesh, seen, least).or(turned);
            }
        }
        Poses {
            upright,
            turned,
            scaled,
        }
    }

    /// The factor that gives a shape of nearly the right size the target's diagonal.
    fn correcting_scale(&self, bbox: &Aabb) -> Option<f64> {
        let scale = self.bbox.diagonal() / bbox.diagonal().max(f64::MIN_POSITIVE);
        let near = (1.0 / MAX_SCALE..=MAX_SCALE).contains(&scale);
        (near && !self.free && scale != 1.0).then_some(scale)
    }

    fn scales(&self, bbox: &Aabb) -> Vec<f64> {
        if !self.free {
            return vec![1.0];
        }
        let ratio = |of: fn(&Aabb) -> f64| of(&self.bbox) / of(bbox).max(f64::MIN_POSITIVE);
        let sound = |scale: &f64| scale.is_finite() && *scale > 0.0;
        let ratios = [
            ratio(Aabb::diagonal),
            ratio(|bbox| bbox.size()[2]),
            ratio(|bbox| bbox.size()[0]),
        ];
        ratios.into_iter().filter(sound).collect()
    }

    /// A mesh in a placement, beside the target.
    fn seen(&self, mesh: &TriMesh, placement: Placement) -> Seen<'_> {
        let placed = mesh.placed(&placement);
        let side = self.side(&placed);
        let own = Voxels::of(&placed, self.bbox.center(), side, self.lines);
        let target = self.voxels(side);
        let iou = own.iou(&target, &rotation(2, 0.0));
        Seen {
            pose: Pose { placement, iou },
            own,
            target,
        }
    }

    /// The target's voxels in a cube of that side.
    fn voxels(&self, side: f64) -> Cow<'_, Voxels> {
        if side == self.own.side {
            Cow::Borrowed(&self.own)
        } else {
            Cow::Owned(Voxels::of(&self.mesh, self.bbox.center(), side, self.lines))
        }
    }

    /// The best rotation of a placed mesh, if its intersection over union exceeds `least`.
    fn turned(&self, mesh: &TriMesh, seen: &Seen<'_>, least: f64) -> Option<Pose> {
        let Seen {
            pose: Pose { placement, .. },
            own: unturned,
            target,
        } = seen;
        let phases: Vec<Option<f64>> = match self.axis {
            None => vec![None],
            Some(_) => std::iter::once(None)
                .chain((1..90 / PHASE).map(|step| Some((step * PHASE) as f64)))
                .collect(),
        };
        let mut best: Option<Pose> = None;
        for phase in phases {
            let phased = match (phase, self.axis) {
                (Some(degrees), Some(axis)) => rotation(axis, degrees.to_radians()),
                _ => rotation(2, 0.0),
            };
            let own = match phase {
                None => Cow::Borrowed(unturned),
                Some(_) => {
                    let placed = mesh.placed(&placement.with_turn(phased));
                    // A phase changes no distance from the axis, so that all have one cube.
                    Cow::Owned(Voxels::of(&placed, self.bbox.center(), unturned.side, self.lines))
                }
            };
            for turn in quarter_turns() {
                let keeps_axis = self.axis.is_none_or(|axis| turn[axis][axis] != 0.0);
                if phase.is_some() && !keeps_axis || phase.is_none() && turn == rotation(2, 0.0) {
                    continue;
                }
                let least = best.map_or(least, |best| best.iou);
                if own.most_iou(target, &turn) <= least {
                    continue;
                }
                let iou = own.iou(target, &turn);
                if iou > least {
                    best = Some(Pose {
                        placement: placement.with_turn(product(&turn, &phased)),
                        iou,
                    });
                }
            }
        }
        best
    }

    /// The side of a cube about the target's centre that holds the target, and shapes of similar size.
    fn side(&self, mesh: &TriMesh) -> f64 {
        side_for(self.reach, reach(mesh, self.bbox.center(), self.axis))
    }
}

/// Half the side of the smallest cube about a point that holds a mesh, in every phase if one is free.
fn reach(mesh: &TriMesh, center: [f64; 3], axis: Option<usize>) -> f64 {
    let bbox = mesh.bbox();
    let along = |axis: usize| (bbox.max[axis] - center[axis]).max(center[axis] - bbox.min[axis]);
    let Some(axis) = axis else {
        return (0..3).map(along).fold(0.0, f64::max);
    };
    let [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    let radius = |point: &[f64; 3]| (point[u] - center[u]).hypot(point[v] - center[v]);
    mesh.vertices().iter().map(radius).fold(along(axis), f64::max)
}

fn side_for(own: f64, other: f64) -> f64 {
    1.02 * (2.0 * own.max(other.min(1.5 * own))).max(f64::MIN_POSITIVE)
}

/// A shape in the cells of a cube.
#[derive(Clone, Debug)]
struct Voxels {
    side: f64,
    /// Filled share of each cell.
    shares: Vec<f32>,
    /// The cells that hold material.
    cells: Vec<[u8; 3]>,
    /// Sums of the shares in blocks of cells.
    blocks: Vec<f64>,
    /// Sum of the shares.
    sum: f64,
}

impl Voxels {
    /// The filled share of a cell is the mean of those of its middle lines in these directions. With all three, walls
    /// thinner than a cell have a share too: a line across a wall meets it wherever it stands in the cell.
    fn of(mesh: &TriMesh, center: [f64; 3], side: f64, lines: &[usize]) -> Self {
        let lattice = Lattice::cube(center, side, SIDE as u32);
        let pitch = side / SIDE as f64;
        let start = |axis: usize| center[axis] - 0.5 * side;
        let mut shares = vec![0.0f32; SIDE * SIDE * SIDE];
        for &axis in lines {
            let dexels = Dexels::new(mesh, &|_| 0, axis, &lattice);
            let [first, second] = [(axis + 1) % 3, (axis + 2) % 3];
            for i in 0..SIDE {
                for j in 0..SIDE {
                    let mut cell = [0; 3];
                    (cell[first], cell[second]) = (i, j);
                    let mut point = center;
                    point[first] = start(first) + (i as f64 + 0.5) * pitch;
                    point[second] = start(second) + (j as f64 + 0.5) * pitch;
                    for [from, to] in dexels.at(point) {
                        // In cells from the cube's side.
                        let [from, to] = [from, to].map(|end| (end - start(axis)) / pitch);
                        let last = (to.ceil().max(0.0) as usize).min(SIDE);
                        for k in (from.floor().max(0.0) as usize)..last {
                            cell[axis] = k;
                            let length = to.min(k as f64 + 1.0) - from.max(k as f64);
                            shares[index(cell)] += (length / lines.len() as f64) as f32;
                        }
                    }
                }
            }
        }
        let place = |at: usize| [at / (SIDE * SIDE), at / SIDE % SIDE, at % SIDE].map(|place| place as u8);
        let cells: Vec<[u8; 3]> = (0..shares.len())
            .filter(|&at| shares[at] > 0.0)
            .map(place)
            .collect();
        let mut blocks = vec![0.0; BLOCKS * BLOCKS * BLOCKS];
        for cell in &cells {
            let cell: [usize; 3] = cell.map(usize::from);
            let [a, b, c] = cell.map(|place| place / BLOCK);
            blocks[(a * BLOCKS + b) * BLOCKS + c] += f64::from(shares[index(cell)]);
        }
        Self {
            side,
            cells,
            blocks,
            sum: shares.iter().copied().map(f64::from).sum(),
            shares,
        }
    }

    /// Intersection over union with another shape after a quarter-turn rotation about the cube's centre.
    fn iou(&self, other: &Self, turn: &[[f64; 3]; 3]) -> f64 {
        let source = Source::of(turn);
        let both: f64 = self
            .cells
            .iter()
            .map(|cell| {
                let cell = cell.map(usize::from);
                f64::from(self.shares[index(cell)].min(other.shares[index(source.of_place(cell, SIDE))]))
            })
            .sum();
        self.ratio(other, both)
    }

    /// An upper bound of [`Self::iou`]: two blocks have no more in common than the lesser holds.
    fn most_iou(&self, other: &Self, turn: &[[f64; 3]; 3]) -> f64 {
        let source = Source::of(turn);
        let mut both = 0.0;
        for a in 0..BLOCKS {
            for b in 0..BLOCKS {
                for c in 0..BLOCKS {
                    let own = self.blocks[(a * BLOCKS + b) * BLOCKS + c];
                    if own > 0.0 {
                        let [x, y, z] = source.of_place([a, b, c], BLOCKS);
                        both += own.min(other.blocks[(x * BLOCKS + y) * BLOCKS + z]);
                    }
                }
            }
        }
        // Sums in another order are rounded otherwise.
        self.ratio(other, both) * (1.0 + 1e-9)
    }

    fn ratio(&self, other: &Self, both: f64) -> f64 {
        let either = self.sum + other.sum - both;
        if either <= 0.0 { 0.0 } else { both / either }
    }
}

/// Where the cells of a rotated cube come from: for each axis the one that becomes it, and whether it is reversed.
struct Source([(usize, bool); 3]);

impl Source {
    fn of(turn: &[[f64; 3]; 3]) -> Self {
        // Row r of the rotation gives the source's axis that becomes axis r.
        Self(std::array::from_fn(|row| {
            let column = (0..3)
                .find(|&column| turn[row][column] != 0.0)
                .expect("a signed permutation");
            (column, turn[row][column] < 0.0)
        }))
    }

    /// The place of a cell in a cube with `side` cells along each side.
    fn of_place(&self, cell: [usize; 3], side: usize) -> [usize; 3] {
        self.0.map(|(column, reversed)| {
            let place = cell[column];
            if reversed { side - 1 - place } else { place }
        })
    }
}

fn index([i, j, k]: [usize; 3]) -> usize {
    (i * SIDE + j) * SIDE + k
}

fn product(one: &[[f64; 3]; 3], other: &[[f64; 3]; 3]) -> [[f64; 3]; 3] {
    std::array::from_fn(|row| {
        std::array::from_fn(|column| (0..3).map(|k| one[row][k] * other[k][column]).sum())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes::{block, together};

    /// An L of three different arms: no rotation maps it to itself.
    fn elbow() -> TriMesh {
        together(&[
            block([0.0; 3], [30.0, 8.0, 6.0]),
            block([0.0, 8.0, 0.0], [6.0, 12.0, 6.0]),
            block([0.0, 0.0, 6.0], [8.0, 8.0, 20.0]),
        ])
    }

    #[test]
    fn an_aligned_shape_keeps_its_pose() {
        let poses = Target::new(&elbow(), false, None).poses(&elbow());
        assert_eq!(
            (poses.upright.placement, poses.turned, poses.scaled),
            (Placement::NONE, None, None)
        );
        assert_eq!(poses.upright.iou, 1.0);
    }

    #[test]
    fn blocks_bound_every_turn_and_a_lone_one_is_exact() {
        let lattice_cube = |mesh: &TriMesh| Voxels::of(mesh, [10.0, 8.0, 6.0], 70.0, &[0, 1, 2]);
        let (own, other) = (elbow(), together(&[block([2.0, 1.0, -3.0], [9.0, 17.0, 25.0])]));
        let (own, other) = (lattice_cube(&own), lattice_cube(&other));
        let mut differ = 0;
        for turn in quarter_turns() {
            let (most, iou) = (own.most_iou(&other, &turn), own.iou(&other, &turn));
            assert!(iou > 0.0 && most >= iou && most < iou + 0.2, "{most} {iou}");
            differ += usize::from(most > iou + 1e-6);
        }
        assert!(differ > 0, "blocks are coarser than cells");
        let same = own.most_iou(&own, &rotation(2, 0.0));
        assert!((same - 1.0).abs() < 1e-6, "{same}");
    }

    #[test]
    fn every_turn_is_found_and_a_move_needs_none() {
        let target = Target::new(&elbow(), false, None);
        let center = elbow().bbox().center();
        for turn in quarter_turns().into_iter().skip(1) {
            let other = elbow().placed(&Placement::moved(1.0, center, [5.0, 90.0, -7.0]).with_turn(turn));
            let turned = target.poses(&other).turned.expect("a turn");
            assert!(turned.iou > 0.9, "{turned:?}");
            let back = other.placed(&turned.placement);
            assert!((back.bbox().diagonal() - elbow().bbox().diagonal()).abs() < 1e-9);
            assert!(
                back.bbox()
                    .min
                    .iter()
                    .zip(elbow().bbox().min)
                    .all(|(a, b)| (a - b).abs() < 1e-9)
            );
        }
        let moved = elbow().placed(&Placement::moved(1.0, [0.0; 3], [100.0, 0.0, 0.0]));
        let poses = target.poses(&moved);
        assert!(poses.upright.iou > 0.99 && poses.turned.is_none());
    }

    #[test]
    fn size_matters_unless_it_is_free() {
        let small = elbow().placed(&Placement::moved(0.1, [0.0; 3], [0.0; 3]));
        let strict = Target::new(&elbow(), false, None).poses(&small);
        let free = Target::new(&elbow(), true, None).poses(&small);
        assert!(
            strict.upright.iou < 0.1 && free.upright.iou > 0.99,
            "{strict:?} {free:?}"
        );
        assert_eq!((strict.scaled, free.scaled), (None, None));
    }

    #[test]
    fn a_small_error_of_scale_is_found_and_never_for_another_shape() {
        let target = Target::new(&elbow(), false, None);
        for error in [0.9, 0.97, 1.05, 1.1, 1.2] {
            let other = elbow().placed(&Placement::moved(error, [0.0; 3], [3.0, 0.0, 0.0]));
            let scaled = target.poses(&other).scaled.expect("a scale");
            assert!(
                (scaled.placement.scale() * error - 1.0).abs() < 1e-9,
                "{scaled:?}"
            );
            assert!(scaled.iou > 0.99, "{scaled:?}");
        }
        let longer = elbow().placed(&Placement::moved(1.4, [0.0; 3], [0.0; 3]));
        assert_eq!(target.poses(&longer).scaled, None);
    }

    #[test]
    fn walls_thinner_than_a_cell_are_compared_too() {
        // An I beam with walls of 1 mm in a cube of 102 mm with cells of 2.55 mm.
        let beam = together(&[
            block([-10.0, 9.0, 0.0], [20.0, 1.0, 100.0]),
            block([-10.0, -10.0, 0.0], [20.0, 1.0, 100.0]),
            block([-0.5, -9.0, 0.0], [1.0, 18.0, 100.0]),
        ]);
        let target = Target::new(&beam, false, None);
        let poses = target.poses(&beam);
        assert!((poses.upright.iou - 1.0).abs() < 1e-9, "{poses:?}");
        for error in [0.9, 0.97, 1.03, 1.1] {
            let other = beam.placed(&Placement::moved(error, [0.0; 3], [0.0; 3]));
            let scaled = target.poses(&other).scaled.expect("a scale");
            assert!(scaled.iou > 0.99, "{scaled:?}");
        }
    }

    #[test]
    fn a_mirror_image_is_not_turned_into_the_part() {
        let poses = Target::new(&elbow(), false, None).poses(&elbow().mirrored(1, 10.0));
        let best = poses.turned.map_or(poses.upright.iou, |pose| pose.iou);
        assert!(best < 0.95, "{best}");
    }
}
