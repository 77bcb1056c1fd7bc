use std::f64::consts::TAU;

use three_d::{InnerSpace, vec3};

use super::*;
use crate::shape_from_mesh;
use crate::testing::{block, tube};

#[test]
fn a_block_keeps_flat_faces_and_shares_their_corners() {
    let buffers = Buffers::of(&block([10.0, 20.0, 30.0]));
    assert_eq!(buffers.indices.len(), 36);
    assert_eq!(buffers.positions.len(), 24, "four corners on each of six faces");
    for normal in &buffers.normals {
        let longest = normal.x.abs().max(normal.y.abs()).max(normal.z.abs());
        assert_eq!(longest, 1.0, "a normal leans: {normal:?}");
    }
    assert!(buffers.folds.is_empty(), "a block has no curved face");
    assert_eq!(buffers.edges.len(), 12);
}

#[test]
fn corners_lie_where_the_mesh_has_them() {
    let shape = tube(24, 5.0, 8.0);
    let buffers = Buffers::of(&shape);
    for triangle in 0..shape.mesh.triangles().len() {
        for (corner, place) in shape.mesh.corners(triangle).into_iter().enumerate() {
            let drawn = buffers.positions[buffers.indices[3 * triangle + corner] as usize];
            let [x, y, z] = place.map(|v| v as f32);
            assert_eq!(drawn, vec3(x, y, z));
        }
    }
}

#[test]
fn a_tube_is_round_at_its_side_and_flat_at_its_ends() {
    let buffers = Buffers::of(&tube(48, 5.0, 8.0));
    for (place, normal) in buffers.positions.iter().zip(&buffers.normals) {
        if normal.z.abs() > 0.5 {
            assert!(
                normal.z.abs() > 0.99999,
                "the shade of the side runs into the end"
            );
        } else {
            let outward = vec3(place.x, place.y, 0.0).normalize();
            assert!(
                normal.dot(outward) > 0.9999,
                "{normal:?} at {place:?} is not radial"
            );
        }
    }
}

#[test]
fn faces_do_not_shade_each_other_where_they_meet_smoothly() {
    // Two faces that meet at 10 degrees: far below a crease.
    let (sin, cos) = (TAU / 36.0).sin_cos();
    let vertices = [
        [0.0, 0.0, 0.0],
        [1.0, 0.0, 0.0],
        [1.0, 1.0, 0.0],
        [0.0, 1.0, 0.0],
        [-cos, 0.0, -sin],
        [-cos, 1.0, -sin],
    ];
    let triangles = [[0, 1, 2], [0, 2, 3], [4, 0, 3], [4, 3, 5]];
    let mut shape = shape_from_mesh(Vec::new().into(), TriMesh::new(&vertices, &triangles).unwrap());
    assert!(
        Buffers::of(&shape)
            .normals
            .iter()
            .any(|normal| (0.001..0.1).contains(&normal.x.abs()))
    );
    shape.face_triangles = vec![2, 2];
    let buffers = Buffers::of(&shape);
    assert!(
        buffers.normals[..4]
            .iter()
            .all(|normal| *normal == vec3(0.0, 0.0, 1.0))
    );
    assert!(
        buffers.folds.is_empty(),
        "a border of faces has an edge of its own"
    );
}

#[test]
fn a_tube_seen_from_the_side_has_two_outlines() {
    let folds = Buffers::of(&tube(36, 5.0, 8.0)).folds;
    assert_eq!(folds.len(), 36);
    let side = outline(&folds, Viewpoint::Parallel(vec3(1.0, 0.03, 0.0).normalize()));
    assert_eq!(side.len(), 2);
    for [from, to] in side {
        assert!(
            from.x.abs() < 0.6 && to.x == from.x,
            "an outline is off the border: {from:?}"
        );
    }
    assert!(outline(&folds, Viewpoint::Parallel(vec3(0.0, 0.0, 1.0))).is_empty());
    // From nearby less than half of the side is visible, so both outlines move towards the camera.
    let near = outline(&folds, Viewpoint::Point(vec3(10.0, 0.3, 0.0)));
    assert_eq!(near.len(), 2);
    assert!(near.iter().all(|ends| ends[0].x > 2.0));
}

#[test]
fn a_mesh_with_a_sliver_has_valid_normals() {
    let vertices = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.5, 0.0, 0.0]];
    let mesh = TriMesh::new(&vertices, &[[0, 1, 2], [0, 3, 1]]).unwrap();
    let buffers = Buffers::of(&shape_from_mesh(Vec::new().into(), mesh));
    assert_eq!(buffers.indices.len(), 3, "the sliver is left out");
    assert!(
        buffers
            .normals
            .iter()
            .all(|normal| normal.magnitude().is_finite())
    );
}
