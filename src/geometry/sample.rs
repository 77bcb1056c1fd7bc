//! Points on a mesh's surface.

use rand_pcg::Pcg64;
use rand_pcg::rand_core::Rng;

use super::vector::area;
use super::{NormalisedMesh, TriMesh};

/// Points drawn uniformly by area, the same ones for the same shape.
///
/// Equal to trimesh's `sample_surface` with numpy's `default_rng(0)`: first a triangle for each point, then two lengths
/// for each. The points depend on the order of triangles, in trimesh as here.
pub fn sample_surface(mesh: &NormalisedMesh, count: usize) -> Vec<[f64; 3]> {
    let triangles: Vec<_> = (0..mesh.triangles().len())
        .map(|index| mesh.corners(index))
        .collect();
    sample(&triangles, count)
}

/// As [`sample_surface`], for a mesh in mm, with triangles sorted by coordinates: their order in the mesh has no
/// influence.
pub fn surface_points(mesh: &TriMesh, count: usize) -> Vec<[f64; 3]> {
    sample(&in_order_of_coordinates(mesh.vertices(), mesh.triangles()), count)
}

fn sample(triangles: &[[[f64; 3]; 3]], count: usize) -> Vec<[f64; 3]> {
    let mut sum = 0.0;
    let sums: Vec<f64> = triangles
        .iter()
        .map(|corners| {
            sum += area(*corners);
            sum
        })
        .collect();

    let mut random = Pcg64::new(STATE, STREAM);
    let picks: Vec<f64> = (0..count).map(|_| unit(&mut random) * sum).collect();
    picks
        .iter()
        .map(|&pick| {
            let index = sums.partition_point(|&sum| sum < pick).min(triangles.len() - 1);
            let [a, b, c] = triangles[index];
            let (mut u, mut v) = (unit(&mut random), unit(&mut random));
            if u + v > 1.0 {
                (u, v) = (1.0 - u, 1.0 - v);
            }
            std::array::from_fn(|axis| a[axis] + ((b[axis] - a[axis]) * u + (c[axis] - a[axis]) * v))
        })
        .collect()
}

/// State of PCG64 from `numpy.random.SeedSequence(0)`.
const STATE: u128 = 0xdb2cd7e7b0f478beabf4641a2c71ba49;
const STREAM: u128 = 0x20c6ed6d9d7b8d412c4099de223c39d4;

/// 53 random bits in [0, 1), as in numpy.
fn unit(random: &mut Pcg64) -> f64 {
    (random.next_u64() >> 11) as f64 / (1u64 << 53) as f64
}

/// Corners of all triangles, with corners and triangles sorted by coordinates.
fn in_order_of_coordinates(vertices: &[[f64; 3]], triangles: &[[u32; 3]]) -> Vec<[[f64; 3]; 3]> {
    let mut order: Vec<u32> = (0..vertices.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| {
        let (one, other) = (vertices[a as usize], vertices[b as usize]);
        let by = |axis: usize| one[axis].total_cmp(&other[axis]);
        by(0).then_with(|| by(1)).then_with(|| by(2)).then(a.cmp(&b))
    });
    let mut rank = vec![0u32; vertices.len()];
    for (position, &vertex) in order.iter().enumerate() {
        rank[vertex as usize] = position as u32;
    }
    let mut triangles: Vec<[u32; 3]> = triangles
        .iter()
        .map(|triangle| {
            let mut ranks = triangle.map(|vertex| rank[vertex as usize]);
            ranks.sort_unstable();
            ranks
        })
        .collect();
    triangles.sort_unstable();
    triangles
        .iter()
        .map(|ranks| ranks.map(|rank| vertices[order[rank as usize] as usize]))
        .collect()
}

#[cfg(test)]
mod tests;
