//! Signed distances of points from a closed mesh.

use std::collections::HashMap;

use super::tree::{Nearest, Part, TriangleTree};
use super::vector::{Vec3, add, cross, dot, length, normal, scale, sub, unit};
use super::{Aabb, TriMesh};

/// Distances to a mesh in mm: positive outside, negative inside.
///
/// The sign comes from the normal at the nearest point: the triangle's, the sum of both at an edge, the angle-weighted
/// sum of the fan at a corner (Bærentzen and Aanæs, 2005, prove it correct for closed meshes). For an open or
/// inside-out mesh the distance is right and the sign is not meaningful.
#[derive(Clone, Debug)]
pub struct SignedDistance {
    tree: TriangleTree,
    triangles: Vec<[u32; 3]>,
    /// Unit normals; zero for a triangle without area.
    faces: Vec<Vec3>,
    /// Sums of normals, by the two vertices in ascending order.
    sides: HashMap<[u32; 2], Vec3>,
    corners: Vec<Vec3>,
    bounds: Aabb,
}

impl SignedDistance {
    /// Prepares a mesh.
    pub fn to(mesh: &TriMesh) -> Self {
        let triangles = mesh.triangles().to_vec();
        let mut faces = Vec::with_capacity(triangles.len());
        let mut sides: HashMap<[u32; 2], Vec3> = HashMap::with_capacity(3 * triangles.len() / 2);
        let mut corners = vec![[0.0; 3]; mesh.vertices().len()];
        for (index, triangle) in triangles.iter().enumerate() {
            let at = mesh.corners(index);
            let face = unit(normal(at)).unwrap_or([0.0; 3]);
            faces.push(face);
            for side in 0..3 {
                let sum = sides.entry(key(triangle, side)).or_insert([0.0; 3]);
                *sum = add(*sum, face);
                let one = sub(at[(side + 1) % 3], at[side]);
                let other = sub(at[(side + 2) % 3], at[side]);
                let angle = length(cross(one, other)).atan2(dot(one, other));
                let corner = &mut corners[triangle[side] as usize];
                *corner = add(*corner, scale(face, angle));
            }
        }
        Self {
            tree: TriangleTree::new(mesh),
            bounds: mesh.bbox(),
            triangles,
            faces,
            sides,
            corners,
        }
    }

    /// The signed distance of a point.
    pub fn at(&self, point: [f64; 3]) -> f64 {
        let nearest = self.tree.nearest(point);
        let outside = (0..3).any(|i| point[i] < self.bounds.min[i] || point[i] > self.bounds.max[i]);
        if outside || dot(sub(point, nearest.point), self.normal(&nearest)) >= 0.0 {
            nearest.distance
        } else {
            -nearest.distance
        }
    }

    fn normal(&self, nearest: &Nearest) -> Vec3 {
        let triangle = &self.triangles[nearest.triangle];
        match nearest.part {
            Part::Inside => self.faces[nearest.triangle],
            // Every side of every triangle has an entry.
            Part::Side(side) => self.sides[&key(triangle, side)],
            Part::Corner(corner) => self.corners[triangle[corner] as usize],
        }
    }
}

fn key(triangle: &[u32; 3], side: usize) -> [u32; 2] {
    let (a, b) = (triangle[side], triangle[(side + 1) % 3]);
    [a.min(b), a.max(b)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::shapes;

    proptest! {
        #[test]
        fn distances_to_a_box_follow_its_formula(point in prop::array::uniform3(-9.0..19.0f64)) {
            let size = [10.0, 6.0, 4.0];
            let distance = SignedDistance::to(&shapes::block([0.0; 3], size));
            let half = size.map(|x| 0.5 * x);
            let q: Vec3 = std::array::from_fn(|i| (point[i] - half[i]).abs() - half[i]);
            let outside = length(q.map(|x| x.max(0.0)));
            let inside = q[0].max(q[1]).max(q[2]).min(0.0);
            prop_assert!((distance.at(point) - (outside + inside)).abs() < 1e-9);
        }
    }

    #[test]
    fn an_edge_that_turns_inward_keeps_its_sign() {
        // Two adjacent blocks with a step between them: at its inner edge both normals contribute.
        let steps = shapes::together(&[
            shapes::block([0.0; 3], [4.0, 4.0, 2.0]),
            shapes::block([5.0, 0.0, 0.0], [4.0, 4.0, 6.0]),
        ]);
        let distance = SignedDistance::to(&steps);
        assert!((distance.at([4.5, 2.0, 1.0]) - 0.5).abs() < 1e-12);
        assert!((distance.at([2.0, 2.0, 1.5]) + 0.5).abs() < 1e-12);
        assert!((distance.at([5.5, 2.0, 3.0]) + 0.5).abs() < 1e-12);
    }

    #[test]
    fn a_vase_has_its_axis_inside_and_its_box_outside() {
        let vase = shapes::vase(48, 30);
        let distance = SignedDistance::to(&vase);
        let (low, high) = (vase.bbox().min, vase.bbox().max);
        assert!(distance.at(low) > 0.0 && distance.at(high) > 0.0);
        assert!(distance.at(vase.bbox().center()) < 0.0);
    }
}
