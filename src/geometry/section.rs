//! Section of a mesh by a plane.

use super::TriMesh;
use super::vector::{Vec3, add, dot, scale, sub};

/// All points `p` with `normal · p = offset`; the normal has length 1, the offset is in mm.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    /// Points to the side that is cut away.
    pub normal: [f64; 3],
    /// Distance of the plane from the origin along the normal.
    pub offset: f64,
}

impl Plane {
    /// Signed distance of a point: positive on the side that is cut away.
    pub fn height(&self, point: [f64; 3]) -> f64 {
        dot(self.normal, point) - self.offset
    }
}

/// The section's outline as unordered segments. A triangle in the plane adds nothing: its neighbours do.
pub fn outline(mesh: &TriMesh, plane: &Plane) -> Vec<[[f64; 3]; 2]> {
    // A vertex on the plane counts as above it, so that each cut triangle has exactly two cut sides.
    let heights: Vec<f64> = mesh
        .vertices()
        .iter()
        .map(|vertex| plane.height(*vertex))
        .collect();
    let mut segments = Vec::new();
    for triangle in mesh.triangles() {
        let mut ends: [Vec3; 2] = [[0.0; 3]; 2];
        let mut found = 0;
        for side in 0..3 {
            let (a, b) = (triangle[side] as usize, triangle[(side + 1) % 3] as usize);
            if (heights[a] >= 0.0) == (heights[b] >= 0.0) || found == 2 {
                continue;
            }
            // From the lower to the higher index: neighbours compute equal bits.
            let (a, b) = (a.min(b), a.max(b));
            let (from, to) = (mesh.vertices()[a], mesh.vertices()[b]);
            let share = heights[a] / (heights[a] - heights[b]);
            ends[found] = add(from, scale(sub(to, from), share));
            found += 1;
        }
        if found == 2 && ends[0] != ends[1] {
            segments.push(ends);
        }
    }
    segments
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::shapes;
    use crate::vector::length;

    fn around(segments: &[[Vec3; 2]]) -> f64 {
        segments.iter().map(|[a, b]| length(sub(*b, *a))).sum()
    }

    #[test]
    fn a_block_is_cut_along_its_girth() {
        let block = shapes::block([0.0; 3], [2.0, 4.0, 6.0]);
        let across = Plane {
            normal: [0.0, 0.0, 1.0],
            offset: 2.5,
        };
        assert!((around(&outline(&block, &across)) - 12.0).abs() < 1e-12);
        let along = Plane {
            normal: [1.0, 0.0, 0.0],
            offset: 1.0,
        };
        assert!((around(&outline(&block, &along)) - 20.0).abs() < 1e-12);
        assert!(
            outline(
                &block,
                &Plane {
                    offset: 6.5,
                    ..across
                }
            )
            .is_empty()
        );
        let [top, bottom] = [6.0, 0.0].map(|offset| outline(&block, &Plane { offset, ..across }));
        assert!(
            (around(&top) - 12.0).abs() < 1e-12,
            "the top face is the outline of what is below"
        );
        assert!(bottom.is_empty(), "nothing is below the bottom");
    }

    #[test]
    fn the_outline_of_a_closed_mesh_is_closed() {
        let vase = shapes::vase(40, 20);
        let slanted = Plane {
            normal: [0.6, 0.0, 0.8],
            offset: 21.0,
        };
        let mut ends: BTreeMap<[u64; 3], usize> = BTreeMap::new();
        let segments = outline(&vase, &slanted);
        assert!(segments.len() > 30);
        for end in segments.iter().flatten() {
            *ends.entry(end.map(f64::to_bits)).or_default() += 1;
            assert!(slanted.height(*end).abs() < 1e-9);
        }
        assert!(
            ends.values().all(|count| count % 2 == 0),
            "an end without another"
        );
    }
}
