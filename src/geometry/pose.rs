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
}

/// A pose of a shape.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pose {
    /// Transformation of the shape.
    pub placement: Placement,
    /// Coarse intersection over union with the target, 0 to 1.
    pub iou: f64,
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
        // With a free phase some hundred pairs are compared, for which one direction is enough.
        let lines: &[usize] = if axis.is_some() { &[2] } else { &[0, 1, 2] };
        Self {
            own: Voxels::of(mesh, bbox.center(), side(&bbox, &bbox), lines),
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
        let moves: Vec<Placement> = self
            .scales(&bbox)
            .into_iter()
            .map(|scale| Placement::moved(scale, center, goal))
            .collect();
        let mut upright = self.evaluate(mesh, Placement::NONE);
        for &placement in &moves {
            let moved = self.evaluate(mesh, placement);
            if moved.iou > upright.iou + MARGIN {
                upright = moved;
            }
        }
        let scaled = self
            .correcting_scale(&bbox)
            .map(|scale| self.evaluate(mesh, Placement::moved(scale, center, goal)))
            .filter(|scaled| scaled.iou > upright.iou + SCALE_MARGIN);
        let mut turned: Option<Pose> = None;
        // No rotation can be clearly better.
        if upright.iou + MARGIN < 1.0 {
            for &placement in &moves {
                for pose in self.turned(mesh, placement) {
                    let best = turned.map_or(upright.iou + MARGIN, |best| best.iou);
                    if pose.iou > best {
                        turned = Some(pose);
                    }
                }
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

    fn evaluate(&self, mesh: &TriMesh, placement: Placement) -> Pose {
        let placed = mesh.placed(&placement);
        let side = self.side(&placed.bbox());
        let own = Voxels::of(&placed, self.bbox.center(), side, self.lines);
        let iou = own.iou(&self.voxels(side), &rotation(2, 0.0));
        Pose { placement, iou }
    }

    /// The target's voxels in a cube of that side.
    fn voxels(&self, side: f64) -> Cow<'_, Voxels> {
        if side == self.own.side {
            Cow::Borrowed(&self.own)
        } else {
            Cow::Owned(Voxels::of(&self.mesh, self.bbox.center(), side, self.lines))
        }
    }

    fn turned(&self, mesh: &TriMesh, placement: Placement) -> Vec<Pose> {
        let phases: Vec<Option<f64>> = match self.axis {
            None => vec![None],
            Some(_) => std::iter::once(None)
                .chain((1..90 / PHASE).map(|step| Some((step * PHASE) as f64)))
                .collect(),
        };
        let mut poses = Vec::new();
        for phase in phases {
            let phased = match (phase, self.axis) {
                (Some(degrees), Some(axis)) => rotation(axis, degrees.to_radians()),
                _ => rotation(2, 0.0),
            };
            let placed = mesh.placed(&placement.with_turn(phased));
            let side = self.side(&placed.bbox());
            let own = Voxels::of(&placed, self.bbox.center(), side, self.lines);
            let target = self.voxels(side);
            for turn in quarter_turns() {
                let keeps_axis = self.axis.is_none_or(|axis| turn[axis][axis] != 0.0);
                if phase.is_some() && !keeps_axis || phase.is_none() && turn == rotation(2, 0.0) {
                    continue;
                }
                poses.push(Pose {
                    placement: placement.with_turn(product(&turn, &phased)),
                    iou: own.iou(&target, &turn),
                });
            }
        }
        poses
    }

    fn side(&self, bbox: &Aabb) -> f64 {
        side(&self.bbox, bbox)
    }
}

/// The side of a cube about the target's centre that holds the target, and shapes of similar size.
fn side(target: &Aabb, bbox: &Aabb) -> f64 {
    let goal = target.center();
    let reach = |bbox: &Aabb| {
        (0..3)
            .map(|axis| 2.0 * (bbox.max[axis] - goal[axis]).max(goal[axis] - bbox.min[axis]))
            .fold(0.0, f64::max)
    };
    let own = reach(target);
    1.02 * own.max(reach(bbox).min(1.5 * own)).max(f64::MIN_POSITIVE)
}

/// A shape in the cells of a cube.
#[derive(Clone, Debug)]
struct Voxels {
    side: f64,
    /// Filled share of each cell.
    shares: Vec<f32>,
    /// The cells that hold material.
    cells: Vec<[u8; 3]>,
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
        let cells = (0..shares.len())
            .filter(|&at| shares[at] > 0.0)
            .map(place)
            .collect();
        Self {
            side,
            cells,
            sum: shares.iter().copied().map(f64::from).sum(),
            shares,
        }
    }

    /// Intersection over union with another shape after a quarter-turn rotation about the cube's centre.
    fn iou(&self, other: &Self, turn: &[[f64; 3]; 3]) -> f64 {
        // Row r of the rotation gives the source's axis that becomes axis r.
        let source: [(usize, bool); 3] = std::array::from_fn(|row| {
            let column = (0..3)
                .find(|&column| turn[row][column] != 0.0)
                .expect("a signed permutation");
            (column, turn[row][column] < 0.0)
        });
        let moved = |cell: [usize; 3]| {
            source.map(|(column, flip)| {
                let place = cell[column];
                if flip { SIDE - 1 - place } else { place }
            })
        };
        let both: f64 = self
            .cells
            .iter()
            .map(|cell| {
                let cell = cell.map(usize::from);
                f64::from(self.shares[index(cell)].min(other.shares[index(moved(cell))]))
            })
            .sum();
        let either = self.sum + other.sum - both;
        if either <= 0.0 { 0.0 } else { both / either }
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
