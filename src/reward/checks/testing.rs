//! Geometries for the tests of checks.

use super::CheckResult;
use crate::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::{Check, Requirement};
use cadforge_geometry::{Placement, Shape, TriMesh, shapes};

/// A shape in the frame of another one.
pub(super) fn within(shape: &Shape, frame: &Shape) -> (CandidateGeometry, Frame) {
    let bbox = frame.mesh.bbox();
    let frame = Frame::new(bbox, Some(bbox.size()));
    (
        CandidateGeometry::of_shape(shape, &Placement::NONE, &frame),
        frame,
    )
}

/// A check with a requirement.
pub(super) fn asking(ask: Requirement) -> Check {
    Check {
        name: "it".to_owned(),
        hidden: false,
        tolerance: None,
        ask,
        literals: Vec::new(),
    }
}

/// Result of a check for a shape in the frame of another one.
pub(super) fn check_within(ask: Requirement, shape: &Shape, frame: &Shape) -> CheckResult {
    let (geometry, frame) = within(shape, frame);
    super::measure(&asking(ask), &geometry, &frame, None)
}

/// Result of a check for a shape, with a reference.
pub(super) fn check_beside(ask: Requirement, shape: &Shape, reference: &Shape) -> CheckResult {
    let (geometry, frame) = within(shape, reference);
    let (reference, _) = within(reference, reference);
    super::measure(&asking(ask), &geometry, &frame, Some(&reference))
}

/// Result of a check for blocks in their own box.
pub(super) fn check_blocks(ask: Requirement, blocks: &[([f64; 3], [f64; 3])]) -> CheckResult {
    let shape = shapes::blocks(blocks);
    check_within(ask, &shape, &shape)
}

/// A pipe about z on the ground, with its axis at `x`.
pub(super) fn pipe_at(x: f64, inner: f64, outer: f64, height: f64) -> Shape {
    let mut pipe = shapes::pipe(inner, outer, height, 64);
    let moved: Vec<[f64; 3]> = pipe
        .mesh
        .vertices()
        .iter()
        .map(|[vx, y, z]| [vx + x, *y, *z])
        .collect();
    pipe.mesh = TriMesh::new(&moved, pipe.mesh.triangles()).expect("a pipe");
    for surface in &mut pipe.surfaces {
        surface.point[0] += x;
    }
    pipe
}

/// Several shapes as solids of one shape.
pub(super) fn gathered(shapes: &[Shape]) -> Shape {
    let meshes: Vec<TriMesh> = shapes.iter().map(|shape| shape.mesh.clone()).collect();
    shapes::as_shape(
        shapes::together(&meshes),
        shapes.iter().flat_map(|shape| shape.surfaces.clone()).collect(),
        shapes
            .iter()
            .flat_map(|shape| shape.face_triangles.clone())
            .collect(),
        shapes
            .iter()
            .flat_map(|shape| shape.facts.solid_faces.clone())
            .collect(),
    )
}
