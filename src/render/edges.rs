//! Edges of meshes without a boundary representation.
//!
//! Pure. An STL file has no edges; creases and borders replace them.

use std::collections::BTreeMap;
use std::sync::Arc;

use cadforge_geometry::{BrepEdge, BrepFacts, Moments, Shape, TriMesh};

/// Triangles that meet below this angle count as one face. Curved faces are meshed in steps of 6 to 12 degrees; chamfers and
/// drafts are seldom below 25.
pub const CREASE_DEGREES: f64 = 25.0;

/// Edges whose triangles meet at more than `degrees`, and edges without exactly two triangles.
///
/// Degenerate triangles have no direction and make no crease. Edges have a fixed order, as lines of two points.
pub fn feature_edges(mesh: &TriMesh, degrees: f64) -> Vec<BrepEdge> {
    let smooth = degrees.to_radians().cos();
    let mut around: BTreeMap<[u32; 2], Vec<[f64; 3]>> = BTreeMap::new();
    for (index, triangle) in mesh.triangles().iter().enumerate() {
        let Some(normal) = unit_normal(mesh.corners(index)) else {
            continue;
        };
        for side in 0..3 {
            let (a, b) = (triangle[side], triangle[(side + 1) % 3]);
            around.entry([a.min(b), a.max(b)]).or_default().push(normal);
        }
    }
    around
        .into_iter()
        .filter(|(_, normals)| match normals.as_slice() {
            [one, other] => dot(*one, *other) < smooth,
            _ => true,
        })
        .map(|(ends, _)| BrepEdge {
            curve: "LINE".into(),
            points: ends
                .map(|end| mesh.vertices()[end as usize].map(|v| v as f32))
                .to_vec(),
        })
        .collect()
}

/// Converts a mesh file to a drawable shape: creases as edges, one face, measurements from the triangles.
///
/// Solids are unknown, so their counts are 0 and `valid` is false.
pub fn shape_from_mesh(stl: Arc<[u8]>, mesh: TriMesh) -> Shape {
    let edges = feature_edges(&mesh, CREASE_DEGREES);
    let Moments { volume, area, .. } = Moments::of(&mesh);
    let facts = BrepFacts {
        volume,
        area,
        ..BrepFacts::default()
    };
    Shape {
        stl,
        face_triangles: vec![mesh.triangles().len() as u32],
        surfaces: Vec::new(),
        edges,
        facts,
        mesh,
    }
}

fn unit_normal([a, b, c]: [[f64; 3]; 3]) -> Option<[f64; 3]> {
    let normal = cross(sub(b, a), sub(c, a));
    let length = dot(normal, normal).sqrt();
    (length > 0.0).then(|| normal.map(|v| v / length))
}

fn sub(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|i| a[i] - b[i])
}

fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [
        a[1] * b[2] - a[2] * b[1],
        a[2] * b[0] - a[0] * b[2],
        a[0] * b[1] - a[1] * b[0],
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, tube};

    #[test]
    fn a_block_has_twelve_edges_and_no_diagonals() {
        let shape = block([1.0, 2.0, 3.0]);
        assert_eq!(shape.edges.len(), 12);
        for edge in &shape.edges {
            let [a, b] = [edge.points[0], edge.points[1]];
            let moved = (0..3).filter(|axis| a[*axis] != b[*axis]).count();
            assert_eq!(moved, 1, "{edge:?} is a diagonal");
        }
        assert!((shape.facts.volume - 6.0).abs() < 1e-12);
        assert!((shape.facts.area - 22.0).abs() < 1e-12);
    }

    #[test]
    fn a_round_side_has_no_edges_until_it_is_coarser_than_the_crease() {
        assert_eq!(tube(36, 5.0, 8.0).edges.len(), 72, "two rims of 36");
        assert_eq!(
            tube(8, 5.0, 8.0).edges.len(),
            24,
            "two rims of 8, and 8 corners of 45 degrees"
        );
    }

    #[test]
    fn an_open_border_is_an_edge() {
        let vertices = [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]];
        let whole = TriMesh::new(&vertices, &[[0, 1, 2], [0, 2, 3]]).unwrap();
        assert_eq!(
            feature_edges(&whole, CREASE_DEGREES).len(),
            4,
            "the border, without the diagonal"
        );
        let half = TriMesh::new(&vertices, &[[0, 1, 2]]).unwrap();
        assert_eq!(feature_edges(&half, CREASE_DEGREES).len(), 3);
    }
}
