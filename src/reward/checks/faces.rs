//! The faces that a check measured, for display.

use super::face::{levels, nearest as nearest_level};
use super::thickness::nearest;
use super::{holes, point, round};
use crate::candidate_geometry::{CandidateGeometry, Frame};
use cadforge_core::task::checks::{Check, Probe, Requirement};
use cadforge_geometry::TriMesh;

/// Maximum distance of a face from a ray's end, as a share of the box's diagonal: rays pass through the middle of a
/// cell.
const REACH: f64 = 0.004;

/// Unique face indices in the shape's order; empty if a check is about no face, or none was found.
pub(crate) fn of(check: &Check, geometry: &CandidateGeometry, frame: &Frame) -> Vec<u32> {
    let mut found = match &check.ask {
        Requirement::Holes(asked) => round::faces(
            asked,
            check.tolerance,
            &holes::found(asked, geometry, frame),
            frame,
        ),
        Requirement::Cylinder(asked) => round::faces(
            asked,
            check.tolerance,
            &round::candidates(asked, geometry, frame, false),
            frame,
        ),
        Requirement::Face { axis, up, at, share } => flat(*axis, *up, *at, *share, geometry, frame),
        Requirement::Thickness(probe) => at_ends(probe, false, geometry, frame),
        Requirement::Clearance(probe) => at_ends(probe, true, geometry, frame),
        Requirement::Symmetry { .. }
        | Requirement::Mirror { .. }
        | Requirement::Solids { .. }
        | Requirement::Envelope
        | Requirement::Volume { .. }
        | Requirement::Region { .. }
        | Requirement::Islands { .. }
        | Requirement::Arcs { .. } => Vec::new(),
    };
    found.sort_unstable();
    found.dedup();
    found
}

fn flat(axis: usize, up: bool, at: f64, share: f64, geometry: &CandidateGeometry, frame: &Frame) -> Vec<u32> {
    let levels = levels(axis, up, geometry, frame);
    let Some(level) = nearest_level(&levels, at, share * frame.side(axis)) else {
        return Vec::new();
    };
    let triangles = level.triangles.iter();
    triangles
        .filter_map(|&triangle| geometry.faces.get(triangle).copied())
        .collect()
}

/// The faces at both ends of a wall or gap.
fn at_ends(probe: &Probe, gap: bool, geometry: &CandidateGeometry, frame: &Frame) -> Vec<u32> {
    let place = point(probe.axis, probe.at, probe.near);
    let spans = geometry.volume.spans(probe.axis, place);
    let gaps: Vec<[f64; 2]> = spans.windows(2).map(|pair| [pair[0][1], pair[1][0]]).collect();
    let Some(ends) = nearest(if gap { &gaps } else { spans }, probe.near) else {
        return Vec::new();
    };
    let reach = REACH * frame.bbox.diagonal();
    ends.iter()
        .filter_map(|end| {
            let triangle = across(&geometry.mesh, probe.axis, probe.at, *end, reach)?;
            geometry.faces.get(triangle).copied()
        })
        .collect()
}

/// The triangle that a line along `axis` crosses nearest to `end`, or passes within `reach` of.
fn across(mesh: &TriMesh, axis: usize, at: [f64; 2], end: f64, reach: f64) -> Option<usize> {
    let line = point(axis, at, end);
    let crossed = |triangle: &usize| {
        let corners = mesh.corners(*triangle);
        (0..3).all(|side| {
            let [low, high] = [f64::min, f64::max].map(|choose| {
                corners
                    .iter()
                    .map(|corner| corner[side])
                    .reduce(choose)
                    .expect("three corners")
            });
            low - reach <= line[side] && line[side] <= high + reach
        })
    };
    let away = |triangle: &usize| distance(mesh.corners(*triangle), line);
    (0..mesh.triangles().len())
        .filter(crossed)
        .min_by(|a, b| away(a).total_cmp(&away(b)))
        .filter(|triangle| away(triangle) <= reach)
}

/// Distance from a point to the plane of a triangle.
fn distance(corners: [[f64; 3]; 3], from: [f64; 3]) -> f64 {
    let side = |to: [f64; 3]| [0, 1, 2].map(|i| to[i] - corners[0][i]);
    let (a, b, c) = (side(corners[1]), side(corners[2]), side(from));
    let normal = [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ];
    let length = normal.iter().map(|x| x * x).sum::<f64>().sqrt();
    if length > 0.0 {
        (0..3).map(|i| normal[i] * c[i]).sum::<f64>().abs() / length
    } else {
        f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{asking, pipe_at, within};
    use super::*;
    use cadforge_core::task::checks::Round;
    use cadforge_geometry::{Shape, shapes};

    fn highlighted(ask: Requirement, shape: &Shape) -> Vec<u32> {
        let (geometry, frame) = within(shape, shape);
        of(&asking(ask), &geometry, &frame)
    }

    /// The planar faces of a shape at a height.
    fn at_height(shape: &Shape, axis: usize, height: f64) -> Vec<u32> {
        let mut first = 0;
        let mut found = Vec::new();
        for (face, count) in shape.face_triangles.iter().enumerate() {
            let mut corners =
                (first..first + *count as usize).flat_map(|triangle| shape.mesh.corners(triangle));
            if corners.all(|corner| (corner[axis] - height).abs() < 1e-6) {
                found.push(face as u32);
            }
            first += *count as usize;
        }
        found
    }

    #[test]
    fn a_wall_highlights_two_faces_and_a_planar_face_itself() {
        let plate = shapes::blocks(&[([0.0; 3], [40.0, 30.0, 4.0])]);
        let wall = Requirement::Thickness(Probe {
            axis: 2,
            at: [10.0, 10.0],
            near: 2.0,
            length: 4.0,
        });
        let ends = [at_height(&plate, 2, 0.0), at_height(&plate, 2, 4.0)].concat();
        let found = highlighted(wall, &plate);
        assert_eq!(found.len(), 2);
        assert!(
            found.iter().all(|face| ends.contains(face)),
            "{found:?} of {ends:?}"
        );
        let top = Requirement::Face {
            axis: 2,
            up: true,
            at: 4.0,
            share: 0.9,
        };
        assert_eq!(highlighted(top, &plate), at_height(&plate, 2, 4.0));
    }

    #[test]
    fn a_bore_highlights_its_face_and_a_count_none() {
        let pipe = pipe_at(0.0, 4.0, 10.0, 20.0);
        let bore = Requirement::Holes(Round {
            axis: 2,
            at: vec![[0.0, 0.0]],
            count: None,
            diameter: Some(8.0),
            length: 0.0,
            through: true,
            coverage: 0.85,
            between: [0.0, 1.0],
        });
        assert_eq!(highlighted(bore, &pipe), [0]);
        assert!(highlighted(Requirement::Solids { count: 1 }, &pipe).is_empty());
    }
}
