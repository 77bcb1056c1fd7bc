//! Shapes for the tests of this crate and of the studio.

use crate::shape_from_mesh;
use cadforge_geometry::{Shape, TriMesh, shapes};

/// A block on the ground around the z axis.
pub fn block([x, y, z]: [f64; 3]) -> Shape {
    let corner = [-x / 2.0, -y / 2.0, 0.0];
    shape_from_mesh(Vec::new().into(), shapes::block(corner, [x, y, z]))
}

/// A solid cylinder on the ground around the z axis, with `sides` sides.
pub fn tube(sides: u32, radius: f64, height: f64) -> Shape {
    let mut vertices = vec![[0.0, 0.0, 0.0], [0.0, 0.0, height]];
    for side in 0..sides {
        let (sin, cos) = (std::f64::consts::TAU * f64::from(side) / f64::from(sides)).sin_cos();
        vertices.push([radius * cos, radius * sin, 0.0]);
        vertices.push([radius * cos, radius * sin, height]);
    }
    let triangles: Vec<[u32; 3]> = (0..sides)
        .flat_map(|side| {
            let (low, next) = (2 + 2 * side, 2 + 2 * ((side + 1) % sides));
            [
                [0, next, low],
                [1, low + 1, next + 1],
                [low, next, next + 1],
                [low, next + 1, low + 1],
            ]
        })
        .collect();
    shape_from_mesh(
        Vec::new().into(),
        TriMesh::new(&vertices, &triangles).expect("a cylinder"),
    )
}
