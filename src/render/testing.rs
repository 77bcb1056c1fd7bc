//! Shapes for the tests of this crate and of the studio.

use crate::shape_from_mesh;
use cadforge_geometry::{Shape, TriMesh};

/// A block on the ground around the z axis.
pub fn block([x, y, z]: [f64; 3]) -> Shape {
    let corner = |i: usize| {
        let pick = |bit: usize, low: f64, high: f64| if i >> bit & 1 == 0 { low } else { high };
        [
            pick(0, -x / 2.0, x / 2.0),
            pick(1, -y / 2.0, y / 2.0),
            pick(2, 0.0, z),
        ]
    };
    let sides = [
        [0, 2, 3, 1],
        [4, 5, 7, 6],
        [0, 1, 5, 4],
        [2, 6, 7, 3],
        [0, 4, 6, 2],
        [1, 3, 7, 5],
    ];
    let triangles: Vec<[u32; 3]> = sides
        .iter()
        .flat_map(|[a, b, c, d]| [[*a, *b, *c], [*a, *c, *d]])
        .collect();
    let vertices: Vec<[f64; 3]> = (0..8).map(corner).collect();
    shape_from_mesh(
        Vec::new().into(),
        TriMesh::new(&vertices, &triangles).expect("a block"),
    )
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
