//! The convex hull of a mesh, as a closed mesh: one of the trivial shapes of baselines.
//!
//! Spanned by the outermost vertices in many directions, not by all: a rounded part has tens of thousands of vertices,
//! and a baseline need not be exact.

use std::collections::HashSet;

use super::vector::{Vec3, cross, dot, length, sub};
use super::{Aabb, TriMesh};

/// Perturbation of points, as a share of the diagonal: coplanar corners would make flat tetrahedra.
const JITTER: f64 = 1e-6;

/// Number of directions in which the outermost vertex is taken.
const DIRECTIONS: usize = 400;

/// The hull; the bounding box if the points are too flat for a hull.
pub fn convex_hull(mesh: &TriMesh) -> TriMesh {
    let diagonal = mesh.bbox().diagonal();
    let points: Vec<Vec3> = outermost(mesh.vertices())
        .into_iter()
        .enumerate()
        .map(|(index, vertex)| {
            std::array::from_fn(|axis| {
                vertex[axis] + JITTER * diagonal * jitter(3 * index as u64 + axis as u64)
            })
        })
        .collect();
    let triangles = grow(&points, 1e-9 * diagonal);
    triangles
        .and_then(|triangles| TriMesh::new(&points, &triangles).ok())
        .unwrap_or_else(|| boxed(&mesh.bbox()))
}

/// The farthest vertices in evenly spread directions (a Fibonacci lattice on the sphere, and the corners of a cube),
/// without duplicates, in the order of the directions.
fn outermost(vertices: &[Vec3]) -> Vec<Vec3> {
    let golden = std::f64::consts::PI * (3.0 - 5f64.sqrt());
    let spread = (0..DIRECTIONS).map(|index| {
        let z = 1.0 - (2.0 * index as f64 + 1.0) / DIRECTIONS as f64;
        let (sin, cos) = (golden * index as f64).sin_cos();
        let radius = (1.0 - z * z).sqrt();
        [radius * cos, radius * sin, z]
    });
    let corners =
        (0..8).map(|bits| std::array::from_fn(|axis| if bits >> axis & 1 == 1 { 1.0 } else { -1.0 }));
    let mut chosen: Vec<usize> = Vec::new();
    for direction in spread.chain(corners) {
        let far = |index: &usize| dot(vertices[*index], direction);
        let best = (0..vertices.len()).max_by(|a, b| far(a).total_cmp(&far(b)));
        if let Some(best) = best
            && !chosen.contains(&best)
        {
            chosen.push(best);
        }
    }
    chosen.into_iter().map(|index| vertices[index]).collect()
}

/// A closed box.
pub fn boxed(bbox: &Aabb) -> TriMesh {
    let corner = |bits: usize| {
        std::array::from_fn(|axis| {
            if bits >> axis & 1 == 1 {
                bbox.max[axis]
            } else {
                bbox.min[axis]
            }
        })
    };
    let vertices: Vec<[f64; 3]> = (0..8).map(corner).collect();
    let faces: [[u32; 4]; 6] = [
        [0, 2, 3, 1],
        [4, 5, 7, 6],
        [0, 1, 5, 4],
        [2, 6, 7, 3],
        [0, 4, 6, 2],
        [1, 3, 7, 5],
    ];
    let triangles: Vec<_> = faces
        .iter()
        .flat_map(|&[a, b, c, d]| [[a, b, c], [a, c, d]])
        .collect();
    TriMesh::new(&vertices, &triangles).expect("eight finite corners")
}

/// A closed prism with `sides` sides that fills a box along `axis`: a cylinder if the box is square.
pub fn cylinder(bbox: &Aabb, axis: usize, sides: u32) -> TriMesh {
    let [u, v] = [(axis + 1) % 3, (axis + 2) % 3];
    let center = bbox.center();
    let size = bbox.size();
    let ring = |end: f64| {
        (0..sides).map(move |step| {
            let (sin, cos) = (f64::from(step) / f64::from(sides) * std::f64::consts::TAU).sin_cos();
            let mut point = center;
            point[axis] = end;
            point[u] += 0.5 * size[u] * cos;
            point[v] += 0.5 * size[v] * sin;
            point
        })
    };
    let vertices: Vec<[f64; 3]> = ring(bbox.min[axis]).chain(ring(bbox.max[axis])).collect();
    let mut triangles = Vec::new();
    for step in 0..sides {
        let (a, b) = (step, (step + 1) % sides);
        triangles.extend([[a, b, sides + b], [a, sides + b, sides + a]]);
        if step >= 2 {
            triangles.extend([[0, step, step - 1], [sides, sides + step - 1, sides + step]]);
        }
    }
    TriMesh::new(&vertices, &triangles).expect("finite corners")
}

/// Adds points one by one: the faces that a point sees are replaced by a fan from their rim to the point.
fn grow(points: &[Vec3], tolerance: f64) -> Option<Vec<[u32; 3]>> {
    let first = 0;
    let second = farthest(points, |p| length(sub(p, points[first])))?;
    let line = sub(points[second], points[first]);
    let third = farthest(points, |p| length(cross(line, sub(p, points[first]))))?;
    let across = cross(line, sub(points[third], points[first]));
    let fourth = farthest(points, |p| dot(across, sub(p, points[first])).abs())?;
    let rise = dot(across, sub(points[fourth], points[first]));
    if rise.abs() <= tolerance * length(across) || length(across) == 0.0 {
        return None;
    }
    let [a, b, c, d] = [first, second, third, fourth].map(|index| index as u32);
    let mut faces = if rise > 0.0 {
        vec![[a, c, b], [a, b, d], [b, c, d], [c, a, d]]
    } else {
        vec![[a, b, c], [a, d, b], [b, d, c], [c, d, a]]
    };
    for index in 0..points.len() {
        let point = points[index];
        let sees = |face: &[u32; 3]| {
            let [p, q, r] = face.map(|corner| points[corner as usize]);
            let normal = cross(sub(q, p), sub(r, p));
            dot(normal, sub(point, p)) > tolerance * length(normal)
        };
        let (seen, kept): (Vec<[u32; 3]>, Vec<[u32; 3]>) = faces.iter().partition(|face| sees(face));
        if seen.is_empty() {
            continue;
        }
        let sides: HashSet<[u32; 2]> = seen
            .iter()
            .flat_map(|&[a, b, c]| [[a, b], [b, c], [c, a]])
            .collect();
        faces = kept;
        for [a, b, c] in seen {
            for [from, to] in [[a, b], [b, c], [c, a]] {
                if !sides.contains(&[to, from]) {
                    faces.push([from, to, index as u32]);
                }
            }
        }
    }
    Some(faces)
}

fn farthest(points: &[Vec3], measure: impl Fn(Vec3) -> f64) -> Option<usize> {
    (0..points.len()).max_by(|&a, &b| measure(points[a]).total_cmp(&measure(points[b])))
}

/// A deterministic pseudo-random number in [-0.5, 0.5) (the mixer of `SplitMix64`).
fn jitter(index: u64) -> f64 {
    let mut x = index.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (x >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Moments, shapes};

    #[test]
    fn the_hull_of_two_blocks_spans_the_space_between() {
        let blocks = shapes::together(&[
            shapes::block([0.0; 3], [2.0; 3]),
            shapes::block([8.0, 0.0, 0.0], [2.0; 3]),
        ]);
        let hull = Moments::of(&convex_hull(&blocks));
        assert!((hull.volume - 40.0).abs() < 0.01, "{}", hull.volume);
    }

    #[test]
    fn every_vertex_lies_in_the_hull_or_next_to_it() {
        let vase = shapes::vase(30, 12);
        let hull = convex_hull(&vase);
        let slack = 0.02 * vase.bbox().diagonal();
        for index in 0..hull.triangles().len() {
            let [p, q, r] = hull.corners(index);
            let normal = cross(sub(q, p), sub(r, p));
            for vertex in vase.vertices() {
                assert!(dot(normal, sub(*vertex, p)) <= slack * length(normal));
            }
        }
        assert!(Moments::of(&hull).volume > Moments::of(&vase).volume);
    }

    #[test]
    fn boxes_and_cylinders_are_closed_and_have_the_volumes_of_their_formulas() {
        let bbox = Aabb {
            min: [1.0, 2.0, 3.0],
            max: [5.0, 6.0, 13.0],
        };
        assert!((Moments::of(&boxed(&bbox)).volume - 160.0).abs() < 1e-9);
        let round = Moments::of(&cylinder(&bbox, 2, 256)).volume;
        assert!((round - 4.0 * std::f64::consts::PI * 10.0).abs() < 0.1, "{round}");
        for axis in 0..3 {
            assert!(Moments::of(&cylinder(&bbox, axis, 16)).volume > 0.0);
        }
    }

    #[test]
    fn flat_points_have_their_box() {
        let flat = TriMesh::new(&[[0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]], &[[0, 1, 2]]).unwrap();
        let _ = convex_hull(&flat);
    }
}
