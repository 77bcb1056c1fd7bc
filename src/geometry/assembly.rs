//! Groups of bodies: which bodies of a shape are near enough to be connected.

use super::{Aabb, Moments, TriMesh, TriangleTree, surface_points};

/// Sampled points of a body, besides its vertices, from which distances are measured.
const POINTS: usize = 300;
/// Maximum number of tested vertices of a body, evenly spread over it.
const VERTICES: usize = 1500;

/// The bodies of a shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Assembly {
    /// Volume of each body in mm³; negative for one that is inside out.
    pub volumes: Vec<f64>,
    /// Group of each body: bodies within reach of each other share one.
    pub groups: Vec<usize>,
}

impl Assembly {
    /// Groups bodies whose surfaces come within `reach` mm of each other. `bodies` holds the body of each triangle.
    pub fn of(mesh: &TriMesh, bodies: &[u16], reach: f64) -> Self {
        let parts = split(mesh, bodies);
        let mut groups: Vec<usize> = (0..parts.len()).collect();
        let prepared: Vec<Prepared> = if parts.len() > 1 {
            parts.iter().map(Prepared::new).collect()
        } else {
            Vec::new()
        };
        for one in 0..prepared.len() {
            for other in one + 1..prepared.len() {
                if groups[one] != groups[other] && prepared[one].within(&prepared[other], reach) {
                    let (kept, gone) = (groups[one].min(groups[other]), groups[one].max(groups[other]));
                    for group in &mut groups {
                        if *group == gone {
                            *group = kept;
                        }
                    }
                }
            }
        }
        Self {
            volumes: volumes(&parts),
            groups,
        }
    }

    /// Volume of each body in mm³, without the search for groups.
    pub fn volumes(mesh: &TriMesh, bodies: &[u16]) -> Vec<f64> {
        volumes(&split(mesh, bodies))
    }

    /// Share of the volume of the largest group, 0 to 1.
    pub fn main_share(&self) -> f64 {
        let sizes: Vec<f64> = self.volumes.iter().map(|volume| volume.abs()).collect();
        let all: f64 = sizes.iter().sum();
        let of = |group: usize| {
            self.groups
                .iter()
                .zip(&sizes)
                .filter(|(own, _)| **own == group)
                .map(|(_, size)| size)
                .sum::<f64>()
        };
        let most = self.groups.iter().map(|&group| of(group)).fold(0.0, f64::max);
        if all > 0.0 { (most / all).min(1.0) } else { 0.0 }
    }

    /// Number of groups.
    pub fn count(&self) -> usize {
        let mut groups = self.groups.clone();
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    }
}

fn volumes(parts: &[TriMesh]) -> Vec<f64> {
    parts.iter().map(|part| Moments::of(part).volume).collect()
}

fn split(mesh: &TriMesh, bodies: &[u16]) -> Vec<TriMesh> {
    let count = bodies.iter().max().map_or(1, |most| usize::from(*most) + 1);
    if count == 1 {
        return vec![mesh.clone()];
    }
    let mut triangles = vec![Vec::new(); count];
    for (triangle, body) in mesh.triangles().iter().zip(bodies) {
        triangles[usize::from(*body)].push(*triangle);
    }
    triangles
        .iter()
        .filter_map(|triangles| TriMesh::new(mesh.vertices(), triangles).ok())
        .collect()
}

struct Prepared {
    tree: TriangleTree,
    bbox: Aabb,
    points: Vec<[f64; 3]>,
}

impl Prepared {
    fn new(part: &TriMesh) -> Self {
        let step = part.vertices().len().div_ceil(VERTICES).max(1);
        let mut points: Vec<_> = part.vertices().iter().step_by(step).copied().collect();
        points.extend(surface_points(part, POINTS));
        Self {
            tree: TriangleTree::new(part),
            bbox: part.bbox(),
            points,
        }
    }

    fn within(&self, other: &Self, reach: f64) -> bool {
        let near = |point: &[f64; 3], bbox: &Aabb| {
            (0..3).all(|axis| point[axis] >= bbox.min[axis] - reach && point[axis] <= bbox.max[axis] + reach)
        };
        let sees = |one: &Self, other: &Self| {
            one.points
                .iter()
                .any(|point| near(point, &other.bbox) && other.tree.nearest(*point).distance <= reach)
        };
        sees(self, other) || sees(other, self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shapes;

    fn assembly(blocks: &[([f64; 3], [f64; 3])], reach: f64) -> Assembly {
        let shape = shapes::blocks(blocks);
        Assembly::of(&shape.mesh, &shape.bodies(), reach)
    }

    #[test]
    fn bodies_within_reach_are_one_group() {
        let pair = [([0.0; 3], [10.0; 3]), ([10.5, 0.0, 0.0], [10.0; 3])];
        assert_eq!(assembly(&pair, 1.0).count(), 1);
        let apart = assembly(&pair, 0.4);
        assert_eq!(apart.count(), 2);
        assert!((apart.main_share() - 0.5).abs() < 1e-9);
        assert!(apart.volumes.iter().all(|volume| (volume - 1000.0).abs() < 1e-6));
    }

    #[test]
    fn crossing_plates_touch_although_their_corners_are_far_apart() {
        let crossed = [
            ([-50.0, -1.0, -50.0], [100.0, 2.0, 100.0]),
            ([-1.0, -50.0, -50.0], [2.0, 100.0, 100.0]),
        ];
        assert_eq!(assembly(&crossed, 2.0).count(), 1);
    }

    #[test]
    fn overlapping_boxes_do_not_make_bodies_touch() {
        // The small block is in the crook of an L without touching it, inside its box.
        let crook = [
            ([0.0; 3], [40.0, 4.0, 4.0]),
            ([0.0, 4.0, 0.0], [4.0, 36.0, 4.0]),
            ([25.0, 25.0, 0.0], [4.0; 3]),
        ];
        assert_eq!(assembly(&crook, 1.0).count(), 2);
    }
}
