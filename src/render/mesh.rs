//! Shapes as the buffers a GPU wants.
//!
//! Pure, done once per shape. Every triangle has corners of its own with the triangle's own normal, so
//! that faces look as flat as they are.

use three_d::{InnerSpace, Vec3, vec3};

use crate::geometry::{BrepEdge, Shape, TriMesh};

/// A shape, ready for upload.
#[derive(Clone, Debug, Default)]
pub struct Buffers {
    /// Three corners per triangle in mm.
    pub positions: Vec<Vec3>,
    /// The triangle's unit normal at each of its corners.
    pub normals: Vec<Vec3>,
    /// First points of edge segments.
    pub starts: Vec<Vec3>,
    /// Last points of edge segments.
    pub ends: Vec<Vec3>,
}

impl Buffers {
    /// Lays out a shape's triangles and edges.
    pub fn of(shape: &Shape) -> Self {
        let mut buffers = Self::default();
        buffers.push_triangles(&shape.mesh);
        for edge in &shape.edges {
            buffers.push_edge(edge);
        }
        buffers
    }

    fn push_triangles(&mut self, mesh: &TriMesh) {
        let count = 3 * mesh.triangles().len();
        self.positions.reserve_exact(count);
        self.normals.reserve_exact(count);
        for triangle in 0..mesh.triangles().len() {
            let corners = mesh.corners(triangle).map(|corner| {
                let [x, y, z] = corner.map(|v| v as f32);
                vec3(x, y, z)
            });
            let normal = (corners[1] - corners[0]).cross(corners[2] - corners[0]);
            let length = normal.magnitude();
            // A sliver without area covers no pixel; its normal would be NaN.
            if length > 0.0 {
                self.positions.extend(corners);
                self.normals.extend([normal / length; 3]);
            }
        }
    }

    fn push_edge(&mut self, edge: &BrepEdge) {
        for pair in edge.points.windows(2) {
            let [start, end] = [pair[0], pair[1]].map(|[x, y, z]| vec3(x, y, z));
            if (end - start).magnitude2() > 0.0 {
                self.starts.push(start);
                self.ends.push(end);
            }
        }
    }
}
