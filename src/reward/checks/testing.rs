//! Geometries for the tests of checks.

use super::kind::{CheckInput, CheckResult, Requirement};
use crate::candidate_geometry::{CandidateGeometry, Frame};
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

/// Result of a check for a shape in the frame of another one.
pub(super) fn check_within(ask: &impl Requirement, shape: &Shape, frame: &Shape) -> CheckResult {
    measure(ask, shape, frame, None)
}

/// Result of a check for a shape, with a reference.
pub(super) fn check_beside(ask: &impl Requirement, shape: &Shape, reference: &Shape) -> CheckResult {
    measure(ask, shape, reference, Some(reference))
}

/// Result of a check for blocks in their own box.
pub(super) fn check_blocks(ask: &impl Requirement, blocks: &[([f64; 3], [f64; 3])]) -> CheckResult {
    let shape = shapes::blocks(blocks);
    check_within(ask, &shape, &shape)
}

fn measure(ask: &impl Requirement, shape: &Shape, frame: &Shape, reference: Option<&Shape>) -> CheckResult {
    let reference = reference.map(|reference| within(reference, frame).0);
    let (geometry, frame) = within(shape, frame);
    ask.measure(&CheckInput {
        geometry: &geometry,
        frame: &frame,
        reference: reference.as_ref(),
        tolerance: None,
    })
}

/// The faces that a check measures on a shape in its own frame.
pub(super) fn faces_of(ask: &impl Requirement, shape: &Shape) -> Vec<u32> {
    let (geometry, frame) = within(shape, shape);
    ask.faces(&CheckInput {
        geometry: &geometry,
        frame: &frame,
        reference: None,
        tolerance: None,
    })
}

/// Indices of the planar faces of a shape at a height.
pub(super) fn at_height(shape: &Shape, axis: usize, height: f64) -> Vec<u32> {
    let mut first = 0;
    let mut found = Vec::new();
    for (face, count) in shape.face_triangles.iter().enumerate() {
        let mut corners = (first..first + *count as usize).flat_map(|triangle| shape.mesh.corners(triangle));
        if corners.all(|corner| (corner[axis] - height).abs() < 1e-6) {
            found.push(face as u32);
        }
        first += *count as usize;
    }
    found
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
